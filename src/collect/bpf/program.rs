//! The program that runs in the kernel for each descriptor: where it is a socket, it writes a row.
//!
//! It reads only. What it reads is found by name in BTF, so one program fits all kernels. A number in a structure
//! that the kernel knows the type of is read by a plain load, a pointer or anything else by
//! `bpf_probe_read_kernel()`, which reads nothing where there is nothing: a plain load of a pointer out of what the
//! iterator gives makes the kernel look through all its types for whether to trust it, up to four times, and so
//! takes up to a millisecond of loading. Out of a socket it does not.

use super::BpfError;
use super::assembler::{Call, Label, Register, Width};
use super::btf::TypeId;
use super::row::{self, BASE, Kind, Slot};
use Register::{Argument1, Argument2, Argument3, Frame, Result as Answer};
use members::{MOVED, OF_ALL, OF_DATAGRAMS, OF_TCP, OF_UNIX};
use writer::{ROW, Writer, cast, place, span, word};

pub(super) use writer::Kernel;

mod files;
mod members;
mod writer;

/// What these registers hold for the whole of the program.
const CONTEXT: Register = Register::Kept6;
const TASK: Register = Register::Kept7;
/// The file of the descriptor; later, the name of a unix socket.
const FILE: Register = Register::Kept8;
/// The socket; of another file, its inode; of a thread, the one that its process is named after.
const SOCK: Register = Register::Kept9;
const INODE: Register = Register::Kept9;
const LEADER: Register = Register::Kept9;
/// Of a process: what its threads share, and its terminal.
const SIGNAL: Register = Register::Kept8;
const TTY: Register = Register::Kept9;

/// Numbers of `include/linux/socket.h`, `include/linux/net.h` and `include/uapi/linux/in.h`.
const AF_UNIX: i32 = 1;
const AF_INET: i32 = 2;
const AF_INET6: i32 = 10;
const AF_NETLINK: i32 = 16;
const AF_PACKET: i32 = 17;
/// `enum pid_type` of `include/linux/pid_types.h`.
const PIDTYPE_PGID: i16 = 2;
const PIDTYPE_SID: i16 = 3;
const SOCK_STREAM: i32 = 1;
const IPPROTO_TCP: i32 = 6;
const IPPROTO_UDP: i32 = 17;
const IPPROTO_UDPLITE: i32 = 136;

/// What is given to the kernel.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) instructions: Vec<u64>,
    /// The function that the iterator is named after.
    pub(super) target: TypeId,
}

impl Program {
    /// Gives a row for each descriptor that is a socket, a namespace or may link its process to another. Of sockets
    /// whose structures are in a module of this kernel, it tells no more than who holds them: their tables must be read.
    ///
    /// Fails where the kernel has not what the program needs.
    pub(super) fn of_descriptors(kernel: &Kernel<'_>) -> Result<Self, BpfError> {
        let mut writer = Writer::new(kernel, "bpf_iter__task_file");
        writer.descriptors()?;
        Self::finish(kernel, "bpf_iter_task_file", writer)
    }

    /// Gives a row for each thread.
    pub(super) fn of_tasks(kernel: &Kernel<'_>) -> Result<Self, BpfError> {
        let mut writer = Writer::new(kernel, "bpf_iter__task");
        writer.tasks()?;
        Self::finish(kernel, "bpf_iter_task", writer)
    }

    fn finish(kernel: &Kernel<'_>, target: &str, writer: Writer<'_>) -> Result<Self, BpfError> {
        let target = kernel.function(target).ok_or(BpfError::NoIterator)?;
        let instructions = writer.assembler.finish().ok_or(BpfError::Unexpected("the program"))?;
        Ok(Self { instructions, target })
    }
}

impl Writer<'_> {
    fn tasks(&mut self) -> Result<(), BpfError> {
        let [end, alone, nowhere, thread] = std::array::from_fn(|_| self.assembler.label());
        self.begin(end)?;
        self.zero(0, row::TASK);
        self.load("task_struct", "tgid", TASK, row::TASK_TGID)?;
        self.load("task_struct", "pid", TASK, row::TASK_TID)?;
        self.netns(TASK, row::TASK_NETNS, nowhere)?; // one that ends has none
        self.assembler.place(nowhere);
        self.assembler.load(Width::Word, Argument1, Frame, place(row::TASK_TGID));
        self.assembler.load(Width::Word, Argument2, Frame, place(row::TASK_TID));
        self.assembler.jump_unless_same(Argument1, Argument2, thread);
        self.holder(alone)?;
        self.assembler.jump(alone);
        self.assembler.place(thread);
        let leader = self.kernel.offset("task_struct", "group_leader")?;
        self.probe_pointer(LEADER, TASK, leader, alone);
        self.netns(LEADER, row::LEADERS_NETNS, alone)?;
        self.assembler.place(alone);
        self.write_out(row::TASK, end);
        self.end(end);
        Ok(())
    }

    /// What is known of the process that is named after this thread.
    fn holder(&mut self, orphan: Label) -> Result<(), BpfError> {
        self.load("task_struct", "start_boottime", TASK, row::TASK_START)?;
        let comm = self.kernel.offset("task_struct", "comm")?;
        self.probe(row::COMM, TASK, comm);
        let cred = self.kernel.offset("task_struct", "real_cred")?;
        let euid = self.kernel.offset("cred", "euid")?;
        self.probe_pointer(Argument3, TASK, cred, orphan);
        self.probe(span(row::EUID), Argument3, euid);
        let parent = self.kernel.offset("task_struct", "real_parent")?;
        let tgid = self.kernel.offset("task_struct", "tgid")?;
        self.probe_pointer(Argument3, TASK, parent, orphan);
        self.probe(span(row::PARENT), Argument3, tgid);
        self.terminal(orphan)
    }

    /// Session, group and controlling terminal of the process that is named after this thread.
    fn terminal(&mut self, none: Label) -> Result<(), BpfError> {
        let signal = self.kernel.offset("task_struct", "signal")?;
        let pids = self.kernel.offset("signal_struct", "pids")?;
        // `struct upid numbers[]`, that of the initial namespace first, and in it the number first.
        let number = self.kernel.offset("pid", "numbers")?;
        self.probe_pointer(SIGNAL, TASK, signal, none);
        for (at, slot) in [(PIDTYPE_PGID, row::GROUP), (PIDTYPE_SID, row::SESSION)] {
            self.probe_pointer(Argument3, SIGNAL, pids + 8 * at, none);
            self.probe(span(slot), Argument3, number);
        }
        let tty = self.kernel.offset("signal_struct", "tty")?;
        self.probe_pointer(TTY, SIGNAL, tty, none);
        let index = self.kernel.offset("tty_struct", "index")?;
        self.probe(span(row::TTY_INDEX), TTY, index);
        let driver = self.kernel.offset("tty_struct", "driver")?;
        for (member, slot) in [("major", row::TTY_MAJOR), ("minor_start", row::TTY_MINOR)] {
            let offset = self.kernel.offset("tty_driver", member)?;
            self.probe_pointer(Argument3, TTY, driver, none);
            self.probe(span(slot), Argument3, offset);
        }
        // Until 5.13 by itself.
        let group = self.kernel.find("tty_struct", "ctrl.pgrp");
        let group = group.map_or_else(|| self.kernel.offset("tty_struct", "pgrp"), Ok)?;
        self.probe_pointer(Argument3, TTY, group, none);
        self.probe(span(row::FOREGROUND), Argument3, number);
        Ok(())
    }

    fn netns(&mut self, task: Register, slot: Slot, none: Label) -> Result<(), BpfError> {
        let proxy = self.kernel.offset("task_struct", "nsproxy")?;
        let net = self.kernel.offset("nsproxy", "net_ns")?;
        let number = self.kernel.offset("net", "ns.inum")?;
        self.probe_pointer(Argument3, task, proxy, none);
        self.probe_pointer(Argument3, Argument3, net, none);
        self.probe(span(slot), Argument3, number);
        Ok(())
    }

    fn descriptors(&mut self) -> Result<(), BpfError> {
        let [end, socket] = std::array::from_fn(|_| self.assembler.label());
        self.begin(end)?;
        self.follow(FILE, CONTEXT, ("bpf_iter__task_file", "file"), end)?;
        self.assembler.copy(Argument1, FILE);
        self.assembler.call(Call::SockFromFile);
        self.assembler.jump_unless_equal(Answer, 0, socket);
        self.file(end)?;
        self.assembler.place(socket);
        self.socket(end)?;

        let [inet, inet6, unix, netlink, packet] = std::array::from_fn(|_| self.assembler.label());
        self.assembler.load(Width::Half, Argument1, Frame, place(row::FAMILY));
        let families =
            [(AF_INET, inet), (AF_INET6, inet6), (AF_UNIX, unix), (AF_NETLINK, netlink), (AF_PACKET, packet)];
        for (family, label) in families {
            self.assembler.jump_if_equal(Argument1, family, label);
        }
        self.finish(Kind::Plain, end);
        self.inet(inet, inet6, end)?;
        self.assembler.place(unix);
        if self.kernel.has("unix_sock") {
            self.unix(end)?;
        } else {
            self.finish(Kind::Plain, end);
        }
        self.assembler.place(netlink);
        if self.kernel.has("netlink_sock") {
            self.datagram()?;
            self.probe_sock("netlink_sock", "portid", row::NETLINK_PORT)?;
            self.probe_sock("netlink_sock", "bound", row::NETLINK_BOUND)?;
            self.finish(Kind::Datagram, end);
        } else {
            self.finish(Kind::Plain, end);
        }
        self.assembler.place(packet);
        if self.kernel.has("packet_sock") {
            self.datagram()?;
            self.probe_sock("packet_sock", "ifindex", row::INTERFACE)?;
            self.probe_sock("packet_sock", "num", row::ETHERNET)?;
            self.finish(Kind::Datagram, end);
        } else {
            self.finish(Kind::Plain, end);
        }
        self.end(end);
        Ok(())
    }

    fn end(&mut self, end: Label) {
        self.assembler.place(end);
        self.assembler.set(Answer, 0);
        self.assembler.exit();
    }

    /// Whose descriptor it is.
    fn task(&mut self, end: Label) -> Result<(), BpfError> {
        let [first, done] = std::array::from_fn(|_| self.assembler.label());
        self.load("bpf_iter__task_file", "fd", CONTEXT, row::FD)?;
        self.load("task_struct", "tgid", TASK, row::TGID)?;
        self.load("task_struct", "pid", TASK, row::TID)?;
        self.assembler.load(Width::Word, Argument1, Frame, place(row::TGID));
        self.assembler.load(Width::Word, Argument2, Frame, place(row::TID));
        // The kernel checks first what follows a jump that is not taken, and leaves out later what says less.
        self.assembler.jump_if_same(Argument1, Argument2, first);
        let leader = self.kernel.offset("task_struct", "group_leader")?;
        let start = self.kernel.offset("task_struct", "start_boottime")?;
        let files = self.kernel.offset("task_struct", "files")?;
        self.probe(span(row::TABLE), TASK, files);
        self.probe_pointer(Argument3, TASK, leader, end);
        self.probe(span(row::START), Argument3, start);
        self.probe_pointer(Argument3, TASK, leader, end);
        self.probe(span(row::LEADERS_TABLE), Argument3, files);
        self.assembler.jump(done);
        self.assembler.place(first);
        self.load("task_struct", "start_boottime", TASK, row::START)?;
        self.assembler.place(done);
        Ok(())
    }

    fn socket(&mut self, end: Label) -> Result<(), BpfError> {
        let [bare, homeless] = std::array::from_fn(|_| self.assembler.label());
        self.zero(0, BASE);
        self.follow(SOCK, Answer, ("socket", "sk"), end)?;
        self.follow(Argument2, Answer, ("socket", "file"), bare)?;
        self.follow(Argument2, Argument2, ("file", "f_inode"), bare)?;
        self.load("inode", "i_ino", Argument2, row::INODE)?;
        self.load("inode", "i_uid", Argument2, row::UID)?;
        self.assembler.place(bare);
        self.task(end)?;
        self.assembler.load(
            Width::Double,
            Argument1,
            TASK,
            self.kernel.offset("task_struct", "self_exec_id")?,
        );
        self.assembler.store(Width::Word, Frame, place(row::EXECUTION), Argument1);
        for (path, slot) in OF_ALL {
            self.load("sock", path, SOCK, slot)?;
        }
        self.follow(Argument2, SOCK, ("sock", "__sk_common.skc_net"), homeless)?;
        self.load("net", "ns.inum", Argument2, row::NETNS)?;
        self.assembler.place(homeless);
        Ok(())
    }

    fn inet(&mut self, inet: Label, inet6: Label, end: Label) -> Result<(), BpfError> {
        let [both, plain, datagram, udp] = std::array::from_fn(|_| self.assembler.label());
        self.assembler.place(inet6);
        // Both or, where the kernel has no IPv6, neither.
        for (path, span) in
            [("__sk_common.skc_v6_rcv_saddr", row::LOCAL), ("__sk_common.skc_v6_daddr", row::REMOTE)]
        {
            if let Some(offset) = self.kernel.find("sock", path) {
                self.probe(span, SOCK, offset);
            }
        }
        self.assembler.jump(both);
        self.assembler.place(inet);
        self.load("sock", "__sk_common.skc_rcv_saddr", SOCK, word(row::LOCAL))?;
        self.load("sock", "__sk_common.skc_daddr", SOCK, word(row::REMOTE))?;

        self.assembler.place(both);
        self.assembler.load(Width::Half, Argument1, Frame, place(row::TYPE));
        self.assembler.load(Width::Half, Argument2, Frame, place(row::PROTOCOL));
        self.assembler.jump_unless_equal(Argument1, SOCK_STREAM, datagram);
        self.assembler.jump_unless_equal(Argument2, IPPROTO_TCP, plain);
        self.tcp(plain)?;
        self.finish(Kind::Tcp, end);
        self.assembler.place(plain);
        self.finish(Kind::Plain, end);

        self.assembler.place(datagram);
        self.datagram()?;
        // Since Linux 6.18 there can be two counters instead, apart from the socket.
        if let Some(counters) = self.kernel.find("sock", "sk_drop_counters") {
            let one = self.kernel.offset("numa_drop_counters", "drops0")?;
            let other = self.kernel.offset("numa_drop_counters", "drops1")?;
            let none = self.assembler.label();
            self.assembler.load(Width::Double, Argument3, SOCK, counters);
            self.assembler.jump_if_equal(Argument3, 0, none);
            self.assembler.load(Width::Word, Argument1, Argument3, one);
            self.assembler.load(Width::Word, Argument2, Argument3, other);
            self.assembler.add(Argument1, Argument2);
            self.assembler.store(Width::Word, Frame, place(row::DROPS), Argument1);
            self.assembler.place(none);
        }
        let no_udp = self.assembler.label();
        self.assembler.load(Width::Half, Argument2, Frame, place(row::PROTOCOL));
        self.assembler.jump_if_equal(Argument2, IPPROTO_UDP, udp);
        self.assembler.jump_unless_equal(Argument2, IPPROTO_UDPLITE, no_udp);
        self.assembler.place(udp);
        if self.kernel.find("udp_sock", "forward_deficit").is_some() {
            self.probe_sock("udp_sock", "forward_deficit", row::DEFICIT)?;
        }
        self.assembler.place(no_udp);
        self.finish(Kind::Datagram, end);
        Ok(())
    }

    fn tcp(&mut self, plain: Label) -> Result<(), BpfError> {
        self.zero(BASE, Kind::Tcp.length());
        self.assembler.call(Call::Jiffies64);
        self.assembler.store(Width::Double, Frame, place(row::JIFFIES), Answer);
        self.assembler.copy(Argument1, SOCK);
        self.assembler.call(Call::SkcToTcpSock);
        self.assembler.jump_if_equal(Answer, 0, plain);
        for (path, slot) in OF_TCP {
            let Some((_, others)) = MOVED.iter().find(|&&(old, _)| old == path) else {
                self.load("tcp_sock", path, Answer, slot)?;
                continue;
            };
            let mut paths = std::iter::once(path).chain(others.iter().copied());
            // Where it is in none of these places, the row has no timer.
            if let Some(path) = paths.find(|path| self.kernel.find("tcp_sock", path).is_some()) {
                self.load("tcp_sock", path, Answer, slot)?;
            }
        }
        Ok(())
    }

    fn datagram(&mut self) -> Result<(), BpfError> {
        self.zero(BASE, Kind::Datagram.length());
        for (path, slot) in OF_DATAGRAMS {
            self.load("sock", path, SOCK, slot)?;
        }
        Ok(())
    }

    fn unix(&mut self, end: Label) -> Result<(), BpfError> {
        let [nameless, lonely, fits] = std::array::from_fn(|_| self.assembler.label());
        self.zero(BASE, Kind::Named.length());
        for (path, slot) in OF_UNIX {
            self.load("sock", path, SOCK, slot)?;
        }
        if self.kernel.find("unix_sock", "inq_len").is_some() {
            self.probe_sock("unix_sock", "inq_len", row::UNIX_UNREAD)?;
        }
        let peer = self.kernel.offset("unix_sock", "peer")?;
        self.probe_pointer(Argument3, SOCK, peer, lonely);
        if let Some(inode) = self.kernel.find("sock", "sk_ino") {
            self.probe(span(row::PEER), Argument3, inode); // since Linux 6.17
        } else {
            let socket = self.kernel.offset("sock", "sk_socket")?;
            let inode = self.kernel.offset("socket_alloc", "vfs_inode.i_ino")?;
            self.probe_pointer(Argument3, Argument3, socket, lonely);
            self.probe(span(row::PEER), Argument3, inode);
        }
        self.assembler.place(lonely);

        let address = self.kernel.offset("unix_sock", "addr")?;
        self.probe_pointer(FILE, SOCK, address, nameless);
        let length = self.kernel.offset("unix_address", "len")?;
        self.probe(span(row::NAME_LENGTH), FILE, length);
        self.assembler.load(Width::Word, Argument2, Frame, place(row::NAME_LENGTH));
        let most = cast(row::NAME.length);
        self.assembler.jump_if_at_most(Argument2, most.into(), fits);
        self.assembler.set(Argument2, most.into());
        self.assembler.place(fits);
        let name = self.kernel.offset("unix_address", "name")?;
        self.address(Argument1, Frame, ROW + cast(row::NAME.at));
        self.address(Argument3, FILE, name);
        self.assembler.call(Call::ProbeReadKernel);
        self.finish(Kind::Named, end);
        self.assembler.place(nameless);
        self.finish(Kind::Unix, end);
        Ok(())
    }

    /// Writes the row out.
    fn finish(&mut self, kind: Kind, end: Label) {
        self.assembler.store_value(Width::Byte, Frame, place(row::KIND), kind as i32);
        self.write_out(kind.length(), end);
    }
}

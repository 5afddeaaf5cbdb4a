//! The program that runs in the kernel for each descriptor: where it is a socket, it writes a row.
//!
//! It reads only. What it reads is found by name in BTF, so one program fits all kernels. A number in a structure
//! that the kernel knows the type of is read by a plain load, a pointer or anything else by
//! `bpf_probe_read_kernel()`, which reads nothing where there is nothing: a plain load of a pointer out of what the
//! iterator gives makes the kernel look through all its types for whether to trust it, up to four times, and so
//! takes up to a millisecond of loading. Out of a socket it does not, nor out of what `bpf_rdonly_cast()` gives (Linux 6.2
//! and later), by which a structure is eased: all in it and behind its pointers is then read by plain loads.
//!
//! Most of the cost of a small machine is that the kernel checks the program, about a microsecond for each instruction
//! on each way to it. So there are few ways: neither a load nor a probe fails where a pointer is null, they give 0, and
//! what follows goes on with that.

use super::assembler::{Call, Label, Register, Width};
use super::btf::TypeId;
use super::row::{self, BASE, Kind, Slot};
use super::{BpfError, Reading};
use Register::{Argument1, Argument2, Argument3, Frame, Result as Answer};
use members::{MOVED, OF_ALL, OF_DATAGRAMS, OF_TCP, OF_UNIX};
use writer::{ROW, Writer, cast, place, span, word};

pub(super) use writer::Kernel;

mod ahead;
mod files;
mod members;
mod tasks;
mod writer;

/// What these registers hold for the whole of the program.
const CONTEXT: Register = Register::Kept6;
const TASK: Register = Register::Kept7;
/// The file of the descriptor; later, the name of a unix socket.
const FILE: Register = Register::Kept8;
/// The socket; of another file, its inode.
const SOCK: Register = Register::Kept9;
const INODE: Register = Register::Kept9;
/// A unix socket, by when the task is not needed any more.
const UNIX: Register = Register::Kept7;

/// Numbers of `include/linux/socket.h`, `include/linux/net.h` and `include/uapi/linux/in.h`.
const AF_UNIX: i32 = 1;
const AF_INET: i32 = 2;
const AF_INET6: i32 = 10;
const AF_NETLINK: i32 = 16;
const AF_PACKET: i32 = 17;
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
    /// Fails where the kernel has not what the program needs; to read ahead it needs more.
    pub(super) fn of_descriptors(kernel: &Kernel<'_>, reading: Reading) -> Result<Self, BpfError> {
        let mut writer = Writer::new(kernel, "bpf_iter__task_file");
        writer.descriptors(reading)?;
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
    fn descriptors(&mut self, reading: Reading) -> Result<(), BpfError> {
        let ends @ Ends { end, plain, datagram, write } =
            Ends { end: self.label(), plain: self.label(), datagram: self.label(), write: self.label() };
        let socket = self.label();
        self.begin(end)?;
        self.follow(FILE, CONTEXT, ("bpf_iter__task_file", "file"), end)?;
        self.task()?;
        self.assembler.copy(Argument1, FILE);
        self.assembler.call(Call::SockFromFile);
        self.assembler.jump_unless_equal(Answer, 0, socket);
        self.file(ends)?;
        self.assembler.place(socket);
        self.socket(end)?;
        if reading == Reading::Ahead {
            self.ahead()?;
        }

        let [inet, inet6, unix, netlink, packet] = std::array::from_fn(|_| self.label());
        self.assembler.load(Width::Half, Argument1, Frame, place(row::FAMILY));
        let families =
            [(AF_INET, inet), (AF_INET6, inet6), (AF_UNIX, unix), (AF_NETLINK, netlink), (AF_PACKET, packet)];
        for (family, label) in families {
            self.assembler.jump_if_equal(Argument1, family, label);
        }
        self.assembler.jump(plain);
        self.inet(inet, inet6, ends)?;
        self.assembler.place(unix);
        self.unix(ends)?;
        self.of_kernel(netlink, ends, ("netlink_sock", "portid", "bound"), row::NETLINK_BOUND)?;
        self.of_kernel(packet, ends, ("packet_sock", "ifindex", "num"), row::ETHERNET)?;

        self.assembler.place(datagram);
        self.datagram()?;
        self.finish(Kind::Datagram, ends);
        self.assembler.place(plain);
        self.finish(Kind::Plain, ends);
        self.assembler.place(write);
        self.write_out(end);
        Ok(())
    }

    /// Whose descriptor it is.
    fn task(&mut self) -> Result<(), BpfError> {
        let first = self.label();
        self.load("bpf_iter__task_file", "fd", CONTEXT, row::FD)?;
        self.load("task_struct", "tgid", TASK, row::TGID)?;
        self.load("task_struct", "pid", TASK, row::TID)?;
        self.load("task_struct", "start_boottime", TASK, row::START)?;
        self.zero(row::TABLE.at, row::LEADERS_TABLE.at + 8);
        self.assembler.load(Width::Word, Argument1, Frame, place(row::TGID));
        self.assembler.load(Width::Word, Argument2, Frame, place(row::TID));
        // The kernel checks first what follows a jump that is not taken, and leaves out later what says less.
        self.assembler.jump_if_same(Argument1, Argument2, first);
        let leader = self.kernel.offset("task_struct", "group_leader")?;
        let start = self.kernel.offset("task_struct", "start_boottime")?;
        let files = self.kernel.offset("task_struct", "files")?;
        self.probe(span(row::TABLE), TASK, files);
        self.probe_pointer(Argument3, TASK, leader);
        self.probe(span(row::START), Argument3, start);
        self.pointer_again(Argument3);
        self.probe(span(row::LEADERS_TABLE), Argument3, files);
        self.assembler.place(first);
        Ok(())
    }

    fn socket(&mut self, end: Label) -> Result<(), BpfError> {
        self.follow(SOCK, Answer, ("socket", "sk"), end)?;
        self.pointer(Argument2, Answer, ("socket", "file"))?;
        self.pointer(Argument2, Argument2, ("file", "f_inode"))?;
        self.load("inode", "i_ino", Argument2, row::INODE)?;
        self.load("inode", "i_uid", Argument2, row::UID)?;
        self.execution(row::EXECUTION)?;
        for (path, slot) in OF_ALL {
            self.load("sock", path, SOCK, slot)?;
        }
        self.pointer(Argument2, SOCK, ("sock", "__sk_common.skc_net"))?;
        self.load("net", "ns.inum", Argument2, row::NETNS)?;
        self.zero(row::LOCAL.at, BASE);
        Ok(())
    }

    fn inet(&mut self, inet: Label, inet6: Label, ends: Ends) -> Result<(), BpfError> {
        let [both, other, udp] = std::array::from_fn(|_| self.label());
        self.assembler.place(inet6);
        // Both or, where the kernel has no IPv6, neither.
        for (path, span) in
            [("__sk_common.skc_v6_rcv_saddr", row::LOCAL), ("__sk_common.skc_v6_daddr", row::REMOTE)]
        {
            if let Some(offset) = self.kernel.find("sock", path) {
                self.read(span, SOCK, offset);
            }
        }
        self.assembler.jump(both);
        self.assembler.place(inet);
        self.load("sock", "__sk_common.skc_rcv_saddr", SOCK, word(row::LOCAL))?;
        self.load("sock", "__sk_common.skc_daddr", SOCK, word(row::REMOTE))?;

        self.assembler.place(both);
        self.assembler.load(Width::Half, Argument1, Frame, place(row::TYPE));
        self.assembler.load(Width::Half, Argument2, Frame, place(row::PROTOCOL));
        self.assembler.jump_unless_equal(Argument1, SOCK_STREAM, other);
        self.assembler.jump_unless_equal(Argument2, IPPROTO_TCP, ends.plain);
        self.tcp(ends.plain)?;
        self.finish(Kind::Tcp, ends);

        self.assembler.place(other);
        self.zero(BASE, Kind::Datagram.length());
        self.assembler.jump_if_equal(Argument2, IPPROTO_UDP, udp);
        self.assembler.jump_unless_equal(Argument2, IPPROTO_UDPLITE, ends.datagram);
        self.assembler.place(udp);
        if self.kernel.find("udp_sock", "forward_deficit").is_some() {
            self.probe_sock("udp_sock", "forward_deficit", row::DEFICIT)?;
        }
        self.assembler.jump(ends.datagram);
        Ok(())
    }

    fn tcp(&mut self, plain: Label) -> Result<(), BpfError> {
        self.assembler.copy(Argument1, SOCK);
        self.assembler.call(Call::SkcToTcpSock);
        self.assembler.jump_if_equal(Answer, 0, plain);
        self.zero(row::PENDING.at, Kind::Tcp.length());
        for (path, slot) in OF_TCP {
            let others = MOVED.iter().find(|&&(old, _)| old == path).map(|&(_, others)| others);
            let mut paths = std::iter::once(path).chain(others.unwrap_or_default().iter().copied());
            match paths.find(|path| self.kernel.find("tcp_sock", path).is_some()) {
                Some(path) => self.load("tcp_sock", path, Answer, slot)?,
                // The row has no timer.
                None if others.is_some() => self.zero(slot.at, slot.at + 8),
                None => return Err(BpfError::Lacks { structure: "tcp_sock", member: path }),
            }
        }
        self.assembler.call(Call::Jiffies64);
        self.assembler.store(Width::Double, Frame, place(row::JIFFIES), Answer);
        Ok(())
    }

    fn datagram(&mut self) -> Result<(), BpfError> {
        for (path, slot) in OF_DATAGRAMS {
            self.load("sock", path, SOCK, slot)?;
        }
        // Since Linux 6.18 there can be two counters instead, apart from the socket.
        if let Some(counters) = self.kernel.find("sock", "sk_drop_counters") {
            let one = self.kernel.offset("numa_drop_counters", "drops0")?;
            let other = self.kernel.offset("numa_drop_counters", "drops1")?;
            let none = self.label();
            self.assembler.load(Width::Double, Argument3, SOCK, counters);
            self.assembler.jump_if_equal(Argument3, 0, none);
            self.assembler.load(Width::Word, Argument1, Argument3, one);
            self.assembler.load(Width::Word, Argument2, Argument3, other);
            self.assembler.add(Argument1, Argument2);
            self.assembler.store(Width::Word, Frame, place(row::DROPS), Argument1);
            self.assembler.place(none);
        }
        Ok(())
    }

    /// Sockets between programs and the kernel: a number of four bytes, and one more.
    fn of_kernel(
        &mut self,
        family: Label,
        ends: Ends,
        (structure, number, more): (&'static str, &'static str, &'static str),
        slot: Slot,
    ) -> Result<(), BpfError> {
        self.assembler.place(family);
        if !self.kernel.has(structure) {
            self.assembler.jump(ends.plain);
            return Ok(());
        }
        self.zero(BASE, Kind::Datagram.length());
        self.probe_sock(structure, number, row::NETLINK_PORT)?;
        self.probe_sock(structure, more, slot)?;
        self.assembler.jump(ends.datagram);
        Ok(())
    }

    fn unix(&mut self, ends: Ends) -> Result<(), BpfError> {
        if !self.kernel.has("unix_sock") {
            self.assembler.jump(ends.plain);
            return Ok(());
        }
        let [nameless, fits] = std::array::from_fn(|_| self.label());
        self.zero(BASE, Kind::Unix.length());
        for (path, slot) in OF_UNIX {
            self.load("sock", path, SOCK, slot)?;
        }
        self.assembler.copy(UNIX, SOCK);
        self.ease(UNIX, "unix_sock")?;
        if let Some(unread) = self.kernel.find("unix_sock", "inq_len") {
            self.read(span(row::UNIX_UNREAD), UNIX, unread);
        }
        let peer = self.kernel.offset("unix_sock", "peer")?;
        self.read_pointer(Argument3, UNIX, peer);
        if let Some(inode) = self.kernel.find("sock", "sk_ino") {
            self.read(span(row::PEER), Argument3, inode); // since Linux 6.17
        } else {
            let socket = self.kernel.offset("sock", "sk_socket")?;
            let inode = self.kernel.offset("socket_alloc", "vfs_inode.i_ino")?;
            self.read_pointer(Argument3, Argument3, socket);
            self.probe(span(row::PEER), Argument3, inode); // around the socket
        }

        let address = self.kernel.offset("unix_sock", "addr")?;
        self.read_pointer(FILE, UNIX, address);
        self.assembler.jump_if_equal(FILE, 0, nameless);
        let length = self.kernel.offset("unix_address", "len")?;
        self.zero(row::NAME.at, Kind::Named.length());
        self.read(span(row::NAME_LENGTH), FILE, length);
        self.assembler.load(Width::Word, Argument2, Frame, place(row::NAME_LENGTH));
        let most = cast(row::NAME.length);
        self.assembler.jump_if_at_most(Argument2, most.into(), fits);
        self.assembler.set(Argument2, most.into());
        self.assembler.place(fits);
        let name = self.kernel.offset("unix_address", "name")?;
        self.address(Argument1, Frame, ROW + cast(row::NAME.at));
        self.address(Argument3, FILE, name);
        self.assembler.call(Call::ProbeReadKernel);
        self.finish(Kind::Named, ends);
        self.assembler.place(nameless);
        self.finish(Kind::Unix, ends);
        Ok(())
    }

    /// Writes the row out.
    fn finish(&mut self, kind: Kind, ends: Ends) {
        self.assembler.store_value(Width::Byte, Frame, place(row::KIND), kind as i32);
        self.assembler.set(Argument3, cast(kind.length()).into());
        self.assembler.jump(ends.write);
    }
}

/// How the program for a descriptor goes on once what its kind has is in the row.
#[derive(Clone, Copy)]
struct Ends {
    /// With no row.
    end: Label,
    /// With no more than all sockets have.
    plain: Label,
    /// With what all datagrams have.
    datagram: Label,
    write: Label,
}

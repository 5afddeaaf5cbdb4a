//! Puts together what one pass found.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use super::clock::Clock;
use super::decode;
use super::row::{self, Kind, Row};
use crate::model::{Access, Address, Fd, Inode, Owner, Pid, Protocol, Socket, Target, TcpState};

/// A process, most often one that holds a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    pub pid: Pid,
    /// Clock ticks after boot (`/proc/PID/stat` field 22).
    pub start: u64,
    /// Another number after each execve(2).
    pub execution: u32,
    /// None where it was gone when threads were read.
    pub told: Option<Told>,
    pub places: Places,
}

/// What the links of a process in `/proc` lead to, told by threads. Whether that is the same file can be seen, not
/// which one; 0 is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    pub exe: [u8; 16],
    pub root: [u8; 16],
    pub directory: [u8; 16],
    /// Another number after each change of a directory.
    pub changes: u32,
    pub cgroup: u64,
}

/// What the thread that a process is named after tells of it, as [`crate::model::Process`] has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its name, up to the first NUL byte.
    pub comm: [u8; 16],
    pub uid: u32,
    pub parent: Option<Pid>,
    pub session: Option<Pid>,
    pub group: Option<Pid>,
    pub foreground: Option<Pid>,
    pub tty: Option<u32>,
}

impl Told {
    pub fn comm(&self) -> &[u8] {
        self.comm.split(|&byte| byte == 0).next().unwrap_or_default()
    }
}

/// A descriptor that is no socket and that may link its process to another, or a standard file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenFile {
    pub pid: Pid,
    pub fd: Fd,
    pub access: Access,
    /// None for a device that only its name in `/proc` tells about.
    pub target: Option<Target>,
    /// Numbers of a fifo are those that stat(2) shows.
    pub is_exact: bool,
}

/// What was found in one network namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Inode number of the namespace.
    pub netns: u64,
    /// Sockets that tables list, each once. Those of MPTCP are none, whose subflows are listed as TCP.
    pub tcp: u32,
    pub udp: u32,
    pub udplite: u32,
    pub raw: u32,
    pub icmp: u32,
    pub unix: u32,
    pub packet: u32,
    /// Connections to listeners that are not agreed upon yet: rows in SYN_RECV.
    pub requests: u32,
    /// Connections that wait for accept(2).
    pub waiting: u64,
}

/// What passes add to.
#[derive(Debug, Default)]
pub struct Found {
    /// Each socket once, whoever holds it.
    pub sockets: Vec<Socket>,
    /// Each descriptor that refers to a socket, also to one that is not among the sockets as no table lists its
    /// family.
    pub owners: Vec<Owner>,
    /// Each process that holds a socket once, by number.
    pub holders: Vec<Holder>,
    /// Each network namespace that a held socket is in.
    pub tallies: Vec<Tally>,
    /// Those of the sockets that are MPTCP, which tables list by their subflows, as TCP.
    pub mptcp: Vec<Inode>,
    /// Of each process the standard files that are no sockets, and each pipe, fifo, master of a pseudo-terminal and
    /// namespace.
    pub files: Vec<OpenFile>,
    /// Descriptors of namespaces, of whatever kind.
    pub namespaces: Vec<(Pid, Fd)>,
    /// Network namespaces that processes are in, and threads where it is not that of their process.
    pub members: Vec<(u64, Pid)>,
    /// All processes, by number.
    pub processes: Vec<Holder>,
}

/// Makes parts of a snapshot of the rows of one pass; fed with any bytes, it does no harm.
#[derive(Debug)]
pub struct Decoder {
    pub(super) clock: Clock,
    known: HashSet<u64, BuildHasherDefault<Spread>>,
    /// Those that have rows in tables all the same: subflows of MPTCP, and sockets that the program cannot read on this
    /// kernel, as their structures are in a module.
    listed: HashSet<u64, BuildHasherDefault<Spread>>,
    /// Processes whose first thread ended, or with threads that have a table of their own: process, table, thread.
    tables: Vec<(Pid, u64, Pid)>,
}

impl Decoder {
    pub fn of_this_machine() -> Self {
        Self {
            clock: Clock::of_this_machine(),
            known: HashSet::default(),
            listed: HashSet::default(),
            tables: Vec::new(),
        }
    }

    /// Forgets the pass before.
    pub fn start(&mut self) {
        self.known.clear();
        self.listed.clear();
        self.tables.clear();
    }

    /// Takes all whole rows of descriptors; gives how many bytes they are. None where there is something else.
    pub fn take(&mut self, bytes: &[u8], found: &mut Found) -> Option<usize> {
        each(bytes, |row| self.row(row, found))
    }

    /// Takes all whole rows of threads; gives how many bytes they are.
    pub fn take_tasks(&mut self, bytes: &[u8], found: &mut Found) -> usize {
        let rows = bytes.chunks_exact(row::TASK);
        let left = rows.remainder().len();
        for row in rows.map(Row::of_task) {
            let tid = row.word(row::TASK_TID);
            let netns = row.number(row::TASK_NETNS);
            let is_process = row.word(row::TASK_TGID) == tid;
            if is_process {
                let process = decode::process(row, self.clock);
                if let Ok(at) = found.holders.binary_search_by_key(&process.pid, |holder| holder.pid)
                    && let Some(holder) = found.holders.get_mut(at)
                    && holder.start == process.start
                {
                    (holder.told, holder.places) = (process.told, process.places);
                }
                found.processes.push(process);
            }
            if netns != 0 && (is_process || netns != row.number(row::LEADERS_NETNS)) {
                found.members.push((netns, Pid(tid)));
            }
        }
        bytes.len() - left
    }

    fn row(&mut self, row: Row<'_>, found: &mut Found) {
        let mut owner = decode::owner(row);
        let table = self.table(row, owner.pid);
        if row.kind == Kind::File {
            if decode::is_namespace(row) {
                found.namespaces.push((Pid(row.word(row::TID)), owner.fd));
            }
            if matches!(table, Table::Process) {
                found.files.push(decode::file(row, owner.pid));
            }
            return;
        }
        match table {
            Table::Process => {}
            Table::Thread(tid) => owner.tid = Some(tid),
            Table::Again => return,
        }
        found.owners.push(owner);
        // Rows come process by process; those of its threads can come after those of others.
        if found.holders.last().is_none_or(|last| last.pid != owner.pid)
            && let Err(at) = found.holders.binary_search_by_key(&owner.pid, |holder| holder.pid)
        {
            found.holders.insert(at, decode::holder(row, self.clock));
        }
        if self.known.insert(owner.inode.0) {
            let socket = decode::socket(row, self.clock, &mut found.sockets);
            count(&mut found.tallies, row, socket);
            if row.kind == Kind::Plain {
                self.listed.insert(owner.inode.0);
                found.mptcp.extend(socket.map(|_| owner.inode));
            }
        }
    }

    /// Whether the socket was found by a descriptor that refers to it, so that its row in tables is not needed.
    pub fn is_found(&self, inode: Inode) -> bool {
        self.known.contains(&inode.0) && !self.listed.contains(&inode.0)
    }

    /// Whose table the descriptor is in. That of a process can come with each of its threads once the first one
    /// ended, and one of threads with each of those that share it.
    fn table(&mut self, row: Row<'_>, pid: Pid) -> Table {
        let (tid, table) = (Pid(row.word(row::TID)), row.number(row::TABLE));
        let leaders = row.number(row::LEADERS_TABLE);
        if tid == pid || table == leaders {
            return Table::Process;
        }
        let known = self.tables.iter().find(|&&(other, known, _)| (other, known) == (pid, table));
        let first = known.map_or(tid, |&(.., first)| first);
        if known.is_none() {
            self.tables.push((pid, table, tid));
        }
        match (first == tid, leaders == 0) {
            (false, _) => Table::Again,
            (true, true) => Table::Process,
            (true, false) => Table::Thread(tid),
        }
    }
}

enum Table {
    Process,
    Thread(Pid),
    Again,
}

/// Calls `take` with each whole row; gives how many bytes they are. None where there is something else than rows.
pub(super) fn each<'a>(bytes: &'a [u8], mut take: impl FnMut(Row<'a>)) -> Option<usize> {
    let mut rest = bytes;
    while let Some(&[kind]) = rest.first_chunk() {
        Kind::from_number(kind)?;
        let Some((row, after)) = Row::split(rest) else { break };
        take(row);
        rest = after;
    }
    Some(bytes.len() - rest.len())
}

fn count(tallies: &mut Vec<Tally>, row: Row<'_>, socket: Option<&Socket>) {
    let netns = row.number(row::NETNS);
    // Most often the same as of the socket before.
    let at = tallies.iter().rposition(|tally| tally.netns == netns).unwrap_or_else(|| {
        tallies.push(Tally { netns, ..Tally::default() });
        tallies.len() - 1
    });
    let Some(tally) = tallies.get_mut(at) else { return };
    let Some(socket) = socket.filter(|socket| {
        let is_closed = socket.id.protocol == Protocol::Tcp && row.byte(row::STATE) == CLOSE;
        socket.id.local != Address::Unbound && row.kind != Kind::Plain && !is_closed
    }) else {
        return;
    };
    let listed = match socket.id.protocol {
        Protocol::Tcp => {
            tally.requests = tally.requests.saturating_add(row.word(row::REQUESTS));
            if socket.tcp_state() == Some(TcpState::Listen) {
                tally.waiting = tally.waiting.saturating_add(socket.receive_queue.unwrap_or_default().into());
            }
            &mut tally.tcp
        }
        Protocol::Udp => &mut tally.udp,
        Protocol::UdpLite => &mut tally.udplite,
        Protocol::Raw => &mut tally.raw,
        Protocol::Icmp => &mut tally.icmp,
        Protocol::Unix => &mut tally.unix,
        Protocol::Packet => &mut tally.packet,
        Protocol::Netlink => return,
    };
    *listed = listed.saturating_add(1);
}

/// `TCP_CLOSE` (`include/net/tcp_states.h`): in no table.
const CLOSE: u8 = 7;

/// Spreads inode numbers, which nobody can choose, over a hash table.
#[derive(Clone, Copy, Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(26) // the high bits are the good ones, and both ends are looked at
    }
}

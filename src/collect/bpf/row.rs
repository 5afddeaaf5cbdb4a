//! The rows that the program writes and the collector reads: what lies where.
//!
//! The row of a socket is [`BASE`] bytes that all have, then those of its [`Kind`]. Numbers are as the processor holds them, but
//! what the kernel keeps in network order.

use super::assembler::Width;

/// A number in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) at: usize,
    pub(super) width: Width,
}

impl Slot {
    const fn byte(at: usize) -> Self {
        Self { at, width: Width::Byte }
    }

    const fn half(at: usize) -> Self {
        Self { at, width: Width::Half }
    }

    const fn word(at: usize) -> Self {
        Self { at, width: Width::Word }
    }

    const fn double(at: usize) -> Self {
        Self { at, width: Width::Double }
    }
}

/// Bytes in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) at: usize,
    pub(super) length: usize,
}

/// What follows the base of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    Plain = 0,
    Tcp = 1,
    /// UDP, UDP-Lite, raw, ICMP, netlink, packet.
    Datagram = 2,
    Unix = 3,
    /// One with a name.
    Named = 4,
    /// No socket, so nothing of what all sockets have: a standard file, a pipe or fifo, the master of a
    /// pseudo-terminal, a namespace.
    File = 5,
}

impl Kind {
    pub(super) fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Plain,
            1 => Self::Tcp,
            2 => Self::Datagram,
            3 => Self::Unix,
            4 => Self::Named,
            5 => Self::File,
            _ => return None,
        })
    }

    /// Length of a whole row of this kind; of all, a multiple of eight.
    pub(super) const fn length(self) -> usize {
        match self {
            Self::Plain => BASE,
            Self::File => 80,
            Self::Tcp => BASE + 128,
            Self::Datagram => BASE + 24,
            Self::Unix => BASE + 32,
            Self::Named => BASE + 32 + 112,
        }
    }
}

/// Length of what all rows of sockets have.
pub(super) const BASE: usize = 112;
/// Length of the longest row.
pub(super) const LONGEST: usize = Kind::Named.length();

pub(super) const KIND: Slot = Slot::byte(0);
pub(super) const STATE: Slot = Slot::byte(1);
pub(super) const FAMILY: Slot = Slot::half(2);
/// `SOCK_*`.
pub(super) const TYPE: Slot = Slot::half(4);
pub(super) const PROTOCOL: Slot = Slot::half(6);
/// Process.
pub(super) const TGID: Slot = Slot::word(8);
/// Thread.
pub(super) const TID: Slot = Slot::word(12);
pub(super) const FD: Slot = Slot::word(16);
pub(super) const UID: Slot = Slot::word(20);
pub(super) const INODE: Slot = Slot::double(24);
/// Start of the process, in nanoseconds after boot.
pub(super) const START: Slot = Slot::double(32);
/// Table of descriptors, as an address in the kernel: only to be compared. Of a first thread it is not read.
pub(super) const TABLE: Slot = Slot::double(40);
/// The same of the thread that the process is named after; 0 once that one ended.
pub(super) const LEADERS_TABLE: Slot = Slot::double(48);

pub(super) const NETNS: Slot = Slot::word(56);
pub(super) const PORT: Slot = Slot::half(60);
/// In network order.
pub(super) const REMOTE_PORT: Slot = Slot::half(62);
pub(super) const DEVICE: Slot = Slot::word(64);
pub(super) const MARK: Slot = Slot::word(68);
pub(super) const REFERENCES: Slot = Slot::word(72);
/// Counts the programs that the process executed.
pub(super) const EXECUTION: Slot = Slot::word(76);
/// IPv4 in the first four bytes.
pub(super) const LOCAL: Span = Span { at: 80, length: 16 };
pub(super) const REMOTE: Span = Span { at: 96, length: 16 };

/// Of files: type and permissions, and the flags of open(2).
pub(super) const MODE: Slot = Slot::half(2);
pub(super) const FLAGS: Slot = Slot::word(4);
/// Kind of file system (`include/uapi/linux/magic.h`), and the number of this one.
pub(super) const MAGIC: Slot = Slot::double(56);
pub(super) const SUPER: Slot = Slot::word(64);
/// Number of the device that the file stands for, as the kernel has it: the major one from bit 20 on.
pub(super) const RDEV: Slot = Slot::word(20);
/// Of the master of a pseudo-terminal: its index, whether it has one, and number of the file system with the slave.
pub(super) const INDEX: Slot = Slot::word(68);
pub(super) const HAS_INDEX: Slot = Slot::word(72);
pub(super) const DEVPTS: Slot = Slot::word(76);

/// `/dev/ptmx`, device 5:2.
pub(super) const PTMX: i32 = 5 << 20 | 2;
/// `/dev/tty`, device 5:0.
pub(super) const TTY: i32 = 5 << 20;
/// Slaves of pseudo-terminals, devices 136:0 to 143:1048575 (`UNIX98_PTY_SLAVE_MAJOR`).
pub(super) const FIRST_SLAVE: i32 = 136 << 20;
pub(super) const LAST_SLAVE: i32 = (144 << 20) - 1;
/// Of the file system that descriptors of namespaces are in.
pub(super) const NSFS: i32 = 0x6e73_6673;

/// Now, in ticks of the kernel.
pub(super) const JIFFIES: Slot = Slot::double(BASE);
/// When the timer of retransmissions and probes fires; 0 where that cannot be read.
pub(super) const TIMEOUT: Slot = Slot::double(BASE + 8);
/// When the other timer fires, and not 0 where it is running.
pub(super) const KEEPALIVE: Slot = Slot::double(BASE + 16);
pub(super) const KEEPALIVE_RUNS: Slot = Slot::double(BASE + 24);
pub(super) const SENT: Slot = Slot::double(BASE + 32);
pub(super) const SENT_AGAIN: Slot = Slot::double(BASE + 40);
pub(super) const ACKED: Slot = Slot::double(BASE + 48);
pub(super) const RECEIVED: Slot = Slot::double(BASE + 56);
pub(super) const RECEIVED_TO: Slot = Slot::word(BASE + 64);
pub(super) const READ_TO: Slot = Slot::word(BASE + 68);
pub(super) const WRITTEN_TO: Slot = Slot::word(BASE + 72);
pub(super) const ACKED_TO: Slot = Slot::word(BASE + 76);
pub(super) const TCP_BACKLOG: Slot = Slot::word(BASE + 80);
pub(super) const TCP_BACKLOG_LIMIT: Slot = Slot::word(BASE + 84);
pub(super) const UNACKED: Slot = Slot::word(BASE + 88);
pub(super) const RETRANSMITTED: Slot = Slot::word(BASE + 92);
/// In eighths of a microsecond.
pub(super) const RTT: Slot = Slot::word(BASE + 96);
pub(super) const CWND: Slot = Slot::word(BASE + 100);
pub(super) const SSTHRESH: Slot = Slot::word(BASE + 104);
pub(super) const RTO: Slot = Slot::word(BASE + 108);
/// Low half of the tick of the last data.
pub(super) const LAST_SENT: Slot = Slot::word(BASE + 112);
pub(super) const LAST_RECEIVED: Slot = Slot::word(BASE + 116);
/// Which timer of retransmissions and probes is running (`ICSK_TIME_*`).
pub(super) const PENDING: Slot = Slot::byte(BASE + 120);
pub(super) const RETRANSMITS: Slot = Slot::byte(BASE + 121);
pub(super) const PROBES: Slot = Slot::byte(BASE + 122);
/// Connections to a listener that are not agreed upon yet: rows in SYN_RECV.
pub(super) const REQUESTS: Slot = Slot::word(BASE + 124);

/// Memory of datagrams in the queues, the first less what was read and not given back yet.
pub(super) const RECEIVE_MEMORY: Slot = Slot::word(BASE);
pub(super) const DEFICIT: Slot = Slot::word(BASE + 4);
pub(super) const SEND_MEMORY: Slot = Slot::word(BASE + 8);
pub(super) const DROPS: Slot = Slot::word(BASE + 12);
/// Netlink: port, and whether it has one. Packet: interface, and Ethernet protocol in network order.
pub(super) const NETLINK_PORT: Slot = Slot::word(BASE + 16);
pub(super) const NETLINK_BOUND: Slot = Slot::byte(BASE + 20);
pub(super) const INTERFACE: Slot = Slot::word(BASE + 16);
pub(super) const ETHERNET: Slot = Slot::half(BASE + 20);

pub(super) const PEER: Slot = Slot::double(BASE);
pub(super) const UNIX_BACKLOG: Slot = Slot::word(BASE + 8);
pub(super) const UNIX_BACKLOG_LIMIT: Slot = Slot::word(BASE + 12);
/// Bytes that a stream has to read.
pub(super) const UNIX_UNREAD: Slot = Slot::word(BASE + 16);
pub(super) const UNIX_SENT: Slot = Slot::word(BASE + 20);
/// Length of the name, family included.
pub(super) const NAME_LENGTH: Slot = Slot::word(BASE + 24);
/// Directions that are shut down, as `UnixDetail::shutdown` has them.
pub(super) const UNIX_SHUTDOWN: Slot = Slot::byte(BASE + 28);
/// `struct sockaddr_un`, whose path can be one byte longer in the kernel than for programs.
pub(super) const NAME: Span = Span { at: BASE + 32, length: 112 };

/// Rows of threads are of another form, and all of one length.
pub(super) const TASK: usize = 136;
pub(super) const TASK_TGID: Slot = Slot::word(0);
pub(super) const TASK_TID: Slot = Slot::word(4);
/// 0 where the thread is ending.
pub(super) const TASK_NETNS: Slot = Slot::word(8);
/// Of the thread that the process is named after; of that one itself, what [`EXECUTION`] is.
pub(super) const LEADERS_NETNS: Slot = Slot::word(12);
pub(super) const TASK_EXECUTION: Slot = Slot::word(12);
/// Start, in nanoseconds after boot; this and the rest of the thread that the process is named after alone.
pub(super) const TASK_START: Slot = Slot::double(16);
/// Effective user.
pub(super) const EUID: Slot = Slot::word(24);
/// Process that it is a child of.
pub(super) const PARENT: Slot = Slot::word(28);
pub(super) const COMM: Span = Span { at: 32, length: 16 };
pub(super) const SESSION: Slot = Slot::word(48);
pub(super) const GROUP: Slot = Slot::word(52);
/// Of the controlling terminal: numbers of its driver's first device, how many come before it, and the process group in
/// its foreground.
pub(super) const TTY_MAJOR: Slot = Slot::word(56);
pub(super) const TTY_MINOR: Slot = Slot::word(60);
pub(super) const TTY_INDEX: Slot = Slot::word(64);
pub(super) const FOREGROUND: Slot = Slot::word(68);
/// `struct path` of the executable, the root directory and the working directory.
pub(super) const EXE: Span = Span { at: 72, length: 16 };
pub(super) const ROOT: Span = Span { at: 88, length: 16 };
pub(super) const DIRECTORY: Span = Span { at: 104, length: 16 };
/// Address of its control group in the unified hierarchy.
pub(super) const CGROUP: Slot = Slot::double(120);
/// Counts changes of both directories.
pub(super) const CHANGES: Slot = Slot::word(128);

/// One row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    bytes: &'a [u8],
    pub(super) kind: Kind,
}

impl<'a> Row<'a> {
    /// The first row, and what follows it; none where that is not a whole one.
    pub(super) fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let kind = Kind::from_number(*bytes.get(KIND.at)?)?;
        let (row, rest) = bytes.split_at_checked(kind.length())?;
        Some((Self { bytes: row, kind }, rest))
    }

    /// One of a thread.
    pub(super) fn of_task(bytes: &'a [u8]) -> Self {
        Self { bytes, kind: Kind::Plain }
    }

    /// The number; 0 where rows of this kind have none.
    #[inline]
    pub(super) fn number(self, slot: Slot) -> u64 {
        let at = self.bytes.get(slot.at..).unwrap_or_default();
        match slot.width {
            Width::Byte => at.first().map_or(0, |&byte| byte.into()),
            Width::Half => u64::from(at.first_chunk().map_or(0, |&bytes| u16::from_ne_bytes(bytes))),
            Width::Word => u64::from(at.first_chunk().map_or(0, |&bytes| u32::from_ne_bytes(bytes))),
            Width::Double => at.first_chunk().map_or(0, |&bytes| u64::from_ne_bytes(bytes)),
        }
    }

    /// A number of at most 32 bits.
    #[inline]
    pub(super) fn word(self, slot: Slot) -> u32 {
        u32::try_from(self.number(slot)).unwrap_or(u32::MAX)
    }

    /// A number of at most 16 bits.
    #[inline]
    pub(super) fn half(self, slot: Slot) -> u16 {
        u16::try_from(self.number(slot)).unwrap_or(u16::MAX)
    }

    #[inline]
    pub(super) fn byte(self, slot: Slot) -> u8 {
        u8::try_from(self.number(slot)).unwrap_or(u8::MAX)
    }

    #[inline]
    pub(super) fn bytes<const N: usize>(self, span: Span) -> [u8; N] {
        let bytes = self.bytes.get(span.at..).and_then(|bytes| bytes.first_chunk());
        bytes.copied().unwrap_or([0; N])
    }

    /// What `length` says of the bytes of a span.
    pub(super) fn slice(self, span: Span, length: usize) -> &'a [u8] {
        let whole = self.bytes.get(span.at..).and_then(|bytes| bytes.get(..span.length)).unwrap_or_default();
        whole.get(..length).unwrap_or(whole)
    }
}

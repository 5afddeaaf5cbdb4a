//! What descriptors of shells, and of processes that are linked to them, refer to.

use super::{Fd, Inode, Pid};

/// Number of a file system (`st_dev`, and the third field of `/proc/PID/mountinfo`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Device {
    pub major: u32,
    pub minor: u32,
}

/// What a descriptor can be used for (`flags` of `/proc/PID/fdinfo/FD`, octal, the two lowest bits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    Read,
    Write,
    Both,
    /// No data passes: opened with `O_PATH`, or with both bits set.
    Neither,
}

impl Access {
    /// Of the flags of open(2).
    pub fn of_flags(flags: u32) -> Self {
        const O_PATH: u32 = 0o10_000_000;
        match flags & 3 {
            _ if flags & O_PATH != 0 => Self::Neither,
            0 => Self::Read,
            1 => Self::Write,
            2 => Self::Both,
            _ => Self::Neither,
        }
    }

    pub fn reads(self) -> bool {
        matches!(self, Self::Read | Self::Both)
    }

    pub fn writes(self) -> bool {
        matches!(self, Self::Write | Self::Both)
    }
}

/// What a descriptor refers to (text of the link `/proc/PID/fd/FD`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// `socket:[9171]`.
    Socket(Inode),
    /// `pipe:[9172]`; the number is the machine's own, both ends have it.
    Pipe(Inode),
    /// A named pipe, by what stat(2) says, as its path can differ from process to process.
    Fifo { device: Device, inode: u64 },
    /// The slave of a pseudo-terminal, `/dev/pts/3`. Each devpts file system counts anew, so the index alone can
    /// mean several; `devpts` is none where the mount is not visible, or where it was opened as `/dev/tty`.
    PtySlave { devpts: Option<Device>, index: u32 },
    /// The master of a pseudo-terminal (`ptmx`; `tty-index` of fdinfo is the slave's number). `devpts` is none
    /// where the mount beside it cannot be told.
    PtyMaster { devpts: Option<Device>, index: u32 },
    /// A terminal that is no pseudo-terminal: `/dev/tty1`, `/dev/ttyS0`, `/dev/console`.
    Terminal,
    /// `/dev/null`.
    Null,
    /// Anything else with a path: a regular file, a directory, a device, a fifo whose file system could block.
    File,
    /// Anything without a path: `anon_inode:[eventpoll]`, `net:[4026531840]`.
    Anonymous,
}

impl Target {
    /// Whether it is a pipe or a named one.
    pub fn is_pipe(self) -> bool {
        matches!(self, Self::Pipe(_) | Self::Fifo { .. })
    }

    /// The socket that it is.
    pub fn socket(self) -> Option<Inode> {
        match self {
            Self::Socket(inode) => Some(inode),
            Self::Pipe(_)
            | Self::Fifo { .. }
            | Self::PtySlave { .. }
            | Self::PtyMaster { .. }
            | Self::Terminal
            | Self::Null
            | Self::File
            | Self::Anonymous => None,
        }
    }
}

/// One descriptor of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Descriptor {
    pub pid: Pid,
    pub fd: Fd,
    pub access: Access,
    pub target: Target,
}

/// What was looked at in a process because a rule can turn on it: shells that something feeds or that hold a
/// connection, and programs between a shell and a connection. `collect/links.rs` says how they are chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probe {
    /// Descriptors of whose data its first thread waits for: it sleeps in read(2), poll(2), select(2) or one of their
    /// kin (`/proc/PID/syscall`). Sorted; empty where it does something else, or where that is not shown.
    pub waits_for: Vec<Fd>,
    /// Descriptors that are terminals in non-canonical mode (`ICANON` of termios(3) is off): what is typed there
    /// reaches the program key by key, as full-screen programs want it. Sorted.
    pub raw_terminals: Vec<Fd>,
    /// Everybody may put files where its executable is (`S_IWOTH` of the directory): `/tmp`, `/dev/shm`.
    pub in_public_directory: bool,
}

//! What is known of a process.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::Text;
use super::shell::base_name;

/// Process id, as `/proc` numbers it. Reused by the kernel: see [`ProcessKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(pub u32);

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of an open descriptor of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fd(pub u32);

impl fmt::Display for Fd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A process for as long as the machine is up: a recycled pid has another start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessKey {
    pub pid: Pid,
    /// Clock ticks after boot (`/proc/PID/stat` field 22).
    pub start: u64,
}

/// A fact that may not be there, or not be for us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fact<T> {
    Known(T),
    /// There is none: a kernel thread has no executable.
    #[default]
    Absent,
    /// The kernel refused it: EACCES or EPERM.
    Refused,
}

impl<T> Fact<T> {
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Refused => None,
        }
    }
}

/// What a process executes (`/proc/PID/exe`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exe {
    /// Path in the process's own mount namespace, without the kernel's mark of a deleted file.
    pub path: Text,
    /// The file has no name any more: the link ends in ` (deleted)`.
    pub deleted: bool,
    /// Path of the installed shell that has the same content, or of the shell that this dynamic loader runs; none
    /// where the name says what it is, where no shell has it, and where the file could not be read.
    pub same_as: Option<Text>,
}

/// A process that holds a socket or is linked to a shell, or an ancestor of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub key: ProcessKey,
    /// Parent (`/proc/PID/stat` field 4); none for what the kernel started (0 there), and where the parent
    /// ended and another process has its pid.
    pub parent: Option<Pid>,
    /// `/proc/PID/comm`: at most 15 bytes, set by the process itself, so any bytes.
    pub comm: Text,
    pub exe: Fact<Exe>,
    /// `/proc/PID/cmdline`: arguments, each ended by a NUL byte. The process can overwrite it.
    /// Absent for kernel threads and zombies.
    pub cmdline: Fact<Text>,
    /// `/proc/PID/cwd`.
    pub cwd: Fact<Text>,
    /// Effective user (owner of `/proc/PID`; `Uid:` of `/proc/PID/status`, second number).
    pub uid: u32,
    /// Controlling terminal as `tty_nr` of `/proc/PID/stat` (field 7); none where it is 0.
    pub tty: Option<u32>,
    /// Session (field 6); none for kernel threads.
    pub session: Option<Pid>,
    /// Process group (field 5); none for kernel threads.
    pub group: Option<Pid>,
    /// Process group in the foreground of its controlling terminal (field 8); none without one (-1 there).
    pub foreground: Option<Pid>,
    /// Start, counted from boot (field 22 in time).
    pub started: Duration,
    /// Path of its control group (`/proc/PID/cgroup`, the unified hierarchy's line).
    pub cgroup: Fact<Text>,
}

impl Process {
    /// The arguments, without their closing NUL bytes; nothing where they are not known.
    pub fn arguments(&self) -> impl Iterator<Item = &[u8]> {
        let bytes = self.cmdline.known().map_or(&[][..], Text::as_bytes);
        let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
        bytes.split(|&byte| byte == 0).filter(move |_| !bytes.is_empty())
    }

    /// Last component of the executable's path.
    pub fn exe_name(&self) -> Option<&[u8]> {
        let path = self.exe.known()?.path.as_bytes();
        Some(base_name(path)).filter(|name| !name.is_empty())
    }
}

/// More ancestors than this are not followed; a chain of real processes is far shorter.
const MOST_ANCESTORS: usize = 256;

/// The process and its ancestors, nearest first; ends at the first that is not known.
///
/// Facts of parent and child are read at different times, so a pid can have been reused between: a parent
/// that started after its child is another process, and the chain ends before it. No process comes twice.
pub fn ancestry(processes: &BTreeMap<Pid, Process>, pid: Pid) -> Vec<&Process> {
    let mut chain: Vec<&Process> = Vec::new();
    let mut next = processes.get(&pid);
    while let Some(process) = next.take() {
        if chain.len() == MOST_ANCESTORS || chain.iter().any(|known| known.key.pid == process.key.pid) {
            break;
        }
        chain.push(process);
        next = process.parent.and_then(|parent| processes.get(&parent));
        next = next.filter(|parent| parent.key.start <= process.key.start);
    }
    chain
}

//! What a snapshot could not see, and why.

use std::fmt;

use super::Viewer;

/// What was not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapScope {
    /// The list of processes itself (`/proc`); refused where process 1 is not in it, as with `hidepid`.
    Processes,
    /// Descriptors of a process (`/proc/PID/fd`); the count is of processes.
    Descriptors,
    /// Single descriptors (`/proc/PID/fd/N`).
    Descriptor,
    /// Facts of a process (stat, comm, cmdline, exe, cwd).
    ProcessFacts,
    /// The network namespace of a process (`/proc/PID/ns/net`).
    ProcessNamespace,
    /// A whole network namespace, none of whose tables could be read.
    Namespace,
    /// A table of a namespace (`/proc/PID/net/tcp` …).
    Table,
    /// Lines of a table.
    TableLine,
    /// Rows of `/proc/net/unix` whose inode no visible descriptor holds.
    UnixRow,
    /// Descriptors of shells and of what is linked to them: those left out, or processes left out with all theirs.
    Links,
    /// The user database.
    Users,
    /// Host name, boot id, uptime.
    Host,
}

impl GapScope {
    /// What was not seen, in the plural where there can be several.
    pub fn name(self) -> &'static str {
        match self {
            Self::Processes => "list of processes",
            Self::Descriptors => "processes' descriptors",
            Self::Descriptor => "single descriptors",
            Self::ProcessFacts => "processes' facts",
            Self::ProcessNamespace => "processes' network namespaces",
            Self::Namespace => "network namespaces",
            Self::Table => "tables of sockets",
            Self::TableLine => "lines of tables",
            Self::UnixRow => "unix rows that no visible descriptor holds",
            Self::Links => "links between shells and other processes",
            Self::Users => "user database",
            Self::Host => "host name, boot id or uptime",
        }
    }
}

/// Why it was not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapReason {
    /// Refused: EACCES or EPERM.
    Permission,
    /// It ended or closed while it was read, and nothing could stand in for it.
    Vanished,
    /// It does not have the form that proc(5) gives.
    Malformed,
    /// This kernel, or this way of reading, does not have it.
    Unsupported,
    /// It was larger than any honest answer, and was cut.
    TooLarge,
    /// Nothing vouches for it: the text of a unix socket's name can imitate whole rows.
    Unverified,
    /// Out of descriptors or memory: EMFILE, ENFILE, ENOMEM.
    Exhausted,
    /// Any other error of a system call.
    Failed,
}

impl GapReason {
    pub fn name(self) -> &'static str {
        match self {
            Self::Permission => "not permitted",
            Self::Vanished => "gone while being read",
            Self::Malformed => "not of the form that proc(5) gives",
            Self::Unsupported => "this kernel does not have it",
            Self::TooLarge => "too large, cut",
            Self::Unverified => "not verified, as names can imitate rows",
            Self::Exhausted => "out of descriptors or memory",
            Self::Failed => "error of a system call",
        }
    }
}

/// `processes' descriptors (312, not permitted)`
impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.scope.name(), self.count, self.reason.name())
    }
}

impl Gap {
    /// Whether sockets, owners or their links are missing because of it, and not only names and the like. What was
    /// gone when it was read took its sockets along.
    pub fn is_partial(&self) -> bool {
        !matches!(self.scope, GapScope::ProcessFacts | GapScope::Users | GapScope::Host)
            && self.reason != GapReason::Vanished
    }
}

/// So many things of a scope that were not seen for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gap {
    pub scope: GapScope,
    pub reason: GapReason,
    pub count: u32,
}

impl Gap {
    /// What would mend it for who looked, or that nothing has to.
    pub fn mend(&self, viewer: &Viewer) -> &'static str {
        match (self.reason, self.scope) {
            (GapReason::Permission, _) if viewer.lacks.is_empty() => {
                "no capability is lacking: a security module or a user namespace refuses it"
            }
            (GapReason::Permission, GapScope::Processes) => "run as root, or mount /proc without hidepid",
            (
                GapReason::Permission,
                GapScope::Descriptors | GapScope::Descriptor | GapScope::ProcessFacts | GapScope::Links,
            ) => "run as root, or grant cap_sys_ptrace and cap_dac_read_search",
            (GapReason::Permission, GapScope::ProcessNamespace | GapScope::Namespace) => {
                "run as root, or grant cap_sys_ptrace and cap_sys_admin"
            }
            (GapReason::Permission, GapScope::Users) => "names are numbers until /etc/passwd can be read",
            (
                GapReason::Permission,
                GapScope::Table | GapScope::TableLine | GapScope::UnixRow | GapScope::Host,
            ) => "run as root",
            (GapReason::Vanished, _) => "nothing to mend: it ended meanwhile",
            (GapReason::Malformed, _) => "a kernel that prints it otherwise, or a bug: please report it",
            (GapReason::Unsupported, _) => "a newer kernel, or another way: --collector auto takes the best",
            (GapReason::TooLarge, _) => "nothing to mend: a limit keeps one process from filling all memory",
            (GapReason::Unverified, _) => {
                "run as root, so that descriptors vouch for the rows, or read by netlink"
            }
            (GapReason::Exhausted, _) => "raise the limit of open files (ulimit -n), or free memory",
            (GapReason::Failed, _) => "look again with r; what stays is for the kernel's log",
        }
    }
}

//! What a snapshot could not see, and why.

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
    /// The user database.
    Users,
    /// Host name, boot id, uptime.
    Host,
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

/// So many things of a scope that were not seen for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gap {
    pub scope: GapScope,
    pub reason: GapReason,
    pub count: u32,
}

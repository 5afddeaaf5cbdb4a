//! One line of the table: a socket, its owners, what was derived of it.

use std::collections::BTreeMap;

use crate::analyze::Entry;
use crate::model::{Alert, Fd, Names, Owner, Pid, Process, Snapshot, Socket, SocketId, SourceId};

/// Identity of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    pub source: SourceId,
    pub socket: SocketId,
    /// In `Unit::Owner` only.
    pub owner: Option<(Pid, Fd)>,
}

/// Everything that a column's value is made from.
pub struct Row<'a> {
    pub source: SourceId,
    pub source_name: &'a str,
    pub snapshot: &'a Snapshot,
    pub socket: &'a Socket,
    pub entry: &'a Entry,
    /// All owners of the socket (`Unit::Socket`), or the one (`Unit::Owner`).
    pub owners: &'a [Owner],
    /// The owner that the row is shown under; place in `owners`.
    pub lead: Option<usize>,
    /// Alerts about the socket (`Unit::Socket`), or about the socket and this owner (`Unit::Owner`); gravest first.
    pub alerts: &'a [Alert],
    /// Processes to look owners and ancestors up in: those of the snapshot, or of a closed socket.
    pub processes: &'a BTreeMap<Pid, Process>,
    pub names: &'a Names,
}

impl Row<'_> {
    /// The lead owner's process.
    pub fn process(&self) -> Option<&Process> {
        None
    }

    /// The process and its ancestors, nearest first; ends at the first that is not known.
    pub fn ancestry(&self) -> Vec<&Process> {
        Vec::new()
    }
}

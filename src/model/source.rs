//! The talk between a source of snapshots and who listens to it.

use std::sync::Arc;
use std::time::Duration;

use super::Snapshot;

/// Which source: its place on the command line. Never part of a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u16);

/// What a source says.
#[derive(Clone, Debug)]
pub enum Update {
    Snapshot(Arc<Snapshot>),
    Status(Status),
}

/// How a source is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    Running,
    /// It broke and starts again.
    Retrying {
        after: Duration,
        why: String,
    },
    /// It broke and stays so.
    Failed(String),
}

/// What a source is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// A snapshot now, without waiting for the interval.
    Refresh,
    SetInterval(Duration),
}

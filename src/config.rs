//! What the program was asked to do, with every input checked.

use std::num::NonZeroU64;
use std::time::Duration;

use crate::analyze::Judging;
use crate::collect::SourceSpec;
use crate::table::{Column, Query};

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    pub source: SourceSpec,
    /// Time from the start of one snapshot to the start of the next.
    pub interval: Duration,
    pub judging: Judging,
    pub query: Query,
    /// The columns that were asked for; `None`: those that fit, or the format's own.
    pub columns: Option<Vec<&'static Column>>,
    /// Names of hosts, services and users from the start. Without it no packet is sent.
    pub names: bool,
    pub what: What,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Tui,
    /// Print snapshots; `None`: until something ends it.
    Batch {
        count: Option<NonZeroU64>,
    },
    ListColumns,
}

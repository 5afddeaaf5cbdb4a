//! The list of rules and the small interface they share.

use super::Entry;
use crate::model::{Alert, Owner, Snapshot};

/// All that a rule may look at.
pub struct Scene<'a> {
    pub snapshot: &'a Snapshot,
    pub entries: &'a [Entry],
    pub owners: &'a [Owner],
    pub judging: &'a super::Judging,
}

/// A named check.
pub struct Rule {
    /// As in output and filters: `shell-outbound`.
    pub name: &'static str,
    /// One sentence for help and documentation.
    pub summary: &'static str,
    pub check: fn(&Scene<'_>) -> Vec<Alert>,
}

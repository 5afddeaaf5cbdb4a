//! How much of the host was seen.

use super::join::all_descriptors_permitted;
use super::{Coverage, Entry};
use crate::model::Snapshot;

/// Capabilities(7) without which descriptors of other users' processes cannot be read.
const FOR_OWNERS: &[&str] = &["cap_sys_ptrace", "cap_dac_read_search"];

pub(super) fn coverage(snapshot: &Snapshot, entries: &[Entry]) -> Coverage {
    let mut coverage = Coverage { sockets: entries.len(), advice: advice(snapshot), ..Coverage::default() };
    for entry in entries {
        match entry.unowned {
            Some(reason) => *coverage.unowned.entry(reason).or_default() += 1,
            None => coverage.owned += 1,
        }
    }
    coverage
}

fn advice(snapshot: &Snapshot) -> Option<String> {
    if all_descriptors_permitted(snapshot) {
        return None;
    }
    let lacks = &snapshot.viewer.lacks;
    let needed: Vec<&str> = FOR_OWNERS.iter().copied().filter(|name| lacks.contains(name)).collect();
    let grant = format!("grant {}", needed.join(" and "));
    match (needed.is_empty(), snapshot.viewer.uid) {
        (true, _) => None,
        (false, 0) => Some(grant),
        (false, _) => Some(format!("run as root, or {grant}")),
    }
}

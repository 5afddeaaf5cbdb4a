//! The list of rules and the small interface they share.

use super::Entry;
use super::join::Places;
use crate::model::{Alert, Owner, Snapshot, Socket};

mod shell_outbound;

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

/// All rules, in the order in which equally grave alerts of them are shown.
pub static RULES: &[Rule] = &[shell_outbound::RULE];

/// What all rules find.
pub(super) fn check(scene: &Scene<'_>) -> Vec<Alert> {
    RULES.iter().flat_map(|rule| (rule.check)(scene)).collect()
}

/// Groups alerts by entry, the gravest first and of equals the lead owner's; gives each entry its range and,
/// as lead, the owner that its first alert is about. Alerts about sockets that are not listed are left out.
pub(super) fn grouped(
    alerts: Vec<Alert>,
    sockets: &[Socket],
    places: &Places,
    entries: &mut [Entry],
    owners: &[Owner],
) -> Vec<Alert> {
    let mut found: Vec<(usize, Alert)> =
        alerts.into_iter().filter_map(|alert| Some((places.find(&alert.socket, sockets)?, alert))).collect();
    found.sort_by_cached_key(|(at, alert)| {
        let lead = entries.get(*at).and_then(|entry| owners.get(entry.lead?)).map(|owner| owner.pid);
        (*at, std::cmp::Reverse(alert.unmuted()), lead != Some(alert.process.pid), alert.process)
    });
    let mut start = 0;
    for same in found.chunk_by(|a, b| a.0 == b.0) {
        let end = start + same.len();
        let Some((at, first)) = same.first() else { continue };
        if let Some(entry) = entries.get_mut(*at) {
            entry.alerts = start..end;
            let about =
                |place: &usize| owners.get(*place).is_some_and(|owner| owner.pid == first.process.pid);
            entry.lead = entry.owners.clone().find(about).or(entry.lead);
        }
        start = end;
    }
    found.into_iter().map(|(_, alert)| alert).collect()
}

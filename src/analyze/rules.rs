//! The list of rules and the small interface they share.

use std::collections::BTreeSet;

use super::direction::Listeners;
use super::graph::{Chains, Graph};
use super::join::Places;
use super::{Entry, Judging};
use crate::model::{Alert, Inode, Owner, Pid, Process, ProcessKey, Small, Snapshot, Socket};

mod holding;
mod mute_tool;
mod shell_inbound;
mod shell_outbound;
mod shell_relay;
mod stdio_outbound;
mod words;

use holding::Holding;

/// All that a rule may look at.
pub struct Scene<'a> {
    pub snapshot: &'a Snapshot,
    pub entries: &'a [Entry],
    pub owners: &'a [Owner],
    pub judging: &'a Judging,
    pub graph: &'a Graph<'a>,
    pub(super) chains: &'a Chains,
    pub(super) listeners: &'a Listeners,
    /// Processes that held an outbound connection while they executed a shell, and its socket.
    pub former: &'a BTreeSet<(ProcessKey, Inode)>,
}

impl Scene<'_> {
    fn process(&self, pid: Pid) -> Option<&Process> {
        self.snapshot.processes.get(&pid)
    }
}

/// A named check.
pub struct Rule {
    /// As in output and filters: `shell-outbound`.
    pub name: &'static str,
    /// One sentence for help and documentation.
    pub summary: &'static str,
    /// When it gives which level, for help and documentation.
    pub levels: &'static str,
    check: fn(&Scene<'_>, &[Holding<'_>]) -> Vec<Alert>,
}

/// All rules, in the order in which equally grave alerts of them are shown.
pub static RULES: &[Rule] =
    &[shell_outbound::RULE, shell_relay::RULE, shell_inbound::RULE, stdio_outbound::RULE, mute_tool::RULE];

/// What all rules find: of one process and one connection the gravest. And what is to be `former` next time.
pub(super) fn check(scene: &Scene<'_>) -> (Vec<Alert>, BTreeSet<(ProcessKey, Inode)>) {
    let holdings = holding::holdings(scene);
    let outbound = holdings.iter().filter(|held| held.is_outbound());
    let kept = outbound.map(|held| (held.is_shell(), (held.process.key, held.socket.id.inode)));
    let kept = kept.filter(|(is_shell, one)| *is_shell || scene.former.contains(one)).map(|(_, one)| one);
    let mut alerts: Vec<Alert> = RULES.iter().flat_map(|rule| (rule.check)(scene, &holdings)).collect();
    alerts.sort_by(|a, b| (a.process, &a.socket, b.level).cmp(&(b.process, &b.socket, a.level)));
    alerts.dedup_by(|later, first| later.process == first.process && later.socket == first.socket);
    (alerts, kept.collect())
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
        let lead = entries.get(*at).and_then(|entry| entry.lead(owners)).map(|owner| owner.pid);
        (*at, std::cmp::Reverse(alert.unmuted()), lead != Some(alert.process.pid), alert.process)
    });
    let mut start = 0;
    for same in found.chunk_by(|a, b| a.0 == b.0) {
        let end = start + same.len();
        let Some((at, first)) = same.first() else { continue };
        if let Some(entry) = entries.get_mut(*at) {
            entry.alerts = (start..end).into();
            let about = entry.owners.of(owners).iter().position(|owner| owner.pid == first.process.pid);
            entry.lead = about.map(Small::new).or(entry.lead);
        }
        start = end;
    }
    found.into_iter().map(|(_, alert)| alert).collect()
}

//! What has closed: in the table for two snapshots, then remembered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::{Analysis, Change, Closed, Entry, Unowned};
use super::{Compared, Past};
use crate::model::{Pid, ancestry};

/// Snapshots for which a socket that has gone stays in the table.
const CLOSED_KEPT: u32 = 2;

/// Most sockets that stay so; those with alerts and owners first.
const MOST_CLOSED: usize = 1_000;

/// Most sockets that are remembered, the newest.
const MOST_REMEMBERED: usize = 1_000;

/// Those that have gone, and those that went one snapshot ago; then all that is remembered, the newest first.
pub(in super::super) fn closed(
    past: &Past,
    compared: &Compared<'_>,
    number: u32,
) -> (Vec<Arc<Closed>>, Arc<Vec<Arc<Closed>>>) {
    let analysis = &past.analysis;
    let entries = analysis.entries.iter().zip(&compared.stayed).enumerate();
    let mut gone: Vec<(usize, &Entry)> =
        entries.filter(|(_, (_, stayed))| !**stayed).map(|(at, (entry, _))| (at, entry)).collect();
    gone.sort_by_key(|(_, entry)| (entry.alerts.is_empty(), entry.owners.is_empty()));
    let kept = gone.into_iter().filter_map(|(at, entry)| keep(analysis, at, entry, number));
    let newly: Vec<Arc<Closed>> = kept.take(MOST_CLOSED).collect();
    let history = remembered(analysis, compared, &newly, number);
    let before = analysis.closed.iter().enumerate();
    let before = before.filter(|(at, closed)| {
        number.saturating_sub(closed.gone) < CLOSED_KEPT && !compared.back.contains(at)
    });
    let before = before.map(|(_, closed)| Arc::clone(closed));
    (newly.into_iter().chain(before).take(MOST_CLOSED).collect(), history)
}

/// The history with what has gone now, without what is back.
fn remembered(
    analysis: &Analysis,
    compared: &Compared<'_>,
    newly: &[Arc<Closed>],
    number: u32,
) -> Arc<Vec<Arc<Closed>>> {
    let back: Vec<&Arc<Closed>> = compared.back.iter().filter_map(|at| analysis.closed.get(*at)).collect();
    let released = compared.released.iter().filter_map(|&at| {
        let entry = analysis.entries.get(at)?;
        keep(analysis, at, entry, number)
    });
    let mut all: Vec<Arc<Closed>> = newly.iter().filter(|closed| is_told(&closed.entry)).cloned().collect();
    all.extend(released.take(MOST_REMEMBERED.saturating_sub(all.len())));
    if all.is_empty() && back.is_empty() {
        return Arc::clone(&analysis.history);
    }
    let before = analysis.history.iter().filter(|old| !back.iter().any(|back| Arc::ptr_eq(back, old)));
    all.extend(before.take(MOST_REMEMBERED.saturating_sub(all.len())).cloned());
    Arc::new(all)
}

/// Not the end of what the kernel alone had gone on with: who had it was told when its process closed it.
fn is_told(entry: &Entry) -> bool {
    !matches!(entry.unowned, Some(Unowned::TimeWait | Unowned::Closing | Unowned::Handshake))
}

fn keep(analysis: &Analysis, at: usize, entry: &Entry, number: u32) -> Option<Arc<Closed>> {
    let owners = entry.owners.of(&analysis.owners).to_vec();
    let alerts = entry.alerts.of(&analysis.alerts).to_vec();
    let mut processes = BTreeMap::new();
    let pids: BTreeSet<Pid> = owners.iter().map(|owner| owner.pid).collect();
    for process in pids.into_iter().flat_map(|pid| ancestry(&analysis.snapshot.processes, pid)) {
        processes.entry(process.key.pid).or_insert_with(|| process.clone());
    }
    let entry = Entry {
        owners: (0..owners.len()).into(),
        alerts: (0..alerts.len()).into(),
        change: Change::Closed,
        rates: None,
        peer: None,
        ..entry.clone()
    };
    let socket = analysis.snapshot.sockets.get(at)?.clone();
    let seen = analysis.snapshot.uptime;
    Some(Arc::new(Closed { socket, entry, owners, alerts, processes, seen, gone: number }))
}

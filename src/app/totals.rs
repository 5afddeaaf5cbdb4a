//! What the header counts, over all sockets whatever the filter.

use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::{Age, Analysis, Change};
use crate::model::{Alert, Level, Protocol, SocketId, State, TcpState, UnixState};
use crate::table::row::{change_since, lead_alert};

/// A socket with alerts of medium or high: one case, however many alerts its shells and relays have, so that as
/// many are counted as rows are marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loud {
    /// Of the gravest.
    pub level: Level,
    /// What to call the case: the gravest alert's.
    pub summary: String,
    pub socket: SocketId,
    /// Not counted before, or graver now.
    pub is_new: bool,
}

/// Counts of sockets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub sockets: usize,
    pub protocols: BTreeMap<Protocol, usize>,
    pub established: usize,
    pub listening: usize,
    pub new: usize,
    pub changed: usize,
    pub closed: usize,
    /// The gravest first, of these the new ones, then the youngest.
    pub loud: Vec<Loud>,
    /// Sockets with no alert above low.
    pub low: usize,
}

impl Totals {
    /// Counts one analysis. Alerts are new against those that were counted before; none is at first. Sockets are new,
    /// changed and closed since the snapshot of that number; without one since the last.
    pub fn of(analysis: &Analysis, before: Option<&Self>, since: Option<u32>) -> Self {
        let mut totals = Self::default();
        let known: Option<BTreeMap<&SocketId, Level>> =
            before.map(|before| before.loud.iter().map(|loud| (&loud.socket, loud.level)).collect());
        let is_new = |id: &SocketId, level: Level| {
            known.as_ref().is_some_and(|known| known.get(id).is_none_or(|known| *known < level))
        };
        let mut loud: Vec<(Age, Loud)> = Vec::new();
        let mut counts: Vec<(Protocol, usize)> = Vec::new();
        for (socket, entry) in analysis.snapshot.sockets.iter().zip(&analysis.entries) {
            totals.sockets += 1;
            match counts.iter_mut().find(|(protocol, _)| *protocol == socket.id.protocol) {
                Some((_, count)) => *count += 1,
                None => counts.push((socket.id.protocol, 1)),
            }
            match socket.state {
                Some(State::Tcp(TcpState::Established)) => totals.established += 1,
                Some(State::Tcp(TcpState::Listen) | State::Unix(UnixState::Listen)) => totals.listening += 1,
                Some(State::Tcp(_) | State::Unix(_) | State::Unknown(_)) | None => {}
            }
            match change_since(entry, since) {
                Change::New => totals.new += 1,
                Change::State => totals.changed += 1,
                Change::Same | Change::Closed => {}
            }
            let alerts = entry.alerts.of(&analysis.alerts);
            match lead_alert(alerts, &analysis.snapshot.processes, &analysis.judging.shells) {
                Some(alert) if alert.is_loud() => loud.push((
                    entry.age,
                    Loud {
                        level: alert.level,
                        summary: alert.summary.clone(),
                        socket: socket.id.clone(),
                        is_new: is_new(&socket.id, alert.level),
                    },
                )),
                Some(alert) if alert.muted.is_none() => totals.low += 1,
                Some(_) | None => {}
            }
        }
        totals.protocols = counts.into_iter().collect();
        totals.closed = match since {
            None => analysis.closed.iter().filter(|closed| closed.gone == analysis.number).count(),
            Some(since) => analysis.history.iter().take_while(|closed| closed.gone > since).count(),
        };
        loud.sort_by(|(a_age, a), (b_age, b)| {
            (b.level, b.is_new)
                .cmp(&(a.level, a.is_new))
                .then_with(|| (a_age, &a.socket).cmp(&(b_age, &b.socket)))
        });
        totals.loud = loud.into_iter().map(|(_, loud)| loud).collect();
        totals
    }
}

/// Whether the second has an alert of medium or high that the first has not, or has lower.
pub(super) fn has_new(before: &Analysis, now: &Analysis) -> bool {
    let loud = |analysis: &'_ Analysis| -> BTreeSet<_> {
        let loud = analysis.alerts.iter().filter(|alert| Alert::is_loud(alert));
        loud.map(|alert| (alert.rule, alert.process, alert.socket.clone())).collect()
    };
    !loud(now).is_subset(&loud(before))
}

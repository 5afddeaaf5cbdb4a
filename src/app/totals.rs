//! What the header counts, over all sockets whatever the filter.

use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::{Age, Analysis, Change};
use crate::model::{Alert, Level, Protocol, SocketId, State, TcpState, UnixState};

/// A socket with an alert of medium or high.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loud {
    pub level: Level,
    pub summary: String,
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
    /// The gravest first, then the youngest.
    pub loud: Vec<Loud>,
    /// Sockets with no alert above low.
    pub low: usize,
}

impl Totals {
    /// Counts one analysis.
    pub fn of(analysis: &Analysis) -> Self {
        let mut totals = Self::default();
        let mut loud: Vec<(Level, Age, &SocketId, &str)> = Vec::new();
        for (socket, entry) in analysis.snapshot.sockets.iter().zip(&analysis.entries) {
            totals.sockets += 1;
            *totals.protocols.entry(socket.id.protocol).or_default() += 1;
            match socket.state {
                Some(State::Tcp(TcpState::Established)) => totals.established += 1,
                Some(State::Tcp(TcpState::Listen) | State::Unix(UnixState::Listen)) => totals.listening += 1,
                Some(State::Tcp(_) | State::Unix(_) | State::Unknown(_)) | None => {}
            }
            match entry.change {
                Change::New => totals.new += 1,
                Change::State => totals.changed += 1,
                Change::Same | Change::Closed => {}
            }
            match analysis.alerts.get(entry.alerts.clone()).and_then(<[_]>::first) {
                Some(alert) if alert.is_loud() => {
                    loud.push((alert.level, entry.age, &socket.id, &alert.summary));
                }
                Some(alert) if alert.muted.is_none() => totals.low += 1,
                Some(_) | None => {}
            }
        }
        totals.closed = analysis.closed.iter().filter(|closed| closed.missed == 1).count();
        loud.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)).then_with(|| a.2.cmp(b.2)));
        totals.loud = loud
            .into_iter()
            .map(|(level, _, _, summary)| Loud { level, summary: summary.to_owned() })
            .collect();
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

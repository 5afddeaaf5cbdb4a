//! Alerts by the process that they are about, for rows of processes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Input;
use crate::analyze::{Age, Change, Entry};
use crate::model::{Alert, Pid, ProcessKey, Run, SocketId};

/// What is derived of a row without socket.
pub(super) static NOTHING: Entry = Entry {
    owners: Run::NONE,
    lead: None,
    unowned: None,
    direction: None,
    alerts: Run::NONE,
    change: Change::Same,
    first: 0,
    changed: 0,
    age: Age::Unknown,
    rates: None,
    peer: None,
};

/// Alerts of all inputs, each where its row is.
#[derive(Debug, Default)]
pub(super) struct Apart {
    /// About owners of their socket, by place of input and entry, and by process.
    held: BTreeMap<(usize, usize, Pid), Vec<Alert>>,
    pub(super) alone: Vec<Alone>,
}

/// A process, by its alerts about sockets that it does not hold.
#[derive(Debug)]
pub(super) struct Alone {
    /// Place of the input.
    pub(super) input: usize,
    /// Never none; the gravest first.
    pub(super) alerts: Vec<Alert>,
}

impl Alone {
    /// The socket that the gravest alert is about.
    pub(super) fn socket(&self) -> Option<&SocketId> {
        self.alerts.first().map(|alert| &alert.socket)
    }
}

impl Apart {
    pub(super) fn new(inputs: &[Input]) -> Self {
        let mut held: BTreeMap<_, Vec<Alert>> = BTreeMap::new();
        let mut alone: BTreeMap<(usize, ProcessKey), Vec<Alert>> = BTreeMap::new();
        for (input, Input { analysis, .. }) in inputs.iter().enumerate() {
            for (at, entry) in analysis.entries.iter().enumerate() {
                let owners = entry.owners.of(&analysis.owners);
                for alert in entry.alerts.of(&analysis.alerts) {
                    let pid = alert.process.pid;
                    let alerts = if owners.binary_search_by_key(&pid, |owner| owner.pid).is_ok() {
                        held.entry((input, at, pid)).or_default()
                    } else {
                        alone.entry((input, alert.process)).or_default()
                    };
                    alerts.push(alert.clone());
                }
            }
        }
        let alone = alone.into_iter().map(|((input, _), mut alerts)| {
            alerts.sort_by_key(|alert| Reverse(alert.unmuted()));
            Alone { input, alerts }
        });
        Self { held, alone: alone.collect() }
    }

    /// Those about an owner of an entry.
    pub(super) fn of(&self, input: usize, entry: usize, owner: Pid) -> &[Alert] {
        self.held.get(&(input, entry, owner)).map_or(&[], Vec::as_slice)
    }
}

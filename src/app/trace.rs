//! What went through the connections that were on the screen lately, snapshot by snapshot.

use std::collections::{BTreeMap, VecDeque};

use super::App;
use crate::analyze::Rates;
use crate::table::RowKey;

/// Snapshots that are kept of a connection.
const SNAPSHOTS: u32 = 60;

/// Most connections of which they are.
const MOST: usize = 256;

/// Rates by the number of their snapshot, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    samples: VecDeque<(u32, Rates)>,
}

impl Trace {
    /// Rates of the last snapshots, the oldest first; none where the connection was not on the screen.
    pub fn last(&self, count: usize) -> Vec<Option<Rates>> {
        let Some((newest, _)) = self.samples.back() else { return Vec::new() };
        let oldest = self.samples.front().map_or(*newest, |(number, _)| *number);
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let from = oldest.max((newest + 1).saturating_sub(count));
        let of = |number| self.samples.iter().find(|(at, _)| *at == number).map(|(_, rates)| *rates);
        (from..=*newest).map(of).collect()
    }

    fn push(&mut self, number: u32, rates: Rates) {
        if self.samples.back().is_none_or(|(newest, _)| *newest < number) {
            self.samples.push_back((number, rates));
        }
        while self.samples.front().is_some_and(|(oldest, _)| oldest + SNAPSHOTS <= number) {
            self.samples.pop_front();
        }
    }
}

/// Bounded in connections and in snapshots, so that it costs the same however busy the host is.
#[derive(Debug, Default)]
pub(super) struct Traces(BTreeMap<RowKey, Trace>);

impl Traces {
    fn push(&mut self, key: RowKey, number: u32, rates: Rates) {
        self.0.entry(key).or_default().push(number, rates);
        if self.0.len() > MOST {
            let newest = |trace: &Trace| trace.samples.back().map(|(number, _)| *number);
            let oldest = self.0.iter().min_by_key(|(_, trace)| newest(trace)).map(|(key, _)| key.clone());
            if let Some(key) = oldest {
                self.0.remove(&key);
            }
        }
    }
}

impl App {
    /// What went through the selected connection lately.
    pub fn trace(&self) -> Option<&Trace> {
        self.traces.0.get(self.cursor.key()?)
    }

    /// Keeps the rates of what is on the screen.
    pub(super) fn keep_traces(&mut self) {
        let selected = self.selected_line();
        let shown = self.lines_in_view().map(|(_, shown)| shown).chain(selected);
        let samples = shown.filter_map(|shown| {
            let row = shown.socket()?;
            let key = RowKey { source: row.source, socket: row.socket?.id.clone(), owner: None };
            Some((key, row.analysis.number, row.entry.rates?))
        });
        let samples: Vec<_> = samples.collect();
        for (key, number, rates) in samples {
            self.traces.push(key, number, rates);
        }
    }
}

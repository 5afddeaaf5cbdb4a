//! Which sockets of an analysis become rows: those of now, what is different since a moment, or what has closed.

use std::collections::BTreeSet;

use crate::analyze::{Analysis, Closed, Entry, Unowned};
use crate::model::{Address, Netns, SocketId};

/// Which sockets become rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rows {
    /// Those of the snapshot, and on a screen what has closed since one or two.
    #[default]
    Sockets,
    /// What is new or has another state since the moment of the scope, and what was closed since.
    Differences,
    /// What has closed lately, the newest first.
    History,
}

/// Which sockets, and since when they are called new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    pub rows: Rows,
    /// Number of the snapshot ([`Analysis::number`]) since which things are called new and changed; none: the one
    /// before, and for differences the first.
    pub since: Option<u32>,
}

/// Both ends of a connection: what stays of it when its process has closed it.
type Pair<'a> = (Netns, &'a Address, &'a Address);

fn pair(id: &SocketId) -> Pair<'_> {
    (id.netns, &id.local, &id.remote)
}

/// What a scope wants of one analysis.
pub(super) struct Wanted<'a> {
    analysis: &'a Analysis,
    rows: Rows,
    since: u32,
    /// What the history tells of already: the kernel may still go on with it.
    told: BTreeSet<Pair<'a>>,
}

impl Scope {
    /// The moment of differences: there is always one.
    pub fn moment(self) -> u32 {
        self.since.unwrap_or(1)
    }

    pub(super) fn of(self, analysis: &Analysis) -> Wanted<'_> {
        let since = self.moment();
        let told = match self.rows {
            Rows::Differences => {
                let closed = analysis.history.iter().take_while(|closed| closed.gone > since);
                closed.map(|closed| pair(&closed.socket.id)).collect()
            }
            Rows::Sockets | Rows::History => BTreeSet::new(),
        };
        Wanted { analysis, rows: self.rows, since, told }
    }
}

impl<'a> Wanted<'a> {
    /// At most so many entries.
    pub(super) fn most(&self) -> usize {
        if self.rows == Rows::Sockets { self.analysis.entries.len() } else { 0 }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (usize, &'a Entry)> {
        let shown: &[Entry] = if self.rows == Rows::History { &[] } else { &self.analysis.entries };
        shown.iter().enumerate().filter(|(at, entry)| match self.rows {
            Rows::Sockets => true,
            Rows::Differences => entry.changed > self.since && !self.is_told(*at, entry),
            Rows::History => false,
        })
    }

    /// Of those that are gone since one or two snapshots.
    pub(super) fn closed(&self) -> impl Iterator<Item = (usize, &'a Closed)> {
        let shown = if self.rows == Rows::Sockets { &*self.analysis.closed } else { &[] };
        shown.iter().map(|closed| &**closed).enumerate()
    }

    /// Of the history.
    pub(super) fn history(&self) -> impl Iterator<Item = (usize, &'a Closed)> {
        let shown = if self.rows == Rows::Sockets { &[] } else { &**self.analysis.history };
        let least = if self.rows == Rows::Differences { self.since } else { 0 };
        shown.iter().map(|closed| &**closed).enumerate().take_while(move |(_, closed)| closed.gone > least)
    }

    fn is_told(&self, at: usize, entry: &Entry) -> bool {
        matches!(entry.unowned, Some(Unowned::TimeWait | Unowned::Closing))
            && self
                .analysis
                .snapshot
                .sockets
                .get(at)
                .is_some_and(|socket| self.told.contains(&pair(&socket.id)))
    }
}

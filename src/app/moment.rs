//! Since when things are new, and which sockets are shown: those of now, differences, or what has closed.

use std::time::SystemTime;

use super::{App, Totals};
use crate::analyze::Analysis;
use crate::table::{Rows, Scope};

/// A snapshot that others are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Its number, by the analyzer's count.
    pub number: u32,
    pub taken_at: SystemTime,
}

impl Moment {
    fn of(analysis: &Analysis) -> Self {
        Self { number: analysis.number, taken_at: analysis.snapshot.taken_at }
    }

    /// The first snapshot: what differences are since before there is a mark.
    fn first(analysis: &Analysis) -> Self {
        let watched = analysis.snapshot.uptime.saturating_sub(analysis.began);
        let taken_at = analysis.snapshot.taken_at.checked_sub(watched).unwrap_or(analysis.snapshot.taken_at);
        Self { number: Scope::default().moment(), taken_at }
    }
}

impl App {
    /// The moment that was marked.
    pub fn mark(&self) -> Option<Moment> {
        self.mark
    }

    /// Since when differences are shown; none where all sockets or the history are.
    pub fn differences_since(&self) -> Option<Moment> {
        if self.rows != Rows::Differences {
            return None;
        }
        self.mark.or_else(|| self.analysis().map(Moment::first))
    }

    /// Which sockets are shown.
    pub fn shown_rows(&self) -> Rows {
        self.rows
    }

    /// What the table is asked for.
    pub(super) fn scope(&self) -> Scope {
        let since = self.mark.map(|mark| mark.number);
        // Differences are since some moment, whether one was marked or not.
        let first = (self.rows == Rows::Differences).then_some(Scope::default().moment());
        Scope { rows: self.rows, since: since.or(first) }
    }

    /// Marks the snapshot that is shown.
    pub(super) fn set_mark(&mut self) {
        let Some(mark) = self.analysis().map(Moment::of) else { return };
        self.mark = Some(mark);
        self.counted_anew();
    }

    /// Shows these rows, or all where they are shown already.
    pub(super) fn show_rows(&mut self, rows: Rows) {
        self.rows = if self.rows == rows { Rows::Sockets } else { rows };
        self.counted_anew();
    }

    /// New means since the last snapshot again.
    pub(super) fn drop_mark(&mut self) {
        self.mark = None;
        self.counted_anew();
    }

    fn counted_anew(&mut self) {
        let since = self.scope().since;
        let totals = self.analysis().map(|analysis| Totals::of(analysis, Some(&self.totals), since));
        // Which alerts are new is not asked: they would be none any more.
        self.totals = totals.map_or_else(Totals::default, |totals| Totals {
            loud: std::mem::take(&mut self.totals.loud),
            ..totals
        });
        self.stale = true;
    }
}

//! The selected row and the part of the table that is on screen.

use super::action::Motion;
use crate::table::{RowKey, Table};

/// A selection that names a row, not a line.
#[derive(Clone, Debug, Default)]
pub struct Cursor {
    key: Option<RowKey>,
    at: usize,
    top: usize,
    page: usize,
}

impl Cursor {
    /// The selected row.
    pub fn key(&self) -> Option<&RowKey> {
        self.key.as_ref()
    }

    /// Place of the selected row in the table.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Place of the first row on screen.
    pub fn top(&self) -> usize {
        self.top
    }

    /// Rows that fit on the screen.
    pub fn page(&self) -> usize {
        self.page
    }

    /// Selects a row, to be found by [`Self::follow`] when the table is there.
    pub fn set_key(&mut self, key: Option<RowKey>) {
        self.key = key;
    }

    /// After the table changed: stays on the row; where that is gone, at its place.
    pub fn follow(&mut self, table: &Table) {
        let before = self.at;
        if let Some(at) = self.key.as_ref().and_then(|key| table.position(key)) {
            self.at = at;
            if self.top > 0 {
                // Scrolled: rows come and go elsewhere, the selected one stays on its line.
                self.top = (self.top + at).saturating_sub(before);
            }
        }
        self.settle(table);
    }

    /// After the size of the page changed.
    pub fn resize(&mut self, page: usize, table: &Table) {
        self.page = page;
        self.settle(table);
    }

    /// Moves the selection.
    pub fn step(&mut self, motion: Motion, table: &Table) {
        let page = self.page.max(1);
        let half = (page / 2).max(1);
        let last = table.len().saturating_sub(1);
        let (at, top) = match motion {
            Motion::Up => (self.at.saturating_sub(1), self.top),
            Motion::Down => (self.at + 1, self.top),
            Motion::PageUp => (self.at.saturating_sub(page), self.top.saturating_sub(page)),
            Motion::PageDown => (self.at + page, self.top + page),
            Motion::HalfUp => (self.at.saturating_sub(half), self.top.saturating_sub(half)),
            Motion::HalfDown => (self.at + half, self.top + half),
            Motion::First => (0, 0),
            Motion::Last => (last, last),
        };
        self.top = top;
        self.select(at, table);
    }

    /// Selects the row at a place.
    pub fn select(&mut self, at: usize, table: &Table) {
        self.at = at;
        self.settle(table);
    }

    /// Moves the page; the selection only where it would be left behind.
    pub fn scroll(&mut self, lines: usize, down: bool, table: &Table) {
        let page = self.page.max(1);
        let top = if down { self.top + lines } else { self.top.saturating_sub(lines) };
        self.top = top.min(table.len().saturating_sub(page));
        self.select(self.at.clamp(self.top, self.top + page - 1), table);
    }

    /// Makes place, key and page agree.
    fn settle(&mut self, table: &Table) {
        self.at = self.at.min(table.len().saturating_sub(1));
        self.key = table.key(self.at);
        let page = self.page.max(1);
        let lowest = table.len().saturating_sub(page);
        self.top = self.top.min(lowest).min(self.at).max((self.at + 1).saturating_sub(page));
    }
}

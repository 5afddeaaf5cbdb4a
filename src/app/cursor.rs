//! The selected line and the part of the table that is on screen.

use super::action::Motion;
use crate::table::{LineKey, RowKey, Table};

/// A selection that names a socket or process, not a line.
#[derive(Clone, Debug, Default)]
pub struct Cursor {
    key: Option<LineKey>,
    /// What is selected is folded into the line, or has none: it is selected again when it has one of its own.
    is_hidden: bool,
    at: usize,
    top: usize,
    page: usize,
}

impl Cursor {
    /// The selected row; none where the line is none of a socket.
    pub fn key(&self) -> Option<&RowKey> {
        match self.key.as_ref().filter(|_| !self.is_hidden)? {
            LineKey::Row(row) | LineKey::Owner(row, _) => Some(row),
            LineKey::Process(..) | LineKey::NoProcess(_) | LineKey::Group(_) => None,
        }
    }

    /// What was selected, on a line of its own or not.
    pub fn line(&self) -> Option<&LineKey> {
        self.key.as_ref()
    }

    /// Place of the selected line.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Place of the first line on screen.
    pub fn top(&self) -> usize {
        self.top
    }

    /// Lines that fit on the screen.
    pub fn page(&self) -> usize {
        self.page
    }

    /// Selects a line, to be found by [`Self::follow`] when the table is there.
    pub fn set_key(&mut self, key: Option<LineKey>) {
        self.key = key;
    }

    /// After the table changed: stays on what is selected; where that is folded away on the line that it is folded into,
    /// where it is gone at its place.
    pub fn follow(&mut self, table: &Table) {
        let before = self.at;
        let located = self.key.as_ref().and_then(|key| table.find_line(key));
        self.is_hidden = located.is_some_and(|located| !located.is_exact);
        if let Some(located) = located {
            self.at = located.at;
            if self.top > 0 {
                // Scrolled: rows come and go elsewhere, the selected one stays on its line.
                self.top = (self.top + located.at).saturating_sub(before);
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
        let last = table.line_count().saturating_sub(1);
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

    /// Selects the line at a place.
    pub fn select(&mut self, at: usize, table: &Table) {
        self.at = at;
        self.is_hidden = false;
        self.settle(table);
    }

    /// Moves the page; the selection only where it would be left behind.
    pub fn scroll(&mut self, lines: usize, down: bool, table: &Table) {
        let page = self.page.max(1);
        let top = if down { self.top + lines } else { self.top.saturating_sub(lines) };
        self.top = top.min(table.line_count().saturating_sub(page));
        self.select(self.at.clamp(self.top, self.top + page - 1), table);
    }

    /// Makes place, key and page agree.
    fn settle(&mut self, table: &Table) {
        self.at = self.at.min(table.line_count().saturating_sub(1));
        if !self.is_hidden {
            self.key = table.line_key(self.at);
        }
        let page = self.page.max(1);
        let lowest = table.line_count().saturating_sub(page);
        self.top = self.top.min(lowest).min(self.at).max((self.at + 1).saturating_sub(page));
    }
}

//! What a frame is drawn from.

use std::time::Duration;

use super::{App, Cursor, Focus, Keys, Mode, Pane, Theme, Totals, View};
use crate::analyze::Analysis;
use crate::model::{Names, Status};
use crate::table::{Filter, FilterError, Input, Row, Sort, Table};

impl App {
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The names to show: none while they are off.
    pub fn names(&self) -> &Names {
        if self.options.names { &self.names } else { &self.numbers }
    }

    /// Whether names are shown and asked for.
    pub fn shows_names(&self) -> bool {
        self.options.names
    }

    /// The analysis that is shown: while frozen an older one.
    pub fn analysis(&self) -> Option<&Analysis> {
        let inputs = if self.frozen.is_some() { self.table.inputs().first() } else { self.newest() };
        inputs.map(|input| &*input.analysis)
    }

    /// The newest analysis, shown or not.
    pub fn newest(&self) -> Option<&Input> {
        self.sources.values().find_map(|source| source.newest.as_ref())
    }

    /// How the source is.
    pub fn status(&self) -> Option<&Status> {
        self.sources.values().next().map(|source| &source.status)
    }

    /// The selected row: a socket, or a process of the tree, which is a row without socket.
    pub fn selected(&self) -> Option<Row<'_>> {
        self.selected_line()?.row()
    }

    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    pub fn scrolled(&self) -> usize {
        self.scrolled
    }

    /// First visible line of the open text.
    pub fn text_top(&self) -> usize {
        self.text_top
    }

    pub fn mode(&self) -> &Mode {
        &self.mode
    }

    pub fn pane(&self) -> Pane {
        self.pane
    }

    /// Whether keys that move scroll the open detail.
    pub fn is_in_detail(&self) -> bool {
        self.focus == Focus::Detail && self.pane == Pane::Open
    }

    pub fn view(&self) -> View {
        self.mode.view(self.pane)
    }

    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Terms that were left out.
    pub fn filter_errors(&self) -> &[FilterError] {
        &self.errors
    }

    pub fn sort(&self) -> Sort {
        self.options.sort
    }

    pub fn local_families(&self) -> bool {
        self.local_families
    }

    /// Snapshots that came since the freeze; none while live.
    pub fn frozen(&self) -> Option<u32> {
        self.frozen
    }

    pub fn interval(&self) -> Duration {
        self.options.interval
    }

    pub fn keys(&self) -> &Keys {
        &self.options.keys
    }

    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// What is wrong with the config file, and below it the place.
    pub fn trouble(&self) -> Option<&str> {
        self.options.trouble.as_deref()
    }

    /// A message that stays until the user puts it away.
    pub fn banner(&self) -> Option<&str> {
        self.banner.as_deref()
    }

    pub fn theme(&self) -> Theme {
        self.options.theme
    }
}

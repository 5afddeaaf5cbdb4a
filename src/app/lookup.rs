//! What the rows in view would have names for, and how far their cells reach.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

use super::App;
use crate::model::Lookup;
use crate::table::{Chosen, Column, HISTORY, Row, Rows, Shown};

impl App {
    /// Columns that the screen shows where it is wide enough, in its order. What has closed has its own.
    pub fn chosen(&self) -> Cow<'_, [Chosen]> {
        if self.shown_rows() == Rows::History {
            let of_history = |column: &&'static Column| Chosen { column, from: column.screen.unwrap_or(0) };
            return HISTORY.iter().map(of_history).collect();
        }
        Cow::Borrowed(self.of_sockets())
    }

    /// Those for sockets: a view's own, or the user's.
    pub(super) fn of_sockets(&self) -> &[Chosen] {
        self.view_columns.as_ref().unwrap_or(&self.chosen)
    }

    /// The same without the widths.
    pub fn columns(&self) -> Vec<&'static Column> {
        self.chosen().iter().map(|chosen| chosen.column).collect()
    }

    /// Cells of a line of the screen.
    pub fn width(&self) -> u16 {
        self.page.width
    }

    /// The lines that the page has room for, with their places.
    pub fn lines_in_view(&self) -> impl Iterator<Item = (usize, Shown<'_>)> {
        let top = self.cursor().top();
        (top..top + self.page.rows).map_while(|at| Some((at, self.table().shown(at, self.names())?)))
    }

    /// The rows among them.
    pub fn rows_in_view(&self) -> impl Iterator<Item = (usize, Row<'_>)> {
        self.lines_in_view().filter_map(|(at, shown)| Some((at, shown.row()?)))
    }
}

/// What rows in view show as a number and has no name yet.
pub(super) fn in_view(app: &App) -> Vec<Lookup> {
    let mut wanted: Vec<_> = app.rows_in_view().flat_map(|(_, row)| row.lookups()).collect();
    wanted.sort_unstable();
    wanted.dedup();
    wanted.retain(|lookup| app.names().get(*lookup).is_none());
    wanted
}

/// Cells of the longest value in view.
pub(super) fn longest_cell(app: &App) -> usize {
    let columns = app.columns();
    app.rows_in_view()
        .flat_map(|(_, row)| {
            columns.iter().map(move |column| (column.value)(&row).text().width()).collect::<Vec<_>>()
        })
        .max()
        .unwrap_or_default()
}

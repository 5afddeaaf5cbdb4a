//! What the rows in view would have names for, and how far their cells reach.

use unicode_width::UnicodeWidthStr;

use super::App;
use crate::model::Lookup;
use crate::table::{Column, HISTORY, Row, Rows, SCREEN, Shown};

impl App {
    /// Columns that may be on the screen, in its order: those that were asked for, else the usual ones. What has closed
    /// has its own.
    pub fn columns(&self) -> &[&'static Column] {
        if self.shown_rows() == Rows::History {
            return HISTORY;
        }
        self.options.columns.as_deref().unwrap_or(SCREEN)
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

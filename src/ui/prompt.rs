//! The line that is typed on, and what in a filter is wrong.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::line::{self, Piece, left};
use super::theme::{TITLE, Theme};
use crate::app::{App, Mode};
use crate::model::printable;

/// What stands before the filter.
pub(super) const FILTER: &str = "filter: ";

/// What stands where the start of a line has no room.
const CUT: &str = "…";

/// A line that is typed on, in so many cells.
pub(super) struct Typed {
    label: &'static str,
    /// All of it, safe to show.
    text: String,
    /// Bytes at its start that have no room.
    hidden: usize,
    /// Cells between the start of the line and the cursor.
    cursor: usize,
}

/// None where nothing is typed. The cursor is always in view.
pub(super) fn typed(app: &App, width: usize) -> Option<Typed> {
    let label = match app.mode() {
        Mode::Filter { .. } => FILTER,
        Mode::Pid { .. } => "only pid: ",
        Mode::Mute { .. } => "mute this alert, because: ",
        Mode::Normal
        | Mode::States { .. }
        | Mode::Sorts { .. }
        | Mode::Columns(_)
        | Mode::Menu { .. }
        | Mode::Copy { .. }
        | Mode::Write { .. }
        | Mode::Groups { .. }
        | Mode::Kill(_)
        | Mode::Close(_)
        | Mode::Coverage
        | Mode::Help { .. } => return None,
    };
    let prompt = app.mode().prompt()?;
    let text = printable(prompt.text().as_bytes()).into_owned();
    let before = printable(prompt.before_cursor().as_bytes()).width();
    let room = width.saturating_sub(label.width() + 1);
    let (mut hidden, mut cursor) = (0, label.width() + before);
    if before > room {
        let start = line::prefix(&text, before - room);
        // The ellipsis takes a cell.
        let one_more = text.get(start.len()..).and_then(|rest| rest.chars().next());
        hidden = start.len() + one_more.map_or(0, char::len_utf8);
        cursor = (cursor + CUT.width()).saturating_sub(text.get(..hidden).unwrap_or_default().width());
    }
    Some(Typed { label, text, hidden, cursor })
}

impl Typed {
    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    /// The line, with what is wrong in a filter marked.
    pub(super) fn piece(&self, app: &App, theme: Theme) -> Piece {
        let cut = if self.hidden == 0 { "" } else { CUT };
        let start = format!("{}{cut}", self.label);
        let shown = self.text.get(self.hidden..).unwrap_or_default();
        let piece = left(9, format!("{start}{shown}"), TITLE);
        if self.label != FILTER {
            return piece;
        }
        let moved = |at: usize| at.saturating_sub(self.hidden) + start.len();
        piece.marked(wrong(app).map(|Range { start, end }| moved(start)..moved(end)), theme.wrong())
    }
}

/// The filter that holds, with what is wrong in it marked.
pub(super) fn filter(app: &App, theme: Theme) -> Piece {
    let text = printable(app.filter().text().as_bytes());
    let moved = |Range { start, end }| start + FILTER.len()..end + FILTER.len();
    left(8, format!("{FILTER}{text}"), TITLE).marked(wrong(app).map(moved), theme.wrong())
}

/// Bytes of the filter, as it is shown, that are wrong.
fn wrong(app: &App) -> impl Iterator<Item = Range<usize>> {
    let text = app.filter().text();
    let shown = move |characters: usize| {
        let end = text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
        printable(text.get(..end).unwrap_or(text).as_bytes()).len()
    };
    app.filter_errors().iter().map(move |error| shown(error.at)..shown(error.at + error.length))
}

//! The list that columns are chosen from.

use ratatui::text::{Line, Span};

use super::theme::{FAINT, Theme};
use super::{columns, line};
use crate::app::{App, Chooser, chooser};
use crate::table::Shape;

/// Cells of names, and of what is said of a column.
const NAME: usize = 17;
const NOTE: usize = 8;

pub(super) fn lines(app: &App, chooser: &Chooser, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let fitted = columns::fit(&chooser.chosen(), app.width(), false, Shape::Flat);
    let has_room = |line: &chooser::Line| fitted.iter().any(|one| one.column == line.column);
    let text = |line: &chooser::Line| {
        let is_shown = line.is_shown_at(app.width());
        let note = match line.from {
            Some(_) if is_shown && !has_room(line) => "no room".to_owned(),
            Some(from @ 1..) => format!("({from})"),
            Some(0) | None => String::new(),
        };
        let mark = if is_shown { 'x' } else { ' ' };
        let start = format!(" {:NAME$} {note:NOTE$} ", line.column.name);
        let help = line::cut(line.column.help, width.saturating_sub(NAME + NOTE + 7));
        Line::from(vec![
            Span::styled(format!(" [{mark}]"), theme.key()),
            Span::raw(start),
            Span::styled(help, FAINT),
        ])
    };
    chooser.lines.iter().map(text).collect()
}

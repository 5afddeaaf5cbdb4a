//! The selected row's facts in three lines: who, where, what, from where.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::detail::{cell, chain, cmdline, cut_start, exe, known, who};
use super::line;
use super::theme::{FAINT, TITLE};
use crate::app::App;
use crate::model::Text;
use crate::table::Row;

/// Lines that the facts take.
pub(super) const LINES: u16 = 3;

pub(super) fn lines(app: &App, width: usize) -> Vec<Line<'static>> {
    let Some(row) = app.selected() else {
        return vec![Line::styled("─".repeat(width), FAINT)];
    };
    let mut lines = vec![bar(&row, "Enter", width)];
    lines.extend(where_from(&row, width));
    lines
}

/// Directory, arguments, ancestors and executable in two lines; or why there is no owner.
pub(super) fn where_from(row: &Row<'_>, width: usize) -> Vec<Line<'static>> {
    let Some(process) = row.process() else {
        let why = row.unowned().map(|(_, why)| why).unwrap_or_default();
        return line::wrap(why, width).into_iter().map(Line::from).collect();
    };
    let cwd = known(&process.cwd, Text::to_string);
    vec![
        two(("cwd", &cwd, line::cut), ("cmd", &cmdline(process), line::cut), width),
        two(("from", &chain(row), cut_start), ("exe", &exe(process), cut_start), width),
    ]
}

/// The line that divides table and facts, with the row's short facts in it.
pub(super) fn bar(row: &Row<'_>, keys: &str, width: usize) -> Line<'static> {
    let mut facts = vec![who(row), cell(row, "user")];
    for (label, name) in [("fd", "fd"), ("inode", "socket"), ("netns", "netns")] {
        let value = cell(row, name);
        if !matches!(value.as_str(), "" | "-" | "0") {
            facts.push(format!("{label} {value}"));
        }
    }
    facts.retain(|fact| !matches!(fact.as_str(), "" | "-"));
    let room = width.saturating_sub(keys.width() + 8);
    let text = line::cut(&facts.join(" ── "), room);
    let fill = "─".repeat(room.saturating_sub(text.width()));
    // Facts stand out from the line that they stand in.
    Line::from(vec![
        Span::styled("── ", FAINT),
        Span::styled(text, TITLE),
        Span::styled(format!(" {fill} {keys} ──"), FAINT),
    ])
}

type Fact<'a> = (&'a str, &'a str, fn(&str, usize) -> String);

/// Two facts on one line: each has half of it, or more where the other is short.
fn two(first: Fact<'_>, second: Fact<'_>, width: usize) -> Line<'static> {
    const GAP: usize = 3;
    let labels = first.0.width() + second.0.width() + 2 + GAP;
    let room = width.saturating_sub(labels);
    let mine = first.1.width().min(room.saturating_sub(second.1.width().min(room / 2)));
    Line::from(vec![
        Span::styled(format!("{} ", first.0), FAINT),
        Span::raw(first.2(first.1, mine)),
        Span::raw(" ".repeat(GAP)),
        Span::styled(format!("{} ", second.0), FAINT),
        Span::raw(second.2(second.1, room.saturating_sub(mine))),
    ])
}

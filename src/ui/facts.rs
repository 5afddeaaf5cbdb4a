//! The selected row's facts in a few lines: who, why or with whom, where, what, from where.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::theme::{FAINT, TITLE, Theme};
use super::{line, outline};
use crate::app::{Action, App};
use crate::table::describe::{self, cell};
use crate::table::{Row, format};

/// Between the short facts of a row.
const BETWEEN: &str = " ── ";

/// Lines that the facts take: one more where there are alerts, whichever row is selected, so that the rows stand
/// still.
pub(super) fn height(app: &App) -> u16 {
    if app.totals().loud.is_empty() { 3 } else { 4 }
}

pub(super) fn lines(app: &App, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let Some(row) = app.selected() else {
        let Some((name, text)) = outline::facts(app) else {
            return vec![Line::styled("─".repeat(width), FAINT)];
        };
        let does = if app.is_heading_open() { "shuts" } else { "opens" };
        return vec![
            divider(&[name], &format!("{} {does}", app.keys().called(&Action::Enter)), width),
            Line::raw(line::cut(&text, width)),
        ];
    };
    let mut lines = vec![bar(&row, &app.keys().called(&Action::Enter), width)];
    if !app.totals().loud.is_empty() {
        lines.push(match outline::below(app) {
            Some(below) => Line::from(vec![Span::styled("tree ", FAINT), Span::raw(below)]),
            None => why(&row, width, theme),
        });
    }
    lines.extend(where_from(&row, width));
    lines
}

/// The way from the alert's process to the connection; without an alert both ends of the socket.
fn why(row: &Row<'_>, width: usize, theme: Theme) -> Line<'static> {
    let Some(alert) = row.alerts_in_order().first().copied() else {
        let room = width.saturating_sub(5);
        let ends = line::cut(&describe::ends(row), room);
        return Line::from(vec![Span::styled("sock ", FAINT), Span::raw(ends)]);
    };
    let level = alert.level.name().to_uppercase();
    let way = if alert.chain.is_empty() { &alert.summary } else { &alert.chain };
    let room = width.saturating_sub(level.width() + 5);
    Line::from(vec![
        Span::styled("why ", FAINT),
        Span::styled(level, theme.alert(alert.level)),
        Span::raw(format!(" {}", line::cut(way, room))),
    ])
}

/// Directory, arguments, ancestors and executable in two lines; or why there is no owner.
pub(super) fn where_from(row: &Row<'_>, width: usize) -> Vec<Line<'static>> {
    let Some(process) = row.process() else {
        let why = row.unowned().map(|(_, why)| why).unwrap_or_default();
        return line::wrap(why, width).into_iter().map(Line::from).collect();
    };
    let [cwd, cmd] = [describe::cwd(process), describe::cmdline(process)];
    let [from, exe] = [format::chain(&row.ancestry()), describe::exe(process)];
    vec![
        two(("cwd", &cwd, line::cut), ("cmd", &cmd, line::cut), width),
        two(("from", &from, cut_start), ("exe", &exe, cut_start), width),
    ]
}

/// The line that divides table and facts, with the row's short facts in it.
pub(super) fn bar(row: &Row<'_>, keys: &str, width: usize) -> Line<'static> {
    let mut facts = vec![describe::who(row), cell(row, "user")];
    for (label, name) in [("fd", "fd"), ("inode", "socket"), ("netns", "netns")] {
        let value = cell(row, name);
        // No inode and no namespace has the number 0: it means none. A descriptor has.
        if !matches!(value.as_str(), "" | "-") && (value != "0" || name == "fd") {
            facts.push(format!("{label} {value}"));
        }
    }
    facts.retain(|fact| !matches!(fact.as_str(), "" | "-"));
    divider(&facts, keys, width)
}

fn divider(facts: &[String], keys: &str, width: usize) -> Line<'static> {
    let room = width.saturating_sub(keys.width() + 8);
    // As many facts as there is room for; only the first is ever cut.
    let fits = |count: &usize| facts.get(..*count).is_some_and(|some| some.join(BETWEEN).width() <= room);
    let most = (1..=facts.len()).rev().find(fits).unwrap_or(1);
    let text = line::cut(&facts.get(..most).unwrap_or(facts).join(BETWEEN), room);
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

/// The start of a chain gives way to its end: the nearest ancestors say most.
fn cut_start(text: &str, cells: usize) -> String {
    let width = text.width();
    if width <= cells {
        return text.to_owned();
    }
    let kept = line::suffix(text, width.saturating_sub(cells.saturating_sub(1)));
    format!("…{}", line::prefix(kept, cells.saturating_sub(1)))
}

//! The message line, the hint line, and what an empty table says.

use std::borrow::Cow;

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::line::{self, left, right};
use super::outline;
use super::theme::{FAINT, TITLE, Theme};
use super::{Regions, completion, prompt};
use crate::app::act::is_closable;
use crate::app::keymap::Binding;
use crate::app::{Action, App, Mode, Pane, Step, View};
use crate::model::{Status, printable};
use crate::table::{Rows, Shape};

/// The line that is typed on, a message, or what the rows are filtered and sorted by.
pub(super) fn message(app: &App, regions: &Regions, theme: Theme) -> Line<'static> {
    let plain = Style::new();
    let width = usize::from(regions.message.width);
    let sort = right(1, format!("sort: {}", sort_name(app)), plain);
    if let Some(typed) = prompt::typed(app, width) {
        let typed = typed.piece(app, theme);
        let room = width.saturating_sub(typed.width() + 2);
        let wrong = if let Mode::Filter { .. } = app.mode() { wrong(app, room, theme) } else { None };
        return line::line(width, [typed].into_iter().chain(wrong).collect());
    }
    if let Some(notice) = app.notice() {
        return line::line(width, vec![left(9, printable(notice.as_bytes()), theme.warning())]);
    }
    if let Some(banner) = app.banner() {
        return line::line(width, with_keys(app, banner, width, theme));
    }
    match app.status() {
        Some(Status::Failed(why)) => {
            return line::line(
                width,
                vec![left(9, format!("source failed: {}", printable(why.as_bytes())), theme.warning())],
            );
        }
        Some(Status::Retrying { after, why }) => {
            let (after, why) = (after.as_secs(), printable(why.as_bytes()));
            let text = format!("source broke, starts again in {after} s: {why}");
            return line::line(width, vec![left(9, text, theme.warning())]);
        }
        Some(Status::Running) | None => {}
    }
    if regions.small && app.filter().text().is_empty() {
        let (width, height) = super::LEAST;
        let text =
            format!("small screen: more from {width}x{height} on, {} help", app.keys().called(&Action::Help));
        return line::line(regions.message.width.into(), vec![left(9, text, FAINT)]);
    }
    let filter = match app.filter().text() {
        "" => left(8, format!("{}(none)", prompt::FILTER), plain),
        _ => prompt::filter(app, theme),
    };
    let room = width.saturating_sub(filter.width() + 2);
    let mut pieces = vec![filter];
    pieces.extend(wrong(app, room, theme));
    if !app.tags().is_empty() {
        pieces.push(left(6, format!("{} tagged", app.tags().len()), TITLE));
    }
    pieces.push(sort);
    line::line(width, pieces)
}

/// The banner, and the keys that show it whole and hide it, where they do so now.
fn with_keys(app: &App, banner: &str, width: usize, theme: Theme) -> Vec<line::Piece> {
    if !matches!(app.view(), View::Table | View::Detail) {
        return vec![left(9, banner, theme.warning())];
    }
    let called = |action| app.keys().called(&action);
    let mut keys = format!("{} hides this", called(Action::Back));
    let room = |keys: &str| width.saturating_sub(keys.width() + 2);
    let mut banner = Cow::Borrowed(banner);
    if banner.width() > room(&keys) {
        keys = format!("{} shows all, {keys}", called(Action::Coverage));
        banner = without_folder(&banner).into();
    }
    vec![left(9, line::cut(&banner, room(&keys)), theme.warning()), right(9, keys, FAINT)]
}

/// The config file by its name alone: what is wrong says more than where the file is.
fn without_folder(banner: &str) -> String {
    let mut parts: Vec<_> = banner.splitn(3, ": ").collect();
    if let [_, path, _] = parts.as_mut_slice() {
        *path = path.rsplit('/').next().unwrap_or(path);
    }
    parts.join(": ")
}

/// The first term that was left out, and how many more there are; cut where the start of it has room.
fn wrong(app: &App, room: usize, theme: Theme) -> Option<line::Piece> {
    let (first, more) = app.filter_errors().split_first()?;
    let more = if more.is_empty() { String::new() } else { format!(", and {} more", more.len()) };
    let text = format!("left out at {}: {}{more}", first.at + 1, printable(first.message.as_bytes()));
    let text = if room < LEAST_ERROR { text } else { line::cut(&text, room) };
    Some(left(7, text, theme.warning()))
}

/// `left out at 12: ` and a word: with less room a message says nothing.
const LEAST_ERROR: usize = 24;

fn sort_name(app: &App) -> String {
    let sort = app.sort();
    let default = match (app.shape(), app.shown_rows()) {
        (Shape::Groups(_), _) => "alerts, then sockets",
        (_, Rows::History) => "last closed first",
        _ => "alerts, then age",
    };
    let name = sort.column.map_or(default, |column| column.name);
    let direction = match (sort.is_inverted(), sort.column) {
        (false, _) => "",
        (true, None) => ", inverted",
        (true, Some(_)) if sort.descending => ", descending",
        (true, Some(_)) => ", ascending",
    };
    format!("{name}{direction}")
}

/// Keys that do something now, as many as fit; help always.
pub(super) fn hints(app: &App, width: usize, theme: Theme) -> Line<'static> {
    if let Some(completion) = app.completion() {
        return completion::line(completion, width);
    }
    let view = app.view();
    let mut hinted: Vec<(String, u8, &str)> = app
        .bindings(view)
        .filter(|(binding, _)| does_something(&binding.action, app))
        .filter_map(|(binding, keys)| {
            let (rank, text) = binding.hint?;
            Some((keys.first()?.to_string(), rank, hint(binding, app).unwrap_or(text)))
        })
        .collect();
    let used = |hinted: &[(String, u8, &str)]| {
        let cells = hinted.iter().map(|(key, _, text)| key.width() + 1 + text.width());
        cells.sum::<usize>() + 2 * hinted.len().saturating_sub(1)
    };
    while hinted.len() > 1 && used(&hinted) > width {
        let last = hinted.iter().enumerate().max_by_key(|(_, (_, rank, _))| *rank).map(|(at, _)| at);
        hinted.remove(last.unwrap_or_default());
    }
    let mut spans = Vec::new();
    for (key, _, text) in hinted {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        spans.push(Span::styled(key, theme.key()));
        spans.push(Span::raw(format!(" {text}")));
    }
    Line::from(spans)
}

/// The word for what a key does now, where that is not what it does at first.
fn hint(binding: &Binding, app: &App) -> Option<&'static str> {
    match (&binding.action, app.pane()) {
        (Action::Tree, _) if app.shape() == Shape::Tree => Some("no tree"),
        (Action::Enter, Pane::Closed) if outline::facts(app).is_some() && app.view() == View::Table => {
            Some(if app.is_heading_open() { "shut" } else { "open" })
        }
        (Action::Freeze, _) if app.frozen().is_some() => Some("go on"),
        (Action::Enter, _) if app.view().is_deed() => Some(deed(app)),
        (Action::Enter, Pane::Open) if app.view() == View::Table => Some("full screen"),
        (Action::Enter, Pane::Full) if app.view() == View::Detail => Some("shut"),
        (Action::Back, _) if matches!(app.view(), View::Table | View::Detail) => {
            app.steps_back().next().map(Step::hint)
        }
        (Action::Rows(rows), _) if app.shown_rows() == *rows => Some("all sockets"),
        (Action::Names, _) if app.shows_names() => Some("numbers"),
        (Action::Mute, _) if app.selected()?.alerts.first()?.muted.is_some() => Some("unmute"),
        _ => None,
    }
}

/// What Enter does in the dialog of a deed.
fn deed(app: &App) -> &'static str {
    let Mode::Kill(kill) = app.mode() else { return "close it" };
    match (kill.is_list(), kill.held()) {
        (true, _) => "go on",
        (false, 0) => "leave",
        (false, _) => "send",
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "most keys do something wherever they are bound")]
fn does_something(action: &Action, app: &App) -> bool {
    let has_rows = !app.table().is_empty();
    let has_alerts = !app.totals().loud.is_empty() || app.totals().low > 0;
    let in_table = app.view() == View::Table;
    let (selected, has_tags) = (app.selected(), !app.tags().is_empty());
    let does_nothing = match action {
        Action::Enter => in_table && !has_rows,
        Action::OpenCopy | Action::OpenWrite => in_table && !has_rows && !has_tags,
        Action::AlertsOnly => !has_alerts && !app.filter().has_term("alert:"),
        Action::Fold(_) => app.shape() == Shape::Flat && !app.has_more_owners(),
        Action::NextAlert => !(has_alerts && has_rows),
        Action::Mute => selected.is_none_or(|row| row.alerts.is_empty()),
        Action::InvertSort => in_table,
        Action::OpenKill => !has_tags && selected.is_none_or(|row| row.process().is_none()),
        Action::OpenClose => selected.is_none_or(|row| !is_closable(&row)),
        Action::Tag => app.cursor().key().is_none(),
        Action::Back => in_table && app.steps_back().next().is_none(),
        _ => false,
    };
    !does_nothing
}

/// What stands in the place of rows where there are none.
pub(super) fn nothing(app: &App) -> String {
    if app.analysis().is_none() {
        "looking at all processes and sockets …".to_owned()
    } else if app.filter().text().is_empty() {
        let called = |action| app.keys().called(&action);
        let local = called(Action::LocalFamilies);
        match app.shown_rows() {
            Rows::Sockets => format!("no sockets but local ones: {local} shows unix, packet and netlink"),
            Rows::Differences => {
                let all = called(Action::Rows(Rows::Differences));
                format!("no differences since then: {all} shows all sockets, {local} unix ones, too")
            }
            Rows::History => {
                let all = called(Action::Rows(Rows::History));
                format!("nothing has closed since sockeye started: {all} shows all sockets")
            }
        }
    } else {
        let back = app.way_back(Step::Filter);
        match app.table().hidden() {
            0 => format!("no socket matches the filter: {back}"),
            hidden => {
                let local = app.keys().called(&Action::LocalFamilies);
                let (ones, them) = if hidden == 1 { ("one", "it") } else { ("ones", "them") };
                format!(
                    "no socket matches the filter but {hidden} local {ones}: {local} shows {them}, {back}"
                )
            }
        }
    }
}

//! The message line, the hint line, and what an empty table says.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::Regions;
use super::line::{self, left, right};
use super::theme::{FAINT, TITLE, Theme};
use crate::app::act::is_closable;
use crate::app::keymap::Binding;
use crate::app::{Action, App, Mode, Pane, View};
use crate::model::{Status, printable};

/// The line that is typed on, a message, or what the rows are filtered and sorted by.
pub(super) fn message(app: &App, regions: &Regions, theme: Theme) -> Line<'static> {
    let plain = Style::new();
    let width = usize::from(regions.message.width);
    let sort = right(1, format!("sort: {}", sort_name(app)), plain);
    if let Some((label, text)) = prompt(app) {
        let mut pieces = vec![left(9, format!("{label}{text}"), TITLE)];
        if let Mode::Filter { .. } = app.mode() {
            pieces.extend(wrong(app, theme));
        }
        return line::line(width, pieces);
    }
    if let Some(notice) = app.notice() {
        return line::line(width, vec![left(9, printable(notice.as_bytes()), theme.warning())]);
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
        let text = format!("small screen: more from {width}x{height} on, ? help");
        return line::line(regions.message.width.into(), vec![left(9, text, FAINT)]);
    }
    let filter = match app.filter().text() {
        "" => left(8, "filter: (none)", plain),
        text => left(8, format!("filter: {}", printable(text.as_bytes())), TITLE),
    };
    let mut pieces = vec![filter];
    pieces.extend(wrong(app, theme));
    if !app.tags().is_empty() {
        pieces.push(left(6, format!("{} tagged", app.tags().len()), TITLE));
    }
    pieces.push(sort);
    line::line(width, pieces)
}

/// Place of the cursor in the message line, while something is typed there.
pub(super) fn cursor(app: &App) -> Option<usize> {
    let prompt_line = app.mode().prompt()?;
    let label = label(app)?;
    Some(label.width() + printable(prompt_line.before_cursor().as_bytes()).width())
}

fn label(app: &App) -> Option<&'static str> {
    match app.mode() {
        Mode::Filter { .. } => Some("filter: "),
        Mode::Pid { .. } => Some("only pid: "),
        Mode::Mute { .. } => Some("mute this alert, because: "),
        Mode::Normal
        | Mode::States { .. }
        | Mode::Sorts { .. }
        | Mode::Copy { .. }
        | Mode::Write { .. }
        | Mode::Kill(_)
        | Mode::Close(_)
        | Mode::Coverage
        | Mode::Help { .. } => None,
    }
}

fn prompt(app: &App) -> Option<(&'static str, String)> {
    Some((label(app)?, printable(app.mode().prompt()?.text().as_bytes()).into_owned()))
}

/// The first term that was left out, and how many more there are.
fn wrong(app: &App, theme: Theme) -> Option<line::Piece> {
    let (first, more) = app.filter_errors().split_first()?;
    let more = if more.is_empty() { String::new() } else { format!(", and {} more", more.len()) };
    let text = format!("left out at {}: {}{more}", first.at + 1, printable(first.message.as_bytes()));
    Some(left(7, text, theme.warning()))
}

fn sort_name(app: &App) -> String {
    let sort = app.sort();
    let name = sort.column.map_or("alerts, then age", |column| column.name);
    if sort.descending { format!("{name}, inverted") } else { name.to_owned() }
}

/// Keys that do something now, as many as fit; help always.
pub(super) fn hints(app: &App, width: usize, theme: Theme) -> Line<'static> {
    let view = app.view();
    let mut hinted: Vec<(&Binding, u8, &str)> = app
        .bindings(view)
        .filter(|binding| does_something(&binding.action, app))
        .filter_map(|binding| {
            binding.hint.map(|(rank, text)| (binding, rank, hint(binding, app).unwrap_or(text)))
        })
        .collect();
    let used = |hinted: &[(&Binding, u8, &str)]| {
        let cells = hinted.iter().map(|(binding, _, text)| first_key(binding).width() + 1 + text.width());
        cells.sum::<usize>() + 2 * hinted.len().saturating_sub(1)
    };
    while hinted.len() > 1 && used(&hinted) > width {
        let last = hinted.iter().enumerate().max_by_key(|(_, (_, rank, _))| *rank).map(|(at, _)| at);
        hinted.remove(last.unwrap_or_default());
    }
    let mut spans = Vec::new();
    for (binding, _, text) in hinted {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        spans.push(Span::styled(first_key(binding), theme.key()));
        spans.push(Span::raw(format!(" {text}")));
    }
    Line::from(spans)
}

fn first_key(binding: &Binding) -> String {
    binding.keys.first().map(ToString::to_string).unwrap_or_default()
}

/// The word for what a key does now, where that is not what it does at first.
fn hint(binding: &Binding, app: &App) -> Option<&'static str> {
    match (&binding.action, app.pane()) {
        (Action::Freeze, _) if app.frozen().is_some() => Some("go on"),
        (Action::Enter, _) if app.view().is_deed() => Some(deed(app)),
        (Action::Enter, Pane::Open) if app.view() == View::Table => Some("full screen"),
        (Action::Enter, Pane::Full) if app.view() == View::Detail => Some("shut"),
        (Action::Back, Pane::Closed) if app.view() == View::Table && !app.tags().is_empty() => Some("untag"),
        (Action::Back, Pane::Closed) if app.view() == View::Table => Some("clear"),
        (Action::Back, Pane::Open) if app.view() == View::Table => Some("close"),
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

fn does_something(action: &Action, app: &App) -> bool {
    let has_rows = !app.table().is_empty();
    let has_alerts = !app.totals().loud.is_empty() || app.totals().low > 0;
    let in_table = app.view() == View::Table;
    let (selected, has_tags) = (app.selected(), !app.tags().is_empty());
    let does_nothing = (*action == Action::Enter && in_table && !has_rows)
        || (matches!(action, Action::OpenCopy | Action::OpenWrite) && !has_rows && !has_tags)
        || (*action == Action::AlertsOnly && !has_alerts && !app.filter().has_term("alert:"))
        || (*action == Action::NextAlert && !(has_alerts && has_rows))
        || (*action == Action::Mute && selected.is_none_or(|row| row.alerts.is_empty()))
        || (*action == Action::InvertSort && in_table)
        || (*action == Action::OpenKill && !has_tags && selected.is_none_or(|row| row.process().is_none()))
        || (*action == Action::OpenClose && selected.is_none_or(|row| !is_closable(&row)))
        || (*action == Action::Tag && !has_rows)
        || (*action == Action::Back
            && in_table
            && !has_tags
            && app.pane() == Pane::Closed
            && app.filter().text().is_empty());
    !does_nothing
}

/// What stands in the place of rows where there are none.
pub(super) fn nothing(app: &App) -> Line<'static> {
    let text = if app.analysis().is_none() {
        "looking at all processes and sockets …"
    } else if app.filter().text().is_empty() {
        "no sockets but local ones: x shows unix, packet and netlink"
    } else {
        "no socket matches the filter: Esc clears it"
    };
    Line::styled(text, FAINT)
}

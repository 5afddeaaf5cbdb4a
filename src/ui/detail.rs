//! All that is known of the selected socket, as text.

use ratatui::text::Line;

use super::evidence;
use super::labelled::Lines;
use super::spark;
use super::theme::{FAINT, Theme};
use crate::app::{Action, App, Motion, Pane};
use crate::table::describe::{self, Labelled};

/// The dividing line, then the facts, for a pane of so many lines.
pub(super) fn pane(app: &App, width: usize, height: usize, theme: Theme) -> Vec<Line<'static>> {
    let Some(row) = app.selected() else {
        return vec![Line::styled("no socket is selected", FAINT)];
    };
    let mut text = text(app, width, theme);
    let enter = app.keys().called(&Action::Enter);
    let key = match app.pane() {
        Pane::Full => format!("{enter} shuts"),
        Pane::Open | Pane::Closed if app.is_in_detail() => {
            let called = |action| app.keys().called(&action);
            let [up, down] = [Motion::Up, Motion::Down].map(|motion| called(Action::Move(motion)));
            format!("{up} {down} scroll, {} rows", called(Action::Focus))
        }
        Pane::Open | Pane::Closed => format!("{enter} full screen"),
    };
    let keys = match (text.len() + 1).saturating_sub(height + app.text_top()) {
        0 => key,
        below => format!("{below} more below  {key}"),
    };
    text.insert(0, super::facts::bar(&row, &keys, width));
    text
}

/// All below the dividing line.
pub(super) fn text(app: &App, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let first = app.selected().filter(|_| app.pane() == Pane::Open);
    let mut text = first.map_or_else(Vec::new, |row| super::facts::where_from(&row, width));
    text.extend(lines(app, width, theme));
    text
}

/// The facts in lines of at most `width` cells; nothing is cut. An open pane leaves to the full screen what its
/// first lines say, further alerts, and where it is narrow how to check.
fn lines(app: &App, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let Some(row) = app.selected() else {
        return Vec::new();
    };
    let mut text = Lines::new(width, theme);
    let is_full = app.pane() == Pane::Full;
    let shown = if is_full { row.alerts.len() } else { 1 };
    for (nth, alert) in row.alerts_in_order().into_iter().take(shown).enumerate() {
        let writes = format!("{} writes it to a file", app.keys().called(&Action::OpenWrite));
        evidence::alert(&mut text, alert, if nth == 0 { &writes } else { "" }, is_full);
    }
    if row.alerts.len() > shown {
        text.put("", &format!("{} more on the full screen", alerts(row.alerts.len() - shown)));
    }
    let known = if is_full {
        describe::whole(&row)
    } else {
        let user = row.process().map(|process| describe::user(&row, process));
        describe::socket(&row).into_iter().chain(user).chain(describe::seen(&row)).collect()
    };
    for Labelled { label, text: fact } in known {
        text.put(label, &fact);
        if label == "traffic" {
            let lines = app.trace().map(|trace| spark::lines(trace, width)).unwrap_or_default();
            for line in lines {
                text.put("", &line);
            }
        }
    }
    text.into_lines()
}

fn alerts(count: usize) -> String {
    if count == 1 { "1 alert".to_owned() } else { format!("{count} alerts") }
}

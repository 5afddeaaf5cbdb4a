//! All that is known of the selected socket, as text.

use ratatui::text::Line;

use super::evidence;
use super::labelled::Lines;
use super::theme::{FAINT, Theme};
use crate::app::{Action, App, Pane};
use crate::table::describe::{self, Labelled};

/// The dividing line, then the facts, for a pane of so many lines.
pub(super) fn pane(app: &App, width: usize, height: usize, theme: Theme) -> Vec<Line<'static>> {
    let Some(row) = app.selected() else {
        return vec![Line::styled("no socket is selected", FAINT)];
    };
    let mut text = Vec::new();
    if app.pane() == Pane::Open {
        text.extend(super::facts::where_from(&row, width));
    }
    text.extend(lines(app, width, theme));
    let does = if app.pane() == Pane::Full { "shuts" } else { "full screen" };
    let key = format!("{} {does}", app.keys().called(&Action::Enter));
    let keys = match (text.len() + 1).saturating_sub(height + app.text_top()) {
        0 => key,
        below => format!("{below} more below  {key}"),
    };
    text.insert(0, super::facts::bar(&row, &keys, width));
    text
}

/// The facts in lines of at most `width` cells; nothing is cut. An open pane leaves to the full screen what its
/// first lines say, further alerts, and where it is narrow how to check.
pub(super) fn lines(app: &App, width: usize, theme: Theme) -> Vec<Line<'static>> {
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
        describe::socket(&row).into_iter().chain(user).collect()
    };
    for Labelled { label, text: fact } in known {
        text.put(label, &fact);
    }
    text.into_lines()
}

fn alerts(count: usize) -> String {
    if count == 1 { "1 alert".to_owned() } else { format!("{count} alerts") }
}

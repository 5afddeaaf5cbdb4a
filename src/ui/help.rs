//! The keys of a view, from the table that dispatches them, and what the marks mean.

use ratatui::text::{Line, Span};

use super::theme::{MARKS, TITLE, Theme};
use crate::app::keymap::{self, Group, LONGEST_HELP};
use crate::app::{App, View};

/// Cells of the names of keys.
const KEYS: usize = 13;

/// Cells of what keys do, and the blank after it.
const TEXT: usize = LONGEST_HELP + 1;

/// Filter terms in a few words.
const TERMS: [(&str, &str); 5] = [
    ("word", "in any text of the row"),
    ("4242", "pid or port"),
    ("name:text", "in that column"),
    ("name=v !=v", "exactly; all but"),
    ("not term", "all others"),
];

/// In up to three columns, as the width allows.
pub(super) fn lines(app: &App, view: View, all: bool, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut cells: Vec<[Span<'static>; 2]> = Vec::new();
    for view in View::ALL.into_iter().filter(|one| all || *one == view) {
        if all {
            heading(&mut cells, &format!("-- {} --", view.name()));
        }
        keys(&mut cells, view, theme);
    }
    list(&mut cells, "FILTER TERMS", &TERMS, theme);
    list(&mut cells, "MARKS", &MARKS, theme);
    let columns = (width / (KEYS + TEXT)).clamp(1, 3);
    let rows = cells.len().div_ceil(columns);
    let mut lines: Vec<Line<'static>> = vec![Line::default(); rows];
    for (at, cell) in cells.into_iter().enumerate() {
        if let Some(line) = lines.get_mut(at % rows.max(1)) {
            line.spans.extend(cell);
        }
    }
    lines.push(Line::raw("With names on (n), sockeye asks name servers about remote addresses."));
    lines.push(Line::raw(format!(
        "{} rows, {} alerts, filter {}",
        app.table().len(),
        app.totals().loud.len(),
        if app.filter().text().is_empty() { "none" } else { "set" }
    )));
    lines
}

fn keys(cells: &mut Vec<[Span<'static>; 2]>, view: View, theme: Theme) {
    for group in Group::ALL {
        let bindings: Vec<_> = keymap::bindings(view).filter(|binding| binding.group == group).collect();
        if bindings.is_empty() {
            continue;
        }
        heading(cells, group.title());
        for binding in bindings {
            cells.push([
                Span::styled(format!("{:KEYS$}", binding.names()), theme.key()),
                Span::raw(format!("{:TEXT$}", binding.help)),
            ]);
        }
    }
}

fn heading(cells: &mut Vec<[Span<'static>; 2]>, text: &str) {
    cells.push([Span::styled(format!("{text:KEYS$}"), TITLE), Span::raw(" ".repeat(TEXT))]);
}

fn list(cells: &mut Vec<[Span<'static>; 2]>, title: &str, entries: &[(&str, &str)], theme: Theme) {
    heading(cells, title);
    for (name, meaning) in entries {
        cells.push([
            Span::styled(format!("{name:KEYS$}"), theme.key()),
            Span::raw(format!("{meaning:TEXT$}")),
        ]);
    }
}

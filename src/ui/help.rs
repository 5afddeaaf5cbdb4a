//! The keys of a view, from the table that dispatches them, and what the marks mean.

use std::ops::Range;

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::line;
use super::theme::{MARKS, TITLE, Theme};
use crate::app::keymap::{Group, LONGEST_HELP, listed};
use crate::app::{Action, App, View};
use crate::table::filter::TERMS;

/// Cells of the names of keys.
const KEYS: usize = 13;

/// Cells of what keys do, and the blank after it.
const TEXT: usize = LONGEST_HELP + 1;

/// One line of one column.
struct Cell {
    is_heading: bool,
    spans: [Span<'static>; 2],
}

impl Cell {
    fn entry(name: &str, meaning: &str, theme: Theme) -> Self {
        let name = Span::styled(format!("{name:KEYS$}"), theme.key());
        Self { is_heading: false, spans: [name, Span::raw(format!("{meaning:TEXT$}"))] }
    }
}

/// In up to three columns, as the width allows.
pub(super) fn lines(app: &App, view: View, all: bool, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut cells: Vec<Cell> = Vec::new();
    for view in View::ALL.into_iter().filter(|one| all || *one == view) {
        if app.bindings(view).next().is_none() {
            continue;
        }
        if all {
            heading(&mut cells, &format!("-- {} --", view.name()));
        }
        keys(&mut cells, app, view, theme);
    }
    list(&mut cells, "FILTER TERMS", &TERMS.map(|term| (term.form, term.brief)), theme);
    list(&mut cells, "MARKS", &MARKS, theme);
    let mut lines = arranged(&cells, (width / (KEYS + TEXT)).clamp(1, 3));
    lines.push(Line::raw(format!(
        "With names on ({}), sockeye asks name servers about remote addresses.",
        app.keys().called(&Action::Names)
    )));
    lines.push(Line::raw(format!(
        "{} rows, {} alerts, filter {}",
        app.table().len(),
        app.totals().loud.len(),
        if app.filter().text().is_empty() { "none" } else { "set" }
    )));
    lines
}

/// In at most so many columns, as even as they can be where what is below one heading stays together.
fn arranged(cells: &[Cell], columns: usize) -> Vec<Line<'static>> {
    let mut rows = cells.len().div_ceil(columns.max(1));
    let mut bounds = columns_of(cells, rows);
    while bounds.len() > columns || bounds.iter().any(|column| column.len() > rows) {
        rows += 1;
        bounds = columns_of(cells, rows);
    }
    let mut lines: Vec<Line<'static>> = vec![Line::default(); rows];
    for column in bounds {
        let is_last = column.end == cells.len();
        let column = cells.get(column).unwrap_or_default();
        for (at, line) in lines.iter_mut().enumerate() {
            match column.get(at) {
                Some(cell) => line.spans.extend(cell.spans.clone()),
                None if is_last => {}
                None => line.spans.push(Span::raw(" ".repeat(KEYS + TEXT))),
            }
        }
    }
    lines
}

/// Columns of so many rows, or more where one heading has more below it.
fn columns_of(cells: &[Cell], rows: usize) -> Vec<Range<usize>> {
    let mut columns: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while let Some(rest) = cells.get(at..).filter(|rest| !rest.is_empty()) {
        let headings = rest.iter().take_while(|cell| cell.is_heading).count();
        let below = rest.iter().skip(headings).take_while(|cell| !cell.is_heading).count();
        let end = at + headings + below;
        match columns.last_mut().filter(|column| end - column.start <= rows) {
            Some(column) => column.end = end,
            None => columns.push(at..end),
        }
        at = end;
    }
    columns
}

fn keys(cells: &mut Vec<Cell>, app: &App, view: View, theme: Theme) {
    for group in Group::ALL {
        let bindings: Vec<_> = app.bindings(view).filter(|(binding, _)| binding.group == group).collect();
        if bindings.is_empty() {
            continue;
        }
        heading(cells, group.title());
        for (binding, keys) in bindings {
            // As many as there is room for, none in part.
            let fits = |count: &usize| keys.get(..*count).is_some_and(|some| listed(some).width() < KEYS);
            let most = (1..=keys.len()).rev().find(fits).unwrap_or(1);
            let names = line::cut(&listed(keys.get(..most).unwrap_or(keys)), KEYS - 1);
            cells.push(Cell::entry(&names, binding.help, theme));
        }
    }
}

fn heading(cells: &mut Vec<Cell>, text: &str) {
    let width = KEYS + TEXT;
    let spans = [Span::styled(format!("{text:width$}"), TITLE), Span::raw("")];
    cells.push(Cell { is_heading: true, spans });
}

fn list(cells: &mut Vec<Cell>, title: &str, entries: &[(&str, &str)], theme: Theme) {
    heading(cells, title);
    for (name, meaning) in entries {
        cells.push(Cell::entry(name, meaning, theme));
    }
}

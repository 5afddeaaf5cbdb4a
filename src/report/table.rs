//! Aligned text, whole values.

use std::io;
use std::iter;

use unicode_width::UnicodeWidthStr;

use super::{Place, json};
use crate::model::Names;
use crate::table::{Column, Table};

/// Those that are shown when none are named.
pub(super) const COLUMNS: &[&str] = &[
    "pid", "user", "command", "fd", "proto", "state", "local", "remote", "age", "netns", "alert", "cwd",
    "cmdline",
];

/// A header and a line per row; what follows another report is set off by an empty line.
pub(super) fn write(
    out: &mut dyn io::Write,
    table: &Table,
    names: &Names,
    columns: &[&'static Column],
    place: Place,
) -> io::Result<()> {
    if place == Place::Following {
        writeln!(out)?;
    }
    let mut text = String::new();
    // Where each cell ends in the text, and how wide it is; line by line.
    let mut cells: Vec<(usize, usize)> = Vec::new();
    let mut widths = vec![0; columns.len()];
    let mut add = |at: usize, cell: &str| {
        text.push_str(cell);
        let width = if cell.is_ascii() { cell.len() } else { cell.width() };
        cells.push((text.len(), width));
        if let Some(widest) = widths.get_mut(at) {
            *widest = width.max(*widest);
        }
    };
    for (at, column) in columns.iter().enumerate() {
        add(at, column.title);
    }
    for row in json::rows(table, names) {
        for (at, column) in columns.iter().enumerate() {
            add(at, &(column.value)(&row).text());
        }
    }
    let mut line = String::new();
    let mut from = 0;
    for cells in cells.chunks(columns.len().max(1)) {
        line.clear();
        for ((&(to, width), column), &widest) in cells.iter().zip(columns).zip(&widths) {
            let cell = text.get(from..to).unwrap_or_default();
            let blanks = widest.saturating_sub(width);
            line.extend(iter::repeat_n(' ', if column.right { blanks } else { 0 }));
            line.push_str(cell);
            line.extend(iter::repeat_n(' ', if column.right { 2 } else { blanks + 2 }));
            from = to;
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

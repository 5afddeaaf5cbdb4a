//! Aligned text, whole values.

use std::io;

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
    let header = columns.iter().map(|column| column.title.to_owned()).collect();
    let rows = json::rows(table, names)
        .map(|row| columns.iter().map(|column| (column.value)(&row).text().into_owned()).collect());
    let lines: Vec<Vec<String>> = [header].into_iter().chain(rows).collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|at| lines.iter().filter_map(|cells| cells.get(at)).map(|cell| cell.width()).max().unwrap_or(0))
        .collect();
    for cells in &lines {
        let padded: Vec<String> = cells
            .iter()
            .zip(columns)
            .zip(&widths)
            .map(|((cell, column), width)| {
                let blanks = " ".repeat(width.saturating_sub(cell.width()));
                if column.right { blanks + cell } else { format!("{cell}{blanks}") }
            })
            .collect();
        writeln!(out, "{}", padded.join("  ").trim_end())?;
    }
    Ok(())
}

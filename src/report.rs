//! Output: a table's rows, or one row with its evidence, as text for people or for programs.

use std::io;

use crate::model::Names;
use crate::table::{COLUMNS, Column, Table};

mod alert;
pub mod check;
mod csv;
pub mod doctor;
pub mod evidence;
mod json;
mod kept;
mod osquery;
mod table;

/// How rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Aligned, for people.
    #[default]
    Table,
    /// An array of objects.
    Json,
    /// An object a line, each with the time of its snapshot.
    Jsonl,
    Csv,
    /// Columns and types of osquery's `process_open_sockets`, as `osqueryi --json` prints them.
    Osquery,
}

impl Format {
    pub const ALL: [Self; 5] = [Self::Table, Self::Json, Self::Jsonl, Self::Csv, Self::Osquery];

    /// As `--output` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Osquery => "osquery",
        }
    }
}

/// Where a report stands among those of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Only,
    First,
    Following,
}

/// Writes all rows of a table. Without columns, those that the format has by itself; osquery's are fixed.
///
/// # Errors
///
/// Only those of `out`; a closed pipe among them.
pub fn write(
    out: &mut dyn io::Write,
    rows: &Table,
    names: &Names,
    columns: Option<&[&'static Column]>,
    format: Format,
    place: Place,
) -> io::Result<()> {
    let usual: Vec<&'static Column>;
    let columns = if let Some(columns) = columns {
        columns
    } else {
        usual = match format {
            Format::Table => table::COLUMNS.iter().filter_map(|name| Column::find(name).ok()).collect(),
            Format::Json | Format::Jsonl | Format::Csv | Format::Osquery => {
                COLUMNS.iter().copied().filter(|column| column.record).collect()
            }
        };
        &usual
    };
    match format {
        Format::Table => table::write(out, rows, names, columns, place),
        Format::Json => json::write(out, rows, names, columns, place),
        Format::Jsonl => json::write_lines(out, rows, names, columns),
        Format::Csv => csv::write(out, rows, names, columns, place),
        Format::Osquery => osquery::write(out, rows, names, place),
    }
}

//! Comma-separated values (RFC 4180), safe to open in a spreadsheet.

use std::io;

use super::{Place, json};
use crate::model::Names;
use crate::table::{Column, Table, Value};

/// One header in front of all reports of a run.
pub(super) fn write(
    out: &mut dyn io::Write,
    table: &Table,
    names: &Names,
    columns: &[&'static Column],
    place: Place,
) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    if place != Place::Following {
        writer.write_record(columns.iter().map(|column| column.name))?;
    }
    for row in json::rows(table, names) {
        writer.write_record(columns.iter().map(|column| cell(&(column.value)(&row))))?;
    }
    writer.flush()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "any other type is its text")]
fn cell(value: &Value<'_>) -> String {
    match value {
        Value::Missing(_) | Value::User { name: None, .. } => String::new(),
        Value::Alerts(alerts) => {
            let each: Vec<_> = alerts
                .iter()
                .map(|alert| format!("{} {}: {}", alert.level.name(), alert.rule, alert.evidence.join("; ")))
                .collect();
            each.join("; ")
        }
        value => json::plain(value).unwrap_or_else(|| harmless(&value.text())),
    }
}

/// Text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

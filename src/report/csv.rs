//! Comma-separated values (RFC 4180), safe to open in a spreadsheet.

use std::io;
use std::net::IpAddr;

use super::{Place, json};
use crate::model::{Alert, Names};
use crate::table::{Column, Table, Value, format};

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
    let mut buffer = Vec::new();
    for row in json::rows(table, names) {
        for column in columns {
            buffer.clear();
            cell(&(column.value)(&row), &mut buffer);
            writer.write_field(&buffer)?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "any other type is its text")]
fn cell(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Missing(_) | Value::User { name: None, .. } => {}
        Value::Alerts(alerts) => {
            let each: Vec<_> =
                alerts.iter().map(|alert| format!("{}: {}", format::alert(alert), facts(alert))).collect();
            out.extend_from_slice(each.join("; ").as_bytes());
        }
        Value::Address(IpAddr::V4(address)) => json::dotted(*address, out),
        value => {
            if !json::plain(value, out) {
                harmless(&value.text(), out);
            }
        }
    }
}

/// What shows an alert, on one line.
fn facts(alert: &Alert) -> String {
    let facts: Vec<&str> = alert.evidence.iter().map(|evidence| evidence.fact.as_str()).collect();
    facts.join("; ")
}

/// Text that no spreadsheet takes for a formula.
fn harmless(text: &str, out: &mut Vec<u8>) {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        out.push(b'\'');
    }
    out.extend_from_slice(text.as_bytes());
}

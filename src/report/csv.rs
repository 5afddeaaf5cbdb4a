//! Comma-separated values (RFC 4180), safe to open in a spreadsheet.

use std::io;
use std::iter;
use std::net::IpAddr;

use super::kept::Kept;
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
    let mut text = Vec::new();
    if place != Place::Following {
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        text.extend_from_slice(names.join(",").as_bytes());
        text.push(b'\n');
    }
    let mut kept = Kept::new(columns);
    for row in json::rows(table, names) {
        kept.add(&row, &mut text, |_, _, value, text| {
            let from = text.len();
            cell(value, text);
            quote(from, columns.len() == 1, text);
            text.push(b',');
        });
        text.pop(); // the comma behind the last cell
        text.push(b'\n');
        json::pass_on(&mut text, out)?;
    }
    out.write_all(&text)
}

/// Puts the cell that begins there in quotes where it needs them: RFC 4180, 2.6 and 2.7. An empty one that is alone
/// would be no record.
fn quote(from: usize, is_alone: bool, out: &mut Vec<u8>) {
    let cell = out.get(from..).unwrap_or_default();
    if cell.iter().any(|byte| b",\"\r\n".contains(byte)) || (is_alone && cell.is_empty()) {
        let cell = out.split_off(from);
        out.push(b'"');
        for byte in cell {
            out.extend(iter::repeat_n(byte, if byte == b'"' { 2 } else { 1 }));
        }
        out.push(b'"');
    }
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

//! JSON: rows as objects with the columns' names, in their order.

use std::borrow::Cow;
use std::io;

use super::Place;
use crate::analyze::Age;
use crate::model::{Alert, Names, printable};
use crate::table::{Column, Row, Table, Value, format};

/// An array with one row a line; all in one line where several follow each other.
pub(super) fn write(
    out: &mut dyn io::Write,
    table: &Table,
    names: &Names,
    columns: &[&'static Column],
    place: Place,
) -> io::Result<()> {
    array(out, rows(table, names).map(|row| object(&row, columns, Vec::new())), place)
}

/// An object a line, with the time of its snapshot.
pub(super) fn write_lines(
    out: &mut dyn io::Write,
    table: &Table,
    names: &Names,
    columns: &[&'static Column],
) -> io::Result<()> {
    for row in rows(table, names) {
        let taken = ("taken_at".into(), string(&format::rfc3339(row.snapshot().taken_at)));
        writeln!(out, "{}", object(&row, columns, vec![taken]))?;
    }
    Ok(())
}

/// An array of objects that are JSON already.
pub(super) fn array(
    out: &mut dyn io::Write,
    objects: impl Iterator<Item = String>,
    place: Place,
) -> io::Result<()> {
    let [mut before, between, close] = match place {
        Place::Only => ["[\n  ", ",\n  ", "\n]\n"],
        Place::First | Place::Following => ["[", ",", "]\n"],
    };
    for object in objects {
        write!(out, "{before}{object}")?;
        before = between;
    }
    if before != between {
        out.write_all(b"[")?; // no object wrote the opening
    }
    out.write_all(close.as_bytes())
}

pub(super) fn rows<'t>(table: &'t Table, names: &'t Names) -> impl Iterator<Item = Row<'t>> {
    (0..table.len()).filter_map(move |at| table.row(at, names))
}

fn object(
    row: &Row<'_>,
    columns: &[&'static Column],
    mut members: Vec<(Cow<'static, str>, String)>,
) -> String {
    for column in columns {
        let value = (column.value)(row);
        members.push((column.name.into(), json(&value)));
        if let Some(bytes) = value.bytes().filter(|bytes| str::from_utf8(bytes).is_err()) {
            members.push((format!("{}_bytes", column.name).into(), string(&hex(&bytes))));
        }
    }
    braced(members)
}

/// An object of members whose values are JSON already.
pub(super) fn braced(members: Vec<(Cow<'static, str>, String)>) -> String {
    let members: Vec<_> = members.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "any other type is its text")]
fn json(value: &Value<'_>) -> String {
    match value {
        Value::Missing(_) | Value::User { name: None, .. } => "null".to_owned(),
        Value::Alerts(alerts) => alerts.first().map_or_else(|| "null".to_owned(), alert),
        Value::Fds(owners) if owners.len() > 1 => format!("[{}]", value.text()),
        Value::Hex(_) | Value::Text(_) => string(&value.text()),
        value => plain(value).unwrap_or_else(|| string(&words(value))),
    }
}

/// Numbers and truth, in the form that JSON and CSV share.
#[expect(clippy::wildcard_enum_match_arm, reason = "all others are words")]
pub(super) fn plain(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::NoOwner => "-1".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Amount(number) | Value::Rate(number) => number.to_string(),
        Value::Latency(latency) => format!("{}.{:06}", latency.as_secs(), latency.subsec_micros()),
        Value::Flag(flag) => flag.to_string(),
        Value::Fds([owner]) => owner.fd.to_string(),
        Value::Duration(duration) | Value::Age(Age::Exactly(duration) | Age::AtMost(duration)) => {
            format!("{}.{:03}", duration.as_secs(), duration.subsec_millis())
        }
        _ => return None,
    })
}

/// Text as it is where it is text at all, else as it is shown.
pub(super) fn words<'v>(value: &'v Value<'_>) -> Cow<'v, str> {
    match value.bytes().map(|bytes| String::from_utf8(bytes.into_owned())) {
        Some(Ok(text)) => text.into(),
        Some(Err(_)) | None => value.text(),
    }
}

fn alert(alert: &Alert) -> String {
    let evidence: Vec<_> = alert.evidence.iter().map(|line| string(line)).collect();
    braced(vec![
        ("rule".into(), string(alert.rule)),
        ("level".into(), string(alert.level.name())),
        ("evidence".into(), format!("[{}]", evidence.join(","))),
    ])
}

/// A JSON string in which nothing is left that a terminal could obey or a reader could not see.
pub(super) fn string(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    if matches!(printable(quoted.as_bytes()), Cow::Borrowed(_)) {
        return quoted;
    }
    let mut safe = String::with_capacity(quoted.len() + 16);
    for character in quoted.chars() {
        let mut buffer = [0; 4];
        if let Cow::Borrowed(plain) = printable(character.encode_utf8(&mut buffer).as_bytes()) {
            safe.push_str(plain);
        } else {
            let mut units = [0; 2];
            let units = character.encode_utf16(&mut units).iter();
            safe.extend(units.map(|unit| format!("\\u{unit:04x}")));
        }
    }
    safe
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

//! JSON: rows as objects with the columns' names, in their order.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::SystemTime;

use super::{Place, alert};
use crate::analyze::Age;
use crate::model::{Names, Pid, SourceId, printable};
use crate::table::{Column, Row, Table, Value, format};

/// An array with one row a line; all in one line where several follow each other.
pub(super) fn write(
    out: &mut dyn io::Write,
    table: &Table,
    names: &Names,
    columns: &[&'static Column],
    place: Place,
) -> io::Result<()> {
    let mut objects = Objects::new(columns);
    array(out, rows(table, names), place, |row, line| objects.push(row, None, line))
}

/// An object a line, with the time of its snapshot.
pub(super) fn write_lines(
    out: &mut dyn io::Write,
    table: &Table,
    names: &Names,
    columns: &[&'static Column],
) -> io::Result<()> {
    let mut objects = Objects::new(columns);
    let mut line = Vec::new();
    for row in rows(table, names) {
        line.clear();
        objects.push(&row, Some(row.snapshot().taken_at), &mut line);
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}

/// An array of what `object` adds to a line for each item.
pub(super) fn array<T>(
    out: &mut dyn io::Write,
    items: impl Iterator<Item = T>,
    place: Place,
    mut object: impl FnMut(&T, &mut Vec<u8>),
) -> io::Result<()> {
    let [open, between, close] = match place {
        Place::Only => ["[\n  ", ",\n  ", "\n]\n"],
        Place::First | Place::Following => ["[", ",", "]\n"],
    };
    let mut before = open;
    let mut line = Vec::new();
    for item in items {
        line.clear();
        line.extend_from_slice(before.as_bytes());
        object(&item, &mut line);
        out.write_all(&line)?;
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

/// Processes whose members are kept at most.
const MOST_KEPT: usize = 4_096;

/// Writes rows as objects.
struct Objects<'c> {
    columns: &'c [&'static Column],
    /// `"name":` of each column.
    names: Vec<Vec<u8>>,
    /// Members that are the same for every socket of a process, each run of them by its first column.
    kept: HashMap<(SourceId, Pid, usize), Vec<u8>>,
}

impl<'c> Objects<'c> {
    fn new(columns: &'c [&'static Column]) -> Self {
        let names = columns.iter().map(|column| format!("\"{}\":", column.name).into_bytes()).collect();
        Self { columns, names, kept: HashMap::new() }
    }

    fn push(&mut self, row: &Row<'_>, taken_at: Option<SystemTime>, line: &mut Vec<u8>) {
        line.push(b'{');
        if let Some(taken_at) = taken_at {
            line.extend_from_slice(b"\"taken_at\":");
            string(&format::rfc3339(taken_at), line);
            line.push(b',');
        }
        let process = row.pid().filter(|_| !row.is_closed());
        let mut first = 0;
        for run in self.columns.chunk_by(|a, b| a.by_process == b.by_process) {
            let by_process = run.first().is_some_and(|column| column.by_process);
            match process.filter(|_| by_process).map(|pid| (row.source, pid, first)) {
                None => self.members(row, first, run, line),
                Some(key) => {
                    if let Some(kept) = self.kept.get(&key) {
                        line.extend_from_slice(kept);
                    } else {
                        let from = line.len();
                        self.members(row, first, run, line);
                        if self.kept.len() >= MOST_KEPT {
                            self.kept.clear();
                        }
                        self.kept.insert(key, line.get(from..).unwrap_or_default().to_vec());
                    }
                }
            }
            first += run.len();
        }
        line.pop(); // the comma behind the last member
        line.push(b'}');
    }

    /// Each followed by a comma.
    fn members(&self, row: &Row<'_>, first: usize, run: &[&'static Column], line: &mut Vec<u8>) {
        for (column, name) in run.iter().zip(self.names.iter().skip(first)) {
            member(name, column.name, &(column.value)(row), line);
            line.push(b',');
        }
    }
}

/// `"name":value`, and `,"name_bytes":"hex"` where it is text that is no UTF-8.
pub(super) fn member(key: &[u8], name: &str, value: &Value<'_>, line: &mut Vec<u8>) {
    line.extend_from_slice(key);
    json(value, line);
    if let Some(bytes) = value.bytes().filter(|bytes| str::from_utf8(bytes).is_err()) {
        line.extend_from_slice(format!(",\"{name}_bytes\":\"").as_bytes());
        line.extend(bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(hex_digit));
        line.push(b'"');
    }
}

fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "any other type is its text")]
fn json(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Missing(_) | Value::User { name: None, .. } | Value::Alerts([]) => {
            out.extend_from_slice(b"null");
        }
        Value::Alerts([gravest, ..]) => alert::object(gravest, out),
        Value::Fds(owners) if owners.len() > 1 => {
            out.push(b'[');
            out.extend_from_slice(value.text().as_bytes());
            out.push(b']');
        }
        Value::Hex(_) | Value::Text(_) => string(&value.text(), out),
        Value::Address(IpAddr::V4(address)) => {
            out.push(b'"');
            dotted(*address, out);
            out.push(b'"');
        }
        value => {
            if !plain(value, out) {
                string(&words(value), out);
            }
        }
    }
}

/// Numbers and truth, in the form that JSON and CSV share; false where the value is none.
#[expect(clippy::wildcard_enum_match_arm, reason = "all others are words")]
pub(super) fn plain(value: &Value<'_>, out: &mut Vec<u8>) -> bool {
    match value {
        Value::NoOwner => out.extend_from_slice(b"-1"),
        Value::Number(number) => {
            if *number < 0 {
                out.push(b'-');
            }
            match u64::try_from(number.unsigned_abs()) {
                Ok(number) => digits(number, 1, out),
                Err(_) => out.extend_from_slice(number.unsigned_abs().to_string().as_bytes()),
            }
        }
        Value::Amount(number) | Value::Rate(number) => digits(*number, 1, out),
        Value::Latency(latency) => {
            digits(latency.as_secs(), 1, out);
            out.push(b'.');
            digits(latency.subsec_micros().into(), 6, out);
        }
        Value::Flag(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Value::Fds([owner]) => digits(owner.fd.0.into(), 1, out),
        Value::Duration(duration) | Value::Age(Age::Exactly(duration) | Age::AtMost(duration)) => {
            digits(duration.as_secs(), 1, out);
            out.push(b'.');
            digits(duration.subsec_millis().into(), 3, out);
        }
        _ => return false,
    }
    true
}

/// The number in decimal, with zeros before it up to so many digits.
fn digits(mut number: u64, least: usize, out: &mut Vec<u8>) {
    let mut buffer = [b'0'; 20]; // the most that 64 bits make
    let mut used = 0;
    for place in buffer.iter_mut().rev() {
        *place = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        used += 1;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(buffer.get(buffer.len() - used.max(least)..).unwrap_or_default());
}

pub(super) fn dotted(address: Ipv4Addr, out: &mut Vec<u8>) {
    for (at, part) in address.octets().into_iter().enumerate() {
        if at > 0 {
            out.push(b'.');
        }
        digits(part.into(), 1, out);
    }
}

/// Text as it is where it is text at all, else as it is shown.
pub(super) fn words<'v>(value: &'v Value<'_>) -> Cow<'v, str> {
    let text = match value.bytes() {
        Some(Cow::Borrowed(bytes)) => str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Some(Cow::Owned(bytes)) => String::from_utf8(bytes).ok().map(Cow::Owned),
        None => None,
    };
    text.unwrap_or_else(|| value.text())
}

/// A JSON string in which nothing is left that a terminal could obey or a reader could not see.
pub(super) fn string(text: &str, out: &mut Vec<u8>) {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return;
    }
    let quoted = serde_json::Value::from(text).to_string();
    for character in quoted.chars() {
        let mut buffer = [0; 4];
        if let Cow::Borrowed(plain) = printable(character.encode_utf8(&mut buffer).as_bytes()) {
            out.extend_from_slice(plain.as_bytes());
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
            }
        }
    }
}

//! JSON: rows as objects with the columns' names, in their order.

use std::borrow::Cow;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::SystemTime;

use super::kept::Kept;
use super::{Place, alert};
use crate::analyze::Age;
use crate::model::{Names, printable};
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
    let mut lines = Vec::new();
    for row in rows(table, names) {
        objects.push(&row, Some(row.snapshot().taken_at), &mut lines);
        lines.push(b'\n');
        pass_on(&mut lines, out)?;
    }
    out.write_all(&lines)
}

/// So many bytes are gathered before they are written.
const GATHERED: usize = 64 * 1024;

/// Writes what is gathered, if that is enough for one write.
pub(super) fn pass_on(gathered: &mut Vec<u8>, out: &mut dyn io::Write) -> io::Result<()> {
    if gathered.len() >= GATHERED {
        out.write_all(gathered)?;
        gathered.clear();
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
    let mut text = Vec::new();
    for item in items {
        text.extend_from_slice(before.as_bytes());
        object(&item, &mut text);
        pass_on(&mut text, out)?;
        before = between;
    }
    if before != between {
        text.push(b'['); // no object wrote the opening
    }
    text.extend_from_slice(close.as_bytes());
    out.write_all(&text)
}

pub(super) fn rows<'t>(table: &'t Table, names: &'t Names) -> impl Iterator<Item = Row<'t>> {
    (0..table.len()).filter_map(move |at| table.row(at, names))
}

/// Writes rows as objects.
struct Objects<'t, 'c> {
    /// What each column's member begins with.
    keys: Vec<Key>,
    kept: Kept<'t, 'c>,
}

/// `"name":` and, behind it, `null,`.
struct Key {
    text: String,
    /// The text with blanks behind it, to be copied in one piece; none where it is longer.
    padded: Option<[u8; 32]>,
    /// Length without `null,`.
    name: usize,
}

impl Key {
    fn new(name: &str) -> Self {
        let text = format!("\"{name}\":null,");
        Self { padded: format!("{text:32}").as_bytes().try_into().ok(), text, name: name.len() + 3 }
    }

    fn called(&self) -> &str {
        self.text.get(1..self.name - 2).unwrap_or_default()
    }

    /// The member, and a comma.
    fn member(&self, value: &Value<'_>, line: &mut Vec<u8>) {
        if is_null(value) {
            return self.push(self.text.len(), line);
        }
        self.push(self.name, line);
        // Most are numbers.
        if let Value::Number(value) = value {
            number(*value, line);
            line.push(b',');
            return;
        }
        if json(value, line) {
            line.push(b',');
            return;
        }
        string(&words(value), line);
        line.push(b',');
        if let Some(bytes) = value.bytes().filter(|bytes| str::from_utf8(bytes).is_err()) {
            line.extend_from_slice(format!("\"{}_bytes\":\"", self.called()).as_bytes());
            line.extend(bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(hex_digit));
            line.extend_from_slice(b"\",");
        }
    }

    fn push(&self, length: usize, out: &mut Vec<u8>) {
        let end = out.len() + length;
        match &self.padded {
            Some(padded) => out.extend_from_slice(padded),
            None => out.extend_from_slice(self.text.as_bytes()),
        }
        out.truncate(end);
    }
}

impl<'t, 'c> Objects<'t, 'c> {
    fn new(columns: &'c [&'static Column]) -> Self {
        let keys = columns.iter().map(|column| Key::new(column.name)).collect();
        Self { keys, kept: Kept::new(columns) }
    }

    fn push(&mut self, row: &Row<'t>, taken_at: Option<SystemTime>, line: &mut Vec<u8>) {
        line.push(b'{');
        if let Some(taken_at) = taken_at {
            line.extend_from_slice(b"\"taken_at\":");
            string(&format::rfc3339(taken_at), line);
            line.push(b',');
        }
        let Self { keys, kept } = self;
        kept.add(row, line, |at, _, value, line| {
            if let Some(key) = keys.get(at) {
                key.member(value, line);
            }
        });
        line.pop(); // the comma behind the last member
        line.push(b'}');
    }
}

/// `"name":value`, and `,"name_bytes":"hex"` where it is text that is no UTF-8.
pub(super) fn member(name: &str, column: &'static Column, row: &Row<'_>, line: &mut Vec<u8>) {
    Key::new(name).member(&(column.value)(row), line);
    line.pop(); // the comma behind it
}

/// A user without a name is null, too; who it is, `uid` says.
fn is_null(value: &Value<'_>) -> bool {
    matches!(value, Value::Missing(_) | Value::User { name: None, .. } | Value::Alerts([]))
}

fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

/// What is no foreign text and needs no other form than here; false where the value is that.
#[expect(clippy::wildcard_enum_match_arm, reason = "any other type is its text")]
fn json(value: &Value<'_>, out: &mut Vec<u8>) -> bool {
    match value {
        Value::Alerts([gravest, ..]) => alert::object(gravest, out),
        Value::Fds(owners) if owners.len() > 1 => {
            out.push(b'[');
            out.extend_from_slice(value.text().as_bytes());
            out.push(b']');
        }
        Value::Text(text) => string(text, out),
        Value::Address(IpAddr::V4(address)) => {
            out.push(b'"');
            dotted(*address, out);
            out.push(b'"');
        }
        value => return plain(value, out),
    }
    true
}

/// Numbers and truth, in the form that JSON and CSV share; false where the value is none.
#[expect(clippy::wildcard_enum_match_arm, reason = "all others are words")]
pub(super) fn plain(value: &Value<'_>, out: &mut Vec<u8>) -> bool {
    match value {
        Value::NoOwner => out.extend_from_slice(b"-1"),
        Value::Number(value) => number(*value, out),
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

fn number(number: i128, out: &mut Vec<u8>) {
    if number < 0 {
        out.push(b'-');
    }
    match u64::try_from(number.unsigned_abs()) {
        Ok(number) => digits(number, 1, out),
        Err(_) => out.extend_from_slice(number.unsigned_abs().to_string().as_bytes()),
    }
}

/// The number in decimal, with zeros before it up to so many digits, of at most eight.
fn digits(number: u64, least: u32, out: &mut Vec<u8>) {
    const EIGHT: u64 = 100_000_000;

    if number < 10 && least == 1 {
        out.push(b'0' + number.to_le_bytes()[0]);
    } else if number < EIGHT {
        eight_digits(number, least, out);
    } else {
        digits(number / EIGHT, least, out);
        eight_digits(number % EIGHT, 8, out);
    }
}

/// Of a number below 100,000,000. Its digits are found side by side in the bytes of one word, the first in the lowest:
/// halves, then pairs, then digits, each division a multiplication that is exact in that range.
fn eight_digits(number: u64, least: u32, out: &mut Vec<u8>) {
    let halves = (number / 10_000) | (number % 10_000) << 32;
    let hundreds = (halves * 10_486) >> 20 & 0x7f_0000_007f;
    let pairs = hundreds | (halves - hundreds * 100) << 16;
    let tens = (pairs * 103) >> 10 & 0x000f_000f_000f_000f;
    let digits = tens | (pairs - tens * 10) << 8;
    let zeros = (digits.trailing_zeros() / 8).min(8_u32.saturating_sub(least));
    let text = (digits | u64::from_ne_bytes([b'0'; 8])) >> (zeros * 8);
    // All eight and then less: of a known length they are copied in one piece.
    let end = out.len() + 8 - usize::try_from(zeros).unwrap_or_default();
    out.extend_from_slice(&text.to_le_bytes());
    out.truncate(end);
}

pub(super) fn dotted(address: Ipv4Addr, out: &mut Vec<u8>) {
    for (at, part) in address.octets().into_iter().enumerate() {
        if at > 0 {
            out.push(b'.');
        }
        if part >= 100 {
            out.push(b'0' + part / 100);
        }
        if part >= 10 {
            out.push(b'0' + part / 10 % 10);
        }
        out.push(b'0' + part % 10);
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

//! Foreign text: bytes that some process chose, and how they are shown without being obeyed.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use unicode_width::UnicodeWidthChar;

/// Bytes as the kernel gave them: any content, no encoding. Cheap to clone.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<[u8]>);

impl Text {
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

/// Escaped by [`printable`].
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.0))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// What the system says of an error, without the number that Rust puts behind it.
pub fn without_number(said: &str) -> &str {
    let is_number = |rest: &str| rest.strip_suffix(')').is_some_and(|number| number.parse::<i32>().is_ok());
    said.rsplit_once(" (os error ").filter(|(_, rest)| is_number(rest)).map_or(said, |(words, _)| words)
}

/// Makes bytes safe to show: what a terminal could obey, or a reader could not see, is spelled out.
///
/// Bytes that are no UTF-8 become `\xNN`; control characters `\n`, `\t` or `\x1b`; marks of direction,
/// joiners, zero-width and unassigned characters `\u{202e}`; a backslash stays as it is, so the answer
/// is for people, not for reading back. Borrowed where nothing needs it, which is nearly always.
pub fn printable(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(is_plain) => Cow::Borrowed(text),
        _ => Cow::Owned(escaped(bytes)),
    }
}

fn escaped(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_visible(&mut out, character);
        }
        for byte in chunk.invalid() {
            push_escape(&mut out, format_args!("\\x{byte:02x}"));
        }
    }
    out
}

fn push_visible(out: &mut String, character: char) {
    match character {
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        _ if is_plain(character) => out.push(character),
        _ if u32::from(character) < 0x100 => {
            push_escape(out, format_args!("\\x{:02x}", u32::from(character)));
        }
        _ => push_escape(out, format_args!("\\u{{{:x}}}", u32::from(character))),
    }
}

fn push_escape(out: &mut String, escape: fmt::Arguments<'_>) {
    out.write_fmt(escape).ok(); // writing to a String cannot fail
}

/// Whether a terminal draws the character as itself, in cells that can be counted.
fn is_plain(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_control();
    }
    character.width().is_some_and(|width| width > 0) && !is_invisible(character)
}

/// Characters that have a width by the tables and still show nothing of their own, or change what is
/// around them: category Cf and kin of the Unicode Character Database, blanks that look like nothing,
/// and private use.
fn is_invisible(character: char) -> bool {
    matches!(u32::from(character),
        0x80..=0xa0 | 0xad | 0x034f | 0x0600..=0x0605 | 0x061c | 0x06dd | 0x070f | 0x0890..=0x0891
        | 0x08e2 | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x1680 | 0x2000..=0x200f
        | 0x2028..=0x202f | 0x205f..=0x206f | 0x3000 | 0x3164 | 0xd7b0..=0xd7ff | 0xe000..=0xf8ff
        | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb | 0xfffe..=0xffff | 0x110bd | 0x110cd
        | 0x1_3430..=0x1_343f | 0x1_bca0..=0x1_bca3 | 0x1_d173..=0x1_d17a | 0xe_0000..=0x10_ffff)
}

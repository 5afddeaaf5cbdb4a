//! Copies into the terminal's clipboard; writes new files.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;

use crate::app::{App, Clip, Document};
use crate::model::Pid;
use crate::report::{self, Format, Place, evidence};
use crate::table::{Row, Unit, format};

/// Most bytes that are copied: the whole sequence is 100,000 then, and some terminals take no more.
const MOST_COPIED: usize = 74_994;

/// Files of one name are told apart by a number, up to this.
const MOST_ALIKE: u32 = 99;

/// What the user chose to copy, of the chosen rows; none where they have no such thing.
pub fn clip(app: &App, clip: Clip) -> Option<String> {
    match clip {
        Clip::Evidence => evidence_of(app, evidence::text, "\n"),
        Clip::Remote | Clip::Pid | Clip::Row | Clip::Commands => app.clip(clip),
    }
}

/// What a terminal puts into its clipboard (OSC 52 of xterm); none where it is too long for that.
pub fn osc52(text: &str) -> Option<Vec<u8>> {
    let sequence = || [b"\x1b]52;c;", base64(text.as_bytes()).as_bytes(), b"\x07"].concat();
    (text.len() <= MOST_COPIED).then(sequence)
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |at: usize| three.get(at).copied().map_or(0, u32::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit =
                usize::try_from(bits >> (18 - 6 * place) & 63).ok().and_then(|digit| DIGITS.get(digit));
            out.push(if place > three.len() { '=' } else { digit.copied().map_or('=', char::from) });
        }
    }
    out
}

/// Writes a document into a new file in a folder, readable by nobody else; gives the file's name.
///
/// # Errors
///
/// What to tell the user where it cannot be written; a file that is there already is left as it is.
pub fn write(folder: &Path, app: &App, document: Document) -> Result<String, String> {
    let name = name(app, document).ok_or("nothing to write yet")?;
    let (file, name) = created(folder, &name).map_err(|error| format!("cannot create {name}: {error}"))?;
    let mut out = BufWriter::new(file);
    let written = fill(&mut out, app, document).and_then(|()| out.flush());
    written.map_err(|error| format!("{name} is not complete: {error}"))?;
    Ok(name)
}

/// What it is about, and when that was seen: `sockeye-bash-20117-20261125-031500.txt`.
fn name(app: &App, document: Document) -> Option<String> {
    let input = app.table().inputs().first()?;
    let about = if document.is_evidence() {
        let chosen = app.chosen_rows();
        let row = chosen.first()?;
        let alert = row.alerts_in_order().first().map(|alert| alert.process.pid);
        let named = |pid: Pid| Some(format!("{}-{pid}", row.processes.get(&pid)?.comm));
        let owner = alert.or(row.pid()).and_then(named);
        let one = owner.or_else(|| Some(format!("socket-{}", row.socket?.id.inode)))?;
        if chosen.len() > 1 { format!("{}-tagged", chosen.len()) } else { one }
    } else {
        input.name.to_string()
    };
    // Foreign text: nothing is left of it that is more than a part of a name, in a shell either.
    let plain = |shown: char| shown.is_ascii_alphanumeric() || matches!(shown, '-' | '_' | '.');
    let about: String = about.chars().map(|shown| if plain(shown) { shown } else { '_' }).take(64).collect();
    let time = format::rfc3339(input.analysis.snapshot.taken_at);
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).collect::<String>();
    let (day, time) = time.split_once('T')?;
    let time = time.split('.').next()?;
    let ending = match document {
        Document::EvidenceText | Document::TableText => "txt",
        Document::EvidenceJson | Document::TableJson => "json",
        Document::TableCsv => "csv",
    };
    Some(format!("sockeye-{about}-{}-{}.{ending}", digits(day), digits(time)))
}

/// A file that was not there before; where one is, under the next name that is free.
fn created(folder: &Path, name: &str) -> io::Result<(File, String)> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "txt"));
    let further = (2..=MOST_ALIKE).map(|nth| format!("{stem}-{nth}.{ending}"));
    for name in std::iter::once(name.to_owned()).chain(further) {
        match open(folder.join(&name), flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => return Ok((file.into(), name)),
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Err(Errno::EXIST.into())
}

fn fill(out: &mut dyn Write, app: &App, document: Document) -> io::Result<()> {
    let (format, unit) = match document {
        Document::EvidenceText => {
            let text = evidence_of(app, evidence::text, "\n");
            return out.write_all(text.unwrap_or_default().as_bytes());
        }
        Document::EvidenceJson if app.chosen_rows().len() > 1 => {
            let objects = evidence_of(app, evidence::json, ",\n").unwrap_or_default();
            return write!(out, "[\n{objects}]\n");
        }
        Document::EvidenceJson => {
            let object = evidence_of(app, evidence::json, "");
            return out.write_all(object.unwrap_or_default().as_bytes());
        }
        Document::TableText => (Format::Table, Unit::Socket),
        Document::TableJson => (Format::Json, Unit::Owner),
        Document::TableCsv => (Format::Csv, Unit::Owner),
    };
    let columns = app.columns();
    let columns = (document == Document::TableText).then_some(&*columns);
    report::write(out, &app.chosen_table(unit), app.names(), columns, format, Place::Only)
}

/// Of each chosen row, one after the other.
fn evidence_of(app: &App, text: fn(&Row<'_>) -> String, between: &str) -> Option<String> {
    let each: Vec<String> = app.chosen_rows().iter().map(text).collect();
    (!each.is_empty()).then(|| each.join(between))
}

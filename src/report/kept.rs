//! Cells that were written before: those of a process, which are the same for each of its sockets; those of the last row
//! beside each other that follow from what the next row has, too; and of each column the last one, which the next row
//! often has by itself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::analyze::Age;
use crate::model::{Pid, SourceId, State};
use crate::table::{Basis, Column, Row, Value};

/// Processes that are kept at most.
const MOST: usize = 4_096;

/// Bytes of a cell that is remembered at most: of a known length it is copied in one piece.
const ROOM: usize = 64;

/// Writes the cells of rows, and remembers them.
pub(super) struct Kept<'t, 'c> {
    parts: Vec<Part<'c>>,
    /// By place of the column.
    last: Vec<Last>,
    processes: HashMap<(SourceId, Pid), usize>,
    /// By those places the parts of the process, as far as they were written.
    made: Vec<Vec<Vec<u8>>>,
    /// The process of the last row.
    before: Option<((SourceId, Pid), usize)>,
    /// The last row, which the parts are of.
    row: Option<Row<'t>>,
}

/// Columns beside each other that follow from the same.
struct Part<'c> {
    basis: Basis,
    columns: &'c [&'static Column],
    /// Its cells in the last row.
    text: Vec<u8>,
}

impl<'t, 'c> Kept<'t, 'c> {
    pub(super) fn new(columns: &'c [&'static Column]) -> Self {
        let parts = columns
            .chunk_by(|a, b| a.basis == b.basis)
            .filter_map(|columns| Some(Part { basis: columns.first()?.basis, columns, text: Vec::new() }));
        Self {
            parts: parts.collect(),
            last: columns.iter().map(|_| Last::default()).collect(),
            processes: HashMap::new(),
            made: Vec::new(),
            before: None,
            row: None,
        }
    }

    /// Adds all cells of a row. `write` adds one, of the column with that place, which may depend on nothing but the
    /// value.
    pub(super) fn add(
        &mut self,
        row: &Row<'t>,
        out: &mut Vec<u8>,
        mut write: impl FnMut(usize, &'static Column, &Value<'_>, &mut Vec<u8>),
    ) {
        let process = row.pid().filter(|_| !row.is_closed()).map(|pid| self.place((row.source, pid)));
        let before = self.row.replace(*row);
        let same = |basis: Basis| before.is_some_and(|before| basis.is_same(&before, row));
        let (socket, course, traffic) = (same(Basis::Socket), same(Basis::Course), same(Basis::Traffic));
        let (mut at, mut nth) = (0, 0);
        for Part { basis, columns, text } in &mut self.parts {
            let mut made = match basis {
                Basis::Process => process.and_then(|place| self.made.get_mut(place)),
                Basis::Row | Basis::Socket | Basis::Course | Basis::Traffic => None,
            };
            let known = match basis {
                Basis::Row => None,
                Basis::Process => made.as_ref().and_then(|made| made.get(nth)),
                Basis::Socket => Some(&*text).filter(|_| socket),
                Basis::Course => Some(&*text).filter(|_| course),
                Basis::Traffic => Some(&*text).filter(|_| traffic),
            };
            if *basis == Basis::Process {
                nth += 1;
            }
            if let Some(known) = known {
                out.extend_from_slice(known);
                at += columns.len();
                continue;
            }
            let from = out.len();
            for (column, last) in columns.iter().zip(self.last.get_mut(at..).unwrap_or_default()) {
                let value = (column.value)(row);
                last.add(&value, out, |out| write(at, column, &value, out));
                at += 1;
            }
            let written = out.get(from..).unwrap_or_default();
            match (basis, &mut made) {
                (Basis::Row, _) | (Basis::Process, None) => {}
                (_, Some(made)) => made.push(written.to_vec()),
                (_, None) => {
                    text.clear();
                    text.extend_from_slice(written);
                }
            }
        }
    }

    fn place(&mut self, process: (SourceId, Pid)) -> usize {
        if let Some((_, place)) = self.before.filter(|(before, _)| *before == process) {
            return place;
        }
        if self.processes.len() >= MOST && !self.processes.contains_key(&process) {
            self.processes.clear();
            self.made.clear();
        }
        let place = *self.processes.entry(process).or_insert(self.made.len());
        if place == self.made.len() {
            self.made.push(Vec::new());
        }
        self.before = Some((process, place));
        place
    }
}

/// The last cell of a column.
struct Last {
    of: Of,
    /// Where it is of words, those.
    words: Vec<u8>,
    text: [u8; ROOM],
    /// 0 where the text is not kept.
    length: usize,
}

/// What a cell is made of, as two numbers that say it all; nothing where that is not cheap.
type Of = (Kind, u64, u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Nothing,
    Ipv4,
    Ipv6,
    State,
    AtMost,
    Exactly,
    Duration,
    Latency,
    Words,
}

impl Default for Last {
    fn default() -> Self {
        Self { of: (Kind::Nothing, 0, 0), words: Vec::new(), text: [0; ROOM], length: 0 }
    }
}

impl Last {
    fn add(&mut self, value: &Value<'_>, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        let of = of(value);
        if of.0 == Kind::Nothing {
            return write(out);
        }
        let from = out.len();
        let is_same = of == self.of && (of.0 != Kind::Words || words(value) == self.words);
        if is_same && self.length > 0 {
            out.extend_from_slice(&self.text);
            out.truncate(from + self.length);
            return;
        }
        write(out);
        if is_same {
            // Twice, so that it may come again: in most columns no cell is as the one before.
            let text = out.get(from..).unwrap_or_default();
            if let Some(room) = self.text.get_mut(..text.len()) {
                room.copy_from_slice(text);
                self.length = text.len();
            }
            return;
        }
        (self.of, self.length) = (of, 0);
        if of.0 == Kind::Words {
            let words = words(value);
            if words.len() > ROOM {
                self.of.0 = Kind::Nothing;
            } else {
                self.words.clear();
                self.words.extend_from_slice(words);
            }
        }
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all others are long, seldom the same, or made as soon as compared"
)]
fn of(value: &Value<'_>) -> Of {
    let time = |kind, time: Duration| (kind, time.as_secs(), time.subsec_nanos().into());
    match value {
        Value::Address(IpAddr::V4(address)) => (Kind::Ipv4, address.to_bits().into(), 0),
        #[expect(clippy::cast_possible_truncation, reason = "halves")]
        Value::Address(IpAddr::V6(address)) => {
            (Kind::Ipv6, address.to_bits() as u64, (address.to_bits() >> 64) as u64)
        }
        Value::State(state, protocol) => (Kind::State, number(*state), *protocol as u64),
        Value::Age(Age::AtMost(age)) => time(Kind::AtMost, *age),
        Value::Age(Age::Exactly(age)) => time(Kind::Exactly, *age),
        Value::Duration(duration) => time(Kind::Duration, *duration),
        Value::Latency(latency) => time(Kind::Latency, *latency),
        Value::Text(_) | Value::Bytes(_) => (Kind::Words, 0, 0),
        _ => (Kind::Nothing, 0, 0),
    }
}

fn number(state: State) -> u64 {
    match state {
        State::Tcp(state) => state as u64,
        State::Unix(state) => 0x100 | state as u64,
        State::Unknown(number) => 0x200 | u64::from(number),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only these have any")]
fn words<'v>(value: &'v Value<'_>) -> &'v [u8] {
    match value {
        Value::Text(text) => text.as_bytes(),
        Value::Bytes(bytes) => bytes,
        _ => &[],
    }
}

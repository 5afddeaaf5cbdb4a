//! Filter text to terms to yes or no.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use super::column::{COLUMNS, Kind};
use super::{Column, Row, Value, format};
use crate::model::{Address, Pid, SourceId};
use crate::table::value::Command;

pub mod complete;
mod lex;
mod needle;
mod parse;
mod pattern;
mod property;
mod quantity;
mod term;
pub mod terms;

use needle::{Mode, Needle};
use pattern::Pattern;
use property::Property;

pub use needle::states;
pub use property::PROPERTIES;
pub use terms::TERMS;

/// A parsed filter. The empty one matches every row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    text: String,
    root: Option<Node>,
}

/// A term that was left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// Place of the term in the filter's text, in characters.
    pub at: usize,
    /// How many characters of it are wrong, from there on.
    pub length: usize,
    pub message: String,
}

/// Conditions together, the cheap ones first: their order changes nothing. At most as deep as brackets may be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Test(Test),
}

/// A term.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Test {
    /// Which of the filter's it is.
    place: usize,
    ask: Ask,
}

/// What a term asks. Where it names columns, one of them has to be so, and like one of what is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ask {
    /// Any text cell contains it.
    Word(Needle),
    /// The pid, that of a process that an alert leads through, or a port is exactly it.
    Number(u32),
    Is(Vec<&'static Property>),
    Text(Vec<&'static Column>, Mode, Vec<Needle>),
    Quantity(Vec<&'static Column>, Vec<RangeInclusive<i128>>),
    Than(Vec<&'static Column>, Relation, i128),
    /// A moment in the form that cells have, so that the order of texts is that of times.
    Moment(Vec<&'static Column>, Relation, String),
    Regex(Vec<&'static Column>, Pattern),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Less,
    AtMost,
    AtLeast,
    More,
}

impl Relation {
    fn holds<T: PartialOrd + ?Sized>(self, value: &T, bound: &T) -> bool {
        match self {
            Self::Less => value < bound,
            Self::AtMost => value <= bound,
            Self::AtLeast => value >= bound,
            Self::More => value > bound,
        }
    }
}

impl Filter {
    /// Parses what it can; wrong and unfinished terms are named and left out. [`TERMS`] has the language.
    pub fn parse(text: &str) -> (Self, Vec<FilterError>) {
        let (root, errors) = parse::parse(text);
        (Self { text: text.to_owned(), root }, errors)
    }

    /// As it was typed, wrong terms too.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets every row through.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// Whether a term that all rows have to fit begins so: `pid:`.
    pub fn has_term(&self, prefix: &str) -> bool {
        lex::outermost(&lex::finished(&self.text)).iter().any(|term| term.starts_with(prefix))
    }

    /// Whether it is one of the terms that all rows have to fit.
    pub fn is_term(&self, term: &str) -> bool {
        lex::outermost(&lex::finished(&self.text)).contains(&term)
    }

    /// With one more term that all rows have to fit; what was unfinished is dropped, as it would swallow the new one.
    #[must_use]
    pub fn with_term(&self, term: &str) -> Self {
        let text = lex::finished(&self.text);
        let before = if lex::has_or(&text) { lex::bracketed(&text) } else { lex::outermost(&text).join(" ") };
        Self::parse(format!("{before} {term}").trim_start()).0
    }

    /// Without the terms that all rows have to fit and that begin so: `pid:`.
    #[must_use]
    pub fn without_term(&self, prefix: &str) -> Self {
        let text = lex::finished(&self.text);
        if lex::has_or(&text) {
            return Self::parse(&text).0;
        }
        let kept = lex::outermost(&text).into_iter().filter(|term| !term.starts_with(prefix));
        Self::parse(&kept.collect::<Vec<_>>().join(" ")).0
    }

    /// Whether the row, under the lead that it has, fits. `kept` is for this filter only, and for rows of the same
    /// analyses and names.
    pub fn matches(&self, row: &Row<'_>, kept: &mut Kept) -> bool {
        self.root.as_ref().is_none_or(|node| node.holds(row, kept))
    }
}

/// A value as a term can have it: between quotes where that is needed; none where no quotes would do.
pub fn quoted(value: &str) -> Option<String> {
    let is_plain = |c: char| c.is_alphanumeric() || "-_.:/@+%*[]".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return Some(value.to_owned());
    }
    let quote = ['"', '\''].into_iter().find(|quote| !value.contains(*quote))?;
    Some(format!("{quote}{value}{quote}"))
}

impl Node {
    /// How dear it is, roughly: what is looked up, then what is made of each row, then what is searched through.
    fn cost(&self) -> u8 {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().map(Self::cost).max().unwrap_or_default(),
            Self::Not(node) => node.cost(),
            Self::Test(test) => match test.ask {
                Ask::Number(_) | Ask::Is(_) | Ask::Quantity(..) | Ask::Than(..) => 0,
                Ask::Text(..) | Ask::Moment(..) => 1,
                Ask::Regex(..) => 2,
                Ask::Word(_) => 3,
            },
        }
    }

    fn holds(&self, row: &Row<'_>, kept: &mut Kept) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.holds(row, kept)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(row, kept)),
            Self::Not(node) => !node.holds(row, kept),
            Self::Test(test) => test.holds(row, kept),
        }
    }
}

/// What is known of processes already: whether what is the same for all their sockets fits a term, by its place.
#[derive(Debug)]
pub struct Kept {
    processes: HashMap<(SourceId, Pid, usize), bool>,
    /// Where words look: columns that are the same for all sockets of a process, and the others but for `command`,
    /// which has some of both.
    words: [Vec<&'static Column>; 2],
}

impl Default for Kept {
    fn default() -> Self {
        let is_word = |column: &Column| matches!(column.kind, Kind::Text | Kind::State | Kind::Protocol);
        let words = COLUMNS.iter().copied().filter(|column| is_word(column) && column.name != "command");
        let (by_process, others) = words.partition(|column| column.by_process());
        Self { processes: HashMap::new(), words: [by_process, others] }
    }
}

impl Kept {
    fn of_process(
        &mut self,
        row: &Row<'_>,
        term: usize,
        holds: impl FnOnce(&[Vec<&'static Column>; 2]) -> bool,
    ) -> bool {
        let holds = || holds(&self.words);
        match row.pid().filter(|_| !row.is_closed()) {
            Some(pid) => *self.processes.entry((row.source, pid, term)).or_insert_with(holds),
            None => holds(),
        }
    }

    fn known(&self, row: &Row<'_>, term: usize) -> Option<bool> {
        let pid = row.pid().filter(|_| !row.is_closed())?;
        self.processes.get(&(row.source, pid, term)).copied()
    }

    fn keep(&mut self, row: &Row<'_>, term: usize, holds: bool) {
        if let Some(pid) = row.pid().filter(|_| !row.is_closed()) {
            self.processes.insert((row.source, pid, term), holds);
        }
    }
}

impl Test {
    fn holds(&self, row: &Row<'_>, kept: &mut Kept) -> bool {
        match &self.ask {
            Ask::Word(needle) => {
                let command = Command::new(row);
                let is = |column: &&Column| needle.matches(&(column.value)(row), Mode::Contains);
                kept.of_process(row, self.place, |[by_process, _]| {
                    by_process.iter().any(is) || needle.is_process(command, Mode::Contains)
                }) || needle.is_elsewhere_in(command, Mode::Contains)
                    || kept.words[1].iter().any(is)
            }
            Ask::Number(number) => {
                row.pid().is_some_and(|pid| pid.0 == *number)
                    || row.alerts.iter().any(|alert| alert.pids.contains(&Pid(*number)))
                    || row.socket.iter().flat_map(|socket| [&socket.id.local, &socket.id.remote]).any(|address| {
                        matches!(address, Address::Inet(address) if u32::from(address.port()) == *number)
                    })
            }
            Ask::Is(properties) => properties.iter().any(|property| (property.holds)(row)),
            Ask::Text(columns, mode, wanted) => {
                self.any(columns, row, kept, |value, kept| {
                    let Value::Command(command) = value else {
                        return wanted.iter().any(|needle| needle.matches(value, *mode));
                    };
                    let is_process = || wanted.iter().any(|needle| needle.is_process(*command, *mode));
                    kept.of_process(row, self.place, |_| is_process())
                        || wanted.iter().any(|needle| needle.is_elsewhere_in(*command, *mode))
                })
            }
            Ask::Quantity(columns, ranges) => self.any(columns, row, kept, |value, _| {
                let is = |number| ranges.iter().any(|range| range.contains(&number));
                if matches!(value, Value::NoOwner) { is(-1) } else { quantity::of(value, is) }
            }),
            Ask::Than(columns, relation, bound) => self.any(columns, row, kept, |value, _| {
                quantity::of(value, |number| relation.holds(&number, bound))
            }),
            Ask::Moment(columns, relation, bound) => self.any(columns, row, kept, |value, _| {
                matches!(value, Value::Time(time) if relation.holds(&format::rfc3339(*time), bound))
            }),
            Ask::Regex(columns, pattern) => {
                self.any(columns, row, kept, |value, _| pattern.matches(value))
            }
        }
    }

    /// Whether a cell of one of the columns is so; what is the same for all rows of a process is asked only once.
    fn any(
        &self,
        columns: &[&'static Column],
        row: &Row<'_>,
        kept: &mut Kept,
        mut is: impl FnMut(&Value<'_>, &mut Kept) -> bool,
    ) -> bool {
        columns.iter().any(|column| {
            if !column.by_process() {
                return is(&(column.value)(row), kept);
            }
            if let Some(known) = kept.known(row, self.place) {
                return known;
            }
            let holds = is(&(column.value)(row), kept);
            kept.keep(row, self.place, holds);
            holds
        })
    }
}

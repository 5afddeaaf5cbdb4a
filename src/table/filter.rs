//! Filter text to terms to yes or no.

use std::collections::HashMap;

use super::column::{COLUMNS, Kind};
use super::{Column, Row, Value};
use crate::model::{Address, Pid, SourceId};
use crate::table::value::Command;

mod needle;
mod parse;

use needle::{Mode, Needle};

pub use needle::states;

/// A form of a term, for help and documentation.
#[derive(Debug)]
pub struct Form {
    /// At most 12 characters, as a key has in help.
    pub form: &'static str,
    /// For the screen's help: at most 24 characters.
    pub brief: &'static str,
    /// In full, for `--help` and the manual page.
    pub meaning: &'static str,
}

/// All forms of terms.
pub const TERMS: [Form; 5] = [
    Form {
        form: "word",
        brief: "in any text of the row",
        meaning: "some text of the row contains it; case matters only if a capital is typed",
    },
    Form {
        form: "4242",
        brief: "pid or port",
        meaning: "the pid, that of a process of its alert, or a port is exactly it",
    },
    Form {
        form: "name:text",
        brief: "in that column",
        meaning: "the column contains it (text), begins with it (state, protocol) or is it (number)",
    },
    Form {
        form: "name=v !=v",
        brief: "exactly; all but",
        meaning: "the column is exactly it; name!=v: it is not",
    },
    Form {
        form: "not term",
        brief: "all others",
        meaning: "rows that do not fit the term; !term is the same",
    },
];

/// A parsed filter. The empty one matches every row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
}

/// A term that was left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// Place of the term in the filter's text, in characters.
    pub at: usize,
    pub message: String,
}

/// One condition; all of them must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    /// Any text cell contains it.
    Word(Needle),
    /// The pid, that of a process that an alert leads through, or a port is exactly it.
    Number(u32),
    /// One of the columns is like one of the wanted.
    Field { columns: Vec<&'static Column>, mode: Mode, wanted: Vec<Needle> },
}

impl Filter {
    /// Parses what it can; wrong and unfinished terms are named and left out.
    ///
    /// ```text
    /// word  "two words"  4242  name:text  name:one,other  name=value  name!=value  not term  !term
    /// ```
    pub fn parse(text: &str) -> (Self, Vec<FilterError>) {
        let (terms, errors) = parse::terms(text);
        (Self { text: text.to_owned(), terms }, errors)
    }

    /// As it was typed, wrong terms too.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets every row through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a term begins so: `pid:`.
    pub fn has_term(&self, prefix: &str) -> bool {
        parse::finished(&self.text).any(|term| term.starts_with(prefix))
    }

    /// With one more term behind the others; what was unfinished is dropped, as it would swallow the new one.
    #[must_use]
    pub fn with_term(&self, term: &str) -> Self {
        let terms: Vec<_> = parse::finished(&self.text).chain([term]).collect();
        Self::parse(&terms.join(" ")).0
    }

    /// Without the terms that begin so: `pid:`.
    #[must_use]
    pub fn without_term(&self, prefix: &str) -> Self {
        let kept: Vec<_> = parse::finished(&self.text).filter(|term| !term.starts_with(prefix)).collect();
        Self::parse(&kept.join(" ")).0
    }

    /// Whether the row, under the lead that it has, fits all terms. `kept` is for this filter only, and for rows
    /// of the same analyses and names.
    pub fn matches(&self, row: &Row<'_>, kept: &mut Kept) -> bool {
        let mut terms = self.terms.iter().enumerate();
        terms.all(|(at, term)| term.test.holds(row, at, kept) != term.negated)
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
        let (by_process, others) = words.partition(|column| column.by_process);
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
}

impl Test {
    fn holds(&self, row: &Row<'_>, at: usize, kept: &mut Kept) -> bool {
        match self {
            Self::Word(needle) => {
                let command = Command::new(row);
                let is = |column: &&Column| needle.matches(&(column.value)(row), Mode::Contains);
                kept.of_process(row, at, |[by_process, _]| {
                    by_process.iter().any(is) || needle.is_process(command, Mode::Contains)
                }) || needle.is_elsewhere_in(command, Mode::Contains)
                    || kept.words[1].iter().any(is)
            }
            Self::Number(number) => {
                row.pid().is_some_and(|pid| pid.0 == *number)
                    || row.alerts.iter().any(|alert| alert.pids.contains(&Pid(*number)))
                    || row.socket.iter().flat_map(|socket| [&socket.id.local, &socket.id.remote]).any(|address| {
                        matches!(address, Address::Inet(address) if u32::from(address.port()) == *number)
                    })
            }
            Self::Field { columns, mode, wanted } => columns.iter().any(|column| {
                let value = (column.value)(row);
                let is = |needle: &Needle| needle.matches(&value, *mode);
                if column.by_process {
                    return kept.of_process(row, at, |_| wanted.iter().any(is));
                }
                if let Value::Command(command) = value {
                    let by_process = |_: &_| wanted.iter().any(|needle| needle.is_process(command, *mode));
                    return kept.of_process(row, at, by_process)
                        || wanted.iter().any(|needle| needle.is_elsewhere_in(command, *mode));
                }
                wanted.iter().any(is)
            }),
        }
    }
}

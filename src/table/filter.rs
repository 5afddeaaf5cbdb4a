//! Filter text to terms to yes or no.

use super::column::{COLUMNS, Kind};
use super::{Column, Row};
use crate::model::Address;

mod needle;
mod parse;

use needle::{Mode, Needle};

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
    /// The pid or a port is exactly it.
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

    /// Whether the row, under the lead that it has, fits all terms.
    pub fn matches(&self, row: &Row<'_>) -> bool {
        self.terms.iter().all(|term| term.test.holds(row) != term.negated)
    }
}

impl Test {
    fn holds(&self, row: &Row<'_>) -> bool {
        match self {
            Self::Word(needle) => {
                let words = COLUMNS.iter().filter(|column| {
                    matches!(column.kind, Kind::Text | Kind::State | Kind::Protocol)
                });
                words.into_iter().any(|column| needle.matches(&(column.value)(row), Mode::Contains))
            }
            Self::Number(number) => {
                row.pid().is_some_and(|pid| pid.0 == *number)
                    || [&row.socket.id.local, &row.socket.id.remote].into_iter().any(|address| {
                        matches!(address, Address::Inet(address) if u32::from(address.port()) == *number)
                    })
            }
            Self::Field { columns, mode, wanted } => columns.iter().any(|column| {
                let value = (column.value)(row);
                wanted.iter().any(|needle| needle.matches(&value, *mode))
            }),
        }
    }
}

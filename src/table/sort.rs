//! The order of rows.

use std::cmp::{Ordering, Reverse};
use std::fmt;

use super::column::ColumnError;
use super::{Column, Row, Value};
use crate::analyze::Age;
use crate::model::Level;

/// What rows are sorted by; ties by row key, never reversed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// `None`: alerts of medium and high, then age, newest first; what has no owner last.
    pub column: Option<&'static Column>,
    pub descending: bool,
}

impl Sort {
    /// Reads `[-]COLUMN`.
    pub fn parse(text: &str) -> Result<Self, ColumnError> {
        let (descending, name) = match text.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, text),
        };
        Ok(Self { column: Some(Column::find(name)?), descending })
    }

    /// Order of two cells: what is missing last in both directions.
    pub(super) fn cells(self, a: &Value<'_>, b: &Value<'_>) -> Ordering {
        match (a.is_missing(), b.is_missing()) {
            (false, false) => self.directed(a.compare(b)),
            (a, b) => a.cmp(&b),
        }
    }

    /// Order of two rows without a column: what is loud first and what has no owner last in both directions.
    pub(super) fn urgency(self, a: &Urgency, b: &Urgency) -> Ordering {
        let age = || self.directed((a.age, a.start).cmp(&(b.age, b.start)));
        a.loud.cmp(&b.loud).then(a.unowned.cmp(&b.unowned)).then_with(age)
    }

    fn directed(self, order: Ordering) -> Ordering {
        if self.descending { order.reverse() } else { order }
    }
}

/// `alerts, then age`, `pid`, `-pid`.
impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            Some(column) => write!(f, "{}{}", if self.descending { "-" } else { "" }, column.name),
            None if self.descending => f.write_str("alerts, then age, oldest first"),
            None => f.write_str("alerts, then age"),
        }
    }
}

/// What the order without a column looks at.
pub(super) struct Urgency {
    loud: Reverse<Option<Level>>,
    unowned: bool,
    age: Age,
    /// The newest process first.
    start: Reverse<Option<u64>>,
}

impl Urgency {
    pub(super) fn of(row: &Row<'_>) -> Self {
        let level = row.alerts.first().map(|alert| alert.level);
        Self {
            loud: Reverse(level.filter(|level| level.is_loud())),
            unowned: row.pid().is_none(),
            age: row.entry.age,
            start: Reverse(row.process().map(|process| process.key.start)),
        }
    }
}

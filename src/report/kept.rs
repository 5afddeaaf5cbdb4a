//! Cells that are the same for every socket of a process, made once.

use std::collections::HashMap;

use crate::model::{Pid, SourceId};
use crate::table::{Column, Row};

/// Runs of cells that are kept at most.
const MOST: usize = 4_096;

/// What was made already, by process and the place of a run's first column.
#[derive(Default)]
pub(super) struct Kept(HashMap<(SourceId, Pid, usize), Vec<u8>>);

impl Kept {
    /// Adds all cells of a row. `make` adds those of a run of columns, the first of which has that place; not for
    /// those of a process for which it did before.
    pub(super) fn add(
        &mut self,
        row: &Row<'_>,
        columns: &[&'static Column],
        out: &mut Vec<u8>,
        make: impl Fn(usize, &[&'static Column], &mut Vec<u8>),
    ) {
        let process = row.pid().filter(|_| !row.is_closed());
        let mut first = 0;
        for run in columns.chunk_by(|a, b| a.by_process == b.by_process) {
            let by_process = run.first().is_some_and(|column| column.by_process);
            match process.filter(|_| by_process).map(|pid| (row.source, pid, first)) {
                None => make(first, run, out),
                Some(key) => {
                    if let Some(kept) = self.0.get(&key) {
                        out.extend_from_slice(kept);
                    } else {
                        let from = out.len();
                        make(first, run, out);
                        if self.0.len() >= MOST {
                            self.0.clear();
                        }
                        self.0.insert(key, out.get(from..).unwrap_or_default().to_vec());
                    }
                }
            }
            first += run.len();
        }
    }
}

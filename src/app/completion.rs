//! Tab in the prompt of the filter: what the word goes on as, one after the other.

use super::{App, Mode, Prompt};
use crate::table::filter::complete;
use crate::table::{Table, Unit};

/// Rows whose values are offered, from the first on.
const LOOKED_AT: usize = 1_000;

/// Candidates, and which of them is in the prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    candidates: Vec<String>,
    /// None: what was typed.
    at: Option<usize>,
    before: String,
    typed: String,
    behind: String,
}

impl Completion {
    /// Safe to show only when escaped.
    pub fn candidates(&self) -> &[String] {
        &self.candidates
    }

    pub fn at(&self) -> Option<usize> {
        self.at
    }

    fn step(&mut self, forward: bool) {
        let last = self.candidates.len().checked_sub(1);
        self.at = match (self.at, forward) {
            (None, true) => last.map(|_| 0),
            (None, false) => last,
            (Some(at), true) => Some(at + 1).filter(|at| Some(*at) <= last),
            (Some(at), false) => at.checked_sub(1),
        };
    }

    fn prompt(&self) -> Prompt {
        let word = self.at.and_then(|at| self.candidates.get(at)).unwrap_or(&self.typed);
        Prompt::at(&format!("{}{word}", self.before), &self.behind)
    }
}

impl App {
    /// What Tab offers just now.
    pub fn completion(&self) -> Option<&Completion> {
        self.completion.as_ref()
    }

    /// The next candidate, or the one before; `open`: what was offered until now.
    pub(super) fn complete(&mut self, open: Option<Completion>, forward: bool) {
        let Some(mut completion) = open.or_else(|| self.offered()) else { return };
        completion.step(forward);
        self.show(&completion);
        // Of one there is no choice: the next Tab is for what follows it.
        if completion.candidates.len() != 1 {
            self.completion = Some(completion);
        }
    }

    /// What was typed comes back.
    pub(super) fn take_back(&mut self, mut completion: Completion) {
        completion.at = None;
        self.show(&completion);
    }

    fn show(&mut self, completion: &Completion) {
        let shown = completion.prompt();
        self.edit(|prompt| *prompt = shown);
    }

    /// Values are those of rows that fit all but the word that is typed.
    fn offered(&self) -> Option<Completion> {
        let Mode::Filter { prompt, .. } = &self.mode else { return None };
        let before = prompt.before_cursor();
        let behind = prompt.text().get(before.len()..).unwrap_or_default();
        let candidates = match complete::part(before) {
            Some(part) => {
                let others = format!("{} {behind}", before.get(..part.word).unwrap_or_default());
                let mut query = self.query(Unit::Socket);
                query.filter = complete::others(&others);
                let table = Table::build(self.table.inputs().to_vec(), self.names(), &query);
                let rows = (0..table.len().min(LOOKED_AT)).filter_map(|at| table.row(at, self.names()));
                (complete::candidates(&part, rows), part.start)
            }
            None => (Vec::new(), before.len()),
        };
        let (candidates, start) = candidates;
        let (before, typed) = before.split_at_checked(start)?;
        Some(Completion {
            candidates,
            at: None,
            before: before.to_owned(),
            typed: typed.to_owned(),
            behind: behind.to_owned(),
        })
    }
}

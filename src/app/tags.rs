//! Rows that were tagged, for what is then done to all of them.

use super::App;
use super::action::Motion;
use crate::model::Process;
use crate::table::{LineKey, Row, RowKey};

/// A row, and the process that it showed when it was tagged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub row: RowKey,
    /// None without an owner.
    pub process: Option<Process>,
}

impl App {
    /// What is tagged, in the order in which it was. A tag stays whatever becomes of its socket: what is done to the
    /// tagged must never go to the selected row because they went away.
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    pub fn is_tagged(&self, at: usize) -> bool {
        !self.tags.is_empty()
            && matches!(self.table.line_key(at), Some(LineKey::Row(key)) if self.tags.iter().any(|tag| tag.row == key))
    }

    /// Tags the selected row, or takes its tag away; then goes to the next.
    pub(super) fn tag(&mut self) {
        self.refresh();
        let row = match self.table.line_key(self.cursor.at()) {
            Some(LineKey::Row(row)) => row,
            // The star would stand on the line of the socket, beside another process.
            Some(LineKey::Owner(..)) => {
                return self.notify("a further owner: its socket's own line can be tagged".to_owned());
            }
            Some(LineKey::Process(..) | LineKey::NoProcess(_) | LineKey::Group(_)) | None => {
                return self.notify("no socket is selected".to_owned());
            }
        };
        if let Some(at) = self.tags.iter().position(|tag| tag.row == row) {
            self.tags.remove(at);
        } else {
            let shown = self.table.find(&row, self.names());
            let process = shown.and_then(|row| row.process().cloned());
            self.tags.push(Tag { row, process });
        }
        self.cursor.step(Motion::Down, &self.table);
    }

    pub(super) fn drop_tags(&mut self) {
        self.tags.clear();
    }

    /// The rows that something is to be done to: the tagged ones that are still there, whether the filter shows them or
    /// not, else the selected one.
    pub fn chosen_rows(&self) -> Vec<Row<'_>> {
        if self.tags.is_empty() {
            return self.selected().into_iter().collect();
        }
        self.tags.iter().filter_map(|tag| self.table.find(&tag.row, self.names())).collect()
    }
}

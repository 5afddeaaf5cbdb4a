//! Digits in the table: to the row of that pid.

use super::App;
use crate::model::printable;

/// A pid has at most seven digits (`PID_MAX_LIMIT`).
const MOST_DIGITS: usize = 7;

impl App {
    /// One more digit behind those that were typed just before.
    pub(super) fn jump(&mut self, typed: Option<String>, digit: char) {
        self.refresh();
        let mut typed = typed.unwrap_or_default();
        if typed.len() < MOST_DIGITS {
            typed.push(digit);
        }
        match self.find_pid(&typed) {
            Some(at) => {
                if let Some(key) = self.table.key(at) {
                    self.reveal(key);
                }
                let process = self.selected().and_then(|row| row.process());
                let name = process.map(|process| printable(process.comm.as_bytes()).into_owned());
                self.notify(format!("to pid {typed}: {}", name.unwrap_or_default()));
            }
            None => self.notify(format!("to pid {typed}: no row has it")),
        }
        self.jump = Some(typed);
    }

    /// The first row that is shown under this pid; else whose socket the process holds; else shown under a pid that
    /// begins so.
    fn find_pid(&self, typed: &str) -> Option<usize> {
        let wanted: u32 = typed.parse().ok().filter(|_| !typed.starts_with('0'))?;
        let begins_so = |mut pid: u32| {
            while pid > wanted {
                pid /= 10;
            }
            pid == wanted
        };
        let (mut held, mut begins) = (None, None);
        for at in 0..self.table.len() {
            let Some(row) = self.table.row(at, self.names()) else { continue };
            match row.pid() {
                Some(pid) if pid.0 == wanted => return Some(at),
                Some(pid) if begins_so(pid.0) => begins = begins.or(Some(at)),
                Some(_) | None => {}
            }
            if held.is_none() && row.owners.iter().any(|owner| owner.pid.0 == wanted) {
                held = Some(at);
            }
        }
        held.or(begins)
    }
}

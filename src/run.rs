//! Runs what the configuration asks for, to an exit status.

use std::sync::Arc;

use crate::analyze::Analysis;
use crate::model::{Names, SourceId, Status};

pub mod exit;

pub use exit::ExitCode;

/// Something that happened, for the main thread.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key, a paste or a new size.
    Terminal(crossterm::event::Event),
    Analysis(SourceId, Arc<Analysis>),
    Status(SourceId, Status),
    Names(Names),
    /// For the status line, from any thread.
    Notice(String),
    /// SIGTSTP from outside: as the key that suspends.
    Suspend,
    /// SIGCONT: the terminal may show anything by now; draw all of it again.
    ///
    /// Not by `ratatui::Terminal::clear`, which asks the terminal for its cursor and waits for an answer
    /// that the input thread gets: `resize` to the current size clears without asking.
    Resumed,
    /// Leave the loop at once. `run` knows why and with which exit status.
    Terminate,
}

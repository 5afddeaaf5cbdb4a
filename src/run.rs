//! Threads, terminal and effects: all that touches the world.

use std::sync::Arc;

use crate::analyze::Analysis;
use crate::model::{Names, SourceId, Status};

pub mod input;
pub mod tui;

/// What wakes the main thread.
#[derive(Clone, Debug)]
pub enum Event {
    Terminal(crossterm::event::Event),
    Analysis(SourceId, Arc<Analysis>),
    Status(SourceId, Status),
    Names(Names),
    /// A message for the user, from any thread.
    Notice(String),
    /// SIGTSTP from outside: as the key that suspends.
    Suspend,
    /// SIGCONT: the terminal may show anything by now; as the key that redraws.
    Resumed,
    /// Leave the loop at once.
    Terminate,
}

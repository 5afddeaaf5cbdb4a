//! How any thread ends the program.

use std::process;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use super::terminal::Tty;
use super::{Event, ExitCode};

/// How long the main thread may take to end the program in its own way.
const GRACE: Duration = Duration::from_millis(200);
const STEP: Duration = Duration::from_millis(10);

/// The end, once somebody called for it.
pub(super) struct Ending {
    pub(super) tty: Arc<Tty>,
    pub(super) events: SyncSender<Event>,
    code: OnceLock<ExitCode>,
    bug: OnceLock<String>,
}

impl Ending {
    pub(super) fn new(tty: Arc<Tty>, events: SyncSender<Event>) -> Self {
        Self { tty, events, code: OnceLock::new(), bug: OnceLock::new() }
    }

    /// The exit status, once somebody called for the end.
    pub(super) fn code(&self) -> Option<ExitCode> {
        self.code.get().copied()
    }

    /// What a thread panicked with that the program cannot live without.
    pub(super) fn bug(&self) -> Option<&str> {
        self.bug.get().map(String::as_str)
    }

    /// Ends the program because of a panic in the calling thread, with the message it left.
    pub(super) fn end_with_bug(&self, why: String) -> ! {
        self.bug.get_or_init(|| why);
        self.end(ExitCode::Bug)
    }

    /// Ends the program: the main thread does, if it can. It cannot while it is blocked in a write to a
    /// terminal that does not read; then this thread gives the terminal back as well as may be, and exits.
    pub(super) fn end(&self, code: ExitCode) -> ! {
        let code = *self.code.get_or_init(|| code);
        let deadline = Instant::now() + GRACE;
        let mut told = false;
        while Instant::now() < deadline {
            told = told || self.events.try_send(Event::Terminate).is_ok();
            thread::sleep(STEP);
        }
        self.tty.leave_by_force();
        process::exit(code.number().into())
    }
}

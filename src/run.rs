//! Runs what the configuration asks for, to an exit status.

#![expect(clippy::disallowed_methods, reason = "the clock belongs here, among a few layers")]

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::num::NonZeroU64;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use ratatui::Terminal;
use rustix::event::Timespec;

use crate::analyze::Analysis;
use crate::app::{self, App, Theme};
use crate::collect::{self, OpenError};
use crate::config::{Config, What};
use crate::model::{Names, ProcessKey, SourceId, Status};

mod act;
mod backend;
mod batch;
mod doctor;
mod effect;
mod end;
pub mod exit;
pub mod export;
pub mod file;
pub mod input;
mod rights;
mod spawn;
mod stop;
pub mod terminal;
pub mod tui;

use batch::Report;
use effect::Effects;
use end::Ending;
pub use exit::ExitCode;
use spawn::{MOST_EVENTS, Opening, Panics, Requests};
use stop::Stop;
use terminal::{Output, TerminalError, Tty};

/// Something that happened, for the main thread.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key, a paste or a new size.
    Terminal(crossterm::event::Event),
    /// Of the mouse; when, since the program began.
    Mouse(crossterm::event::MouseEvent, Duration),
    Analysis(SourceId, Arc<Analysis>),
    Status(SourceId, Status),
    Names(Names),
    /// For the status line, from any thread.
    Notice(String),
    /// A process ended that a dialog is about, at that time.
    Ended(ProcessKey, SystemTime),
    /// SIGTSTP from outside: as the key that suspends.
    Suspend,
    /// SIGCONT: the terminal may show anything by now; as the key that redraws.
    ///
    /// Not by `ratatui::Terminal::clear`, which asks the terminal for its cursor and waits for an answer
    /// that the input thread gets: `resize` to the current size clears without asking.
    Resumed,
    /// Leave the loop at once. `run` knows why and with which exit status.
    Terminate,
}

/// Why it could not run to its end. The message is for stderr; the cause is in its `source`.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Terminal(#[from] TerminalError),
    #[error("the screen cannot be drawn")]
    Draw(#[source] io::Error),
    #[error("no thread can be started")]
    Spawn(#[source] io::Error),
    #[error("the source broke: {0}")]
    Source(String),
    #[error("the view is partial, which --require-full does not allow")]
    Partial,
    #[error("write")]
    Write(#[source] io::Error),
    #[error("a bug: {0}")]
    Bug(String),
}

impl RunError {
    /// The exit status that goes with it.
    pub fn code(&self) -> ExitCode {
        match self {
            Self::Bug(_) => ExitCode::Bug,
            Self::Open(_)
            | Self::Terminal(_)
            | Self::Draw(_)
            | Self::Spawn(_)
            | Self::Source(_)
            | Self::Partial
            | Self::Write(_) => ExitCode::Failed,
        }
    }
}

/// Runs the program. What it returns is the exit status; until then nothing else ends the process but a signal
/// or a terminal that is gone or does not read.
pub fn run(config: Config) -> Result<ExitCode, RunError> {
    let tells_itself = matches!(config.what, What::Tui | What::Doctor);
    if let Some(trouble) = config.trouble.as_ref().filter(|_| !tells_itself) {
        let lines = std::iter::once(format!("sockeye: {trouble}; the defaults hold"));
        let excerpt = trouble.excerpt().into_iter().flat_map(str::lines).map(str::to_owned);
        for line in lines.chain(excerpt) {
            drop(writeln!(io::stderr(), "{line}")); // where stderr is closed nobody wants to know
        }
    }
    match config.what {
        What::Tui => screen(config),
        What::Batch { count, format } => batch::batch(config, count, Report::Rows(format)),
        What::Check { level, format } => batch::batch(config, NonZeroU64::MIN, Report::Alerts(level, format)),
        What::ListColumns => batch::list_columns(),
        What::Doctor => doctor::doctor(&config),
    }
}

/// Shows the screen until the user or something else ends it; gives the terminal back whichever it is.
fn screen(config: Config) -> Result<ExitCode, RunError> {
    let tty = Arc::new(Tty::open(std::env::var("TERM").ok().as_deref(), !config.screen.no_mouse)?);
    let options = config.live.clone();
    let theme = config.screen.theme.unwrap_or_else(usual_theme);
    let screen_options = screen_options(&config, theme);
    let source = collect::open(&config.source, &options)?;
    let (sender, events) = sync_channel(MOST_EVENTS);
    let ending = Arc::new(Ending::new(Arc::clone(&tty), sender.clone()));
    let stop = Arc::new(Stop::new(Arc::clone(&ending)));
    let panics = Panics::default();
    panics.hook(&tty);
    spawn::signals(&ending, &stop, &panics).map_err(RunError::Spawn)?;
    tty.enter()?;
    let requests = Requests::default();
    let judging = Arc::new(Mutex::new(config.judging.clone()));
    let effects = Effects {
        tty: Arc::clone(&tty),
        stop,
        judging: Arc::clone(&judging),
        file: config.file,
        is_own_proc: config.source.is_own(),
        act: act::Act::default(),
        requests: BTreeMap::from([(SourceId(0), requests.clone())]),
        events: sender.clone(),
        resolver: None,
        in_tmux: std::env::var_os("TMUX").is_some(),
    };
    // By itself it writes none where there is NO_COLOR, whatever the user asked for since.
    crossterm::style::force_color_output(theme != Theme::Mono);
    let mut app = App::new(screen_options);
    let opening = Opening { id: SourceId(0), spec: config.source, options, judging };
    let shown = spawn::watchdog(&ending, &panics)
        .and_then(|()| spawn::keys(&ending, &panics))
        .and_then(|()| spawn::source(opening, source, requests, sender, panics))
        .map_err(RunError::Spawn)
        .and_then(|()| show(&mut app, &events, effects).map_err(RunError::Draw));
    tty.leave_for_good();
    match (ending.bug(), ending.code()) {
        (Some(bug), _) => Err(RunError::Bug(bug.to_owned())),
        (None, Some(code)) => Ok(code),
        // The terminal went away in the middle of a frame.
        (None, None) if shown.is_err() && tty.hung_up(Some(&Timespec::default())) => Ok(spawn::HANG_UP),
        (None, None) => shown.map(|()| ExitCode::Done),
    }
}

/// What the screen starts with.
pub fn screen_options(config: &Config, theme: Theme) -> app::Options {
    let trouble = config.trouble.as_ref().map(|error| {
        let excerpt = error.excerpt().into_iter().flat_map(str::lines).map(str::to_owned);
        std::iter::once(error.to_string()).chain(excerpt).collect::<Vec<_>>().join("\n")
    });
    app::Options {
        interval: config.live.interval,
        filter: config.query.filter.text().to_owned(),
        sort: config.query.sort,
        columns: config.screen.columns.clone(),
        names: config.names,
        theme,
        bell: config.bell,
        mutes: config.judging.mutes.clone(),
        keys: config.screen.keys.clone(),
        views: config.views.clone(),
        read_only: config.read_only,
        trouble,
    }
}

/// What holds where no theme was asked for: <https://no-color.org>.
fn usual_theme() -> Theme {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if no_color { Theme::Mono } else { Theme::Terminal }
}

fn show(app: &mut App, events: &Receiver<Event>, mut effects: Effects) -> io::Result<()> {
    let tty = Arc::clone(&effects.tty);
    let output = Output { tty: Arc::clone(&tty), frame: Vec::new() };
    let mut terminal = Terminal::new(backend::Screen::new(output))?;
    let shown = tui::run(&mut terminal, app, events, &mut |effect, app| effects.perform(effect, app));
    // Before ratatui shows the cursor once more, in its own drop, and panics where the terminal is gone.
    tty.leave();
    shown
}

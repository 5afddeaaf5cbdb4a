//! The threads beside the main one, and what happens when one of them panics.

use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use crossterm::event::Event as Input;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN};
use signal_hook::iterator::Signals;

use super::end::Ending;
use super::stop::Stop;
use super::terminal::Tty;
use super::{Event, ExitCode};
use crate::analyze::{Analyzer, Judging};
use crate::collect::{self, LiveOptions, Source, SourceSpec};
use crate::model::{Request, SourceId, Status, Update};

/// Events on their way: a terminal that draws slowly slows the sources, and fills no memory.
pub(super) const MOST_EVENTS: usize = 256;
/// How long a source that broke waits before it starts again, the first time; then twice as long each time.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(30);

/// What threads said when they panicked.
#[derive(Clone, Default)]
pub(super) struct Panics(Arc<Mutex<HashMap<ThreadId, String>>>);

impl Panics {
    /// From now on a panic of the calling thread gives the terminal back and tells its message; that of another
    /// leaves the terminal alone, which goes on, and keeps the message.
    pub(super) fn hook(&self, tty: &Arc<Tty>) {
        let (panics, tty, main) = (self.clone(), Arc::clone(tty), thread::current().id());
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let thread = thread::current().id();
            if thread == main {
                tty.leave();
                before(panic);
                return;
            }
            let said = panic.payload_as_str().unwrap_or("panic");
            let place = panic.location().map(|place| format!(" ({place})")).unwrap_or_default();
            lock(&panics.0).insert(thread, format!("{said}{place}"));
        }));
    }

    /// What the calling thread said; runs `work` and catches its panic.
    fn catch(&self, work: impl FnOnce()) -> Result<(), String> {
        catch_unwind(AssertUnwindSafe(work))
            .map_err(|_| lock(&self.0).remove(&thread::current().id()).unwrap_or_else(|| "panic".to_owned()))
    }
}

/// Starts a thread without which the program cannot live: its panic ends the program as a bug.
fn start(
    name: &str,
    ending: &Arc<Ending>,
    panics: &Panics,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let (ending, panics) = (Arc::clone(ending), panics.clone());
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        if let Err(why) = panics.catch(work) {
            ending.end_with_bug(why);
        }
    })?;
    Ok(())
}

/// Ends the program on signals that would; stops it on SIGTSTP. Needs nothing from the main thread to end.
pub(super) fn signals(ending: &Arc<Ending>, stop: &Arc<Stop>, panics: &Panics) -> io::Result<()> {
    let mut signals = Signals::new([SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN])?;
    let (end, stop) = (Arc::clone(ending), Arc::clone(stop));
    start("signals", ending, panics, move || {
        for signal in signals.forever() {
            let tell = match signal {
                SIGTSTP if stop.was_own() => continue,
                SIGTSTP => Event::Suspend,
                // Continued, perhaps in the background: the main thread waits for this and sees to it. Keys that
                // are typed for the shell give the keys thread SIGTTIN, which must not stop us on the way to the end.
                SIGCONT | SIGTTIN if !end.tty.is_ours() => continue,
                // Stopped by SIGSTOP, which asks nobody, and continued in the background: that is no place for
                // a screen.
                SIGCONT | SIGTTIN if end.tty.in_background() => Event::Suspend,
                SIGTTIN => continue,
                SIGCONT => Event::Resumed,
                deadly => end.end(ExitCode::Signal(u8::try_from(deadly).unwrap_or_default())),
            };
            // Never waits, or the next signal would wait too. With this many events before it, the main thread is
            // not in a state to stop.
            drop(end.events.try_send(tell));
        }
    })
}

/// Ends the program when the terminal is gone.
pub(super) fn watchdog(ending: &Arc<Ending>, panics: &Panics) -> io::Result<()> {
    let end = Arc::clone(ending);
    start("watchdog", ending, panics, move || {
        if end.tty.hung_up(None) {
            end.end(HANG_UP);
        }
    })
}

/// As the signal that a terminal sends when it goes away.
pub(super) const HANG_UP: ExitCode = ExitCode::Signal(1);

/// Passes keys and clicks on.
pub(super) fn keys(ending: &Arc<Ending>, panics: &Panics) -> io::Result<()> {
    let end = Arc::clone(ending);
    start("keys", ending, panics, move || {
        let began = Instant::now();
        while let Ok(event) = crossterm::event::read() {
            let event = if let Input::Mouse(mouse) = event {
                Event::Mouse(mouse, began.elapsed())
            } else {
                Event::Terminal(event)
            };
            if end.events.send(event).is_err() {
                return;
            }
        }
        end.end(HANG_UP); // no keys will ever come
    })
}

/// How one source is opened, and opened again after it broke.
pub(super) struct Opening {
    pub(super) id: SourceId,
    pub(super) spec: SourceSpec,
    pub(super) options: LiveOptions,
    /// Taken anew for each snapshot.
    pub(super) judging: Arc<Mutex<Judging>>,
}

/// Where requests to a source go.
#[derive(Clone, Default)]
pub(super) struct Requests(Arc<Mutex<Line>>);

#[derive(Default)]
struct Line {
    /// To the source; another one after each start.
    sender: Option<Sender<Request>>,
    /// What the source was told that must be told again after a start.
    interval: Option<Request>,
}

impl Requests {
    /// Says it to the source; false where it does not run.
    pub(super) fn send(&self, request: Request) -> bool {
        let mut line = lock(&self.0);
        if let Request::SetInterval(_) = request {
            line.interval = Some(request);
        }
        line.sender.as_ref().is_some_and(|sender| sender.send(request).is_ok())
    }

    /// A source starts: what is said from now on goes to it.
    fn connect(&self) -> Receiver<Request> {
        let (sender, receiver) = channel();
        let mut line = lock(&self.0);
        if let Some(interval) = line.interval {
            sender.send(interval).ok(); // its receiver is here
        }
        line.sender = Some(sender);
        receiver
    }
}

/// Runs a source that is open already. When it panics it is reported and opened again, later each time.
pub(super) fn source(
    opening: Opening,
    opened: Box<dyn Source>,
    requests: Requests,
    events: SyncSender<Event>,
    panics: Panics,
) -> io::Result<()> {
    thread::Builder::new().name(format!("source-{}", opening.id.0)).spawn(move || {
        let mut next = Ok(opened);
        let mut after = FIRST_RETRY;
        let mut is_first = true;
        loop {
            let started = Instant::now();
            let ended = match next {
                Ok(source) => panics.catch(|| run_source(&opening, source, &requests, &events, is_first)),
                Err(why) => Err(why),
            };
            is_first = false;
            let Err(why) = ended else { return };
            if started.elapsed() > LAST_RETRY {
                after = FIRST_RETRY; // it had recovered
            }
            let status = Status::Retrying { after, why };
            if events.send(Event::Status(opening.id, status)).is_err() {
                return;
            }
            thread::sleep(after);
            after = LAST_RETRY.min(after * 2);
            next = collect::open(&opening.spec, &opening.options).map_err(|error| error.to_string());
        }
    })?;
    Ok(())
}

/// Until nobody listens: what the source says, analyzed here, so that the main thread need not.
fn run_source(
    opening: &Opening,
    source: Box<dyn Source>,
    requests: &Requests,
    events: &SyncSender<Event>,
    is_first: bool,
) {
    let mut analyzer = Analyzer::default();
    let mut works = false;
    source.run(requests.connect(), &mut |update| {
        let sent = match update {
            Update::Status(status) => events.send(Event::Status(opening.id, status)),
            Update::Snapshot(snapshot) => {
                analyzer.judge_by(lock(&opening.judging).clone());
                let analysis = analyzer.analyze(snapshot);
                if works && is_first {
                    panic_for_tests("source");
                }
                if !works {
                    works = true;
                    drop(events.send(Event::Status(opening.id, Status::Running))); // the next one tells as well
                }
                events.send(Event::Analysis(opening.id, analysis))
            }
        };
        if sent.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
}

/// Panics where the environment asks for it, for tests: what follows a bug can only be seen with one. A
/// release does not ask.
pub(super) fn panic_for_tests(place: &str) {
    let asked = cfg!(debug_assertions).then(|| std::env::var_os("SOCKEYE_TEST_PANIC")).flatten();
    assert!(asked.is_none_or(|asked| asked != place), "asked for in {place}");
}

/// The lock, whether or not a thread panicked with it: what is behind it is whole after every step.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

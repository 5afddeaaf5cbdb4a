//! Tries out what can be read, seen and done here, and prints it.

use std::env;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use rustix::process::{PidfdFlags, getpid, getuid, pidfd_open};

use super::rights::Rights;
use super::terminal::Tty;
use super::{ExitCode, RunError, batch};
use crate::analyze::Analyzer;
use crate::app::act::not_closed;
use crate::collect::{self, LiveOptions, diag};
use crate::config::Config;
use crate::model::{Collector, Snapshot, Status, Update};
use crate::report::doctor::{Deeds, Examination, File, write};

/// Prints what it finds.
///
/// Fails where the source cannot be opened or breaks, where something is lacking and must not be, and where stdout does
/// not take it.
pub(super) fn doctor(config: &Config) -> Result<ExitCode, RunError> {
    let mut ways = Vec::new();
    let mut used: Option<Arc<Snapshot>> = None;
    for way in Collector::ALL {
        let snapshot = look(config, way)?;
        let failed = snapshot.way.failed.iter().find(|(failed, _)| *failed == way);
        ways.push((way, failed.map_or(Ok(snapshot.cost), |(_, why)| Err(why.clone()))));
        if way == config.live.collector || (used.is_none() && way > config.live.collector) {
            used = Some(snapshot);
        }
    }
    let Some(snapshot) = used else { return Err(RunError::Source("it gives no snapshot".to_owned())) };
    let deeds = deeds(config, &snapshot);
    let analysis = Analyzer::new(config.judging.clone()).analyze(snapshot);
    let term = env::var("TERM").ok();
    let examined = Examination {
        ways,
        analysis: &analysis,
        deeds,
        file: file(config),
        terminal: terminal(term.as_deref()),
        is_unicode: is_unicode(),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let (is_well, written) = write(&mut out, &examined);
    let printed = batch::end(written.and_then(|()| out.flush()).map_err(RunError::Write))?;
    if config.require_full && !is_well { Err(RunError::Partial) } else { Ok(printed) }
}

/// One snapshot, in this way or what is next best.
fn look(config: &Config, way: Collector) -> Result<Arc<Snapshot>, RunError> {
    let options = LiveOptions { interval: Duration::ZERO, collector: way, ..config.live.clone() };
    let source = collect::open(&config.source, &options)?;
    // Held to the end: a source whose requests are closed stops.
    let (requests, asked) = channel();
    let mut taken = Err(RunError::Source("it gives no snapshot".to_owned()));
    source.run(asked, &mut |update| {
        taken = match update {
            Update::Snapshot(snapshot) => Ok(snapshot),
            Update::Status(Status::Failed(why)) => Err(RunError::Source(why)),
            Update::Status(Status::Running | Status::Retrying { .. }) => return ControlFlow::Continue(()),
        };
        ControlFlow::Break(())
    });
    drop(requests);
    taken
}

/// Tries both without doing anything to anybody.
fn deeds(config: &Config, snapshot: &Snapshot) -> Deeds {
    if config.read_only {
        return Deeds::ReadOnly;
    }
    let rights = Rights::of_starter(snapshot.users.get(&getuid().as_raw()));
    let signal = pidfd_open(getpid(), PidfdFlags::empty());
    let close = rights.act(diag::destroy::probe).and_then(|probed| probed.map_err(|why| not_closed(&why)));
    Deeds::Tried { signal: signal.map(drop).map_err(|errno| errno.to_string()), close }
}

fn file(config: &Config) -> File {
    match (&config.trouble, &config.file) {
        (Some(trouble), _) => File::Wrong(trouble.to_string()),
        (None, None) => File::Nowhere,
        (None, Some(path)) if config.has_file => File::Right(path.clone()),
        (None, Some(path)) => File::Absent(path.clone()),
    }
}

fn terminal(name: Option<&str>) -> Result<(String, [u16; 2]), String> {
    Tty::open(name, false).map_err(|error| error.to_string())?;
    let (width, height) = crossterm::terminal::size().map_err(|error| error.to_string())?;
    Ok((name.unwrap_or_default().to_owned(), [width, height]))
}

/// What the locale says, the first of these that is set: setlocale(3).
fn is_unicode() -> bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(env::var_os);
    let mut set = names.filter(|value| !value.is_empty()).map(|value| value.to_string_lossy().to_lowercase());
    set.next().is_some_and(|locale| locale.contains("utf-8") || locale.contains("utf8"))
}

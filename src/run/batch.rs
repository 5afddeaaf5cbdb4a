//! Prints snapshots to stdout, all on one thread.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::num::NonZeroU64;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use super::{ExitCode, RunError};
use crate::analyze::{Analysis, Analyzer};
use crate::collect::{self, SourceSpec};
use crate::config::Config;
use crate::model::{Collector, Gap, Level, Lookup, Names, SourceId, Status, Update, Way};
use crate::report::{self, Format, Place};
use crate::resolve;
use crate::table::{COLUMNS, Input, Table};

/// How long a report waits for names, at most.
const NAMES_WAIT: Duration = Duration::from_secs(3);

/// What is printed of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    Rows(Format),
    /// Alerts, which count from this level on.
    Alerts(Level, Format),
}

/// Prints so many snapshots, the interval apart.
///
/// Fails where the source cannot be opened or breaks, where a view is partial that must not be, and where stdout does
/// not take the rows; a reader that went away is no failure.
pub(super) fn batch(config: Config, count: NonZeroU64, report: Report) -> Result<ExitCode, RunError> {
    let source = collect::open(&config.source, &config.live)?;
    // Held to the end: a source whose requests are closed stops.
    let (requests, asked) = channel();
    let mut batch = Batch {
        analyzer: Analyzer::new(config.judging.clone()),
        out: BufWriter::new(io::stdout().lock()),
        config,
        report,
        found: false,
        partial: false,
        left: count.get(),
        place: if count.get() == 1 { Place::Only } else { Place::First },
        looked_up: BTreeSet::new(),
        names: Names::default(),
        not_seen: None,
    };
    let mut result = Ok(());
    source.run(asked, &mut |update| {
        result = match update {
            Update::Snapshot(snapshot) => {
                let analysis = batch.analyzer.analyze(snapshot);
                if batch.left == 1 {
                    batch.analyzer = Analyzer::default(); // nothing will be compared with it
                }
                batch.print(analysis)
            }
            Update::Status(Status::Failed(why)) => Err(RunError::Source(why)),
            Update::Status(Status::Running | Status::Retrying { .. }) => Ok(()),
        };
        if result.is_err() || batch.left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    drop(requests);
    let result = end(result)?;
    match (batch.partial, batch.found) {
        (true, _) => Err(RunError::Partial),
        (false, true) => Ok(ExitCode::Alert),
        (false, false) => Ok(result),
    }
}

/// Prints a line for each column.
pub(super) fn list_columns() -> Result<ExitCode, RunError> {
    let mut out = BufWriter::new(io::stdout().lock());
    let longest = COLUMNS.iter().map(|column| column.name.len()).max().unwrap_or_default();
    let mut lines = COLUMNS.iter().map(|column| writeln!(out, "{:longest$}  {}", column.name, column.help));
    let written = lines.try_for_each(|line| line);
    end(written.and_then(|()| out.flush()).map_err(RunError::Write))
}

/// A pipe whose reader has enough ends it quietly.
pub(super) fn end(result: Result<(), RunError>) -> Result<ExitCode, RunError> {
    match result {
        Err(RunError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::Done),
        result => result.map(|()| ExitCode::Done),
    }
}

struct Batch<'o> {
    config: Config,
    report: Report,
    /// There was an alert that counts.
    found: bool,
    /// Something was not seen, where all has to be.
    partial: bool,
    analyzer: Analyzer,
    out: BufWriter<io::StdoutLock<'o>>,
    /// Reports to go.
    left: u64,
    place: Place,
    /// Lookups that were tried, with or without success.
    looked_up: BTreeSet<Lookup>,
    names: Names,
    /// The line about it that was printed last.
    not_seen: Option<String>,
}

impl Batch<'_> {
    fn print(&mut self, analysis: Arc<Analysis>) -> Result<(), RunError> {
        self.tell_not_seen(&analysis);
        let is_partial =
            analysis.snapshot.gaps.iter().any(Gap::is_partial) || analysis.coverage.unfollowed > 0;
        self.partial |= self.config.require_full && is_partial;
        let name = analysis.snapshot.host.name.to_string().into();
        let input = vec![Input { source: SourceId(0), name, analysis }];
        let mut table = Table::build(input, &self.names, &self.config.query);
        if self.config.names && self.learn(&table)? {
            table = Table::build(table.into_inputs(), &self.names, &self.config.query);
        }
        let columns = self.config.columns.as_deref();
        let (out, names) = (&mut self.out, &self.names);
        let written = match self.report {
            Report::Rows(format) => report::write(out, &table, names, columns, format, self.place),
            Report::Alerts(level, format) => {
                let (found, written) = report::check::write(out, &table, names, level, format);
                self.found |= found;
                written
            }
        };
        written.and_then(|()| self.out.flush()).map_err(RunError::Write)?;
        self.place = Place::Following;
        self.left -= 1;
        Ok(())
    }

    /// Asks for the names of what the rows show; true where there are more than before.
    fn learn(&mut self, table: &Table) -> Result<bool, RunError> {
        let rows = (0..table.len()).filter_map(|at| table.row(at, &self.names));
        let wanted: BTreeSet<Lookup> = rows.flat_map(|row| row.lookups()).collect();
        let wanted: BTreeSet<Lookup> = wanted.difference(&self.looked_up).copied().collect();
        self.looked_up.extend(wanted.iter().copied());
        let found = resolve::resolve_all(wanted, NAMES_WAIT).map_err(RunError::Spawn)?;
        let is_more = found != Names::default();
        self.names.merge(found);
        Ok(is_more)
    }

    /// What is lost where this machine's sockets could only be read as text, and why; other procfs roots have
    /// nothing else.
    fn not_listed(&self, way: &Way) -> Option<String> {
        let SourceSpec::Live { proc } = &self.config.source;
        let (_, why) =
            way.failed.last().filter(|_| way.used == Collector::Text && proc == Path::new("/proc"))?;
        Some(format!("read as text, {why}: without {}", way.used.lacks()?))
    }

    /// What could not be seen, as one line on stderr; once, as long as it stays the same.
    fn tell_not_seen(&mut self, analysis: &Analysis) {
        let gaps: Vec<String> = analysis.snapshot.gaps.iter().map(ToString::to_string).collect();
        let said = if gaps.is_empty() { None } else { Some(format!("not seen: {}", gaps.join(", "))) };
        let advice = said.is_some().then(|| analysis.coverage.advice.clone()).flatten();
        let parts =
            [said, advice, self.not_listed(&analysis.snapshot.way), analysis.coverage.unfollowed_in_words()];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let line = (!parts.is_empty()).then(|| parts.join("; "));
        if self.not_seen != line {
            // Where stderr is closed nobody wants to know.
            if let Some(line) = &line {
                drop(writeln!(io::stderr(), "sockeye: {line}"));
            }
            self.not_seen = line;
        }
    }
}

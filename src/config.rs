//! What the program was asked to do, with every input checked.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

mod excerpt;
pub mod file;

use file::{FileError, Found, Screen, Settings};

use crate::analyze::Judging;
use crate::app::UnknownTheme;
use crate::cli::Cli;
use crate::collect::{LiveOptions, SourceSpec};
use crate::model::{Collector, Level, Shells, printable};
use crate::report::Format;
use crate::table::{Chosen, Column, ColumnError, Filter, FilterError, Query, Saved, Scope, Sort, Unit};

/// Shorter than this the program watches mostly itself; longer, it is no watching.
const LEAST_DELAY: f64 = 0.1;
const MOST_DELAY: f64 = 86_400.0;
/// Unless asked for, and longer where a snapshot is dear.
const DELAY: Duration = Duration::from_secs(2);

/// The whole configuration.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Config {
    pub source: SourceSpec,
    pub live: LiveOptions,
    pub judging: Judging,
    pub query: Query,
    /// The columns that were asked for, of what is printed; `None`: the format's own.
    pub columns: Option<Vec<&'static Column>>,
    /// Names of hosts, services and users from the start. Without it no packet is sent.
    pub names: bool,
    /// A new alert of medium or high rings the terminal's bell.
    pub bell: bool,
    /// Columns, theme, keys and mouse of the screen; its other settings are elsewhere here.
    pub screen: Screen,
    /// Nothing is done to processes and sockets.
    pub read_only: bool,
    /// Where mutes are written; none without a home.
    pub file: Option<PathBuf>,
    /// There is a config file.
    pub has_file: bool,
    /// Views by name.
    pub views: Vec<Saved>,
    /// The config file is wrong, and the defaults hold instead.
    pub trouble: Option<FileError>,
    /// What was not seen is a failure.
    pub require_full: bool,
    pub what: What,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Tui,
    /// Print so many snapshots.
    Batch {
        count: NonZeroU64,
        format: Format,
    },
    /// Print the alerts of one snapshot, and tell by the exit status whether there is one of this level or above.
    Check {
        level: Level,
        format: Format,
    },
    ListColumns,
    /// Tell what can be read, seen and done here.
    Doctor,
}

/// An argument that has a wrong value. What was typed is in the message, escaped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("{0} takes {LEAST_DELAY} to {MOST_DELAY} seconds, not {1}")]
    Delay(&'static str, String),
    #[error("--count takes a number from 1 on")]
    Count,
    #[error("no format \"{}\"; there are {}", shown(.0), Format::ALL.map(Format::name).join(", "))]
    Format(String),
    #[error("--collector takes auto, bpf, diag or text, not \"{}\"", shown(.0))]
    Collector(String),
    #[error("--pid takes numbers, not \"{}\"", shown(.0))]
    Pid(String),
    #[error("--state: {}", shown(.0))]
    State(String),
    #[error("--sort: {}", shown(&.0.to_string()))]
    Sort(ColumnError),
    #[error("--theme: no \"{}\"; {}", shown(.0), .1)]
    Theme(String, UnknownTheme),
    #[error("--columns: {}", shown(&.0.to_string()))]
    Columns(ColumnError),
    #[error("--columns does not go with --output osquery, which has osquery's own")]
    OsqueryColumns,
    #[error("--shells takes names of executables, not \"{}\"", shown(.0))]
    Shells(String),
    #[error("filter: {}", shown(.message))]
    Filter {
        message: String,
        /// The whole filter, and below it a line that says where.
        excerpt: String,
    },
    #[error("--level takes low, medium or high, not \"{}\"", shown(.0))]
    Level(String),
    #[error("--check prints table, json or jsonl, not {0}")]
    CheckFormat(&'static str),
    #[error("--require-full goes with output: --check, --doctor, --once, -n or -o")]
    RequireFull,
    #[error("--config {0}")]
    File(FileError),
}

impl ConfigError {
    /// Where in the config file or the filter it is: lines to print below the message.
    pub fn excerpt(&self) -> Option<&str> {
        if let Self::Filter { excerpt, .. } = self {
            return Some(excerpt);
        }
        if let Self::File(error) = self { error.excerpt() } else { None }
    }
}

fn shown(text: &str) -> String {
    printable(text.as_bytes()).into_owned()
}

impl Config {
    /// Checks all that was typed, and what the config file says, and tells what it means.
    ///
    /// Fails on the first value that means nothing, in the file only where that was asked for; whether there is a procfs at `--proc` is not looked at.
    pub fn resolve(cli: Cli, file: Found, stdout_is_terminal: bool) -> Result<Self, ConfigError> {
        let (settings, trouble) = match file.settings() {
            Ok(settings) => (settings, None),
            Err(error) if file.asked => return Err(ConfigError::File(error)),
            Err(error) => (Settings::default(), Some(error)),
        };
        let what = what(&cli, stdout_is_terminal)?;
        if cli.require_full && !matches!(what, What::Batch { .. } | What::Check { .. } | What::Doctor) {
            return Err(ConfigError::RequireFull);
        }
        let columns = columns(&cli.columns)?;
        let theme = cli.theme.as_deref().map(|name| {
            name.parse().map_err(|error: UnknownTheme| ConfigError::Theme(name.to_owned(), error))
        });
        if columns.is_some() && matches!(what, What::Batch { format: Format::Osquery, .. }) {
            return Err(ConfigError::OsqueryColumns);
        }
        let on_screen = what == What::Tui;
        // What is printed is the same whatever a user likes to look at.
        let mut screen = if on_screen { settings.screen } else { Screen::default() };
        let sort = cli.sort.as_deref().map(Sort::parse).transpose().map_err(ConfigError::Sort)?;
        let asked = columns.as_ref().map(|columns| columns.iter().copied().map(Chosen::always).collect());
        screen.columns = asked.or(screen.columns);
        screen.theme = theme.transpose()?.or(screen.theme);
        let query = Query {
            closed: on_screen,
            unit: if on_screen { Unit::Socket } else { Unit::Owner },
            filter: filter(&cli)?,
            sort: sort.or(screen.sort).unwrap_or_default(),
            local_families: !on_screen,
            scope: Scope::default(),
        };
        let shells = shells(cli.shells, settings.shells)?;
        let collector = match cli.collector {
            Some(name) => collector(&name).ok_or(ConfigError::Collector(name))?,
            None => settings.collector.unwrap_or(BEST),
        };
        let Settings { tools, mutes, allowed, views, .. } = settings;
        Ok(Self {
            live: live(cli.delay, screen.interval, collector, &shells)?,
            judging: Judging { shells, tools, mutes, allowed },
            source: SourceSpec::Live { proc: cli.proc },
            query,
            columns,
            names: cli.names || screen.names,
            bell: cli.bell || settings.bell,
            screen,
            read_only: cli.read_only || settings.read_only,
            has_file: file.content.is_some(),
            file: file.path,
            views,
            trouble,
            require_full: cli.require_full,
            what,
        })
    }
}

/// A format or a count asks for output, even on a terminal.
fn what(cli: &Cli, stdout_is_terminal: bool) -> Result<What, ConfigError> {
    let count = NonZeroU64::new(cli.count.unwrap_or(1)).ok_or(ConfigError::Count)?;
    let format = cli.output.as_deref().map_or(Ok(Format::default()), |name| {
        let named = Format::ALL.into_iter().find(|format| format.name() == name);
        named.ok_or_else(|| ConfigError::Format(name.to_owned()))
    })?;
    if cli.check {
        return check(cli.level.as_deref(), format);
    }
    if cli.doctor {
        return Ok(What::Doctor);
    }
    let is_batch = cli.once || cli.count.is_some() || cli.output.is_some() || !stdout_is_terminal;
    Ok(match (cli.list_columns, is_batch) {
        (true, _) => What::ListColumns,
        (false, true) => What::Batch { count, format },
        (false, false) => What::Tui,
    })
}

fn check(level: Option<&str>, format: Format) -> Result<What, ConfigError> {
    let level = level.map_or(Ok(Level::Medium), |name| {
        let named = Level::ALL.into_iter().find(|level| level.name() == name);
        named.ok_or_else(|| ConfigError::Level(name.to_owned()))
    })?;
    match format {
        Format::Table | Format::Json | Format::Jsonl => Ok(What::Check { level, format }),
        Format::Csv | Format::Osquery => Err(ConfigError::CheckFormat(format.name())),
    }
}

/// A delay that was asked for is kept, whatever it costs.
fn live(
    seconds: Option<f64>,
    configured: Option<Duration>,
    collector: Collector,
    shells: &Shells,
) -> Result<LiveOptions, ConfigError> {
    let asked = seconds.map(|seconds| delay("--delay", seconds)).transpose()?.or(configured);
    Ok(LiveOptions {
        interval: asked.unwrap_or(DELAY),
        stretch: asked.is_none(),
        collector,
        links: Some(shells.clone()),
    })
}

/// The way that is tried first unless another one is asked for.
const BEST: Collector = Collector::Bpf;

/// What stands for the best way that works.
const AUTO: &str = "auto";

/// The names that ways of reading are asked for by.
pub fn collectors() -> impl Iterator<Item = &'static str> {
    [AUTO].into_iter().chain(Collector::ALL.map(Collector::name))
}

/// The way to try first, by its name.
fn collector(name: &str) -> Option<Collector> {
    let named = Collector::ALL.into_iter().find(|way| way.name() == name);
    named.or((name == AUTO).then_some(BEST))
}

/// The time that an option or a key of the config file of this name is given in seconds.
fn delay(name: &'static str, seconds: f64) -> Result<Duration, ConfigError> {
    if (LEAST_DELAY..=MOST_DELAY).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(ConfigError::Delay(name, seconds.to_string()))
    }
}

fn columns(names: &[String]) -> Result<Option<Vec<&'static Column>>, ConfigError> {
    let found = names.iter().map(|name| Column::find(name.trim()));
    let found: Vec<_> = found.collect::<Result<_, _>>().map_err(ConfigError::Columns)?;
    Ok(Some(found).filter(|found| !found.is_empty()))
}

fn shells(typed: Vec<String>, configured: Vec<String>) -> Result<Shells, ConfigError> {
    match typed.iter().find(|name| !is_executable_name(name)) {
        Some(wrong) => Err(ConfigError::Shells(wrong.clone())),
        None => Ok(Shells::new([typed, configured].concat())),
    }
}

fn is_executable_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('/')
}

/// The words joined, and `--pid` and `--state` as terms behind them.
fn filter(cli: &Cli) -> Result<Filter, ConfigError> {
    if let Some(wrong) = cli.pid.iter().find(|pid| pid.parse::<i64>().is_err()) {
        return Err(ConfigError::Pid(wrong.clone()));
    }
    let mut terms = cli.filter.clone();
    if !cli.pid.is_empty() {
        terms.push(format!("pid:{}", cli.pid.join(",")));
    }
    if !cli.state.is_empty() {
        let is_odd = |c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c);
        if let Some(wrong) = cli.state.iter().find(|state| state.is_empty() || state.contains(is_odd)) {
            return Err(ConfigError::State(format!("no state begins with \"{wrong}\"")));
        }
        let term = format!("state:{}", cli.state.join(","));
        if let Some(error) = Filter::parse(&term).1.into_iter().next() {
            return Err(ConfigError::State(error.message));
        }
        terms.push(term);
    }
    let text = terms.join(" ");
    let (filter, errors) = Filter::parse(&text);
    errors.into_iter().next().map_or(Ok(filter), |FilterError { at, length, message }| {
        let excerpt = excerpt::excerpt(&text, at, length).map(|line| format!("  {line}")).join("\n");
        Err(ConfigError::Filter { message, excerpt })
    })
}

//! The command line as it is typed: strings and numbers, no meaning yet.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Parser;
use clap::ValueHint::{DirPath, FilePath};

use crate::table::filter::TERMS;

/// Exit statuses, and what they mean.
pub const EXIT_STATUSES: [(&str, &str); 6] = [
    ("0", "done"),
    ("1", "failed"),
    ("2", "wrong command line"),
    ("3", "alert found by --check"),
    ("101", "a bug"),
    ("128+N", "ended by signal N"),
];

/// What a terminal shows, and what a snapshot lacks without privileges.
pub const NOTES: &str = "\
    Without -o, -n and --once, and with a terminal as output, sockeye shows the table live; ? there lists the keys.\n\
    Rows without a known owner have pid -1. For all owners run it as root, or grant cap_sys_ptrace and \
    cap_dac_read_search. What could not be seen is said on stderr.";

/// Cells of a line of help that is broken here: clap would go on at the margin.
const LINE: usize = 79;

/// A form and its meaning, which goes on below itself.
fn described(form: &str, meaning: &str) -> String {
    let mut text = format!("  {form:12}");
    let mut cells = text.len();
    for word in meaning.split(' ') {
        if cells + 1 + word.len() > LINE {
            text.push_str("\n              ");
            cells = 14;
        }
        text.push(' ');
        text.push_str(word);
        cells += 1 + word.len();
    }
    text
}

fn after_help() -> String {
    let terms = TERMS.each_ref().map(|term| described(term.form, term.meaning)).join("\n");
    let statuses = EXIT_STATUSES.map(|(status, meaning)| format!("{status} {meaning}")).join(", ");
    format!(
        "FILTER: terms that a row must fit, all of them.\n{terms}\n  Columns: --list-columns\n\n{NOTES}\n\n\
        Exit status: {statuses}."
    )
}

/// `top` for sockets: every open socket of every process in every network namespace, live; outbound
/// connections of shells are marked.
#[derive(Clone, Debug, Default, PartialEq, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "an option without a value is a bool")]
#[command(name = "sockeye", version, after_help = after_help(), max_term_width = 110, args_override_self = true)]
pub struct Cli {
    /// Shows only rows that fit all terms, see below
    #[arg(value_name = "FILTER")]
    pub filter: Vec<String>,
    /// Time from one snapshot to the next, in seconds [default: 2, or more where a snapshot is dear]
    #[arg(short, long, value_name = "SECS")]
    pub delay: Option<f64>,
    /// Prints one snapshot and ends; the default where the output is no terminal
    #[arg(long, conflicts_with = "count")]
    pub once: bool,
    /// Prints N snapshots and ends
    #[arg(short = 'n', long, value_name = "N")]
    pub count: Option<u64>,
    /// Prints as table (the default), json, jsonl, csv or osquery
    #[arg(short, long, value_name = "FORMAT")]
    pub output: Option<String>,
    /// Prints only alerts, as text, json or jsonl; exit status 3 if there is one of --level or above that is not muted
    #[arg(long, conflicts_with_all = ["count", "columns", "sort", "list_columns"])]
    pub check: bool,
    /// With --check: low, medium (the default) or high
    #[arg(long, value_name = "LEVEL", requires = "check")]
    pub level: Option<String>,
    /// Fails, after printing, if some processes or sockets could not be seen
    #[arg(long)]
    pub require_full: bool,
    /// Shows only sockets of these processes, as the filter pid:PID; -1: those without owner
    #[arg(short, long, value_name = "PID[,PID]", value_delimiter = ',', allow_hyphen_values = true)]
    pub pid: Vec<String>,
    /// Shows only sockets in these states, as the filter state:STATE
    #[arg(short, long, value_name = "STATE[,STATE]", value_delimiter = ',')]
    pub state: Vec<String>,
    /// Sorts by this column, with - before it the largest or last first
    #[arg(long, value_name = "[-]COLUMN", allow_hyphen_values = true)]
    pub sort: Option<String>,
    /// Shows these columns, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Prints what can be read, seen and done here, and what would mend the rest
    #[arg(long, conflicts_with_all = ["check", "count", "columns", "list_columns", "once", "output", "sort"])]
    pub doctor: bool,
    /// Prints what columns there are
    #[arg(long)]
    pub list_columns: bool,
    /// Shows names of services, users and hosts; asks DNS for the peers, which sends packets
    #[arg(long)]
    pub names: bool,
    /// Counts these executables as shells, too
    #[arg(long, value_name = "NAME[,NAME]", value_delimiter = ',')]
    pub shells: Vec<String>,
    /// Reads sockets in this way, or the next best where it fails: auto (the best that works), bpf (loads two programs into the kernel that only
    /// read, run only while a snapshot is taken, and go with sockeye), diag (netlink) or text (/proc/net)
    #[arg(long, value_name = "WAY")]
    pub collector: Option<String>,
    /// Reads this config file [default: ~/.config/sockeye/config.toml]
    #[arg(long, value_name = "FILE", value_hint = FilePath)]
    pub config: Option<PathBuf>,
    /// Prints a config file with all that can be set, and what holds by default
    #[arg(long, exclusive = true)]
    pub print_config: bool,
    /// Shows the table in these colours: terminal (its own 16, the default), dark or light (true colours), or mono
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// Rings the terminal's bell for each new alert of medium or high
    #[arg(long)]
    pub bell: bool,
    /// Has no keys that do something to a process or a socket (K, X)
    #[arg(long)]
    pub read_only: bool,
    /// Reads another procfs, such as a container's /host/proc
    #[arg(long, value_name = "DIR", value_hint = DirPath, default_value = "/proc")]
    pub proc: PathBuf,
    /// Prints the manual page or the completions of a shell: man, complete-bash, complete-zsh or complete-fish
    #[arg(long, value_name = "KIND", exclusive = true)]
    pub generate: Option<String>,
}

/// Why there is nothing to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Help or version was asked for: text for stdout.
    Show(String),
    /// The command line is wrong: one line for stderr.
    Usage(String),
}

impl Cli {
    /// Reads the arguments, of which the first is the program's name.
    ///
    /// Fails where help or the version is asked for, and where an option is unknown, lacks its value, has one
    /// that is no number where one is needed, or does not go with another.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, Stop> {
        Self::try_parse_from(arguments).map_err(|error| {
            let text = error.render().to_string();
            if error.use_stderr() { Stop::Usage(one_line(&text)) } else { Stop::Show(text) }
        })
    }
}

/// clap's lines as one: `unexpected argument '--onec' found; tip: a similar argument exists: '--once'`.
fn one_line(message: &str) -> String {
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let said = message.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    // What begins with a dash is meant as an option, nearly always.
    let is_noise = |line: &str| {
        line.is_empty() || ["For more", "tip: to pass"].iter().any(|start| line.starts_with(start))
    };
    let said: Vec<&str> = said.filter(|line| !is_noise(line)).collect();
    said.join("; ").replace(":; ", ": ")
}

//! What can be seen and done here, and what would mend the rest.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::analyze::Analysis;
use crate::model::{Collector, Gap, printable};

/// All that was tried.
#[derive(Debug)]
pub struct Examination<'a> {
    /// Each way of reading: how long one look took, or why it does not work.
    pub ways: Vec<(Collector, Result<Duration, String>)>,
    /// What the best of them saw, or the one that was asked for.
    pub analysis: &'a Analysis,
    /// Keys that act.
    pub deeds: Deeds,
    pub file: File,
    /// Its name and cells, where stdout or another way leads to one.
    pub terminal: Result<(String, [u16; 2]), String>,
    /// Characters beyond ASCII are shown, as far as the environment says.
    pub is_unicode: bool,
}

/// Whether signals can be sent, and sockets closed.
#[derive(Debug)]
pub enum Deeds {
    /// Neither is asked for.
    ReadOnly,
    /// Each, or why not.
    Tried { signal: Result<(), String>, close: Result<(), String> },
}

/// The config file.
#[derive(Debug)]
pub enum File {
    /// There is no home to have one.
    Nowhere,
    /// There is none here.
    Absent(PathBuf),
    Right(PathBuf),
    /// What is wrong with it, with its path.
    Wrong(String),
}

/// One thing that is well or not, what is to be said of it, and what would mend it.
struct Finding {
    is_well: bool,
    name: &'static str,
    said: String,
    mend: Option<String>,
}

impl Finding {
    fn well(name: &'static str, said: impl Into<String>) -> Self {
        Self { is_well: true, name, said: said.into(), mend: None }
    }

    fn lacking(name: &'static str, said: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { is_well: false, name, said: said.into(), mend: Some(mend.into()) }
    }
}

/// Writes it in sections, a line for each thing, with `ok` before what is well; true where all is.
///
/// # Errors
///
/// Only those of `out`; a closed pipe among them.
pub fn write(out: &mut dyn io::Write, examined: &Examination<'_>) -> (bool, io::Result<()>) {
    let sections = [
        ("reading", reading(examined)),
        ("seeing", seeing(examined.analysis)),
        ("acting", acting(&examined.deeds)),
        ("showing", showing(examined)),
    ];
    let is_well = sections.iter().flat_map(|(_, findings)| findings).all(|finding| finding.is_well);
    let written = sections.iter().try_for_each(|(title, findings)| {
        writeln!(out, "{title}")?;
        findings.iter().try_for_each(|finding| line(out, finding))
    });
    (is_well, written)
}

fn line(out: &mut dyn io::Write, finding: &Finding) -> io::Result<()> {
    let mark = if finding.is_well { "ok" } else { "--" };
    writeln!(out, "  {mark}  {:10}  {}", finding.name, printable(finding.said.as_bytes()))?;
    match &finding.mend {
        Some(mend) => writeln!(out, "                  {}", printable(mend.as_bytes())),
        None => Ok(()),
    }
}

fn reading(examined: &Examination<'_>) -> Vec<Finding> {
    let used = examined.analysis.snapshot.way.used;
    let way = |(way, tried): &(Collector, Result<Duration, String>)| match tried {
        Ok(cost) => {
            let is_used = if *way == used { "; used" } else { "" };
            Finding::well(way.name(), format!("{}: {} ms{is_used}", way.reads(), cost.as_millis()))
        }
        Err(why) => Finding::lacking(way.name(), why, way.needs()),
    };
    examined.ways.iter().map(way).collect()
}

fn seeing(analysis: &Analysis) -> Vec<Finding> {
    let (snapshot, coverage) = (&analysis.snapshot, &analysis.coverage);
    let seen = &snapshot.seen;
    let counted = |name, read: u32, all: u32, of_what: &str| Finding {
        is_well: read == all,
        name,
        said: format!("{read} of {all} {of_what}"),
        mend: None,
    };
    let owners = format!("{} of {} sockets have a known owner", coverage.owned, coverage.sockets);
    let mut findings = vec![
        counted("processes", seen.processes_read, seen.processes, "with all their descriptors"),
        counted("namespaces", seen.namespaces_read, seen.namespaces, "network namespaces"),
        match &coverage.advice {
            None => {
                Finding::well("owners", format!("{owners}; the others have none, or none that is a process"))
            }
            Some(advice) => Finding::lacking("owners", owners, advice),
        },
    ];
    findings.extend(coverage.unfollowed_in_words().map(|said| {
        Finding::lacking("shells", said, "nothing to mend: a limit keeps a look from taking too long")
    }));
    findings.extend(snapshot.gaps.iter().map(|gap: &Gap| {
        let said = format!("{}: {}, {}", gap.scope.name(), gap.count, gap.reason.name());
        let mend = gap.mend(&snapshot.viewer);
        Finding { is_well: !gap.is_partial(), name: "not seen", said, mend: Some(mend.to_owned()) }
    }));
    findings
}

fn acting(deeds: &Deeds) -> Vec<Finding> {
    let Deeds::Tried { signal, close } = deeds else {
        return vec![Finding::well("read-only", "no key sends a signal or closes a socket")];
    };
    let of = |name, tried: &Result<(), String>, can: &str, cannot: &str, mend: &str| match tried {
        Ok(()) => Finding::well(name, can),
        Err(why) => Finding::lacking(name, format!("{cannot}: {why}"), mend),
    };
    vec![
        of(
            "signals",
            signal,
            "to exactly the process that is shown, by pidfd",
            "none is sent",
            "Linux 5.3 or newer, and no filter of system calls that refuses pidfd_open(2)",
        ),
        of(
            "closing",
            close,
            "of one socket, by SOCK_DESTROY",
            "no socket can be closed",
            "run as root, or grant cap_net_admin; a kernel with CONFIG_INET_DIAG_DESTROY",
        ),
    ]
}

fn showing(examined: &Examination<'_>) -> Vec<Finding> {
    let file = match &examined.file {
        File::Nowhere => Finding::lacking("config", "no place for a file", "set HOME, or --config"),
        File::Absent(path) => Finding::well("config", format!("none: {} would be read", path.display())),
        File::Right(path) => Finding::well("config", path.display().to_string()),
        File::Wrong(why) => Finding::lacking("config", why, "the defaults hold until it is mended"),
    };
    let terminal = match &examined.terminal {
        Ok((name, [width, height])) => Finding::well("terminal", format!("{name}, {width} x {height}")),
        Err(why) => Finding::lacking("terminal", why, "without one, sockeye prints"),
    };
    let locale = if examined.is_unicode {
        Finding::well("locale", "UTF-8")
    } else {
        Finding::lacking("locale", "not UTF-8: lines of the screen may look odd", "set LANG=C.UTF-8")
    };
    vec![file, terminal, locale]
}

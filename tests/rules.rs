//! Cases of `tests/rules/*.toml`: processes and sockets in, alerts out.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use sockeye::analyze::rules::RULES;
use sockeye::analyze::{Analysis, Analyzer, Judging};
use sockeye::model::{Exe, Fact, Fd, Inode, Owner, Pid, Shells, TcpCounters, TcpState, Text};

use crate::support::snapshot::{Builder, snapshot};

const SHELL_OUTBOUND: &str = include_str!("rules/shell-outbound.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    /// Executables that are shells, and that are not.
    shells: Vec<Process>,
    not_shells: Vec<Process>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// Executables that the user counts as shells.
    #[serde(default)]
    extra: Vec<String>,
    #[serde(default)]
    processes: Vec<Process>,
    /// What was there one snapshot before, if that matters.
    #[serde(default)]
    before: Vec<Socket>,
    sockets: Vec<Socket>,
    #[serde(default)]
    alerts: Vec<Alert>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Process {
    #[serde(default)]
    pid: u32,
    #[serde(default)]
    parent: u32,
    /// Without one it may not be read.
    exe: Option<String>,
    #[serde(default)]
    deleted: bool,
    /// If it is not the executable's name.
    comm: Option<String>,
    /// Arguments separated by blanks; without any it is a name of its own.
    cmdline: Option<String>,
    cwd: Option<String>,
    #[serde(default)]
    uid: u32,
    tty: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Socket {
    #[serde(default = "one")]
    inode: u64,
    #[serde(default)]
    udp: bool,
    #[serde(default)]
    state: State,
    local: String,
    remote: String,
    netns: Option<u64>,
    /// Bytes acknowledged of 100 that were sent, where the way of reading lists counters.
    acked: Option<u64>,
    /// Descriptors by pid.
    #[serde(default)]
    held: BTreeMap<String, Vec<u32>>,
}

fn one() -> u64 {
    1
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum State {
    #[default]
    Established,
    SynSent,
    SynRecv,
    CloseWait,
    Listen,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alert {
    pid: u32,
    level: String,
    summary: String,
    evidence: Vec<String>,
}

impl Process {
    fn add(&self, to: Builder) -> Builder {
        let exe = self.exe.as_deref().unwrap_or_default();
        let name = exe.rsplit('/').next().unwrap_or_default();
        to.process(self.pid, self.parent, exe, self.cmdline.as_deref().unwrap_or(name)).with(|process| {
            process.exe = match &self.exe {
                Some(path) => {
                    Fact::Known(Exe { path: path.as_str().into(), deleted: self.deleted, same_as: None })
                }
                None => Fact::Refused,
            };
            process.comm = self.comm.as_deref().map_or(process.comm.clone(), Text::from);
            process.cwd = self.cwd.as_deref().map_or(process.cwd.clone(), |cwd| Fact::Known(cwd.into()));
            if self.cmdline.as_deref() == Some("") {
                process.cmdline = Fact::Absent;
            }
            (process.uid, process.tty) = (self.uid, self.tty);
        })
    }

    fn is_shell(&self, shells: &Shells) -> bool {
        let snapshot = self.add(snapshot()).build();
        shells.is_shell(&snapshot.processes[&Pid(self.pid)])
    }
}

impl Socket {
    fn add(&self, to: Builder) -> Builder {
        let to = match self.netns {
            Some(number) => to.netns(number, None),
            None => to,
        };
        let state = match self.state {
            State::Established => TcpState::Established,
            State::SynSent => TcpState::SynSent,
            State::SynRecv => TcpState::SynRecv,
            State::CloseWait => TcpState::CloseWait,
            State::Listen => TcpState::Listen,
        };
        let to = if self.udp {
            to.udp(self.inode, &[], &self.local, &self.remote)
        } else {
            to.tcp(self.inode, &[], state, &self.local, &self.remote)
        };
        let counted = |acked| TcpCounters { sent: 100, acked, ..TcpCounters::default() };
        let to = match self.acked {
            Some(acked) => to.counters(counted(acked)),
            None => to,
        };
        let owner = |pid: &str, fd| Owner {
            inode: Inode(self.inode),
            pid: Pid(pid.parse().unwrap()),
            fd: Fd(fd),
            tid: None,
        };
        let owners = self.held.iter().flat_map(|(pid, fds)| fds.iter().map(|&fd| owner(pid, fd)));
        let owners: Vec<Owner> = owners.collect();
        to.adjust(|snapshot| snapshot.owners.extend(owners))
    }
}

impl Case {
    fn judge(&self) -> Arc<Analysis> {
        let mut analyzer =
            Analyzer::new(Judging { shells: Shells::new(self.extra.clone()), ..Judging::default() });
        let look = |sockets: &[Socket]| {
            let all = self.processes.iter().fold(snapshot(), |to, process| process.add(to));
            // Sockets with a namespace of their own come last: the builder stays in it.
            sockets.iter().fold(all, |to, socket| socket.add(to)).build()
        };
        if !self.before.is_empty() {
            analyzer.analyze(look(&self.before));
        }
        analyzer.analyze(look(&self.sockets))
    }
}

#[test]
fn shell_outbound_finds_what_its_cases_say_and_no_more() {
    let cases: Cases = toml::from_str(SHELL_OUTBOUND).unwrap();
    let mut wrong = Vec::new();
    for case in &cases.case {
        let found = case.judge();
        let mut found: Vec<_> = found.alerts.iter().filter(|alert| alert.rule == "shell-outbound").collect();
        found.sort_by_key(|alert| alert.process.pid);
        let found: Vec<_> = found
            .iter()
            .map(|alert| {
                let facts: Vec<String> =
                    alert.evidence.iter().map(|evidence| evidence.fact.clone()).collect();
                (alert.process.pid.0, alert.level.name(), alert.summary.as_str(), facts)
            })
            .collect();
        let wanted: Vec<_> = case
            .alerts
            .iter()
            .map(|alert| (alert.pid, alert.level.as_str(), alert.summary.as_str(), alert.evidence.clone()))
            .collect();
        if found != wanted {
            wrong.push(format!("{}:\nfound  {found:#?}\nwanted {wanted:#?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases\n{}", wrong.len(), cases.case.len(), wrong.join("\n"));
}

#[test]
fn shells_are_known_by_their_executables_name() {
    let cases: Cases = toml::from_str(SHELL_OUTBOUND).unwrap();
    let shells = Shells::new(vec!["mysh".into(), "python3".into()]);
    let called = |process: &Process| (process.exe.clone(), process.comm.clone(), process.cmdline.clone());
    let missed = cases.shells.iter().filter(|process| !process.is_shell(&shells)).map(called);
    assert_eq!(missed.collect::<Vec<_>>(), []);
    let mistaken = cases.not_shells.iter().filter(|process| process.is_shell(&shells)).map(called);
    assert_eq!(mistaken.collect::<Vec<_>>(), []);
}

#[test]
fn rules_have_names_and_summaries_of_their_own() {
    let names: Vec<_> = RULES.iter().map(|rule| (rule.name, rule.summary)).collect();
    assert_eq!(names, [("shell-outbound", "a shell holds an established outbound connection")]);
}

//! The shape of a case file: who is there, what they hold, and the alerts that follow.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use sockeye::analyze::{Analysis, Analyzer, Judging};
use sockeye::model::{
    Access, Alert as Found, Descriptor, Detail, Device, Evidence, Exe, Fact, Fd, Inode, Owner, Pid, Probe,
    Shells, Snapshot, Target, TcpCounters, TcpState, Text, UnixState,
};

use crate::support::snapshot::{Builder, snapshot};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cases {
    /// Executables that are shells, and that are not.
    #[serde(default)]
    pub shells: Vec<Process>,
    #[serde(default)]
    pub not_shells: Vec<Process>,
    /// Shells that were given their commands at their start, and that were not.
    #[serde(default)]
    pub told: Vec<Process>,
    #[serde(default)]
    pub not_told: Vec<Process>,
    pub case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    name: String,
    /// Executables that the user counts as shells.
    #[serde(default)]
    extra: Vec<String>,
    #[serde(default)]
    processes: Vec<Process>,
    /// What was there one snapshot before, if that matters.
    #[serde(default)]
    before: Vec<Socket>,
    /// And who was there, if others.
    #[serde(default)]
    processes_before: Vec<Process>,
    sockets: Vec<Socket>,
    /// Connected unix sockets, two by two.
    #[serde(default)]
    pairs: Vec<Pair>,
    /// What descriptors refer to: `12.0 r pipe 5`, `12.1 w fifo 6`, `12.2 rw slave 3`, `11.7 rw master 3`,
    /// `12.0 rw unix 41`, `12.0 r null`.
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    probes: Vec<Probed>,
    /// Alerts of the rule that the file is about.
    #[serde(default)]
    alerts: Vec<Alert>,
    /// Those of other rules: `stdio-outbound 61 medium`.
    #[serde(default)]
    others: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    inodes: [u64; 2],
    /// What is shut down of each: 1 reading, 2 writing.
    #[serde(default)]
    shutdown: [u8; 2],
    /// Descriptors of each, by pid.
    held: [BTreeMap<String, Vec<u32>>; 2],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Probed {
    pid: u32,
    #[serde(default)]
    waits_for: Vec<u32>,
    #[serde(default)]
    raw: Vec<u32>,
    #[serde(default)]
    public: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    #[serde(default)]
    pub pid: u32,
    #[serde(default)]
    parent: u32,
    /// Without one it may not be read.
    pub exe: Option<String>,
    #[serde(default)]
    deleted: bool,
    /// If it is not the executable's name.
    pub comm: Option<String>,
    /// Arguments separated by blanks; without any it is a name of its own.
    pub cmdline: Option<String>,
    cwd: Option<String>,
    #[serde(default)]
    uid: u32,
    tty: Option<u32>,
    /// Whether its group is in the foreground of its terminal.
    #[serde(default)]
    foreground: bool,
    /// The installed shell with the content of its executable.
    same_as: Option<String>,
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
    chain: Option<String>,
    evidence: Vec<String>,
    #[serde(default)]
    against: Vec<String>,
}

impl Process {
    pub fn add(&self, to: Builder) -> Builder {
        let exe = self.exe.as_deref().unwrap_or_default();
        let name = exe.rsplit('/').next().unwrap_or_default();
        to.process(self.pid, self.parent, exe, self.cmdline.as_deref().unwrap_or(name)).with(|process| {
            process.exe = match &self.exe {
                Some(path) => Fact::Known(Exe {
                    path: path.as_str().into(),
                    deleted: self.deleted,
                    same_as: self.same_as.as_deref().map(Text::from),
                }),
                None => Fact::Refused,
            };
            process.comm = self.comm.as_deref().map_or(process.comm.clone(), Text::from);
            process.cwd = self.cwd.as_deref().map_or(process.cwd.clone(), |cwd| Fact::Known(cwd.into()));
            if self.cmdline.as_deref() == Some("") {
                process.cmdline = Fact::Absent;
            }
            (process.uid, process.tty) = (self.uid, self.tty);
            process.foreground = process.group.filter(|_| self.foreground);
        })
    }

    pub fn is_shell(&self, shells: &Shells) -> bool {
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

impl Pair {
    fn add(&self, to: Builder) -> Builder {
        let [one, other] = self.inodes;
        let ends =
            [(one, other, self.shutdown[0], &self.held[0]), (other, one, self.shutdown[1], &self.held[1])];
        ends.into_iter().fold(to, |to, (own, peer, shutdown, held)| {
            let to = to.unix(own, &[], UnixState::Connected, b"").adjust(|snapshot| {
                let socket = snapshot.sockets.last_mut().unwrap();
                socket.peer = Some(Inode(peer));
                if let Detail::Unix(unix) = &mut socket.detail {
                    unix.shutdown = Some(shutdown);
                }
            });
            let pid = |pid: &str| Pid(pid.parse().unwrap());
            let owner = |pid, fd| Owner { inode: Inode(own), pid, fd: Fd(fd), tid: None };
            let owners = held.iter().flat_map(|(by, fds)| fds.iter().map(move |&fd| (pid(by), fd)));
            let owners: Vec<Owner> = owners.map(|(pid, fd)| owner(pid, fd)).collect();
            to.adjust(|snapshot| snapshot.owners.extend(owners))
        })
    }
}

fn file(text: &str) -> Descriptor {
    let words: Vec<&str> = text.split(' ').collect();
    let (pid, fd) = words[0].split_once('.').unwrap();
    let number = || words[2..].last().unwrap().parse::<u32>().unwrap();
    let device = Some(Device { major: 0, minor: 22 });
    Descriptor {
        pid: Pid(pid.parse().unwrap()),
        fd: Fd(fd.parse().unwrap()),
        access: match words[1] {
            "r" => Access::Read,
            "w" => Access::Write,
            "rw" => Access::Both,
            other => panic!("{other}"),
        },
        target: match words[2] {
            "pipe" => Target::Pipe(Inode(number().into())),
            "fifo" => Target::Fifo { device: Device { major: 8, minor: 1 }, inode: number().into() },
            "slave" => Target::PtySlave { devpts: device, index: number() },
            "master" => Target::PtyMaster { devpts: device, index: number() },
            "unix" => Target::Socket(Inode(number().into())),
            "null" => Target::Null,
            "file" => Target::File,
            other => panic!("{other}"),
        },
    }
}

impl Case {
    fn judge(&self) -> Arc<Analysis> {
        let mut analyzer =
            Analyzer::new(Judging { shells: Shells::new(self.extra.clone()), ..Judging::default() });
        if !self.before.is_empty() {
            let processes =
                if self.processes_before.is_empty() { &self.processes } else { &self.processes_before };
            analyzer.analyze(self.look(processes, &self.before));
        }
        analyzer.analyze(self.look(&self.processes, &self.sockets))
    }

    fn look(&self, processes: &[Process], sockets: &[Socket]) -> Arc<Snapshot> {
        let all = processes.iter().fold(snapshot(), |to, process| process.add(to));
        let all = self.pairs.iter().fold(all, |to, pair| pair.add(to));
        // Sockets with a namespace of their own come last: the builder stays in it.
        let all = sockets.iter().fold(all, |to, socket| socket.add(to));
        let mut files: Vec<Descriptor> = self.files.iter().map(|text| file(text)).collect();
        files.sort();
        let fds = |fds: &[u32]| fds.iter().copied().map(Fd).collect();
        let probe = |probed: &Probed| Probe {
            waits_for: fds(&probed.waits_for),
            raw_terminals: fds(&probed.raw),
            in_public_directory: probed.public,
        };
        let probes = self.probes.iter().map(|probed| (Pid(probed.pid), probe(probed))).collect();
        all.adjust(|snapshot| (snapshot.descriptors, snapshot.probes) = (files, probes)).build()
    }

    /// What is not as it should be.
    pub fn wrong(&self, rule: &str) -> Option<String> {
        let analysis = self.judge();
        let (mut own, others): (Vec<&Found>, Vec<&Found>) =
            analysis.alerts.iter().partition(|alert| alert.rule == rule);
        own.sort_by_key(|alert| alert.process.pid);
        let facts = |evidence: &[Evidence]| -> Vec<String> {
            evidence.iter().map(|evidence| evidence.fact.clone()).collect()
        };
        let found: Vec<_> = own
            .iter()
            .zip(self.alerts.iter().map(Some).chain(std::iter::repeat(None)))
            .map(|(alert, wanted)| {
                // Where a case says nothing of the way, it is not what the case is about.
                let chain = wanted.is_none_or(|wanted| wanted.chain.is_some()).then(|| alert.chain.clone());
                let evidence = (facts(&alert.evidence), facts(&alert.against));
                (alert.process.pid.0, alert.level.name(), alert.summary.clone(), chain, evidence)
            })
            .collect();
        let wanted: Vec<_> = self
            .alerts
            .iter()
            .map(|alert| {
                let evidence = (alert.evidence.clone(), alert.against.clone());
                (alert.pid, alert.level.as_str(), alert.summary.clone(), alert.chain.clone(), evidence)
            })
            .collect();
        let mut others: Vec<String> = others
            .iter()
            .map(|alert| format!("{} {} {}", alert.rule, alert.process.pid, alert.level.name()))
            .collect();
        others.sort();
        (found != wanted || others != self.others).then(|| {
            format!("{}:\nfound  {found:#?}\n{others:?}\nwanted {wanted:#?}\n{:?}", self.name, self.others)
        })
    }
}

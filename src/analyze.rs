//! What follows from a snapshot and the ones before it: owners, direction, age, changes, alerts. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::model::{
    Alert, Allow, Inode, Mute, Owner, Pid, Process, ProcessKey, Run, Shells, Small, Snapshot, Socket,
};

mod change;
mod coverage;
mod direction;
mod graph;
mod join;
pub mod mute;
pub mod rules;
mod unowned;

use change::Past;
use direction::Listeners;
use graph::Graph;
use join::Places;
use rules::Scene;
pub use unowned::Unowned;

/// Which side called connect(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    Inbound,
    Outbound,
}

/// What says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DirectedBy {
    /// The state itself: only a client is in `SYN_SENT`, only a server in `SYN_RECV`.
    State,
    /// The kernel counts the SYN of the side that connected among the bytes that were acknowledged.
    Counters,
    /// A listener of the same namespace covers the local address and port: inbound.
    Listener,
    /// Only the peer's port is one that the kernel gives to who connects: inbound.
    Ports,
    /// None of these: outbound.
    NoListener,
}

/// How long a socket has existed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Age {
    /// It appeared while sockeye watched.
    Exactly(Duration),
    /// It was there before: at most as old as its oldest owner.
    AtMost(Duration),
    /// No owner, and there before.
    Unknown,
}

/// What happened to a socket since the snapshot before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    #[default]
    Same,
    New,
    State,
    /// Gone; kept on screen for two snapshots.
    Closed,
}

/// What is derived of one socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its owners, as places in the owners beside it; sorted by (pid, fd).
    pub owners: Run,
    /// The owner to show first, as a place among its owners: the one the gravest alert is about, else the one whose
    /// ancestry contains the others.
    pub lead: Option<Small>,
    /// Set exactly where `owners` is empty.
    pub unowned: Option<Unowned>,
    /// Of connected sockets only.
    pub direction: Option<(Direction, DirectedBy)>,
    /// Alerts about it, as places in the alerts beside it; the gravest first.
    pub alerts: Run,
    pub change: Change,
    /// Number of the snapshot that saw it first ([`Analysis::number`]).
    pub first: u32,
    /// Number of the snapshot that saw it in this state first; a connection's inode that comes or goes counts too.
    pub changed: u32,
    pub age: Age,
    /// None at first sight, and where the counters are not listed.
    pub rates: Option<Rates>,
    /// The unix socket at the other end, as a place in the snapshot's sockets; none where it is not listed.
    pub peer: Option<Small>,
}

impl Entry {
    /// The owner to show first, out of the owners beside it.
    pub fn lead(&self, owners: &[Owner]) -> Option<Owner> {
        self.owners.of(owners).get(self.lead?.place()).copied()
    }
}

/// Data of a TCP connection per second since the snapshot before, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rates {
    /// What was sent again counts again.
    pub sent: u64,
    pub received: u64,
}

/// A socket that is gone, with all that its row needs.
#[derive(Clone, Debug)]
pub struct Closed {
    pub socket: Socket,
    /// Runs in it are places in `owners` and `alerts` here.
    pub entry: Entry,
    pub owners: Vec<Owner>,
    pub alerts: Vec<Alert>,
    /// Its owners and their ancestors, as last seen.
    pub processes: BTreeMap<Pid, Process>,
    /// Uptime of the snapshot that saw it last ([`Snapshot::uptime`]).
    pub seen: Duration,
    /// Number of the first snapshot without it, or without a process that holds it.
    pub gone: u32,
}

/// How much of the host was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pub sockets: usize,
    /// Those with a known owner.
    pub owned: usize,
    /// The others, by reason.
    pub unowned: BTreeMap<Unowned, usize>,
    /// Shells whose pipes and terminals lead too far to be followed to the end.
    pub unfollowed: usize,
    /// What would raise the share, in words; none where nothing would.
    pub advice: Option<String>,
}

impl Coverage {
    /// `3 shells lead too far to be followed`; none where all were followed to the end.
    pub fn unfollowed_in_words(&self) -> Option<String> {
        match self.unfollowed {
            0 => None,
            1 => Some("1 shell leads too far to be followed".to_owned()),
            more => Some(format!("{more} shells lead too far to be followed")),
        }
    }
}

/// A snapshot and what follows from it.
#[derive(Clone, Debug)]
pub struct Analysis {
    pub snapshot: Arc<Snapshot>,
    /// One per socket of the snapshot, in its order.
    pub entries: Vec<Entry>,
    /// Those of the snapshot, sorted by inode, pid and descriptor.
    pub owners: Vec<Owner>,
    /// Alerts, grouped by entry.
    pub alerts: Vec<Alert>,
    /// Which of the analyzer's snapshots it is, from 1 on.
    pub number: u32,
    /// Uptime of the first snapshot since this boot that was compared with others.
    pub began: Duration,
    /// Sockets that are gone since one or two snapshots; bounded.
    pub closed: Vec<Arc<Closed>>,
    /// Sockets that processes have closed, or that had none and are gone, the newest first; bounded. A connection
    /// that the kernel goes on with (TIME_WAIT) is in it from the moment on that its process closed it.
    pub history: Arc<Vec<Arc<Closed>>>,
    pub coverage: Coverage,
    /// By what it was judged.
    pub judging: Judging,
    /// Share of one processor that sockeye used since the snapshot before, 1.0 being all of it.
    pub cpu_share: Option<f64>,
}

/// What the user decides about judging.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judging {
    pub shells: Shells,
    /// Executables, by their names, of further programs that have no business with sockets.
    pub tools: Vec<String>,
    pub mutes: Vec<Mute>,
    pub allowed: Vec<Allow>,
}

/// Analyzes one snapshot after the other and remembers what the next one is compared with.
#[derive(Debug, Default)]
pub struct Analyzer {
    judging: Judging,
    before: Option<Past>,
    /// How many snapshots there were.
    count: u32,
    /// Processes that held an outbound connection while they executed a shell, and its socket, for as long as they
    /// hold it.
    former: BTreeSet<(ProcessKey, Inode)>,
}

impl Analyzer {
    pub fn new(judging: Judging) -> Self {
        Self { judging, ..Self::default() }
    }

    /// Judges by other wishes from the next snapshot on.
    pub fn judge_by(&mut self, judging: Judging) {
        self.judging = judging;
    }

    /// Derives everything that follows from the snapshot.
    pub fn analyze(&mut self, snapshot: Arc<Snapshot>) -> Arc<Analysis> {
        // After another boot id, inodes, pids and times are those of another life of the host.
        let past = self.before.take().filter(|past| past.boot_id() == &snapshot.host.boot_id);
        if past.is_none() {
            self.former.clear();
        }
        self.count = self.count.saturating_add(1);
        let number = self.count;
        let places = Places::of(&snapshot.sockets);
        let (mut entries, owners) = join::join(&snapshot, &places);
        let compared = change::compare(past.as_ref(), &snapshot.sockets, &places);
        let listeners = Listeners::of(&snapshot);
        change::derive(&snapshot, number, &mut entries, &owners, &compared, &listeners);
        let (mut alerts, unfollowed) = self.judge(&snapshot, (&entries, &owners), &places, &listeners);
        mute::settle(&mut alerts, &snapshot, &self.judging);
        let alerts = rules::grouped(alerts, &snapshot.sockets, &places, &mut entries, &owners);
        let gone = past.as_ref().map(|past| change::closed(past, &compared, number));
        let (closed, history) = gone.unwrap_or_default();
        let began = past.as_ref().map_or(snapshot.uptime, Past::began);
        let coverage = Coverage { unfollowed, ..coverage::coverage(&snapshot, &entries) };
        let cpu_share = past.as_ref().and_then(|past| past.cpu_share(&snapshot));
        let judging = self.judging.clone();
        let analysis = Arc::new(Analysis {
            snapshot,
            entries,
            owners,
            alerts,
            number,
            began,
            closed,
            history,
            coverage,
            judging,
            cpu_share,
        });
        self.before = Some(Past::new(Arc::clone(&analysis), places));
        analysis
    }

    /// What the rules find, and how many shells they could not follow to the end.
    fn judge(
        &mut self,
        snapshot: &Snapshot,
        (entries, owners): (&[Entry], &[Owner]),
        places: &Places,
        listeners: &Listeners,
    ) -> (Vec<Alert>, usize) {
        let judging = &self.judging;
        let graph = Graph::of(snapshot, (entries, owners), places, listeners, judging);
        let process = |pid: Pid| snapshot.processes.get(&pid);
        let is_told = |pid| process(pid).is_some_and(|process| judging.shells.told(process).is_some());
        let chains = graph::chains(&graph, &is_told);
        let scene = Scene {
            snapshot,
            entries,
            owners,
            judging,
            graph: &graph,
            chains: &chains,
            listeners,
            former: &self.former,
        };
        let (alerts, former) = rules::check(&scene);
        self.former = former;
        (alerts, chains.unfollowed)
    }
}

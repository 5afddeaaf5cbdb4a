//! Looks at this host, again and again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::gaps::Gaps;
use super::links::Links;
use super::netns::{Mounts, Namespace};
use super::probe::{self, Prober};
use super::root::{DIR_BUFFER, ProcRoot};
use super::tables::{Found, Held, Tables};
use super::ticks::Ticks;
use super::unbound::Unbound;
use super::walk::{Walk, Walker};
use super::ways::{Ways, told};
use super::{Emit, LiveOptions, OpenError, Source, bpf, host, process, rows};
use crate::model::{Collector, GapScope, Inode, NetNamespace, Owner, Request, Snapshot, Socket, Update};

/// An interval is no shorter than so many times the CPU time of a pass: at most 5 % of a processor.
const CPU_SHARE: u32 = 20;

/// The sockets of this machine, or of what another procfs root shows.
#[derive(Debug)]
pub struct Live {
    root: ProcRoot,
    interval: Duration,
    stretch: bool,
    ways: Ways,
    walker: Walker,
    tables: Tables,
    unbound: Unbound,
    mounts: Mounts,
    links: Option<Links>,
    prober: Option<Prober>,
    buffer: Vec<u8>,
}

/// What one way of looking found.
struct Look {
    walk: Walk,
    sockets: Vec<Socket>,
    namespaces: Vec<Namespace>,
    /// Some namespaces had to be entered.
    entered: bool,
    /// And some could not be.
    not_entered: u32,
}

impl Live {
    /// Raises the limit of open descriptors as far as allowed, too; few are needed, but a low limit would hide
    /// everything.
    ///
    /// # Errors
    ///
    /// `proc` is no directory, or lists no process.
    pub fn open(proc: &Path, options: &LiveOptions) -> Result<Self, OpenError> {
        let limit = getrlimit(Resource::Nofile);
        // Where it fails, reading says what it could not open.
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).ok();
        let ticks = Ticks::of_this_machine();
        let root = ProcRoot::open(proc)?;
        Ok(Self {
            interval: options.interval,
            stretch: options.stretch,
            ways: Ways::choose(&root, options.collector),
            walker: Walker::new(process::Reader::new(ticks, root.is_procfs(), options.links.clone())),
            tables: Tables::new(ticks),
            unbound: Unbound::default(),
            mounts: Mounts::default(),
            links: options.links.clone().map(Links::new),
            prober: options.links.clone().map(Prober::new),
            buffer: Vec::with_capacity(DIR_BUFFER),
            root,
        })
    }

    /// One look at everything. Never fails: what could not be seen is a gap in it. A way of reading that fails is
    /// given up for the next, in the same look.
    #[expect(clippy::disallowed_methods, reason = "a snapshot says when it was taken and what it cost")]
    pub fn snapshot(&mut self) -> Snapshot {
        let started = Instant::now();
        let taken_at = SystemTime::now();
        let uptime = host::uptime();
        let mut gaps = Gaps::default();
        let mut mounts = std::mem::take(&mut self.mounts);
        mounts.refresh(&self.root, &mut self.buffer, &mut gaps);
        let Look { mut walk, sockets, namespaces, entered, not_entered } =
            match self.by_bpf(&mounts, &mut gaps) {
                Some(look) => look,
                None => self.by_walk(&mounts, &mut gaps),
            };
        self.mounts = mounts;
        let descriptors = self.links.as_mut().map_or_else(Vec::new, |links| {
            links.find(&self.root, &mut self.walker.processes, &mut walk, &sockets, &mut gaps)
        });
        let found = probe::Found {
            processes: &walk.processes,
            descriptors: &descriptors,
            owners: &walk.descriptors.owners,
            sockets: &sockets,
        };
        let probes = self.prober.as_mut().map_or_else(BTreeMap::new, |prober| {
            prober.find(&self.root, &mut self.walker.processes, found, &mut gaps)
        });
        self.walker.processes.add_ancestors(&self.root, &mut walk.processes, &mut gaps);

        let host = host::host(&self.root, &mut self.buffer, &mut gaps);
        let users = host::users(&self.root, &mut self.buffer, &mut gaps);
        let namespaces = namespaces
            .into_iter()
            .map(|Namespace { netns, name, is_host, .. }| NetNamespace { netns, name, is_host })
            .collect();
        Snapshot {
            host,
            viewer: host::viewer(&gaps, entered),
            taken_at,
            uptime,
            processes: walk.processes,
            sockets,
            owners: walk.descriptors.owners,
            descriptors,
            probes,
            namespaces,
            users,
            seen: walk.seen,
            way: self.ways.way(not_entered),
            gaps: gaps.into_sorted(),
            own: host::own(&self.root, &mut self.buffer),
            cost: started.elapsed(),
        }
    }

    /// By what BPF finds of descriptors, and tables for what has none. None where that is not the way, or is given
    /// up.
    fn by_bpf(&mut self, mounts: &Mounts, gaps: &mut Gaps) -> Option<Look> {
        let bpf = self.ways.bpf()?;
        let mut pass = bpf::Found::default();
        let mut own = Gaps::default();
        let mut gone = Vec::new();
        let read = bpf.read(&mut pass).and_then(|()| {
            let mut before = bpf::Found::default();
            let knows_most = self.walker.begin(&pass.holders);
            if !knows_most {
                bpf.read_tasks(&mut before)?;
            }
            gone = self.walker.meet(&self.root, &pass.holders, before.processes, &mut own);
            bpf.read_tasks(&mut pass)
        });
        let failed = if let Err(error) = read {
            told(&error)
        } else {
            let mut walk = self.walker.of_pass(&self.root, &mut pass, gone, &mut own);
            let members = std::mem::take(&mut walk.members);
            let namespaces =
                members.into_namespaces(&self.root, mounts, &walk.descriptors.namespaces, &mut own);
            let held = Held { tallies: &pass.tallies, contains: &|inode| bpf.is_found(inode) };
            match self.tables.read_unheld(&self.root, &namespaces, &held, &mut walk.seen, &mut own) {
                Ok(Found { sockets: mut unheld, entered, not_entered }) => {
                    rows::settle(&mut unheld, &walk.descriptors.owners, true, &mut own);
                    let mut sockets = pass.sockets;
                    let is_subflow = |inode| unheld.iter().any(|socket: &Socket| socket.id.inode == inode);
                    pass.mptcp.retain(|&inode| is_subflow(inode));
                    if !pass.mptcp.is_empty() {
                        sockets.retain(|socket| !pass.mptcp.contains(&socket.id.inode));
                    }
                    sockets.append(&mut unheld);
                    gaps.merge(own);
                    return Some(Look { walk, sockets, namespaces, entered, not_entered });
                }
                Err(errno) => format!("netlink is refused: {errno}"),
            }
        };
        self.ways.give_up(&failed);
        None
    }

    /// By the walk over `/proc`, and tables.
    fn by_walk(&mut self, mounts: &Mounts, gaps: &mut Gaps) -> Look {
        // Owners before tables: a socket opened in between has a row without owner, which is true of it then,
        // not an owner without a row.
        let mut walk = self.walker.walk(&self.root, gaps);
        let all_seen = !gaps.any(&[GapScope::Processes, GapScope::Descriptors, GapScope::Descriptor]);
        let members = std::mem::take(&mut walk.members);
        let mut namespaces = members.into_namespaces(&self.root, mounts, &walk.descriptors.namespaces, gaps);
        let Found { mut sockets, entered, not_entered } = self.read_tables(&mut namespaces, &mut walk, gaps);
        rows::settle(&mut sockets, &walk.descriptors.owners, all_seen, gaps);
        let mut held = held(&walk.descriptors.owners);
        let counted = walk.descriptors.owners.len();
        // In threads with a table of their own.
        let unheld = missing(listed(&sockets).filter(|inode| !inode.is_none()), held.iter().copied());
        self.walker.search(&self.root, unheld, &mut walk, gaps);
        if !gaps.hides_sockets() {
            let owners = &walk.descriptors.owners;
            if owners.len() != counted {
                held = self::held(owners);
            }
            let unlisted = missing(held.into_iter(), listed(&sockets));
            self.unbound.add(&self.root, &unlisted, owners, &mut sockets);
        }
        Look { walk, sockets, namespaces, entered, not_entered }
    }

    /// The rows of all namespaces, in the best way that works.
    fn read_tables(&mut self, namespaces: &mut Vec<Namespace>, walk: &mut Walk, gaps: &mut Gaps) -> Found {
        loop {
            let by_diag = self.ways.used() == Collector::Diag;
            let (mut seen, mut own) = (walk.seen, Gaps::default());
            let held = walk.descriptors.owners.len();
            match self.tables.read(&self.root, namespaces, held, by_diag, &mut seen, &mut own) {
                Ok(found) => {
                    walk.seen = seen;
                    gaps.merge(own);
                    return found;
                }
                Err(errno) => self.ways.give_up(&format!("netlink is refused: {errno}")),
            }
        }
    }
}

/// Inodes that descriptors hold, sorted.
fn held(owners: &[Owner]) -> Vec<Inode> {
    let mut held: Vec<Inode> = owners.iter().map(|owner| owner.inode).collect();
    held.sort_unstable();
    held
}

/// Inodes of rows, which are sorted by them.
fn listed(sockets: &[Socket]) -> impl Iterator<Item = Inode> {
    sockets.iter().map(|socket| socket.id.inode)
}

/// Each of the first that is not among the second, both sorted.
fn missing(these: impl Iterator<Item = Inode>, others: impl Iterator<Item = Inode>) -> Vec<Inode> {
    let mut others = others.peekable();
    let mut is_missing = |inode: &Inode| {
        while others.next_if(|other| other < inode).is_some() {}
        others.peek() != Some(inode)
    };
    let mut missing: Vec<Inode> = these.filter(|inode| is_missing(inode)).collect();
    missing.dedup();
    missing
}

impl Source for Live {
    #[expect(clippy::disallowed_methods, reason = "it paces itself")]
    fn run(mut self: Box<Self>, requests: Receiver<Request>, emit: &mut Emit<'_>) {
        loop {
            let started = Instant::now();
            let cpu = host::cpu_time();
            if emit(Update::Snapshot(Arc::new(self.snapshot()))).is_break() {
                return;
            }
            // What was done with it counts as well.
            let dear = host::cpu_time().saturating_sub(cpu).saturating_mul(CPU_SHARE);
            loop {
                let interval = if self.stretch { self.interval.max(dear) } else { self.interval };
                match requests.recv_timeout(interval.saturating_sub(started.elapsed())) {
                    Ok(Request::SetInterval(interval)) => {
                        self.interval = interval;
                        self.stretch = false;
                    }
                    Ok(Request::Refresh) | Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        }
    }
}

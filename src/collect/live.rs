//! Looks at this host, again and again.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::{AtFlags, statat};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::fds::Descriptors;
use super::gaps::{Gaps, reason};
use super::netns::{Entered, Member, Members, Mounts, Namespace, read_from_inside};
use super::root::{DIR_BUFFER, ProcRoot, each_number, is_gone, open_dir};
use super::ticks::Ticks;
use super::{Emit, LiveOptions, OpenError, Source, host, process, rows, text};
use crate::model::{
    GapReason, GapScope, NetNamespace, Netns, Pid, Process, Request, Seen, Snapshot, Socket, Update, Way,
};

/// The sockets of this machine, or of what another procfs root shows.
#[derive(Debug)]
pub struct Live {
    root: ProcRoot,
    interval: Duration,
    processes: process::Reader,
    tables: text::Reader,
    buffer: Vec<u8>,
}

/// What the walk over all processes finds.
struct Walk {
    descriptors: Descriptors,
    members: Members,
    processes: BTreeMap<Pid, Process>,
    seen: Seen,
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
        Ok(Self {
            root: ProcRoot::open(proc)?,
            interval: options.interval,
            processes: process::Reader::new(ticks),
            tables: text::Reader::new(ticks),
            buffer: Vec::with_capacity(DIR_BUFFER),
        })
    }

    /// One look at everything. Never fails: what could not be seen is a gap in it.
    #[expect(clippy::disallowed_methods, reason = "a snapshot says when it was taken and what it cost")]
    pub fn snapshot(&mut self) -> Snapshot {
        let started = Instant::now();
        let taken_at = SystemTime::now();
        let uptime = host::uptime();
        let mut gaps = Gaps::default();
        // Owners before tables: a socket opened in between has a row without owner, which is true of it then,
        // not an owner without a row.
        let Walk { descriptors, members, mut processes, mut seen } = self.walk(&mut gaps);
        process::add_ancestors(&self.root, &mut self.processes, &mut processes, &mut gaps);
        let all_seen = !gaps.any(&[GapScope::Processes, GapScope::Descriptors, GapScope::Descriptor]);

        let mounts = Mounts::read(&self.root, &mut self.buffer, &mut gaps);
        let mut namespaces = members.into_namespaces(&self.root, &mounts, &descriptors.namespaces, &mut gaps);
        let (mut sockets, entered) = self.tables(&mut namespaces, &mut seen, &mut gaps);
        rows::settle(&mut sockets, &descriptors.owners, all_seen, &mut gaps);

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
            processes,
            sockets,
            owners: descriptors.owners,
            namespaces,
            users,
            seen,
            way: Way::default(),
            gaps: gaps.into_sorted(),
            cost: started.elapsed(),
        }
    }

    fn walk(&mut self, gaps: &mut Gaps) -> Walk {
        let mut walk = Walk {
            descriptors: Descriptors::new(),
            members: Members::default(),
            processes: BTreeMap::new(),
            seen: Seen::default(),
        };
        let (pids, error) = self.root.pids(&mut self.buffer);
        if let Some(errno) = error {
            gaps.add(GapScope::Processes, reason(errno));
        }
        if !pids.contains(&Pid(1)) {
            // Every process id namespace has one: with `hidepid` others are not listed either.
            gaps.add(GapScope::Processes, GapReason::Permission);
        }
        for pid in pids {
            match self.root.process(pid) {
                Ok(dir) => self.visit(dir.as_fd(), pid, &mut walk, gaps),
                Err(errno) if is_gone(errno) => {}
                Err(errno) => {
                    walk.seen.processes += 1;
                    gaps.add(GapScope::Descriptors, reason(errno));
                }
            }
        }
        walk
    }

    /// Reads the descriptors of a process, its namespace and, if it holds a socket, its facts: all below one
    /// open directory, so that a recycled pid cannot mix them.
    fn visit(&mut self, dir: BorrowedFd<'_>, pid: Pid, walk: &mut Walk, gaps: &mut Gaps) {
        let owners = walk.descriptors.owners.len();
        let walked = match walk.descriptors.walk(dir, pid) {
            Ok(walked) if walked.descriptors == 0 => self
                .living_thread(dir, pid)
                .map_or(Ok(walked), |thread| walk.descriptors.walk(thread.as_fd(), pid)),
            walked => walked,
        };
        match walked {
            Ok(walked) => {
                walk.seen.processes += 1;
                match walked.failed {
                    None => walk.seen.processes_read += 1,
                    Some(errno) => gaps.add(GapScope::Descriptor, reason(errno)),
                }
            }
            Err(errno) if is_gone(errno) => {
                walk.descriptors.owners.truncate(owners);
                return;
            }
            Err(errno) => {
                walk.seen.processes += 1;
                if self.processes.holds_nothing(dir) {
                    walk.seen.processes_read += 1;
                } else {
                    gaps.add(GapScope::Descriptors, reason(errno));
                }
            }
        }
        walk.members.add(dir, pid, gaps);
        if walk.descriptors.owners.len() > owners {
            match self.processes.read(dir, pid, gaps) {
                Ok(process) => {
                    walk.processes.insert(pid, process);
                }
                Err(process::Missing::Gone) => walk.descriptors.owners.truncate(owners),
                Err(process::Missing::Gap(reason)) => gaps.add(GapScope::ProcessFacts, reason),
            }
        }
    }

    /// A thread that lives on after the first one of its process ended: only below it the descriptors are
    /// still listed. `/proc/TID` is not listed but there.
    fn living_thread(&mut self, dir: BorrowedFd<'_>, pid: Pid) -> Option<std::os::fd::OwnedFd> {
        // `task` links to itself, its parent and each thread.
        if statat(dir, c"task", AtFlags::empty()).ok()?.st_nlink <= 3 {
            return None;
        }
        let tasks = open_dir(dir, c"task").ok()?;
        let mut thread = None;
        let ended = each_number(tasks.as_fd(), self.buffer.spare_capacity_mut(), |tid, _| {
            if tid == pid.0 {
                return Ok(());
            }
            thread = self.root.process(Pid(tid)).ok();
            Err(Errno::CANCELED) // one is enough
        });
        ended.err().and(thread)
    }

    /// The rows of all namespaces, and whether some could only be read from inside.
    fn tables(
        &mut self,
        namespaces: &mut Vec<Namespace>,
        seen: &mut Seen,
        gaps: &mut Gaps,
    ) -> (Vec<Socket>, bool) {
        let mut sockets = Vec::new();
        let mut hidden = Vec::new();
        let mut to_enter = Vec::new();
        for namespace in namespaces.iter() {
            seen.namespaces += 1;
            match self.through_members(namespace, &mut sockets, gaps) {
                Ok(()) => {
                    seen.namespaces_read += 1;
                    hidden.extend(Some(namespace.netns).filter(|netns| matches!(netns, Netns::Hidden(_))));
                }
                Err(_) if !namespace.entrances.is_empty() && self.root.is_default() => {
                    to_enter.push(namespace);
                }
                Err(reason) => gaps.add(GapScope::Namespace, reason),
            }
        }
        if to_enter.is_empty() {
            return (sockets, false);
        }
        let Entered { read, revealed } =
            read_from_inside(&self.root, &to_enter, &hidden, &mut self.tables, &mut sockets, gaps);
        seen.namespaces_read += read;
        for (hidden, netns) in revealed {
            seen.namespaces = seen.namespaces.saturating_sub(1);
            for socket in sockets.iter_mut().filter(|socket| socket.id.netns == hidden) {
                socket.id.netns = netns;
            }
            let is_host = namespaces.iter().any(|namespace| namespace.netns == hidden && namespace.is_host);
            namespaces.retain_mut(|namespace| {
                namespace.is_host |= is_host && namespace.netns == netns;
                namespace.netns != hidden
            });
        }
        (sockets, true)
    }

    /// Reads a namespace through the first of its processes that stays in it to the end.
    fn through_members(
        &mut self,
        namespace: &Namespace,
        sockets: &mut Vec<Socket>,
        gaps: &mut Gaps,
    ) -> Result<(), GapReason> {
        let mut why = if namespace.members.is_empty() { GapReason::Unsupported } else { GapReason::Vanished };
        let before = sockets.len();
        for member in &namespace.members {
            let mut own = Gaps::default();
            let read = self.through(*member, namespace, sockets, &mut own);
            match read {
                Ok(()) => {
                    gaps.merge(own);
                    return Ok(());
                }
                Err(reason) => {
                    sockets.truncate(before);
                    if reason != GapReason::Vanished {
                        why = reason;
                    }
                }
            }
        }
        Err(why)
    }

    fn through(
        &mut self,
        member: Member,
        namespace: &Namespace,
        sockets: &mut Vec<Socket>,
        gaps: &mut Gaps,
    ) -> Result<(), GapReason> {
        let process = member.directory(&self.root, namespace.netns).map_err(reason)?;
        self.tables.read(process.as_fd(), namespace.netns, sockets, gaps)?;
        member.is_in(process.as_fd(), namespace.netns).map_err(reason)
    }
}

impl Source for Live {
    #[expect(clippy::disallowed_methods, reason = "it paces itself")]
    fn run(mut self: Box<Self>, requests: Receiver<Request>, emit: &mut Emit<'_>) {
        loop {
            let started = Instant::now();
            if emit(Update::Snapshot(Arc::new(self.snapshot()))).is_break() {
                return;
            }
            loop {
                match requests.recv_timeout(self.interval.saturating_sub(started.elapsed())) {
                    Ok(Request::SetInterval(interval)) => self.interval = interval,
                    Ok(Request::Refresh) | Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        }
    }
}

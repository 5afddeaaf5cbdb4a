//! Walks over all processes: what their descriptors refer to, and who they are.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::bpf::{Found, Holder};
use super::fds::Descriptors;
use super::gaps::{Gaps, reason};
use super::links::End;
use super::netns::Members;
use super::process;
use super::root::{DIR_BUFFER, ProcRoot, is_gone};
use super::threads::{Threads, living};
use crate::model::{GapReason, GapScope, Inode, Pid, Process, Seen};

/// What the walk over all processes finds.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) descriptors: Descriptors,
    pub(super) members: Members,
    pub(super) processes: BTreeMap<Pid, Process>,
    pub(super) seen: Seen,
    /// The processes that are listed.
    pub(super) pids: Vec<Pid>,
}

/// Walks, and remembers between walks what does not change.
#[derive(Debug)]
pub(super) struct Walker {
    pub(super) processes: process::Reader,
    threads: Threads,
    buffer: Vec<u8>,
}

impl Walker {
    pub(super) fn new(processes: process::Reader) -> Self {
        Self { processes, threads: Threads::default(), buffer: Vec::with_capacity(DIR_BUFFER) }
    }

    pub(super) fn walk(&mut self, root: &ProcRoot, gaps: &mut Gaps) -> Walk {
        self.threads.next_pass();
        self.processes.next_pass();
        let (pids, error) = root.pids(&mut self.buffer);
        let mut walk = Walk {
            descriptors: Descriptors::new(),
            members: Members::default(),
            processes: BTreeMap::new(),
            seen: Seen::default(),
            pids: Vec::new(),
        };
        if let Some(errno) = error {
            gaps.add(GapScope::Processes, reason(errno));
        }
        if root.is_procfs() && !pids.contains(&Pid(1)) {
            // Every process id namespace has one: with `hidepid=2` others are not listed either.
            gaps.add(GapScope::Processes, GapReason::Permission);
        }
        for &pid in &pids {
            match root.process(pid) {
                Ok(dir) => self.visit(dir.as_fd(), pid, &mut walk, gaps),
                Err(errno) if is_gone(errno) => {}
                Err(errno) => {
                    walk.seen.processes += 1;
                    gaps.add(GapScope::Descriptors, reason(errno));
                }
            }
        }
        walk.pids = pids;
        walk
    }

    /// Begins a pass by BPF, which found these processes. Gives whether most are known.
    pub(super) fn begin(&mut self, holders: &[Holder]) -> bool {
        self.processes.next_pass();
        self.processes.knows_most(holders)
    }

    /// Reads of processes that BPF found what it does not tell of them; gives those that are gone. `before` is what it
    /// told of all processes until now.
    pub(super) fn meet(
        &mut self,
        root: &ProcRoot,
        holders: &[Holder],
        before: Vec<Holder>,
        gaps: &mut Gaps,
    ) -> Vec<Pid> {
        self.processes.expect(before);
        let mut gone = Vec::new();
        for holder in holders {
            match self.processes.meet(root, holder) {
                Ok(()) => {}
                Err(process::Missing::Gone) => gone.push(holder.pid),
                Err(process::Missing::Gap(reason)) => gaps.add(GapScope::ProcessFacts, reason),
            }
        }
        self.processes.meet_ancestors(root, holders);
        gone
    }

    /// What the walk would find, from passes by BPF and what was read between them.
    pub(super) fn of_pass(
        &mut self,
        root: &ProcRoot,
        found: &mut Found,
        mut gone: Vec<Pid>,
        gaps: &mut Gaps,
    ) -> Walk {
        let number = u32::try_from(found.processes.len()).unwrap_or(u32::MAX);
        self.processes.tell(std::mem::take(&mut found.processes));
        let mut walk = Walk {
            descriptors: Descriptors::new(),
            members: Members::default(),
            processes: BTreeMap::new(),
            seen: Seen { processes: number, processes_read: number, ..Seen::default() },
            pids: Vec::new(),
        };
        for &(number, pid) in &found.members {
            walk.members.insert(number, pid);
        }
        for holder in &found.holders {
            if holder.told.is_none() {
                gone.push(holder.pid);
            } else if let Some(process) = self.processes.complete(holder, gaps) {
                walk.processes.insert(holder.pid, process);
            } else if let Ok(process) = self.processes.find(root, holder.pid, gaps)
                && process.key.start == holder.start
            {
                walk.processes.insert(holder.pid, process);
            }
        }
        walk.descriptors.owners = std::mem::take(&mut found.owners);
        if !gone.is_empty() {
            walk.descriptors.owners.retain(|owner| !gone.contains(&owner.pid));
        }
        walk.descriptors.ends = found.files.iter().map(End::of_file).collect();
        walk.descriptors.are_known = true;
        for &(pid, fd) in &found.namespaces {
            walk.descriptors.add_namespace(root, pid, fd);
        }
        walk
    }

    /// Reads the descriptors of a process, its namespace and, if it holds a socket, its facts: all below one
    /// open directory, so that a recycled pid cannot mix them.
    fn visit(&mut self, dir: BorrowedFd<'_>, pid: Pid, walk: &mut Walk, gaps: &mut Gaps) {
        let owners = walk.descriptors.owners.len();
        let mut stand_in: Option<(Pid, OwnedFd)> = None;
        let walked = match walk.descriptors.walk(dir, pid, None) {
            Ok(walked) if walked.descriptors == 0 => {
                stand_in = living(dir, pid);
                let thread = stand_in.as_ref();
                thread.map_or(Ok(walked), |(_, thread)| walk.descriptors.walk(thread.as_fd(), pid, None))
            }
            walked => walked,
        };
        match walked {
            Ok(walked) => {
                walk.seen.processes += 1;
                match walked.failed {
                    None => walk.seen.processes_read += 1,
                    Some(errno) => gaps.add(GapScope::Descriptor, reason(errno)),
                }
                let main = stand_in.as_ref().map_or(dir, |(_, thread)| thread.as_fd());
                self.threads.look(dir, main, pid, &mut walk.descriptors, &mut walk.members);
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
        match &stand_in {
            Some((tid, thread)) => walk.members.add(thread.as_fd(), *tid, gaps),
            None => walk.members.add(dir, pid, gaps),
        }
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

    /// Looks for holders of sockets that are listed and that no process seems to hold: threads with a table of
    /// their own that has as many descriptors as that of their process. The facts of what is found are read.
    pub(super) fn search(&mut self, root: &ProcRoot, unheld: Vec<Inode>, walk: &mut Walk, gaps: &mut Gaps) {
        for pid in self.threads.search(root, unheld, &walk.pids, &mut walk.descriptors) {
            if walk.processes.contains_key(&pid) {
                continue;
            }
            let read = root.process(pid).map_err(process::Missing::from);
            match read.and_then(|dir| self.processes.read(dir.as_fd(), pid, gaps)) {
                Ok(process) => {
                    walk.processes.insert(pid, process);
                }
                Err(process::Missing::Gone) => {
                    walk.descriptors.owners.retain(|owner| owner.pid != pid);
                }
                Err(process::Missing::Gap(reason)) => gaps.add(GapScope::ProcessFacts, reason),
            }
        }
    }
}

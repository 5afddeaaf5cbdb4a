//! Chooses the processes whose pipes, fifos, pseudo-terminals and standard files are read, and reads them.
//!
//! To read them of all processes is dear, so
//!
//! 1. the walk over `/proc/PID/fd` keeps the texts that may be an end of something ([`End`]), as it reads them
//!    anyway; BPF tells what each end is, and needs no reading of them;
//! 2. it begins with shells, also those of another name ([`super::exe`]), of whose standard files one is a pipe, a
//!    fifo, a pseudo-terminal or a socket;
//! 3. then come those that have the other end of a chosen process's pipe or fifo open in the fitting direction, hold
//!    the master of its pseudo-terminal, the other end of its unix socket, or the very socket, and those that are
//!    linked to these, at most [`MOST_HOPS`] times. Of shells only the standard files lead on, of others each pipe.
//!
//! Only of these descriptors more than the text is read, at most [`MOST_DESCRIPTORS`] of [`MOST_PROCESSES`] processes.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd, OwnedFd};

use super::gaps::{Gaps, reason};
use super::process;
use super::root::ProcRoot;
use super::threads::living;
use super::walk::Walk;
use crate::model::{
    Access, Descriptor, Device, Fd, GapReason, GapScope, Inode, Owner, Pid, Process, Shells, Socket, Target,
};

mod describe;
mod index;

use describe::{Describer, Failed};
use index::{Index, Key, can_be_standard, is_stdio};

pub(super) use describe::{MOUNTS_LIMIT, parse_mount};
pub(super) use index::{End, within};

const MOST_PROCESSES: usize = 4096;
const MOST_DESCRIPTORS: usize = 65_536;
/// Filters between a shell and a connection.
const MOST_HOPS: u32 = 16;

/// Finds links, with what does not change between passes.
#[derive(Debug)]
pub(super) struct Links {
    shells: Shells,
    describer: Describer,
}

/// What one pass works with.
struct Pass<'a> {
    root: &'a ProcRoot,
    shells: &'a Shells,
    describer: &'a mut Describer,
    reader: &'a mut process::Reader,
    processes: &'a mut BTreeMap<Pid, Process>,
    gaps: &'a mut Gaps,
    index: Index,
    are_known: bool,
    /// What may be standard files and are sockets, which are always open for reading and writing.
    sockets: BTreeMap<(Pid, Fd), Inode>,
    /// By inode; sorted.
    owners: &'a [Owner],
    listed: &'a [Socket],
    /// Of unix sockets, once the first is looked for.
    peers: Option<BTreeMap<Inode, Inode>>,
    masters: Option<Vec<Descriptor>>,
    /// Read already, with what was found.
    chosen: BTreeMap<Pid, Vec<Descriptor>>,
    met: BTreeSet<Pid>,
    /// What was followed already, so that what thousands share is looked up once.
    followed: BTreeSet<(Target, Access)>,
    /// Descriptors that were read, kept or not.
    count: usize,
    next: Vec<Pid>,
}

impl Links {
    pub(super) fn new(shells: Shells) -> Self {
        Self { shells, describer: Describer::default() }
    }

    /// Descriptors by process and number. The facts of these processes are added to those of the walk.
    pub(super) fn find(
        &mut self,
        root: &ProcRoot,
        reader: &mut process::Reader,
        walk: &mut Walk,
        sockets: &[Socket],
        gaps: &mut Gaps,
    ) -> Vec<Descriptor> {
        self.describer.next_pass();
        // Who reads the snapshot wants them so, too.
        walk.descriptors.owners.sort();
        let owners = &walk.descriptors.owners;
        let stdio = owners.iter().filter(|owner| can_be_standard(owner.fd) && owner.tid.is_none());
        let mut pass = Pass {
            root,
            shells: &self.shells,
            describer: &mut self.describer,
            reader,
            processes: &mut walk.processes,
            gaps,
            are_known: walk.descriptors.are_known,
            sockets: stdio.map(|owner| ((owner.pid, owner.fd), owner.inode)).collect(),
            index: Index::new(std::mem::take(&mut walk.descriptors.ends)),
            owners,
            listed: sockets,
            peers: None,
            masters: None,
            chosen: BTreeMap::new(),
            met: BTreeSet::new(),
            followed: BTreeSet::new(),
            count: 0,
            next: Vec::new(),
        };
        pass.begin();
        let mut hops = 0;
        while !pass.next.is_empty() && hops < MOST_HOPS {
            hops += 1;
            for pid in std::mem::take(&mut pass.next) {
                pass.follow(pid);
            }
        }
        pass.chosen.into_values().flatten().collect()
    }
}

impl Pass<'_> {
    /// Chooses the shells that have anything as a standard file.
    fn begin(&mut self) {
        let mut pids: BTreeSet<Pid> = self.sockets.keys().map(|&(pid, _)| pid).collect();
        let is_end = |end: &End| can_be_standard(end.fd) && end.key != Key::Other;
        let with_end = self.index.processes().filter_map(|ends| ends.iter().find(|end| is_end(end)));
        pids.extend(with_end.map(|end| end.pid));
        for pid in pids {
            if self.is_shell(pid) && self.has_standard_file(pid) {
                self.choose(pid);
            }
        }
    }

    /// Whether it executes a shell; its facts are read only where its executable is that of one.
    fn is_shell(&mut self, pid: Pid) -> bool {
        if let Some(process) = self.processes.get(&pid) {
            return self.shells.is_shell(process);
        }
        match self.reader.can_be_shell(self.root, pid, self.shells) {
            Ok(true) => {}
            Ok(false) => return false,
            Err(reason) => {
                self.gaps.add(GapScope::ProcessFacts, reason);
                return false;
            }
        }
        let read = self.reader.find(self.root, pid, self.gaps);
        let shell = read.ok().filter(|process| self.shells.is_shell(process));
        let is_shell = shell.is_some();
        self.processes.extend(shell.map(|process| (pid, process)));
        is_shell
    }

    /// Whether one of what a shell has open is its standard input, output or error, and may be an end of something.
    fn has_standard_file(&self, shell: Pid) -> bool {
        let Some(process) = self.processes.get(&shell) else { return false };
        let is_standard = |fd| self.shells.standard(process, fd).is_some();
        let ends = self.index.of_process(shell).iter().filter(|end| end.key != Key::Other);
        let sockets = self.sockets.range((shell, Fd(0))..=(shell, Fd(u32::MAX))).map(|(&(_, fd), _)| fd);
        ends.map(|end| end.fd).chain(sockets).any(is_standard)
    }

    /// Reads a process that was not read yet, whose links are to be followed then.
    fn choose(&mut self, pid: Pid) {
        if self.chosen.contains_key(&pid) || !self.met.insert(pid) {
            return;
        }
        if self.chosen.len() >= MOST_PROCESSES || self.count >= MOST_DESCRIPTORS {
            self.gaps.add(GapScope::Links, GapReason::TooLarge);
            return;
        }
        if !self.processes.contains_key(&pid) {
            match self.reader.find(self.root, pid, self.gaps) {
                Ok(process) => {
                    self.processes.insert(pid, process);
                }
                Err(process::Missing::Gone) => return,
                Err(process::Missing::Gap(reason)) => return self.gaps.add(GapScope::ProcessFacts, reason),
            }
        }
        let of_interest = |end: &&End| match end.key {
            Key::Pipe(_) | Key::Master | Key::Slave(_) => true,
            Key::Named(_) => self.index.is_shared(end),
            // `/dev/tty`; what BPF knows to be no end of anything is of no interest.
            Key::Other => end.known.is_none(),
        };
        let ends = self.index.of_process(pid).iter().filter(|end| !is_stdio(end.fd)).filter(of_interest);
        let fds: Vec<(Fd, bool)> = (0..=2)
            .map(Fd)
            .chain(self.moved_sockets(pid))
            .map(|fd| (fd, true))
            .chain(ends.map(|end| (end.fd, !matches!(end.key, Key::Named(_)))))
            .collect();
        let mut found = Vec::new();
        let mut dir = None;
        for (fd, whatever) in fds {
            if self.count >= MOST_DESCRIPTORS {
                self.gaps.add(GapScope::Links, GapReason::TooLarge);
            } else if let Some(descriptor) = self.describe(&mut dir, pid, fd)
                && (whatever || matches!(descriptor.target, Target::Fifo { .. }))
            {
                found.push(descriptor);
            }
        }
        self.chosen.insert(pid, found);
        self.next.push(pid);
    }

    /// Sockets that are standard files of a shell that moves its own.
    fn moved_sockets(&self, pid: Pid) -> impl Iterator<Item = Fd> {
        let process = self.processes.get(&pid);
        let sockets = self.sockets.range((pid, Fd(3))..=(pid, Fd(u32::MAX))).map(|(&(_, fd), _)| fd);
        sockets.filter(move |&fd| process.is_some_and(|shell| self.shells.standard(shell, fd).is_some()))
    }

    /// What a descriptor is; `dir` is the directory of its process, opened where that must be read there.
    fn describe(&mut self, dir: &mut Option<OwnedFd>, pid: Pid, fd: Fd) -> Option<Descriptor> {
        self.count += 1;
        let end = self.index.find(pid, fd);
        if let Some((access, target)) = end.and_then(|end| end.known) {
            return Some(Descriptor { pid, fd, access, target });
        }
        if let Some(&inode) = self.sockets.get(&(pid, fd)) {
            return Some(Descriptor { pid, fd, access: Access::Both, target: Target::Socket(inode) });
        }
        if self.are_known && end.is_none() {
            return None;
        }
        let tty = self.processes.get(&pid).and_then(|process| process.tty);
        let is_new = dir.is_none();
        if is_new {
            *dir = self.root.process(pid).ok();
        }
        let pipe = match end.map(|end| end.key) {
            Some(Key::Pipe(inode)) if self.root.is_procfs() => Some(Inode(inode)),
            _ => None,
        };
        let mut describe = |dir: &OwnedFd| match pipe {
            Some(inode) => describe::pipe(dir, fd, inode),
            None => self.describer.describe(self.root, dir, fd, tty),
        };
        let mut described = describe(dir.as_ref()?);
        // A first thread that ended lists nothing.
        if is_new
            && described == Err(Failed::Gone)
            && let Some((_, thread)) = living(dir.as_ref()?.as_fd(), pid)
        {
            described = describe(dir.insert(thread));
        }
        match described {
            Ok((access, target)) => return Some(Descriptor { pid, fd, access, target }),
            Err(Failed::Gone) => {}
            Err(Failed::Malformed) => self.gaps.add(GapScope::Links, GapReason::Malformed),
            Err(Failed::Errno(errno)) => self.gaps.add(GapScope::Links, reason(errno)),
        }
        None
    }

    /// Chooses what a chosen process is linked to.
    fn follow(&mut self, pid: Pid) {
        let shell = self.processes.get(&pid).filter(|process| self.shells.is_shell(process));
        let is_shell = shell.is_some();
        let descriptors = self.chosen.get(&pid).cloned().unwrap_or_default();
        let is_standard = |fd| shell.map_or(is_stdio(fd), |shell| self.shells.standard(shell, fd).is_some());
        let own = descriptors.into_iter().map(|own| (own, is_standard(own.fd)));
        for (own, is_standard) in own.collect::<Vec<_>>() {
            if (is_shell && !is_standard) || !self.followed.insert((own.target, own.access)) {
                continue;
            }
            match own.target {
                Target::Pipe(Inode(inode)) => self.other_ends(Key::Pipe(inode), own),
                Target::Fifo { .. } => {
                    if let Some(key) = self.index.find(pid, own.fd).map(|end| end.key) {
                        self.other_ends(key, own);
                    }
                }
                Target::PtySlave { devpts, index } if is_standard => {
                    self.holders_of_master(devpts, index);
                }
                Target::Socket(inode) if is_standard => {
                    if is_shell {
                        self.holders(inode);
                    }
                    if let Some(peer) = self.peer(inode) {
                        self.holders(peer);
                    }
                }
                Target::Socket(_)
                | Target::PtyMaster { .. }
                | Target::PtySlave { .. }
                | Target::Terminal
                | Target::Null
                | Target::File
                | Target::Anonymous => {}
            }
        }
    }

    fn other_ends(&mut self, key: Key, own: Descriptor) {
        let fits =
            |other: Access| (own.access.reads() && other.writes()) || (own.access.writes() && other.reads());
        for end in self.index.with_key(key).to_vec() {
            if end.pid == own.pid || self.chosen.contains_key(&end.pid) || self.met.contains(&end.pid) {
                continue;
            }
            if self.count >= MOST_DESCRIPTORS {
                return self.gaps.add(GapScope::Links, GapReason::TooLarge);
            }
            let other = self.describe(&mut None, end.pid, end.fd);
            if other.is_some_and(|other| other.target == own.target && fits(other.access)) {
                self.choose(end.pid);
            }
        }
    }

    fn holders_of_master(&mut self, devpts: Option<Device>, index: u32) {
        let masters = self.masters.take().unwrap_or_else(|| {
            let ends = self.index.with_key(Key::Master).to_vec();
            ends.into_iter().filter_map(|end| self.describe(&mut None, end.pid, end.fd)).collect()
        });
        for master in &masters {
            if let Target::PtyMaster { devpts: own, index: its } = master.target
                && its == index
                && (own.is_none() || devpts.is_none() || own == devpts)
            {
                self.choose(master.pid);
            }
        }
        self.masters = Some(masters);
    }

    /// The unix socket at the other end.
    fn peer(&mut self, inode: Inode) -> Option<Inode> {
        let listed = self.listed;
        let peers = self.peers.get_or_insert_with(|| {
            listed.iter().filter_map(|socket| Some((socket.id.inode, socket.peer?))).collect()
        });
        peers.get(&inode).copied()
    }

    fn holders(&mut self, inode: Inode) {
        for owner in within(self.owners, |owner| owner.inode, inode) {
            self.choose(owner.pid);
        }
    }
}

//! Finds the network namespaces, and what each can be looked into through.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;

use rustix::fs::{AtFlags, statat};
use rustix::io::{self, Errno};

use super::fds::HeldNamespace;
use super::gaps::{Gaps, reason};
use super::root::{ProcRoot, is_gone, link_number, read_link};
use crate::model::{Fd, GapReason, GapScope, Netns, Pid, Text};

mod enter;
mod mounts;

pub(super) use enter::{Way, inside};
pub(super) use mounts::{Mounts, unescape};

/// A process that is in a namespace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pid: Pid,
    /// Its `ns/net` may not be read: inode number of its `net/tcp` instead.
    table: Option<u64>,
}

/// Where a namespace can be opened.
#[derive(Clone, Debug)]
pub(super) enum Entrance {
    Member(Pid),
    Mount(PathBuf),
    Descriptor { pid: Pid, fd: Fd },
}

/// A network namespace that was found.
#[derive(Debug)]
pub(super) struct Namespace {
    pub(super) netns: Netns,
    pub(super) name: Option<Text>,
    pub(super) is_host: bool,
    pub(super) members: Vec<Member>,
    pub(super) entrances: Vec<Entrance>,
}

/// Which processes are in which namespace.
#[derive(Debug, Default)]
pub(super) struct Members {
    by_number: BTreeMap<u64, Vec<Member>>,
    unnumbered: Vec<(Member, u64, GapReason)>,
}

impl Members {
    /// Adds a process. One that ended, and a zombie, is in none.
    pub(super) fn add(&mut self, process: BorrowedFd<'_>, pid: Pid, gaps: &mut Gaps) {
        let why = match number(process) {
            Ok(Some(number)) => {
                self.insert(number, pid);
                return;
            }
            Ok(None) => GapReason::Malformed,
            // A kernel without namespaces has no such file, and one set of tables.
            Err(errno) if is_gone(errno) => GapReason::Unsupported,
            Err(errno) => reason(errno),
        };
        match table(process) {
            Ok(table) => self.unnumbered.push((Member { pid, table: Some(table) }, table, why)),
            Err(errno) if is_gone(errno) => {}
            Err(_) => gaps.add(GapScope::ProcessNamespace, why),
        }
    }

    /// Adds a process, or a thread, that is known to be in a namespace.
    pub(super) fn insert(&mut self, number: u64, pid: Pid) {
        self.by_number.entry(number).or_default().push(Member { pid, table: None });
    }

    /// Adds a thread, where it is in another namespace than its process.
    pub(super) fn add_thread(&mut self, thread: BorrowedFd<'_>, tid: Pid, of_process: Option<u64>) {
        if let (Some(number), Some(of_process)) = (number(thread).ok().flatten(), of_process)
            && number != of_process
        {
            self.insert(number, tid);
        }
    }

    /// All namespaces: those of the processes, then those that are only mounted or held by a descriptor.
    pub(super) fn into_namespaces(
        mut self,
        root: &ProcRoot,
        mounts: &Mounts,
        held: &[HeldNamespace],
        gaps: &mut Gaps,
    ) -> Vec<Namespace> {
        let hidden = self.place_unnumbered(root, gaps);
        let mut entrances: BTreeMap<u64, Vec<Entrance>> = BTreeMap::new();
        for (number, path) in mounts.iter() {
            entrances.entry(number).or_default().push(Entrance::Mount(path.clone()));
        }
        for held in held {
            let entrance = Entrance::Descriptor { pid: held.pid, fd: held.fd };
            entrances.entry(held.number).or_default().push(entrance);
        }
        let mut numbers: BTreeSet<u64> = self.by_number.keys().copied().collect();
        numbers.extend(entrances.keys());
        let numbered = numbers.into_iter().map(|number| {
            let members = self.by_number.remove(&number).unwrap_or_default();
            let entrances = entrances.remove(&number).unwrap_or_default();
            (Netns::Inode(number), mounts.name(number), members, entrances)
        });
        let hidden =
            hidden.into_iter().map(|(table, members)| (Netns::Hidden(table), None, members, Vec::new()));
        let mut namespaces: Vec<Namespace> = numbered
            .chain(hidden)
            .map(|(netns, name, members, entrances)| Namespace {
                netns,
                name,
                is_host: false,
                members,
                entrances,
            })
            .collect();
        mark_host(&mut namespaces, root);
        namespaces
    }

    /// Puts the processes whose `ns/net` could not be read into the namespace whose `net/tcp` is the same file.
    /// Gives those that are left, by that file.
    fn place_unnumbered(&mut self, root: &ProcRoot, gaps: &mut Gaps) -> BTreeMap<u64, Vec<Member>> {
        let mut hidden: BTreeMap<u64, Vec<Member>> = BTreeMap::new();
        if self.unnumbered.is_empty() {
            return hidden;
        }
        let known: BTreeMap<u64, u64> = self
            .by_number
            .iter()
            .filter_map(|(number, members)| {
                let table = members.iter().find_map(|member| {
                    let process = root.process(member.pid).ok()?;
                    table(process.as_fd()).ok()
                })?;
                Some((table, *number))
            })
            .collect();
        for (member, table, why) in self.unnumbered.drain(..) {
            if let Some(members) = known.get(&table).and_then(|number| self.by_number.get_mut(number)) {
                members.push(member);
            } else {
                hidden.entry(table).or_default().push(member);
                gaps.add(GapScope::ProcessNamespace, why);
            }
        }
        hidden
    }
}

/// The namespace of process 1, else that of sockeye.
fn mark_host(namespaces: &mut [Namespace], root: &ProcRoot) {
    let own = || root.own_directory().and_then(|own| number(own.as_fd())).ok().flatten().map(Netns::Inode);
    let init = namespaces
        .iter()
        .find(|namespace| namespace.members.iter().any(|member| member.pid == Pid(1)))
        .map(|namespace| namespace.netns);
    if let Some(host) = init.or_else(own) {
        for namespace in namespaces.iter_mut().filter(|namespace| namespace.netns == host) {
            namespace.is_host = true;
        }
    }
}

impl Member {
    /// Its directory, if it is still in the namespace: a pid can be recycled, a process can move.
    pub(super) fn directory(self, root: &ProcRoot, netns: Netns) -> io::Result<std::os::fd::OwnedFd> {
        let process = root.process(self.pid)?;
        self.is_in(process.as_fd(), netns).map(|()| process)
    }

    /// Fails with "no such process" where the process is elsewhere.
    pub(super) fn is_in(self, process: BorrowedFd<'_>, netns: Netns) -> io::Result<()> {
        let same = match (self.table, netns) {
            (Some(before), _) => table(process)? == before,
            (None, Netns::Inode(before)) => number(process)? == Some(before),
            (None, Netns::Hidden(_)) => false,
        };
        if same { Ok(()) } else { Err(Errno::SRCH) }
    }
}

/// The number in `ns/net`: `net:[4026531840]`.
pub(super) fn number(process: BorrowedFd<'_>) -> io::Result<Option<u64>> {
    let mut link = [0; 64];
    read_link(process, c"ns/net", &mut link).map(|link| link_number(link, b"net"))
}

/// The inode number of `net/tcp`: each namespace has its own, and anybody may ask.
pub(super) fn table(process: BorrowedFd<'_>) -> io::Result<u64> {
    statat(process, c"net/tcp", AtFlags::empty()).map(|stat| stat.st_ino)
}

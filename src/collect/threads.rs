//! Finds threads that have a descriptor table, or a network namespace, of their own.
//!
//! The kernel does not say which threads share a table, and to read that of each costs as much as reading as many
//! processes. So
//!
//! 1. all threads are looked at in the first pass, later those of each sixteenth process, in turn, and those of
//!    processes where something was found before: a thread whose `ns/net` differs, or whose number of descriptors
//!    does (size of the directory, since Linux 6.2), has its own;
//! 2. where a listed socket has an inode and no holder, in the first pass or in two passes, threads whose number
//!    is the same are read as well, at most [`MOST_SEARCHED`] descriptors in one pass, going on from there in the
//!    next, until all were read in vain.
//!
//! What stays unseen: a table of a thread with as many descriptors as that of its process, as long as each socket
//! in it has another holder or is in no table, or where they are more than [`MOST_SEARCHED`].

use std::collections::BTreeSet;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, statat};
use rustix::path::DecInt;

use super::fds::Descriptors;
use super::netns::{self, Members};
use super::root::{DIR_BUFFER, ProcRoot, each_number, open_dir, open_path};
use crate::model::{Fd, Inode, Pid};

/// Each process has its turn after so many passes.
const TURNS: u32 = 16;
/// About 15 ms worth of descriptors.
const MOST_SEARCHED: usize = 4096;

/// Whose threads had something of their own, and whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Threads {
    pass: u32,
    /// Processes that have such a thread.
    known: BTreeSet<Pid>,
    /// Processes that had several threads in the first pass, which looks at all.
    several: BTreeSet<Pid>,
    /// Where the search goes on.
    next: usize,
    /// Sockets without holder of the pass before.
    unheld: Vec<Inode>,
    /// Those that no thread holds.
    vain: BTreeSet<Inode>,
}

impl Threads {
    pub(super) fn next_pass(&mut self) {
        self.pass = self.pass.wrapping_add(1);
    }

    /// Looks at the threads of a process if it is its turn. `main` is the directory of its first living thread,
    /// all of whose descriptors were added already.
    pub(super) fn look(
        &mut self,
        process: BorrowedFd<'_>,
        main: BorrowedFd<'_>,
        pid: Pid,
        descriptors: &mut Descriptors,
        members: &mut Members,
    ) {
        let was_known = self.known.contains(&pid);
        if !(was_known || self.pass == 1 || self.pass.wrapping_add(pid.0).is_multiple_of(TURNS)) {
            return;
        }
        let mut found = false;
        let namespace = netns::number(main).ok().flatten();
        for (tid, thread) in threads(process, pid) {
            if self.pass == 1 {
                self.several.insert(pid);
            }
            members.add_thread(thread.as_fd(), tid, namespace);
            if (was_known || counts_differ(main, thread.as_fd())) && has_own_table(main, thread.as_fd()) {
                found |= descriptors.walk(thread.as_fd(), pid, Some(tid)).is_ok();
            }
        }
        if found {
            self.known.insert(pid);
        } else {
            self.known.remove(&pid);
        }
    }

    /// Adds the descriptors of threads that hold one of the sockets, none of which has a holder yet; they are sorted.
    /// Gives the processes of these threads.
    pub(super) fn search(
        &mut self,
        root: &ProcRoot,
        unheld: Vec<Inode>,
        pids: &[Pid],
        descriptors: &mut Descriptors,
    ) -> Vec<Pid> {
        let mut found = Vec::new();
        // Later than in the first pass one is most often just opened, and its holder was read before.
        let is_old = |inode: &Inode| self.pass == 1 || self.unheld.binary_search(inode).is_ok();
        self.vain.retain(|inode| unheld.binary_search(inode).is_ok());
        let wanted = unheld.iter().filter(|inode| is_old(inode) && !self.vain.contains(inode));
        let wanted: Vec<Inode> = wanted.copied().collect();
        self.unheld = unheld;
        if wanted.is_empty() {
            return found;
        }
        let mut left = MOST_SEARCHED;
        let start = self.next.checked_rem(pids.len()).unwrap_or_default();
        let (before, after) = pids.split_at(start);
        for &pid in after.iter().chain(before) {
            if left == 0 {
                break;
            }
            self.next = self.next.wrapping_add(1);
            if self.known.contains(&pid) || (self.pass == 1 && !self.several.contains(&pid)) {
                continue; // read already, or nothing to read
            }
            let Ok(process) = root.process(pid) else { continue };
            for (tid, thread) in threads(process.as_fd(), pid) {
                if count(thread.as_fd()).is_none_or(|count| count > MOST_SEARCHED) {
                    continue;
                }
                let held = descriptors.owners.len();
                let count =
                    descriptors.walk(thread.as_fd(), pid, Some(tid)).map_or(1, |walked| walked.descriptors);
                left = left.saturating_sub(count.max(1));
                let new = descriptors.owners.get(held..).unwrap_or_default();
                let is_wanted = new.iter().any(|owner| wanted.binary_search(&owner.inode).is_ok());
                if is_wanted && has_own_table(process.as_fd(), thread.as_fd()) {
                    self.known.insert(pid);
                    found.push(pid);
                } else {
                    descriptors.owners.truncate(held);
                }
                if left == 0 {
                    break;
                }
            }
        }
        if left > 0 {
            self.vain.extend(wanted);
        }
        found
    }
}

/// The first thread that lives on after the one that its process is named after: only below it the descriptors
/// are still listed.
pub(super) fn living(process: BorrowedFd<'_>, pid: Pid) -> Option<OwnedFd> {
    threads(process, pid).next().map(|(_, thread)| thread)
}

/// The threads of a process but for the first, most often none, each opened as it is come to.
fn threads(process: BorrowedFd<'_>, pid: Pid) -> impl Iterator<Item = (Pid, OwnedFd)> {
    let listed = others(process, pid);
    listed.into_iter().flat_map(|(tasks, tids)| {
        let open = move |tid: Pid| Some((tid, open_path(&tasks, DecInt::new(tid.0).as_c_str()).ok()?));
        tids.into_iter().filter_map(open)
    })
}

fn others(process: BorrowedFd<'_>, pid: Pid) -> Option<(OwnedFd, Vec<Pid>)> {
    // `task` links to itself, its parent and each thread.
    if statat(process, c"task", AtFlags::empty()).ok()?.st_nlink <= 3 {
        return None;
    }
    let tasks = open_dir(process, c"task").ok()?;
    let mut tids = Vec::new();
    let mut buffer = Vec::with_capacity(DIR_BUFFER);
    let listed = each_number(tasks.as_fd(), buffer.spare_capacity_mut(), |tid, _| {
        tids.extend(Some(Pid(tid)).filter(|&tid| tid != pid));
        Ok(())
    });
    listed.ok().map(|()| (tasks, tids))
}

/// Whether a thread has another table than the first of its process.
///
/// Both may open and close all the time, so only this counts: a socket at a place of one table, twice, that was
/// not there in the other in between. Inode numbers do not come again.
fn has_own_table(main: BorrowedFd<'_>, thread: BorrowedFd<'_>) -> bool {
    let (theirs, its) = (sockets(thread), sockets(main));
    let theirs_later = sockets(thread);
    if theirs.intersection(&theirs_later).any(|place| !its.contains(place)) {
        return true;
    }
    its.intersection(&sockets(main)).any(|place| !theirs_later.contains(place))
}

/// The sockets of a table, each with its place.
fn sockets(thread: BorrowedFd<'_>) -> BTreeSet<(Fd, Inode)> {
    let mut descriptors = Descriptors::new();
    descriptors.walk(thread, Pid(0), None).ok(); // those before an error are what there is
    descriptors.owners.iter().map(|owner| (owner.fd, owner.inode)).collect()
}

/// Whether two threads have different numbers of descriptors, again and again.
fn counts_differ(main: BorrowedFd<'_>, thread: BorrowedFd<'_>) -> bool {
    let first = (count(main), count(thread));
    first.0 != first.1 && first == (count(main), count(thread))
}

/// How many descriptors a thread has; 0 before Linux 6.2.
fn count(thread: BorrowedFd<'_>) -> Option<usize> {
    statat(thread, c"fd", AtFlags::empty()).ok().and_then(|fd| fd.st_size.try_into().ok())
}

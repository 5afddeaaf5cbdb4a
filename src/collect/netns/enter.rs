//! Reads namespaces from inside.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use rustix::fs::{CWD, Mode, OFlags, fstat, openat};
use rustix::io::{self, Errno, retry_on_intr};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::{Entrance, Mounts, Namespace};
use crate::collect::fds::{Descriptors, HeldNamespace};
use crate::collect::gaps::{Gaps, reason};
use crate::collect::root::{DIR_BUFFER, ProcRoot, open_path};
use crate::model::{GapReason, Pid};

/// Calls `read` in each of the namespaces, entered through the first of its members and entrances that lets us
/// in, with the directory of the thread that is there: in `self`, that of the main thread, the tables stay those
/// of home. Gives what came of each.
///
/// A namespace belongs to a thread. This goes on in one of its own, which ends with it, so that no other
/// reading ever happens in the wrong namespace, whatever fails.
pub(in crate::collect) fn inside<T: Send>(
    root: &ProcRoot,
    namespaces: &[&Namespace],
    mut read: impl FnMut(&Namespace, &OwnedFd) -> T + Send,
) -> Vec<Result<T, GapReason>> {
    let all = || {
        let each = namespaces.iter().map(|namespace| {
            let here = enter_first(root, namespace)?;
            Ok(read(namespace, &here))
        });
        each.collect()
    };
    let spawned = thread::scope(|scope| {
        let thread = thread::Builder::new().name("netns".to_owned()).spawn_scoped(scope, all)?;
        Ok::<_, std::io::Error>(thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    spawned.unwrap_or_else(|_| namespaces.iter().map(|_| Err(GapReason::Exhausted)).collect())
}

/// Moves this thread into the namespace; gives the thread's own directory.
fn enter_first(root: &ProcRoot, namespace: &Namespace) -> Result<OwnedFd, GapReason> {
    let mut why = GapReason::Vanished;
    let members = namespace.members.iter().map(|member| Entrance::Member(member.pid));
    for entrance in members.chain(namespace.entrances.iter().cloned()) {
        match enter(root, &entrance, namespace.netns.number()) {
            Ok(()) => return open_path(root, c"thread-self").map_err(reason),
            // Whoever may not through one door may not through another.
            Err(Errno::PERM) => return Err(GapReason::Permission),
            Err(errno) => why = reason(errno),
        }
    }
    Err(why)
}

/// Moves this thread into the namespace.
fn enter(root: &ProcRoot, entrance: &Entrance, number: u64) -> io::Result<()> {
    let namespace = opened(root, entrance, number)?;
    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
}

/// The namespace, to be entered. What is at the entrance now may be anything else, so it is looked at without opening
/// it first.
fn opened(root: &ProcRoot, entrance: &Entrance, number: u64) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH.union(OFlags::CLOEXEC);
    let place: OwnedFd = match entrance {
        Entrance::Member(pid) => openat(root, format!("{pid}/ns/net"), flags, Mode::empty())?,
        Entrance::Mount(path) => openat(CWD, path, flags, Mode::empty())?,
        Entrance::Descriptor { pid, fd } => openat(root, format!("{pid}/fd/{fd}"), flags, Mode::empty())?,
    };
    if fstat(&place)?.st_ino != number {
        return Err(Errno::NOENT);
    }
    let itself = format!("thread-self/fd/{}", place.as_raw_fd());
    let flags = OFlags::RDONLY.union(OFlags::CLOEXEC);
    retry_on_intr(|| openat(root, itself.as_str(), flags, Mode::empty()))
}

/// A namespace of this machine by its number.
#[derive(Debug)]
pub(in crate::collect) struct Way(Option<OwnedFd>);

impl Way {
    /// Through one of these processes where they are there, else through any process that is in it, a mount of it, or
    /// a descriptor that keeps it.
    ///
    /// Fails with "no such process" where nothing leads there.
    pub(in crate::collect) fn find(number: u64, first: &[Pid]) -> io::Result<Self> {
        let root = ProcRoot::open(Path::new("/proc")).map_err(|_| Errno::NOENT)?;
        if super::number(root.own_directory()?.as_fd())? == Some(number) {
            return Ok(Self(None));
        }
        let mut buffer = Vec::with_capacity(DIR_BUFFER);
        let (pids, _) = root.pids(&mut buffer);
        let is_member = |pid: &Pid| {
            let process = root.process(*pid);
            process
                .and_then(|process| super::number(process.as_fd()))
                .is_ok_and(|found| found == Some(number))
        };
        let members = first.iter().chain(&pids).copied().filter(is_member).map(Entrance::Member);
        let mut mounts = Mounts::default();
        mounts.refresh(&root, &mut buffer, &mut Gaps::default());
        let mounts = mounts.iter().filter(|(mounted, _)| *mounted == number);
        let mounts = mounts.map(|(_, path)| Entrance::Mount(path.clone()));
        let mut why = Errno::SRCH;
        for entrance in members.chain(mounts).chain(held(&root, &pids, number)) {
            match opened(&root, &entrance, number) {
                Ok(namespace) => return Ok(Self(Some(namespace))),
                Err(errno) => why = errno,
            }
        }
        Err(why)
    }

    /// Does it there: in a thread of its own, which ends with it.
    pub(in crate::collect) fn there<T: Send>(
        &self,
        work: impl FnOnce() -> io::Result<T> + Send,
    ) -> io::Result<T> {
        let Some(namespace) = &self.0 else { return work() };
        let entered = || {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
            work()
        };
        thread::scope(|scope| {
            let thread = thread::Builder::new().name("netns".to_owned()).spawn_scoped(scope, entered);
            let thread = thread.map_err(|_| Errno::AGAIN)?;
            thread.join().unwrap_or_else(|panic| resume_unwind(panic))
        })
    }
}

/// Descriptors of the namespace, of processes one after the other as they are asked for.
fn held(root: &ProcRoot, pids: &[Pid], number: u64) -> impl Iterator<Item = Entrance> {
    let of = |pid: Pid| {
        let mut descriptors = Descriptors::new();
        // Where it may not be looked into, nothing is found.
        root.process(pid).and_then(|process| descriptors.walk(process.as_fd(), pid, None)).ok();
        descriptors.namespaces
    };
    let all = pids.iter().flat_map(move |pid| of(*pid));
    all.filter(move |held| held.number == number)
        .map(|HeldNamespace { pid, fd, .. }| Entrance::Descriptor { pid, fd })
}

//! Reads namespaces from inside.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::panic::resume_unwind;
use std::thread;

use rustix::fs::{CWD, Mode, OFlags, fstat, openat};
use rustix::io::{self, Errno, retry_on_intr};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::{Entrance, Namespace};
use crate::collect::gaps::reason;
use crate::collect::root::{ProcRoot, open_path};
use crate::model::GapReason;

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

/// Moves this thread into the namespace. What is there now may be anything else, so it is looked at without
/// opening it first.
fn enter(root: &ProcRoot, entrance: &Entrance, number: u64) -> io::Result<()> {
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
    let namespace = retry_on_intr(|| openat(root, itself.as_str(), flags, Mode::empty()))?;
    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
}

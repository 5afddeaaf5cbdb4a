//! Reads namespaces that no process is in, from inside.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::panic::resume_unwind;
use std::thread;

use rustix::fs::{CWD, Mode, OFlags, fstat, openat};
use rustix::io::{self, Errno, retry_on_intr};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::{Entrance, Namespace};
use crate::collect::gaps::{Gaps, reason};
use crate::collect::root::{ProcRoot, open_path};
use crate::collect::text::Reader;
use crate::model::{GapReason, GapScope, Netns, Socket};

/// What came of entering namespaces.
#[derive(Debug, Default)]
pub(in crate::collect) struct Entered {
    /// How many were read.
    pub(in crate::collect) read: u32,
    /// Those that had been read before, through a process whose `ns/net` is refused: as they were called
    /// then, and their number.
    pub(in crate::collect) revealed: Vec<(Netns, Netns)>,
}

/// Adds the rows of the namespaces, each through the first of its entrances that lets us in, but of none that
/// is one of the `hidden`, which were read already.
///
/// A namespace belongs to a thread. This goes on in one of its own, which ends with it, so that no other
/// reading ever happens in the wrong namespace, whatever fails.
pub(in crate::collect) fn read_from_inside(
    root: &ProcRoot,
    namespaces: &[&Namespace],
    hidden: &[Netns],
    reader: &mut Reader,
    sockets: &mut Vec<Socket>,
    gaps: &mut Gaps,
) -> Entered {
    let inside = || {
        let mut entered = Entered::default();
        for namespace in namespaces {
            let read = enter_first(root, namespace).and_then(|thread| {
                let called = super::table(thread.as_fd()).map(Netns::Hidden);
                if let Some(&called) = hidden.iter().find(|&&hidden| called == Ok(hidden)) {
                    entered.revealed.push((called, namespace.netns));
                    return Ok(());
                }
                reader.read(thread.as_fd(), namespace.netns, sockets, gaps)?;
                entered.read += 1;
                Ok(())
            });
            if let Err(reason) = read {
                gaps.add(GapScope::Namespace, reason);
            }
        }
        entered
    };
    let spawned = thread::scope(|scope| {
        let thread = thread::Builder::new().name("netns".to_owned()).spawn_scoped(scope, inside)?;
        Ok::<_, std::io::Error>(thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    spawned.unwrap_or_else(|_| {
        for _ in namespaces {
            gaps.add(GapScope::Namespace, GapReason::Exhausted);
        }
        Entered::default()
    })
}

/// Moves this thread into the namespace; gives the thread's own directory, where the tables of it are. In
/// `self`, that of the main thread, they stay those of home.
fn enter_first(root: &ProcRoot, namespace: &Namespace) -> Result<OwnedFd, GapReason> {
    let mut why = GapReason::Vanished;
    for entrance in &namespace.entrances {
        match enter(root, entrance, namespace.netns.number()) {
            Ok(()) => return open_path(root, c"thread-self").map_err(reason),
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

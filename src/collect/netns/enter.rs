//! Reads namespaces that no process is in, from inside.

use std::os::fd::{AsFd, OwnedFd};
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

/// Adds the rows of the namespaces, each through the first of its entrances that lets us in. Gives how many
/// were read.
///
/// A namespace belongs to a thread. This goes on in one of its own, which ends with it, so that no other
/// reading ever happens in the wrong namespace, whatever fails.
pub(in crate::collect) fn read_from_inside(
    root: &ProcRoot,
    namespaces: &[&Namespace],
    reader: &mut Reader,
    sockets: &mut Vec<Socket>,
    gaps: &mut Gaps,
) -> u32 {
    let count = namespaces.len();
    let inside = || {
        let mut read = 0;
        for namespace in namespaces {
            match read_one(root, namespace, reader, sockets, gaps) {
                Ok(()) => read += 1,
                Err(reason) => gaps.add(GapScope::Namespace, reason),
            }
        }
        read
    };
    thread::scope(|scope| match thread::Builder::new().name("netns".to_owned()).spawn_scoped(scope, inside) {
        Ok(thread) => thread.join().map_err(|panic| resume_unwind(panic)),
        Err(_) => Err(()),
    })
    .unwrap_or_else(|()| {
        for _ in 0..count {
            gaps.add(GapScope::Namespace, GapReason::Exhausted);
        }
        0
    })
}

fn read_one(
    root: &ProcRoot,
    namespace: &Namespace,
    reader: &mut Reader,
    sockets: &mut Vec<Socket>,
    gaps: &mut Gaps,
) -> Result<(), GapReason> {
    let Netns::Inode(number) = namespace.netns else {
        return Err(GapReason::Unsupported);
    };
    let mut why = GapReason::Vanished;
    for entrance in &namespace.entrances {
        match enter(root, entrance, number) {
            // Not `self`: that is the main thread, in its own namespace.
            Ok(()) => match open_path(root, c"thread-self") {
                Ok(thread) => return reader.read(thread.as_fd(), namespace.netns, sockets, gaps),
                Err(errno) => why = reason(errno),
            },
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
    let itself = format!("thread-self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&place));
    let flags = OFlags::RDONLY.union(OFlags::CLOEXEC);
    let namespace = retry_on_intr(|| openat(root, itself.as_str(), flags, Mode::empty()))?;
    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
}

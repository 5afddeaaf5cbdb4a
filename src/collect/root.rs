//! Opens and reads what lies below a procfs root, each file up to a limit.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::buffer::spare_capacity;
use rustix::fs::{CWD, Mode, OFlags, PROC_SUPER_MAGIC, RawDir, fstatfs, openat, readlinkat_raw};
use rustix::io::{self, Errno, retry_on_intr};
use rustix::path::{Arg, DecInt};

use super::OpenError;
use crate::model::Pid;

/// A proc file system: `/proc` of this machine, or another directory that looks like one.
#[derive(Debug)]
pub(super) struct ProcRoot {
    dir: OwnedFd,
    is_default: bool,
    is_procfs: bool,
}

impl ProcRoot {
    /// Fails where the path is no directory, cannot be listed, or lists no process.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let failed = |errno: Errno| match errno {
            Errno::NOENT | Errno::NOTDIR => {
                OpenError::NotProc { path: path.to_owned(), cause: Some(errno.into()) }
            }
            _ => OpenError::Unreadable { path: path.to_owned(), cause: errno.into() },
        };
        let dir = open_dir(CWD, path).map_err(failed)?;
        let is_procfs = is_procfs(dir.as_fd());
        let root = Self { dir, is_default: path == Path::new("/proc"), is_procfs };
        if root.is_procfs && root.own_directory().is_ok() {
            return Ok(root); // at least sockeye is listed
        }
        match root.lists_a_process() {
            Ok(true) => Ok(root),
            Err(errno) => Err(failed(errno)),
            Ok(false) => Err(OpenError::NotProc { path: path.to_owned(), cause: None }),
        }
    }

    /// Looks no further than the first: the kernel takes 2 microseconds to list one.
    fn lists_a_process(&self) -> io::Result<bool> {
        const FOUND: Errno = Errno::CANCELED;
        let dir = open_dir(&self.dir, c".")?;
        let mut buffer = Vec::with_capacity(4096);
        match each_number(dir.as_fd(), buffer.spare_capacity_mut(), |_, _| Err(FOUND)) {
            Err(FOUND) => Ok(true),
            listed => listed.map(|()| false),
        }
    }

    /// Whether this is `/proc` itself, so that its `self` is sockeye and its kernel is ours.
    pub(super) fn is_default(&self) -> bool {
        self.is_default
    }

    /// Whether the kernel makes it up as it is read, so that a directory's owner is the process's user.
    pub(super) fn is_procfs(&self) -> bool {
        self.is_procfs
    }

    /// The processes that are listed, in order, and what ended the list early.
    pub(super) fn pids(&self, buffer: &mut Vec<u8>) -> (Vec<Pid>, Option<Errno>) {
        let mut pids = Vec::new();
        buffer.clear();
        let listed = open_dir(&self.dir, c".").and_then(|dir| {
            each_number(dir.as_fd(), buffer.spare_capacity_mut(), |pid, _| {
                pids.push(Pid(pid));
                Ok(())
            })
        });
        pids.sort_unstable(); // the kernel's order already; another file system has its own
        (pids, listed.err())
    }

    /// The directory of a process, for reading relative to it: whatever takes over the pid later, the
    /// directory stays that of this process, and empty once it ended.
    pub(super) fn process(&self, pid: Pid) -> io::Result<OwnedFd> {
        open_path(&self.dir, DecInt::new(pid.0).as_c_str())
    }

    /// The directory of sockeye itself, where this root shows it.
    pub(super) fn own_directory(&self) -> io::Result<OwnedFd> {
        open_path(&self.dir, c"self")
    }
}

impl AsFd for ProcRoot {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }
}

/// Size of the buffer for directories: entries are 24 bytes in `/proc/PID/fd`.
pub(super) const DIR_BUFFER: usize = 32 * 1024;

/// How files are opened. Below another root anything may lie, a fifo too, so opening never waits.
pub(super) const READ: OFlags =
    OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// Opens a directory as a place to start from, without the right to list it.
pub(super) fn open_path(dir: impl AsFd, path: impl Arg + Copy) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
    retry_on_intr(|| openat(&dir, path, flags, Mode::empty()))
}

/// Opens a directory for listing.
pub(super) fn open_dir(dir: impl AsFd, path: impl Arg + Copy) -> io::Result<OwnedFd> {
    retry_on_intr(|| openat(&dir, path, READ.union(OFlags::DIRECTORY), Mode::empty()))
}

pub(super) fn open_file(dir: impl AsFd, path: impl Arg + Copy) -> io::Result<OwnedFd> {
    retry_on_intr(|| openat(&dir, path, READ, Mode::empty()))
}

/// Whether the kernel says what is in it, and not somebody who made a directory like it.
pub(super) fn is_procfs(dir: BorrowedFd<'_>) -> bool {
    fstatfs(dir).is_ok_and(|found| found.f_type == PROC_SUPER_MAGIC)
}

/// Calls `take` for each entry whose name is a number, until it fails.
pub(super) fn each_number(
    dir: BorrowedFd<'_>,
    buffer: &mut [MaybeUninit<u8>],
    mut take: impl FnMut(u32, &std::ffi::CStr) -> io::Result<()>,
) -> io::Result<()> {
    let mut entries = RawDir::new(dir, buffer);
    while let Some(entry) = entries.next() {
        match entry {
            Ok(entry) => {
                if let Some(number) = number(entry.file_name().to_bytes()) {
                    take(number, entry.file_name())?;
                }
            }
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Decimal digits and nothing else, as the kernel names processes and descriptors.
fn number(name: &[u8]) -> Option<u32> {
    if !name.first()?.is_ascii_digit() {
        return None;
    }
    std::str::from_utf8(name).ok()?.parse().ok()
}

/// Whether a file fit the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    Cut,
}

/// Replaces `out` by the content of an open file, at most `limit` bytes of it.
pub(super) fn read_open(file: &OwnedFd, limit: usize, out: &mut Vec<u8>) -> io::Result<Extent> {
    read_until(file, limit, out, |count, _| count == 0)
}

/// Reads until `is_end` says so of how much came and for how much there was room.
fn read_until(
    file: &OwnedFd,
    limit: usize,
    out: &mut Vec<u8>,
    is_end: impl Fn(usize, usize) -> bool,
) -> io::Result<Extent> {
    out.clear();
    loop {
        if out.len() == out.capacity() {
            out.reserve(4096);
        }
        let room = out.capacity() - out.len();
        let count = retry_on_intr(|| io::read(file, spare_capacity(out)))?;
        if out.len() > limit {
            out.truncate(limit);
            return Ok(Extent::Cut);
        }
        if is_end(count, room) {
            return Ok(Extent::Whole);
        }
    }
}

/// The same as [`read`] of a file that the kernel gives whole, as far as there is room: of those of a process all that
/// are no list, and those of one value.
pub(super) fn read_at_once(
    dir: impl AsFd,
    path: impl Arg + Copy,
    limit: usize,
    out: &mut Vec<u8>,
) -> io::Result<Extent> {
    read_until(&open_file(dir, path)?, limit, out, |count, room| count < room)
}

/// Replaces `out` by the content of a file, at most `limit` bytes of it.
pub(super) fn read(
    dir: impl AsFd,
    path: impl Arg + Copy,
    limit: usize,
    out: &mut Vec<u8>,
) -> io::Result<Extent> {
    read_open(&open_file(dir, path)?, limit, out)
}

/// Where a link points, as far as the buffer goes.
pub(super) fn read_link(dir: impl AsFd, path: impl Arg + Copy, buffer: &mut [u8]) -> io::Result<&[u8]> {
    let count = retry_on_intr(|| readlinkat_raw(&dir, path, &mut *buffer))?;
    Ok(buffer.get(..count).unwrap_or_default())
}

/// The number in a link like `socket:[9171]`.
pub(super) fn link_number(link: &[u8], kind: &[u8]) -> Option<u64> {
    let digits = link.strip_prefix(kind)?.strip_prefix(b":[")?.strip_suffix(b"]")?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Whether the error means that the process, or the file of it, is gone.
pub(super) fn is_gone(errno: Errno) -> bool {
    matches!(errno, Errno::NOENT | Errno::SRCH)
}

//! Reads which sockets the descriptors of a process refer to.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{SeekFrom, fstat, seek};
use rustix::io::{self, Errno};
use rustix::path::DecInt;

use super::links::End;
use super::root::{DIR_BUFFER, ProcRoot, each_number, is_gone, is_procfs, link_number, open_dir, read_link};
use crate::model::{Fd, Inode, Owner, Pid};

/// A network namespace that an open descriptor keeps.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeldNamespace {
    pub(super) number: u64,
    pub(super) pid: Pid,
    pub(super) fd: Fd,
}

/// What the descriptors of all processes refer to.
#[derive(Debug)]
pub(super) struct Descriptors {
    pub(super) owners: Vec<Owner>,
    pub(super) namespaces: Vec<HeldNamespace>,
    pub(super) ends: Vec<End>,
    /// The ends are all there are, and say what they are.
    pub(super) are_known: bool,
    buffer: Vec<u8>,
}

/// What came of one process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walked {
    /// Descriptors of any kind.
    pub(super) descriptors: usize,
    /// The first error about a single descriptor, where the others were still read.
    pub(super) failed: Option<Errno>,
}

impl Descriptors {
    pub(super) fn new() -> Self {
        let buffer = Vec::with_capacity(DIR_BUFFER);
        Self { owners: Vec::new(), namespaces: Vec::new(), ends: Vec::new(), are_known: false, buffer }
    }

    /// Adds a descriptor of a namespace, if it is one of a network.
    pub(super) fn add_namespace(&mut self, root: &ProcRoot, pid: Pid, fd: Fd) {
        let mut link = [0; 64];
        if let Ok(link) = read_link(root, format!("{pid}/fd/{fd}").as_str(), &mut link)
            && let Some(number) = link_number(link, b"net")
        {
            self.namespaces.push(HeldNamespace { number, pid, fd });
        }
    }

    /// Adds those of one process, or of a thread with a table of its own. Only the links are read: a stat(2) through one can hang on a dead network
    /// file system. One that was closed since it was listed is left out.
    ///
    /// `socket:[9171]` is a socket with its inode, `net:[4026531840]` a network namespace.
    pub(super) fn walk(&mut self, process: BorrowedFd<'_>, pid: Pid, tid: Option<Pid>) -> io::Result<Walked> {
        let Self { owners, namespaces, ends, buffer, .. } = self;
        let dir = open_dir(process, c"fd")?;
        let mut walked = Walked { descriptors: 0, failed: None };
        let mut take = |fd: u32, link: io::Result<&[u8]>| {
            walked.descriptors += 1;
            match link {
                Ok(link) => {
                    if let Some(inode) = link_number(link, b"socket") {
                        owners.push(Owner { inode: Inode(inode), pid, fd: Fd(fd), tid });
                    } else if let Some(number) = link_number(link, b"net") {
                        namespaces.push(HeldNamespace { number, pid, fd: Fd(fd) });
                    } else if tid.is_none() {
                        ends.extend(End::of(link, pid, Fd(fd)));
                    }
                }
                Err(errno) if is_gone(errno) => {}
                // One check decides for all descriptors of a process.
                Err(errno @ (Errno::ACCESS | Errno::PERM)) => return Err(errno),
                Err(errno) => walked.failed = Some(errno),
            }
            Ok(())
        };
        let next = by_number(dir.as_fd(), &mut take)?;
        each_number(dir.as_fd(), buffer.spare_capacity_mut(), |fd, name| {
            if fd < next { Ok(()) } else { take(fd, read_link(&dir, name, &mut [0; 64])) }
        })?;
        Ok(walked)
    }
}

/// One of so many numbers may be free; of fewer descriptors a list costs no more than their count.
const DENSE: u32 = 8;

/// Reads descriptors from 0 on until there were as many as the kernel counts (the size of the directory, since Linux
/// 6.2), or too many numbers are free, and gives the first one that it did not read. A list of all would take the kernel
/// nearly as long to make as the links to read.
///
/// Some may have been opened and closed meanwhile, so the count is no proof that there are no more. Where it was reached,
/// the directory is left such that a list of it begins with that number.
fn by_number(
    dir: BorrowedFd<'_>,
    mut take: impl FnMut(u32, io::Result<&[u8]>) -> io::Result<()>,
) -> io::Result<u32> {
    let count = fstat(dir).ok().and_then(|dir| u32::try_from(dir.st_size).ok()).unwrap_or(0);
    let (mut left, mut vain) = (count, count / DENSE);
    if vain == 0 || !is_procfs(dir) {
        return Ok(0);
    }
    for fd in 0..u32::MAX {
        match read_link(dir, DecInt::new(fd).as_c_str(), &mut [0; 64]) {
            Err(errno) if is_gone(errno) && vain == 0 => return Ok(fd),
            Err(errno) if is_gone(errno) => vain -= 1,
            link => {
                take(fd, link)?;
                left -= 1;
                if left == 0 {
                    // Behind the two that each directory has (`proc_readfd_common()`).
                    seek(dir, SeekFrom::Start(u64::from(fd) + 1 + 2)).ok(); // else all are listed
                    return Ok(fd + 1);
                }
            }
        }
    }
    Ok(u32::MAX)
}

//! Checks that the program can work here, and that what it finds is true.

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::MetadataExt;

use rustix::fs::{CWD, fstat};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::thread::CapabilitySet;

use super::pass::each;
use super::row::{Kind, Row};
use super::{BpfError, Clock, decode, each_chunk};
use crate::collect::root::{DIR_BUFFER, each_number, link_number, open_dir, read_link};
use crate::model::{Fd, Inode};

/// Inode of `/proc/PID/ns/pid` in the namespace that the kernel starts with (`PROC_PID_INIT_INO`).
const INITIAL: u64 = 0xefff_fffc;

/// The iterator gives processes the numbers of that namespace.
pub(super) fn is_initial_pid_namespace() -> Result<(), BpfError> {
    // Where it cannot be read, comparing tells.
    match fs::metadata("/proc/self/ns/pid") {
        Ok(namespace) if namespace.ino() != INITIAL => Err(BpfError::PidNamespace),
        _ => Ok(()),
    }
}

pub(super) fn has_capabilities() -> bool {
    let Ok(sets) = rustix::thread::capabilities(None) else { return false };
    let needed = CapabilitySet::BPF.union(CapabilitySet::PERFMON);
    sets.effective.contains(CapabilitySet::SYS_ADMIN) || sets.effective.contains(needed)
}

/// `none integrity [confidentiality]`, with the one that counts in brackets.
pub(super) fn is_locked_down() -> bool {
    fs::read("/sys/kernel/security/lockdown")
        .is_ok_and(|levels| levels.windows(17).any(|level| level == b"[confidentiality]"))
}

/// Of all processes, `file-nr` of `proc_sys_fs(5)`: `open  free  most`.
pub(super) fn open_files() -> Option<usize> {
    let text = fs::read_to_string("/proc/sys/fs/file-nr").ok()?;
    text.split_ascii_whitespace().next()?.parse().ok()
}

/// Compares the rows of sockeye itself with its descriptors. Other threads may open and close some meanwhile, so
/// what must be there is what is before and after, and two sockets that are made for it.
pub(super) fn compare(link: BorrowedFd<'_>, clock: Clock, buffer: &mut Vec<u8>) -> Result<(), BpfError> {
    let failed = |errno: rustix::io::Errno| BpfError::Failed(errno.into());
    let pair =
        socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).map_err(failed)?;
    let inode = |socket| fstat(socket).map(|stat| Inode(stat.st_ino)).map_err(failed);
    let (one, other) = (inode(&pair.0)?, inode(&pair.1)?);

    let before = descriptors().map_err(failed)?;
    let mut rows = BTreeSet::new();
    let mut peers = 0;
    let mut take = |row: Row<'_>| {
        let owner = decode::owner(row);
        if owner.pid.0 == std::process::id() && row.kind != Kind::File {
            rows.insert((owner.fd, owner.inode));
            let peer = decode::socket(row, clock, &mut Vec::new()).and_then(|socket| socket.peer);
            let pair = (Some(owner.inode), peer);
            peers += u32::from(pair == (Some(one), Some(other)) || pair == (Some(other), Some(one)));
        }
    };
    each_chunk(link, buffer, |bytes| each(bytes, &mut take))?;
    let mut lost: Vec<_> = before.difference(&rows).collect();
    if !lost.is_empty() {
        let after = descriptors().map_err(failed)?;
        lost.retain(|&one| after.contains(one));
    }
    // Each end once, and again in each thread with its own table.
    if peers < 2 || before.len() < 2 || !lost.is_empty() {
        return Err(BpfError::Differs);
    }
    Ok(())
}

/// Sockets that descriptors of sockeye refer to.
fn descriptors() -> rustix::io::Result<BTreeSet<(Fd, Inode)>> {
    let mut found = BTreeSet::new();
    let mut entries = Vec::with_capacity(DIR_BUFFER);
    let dir = open_dir(CWD, c"/proc/self/fd")?;
    each_number(rustix::fd::AsFd::as_fd(&dir), entries.spare_capacity_mut(), |fd, name| {
        let mut link = [0; 64];
        // One that another thread closed meanwhile cannot be read.
        if let Ok(link) = read_link(&dir, name, &mut link)
            && let Some(inode) = link_number(link, b"socket")
        {
            found.insert((Fd(fd), Inode(inode)));
        }
        Ok(())
    })?;
    Ok(found)
}

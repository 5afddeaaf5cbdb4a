//! Tells files that can be opened without waiting for a server, whoever mounted them.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, MemfdFlags, Statx, StatxFlags, memfd_create, statx};
use rustix::io;
use rustix::path::Arg;

use super::links::{MOUNTS_LIMIT, parse_mount};
use super::root::read;
use crate::model::Device;

/// Mount tables that are read in one pass; a file of a mount that is in none of them counts as not local.
const MOST_TABLES: u32 = 64;

/// `STATX_MNT_ID`, since Linux 5.8.
const MNT_ID: StatxFlags = StatxFlags::from_bits_retain(0x1000);

/// Where a file is: the machine-wide number of the mount, before Linux 5.8 only the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Mount(u64),
    Device(Device),
}

/// Place, kind, size and times of a file. Asks no server: of a FUSE or NFS file that is what the kernel knows.
pub(super) fn stat(dir: impl AsFd, path: impl Arg) -> io::Result<Statx> {
    let flags = AtFlags::STATX_DONT_SYNC.union(AtFlags::NO_AUTOMOUNT).union(AtFlags::EMPTY_PATH);
    statx(dir, path, flags, StatxFlags::BASIC_STATS.union(MNT_ID))
}

pub(super) fn device(found: &Statx) -> Device {
    Device { major: found.stx_dev_major, minor: found.stx_dev_minor }
}

pub(super) fn place(found: &Statx) -> Place {
    match found.stx_mask & MNT_ID.bits() {
        0 => Place::Device(device(found)),
        _ => Place::Mount(found.stx_mnt_id),
    }
}

/// Which mounts are of file systems that answer from memory or a local disk. A process's user can mount his own
/// FUSE below it, and whoever opens a file there waits for as long as he likes.
#[derive(Debug)]
pub(super) struct Local {
    /// Numbers come again, so this is good for one pass.
    known: BTreeMap<Place, bool>,
    tables: u32,
    /// Where the kernel keeps memfds, which is mounted nowhere; found out when it is asked for.
    memory: OnceCell<Option<Place>>,
    buffer: Vec<u8>,
}

impl Local {
    pub(super) fn new() -> Self {
        Self { known: BTreeMap::new(), tables: 0, memory: OnceCell::new(), buffer: Vec::new() }
    }

    pub(super) fn next_pass(&mut self) {
        self.known.clear();
        self.tables = 0;
    }

    /// Whether that file, which the process sees, can be opened.
    pub(super) fn has(&mut self, process: BorrowedFd<'_>, found: &Statx) -> bool {
        let place = place(found);
        if let Some(&known) = self.known.get(&place) {
            return known;
        }
        if *self.memory.get_or_init(memory) == Some(place) {
            return true;
        }
        // Our own first: to a process that was confined by chroot(2) its root directory's mount is not shown.
        for table in [c"../self/mountinfo", c"mountinfo"] {
            let is_own = table != c"mountinfo";
            if !self.known.contains_key(&place) && self.tables < MOST_TABLES && (!is_own || self.tables == 0)
            {
                self.add(process, table);
            }
        }
        *self.known.entry(place).or_insert(false)
    }

    fn add(&mut self, process: BorrowedFd<'_>, table: &CStr) {
        self.tables += 1;
        let mut table_text = std::mem::take(&mut self.buffer);
        read(process, table, MOUNTS_LIMIT, &mut table_text).ok(); // what was read counts
        self.learn(&table_text);
        self.buffer = table_text;
    }

    /// Takes what a mount table says that was read in this pass.
    pub(super) fn learn(&mut self, table: &[u8]) {
        for (number, _, mount) in table.split(|&byte| byte == b'\n').filter_map(parse_mount) {
            self.known.insert(Place::Mount(number), mount.is_local);
            self.known.insert(Place::Device(mount.device), mount.is_local);
        }
    }
}

fn memory() -> Option<Place> {
    let memfd = memfd_create(c"sockeye", MemfdFlags::CLOEXEC).ok()?;
    stat(memfd, c"").ok().map(|found| place(&found))
}

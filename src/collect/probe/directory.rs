//! Tells whether everybody may put files into the directory that an executable is in.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use rustix::io::retry_on_intr;

use crate::collect::links::{MOUNTS_LIMIT, parse_mount};
use crate::collect::local::{Local, Place, place, stat};
use crate::collect::netns::unescape;
use crate::collect::root::{open_path, read, read_link};
use crate::model::{GapReason, Text};

/// What was found is good for so many passes.
const TURNS: u32 = 16;
/// Directories that are looked at in one pass; a machine has programs in some ten.
const MOST_LOOKS: u32 = 64;

/// Directories by the root directory below which they are, and path.
#[derive(Debug)]
pub(super) struct Directories {
    known: BTreeMap<((Place, u64), Vec<u8>), bool>,
    local: Local,
    pass: u32,
    looks: u32,
    /// The mount table that was read last in this pass, and of which root directory.
    mounts: Vec<u8>,
    mounts_of: Option<(Place, u64)>,
}

impl Directories {
    pub(super) fn new() -> Self {
        Self {
            known: BTreeMap::new(),
            local: Local::new(),
            pass: 0,
            looks: 0,
            mounts: Vec::new(),
            mounts_of: None,
        }
    }

    pub(super) fn next_pass(&mut self) {
        self.pass = self.pass.wrapping_add(1);
        self.looks = 0;
        self.mounts_of = None;
        self.local.next_pass();
        if self.pass.is_multiple_of(TURNS) {
            self.known.clear();
        }
    }

    /// Whether everybody may write into the directory of the path, which need not be there any more.
    pub(super) fn is_public(&mut self, process: BorrowedFd<'_>, path: &Text) -> Result<bool, GapReason> {
        let path = path.as_bytes();
        let Some(end) = path.iter().rposition(|&byte| byte == b'/').filter(|_| path.first() == Some(&b'/'))
        else {
            return Ok(false);
        };
        let directory = path.get(..end.max(1)).unwrap_or_default();
        let Ok(root) = stat(process, c"root") else { return Ok(false) };
        let below = (place(&root), root.stx_ino);
        let key = (below, directory.to_vec());
        if let Some(&known) = self.known.get(&key) {
            return Ok(known);
        }
        if self.looks == MOST_LOOKS {
            return Err(GapReason::TooLarge);
        }
        self.looks += 1;
        // A mount is of one mount namespace, so processes with the same root directory see the same table.
        if self.mounts_of != Some(below) || matches!(below.0, Place::Device(_)) {
            self.mounts.clear();
            self.mounts_of = read(process, c"mountinfo", MOUNTS_LIMIT, &mut self.mounts).ok().map(|_| below);
            self.local.learn(&self.mounts);
        }
        let is_public = self.local.has(process, &root) && self.look(process, directory).unwrap_or(false);
        self.known.insert(key, is_public);
        Ok(is_public)
    }

    fn look(&mut self, process: BorrowedFd<'_>, directory: &[u8]) -> Option<bool> {
        let mut text = [0; 4096];
        // Behind chroot(2) the path is one of our own root directory.
        let directory = match read_link(process, c"root", &mut text).ok()? {
            b"/" => directory,
            root => directory.strip_prefix(root).filter(|rest| rest.starts_with(b"/"))?,
        };
        self.mounts_of?;
        let mounts = self.mounts.split(|&byte| byte == b'\n').filter_map(parse_mount);
        let mut above = mounts.filter(|&(_, point, _)| is_above(&unescape(point), directory));
        if above.any(|(_, _, mount)| !mount.is_local) {
            return None;
        }
        let root = open_path(process, c"root").ok()?;
        let flags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
        let resolve =
            ResolveFlags::IN_ROOT.union(ResolveFlags::NO_SYMLINKS).union(ResolveFlags::NO_MAGICLINKS);
        let opened = retry_on_intr(|| openat2(&root, directory, flags, Mode::empty(), resolve)).ok()?;
        let mode = Mode::from_raw_mode(stat(opened, c"").ok()?.stx_mode.into());
        Some(mode.contains(Mode::WOTH))
    }
}

fn is_above(point: &[u8], directory: &[u8]) -> bool {
    let rest = directory.strip_prefix(point);
    point == b"/" || rest.is_some_and(|rest| rest.is_empty() || rest.first() == Some(&b'/'))
}

//! Lists the shells, and the dynamic loaders, that are installed below a root directory.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags, RawDir, ResolveFlags, Statx, openat, openat2};
use rustix::io::{self, Errno, retry_on_intr};

use super::MOST_BYTES;
use crate::collect::local::{device, stat};
use crate::collect::root::{DIR_BUFFER, READ, read_open};
use crate::model::{Device, Shells, Text, base_name, is_loader};

/// Where shells are installed (the last by NixOS), and loaders. The first of several paths of one file counts.
const DIRECTORIES: &[&str] = &[
    "/usr/bin",
    "/bin",
    "/usr/local/bin",
    "/usr/sbin",
    "/sbin",
    "/run/current-system/sw/bin",
    "/lib64",
    "/lib",
];
/// What `/etc/shells` adds.
const MOST_DIRECTORIES: usize = 16;
/// Files of one root; twenty shells are many.
const MOST_FILES: usize = 128;
/// Entries of a directory that are looked at.
const MOST_ENTRIES: usize = 65_536;
const SHELLS_LIMIT: usize = 64 * 1024;

/// A root directory below which to look.
#[derive(Debug)]
pub(super) enum Root {
    /// That of sockeye.
    Own,
    /// That of a process, which its user may have made.
    Other(OwnedFd),
}

impl Root {
    /// Opens a file below it. Below another root neither a link nor a mount leads elsewhere.
    pub(super) fn open(&self, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
        match self {
            Self::Own => retry_on_intr(|| openat(rustix::fs::CWD, path, flags, Mode::empty())),
            Self::Other(root) => {
                let resolve =
                    ResolveFlags::IN_ROOT.union(ResolveFlags::NO_XDEV).union(ResolveFlags::NO_MAGICLINKS);
                retry_on_intr(|| openat2(root, path, flags, Mode::empty(), resolve))
            }
        }
    }

    fn stat(&self, path: &str) -> io::Result<Statx> {
        match self {
            Self::Own => stat(rustix::fs::CWD, path),
            Self::Other(_) => stat(self.open(path, OFlags::PATH.union(OFlags::CLOEXEC))?, c""),
        }
    }
}

/// A shell or loader that is installed.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) size: u64,
}

/// What is installed below one root.
#[derive(Debug, Default)]
pub(super) struct Installed {
    pub(super) files: Vec<File>,
    directories: Vec<String>,
    /// By which to tell that a directory, or `/etc/shells`, changed.
    stamps: Vec<Option<Stamp>>,
    /// When it was looked at last.
    pub(super) pass: u32,
}

/// Place and last change of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp(Device, u64, i64, u32);

impl Installed {
    /// Lists anew where something changed.
    pub(super) fn refresh(&mut self, root: &Root, shells: &Shells) {
        if self.directories.is_empty() {
            self.directories = DIRECTORIES.iter().map(|&path| path.to_owned()).collect();
        }
        let stamps = self.stamps(root);
        if stamps == self.stamps {
            return;
        }
        let before = self.directories.split_off(DIRECTORIES.len());
        for directory in named(root, shells) {
            if self.directories.len() < MOST_DIRECTORIES && !self.directories.contains(&directory) {
                self.directories.push(directory);
            }
        }
        // From before listing: what is installed meanwhile is a change.
        let is_same = self.directories.ends_with(&before) && self.directories.len() + 1 == stamps.len();
        self.stamps = if is_same { stamps } else { self.stamps(root) };
        self.files.clear();
        let mut listed = BTreeSet::new();
        let mut met = BTreeSet::new();
        for (directory, stamp) in self.directories.iter().zip(&self.stamps) {
            // `/bin` is most often a link to `/usr/bin`.
            if stamp.is_none_or(|Stamp(device, inode, ..)| listed.insert((device, inode))) {
                list(root, directory, shells, &mut met, &mut self.files);
            }
        }
    }

    fn stamps(&self, root: &Root) -> Vec<Option<Stamp>> {
        let paths = self.directories.iter().map(String::as_str).chain(["/etc/shells"]);
        let stamp = |path| {
            let found = root.stat(path).ok()?;
            Some(Stamp(device(&found), found.stx_ino, found.stx_ctime.tv_sec, found.stx_ctime.tv_nsec))
        };
        paths.map(stamp).collect()
    }
}

/// Directories of the shells in `/etc/shells`, shells(5). Others have their line there, too: `/usr/bin/tmux`.
fn named(root: &Root, shells: &Shells) -> Vec<String> {
    let mut text = Vec::new();
    let read = root.open("/etc/shells", READ).and_then(|file| read_open(&file, SHELLS_LIMIT, &mut text));
    if read.is_err() {
        return Vec::new();
    }
    let lines = text.split(|&byte| byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    let lines = lines.filter_map(|line| line.trim_ascii().rsplit_once('/'));
    let known =
        lines.filter(|(directory, name)| directory.starts_with('/') && shells.can_be(name.as_bytes()));
    known.map(|(directory, _)| directory.to_owned()).collect()
}

/// Adds the shells and loaders of one directory that are not known by another path.
fn list(
    root: &Root,
    directory: &str,
    shells: &Shells,
    met: &mut BTreeSet<(Device, u64)>,
    files: &mut Vec<File>,
) {
    let Ok(dir) = root.open(directory, READ.union(OFlags::DIRECTORY)) else { return };
    let mut buffer = Vec::with_capacity(DIR_BUFFER);
    let mut entries = RawDir::new(dir.as_fd(), buffer.spare_capacity_mut());
    let mut names = Vec::new();
    for _ in 0..MOST_ENTRIES {
        match entries.next() {
            Some(Ok(entry)) => {
                let name = entry.file_name().to_bytes();
                if (shells.can_be(name) || is_loader(name))
                    && let Ok(name) = std::str::from_utf8(name)
                {
                    // `ash` may be a link to, or another name of, busybox, of which a copy is not always a shell.
                    let is_link = entry.file_type() != FileType::RegularFile;
                    names.push((is_link, !shells.is_multi_call(name.as_bytes()), name.to_owned()));
                }
            }
            Some(Err(Errno::INTR)) => {}
            Some(Err(_)) | None => break,
        }
    }
    names.sort_unstable();
    for (_, _, name) in names {
        let path = format!("{directory}/{name}");
        let Ok(found) = root.stat(&path) else { continue };
        let is_file = FileType::from_raw_mode(found.stx_mode.into()) == FileType::RegularFile;
        if is_file
            && (1..=MOST_BYTES).contains(&found.stx_size)
            && files.len() < MOST_FILES
            && met.insert((device(&found), found.stx_ino))
        {
            files.push(File { path, size: found.stx_size });
        }
    }
}

impl File {
    pub(super) fn name(&self) -> &[u8] {
        base_name(self.path.as_bytes())
    }

    pub(super) fn text(&self) -> Text {
        self.path.as_str().into()
    }
}

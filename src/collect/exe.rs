//! Recognises shells by content: those that were copied to another name, and those that a dynamic loader runs.
//!
//! The size of each executable whose name is no shell's is compared with those of installed shells, and only one of
//! equal size is read, through `/proc/PID/exe`: that is the very file, however it is called, deleted or not, in
//! memory only, or in another mount namespace. Installed are those below sockeye's root directory, and below that of
//! the process. A copy that differs in one byte is another program.

use std::collections::BTreeMap;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{FileType, Statx};
use rustix::io::{pread, retry_on_intr};

use super::local::{Local, device, stat};
use super::root::{open_file, open_path, read};
use crate::model::{Device, Exe, GapReason, Shells, Text, base_name, is_loader};

mod installed;

use installed::{File, Installed, Root};

/// Larger files are no shells, and no more than this is compared in one pass.
const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// Roots below which is looked in one pass, and roots of which is remembered what is there.
const MOST_ROOTS: usize = 32;
const MOST_KNOWN_ROOTS: usize = 256;
/// Files of which is remembered what they are.
const MOST_VERDICTS: usize = 4096;
/// A program that a loader runs is mapped before the libraries that it needs.
const MAPS_LIMIT: usize = 64 * 1024;
const MOST_MAPPED: usize = 16;
/// Bytes that are compared at a time.
const CHUNK: usize = 64 * 1024;

/// A file as it was when it was compared.
type Version = (Device, u64, u64, (i64, u32));
/// A root directory.
type Place = (Device, u64);

/// Recognises shells, and remembers which files it compared.
#[derive(Debug)]
pub(super) struct Contents {
    shells: Shells,
    pass: u32,
    own: Installed,
    own_root: Option<Place>,
    others: BTreeMap<Place, Installed>,
    /// Other roots that were looked at in this pass.
    roots: usize,
    verdicts: BTreeMap<(Place, Version), Option<File>>,
    local: Local,
    /// Bytes that may still be compared in this pass.
    left: u64,
    buffer: Vec<u8>,
}

impl Contents {
    pub(super) fn new(shells: Shells) -> Self {
        Self {
            shells,
            pass: 0,
            own: Installed::default(),
            own_root: stat(rustix::fs::CWD, c"/").ok().map(|found| (device(&found), found.stx_ino)),
            others: BTreeMap::new(),
            roots: 0,
            verdicts: BTreeMap::new(),
            local: Local::new(),
            left: MOST_BYTES,
            buffer: Vec::new(),
        }
    }

    pub(super) fn next_pass(&mut self) {
        self.pass = self.pass.wrapping_add(1);
        self.roots = 0;
        self.left = MOST_BYTES;
        self.local.next_pass();
    }

    /// Path of the shell that the executable is a copy of, or that it loads; none where its name says what it is.
    /// `process` is a directory of a true procfs.
    ///
    /// # Errors
    ///
    /// It has the size of a shell, but lies where opening it may wait for a server, or it was too much for this
    /// pass.
    pub(super) fn shell(&mut self, process: BorrowedFd<'_>, exe: &Exe) -> Result<Option<Text>, GapReason> {
        let name = base_name(exe.path.as_bytes());
        if self.shells.can_be(name) {
            return Ok(None);
        }
        let same = self.same(process, "exe")?;
        if is_loader(name) || same.as_ref().is_some_and(|file| is_loader(file.name())) {
            return self.loaded(process);
        }
        Ok(same.map(|file| file.text()))
    }

    /// The installed file that has the same content.
    fn same(&mut self, process: BorrowedFd<'_>, link: &str) -> Result<Option<File>, GapReason> {
        let Ok(found) = stat(process, link) else { return Ok(None) }; // refused, or gone
        let is_file = FileType::from_raw_mode(found.stx_mode.into()) == FileType::RegularFile;
        if !is_file || !(1..=MOST_BYTES).contains(&found.stx_size) {
            return Ok(None);
        }
        let Ok(root) = stat(process, c"root") else { return Ok(None) };
        let place = (device(&root), root.stx_ino);
        if self.own.pass != self.pass {
            self.own.pass = self.pass;
            self.own.refresh(&Root::Own, &self.shells);
        }
        let mut candidates: Vec<(bool, File)> =
            self.own.files.iter().filter(of_size(found.stx_size)).map(|file| (true, file.clone())).collect();
        if self.own_root != Some(place) && self.local.has(process, &root) {
            let files = self.installed_below(process, place)?;
            candidates.extend(files.iter().filter(of_size(found.stx_size)).map(|file| (false, file.clone())));
        }
        if candidates.is_empty() {
            return Ok(None);
        }
        let version = (
            device(&found),
            found.stx_ino,
            found.stx_size,
            (found.stx_ctime.tv_sec, found.stx_ctime.tv_nsec),
        );
        if let Some(verdict) = self.verdicts.get(&(place, version)) {
            return Ok(verdict.clone());
        }
        if !self.local.has(process, &found) {
            return Err(GapReason::Unsupported);
        }
        let verdict = self.compare(process, link, &found, candidates)?;
        if self.verdicts.len() >= MOST_VERDICTS {
            self.verdicts.clear();
        }
        self.verdicts.insert((place, version), verdict.clone());
        Ok(verdict)
    }

    /// What is installed below the root directory of a process.
    fn installed_below(&mut self, process: BorrowedFd<'_>, place: Place) -> Result<&[File], GapReason> {
        let pass = self.pass;
        if self.others.get(&place).is_none_or(|known| known.pass != pass) {
            if self.roots == MOST_ROOTS {
                return Err(GapReason::TooLarge);
            }
            self.roots += 1;
            if self.others.len() >= MOST_KNOWN_ROOTS {
                self.others.retain(|_, known| known.pass == pass);
            }
            if let Ok(root) = open_path(process, c"root") {
                let known = self.others.entry(place).or_default();
                known.pass = pass;
                known.refresh(&Root::Other(root), &self.shells);
            }
        }
        Ok(self.others.get(&place).map_or(&[], |known| &known.files))
    }

    fn compare(
        &mut self,
        process: BorrowedFd<'_>,
        link: &str,
        found: &Statx,
        candidates: Vec<(bool, File)>,
    ) -> Result<Option<File>, GapReason> {
        let Ok(file) = open_file(process, link) else { return Ok(None) };
        let is_same_file =
            |opened: &Statx| opened.stx_ino == found.stx_ino && device(opened) == device(found);
        if !stat(&file, c"").is_ok_and(|opened| is_same_file(&opened)) {
            return Ok(None); // it executes something else by now
        }
        for (is_own, candidate) in candidates {
            let root = if is_own {
                Root::Own
            } else {
                let Ok(root) = open_path(process, c"root") else { continue };
                Root::Other(root)
            };
            let Ok(other) = root.open(&candidate.path, super::root::READ) else { continue };
            if self.is_equal(&file, &other, found.stx_size)? {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// Whether both files have that size and the same content.
    fn is_equal(&mut self, one: &OwnedFd, other: &OwnedFd, size: u64) -> Result<bool, GapReason> {
        self.buffer.resize(2 * CHUNK, 0);
        let Some((first, second)) = self.buffer.split_at_mut_checked(CHUNK) else { return Ok(false) };
        let mut at = 0;
        loop {
            let (Ok(read), Ok(read_other)) =
                (pread_whole(one, &mut *first, at), pread_whole(other, &mut *second, at))
            else {
                return Ok(false);
            };
            if first.get(..read) != second.get(..read_other) {
                return Ok(false);
            }
            at += u64::try_from(read).unwrap_or_default();
            if read == 0 {
                return Ok(at == size);
            }
            self.left =
                self.left.checked_sub(read.try_into().unwrap_or(u64::MAX)).ok_or(GapReason::TooLarge)?;
        }
    }

    /// The first file that a loader mapped and that is a shell, by name or by content.
    ///
    /// ```text
    /// 55d0c6a00000-55d0c6a2f000 r--p 00000000 fd:01 1310749                    /usr/bin/bash
    /// ```
    fn loaded(&mut self, process: BorrowedFd<'_>) -> Result<Option<Text>, GapReason> {
        let mut maps = Vec::new();
        if read(process, c"maps", MAPS_LIMIT, &mut maps).is_err() {
            return Ok(None);
        }
        let mut mapped: Vec<(&str, &[u8])> = Vec::new();
        for line in maps.split(|&byte| byte == b'\n') {
            let Some(at) = line.iter().position(|&byte| byte == b'/') else { continue };
            let Some((before, path)) = line.split_at_checked(at) else { continue };
            let range = before.split(|&byte| byte == b' ').next().unwrap_or_default();
            if let Ok(range) = std::str::from_utf8(range)
                && mapped.len() < MOST_MAPPED
                && !mapped.iter().any(|&(_, known)| known == path)
            {
                mapped.push((range, path));
            }
        }
        for (range, path) in mapped {
            let path = path.strip_suffix(b" (deleted)").unwrap_or(path);
            if self.shells.can_be(base_name(path)) {
                return Ok(Some(path.into()));
            }
            // Shown to root alone, or with CAP_CHECKPOINT_RESTORE.
            match self.same(process, &format!("map_files/{range}"))? {
                Some(file) if !is_loader(file.name()) => return Ok(Some(file.text())),
                Some(_) | None => {}
            }
        }
        Ok(None)
    }
}

fn of_size(size: u64) -> impl Fn(&&File) -> bool {
    move |file| file.size == size
}

/// As much as there is, up to the size of the buffer.
fn pread_whole(file: &OwnedFd, buffer: &mut [u8], at: u64) -> rustix::io::Result<usize> {
    let mut count = 0;
    while let Some(rest) = buffer.get_mut(count..).filter(|rest| !rest.is_empty()) {
        let from = at.saturating_add(count.try_into().unwrap_or(u64::MAX));
        match retry_on_intr(|| pread(file, &mut *rest, from))? {
            0 => break,
            read => count += read,
        }
    }
    Ok(count)
}

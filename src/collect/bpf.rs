//! Reads every socket that a descriptor refers to, of all processes and network namespaces, in one pass: by a BPF
//! iterator over descriptors (`task_file`), Linux 5.11 and later.
//!
//! Two programs of a few hundred instructions are put together here, checked and kept by the kernel, and go when
//! [`Bpf`] is dropped, at the latest when sockeye ends. They run only while a pass is read, and only read.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::io::Errno;

use super::room;
use crate::model::Inode;

mod assembler;
mod btf;
mod check;
mod clock;
mod decode;
mod pass;
mod program;
mod row;
mod sys;

pub use btf::{Btf, TypeId};
use clock::Clock;
pub use pass::{Decoder, Found, Holder, OpenFile, Places, Tally, Told};
use program::{Kernel, Program};
pub(super) use sys::prefer_large_pages;

/// The kernel gives up to 32 KiB at once.
const BUFFER: usize = 64 * 1024;
/// Open files of the machine from which on rows wait for memory; with fewer, a longer program costs more than it saves.
const WORTH_READING_AHEAD: usize = 4_000;
/// Room for what the kernel says about a program that it refuses; the end is kept.
const LOG: usize = 256 * 1024;
/// A read ends without a row after a million other descriptors; so many times is more than a machine can have.
const IDLE_READS: u32 = 100_000;

/// Why sockets cannot be read this way.
#[derive(Debug, thiserror::Error)]
pub enum BpfError {
    #[error("not permitted: needs cap_bpf and cap_perfmon")]
    NotPermitted,
    #[error("locked down: this kernel lets no program read its memory")]
    LockedDown,
    #[error("not in the initial pid namespace")]
    PidNamespace,
    #[error("this kernel has no BTF")]
    NoBtf(#[source] io::Error),
    #[error("the BTF of this kernel has an unknown form")]
    UnknownBtf,
    #[error("this kernel has no iterator over descriptors: needs Linux 5.11")]
    NoIterator,
    #[error("this kernel has no {structure}.{member}")]
    Lacks { structure: &'static str, member: &'static str },
    #[error("the kernel refuses the program: {why}")]
    Refused {
        why: String,
        /// All that the kernel said.
        log: String,
        #[source]
        cause: io::Error,
    },
    #[error("its rows differ from /proc/self/fd")]
    Differs,
    #[error("{0} is not of the expected form")]
    Unexpected(&'static str),
    #[error("cannot run the program")]
    Failed(#[source] io::Error),
}

/// How the program goes from one descriptor to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// What is not given by the iterator or in a socket is copied by calls.
    Copies,
    /// It is read like the rest, where this kernel can (Linux 6.2 and later), which is fewer instructions to check.
    EachAlone,
    /// With each row it has on its way from memory what the next need (Linux 6.2 and later).
    Ahead,
}

/// The loaded programs.
#[derive(Debug)]
pub struct Bpf {
    descriptors: OwnedFd,
    tasks: OwnedFd,
    buffer: Vec<u8>,
    decoder: Decoder,
    /// Sockets, owners and files of the last pass: about as many will come. Before the first, as many sockets as files
    /// are open.
    expected: [usize; 3],
}

impl Bpf {
    /// Loads the programs, and compares what they find of sockeye itself with `/proc/self/fd`.
    ///
    /// Where many files are open they read ahead, if this kernel lets them.
    pub fn load() -> Result<Self, BpfError> {
        let open = check::open_files().unwrap_or(0);
        let ahead = (open >= WORTH_READING_AHEAD).then(|| Self::load_to_read(Reading::Ahead).ok()).flatten();
        let loaded = ahead.map_or_else(|| Self::load_to_read(Reading::EachAlone), Ok);
        let bpf = match loaded {
            Err(BpfError::Refused { .. }) => Self::load_to_read(Reading::Copies),
            loaded => loaded,
        }?;
        Ok(Self { expected: [open, 0, 0], ..bpf })
    }

    /// The same, in the way that is asked for.
    pub fn load_to_read(reading: Reading) -> Result<Self, BpfError> {
        check::is_initial_pid_namespace()?;
        let types = sys::kernel_types().map_err(BpfError::NoBtf)?;
        let kernel = Kernel::new(&types, reading).ok_or(BpfError::UnknownBtf)?;
        let descriptors = Program::of_descriptors(&kernel, reading)?;
        let tasks = Program::of_tasks(&kernel)?;
        drop(kernel);
        drop(types); // 6 MB
        let attach = |loaded: &OwnedFd, process| sys::attach(loaded.as_fd(), process);
        let failed = |errno: Errno| BpfError::Failed(errno.into());
        let loaded = load(&descriptors)?;
        let mut bpf = Self {
            descriptors: attach(&loaded, None).map_err(failed)?,
            tasks: attach(&load(&tasks)?, None).map_err(failed)?,
            buffer: Vec::with_capacity(BUFFER),
            decoder: Decoder::of_this_machine(),
            expected: [0; 3],
        };
        let own = attach(&loaded, Some(std::process::id()));
        check::compare(own.as_ref().unwrap_or(&bpf.descriptors).as_fd(), bpf.decoder.clock, &mut bpf.buffer)?;
        Ok(bpf)
    }

    /// Whether the socket was found by a descriptor that refers to it, as of the last pass.
    pub fn is_found(&self, inode: Inode) -> bool {
        self.decoder.is_found(inode)
    }

    /// One pass over all descriptors of the machine.
    pub fn read(&mut self, found: &mut Found) -> Result<(), BpfError> {
        let Self { descriptors, buffer, decoder, expected, .. } = self;
        decoder.start();
        let [sockets, owners, files] = *expected;
        room::reserve(&mut found.sockets, sockets);
        found.owners.reserve(owners);
        found.files.reserve(files);
        each_chunk(descriptors.as_fd(), buffer, |rows| decoder.take(rows, found))?;
        let counts = [found.sockets.len(), found.owners.len(), found.files.len()];
        *expected = counts.map(|count| count + count / 8);
        Ok(())
    }

    /// Another over all threads. What was read of a holder's directory in between is that process's where it is still
    /// told of here: nobody else had its number.
    pub fn read_tasks(&mut self, found: &mut Found) -> Result<(), BpfError> {
        let Self { tasks, buffer, decoder, .. } = self;
        each_chunk(tasks.as_fd(), buffer, |rows| Some(decoder.take_tasks(rows, found)))
    }
}

fn load(program: &Program) -> Result<OwnedFd, BpfError> {
    let load = |log: &mut [u8]| sys::load(&program.instructions, c"Dual MIT/GPL", program.target.0, log);
    let errno = match load(&mut []) {
        Ok(loaded) => return Ok(loaded),
        Err(errno) => errno,
    };
    if matches!(errno, Errno::PERM | Errno::ACCESS) && !check::has_capabilities() {
        return Err(BpfError::NotPermitted);
    }
    if check::is_locked_down() {
        return Err(BpfError::LockedDown);
    }
    // Once more for the reason: a log costs more than the load itself.
    let mut log = vec![0; LOG];
    if let Ok(loaded) = load(&mut log) {
        return Ok(loaded);
    }
    let said = log.split(|&byte| byte == 0).next().unwrap_or_default();
    let log = String::from_utf8_lossy(said).into_owned();
    // The last lines are sums: `processed 31 insns (limit 1000000) …`.
    let last = log.lines().rev().find(|line| !line.is_empty() && !line.starts_with("processed "));
    let why = last.map_or_else(|| errno.to_string(), str::to_owned);
    Err(BpfError::Refused { why, log, cause: errno.into() })
}

/// Runs the program over all descriptors; gives `take` the rows as they come, whole.
fn each_chunk(
    link: BorrowedFd<'_>,
    buffer: &mut Vec<u8>,
    mut take: impl FnMut(&[u8]) -> Option<usize>,
) -> Result<(), BpfError> {
    let failed = |errno: Errno| BpfError::Failed(errno.into());
    let pass = sys::start(link).map_err(failed)?;
    let mut idle = 0;
    buffer.clear();
    buffer.reserve(BUFFER);
    loop {
        match rustix::io::read(&pass, spare_capacity(buffer)) {
            Ok(0) if buffer.is_empty() => return Ok(()),
            Ok(0) => return Err(BpfError::Unexpected("a row")),
            Ok(_) => {
                // The kernel cuts rows where its own buffer, or ours, ends.
                let taken = take(buffer).ok_or(BpfError::Unexpected("a row"))?;
                drop(buffer.drain(..taken));
            }
            Err(Errno::AGAIN) if idle < IDLE_READS => idle += 1,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(failed(errno)),
        }
    }
}

//! Reads every socket that a descriptor refers to, of all processes and network namespaces, in one pass: by a BPF
//! iterator over descriptors (`task_file`), Linux 5.11 and later.
//!
//! A program of about 300 instructions is put together here, checked and kept by the kernel, and goes when [`Bpf`]
//! is dropped, at the latest when sockeye ends. It is run only while a pass is read, and only reads.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::io::Errno;

use crate::model::{Owner, Pid, Protocol, Socket};

mod assembler;
mod btf;
mod check;
mod clock;
mod decode;
mod program;
mod row;
mod sys;

pub use btf::{Btf, TypeId};
use clock::Clock;
use program::Program;
use row::Row;

/// The kernel gives up to 32 KiB at once.
const BUFFER: usize = 64 * 1024;
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

/// A process that holds a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    pub pid: Pid,
    /// Clock ticks after boot (`/proc/PID/stat` field 22).
    pub start: u64,
    /// Its name, up to the first NUL byte (`/proc/PID/comm`).
    pub comm: [u8; 16],
    /// Effective user.
    pub uid: u32,
}

impl Holder {
    pub fn comm(&self) -> &[u8] {
        self.comm.split(|&byte| byte == 0).next().unwrap_or_default()
    }
}

/// What passes add to.
#[derive(Debug, Default)]
pub struct Found {
    /// Each socket once, whoever holds it.
    pub sockets: Vec<Socket>,
    /// Each descriptor that refers to a socket, also to one that is not among the sockets as no table lists its
    /// family.
    pub owners: Vec<Owner>,
    /// Each process once.
    pub holders: Vec<Holder>,
}

/// The loaded program.
#[derive(Debug)]
pub struct Bpf {
    link: OwnedFd,
    unread: Vec<Protocol>,
    buffer: Vec<u8>,
    decoder: Decoder,
}

impl Bpf {
    /// Loads the program, and compares what it finds of sockeye itself with `/proc/self/fd`.
    pub fn load() -> Result<Self, BpfError> {
        check::is_initial_pid_namespace()?;
        let types = sys::kernel_types().map_err(BpfError::NoBtf)?;
        let program = Program::for_kernel(&Btf::parse(&types).ok_or(BpfError::UnknownBtf)?)?;
        drop(types);
        let loaded = load(&program)?;
        let failed = |errno: Errno| BpfError::Failed(errno.into());
        let mut bpf = Self {
            link: sys::attach(loaded.as_fd(), None).map_err(failed)?,
            unread: program.unread,
            buffer: Vec::with_capacity(BUFFER),
            decoder: Decoder::new(Clock::of_this_machine()),
        };
        let own = sys::attach(loaded.as_fd(), Some(std::process::id()));
        check::compare(own.as_ref().unwrap_or(&bpf.link).as_fd(), &mut bpf.buffer)?;
        Ok(bpf)
    }

    /// Protocols that have owners here and no sockets, as this kernel has their structures in a module: their
    /// tables must be read.
    pub fn unread(&self) -> &[Protocol] {
        &self.unread
    }

    /// One pass over all descriptors of the machine.
    pub fn read(&mut self, found: &mut Found) -> Result<(), BpfError> {
        let Self { link, buffer, decoder, .. } = self;
        decoder.start();
        each_chunk(link.as_fd(), buffer, |rows| decoder.take(rows, found))
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

/// Makes a snapshot's parts of the rows of one pass; fed with any bytes, it never does harm.
#[derive(Debug)]
pub struct Decoder {
    clock: Clock,
    known: HashSet<u64, BuildHasherDefault<Spread>>,
    /// Processes whose first thread ended, or with threads that have a table of their own: process, table, thread.
    tables: Vec<(Pid, u64, Pid)>,
}

impl Decoder {
    fn new(clock: Clock) -> Self {
        Self { clock, known: HashSet::default(), tables: Vec::new() }
    }

    /// For rows from elsewhere.
    pub fn of_this_machine() -> Self {
        Self::new(Clock::of_this_machine())
    }

    /// Forgets the pass before.
    pub fn start(&mut self) {
        self.known.clear();
        self.tables.clear();
    }

    /// Takes all whole rows; gives how many bytes they are. None where there is something else than rows.
    pub fn take(&mut self, bytes: &[u8], found: &mut Found) -> Option<usize> {
        let mut rest = bytes;
        while let Some(&[kind, ..]) = rest.first_chunk::<1>() {
            row::Kind::from_number(kind)?;
            let Some((row, after)) = Row::split(rest) else { break };
            self.row(row, found);
            rest = after;
        }
        Some(bytes.len() - rest.len())
    }

    fn row(&mut self, row: Row<'_>, found: &mut Found) {
        let mut owner = decode::owner(row);
        match self.table(row, owner.pid) {
            Table::Process => {}
            Table::Thread(tid) => owner.tid = Some(tid),
            Table::Again => return,
        }
        found.owners.push(owner);
        // Rows come process by process; those of its threads can come after those of others.
        if found.holders.last().is_none_or(|last| last.pid != owner.pid)
            && (row.word(row::TID) == owner.pid.0
                || found.holders.iter().rev().all(|holder| holder.pid != owner.pid))
        {
            found.holders.push(decode::holder(row, self.clock));
        }
        if self.known.insert(owner.inode.0)
            && let Some(socket) = decode::socket(row, self.clock)
        {
            found.sockets.push(socket);
        }
    }

    /// Whose table the descriptor is in. That of a process can come with each of its threads once the first one
    /// ended, and one of threads with each of those that share it.
    fn table(&mut self, row: Row<'_>, pid: Pid) -> Table {
        let (tid, table) = (Pid(row.word(row::TID)), row.number(row::TABLE));
        let leaders = row.number(row::LEADERS_TABLE);
        if tid == pid || table == leaders {
            return Table::Process;
        }
        let known = self.tables.iter().find(|&&(other, known, _)| (other, known) == (pid, table));
        let first = known.map_or(tid, |&(.., first)| first);
        if known.is_none() {
            self.tables.push((pid, table, tid));
        }
        match (first == tid, leaders == 0) {
            (false, _) => Table::Again,
            (true, true) => Table::Process,
            (true, false) => Table::Thread(tid),
        }
    }
}

enum Table {
    Process,
    Thread(Pid),
    Again,
}

/// Spreads inode numbers, which nobody can choose, over a hash table.
#[derive(Clone, Copy, Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(26) // the high bits are the good ones, and both ends are looked at
    }
}

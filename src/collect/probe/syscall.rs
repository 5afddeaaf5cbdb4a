//! Tells of whose data a process waits, by the system call that it sleeps in.

use std::os::fd::BorrowedFd;

use rustix::io::{pread, retry_on_intr};

use crate::collect::root::{open_file, read};
use crate::model::Fd;

/// A line of nine numbers, or one word.
const LIMIT: usize = 1024;
/// Entries of a list that poll(2) is given, and descriptors that select(2) is told to look at.
const MOST_POLLED: u64 = 64;
const MOST_SELECTED: u64 = 1024;

/// Numbers of system calls: those whose first argument is what they read (read, readv, pread64, recvfrom, recvmsg);
/// those that get a list (poll, ppoll); those that get a set (select, pselect6).
struct Numbers {
    reads: &'static [u64],
    polls: &'static [u64],
    selects: &'static [u64],
}

/// `arch/x86/entry/syscalls/syscall_64.tbl`.
#[cfg(target_arch = "x86_64")]
const NUMBERS: Numbers = Numbers { reads: &[0, 19, 17, 45, 47], polls: &[7, 271], selects: &[23, 270] };
/// `include/uapi/asm-generic/unistd.h`.
#[cfg(target_arch = "aarch64")]
const NUMBERS: Numbers = Numbers { reads: &[63, 65, 67, 207, 212], polls: &[73], selects: &[72] };
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const NUMBERS: Numbers = Numbers { reads: &[], polls: &[], selects: &[] };

/// Descriptors of whose data the first thread of a process waits; none where it runs or waits for something else,
/// where the kernel does not say, or not to us (ptrace(2), `PTRACE_MODE_ATTACH_REALCREDS`).
///
/// Number and arguments of the system call of `/proc/PID/syscall`, then stack and program counter:
///
/// ```text
/// 0 0x0 0x55d0c7b5e6b0 0x1 0x0 0x0 0x0 0x7ffd0f0b5a48 0x7f8a3c114a1d
/// ```
pub(super) fn waits_for(process: BorrowedFd<'_>) -> Vec<Fd> {
    let mut line = Vec::new();
    if read(process, c"syscall", LIMIT, &mut line).is_err() {
        return Vec::new();
    }
    let mut found = parse(&line).map_or_else(Vec::new, |(number, [first, second])| match number {
        _ if NUMBERS.reads.contains(&number) => vec![descriptor(first)],
        _ if NUMBERS.polls.contains(&number) => polled(process, first, second).unwrap_or_default(),
        _ if NUMBERS.selects.contains(&number) => selected(process, first, second).unwrap_or_default(),
        _ => Vec::new(),
    });
    found.sort_unstable();
    found.dedup();
    found
}

/// The number, and the first two arguments.
fn parse(line: &[u8]) -> Option<(u64, [u64; 2])> {
    let mut fields = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
    let number = fields.next()?.parse().ok()?;
    let mut argument = || u64::from_str_radix(fields.next()?.strip_prefix("0x")?, 16).ok();
    Some((number, [argument()?, argument()?]))
}

/// Of a register only the lower half is an int.
fn descriptor(argument: u64) -> Fd {
    Fd(u32::try_from(argument & u64::from(u32::MAX)).unwrap_or_default())
}

/// An array of `struct pollfd`: 0 descriptor, 4 events that are asked for, 6 events that came.
fn polled(process: BorrowedFd<'_>, array: u64, count: u64) -> Option<Vec<Fd>> {
    /// `POLLIN` and `POLLRDNORM`.
    const READABLE: u16 = 0x1 | 0x40;
    let bytes = memory(process, array, count.min(MOST_POLLED) * 8)?;
    let entries = bytes.chunks_exact(8).filter_map(|entry| {
        let (fd, rest) = entry.split_first_chunk()?;
        let asked = u16::from_ne_bytes(*rest.first_chunk()?);
        // A negative one is passed over.
        let fd = u32::try_from(i32::from_ne_bytes(*fd)).ok()?;
        (asked & READABLE != 0).then_some(Fd(fd))
    });
    Some(entries.collect())
}

/// An `fd_set`: words of which each bit is a descriptor.
fn selected(process: BorrowedFd<'_>, count: u64, set: u64) -> Option<Vec<Fd>> {
    let count = (count & u64::from(u32::MAX)).min(MOST_SELECTED);
    let bytes = memory(process, set, count.div_ceil(64) * 8)?;
    let words = bytes.chunks_exact(8).filter_map(|word| Some(u64::from_ne_bytes(*word.first_chunk()?)));
    let words: Vec<u64> = words.collect();
    let is_set = |fd: &u32| {
        let word = usize::try_from(fd / 64).ok().and_then(|at| words.get(at));
        word.is_some_and(|word| word >> (fd % 64) & 1 == 1)
    };
    let count = u32::try_from(count).ok()?;
    Some((0..count).filter(is_set).map(Fd).collect())
}

/// So many bytes of the memory of a process.
fn memory(process: BorrowedFd<'_>, at: u64, count: u64) -> Option<Vec<u8>> {
    if at == 0 {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(count).ok()?];
    let memory = open_file(process, c"mem").ok()?;
    let read = retry_on_intr(|| pread(&memory, &mut *bytes, at)).ok()?;
    bytes.truncate(read);
    Some(bytes)
}

//! The calls that load and run a BPF iterator, with a safe face: bpf(2); and those for memory.
#![expect(unsafe_code, reason = "bpf(2), mmap(2) and madvise(2) have no safe face in rustix")]

use std::ffi::{CStr, c_int, c_void};
use std::fs::{self, File};
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use rustix::fs::fstat;
use rustix::io::{Errno, Result};
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, munmap};
use rustix::param::page_size;

/// The kernel's description of its types.
const BTF: &str = "/sys/kernel/btf/vmlinux";

/// The bytes of a file of the kernel that never changes.
#[derive(Debug)]
pub(super) enum Bytes {
    /// Linux 6.16 and later.
    Mapped {
        start: *mut c_void,
        length: usize,
    },
    Read(Vec<u8>),
}

/// The description of the running kernel's types, mapped where it can be, which costs a third.
pub(super) fn kernel_types() -> std::io::Result<Bytes> {
    let file = File::open(BTF)?;
    let length = usize::try_from(fstat(&file)?.st_size).unwrap_or(0);
    let flags = MapFlags::PRIVATE.union(MapFlags::POPULATE);
    // SAFETY: a new mapping at an address of the kernel's choice, so it takes the place of none.
    match unsafe { mmap(ptr::null_mut(), length, ProtFlags::READ, flags, &file, 0) } {
        Ok(start) => Ok(Bytes::Mapped { start, length }),
        Err(_) => fs::read(BTF).map(Bytes::Read),
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            // SAFETY: the mapping of that length lives as long as `self`, and nothing writes to it: not we, who
            // may read only, and not the kernel, whose BTF is constant from its start on.
            Self::Mapped { start, length } => unsafe { std::slice::from_raw_parts(start.cast(), *length) },
            Self::Read(bytes) => bytes,
        }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        if let Self::Mapped { start, length } = self {
            // SAFETY: it is our mapping, whole, and what was borrowed from it is gone by now.
            unsafe { munmap(*start, *length) }.ok(); // a mapping that stays harms nobody
        }
    }
}

/// Asks for large pages in room that is going to be filled: where the kernel has one, it is one fault in place of 512.
pub(in crate::collect) fn prefer_large_pages<T>(room: &mut [MaybeUninit<T>]) {
    let before_page = room.as_ptr().addr().wrapping_neg() % page_size();
    let Some(whole) = size_of_val(room).checked_sub(before_page) else { return };
    let start = room.as_mut_ptr().wrapping_byte_add(before_page);
    // SAFETY: the whole pages of memory that is ours, in which nothing changes but how it is kept.
    unsafe { madvise(start.cast(), whole - whole % page_size(), Advice::LinuxHugepage) }.ok(); // small ones do, too
}

const PROG_LOAD: c_int = 5;
const LINK_CREATE: c_int = 28;
const ITER_CREATE: c_int = 33;

/// `BPF_PROG_TYPE_TRACING` and `BPF_TRACE_ITER`.
const TRACING: u32 = 26;
const TRACE_ITER: u32 = 28;

/// `union bpf_attr` for `BPF_PROG_LOAD`, as far as it is used.
#[repr(C)]
#[derive(Default)]
struct ProgLoad {
    prog_type: u32,
    insn_cnt: u32,
    insns: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log_buf: u64,
    kern_version: u32,
    prog_flags: u32,
    prog_name: [u8; 16],
    prog_ifindex: u32,
    expected_attach_type: u32,
    prog_btf_fd: u32,
    func_info_rec_size: u32,
    func_info: u64,
    func_info_cnt: u32,
    line_info_rec_size: u32,
    line_info: u64,
    line_info_cnt: u32,
    attach_btf_id: u32,
}

/// `union bpf_attr` for `BPF_LINK_CREATE`.
#[repr(C)]
struct LinkCreate {
    prog_fd: RawFd,
    target_fd: u32,
    attach_type: u32,
    flags: u32,
    iter_info: u64,
    iter_info_len: u32,
    _rest: u32,
}

/// `union bpf_iter_link_info`, its member `task`.
#[repr(C)]
struct TaskInfo {
    tid: u32,
    pid: u32,
    pid_fd: u32,
}

/// `union bpf_attr` for `BPF_ITER_CREATE`.
#[repr(C)]
struct IterCreate {
    link_fd: RawFd,
    flags: u32,
}

/// Gives a program to the kernel, which checks it: one that iterates over what `target` is called for (a function
/// by its place in BTF). Where there is room for a log, the kernel says in it what it checked.
pub(super) fn load(instructions: &[u64], license: &CStr, target: u32, log: &mut [u8]) -> Result<OwnedFd> {
    let mut attributes = ProgLoad {
        prog_type: TRACING,
        insn_cnt: u32::try_from(instructions.len()).map_err(|_| Errno::TOOBIG)?,
        insns: instructions.as_ptr().expose_provenance() as u64,
        license: license.as_ptr().expose_provenance() as u64,
        prog_name: *b"sockeye\0\0\0\0\0\0\0\0\0",
        expected_attach_type: TRACE_ITER,
        attach_btf_id: target,
        ..ProgLoad::default()
    };
    if !log.is_empty() {
        attributes.log_level = 1;
        attributes.log_size = u32::try_from(log.len()).map_err(|_| Errno::TOOBIG)?;
        attributes.log_buf = log.as_mut_ptr().expose_provenance() as u64;
    }
    // SAFETY: the structure has the layout that the kernel reads for this command; the instructions and the text
    // that it points to are read, the log is written up to its length, and all three outlive the call.
    unsafe { bpf(PROG_LOAD, &mut attributes) }
}

/// Binds the program to the iterator, for all processes, or for `process` alone (Linux 6.1 and later).
pub(super) fn attach(program: BorrowedFd<'_>, process: Option<u32>) -> Result<OwnedFd> {
    let task = TaskInfo { tid: 0, pid: process.unwrap_or(0), pid_fd: 0 };
    let mut attributes = LinkCreate {
        prog_fd: program.as_raw_fd(),
        target_fd: 0,
        attach_type: TRACE_ITER,
        flags: 0,
        iter_info: 0,
        iter_info_len: 0,
        _rest: 0,
    };
    if process.is_some() {
        attributes.iter_info = ptr::from_ref(&task).expose_provenance() as u64;
        attributes.iter_info_len = 12;
    }
    // SAFETY: the structure has the layout that the kernel reads for this command; the 12 bytes that it points to
    // are read, and outlive the call.
    unsafe { bpf(LINK_CREATE, &mut attributes) }
}

/// Starts one pass; reading the descriptor runs the program.
pub(super) fn start(link: BorrowedFd<'_>) -> Result<OwnedFd> {
    let mut attributes = IterCreate { link_fd: link.as_raw_fd(), flags: 0 };
    // SAFETY: the structure has the layout that the kernel reads for this command, and points to nothing.
    unsafe { bpf(ITER_CREATE, &mut attributes) }
}

/// # Safety
///
/// `attributes` must be what the kernel reads for `command`, one that gives a descriptor; memory that it points
/// to must be good for what the command does with it.
unsafe fn bpf<T>(command: c_int, attributes: &mut T) -> Result<OwnedFd> {
    let attributes: *mut T = attributes;
    // SAFETY: the structure is good for its size; the rest is the caller's promise.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, attributes, size_of::<T>()) };
    let Ok(fd @ 0..) = RawFd::try_from(result) else {
        let error = std::io::Error::last_os_error();
        return Err(Errno::from_io_error(&error).unwrap_or(Errno::IO));
    };
    // SAFETY: each of these commands gives a new descriptor, which is nobody's yet.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

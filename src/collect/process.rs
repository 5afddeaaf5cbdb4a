//! Reads what is known of a process.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};

use procfs::FromRead;
use rustix::io::{self, Errno};

use super::gaps::{Gaps, reason};
use super::root::{Extent, ProcRoot, is_gone, read, read_link};
use super::ticks::Ticks;
use crate::model::{Exe, Fact, GapReason, GapScope, Pid, Process, ProcessKey, Text};

/// Longest command line that is kept; the kernel allows 6 MiB (a quarter of the largest stack).
const CMDLINE_LIMIT: usize = 128 * 1024;
/// `stat` is about 350 bytes, `status` 1,500 and a little for each group and CPU set.
const STAT_LIMIT: usize = 8 * 1024;
const STATUS_LIMIT: usize = 1024 * 1024;
/// Longest path that readlink(2) of a proc link gives.
const PATH_LIMIT: usize = 4096;

/// Flag of kernel threads (`include/linux/sched.h`), which stat(5) shows in field 9.
const PF_KTHREAD: u32 = 0x0020_0000;

/// Why there is no process to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// It ended.
    Gone,
    Gap(GapReason),
}

impl From<Errno> for Missing {
    fn from(errno: Errno) -> Self {
        if is_gone(errno) { Self::Gone } else { Self::Gap(reason(errno)) }
    }
}

/// Reads processes, with buffers that are used again.
#[derive(Debug)]
pub(super) struct Reader {
    buffer: Vec<u8>,
    ticks: Ticks,
}

impl Reader {
    pub(super) fn new(ticks: Ticks) -> Self {
        Self { buffer: Vec::with_capacity(16 * 1024), ticks }
    }

    /// All facts of the process whose directory this is.
    pub(super) fn read(
        &mut self,
        process: BorrowedFd<'_>,
        pid: Pid,
        gaps: &mut Gaps,
    ) -> Result<Process, Missing> {
        let (stat, comm) = self.stat(process)?;
        let uid = self.effective_uid(process)?;
        let mut refused = false;
        let exe = fact(self.link(process, c"exe"), exe, &mut refused);
        let cwd = fact(self.link(process, c"cwd"), |path| path, &mut refused);
        let cmdline = fact(self.cmdline(process, gaps), |arguments| arguments, &mut refused);
        if refused {
            gaps.add(GapScope::ProcessFacts, GapReason::Permission);
        }
        Ok(Process {
            key: ProcessKey { pid, start: stat.starttime },
            parent: u32::try_from(stat.ppid).ok().filter(|&parent| parent != 0).map(Pid),
            comm,
            exe,
            cmdline,
            cwd,
            uid,
            tty: Some(stat.tty_nr.cast_unsigned()).filter(|&tty| tty != 0),
            started: self.ticks.duration(stat.starttime),
            cgroup: Fact::Absent,
        })
    }

    /// Whether the process has no descriptors at all: a zombie, or a thread of the kernel.
    pub(super) fn holds_nothing(&mut self, process: BorrowedFd<'_>) -> bool {
        self.stat(process).is_ok_and(|(stat, _)| stat.state == 'Z' || stat.flags & PF_KTHREAD != 0)
    }

    /// Numbers by the procfs crate, the name as it is: `comm` is written by the same function of the kernel
    /// (`proc_task_name()`), so that file need not be read.
    fn stat(&mut self, process: BorrowedFd<'_>) -> Result<(procfs::process::Stat, Text), Missing> {
        read(process, c"stat", STAT_LIMIT, &mut self.buffer)?;
        parse_stat(&self.buffer).ok_or(Missing::Gap(GapReason::Malformed))
    }

    fn effective_uid(&mut self, process: BorrowedFd<'_>) -> Result<u32, Missing> {
        read(process, c"status", STATUS_LIMIT, &mut self.buffer)?;
        effective_uid(&self.buffer).ok_or(Missing::Gap(GapReason::Malformed))
    }

    fn link(&mut self, process: BorrowedFd<'_>, name: &std::ffi::CStr) -> io::Result<Text> {
        self.buffer.resize(PATH_LIMIT, 0);
        read_link(process, name, &mut self.buffer).map(Text::from)
    }

    fn cmdline(&mut self, process: BorrowedFd<'_>, gaps: &mut Gaps) -> io::Result<Text> {
        if read(process, c"cmdline", CMDLINE_LIMIT, &mut self.buffer)? == Extent::Cut {
            gaps.add(GapScope::ProcessFacts, GapReason::TooLarge);
        }
        Ok(self.buffer.as_slice().into())
    }
}

/// Adds the parents, their parents and so on of all processes in the map.
///
/// A parent that started after its child is another process with a recycled pid: the chain ends at the child.
pub(super) fn add_ancestors(
    root: &ProcRoot,
    reader: &mut Reader,
    processes: &mut BTreeMap<Pid, Process>,
    gaps: &mut Gaps,
) {
    let mut missing = Vec::new();
    let mut children: Vec<Pid> = processes.keys().copied().collect();
    while let Some(child) = children.pop() {
        let Some((parent, start)) = processes.get(&child).and_then(|p| Some((p.parent?, p.key.start))) else {
            continue;
        };
        let parent_start = if let Some(process) = processes.get(&parent) {
            process.key.start
        } else if missing.contains(&parent) {
            continue;
        } else {
            let found = match root.process(parent) {
                Ok(dir) => reader.read(dir.as_fd(), parent, gaps),
                Err(errno) => Err(errno.into()),
            };
            match found {
                Ok(process) => {
                    let parent_start = process.key.start;
                    if parent_start <= start {
                        processes.insert(parent, process);
                        children.push(parent);
                    }
                    parent_start
                }
                Err(why) => {
                    missing.push(parent);
                    if let Missing::Gap(reason) = why {
                        gaps.add(GapScope::ProcessFacts, reason);
                    }
                    continue;
                }
            }
        };
        if parent_start > start
            && let Some(child) = processes.get_mut(&child)
        {
            child.parent = None;
        }
    }
}

fn fact<T>(read: io::Result<Text>, make: impl FnOnce(Text) -> T, refused: &mut bool) -> Fact<T> {
    match read {
        Ok(text) if text.is_empty() => Fact::Absent,
        Ok(text) => Fact::Known(make(text)),
        Err(Errno::ACCESS | Errno::PERM) => {
            *refused = true;
            Fact::Refused
        }
        Err(_) => Fact::Absent,
    }
}

fn exe(path: Text) -> Exe {
    match path.as_bytes().strip_suffix(b" (deleted)") {
        Some(name) => Exe { path: name.into(), deleted: true },
        None => Exe { path, deleted: false },
    }
}

/// One line, of which the name may hold any bytes, `)` and newline too:
///
/// ```text
/// 4242 (ba) sh) S 1 4242 4242 34816 …      field 1 pid, 2 (comm), 3 state, 4 ppid, 7 tty_nr, 22 starttime
/// ```
///
/// The procfs crate panics where there is nothing before the first `(` or after the last `)`, so the shape is
/// checked before.
fn parse_stat(line: &[u8]) -> Option<(procfs::process::Stat, Text)> {
    let open = line.iter().position(|&byte| byte == b'(')?;
    let close = line.iter().rposition(|&byte| byte == b')')?;
    let pid = line.get(..open)?.strip_suffix(b" ")?;
    let comm = line.get(open + 1..close)?;
    let rest = line.get(close + 1..)?.strip_prefix(b" ")?;
    let whole = !pid.is_empty()
        && pid.iter().all(u8::is_ascii_digit)
        && rest.first().is_some_and(u8::is_ascii_alphabetic)
        && rest.is_ascii();
    let stat = whole.then(|| procfs::process::Stat::from_read(line).ok())??;
    Some((stat, comm.into()))
}

/// Real, effective, saved and file-system id; the kernel escapes newlines in the name above, so no process
/// can write such a line. Tabs set the fields apart.
///
/// ```text
/// Uid:    1000    0    0    0
/// ```
fn effective_uid(status: &[u8]) -> Option<u32> {
    let line = status.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"Uid:"))?;
    std::str::from_utf8(line).ok()?.split_ascii_whitespace().nth(1)?.parse().ok()
}

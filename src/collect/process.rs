//! Reads what is known of a process.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};

use procfs::FromRead;
use rustix::fs::fstat;
use rustix::io::{self, Errno};
use rustix::path::Arg;

use super::bpf::Holder;
use super::exe::Contents;
use super::gaps::{Gaps, reason};
use super::root::{Extent, ProcRoot, is_gone, read_at_once, read_link};
use super::ticks::Ticks;
use crate::model::{Exe, Fact, GapReason, GapScope, Pid, Process, ProcessKey, Shells, Text};

mod holder;
mod shared;

use shared::Shared;

/// Longest command line that is kept; the kernel allows 6 MiB (a quarter of the largest stack).
const CMDLINE_LIMIT: usize = 128 * 1024;
/// `stat` is about 350 bytes, `status` 1,500 and a little for each group and CPU set.
pub(super) const STAT_LIMIT: usize = 8 * 1024;
const STATUS_LIMIT: usize = 1024 * 1024;
/// Longest path that readlink(2) of a proc link gives.
const PATH_LIMIT: usize = 4096;

const CGROUP_LIMIT: usize = 64 * 1024;

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

/// Each process is read anew after so many passes.
const TURNS: u32 = 16;

/// Reads processes, with buffers that are used again and facts that seldom change.
///
/// `stat` and the user are read each time. The executable, arguments, working and control group only of a process
/// that is new, that executed another program since, or whose turn it is. Where BPF tells of the process, what it tells
/// takes the place of the former, and of a known process nothing is read.
#[derive(Debug)]
pub(super) struct Reader {
    buffer: Vec<u8>,
    ticks: Ticks,
    /// A directory's owner is the process's user.
    is_procfs: bool,
    pass: u32,
    known: BTreeMap<Pid, Known>,
    shared: Shared,
    /// What BPF told in this pass, by number.
    told: Vec<Holder>,
    /// Processes that BPF told of, whether they can be shells, and when that was asked last.
    judged: BTreeMap<Pid, (Holder, bool, u32)>,
    /// None where nobody asks which program is a copy of a shell, and where files are not those of processes.
    contents: Option<Contents>,
}

/// What was read of a process before.
#[derive(Debug)]
struct Known {
    process: Process,
    /// None where BPF told what it executes.
    image: Option<Image>,
    cut: bool,
    /// Why it is not known whether it is a copy of a shell.
    unjudged: Option<GapReason>,
    /// Which of its programs that is, where BPF counted them.
    execution: Option<u32>,
    /// When it was met last.
    pass: u32,
}

impl Known {
    /// What of it could not be seen.
    fn tell(&self, gaps: &mut Gaps) {
        let Process { exe, cwd, cmdline, .. } = &self.process;
        if *exe == Fact::Refused || *cwd == Fact::Refused || *cmdline == Fact::Refused {
            gaps.add(GapScope::ProcessFacts, GapReason::Permission);
        }
        if self.cut {
            gaps.add(GapScope::ProcessFacts, GapReason::TooLarge);
        }
        if let Some(reason) = self.unjudged {
            gaps.add(GapScope::ProcessFacts, reason);
        }
    }
}

/// Changes with execve(2): where code, arguments and stack begin, which the kernel chooses at random (fields 26,
/// 28 and 48, shown to those who may trace it), and the name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Image {
    code: u64,
    stack: u64,
    arguments: Option<u64>,
    comm: Text,
}

impl Reader {
    pub(super) fn new(ticks: Ticks, is_procfs: bool, shells: Option<Shells>) -> Self {
        Self {
            buffer: Vec::with_capacity(16 * 1024),
            ticks,
            is_procfs,
            pass: 0,
            known: BTreeMap::new(),
            shared: Shared::default(),
            told: Vec::new(),
            judged: BTreeMap::new(),
            contents: shells.filter(|_| is_procfs).map(Contents::new),
        }
    }

    /// Forgets the processes that were not met since the last call.
    pub(super) fn next_pass(&mut self) {
        let before = self.pass;
        self.known.retain(|_, known| known.pass == before);
        self.judged.retain(|_, &mut (.., pass)| pass == before);
        self.told.clear();
        self.pass = before.wrapping_add(1);
        if let Some(contents) = &mut self.contents {
            contents.next_pass();
        }
    }

    fn is_turn(&self, pid: Pid) -> bool {
        self.pass.wrapping_add(pid.0).is_multiple_of(TURNS)
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
        let image = Image {
            code: stat.startcode,
            stack: stat.startstack,
            arguments: stat.arg_start,
            comm: comm.clone(),
        };
        let key = ProcessKey { pid, start: stat.starttime };
        let is_turn = self.is_turn(pid);
        let known = self.known.remove(&pid);
        let known = known.filter(|known| {
            self.is_procfs && !is_turn && known.process.key == key && known.image.as_ref() == Some(&image)
        });
        let (mut found, cut, unjudged) = match known {
            Some(Known { process, cut, unjudged, .. }) => (process, cut, unjudged),
            None => self.facts(process, key),
        };
        found.parent = u32::try_from(stat.ppid).ok().filter(|&parent| parent != 0).map(Pid);
        found.comm = comm;
        found.uid = uid;
        let id = |number: i32| u32::try_from(number).ok().filter(|&number| number != 0).map(Pid);
        found.session = id(stat.session);
        found.group = id(stat.pgrp);
        found.foreground = id(stat.tpgid);
        found.tty = Some(stat.tty_nr.cast_unsigned()).filter(|&tty| tty != 0);
        let pass = self.pass;
        let known =
            Known { process: found.clone(), image: Some(image), cut, unjudged, execution: None, pass };
        known.tell(gaps);
        self.known.insert(pid, known);
        Ok(found)
    }

    /// The facts that seldom change, whether the arguments were cut, and why it is not known whether the executable
    /// is a copy of a shell.
    fn facts(&mut self, process: BorrowedFd<'_>, key: ProcessKey) -> (Process, bool, Option<GapReason>) {
        let mut exe = fact(self.link(process, c"exe"), exe);
        let mut unjudged = None;
        if let (Some(contents), Fact::Known(exe)) = (&mut self.contents, &mut exe) {
            match contents.shell(process, exe) {
                Ok(shell) => exe.same_as = shell,
                Err(reason) => unjudged = Some(reason),
            }
        }
        let cwd = fact(self.link(process, c"cwd"), |path| path);
        let mut cut = false;
        let cmdline = fact(self.cmdline(process, c"cmdline", &mut cut), |arguments| arguments);
        let cgroup = match read_at_once(process, c"cgroup", CGROUP_LIMIT, &mut self.buffer) {
            Ok(_) => cgroup(&self.buffer).map_or(Fact::Absent, |path| Fact::Known(path.into())),
            Err(Errno::ACCESS | Errno::PERM) => Fact::Refused,
            Err(_) => Fact::Absent,
        };
        let found = Process { exe, cmdline, cwd, cgroup, ..self.process(key) };
        (found, cut, unjudged)
    }

    /// One of which nothing else is known.
    fn process(&self, key: ProcessKey) -> Process {
        Process {
            key,
            parent: None,
            comm: Text::default(),
            exe: Fact::Absent,
            cmdline: Fact::Absent,
            cwd: Fact::Absent,
            uid: 0,
            tty: None,
            session: None,
            group: None,
            foreground: None,
            started: self.ticks.duration(key.start),
            cgroup: Fact::Absent,
        }
    }

    /// Adds the parents, their parents and so on of all processes in the map.
    ///
    /// A parent that started after its child is another process with a recycled pid: the chain ends at the child.
    pub(super) fn add_ancestors(
        &mut self,
        root: &ProcRoot,
        processes: &mut BTreeMap<Pid, Process>,
        gaps: &mut Gaps,
    ) {
        let mut missing = Vec::new();
        let mut children: Vec<Pid> = processes.keys().copied().collect();
        while let Some(child) = children.pop() {
            let Some((parent, start)) = processes.get(&child).and_then(|p| Some((p.parent?, p.key.start)))
            else {
                continue;
            };
            let parent_start = if let Some(process) = processes.get(&parent) {
                process.key.start
            } else if missing.contains(&parent) {
                continue;
            } else {
                match self.find(root, parent, gaps) {
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

    /// Whether this is still the directory of that process, and its pid was not given to another.
    pub(super) fn is(&mut self, process: BorrowedFd<'_>, key: ProcessKey) -> bool {
        self.stat(process).is_ok_and(|(stat, _)| stat.starttime == key.start)
    }

    /// Whether the process has no descriptors at all: a zombie, or a thread of the kernel.
    pub(super) fn holds_nothing(&mut self, process: BorrowedFd<'_>) -> bool {
        self.stat(process).is_ok_and(|(stat, _)| stat.state == 'Z' || stat.flags & PF_KTHREAD != 0)
    }

    /// Numbers by the procfs crate, the name as it is: `comm` is written by the same function of the kernel
    /// (`proc_task_name()`), so that file need not be read.
    fn stat(&mut self, process: BorrowedFd<'_>) -> Result<(procfs::process::Stat, Text), Missing> {
        read_at_once(process, c"stat", STAT_LIMIT, &mut self.buffer)?;
        parse_stat(&self.buffer).ok_or(Missing::Gap(GapReason::Malformed))
    }

    fn effective_uid(&mut self, process: BorrowedFd<'_>) -> Result<u32, Missing> {
        if self.is_procfs {
            // `task_dump_owner()`: of this directory always the effective one, dumpable or not.
            return Ok(fstat(process)?.st_uid);
        }
        read_at_once(process, c"status", STATUS_LIMIT, &mut self.buffer)?;
        effective_uid(&self.buffer).ok_or(Missing::Gap(GapReason::Malformed))
    }

    fn link(&mut self, process: BorrowedFd<'_>, name: &std::ffi::CStr) -> io::Result<Text> {
        self.buffer.resize(PATH_LIMIT, 0);
        read_link(process, name, &mut self.buffer).map(Text::from)
    }

    fn cmdline(&mut self, dir: impl AsFd, path: impl Arg + Copy, cut: &mut bool) -> io::Result<Text> {
        *cut = read_at_once(dir, path, CMDLINE_LIMIT, &mut self.buffer)? == Extent::Cut;
        Ok(self.buffer.as_slice().into())
    }
}

fn fact<T>(read: io::Result<Text>, make: impl FnOnce(Text) -> T) -> Fact<T> {
    match read {
        Ok(text) if text.is_empty() => Fact::Absent,
        Ok(text) => Fact::Known(make(text)),
        Err(Errno::ACCESS | Errno::PERM) => Fact::Refused,
        Err(_) => Fact::Absent,
    }
}

/// The line of the unified hierarchy, `0::/system.slice/ssh.service`, of cgroups(7); others name their controllers.
fn cgroup(lines: &[u8]) -> Option<&[u8]> {
    lines.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"0::"))
}

fn exe(path: Text) -> Exe {
    match path.as_bytes().strip_suffix(b" (deleted)") {
        Some(name) => Exe { path: name.into(), deleted: true, same_as: None },
        None => Exe { path, deleted: false, same_as: None },
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
pub(super) fn parse_stat(line: &[u8]) -> Option<(procfs::process::Stat, Text)> {
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

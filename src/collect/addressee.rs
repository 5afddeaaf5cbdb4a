//! Reads what somebody wants to know of one process before a signal is sent to it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::io;
use rustix::process::getpid;

use super::process::{STAT_LIMIT, parse_stat};
use super::root::{DIR_BUFFER, ProcRoot, each_number, open_dir, read, read_at_once};
use crate::model::{Pid, Text};

/// Longest `/proc/PID/task/TID/children` that is read, about 8,000 children.
const CHILDREN_LIMIT: usize = 64 * 1024;
/// Longest chain of parents that is followed; real ones are far shorter.
const MOST_PARENTS: usize = 256;

/// Of one process of this machine, read in this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Clock ticks after boot (`/proc/PID/stat` field 22).
    pub start: u64,
    /// Entries of `/proc/PID/fd`; none where they may not be listed.
    pub descriptors: Option<usize>,
    /// None where the kernel does not list them (`CONFIG_PROC_CHILDREN`).
    pub children: Option<Vec<(Pid, Text)>>,
}

/// `/proc` of this machine.
#[derive(Debug)]
pub struct Processes {
    root: ProcRoot,
    buffer: Vec<u8>,
}

impl Processes {
    /// Fails, in words, where there is no `/proc`, and where it numbers processes otherwise than the kernel does for us:
    /// a pid there would be another process here.
    pub fn open() -> Result<Self, String> {
        let root = ProcRoot::open(Path::new("/proc")).map_err(|error| error.to_string())?;
        let mut processes = Self { root, buffer: Vec::with_capacity(DIR_BUFFER) };
        let own = processes.root.own_directory().and_then(|own| processes.stat(own.as_fd()));
        match own {
            Ok(own) if pid(own.pid) == own_pid() => Ok(processes),
            Ok(_) | Err(_) => Err("/proc is of another pid namespace than sockeye".to_owned()),
        }
    }

    /// What is known of the process that has this pid now; none where there is none.
    pub fn facts(&mut self, of: Pid) -> Option<Facts> {
        let process = self.root.process(of).ok()?;
        let start = self.stat(process.as_fd()).ok()?.starttime;
        let descriptors = self.count(process.as_fd()).ok();
        Some(Facts { start, descriptors, children: self.children(&process).ok() })
    }

    /// The ancestors of sockeye, nearest first.
    pub fn above(&mut self) -> Vec<Pid> {
        let mut above = Vec::new();
        let mut next = own_pid();
        while above.len() < MOST_PARENTS {
            let Ok(stat) = self.root.process(next).and_then(|process| self.stat(process.as_fd())) else {
                break;
            };
            next = pid(stat.ppid);
            if next == Pid(0) || above.contains(&next) {
                break;
            }
            above.push(next);
        }
        above
    }

    fn stat(&mut self, process: BorrowedFd<'_>) -> io::Result<procfs::process::Stat> {
        read_at_once(process, c"stat", STAT_LIMIT, &mut self.buffer)?;
        parse_stat(&self.buffer).map(|(stat, _)| stat).ok_or(io::Errno::INVAL)
    }

    fn count(&mut self, process: BorrowedFd<'_>) -> io::Result<usize> {
        self.numbers(&open_dir(process, c"fd")?).map(|fds| fds.len())
    }

    fn numbers(&mut self, dir: &OwnedFd) -> io::Result<Vec<u32>> {
        let mut numbers = Vec::new();
        self.buffer.clear();
        each_number(dir.as_fd(), self.buffer.spare_capacity_mut(), |number, _| {
            numbers.push(number);
            Ok(())
        })?;
        Ok(numbers)
    }

    /// Those of each thread: `20131 20140 `. Fails where no thread lists any.
    fn children(&mut self, process: &OwnedFd) -> io::Result<Vec<(Pid, Text)>> {
        let tasks = open_dir(process, c"task")?;
        let mut pids: Vec<Pid> = Vec::new();
        let mut listed = Err(io::Errno::NOENT);
        for tid in self.numbers(&tasks)? {
            let path = format!("{tid}/children");
            if read(&tasks, path.as_str(), CHILDREN_LIMIT, &mut self.buffer).is_ok() {
                listed = Ok(());
                let words = str::from_utf8(&self.buffer).unwrap_or_default().split_ascii_whitespace();
                pids.extend(words.filter_map(|pid| pid.parse().ok()).map(Pid));
            }
        }
        listed?;
        pids.sort_unstable();
        let mut children = Vec::with_capacity(pids.len());
        for pid in pids {
            let name = format!("{pid}/comm");
            // One that ended meanwhile is none any more.
            if read_at_once(&self.root, name.as_str(), STAT_LIMIT, &mut self.buffer).is_ok() {
                let name = self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer);
                children.push((pid, name.into()));
            }
        }
        Ok(children)
    }
}

fn pid(number: i32) -> Pid {
    Pid(u32::try_from(number).unwrap_or_default())
}

fn own_pid() -> Pid {
    pid(getpid().as_raw_nonzero().get())
}

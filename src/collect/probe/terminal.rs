//! Asks terminals for their mode.
//!
//! Only a descriptor of the terminal can be asked, and that of another process is not ours, so the terminal is opened
//! for a moment: read-only, without waiting, and never as our controlling terminal. That changes nothing in it, as the
//! process has it open, too. Never through `/dev/tty`, which would be the terminal of sockeye.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, major, minor, openat};
use rustix::io::retry_on_intr;
use rustix::termios::{LocalModes, tcgetattr};

use super::{Found, is_stdio};
use crate::collect::root::{ProcRoot, open_file};
use crate::model::{Descriptor, Fd, Process, Target};

/// The descriptors of a process that are terminals in non-canonical mode.
pub(super) fn raw(
    root: &ProcRoot,
    dir: BorrowedFd<'_>,
    process: &Process,
    own: &[Descriptor],
    found: Found<'_>,
) -> Vec<Fd> {
    let is_raw = |one: &&Descriptor| match one.target {
        Target::PtySlave { .. } => match ask(root, dir, one.fd) {
            Answer::Mode { is_raw } => is_raw,
            // The process's own: somebody else of its session has it open by its name.
            Answer::Controlling => controlling(root, process, one, found),
            Answer::None => false,
        },
        Target::Terminal if is_stdio(one.fd) => {
            matches!(ask(root, dir, one.fd), Answer::Mode { is_raw: true })
        }
        Target::Socket(_)
        | Target::Pipe(_)
        | Target::Fifo { .. }
        | Target::PtyMaster { .. }
        | Target::Terminal
        | Target::Null
        | Target::File
        | Target::Anonymous => false,
    };
    own.iter().filter(is_raw).map(|one| one.fd).collect()
}

/// What a terminal says.
enum Answer {
    Mode {
        is_raw: bool,
    },
    /// It was opened as `/dev/tty`.
    Controlling,
    /// Not asked, or it is gone.
    None,
}

/// What is asked is the terminal that was looked at, whatever the descriptor becomes meanwhile.
fn ask(root: &ProcRoot, process: BorrowedFd<'_>, fd: Fd) -> Answer {
    let flags = OFlags::PATH.union(OFlags::CLOEXEC);
    let name = format!("fd/{fd}");
    let Ok(file) = retry_on_intr(|| openat(process, name.as_str(), flags, Mode::empty())) else {
        return Answer::None;
    };
    match fstat(&file).map(|found| kind(&found)) {
        Ok(Kind::Controlling) => Answer::Controlling,
        Ok(Kind::Harmless) => {
            let again = format!("self/fd/{}", file.as_fd().as_raw_fd());
            let terminal = open_file(root, again.as_str());
            match terminal.and_then(tcgetattr) {
                Ok(modes) => Answer::Mode { is_raw: !modes.local_modes.contains(LocalModes::ICANON) },
                Err(_) => Answer::None,
            }
        }
        Ok(Kind::Other) | Err(_) => Answer::None,
    }
}

enum Kind {
    /// A pseudo-terminal, or a virtual console. Serial lines can wait for the end of what is sent.
    Harmless,
    Controlling,
    Other,
}

/// By numbers of `Documentation/admin-guide/devices.txt`.
fn kind(found: &Stat) -> Kind {
    if FileType::from_raw_mode(found.st_mode) != FileType::CharacterDevice {
        return Kind::Other;
    }
    match (major(found.st_rdev), minor(found.st_rdev)) {
        (136..=143, _) | (4, 1..=63) => Kind::Harmless,
        (5, 0) => Kind::Controlling,
        _ => Kind::Other,
    }
}

/// Whether the controlling terminal is in non-canonical mode, by another descriptor of it.
fn controlling(root: &ProcRoot, process: &Process, one: &Descriptor, found: Found<'_>) -> bool {
    let Target::PtySlave { index, .. } = one.target else { return false };
    let is_its = |other: &&Descriptor| {
        let holder = found.processes.get(&other.pid);
        let is_near = holder.is_some_and(|holder| holder.session == process.session);
        let by_name =
            matches!(other.target, Target::PtySlave { devpts: Some(_), index: its } if its == index);
        is_near && by_name
    };
    let answers = found.descriptors.iter().filter(is_its).filter_map(|other| {
        let dir = root.process(other.pid).ok()?;
        match ask(root, dir.as_fd(), other.fd) {
            Answer::Mode { is_raw } => Some(is_raw),
            Answer::Controlling | Answer::None => None,
        }
    });
    answers.into_iter().next().unwrap_or(false)
}

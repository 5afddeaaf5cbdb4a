//! Stopping as a job of the shell, and going on when it says so.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, getpgrp, getppid, getsid, kill_current_process_group};
use signal_hook::consts::SIGSTOP;
use signal_hook::low_level::raise;

use super::end::Ending;

/// Looks at the terminal, after each SIGCONT, before it stops again because it is still in the background.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Stops this process; knows its own SIGTSTP from that of others.
pub(super) struct Stop {
    ending: Arc<Ending>,
    own: AtomicBool,
}

impl Stop {
    pub(super) fn new(ending: Arc<Ending>) -> Self {
        Self { ending, own: AtomicBool::new(false) }
    }

    /// The SIGTSTP that just came was sent by `suspend`, which needs no second one.
    pub(super) fn was_own(&self) -> bool {
        self.own.swap(false, Ordering::SeqCst)
    }

    /// Gives the terminal back, stops the job, and takes the terminal again when the shell gave it.
    ///
    /// Fails where no shell would ever continue us, and where the terminal cannot be taken again.
    pub(super) fn suspend(&self) -> Result<(), String> {
        let tty = &self.ending.tty;
        if !shell_waits() {
            return Err("not stopped: no shell would continue it".to_owned());
        }
        tty.leave();
        // To the group: who started us in the shell's place (sudo, env, a script) must stop as well. Ours is
        // caught, since others may send it too, so what stops us is SIGSTOP.
        self.own.store(true, Ordering::SeqCst);
        kill_current_process_group(Signal::TSTP).map_err(|errno| format!("not stopped: {errno}"))?;
        loop {
            raise(SIGSTOP).map_err(|error| format!("not stopped: {error}"))?;
            for _ in 0..LOOKS {
                if self.ending.code().is_some() {
                    return Ok(()); // continued to be ended; the terminal is the shell's
                }
                if !tty.in_background() {
                    return tty.enter().map_err(|error| error.to_string());
                }
                thread::sleep(BETWEEN_LOOKS);
            }
        }
    }
}

/// Whether a shell of this session waits for us: the first ancestor outside our process group is in our
/// session. Else the group is an orphan (setpgid(2)): nobody would see that it stopped, or continue it.
fn shell_waits() -> bool {
    let group = getpgrp();
    let Ok(session) = getsid(None) else { return false };
    let mut ancestor = getppid();
    while let Some(pid) = ancestor {
        let Some(of) = family(pid) else { return false };
        if of.session != Some(session) {
            return false;
        }
        if of.group != Some(group) {
            return true;
        }
        ancestor = of.parent;
    }
    false
}

struct Family {
    parent: Option<Pid>,
    group: Option<Pid>,
    session: Option<Pid>,
}

/// Fields 4 to 6 of `/proc/PID/stat`: `42 (bash) S 41 42 40 34816 …`; the name may hold blanks and brackets.
fn family(pid: Pid) -> Option<Family> {
    let stat = fs::read(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    let name_end = stat.iter().rposition(|&byte| byte == b')')?;
    let text = std::str::from_utf8(stat.get(name_end + 1..)?).ok()?;
    let mut pids =
        text.split_ascii_whitespace().skip(1).map(|field| field.parse().ok().and_then(Pid::from_raw));
    Some(Family { parent: pids.next()?, group: pids.next()?, session: pids.next()? })
}

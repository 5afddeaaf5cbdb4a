//! The terminal as a thing that is taken over, and given back as it was found whatever happens.

use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Signal, getpgrp, getpid, kill_process};
use rustix::stdio::stdout;
use rustix::termios::{
    OptionalActions, QueueSelector, Termios, isatty, tcflush, tcgetattr, tcgetpgrp, tcsetattr,
};

/// Alternate screen, bracketed paste, no cursor; cleared, since the Linux console has no other screen.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?2004h\x1b[?25l\x1b[H\x1b[2J";
/// As [`ENTER`], but already on the alternate screen: entered twice, it forgets where the cursor was before.
const RENEW: &[u8] = b"\x1b[?2004h\x1b[?25l\x1b[H\x1b[2J";
/// Buttons and wheel, and neither motion nor dragging; in the form that has no greatest column.
const MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1006h";
/// The same backwards, in the terminal's own colours, the mouse too, whether or not it was taken. First to the last line,
/// for a console without another screen.
const LEAVE: &[u8] = b"\x1b[0m\x1b[999;1H\x1b[?1006l\x1b[?1000l\x1b[?2004l\x1b[?1049l\x1b[?25h";
/// CAN ends an escape sequence that was cut in the middle; else the terminal would swallow the next one.
const LEAVE_FROM_THE_MIDDLE: &[u8] =
    b"\x18\x1b[0m\x1b[999;1H\x1b[?1006l\x1b[?1000l\x1b[?2004l\x1b[?1049l\x1b[?25h";
/// How long a terminal that does not read may hold up the end of the program.
const PATIENCE: Duration = Duration::from_millis(200);
const STEP: Duration = Duration::from_millis(10);

/// Why the screen cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    #[error("TERM is {0}, which names no terminal that can show a screen; use --once")]
    NoTerm(&'static str),
    #[error("there is no terminal to read keys from; use --once")]
    NoKeys(#[source] io::Error),
    #[error("the terminal cannot be set up")]
    SetUp(#[source] io::Error),
}

/// The terminal; shared by all threads, each of which may give it back.
#[derive(Debug)]
pub(super) struct Tty {
    /// What crossterm reads keys from: stdin if it is a terminal, else `/dev/tty`.
    keys: OwnedFd,
    /// Its modes as they were.
    found: Termios,
    /// Clicks are for us.
    mouse: bool,
    /// It shows our screen. Who sets it to false gives the terminal back.
    ours: AtomicBool,
    /// Nothing is left to give back.
    free: AtomicBool,
    /// The main thread is in a write to it.
    writing: AtomicBool,
    /// A thread that ends the program gives it back.
    forced: AtomicBool,
}

impl Tty {
    /// Looks for the terminal; changes nothing about it.
    pub(super) fn open(term: Option<&str>, mouse: bool) -> Result<Self, TerminalError> {
        match term {
            None | Some("") => return Err(TerminalError::NoTerm("not set")),
            Some("dumb") => return Err(TerminalError::NoTerm("dumb")),
            Some(_) => {}
        }
        let stdin = rustix::stdio::stdin();
        let keys = if isatty(stdin) {
            stdin.try_clone_to_owned().map_err(TerminalError::NoKeys)?
        } else {
            let tty = std::fs::File::options().read(true).write(true).open("/dev/tty");
            tty.map_err(TerminalError::NoKeys)?.into()
        };
        let found = tcgetattr(&keys).map_err(|errno| TerminalError::SetUp(errno.into()))?;
        let [ours, writing, forced] = [const { AtomicBool::new(false) }; 3];
        Ok(Self { keys, found, mouse, ours, free: AtomicBool::new(true), writing, forced })
    }

    /// Takes the terminal over.
    pub(super) fn enter(&self) -> Result<(), TerminalError> {
        self.make_raw()?;
        self.free.store(false, Ordering::SeqCst);
        self.ours.store(true, Ordering::SeqCst);
        self.take_over(ENTER)
    }

    /// Sets up again what another program may have changed while it had the terminal.
    pub(super) fn renew(&self) -> Result<(), TerminalError> {
        self.make_raw()?;
        if !self.is_ours() {
            self.restore_modes(); // another thread just gave it back
        }
        self.take_over(RENEW)
    }

    /// In one step: while it is set back, even for an instant, the kernel makes another key of an Enter that comes.
    fn make_raw(&self) -> Result<(), TerminalError> {
        let mut modes = self.found.clone();
        modes.make_raw();
        let set = tcsetattr(&self.keys, OptionalActions::Now, &modes);
        set.map_err(|errno| TerminalError::SetUp(errno.into()))
    }

    fn take_over(&self, how: &[u8]) -> Result<(), TerminalError> {
        let mouse = if self.mouse { MOUSE } else { b"" };
        self.write_all(&[how, mouse].concat(), || self.is_ours()).map_err(TerminalError::SetUp)
    }

    /// Writes what is no part of the screen, between two frames.
    pub(super) fn pass(&self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes, || self.is_ours())
    }

    /// It shows our screen.
    pub(super) fn is_ours(&self) -> bool {
        self.ours.load(Ordering::SeqCst)
    }

    /// Gives the terminal back. The second time does nothing, so that anybody may, just in case.
    pub(super) fn leave(&self) {
        if self.ours.swap(false, Ordering::SeqCst) {
            self.restore_modes();
            self.write_all(LEAVE, || true).ok(); // a terminal that is gone needs nothing
            self.free.store(true, Ordering::SeqCst);
        }
    }

    /// Gives the terminal back although another thread may be blocked in a write to it, because it stopped
    /// reading. Takes twice [`PATIENCE`] at most. The program must end then: nothing more can be drawn.
    pub(super) fn leave_by_force(&self) {
        self.forced.store(true, Ordering::SeqCst);
        if self.ours.swap(false, Ordering::SeqCst) {
            self.restore_modes();
        } else if self.free.load(Ordering::SeqCst) {
            return;
        }
        // The kernel lets one writer at a time into a terminal. What the terminal did not read is thrown away, to
        // make room, and the writer is woken to see it: it is the main thread, which gets our signals first.
        wait_until(|| {
            if !self.in_background() {
                tcflush(stdout(), QueueSelector::OFlush).ok(); // at worst the output stays where it is
            }
            kill_process(getpid(), Signal::CONT).ok(); // caught, and nobody minds it now
            !self.writing.load(Ordering::SeqCst)
        });
        let last = thread::Builder::new().spawn(|| write(LEAVE_FROM_THE_MIDDLE, || true).ok());
        wait_until(|| last.as_ref().map_or(true, thread::JoinHandle::is_finished));
    }

    /// Gives the terminal back at the end of the program. Does not return while another thread does it by force,
    /// which ends the program: returning from `main` would end it too soon.
    pub(super) fn leave_for_good(&self) {
        self.leave();
        while self.forced.load(Ordering::SeqCst) {
            thread::park();
        }
    }

    /// Rings the bell, while the terminal shows our screen.
    pub(super) fn ring(&self) -> io::Result<()> {
        self.write_all(b"\x07", || self.is_ours())
    }

    /// Sets the modes back, but for a job in the background: the shell has its own modes in force, and the
    /// kernel would stop us for touching them.
    fn restore_modes(&self) {
        if !self.in_background() {
            tcsetattr(&self.keys, OptionalActions::Now, &self.found).ok(); // one that is gone has no modes
        }
    }

    /// Another job has the terminal. False where the terminal does no job control for us.
    pub(super) fn in_background(&self) -> bool {
        tcgetpgrp(&self.keys).is_ok_and(|group| group != getpgrp())
    }

    fn write_all(&self, bytes: &[u8], wanted: impl Fn() -> bool) -> io::Result<()> {
        self.writing.store(true, Ordering::SeqCst);
        let written = write(bytes, wanted);
        self.writing.store(false, Ordering::SeqCst);
        written
    }

    /// Waits until the terminal is gone, at most for `timeout`. True: it is.
    ///
    /// crossterm never says so: it asks for keys for ever, as fast as it can (crossterm issue 793).
    pub(super) fn hung_up(&self, timeout: Option<&rustix::event::Timespec>) -> bool {
        loop {
            let mut fds = [PollFd::from_borrowed_fd(self.keys.as_fd(), PollFlags::empty())];
            match poll(&mut fds, timeout) {
                Err(Errno::INTR) => {}
                Err(_) => return false,
                Ok(number) => return number > 0,
            }
        }
    }
}

/// What ratatui draws into: one write(2) a frame to stdout, and none once the terminal is given back.
///
/// Not `std::io::Stdout`: its buffer is written out at exit, and would block there.
pub(super) struct Output {
    pub(super) tty: Arc<Tty>,
    pub(super) frame: Vec<u8>,
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = self.tty.write_all(&self.frame, || self.tty.is_ours());
        self.frame.clear();
        written
    }
}

/// Writes to the terminal for as long as `wanted`, whether or not another program made it non-blocking.
fn write(mut bytes: &[u8], wanted: impl Fn() -> bool) -> io::Result<()> {
    while !bytes.is_empty() && wanted() {
        match rustix::io::write(stdout(), bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                poll(&mut [PollFd::from_borrowed_fd(stdout(), PollFlags::OUT)], None).ok(); // write tells
            }
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

/// Looks again and again, for [`PATIENCE`].
fn wait_until(done: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() && Instant::now() < deadline {
        thread::sleep(STEP);
    }
}

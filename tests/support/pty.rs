//! A terminal: the real binary runs in it, keys go in, a screen comes out.

#![expect(clippy::disallowed_methods, reason = "a test that waits must end")]

use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};

/// Far more than anything here takes; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Both ends of a pseudo terminal, and what it shows.
pub struct Pty {
    /// What the program is connected to; held open, so that its modes can be read after the program ended.
    slave: OwnedFd,
    master: Option<OwnedFd>,
    parser: vt100::Parser,
    /// All that the program wrote.
    pub written: Vec<u8>,
}

/// A program on it; killed when the test is over, however it ends.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Running {
    pub fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.0)
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.pid(), signal).unwrap();
    }

    /// How it ends, within a second or so, while nobody reads from the terminal.
    pub fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the program does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Pty {
    pub fn new(columns: u16, rows: u16) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).unwrap();
        let (height, width) = (NonZeroU16::new(rows).unwrap(), NonZeroU16::new(columns).unwrap());
        let parser = vt100::Parser::new(height, width, 0);
        let mut pty = Self { slave, master: Some(master), parser, written: Vec::new() };
        pty.resize(columns, rows);
        pty
    }

    fn master(&self) -> &OwnedFd {
        self.master.as_ref().unwrap()
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(self.master(), size).unwrap();
        if let (Some(rows), Some(columns)) = (NonZeroU16::new(rows), NonZeroU16::new(columns)) {
            self.parser.screen_mut().set_size(rows, columns);
        }
    }

    /// Runs it with the terminal as its controlling one, as the leader of a new session.
    pub fn lead(&self, program: &str, arguments: &[&str]) -> Running {
        self.spawn(Command::new("setsid").arg("--ctty").arg(program).args(arguments))
    }

    /// Runs it on the terminal in a session that has none: no signal tells it when the terminal goes away or
    /// changes its size. Nor is the terminal hung up when it ends, which would throw away what is not read yet.
    pub fn start(&self, program: &str, arguments: &[&str]) -> Running {
        self.spawn(Command::new("setsid").arg(program).args(arguments))
    }

    fn spawn(&self, command: &mut Command) -> Running {
        let end = || Stdio::from(self.slave.try_clone().unwrap());
        command.stdin(end()).stdout(end()).stderr(end());
        command
            .env("TERM", "xterm-256color")
            .env("XDG_CONFIG_HOME", "/nowhere")
            .env_remove("NO_COLOR")
            .env_remove("RUST_BACKTRACE");
        Running(command.spawn().unwrap())
    }

    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    pub fn modes(&self) -> Modes {
        Modes::from(&tcgetattr(&self.slave).unwrap())
    }

    pub fn send(&self, keys: &[u8]) {
        let mut keys = keys;
        while !keys.is_empty() {
            let sent = rustix::io::write(self.master(), keys).unwrap();
            keys = &keys[sent..];
        }
    }

    /// Makes the screen blank, as if nothing had been written.
    pub fn forget(&mut self) {
        self.parser.process(b"\x1b[H\x1b[2J");
    }

    /// Reads what the program wrote until the screen is as wanted.
    pub fn wait(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted(self.screen()) {
            assert!(Instant::now() < deadline, "not on the screen: {what}\n{}", self.screen().contents());
            self.read(Duration::from_millis(20));
        }
    }

    /// Waits for a text anywhere on the screen.
    pub fn wait_for(&mut self, text: &str) {
        self.wait(text, |screen| screen.contents().contains(text));
    }

    /// Reads until the program ended, and what is left then.
    pub fn ended(&mut self, program: &mut Running) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = program.0.try_wait().unwrap();
            while self.read(Duration::from_millis(5)) {}
            if let Some(status) = status {
                return status;
            }
            assert!(Instant::now() < deadline, "the program does not end:\n{}", self.screen().contents());
        }
    }

    /// Reads once; false where nothing came in this time.
    pub fn read(&mut self, timeout: Duration) -> bool {
        let timeout = Timespec::try_from(timeout).unwrap();
        let master = self.master.as_ref().unwrap();
        let mut fds = [PollFd::new(master, PollFlags::IN)];
        if poll(&mut fds, Some(&timeout)).unwrap() == 0 {
            return false;
        }
        let mut bytes = [0; 4096];
        let Ok(length @ 1..) = rustix::io::read(master, &mut bytes) else { return false };
        self.parser.process(&bytes[..length]);
        self.written.extend_from_slice(&bytes[..length]);
        true
    }

    /// The terminal goes away.
    pub fn hang_up(&mut self) {
        self.master = None;
    }
}

/// The modes of a terminal, comparable.
#[derive(Debug, PartialEq, Eq)]
pub struct Modes(String);

impl From<&Termios> for Modes {
    fn from(termios: &Termios) -> Self {
        Self(format!("{termios:?}"))
    }
}

/// Goes on for as long as anything here may take, then fails.
pub fn tries(what: &str) -> impl Iterator<Item = ()> {
    let deadline = Instant::now() + PATIENCE;
    std::iter::repeat_with(move || assert!(Instant::now() < deadline, "never came: {what}"))
}

/// As a shell says it: 128 + n where a signal ended it.
pub fn code(status: ExitStatus) -> i32 {
    status.code().or(status.signal().map(|signal| 128 + signal)).unwrap()
}

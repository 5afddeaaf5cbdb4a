//! From the start of the program to its first screen with rows: `cargo bench --bench first`.
//!
//! The real program on a pseudo-terminal, on this machine, while this process holds so many sockets more. Fails where
//! the median at 10,000 is above what is promised.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark may panic, prints, and has a clock"
)]

use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

const ROUNDS: usize = 15;
const PROMISED: Duration = Duration::from_millis(300);

/// Stands in the first line, but not before there are rows.
const SHOWN: &[u8] = b"LIVE";

fn main() {
    let most = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most }).expect("what is allowed");
    let mut held = Vec::new();
    for count in [100, 10_000] {
        while held.len() < count {
            held.push(
                UdpSocket::bind("127.0.0.1:0").expect("a limit of more than 10,000 descriptors, and ports"),
            );
        }
        let mut times: Vec<Duration> = (0..ROUNDS).map(|_| first_screen()).collect();
        times.sort_unstable();
        let [least, median, most] = [0, ROUNDS / 2, ROUNDS - 1].map(|at| times[at].as_secs_f64() * 1e3);
        println!("{count:6} sockets  least {least:6.1} ms  median {median:6.1}  most {most:6.1}");
        assert!(times[ROUNDS / 2] <= PROMISED, "more than {PROMISED:?}");
    }
}

fn first_screen() -> Duration {
    let (master, slave) = terminal();
    let end = || Stdio::from(slave.try_clone().expect("a descriptor"));
    let started = Instant::now();
    let mut program = Command::new(env!("CARGO_BIN_EXE_sockeye"))
        .env("TERM", "xterm-256color")
        .env("XDG_CONFIG_HOME", "/nowhere")
        .stdin(end())
        .stdout(end())
        .stderr(end())
        .spawn()
        .expect("the program");
    let mut written = Vec::new();
    while !written.windows(SHOWN.len()).any(|bytes| bytes == SHOWN) {
        let mut bytes = [0; 8192];
        let length = rustix::io::read(&master, &mut bytes).expect("a screen");
        written.extend_from_slice(&bytes[..length]);
    }
    let time = started.elapsed();
    program.kill().expect("it runs");
    program.wait().expect("it ends");
    time
}

/// Both ends of a pseudo-terminal.
fn terminal() -> (OwnedFd, OwnedFd) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&master).expect("a terminal");
    unlockpt(&master).expect("a terminal");
    let size = Winsize { ws_col: 120, ws_row: 30, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&master, size).expect("a terminal");
    let name = ptsname(&master, Vec::new()).expect("a terminal");
    let slave = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("a terminal");
    (master, slave)
}

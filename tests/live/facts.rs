//! Facts of processes, again and again.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};

use sockeye::collect::{Live, LiveOptions};
use sockeye::model::{Fact, Pid, Process};

use super::children::Guard;

/// A shell that holds a socket, says that it is there, and does what it is told.
struct Shell {
    process: Guard,
    stdin: ChildStdin,
    stdout: BufReader<std::process::ChildStdout>,
    live: Live,
}

impl Shell {
    fn start() -> Self {
        let (_, socket) = UnixStream::pair().unwrap();
        let mut shell = Command::new("sh");
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(OwnedFd::from(socket));
        let mut process = Guard(shell.spawn().unwrap());
        let stdin = process.0.stdin.take().unwrap();
        let stdout = BufReader::new(process.0.stdout.take().unwrap());
        let live = Live::open(Path::new("/proc"), &LiveOptions::default()).unwrap();
        Self { process, stdin, stdout, live }
    }

    /// Runs the lines, of which the last says something.
    fn run(&mut self, lines: &str) {
        self.stdin.write_all(lines.as_bytes()).unwrap();
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "there\n");
    }

    fn look(&mut self) -> Process {
        self.live.snapshot().processes[&Pid(self.process.0.id())].clone()
    }
}

#[test]
fn facts_follow_an_exec_of_the_same_program() {
    let mut shell = Shell::start();
    shell.run("echo there\n");
    let before = shell.look();
    assert_eq!(before.cmdline, Fact::Known("sh\0".into()));
    shell.run("exec sh -c 'echo there; read x' sh other\n");
    let after = shell.look();
    assert_eq!((after.key, &after.comm), (before.key, &before.comm));
    assert_eq!(after.cmdline, Fact::Known("sh\0-c\0echo there; read x\0sh\0other\0".into()));
}

#[test]
fn facts_that_change_silently_are_read_in_rotation() {
    let mut shell = Shell::start();
    shell.run("cd /; echo there\n");
    assert_eq!(shell.look().cwd, Fact::Known("/".into()));
    shell.run("cd /proc; echo there\n");
    let found = (0..16).map(|_| shell.look().cwd).find(|cwd| *cwd == Fact::Known("/proc".into()));
    assert!(found.is_some(), "each has its turn in 16 passes");
}

#[test]
fn the_name_is_read_each_time() {
    let mut shell = Shell::start();
    shell.run("echo there\n");
    shell.look();
    shell.run("printf renamed > /proc/$$/comm; echo there\n");
    assert_eq!(shell.look().comm, "renamed".into());
}

//! Facts of processes, again and again.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

use rustix::fs::{CWD, FileType, FlockOperation, Mode, flock, mknodat};
use sockeye::collect::{Live, LiveOptions};
use sockeye::model::{Collector, Fact, Pid, Process, Shells, Text};

use super::children::Guard;
use super::look_by;
use crate::support::pty::tries;

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
        Self::of(Command::new("sh").stderr(OwnedFd::from(socket)), &LiveOptions::default())
    }

    fn of(command: &mut Command, options: &LiveOptions) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Guard(command.spawn().unwrap());
        let stdin = process.0.stdin.take().unwrap();
        let stdout = BufReader::new(process.0.stdout.take().unwrap());
        let live = Live::open(Path::new("/proc"), options).unwrap();
        Self { process, stdin, stdout, live }
    }

    /// Runs the lines, of which the last says something.
    fn run(&mut self, lines: &str) {
        self.stdin.write_all(lines.as_bytes()).unwrap();
        self.wait();
    }

    fn wait(&mut self) {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "there\n");
    }

    fn look(&mut self) -> Process {
        self.live.snapshot().processes[&Pid(self.process.0.id())].clone()
    }
}

/// Whether the descriptors of a process are read, as those of a shell are.
fn follows(live: &mut Live, process: &Guard) -> bool {
    let pid = Pid(process.0.id());
    live.snapshot().descriptors.iter().any(|found| found.pid == pid)
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

#[test]
fn facts_of_an_ancestor_follow_an_exec() {
    let (_ours, theirs) = UnixStream::pair().unwrap();
    let mut shell = Shell::of(Command::new("sh").stderr(OwnedFd::from(theirs)), &LiveOptions::default());
    // From here on its child alone holds the socket, until we close the other end.
    shell.run("cat <&2 >&2 & exec 2>/dev/null; echo there\n");
    let before = shell.look();
    assert_eq!(before.cmdline, Fact::Known("sh\0".into()));
    assert_eq!(shell.look(), before);
    shell.run("exec sh -c 'echo there; read x' sh other\n");
    let after = shell.look();
    assert_eq!((after.key, &after.comm), (before.key, &before.comm));
    assert_eq!(after.cmdline, Fact::Known("sh\0-c\0echo there; read x\0sh\0other\0".into()));
}

#[test]
fn what_was_no_shell_is_asked_again_after_an_exec() {
    let (lock, said) = (tempfile::NamedTempFile::new().unwrap(), tempfile::NamedTempFile::new().unwrap());
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    let mut waiting = Command::new("flock");
    waiting.arg("--no-fork").arg(lock.path()).args(["sh", "-c", "exec <>\"$0\"; echo there; kill -STOP $$"]);
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    mknodat(CWD, &fifo, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    waiting.arg(&fifo);
    // Until then nothing that can lead to a shell, as pipes to the tests do where one runs them.
    waiting.stdin(Stdio::null()).stdout(said.reopen().unwrap()).stderr(Stdio::null());
    let process = Guard(waiting.spawn().unwrap());
    let options = LiveOptions { links: Some(Shells::default()), ..LiveOptions::default() };
    let mut live = Live::open(Path::new("/proc"), &options).unwrap();
    let mut is_followed = || follows(&mut live, &process);
    assert!(!is_followed());
    flock(&lock, FlockOperation::Unlock).unwrap();
    tries("the shell").find(|()| fs::read(said.path()).unwrap() == b"there\n");
    assert!(is_followed());
}

#[test]
fn each_of_many_processes_has_its_own_facts() {
    let dir = tempfile::tempdir().unwrap();
    let (_ours, theirs) = UnixStream::pair().unwrap();
    let mut running = Vec::new();
    for (program, cwd) in [("cat", "/"), ("cat", dir.path().to_str().unwrap()), ("tee", "/")] {
        for _ in 0..4 {
            let mut command = Command::new(program);
            let socket = OwnedFd::from(theirs.try_clone().unwrap());
            running
                .push(Guard(command.current_dir(cwd).stdin(socket).stdout(Stdio::null()).spawn().unwrap()));
        }
    }
    let looks = Collector::ALL.map(|collector| {
        let mut processes = look_by(collector).processes;
        let own = running.iter().map(|process| processes.remove(&Pid(process.0.id())).unwrap());
        own.collect::<Vec<Process>>()
    });
    let link = |process: &Guard, link| fs::read_link(format!("/proc/{}/{link}", process.0.id())).unwrap();
    let path =
        |fact: &Fact<Text>| PathBuf::from(std::str::from_utf8(fact.known().unwrap().as_bytes()).unwrap());
    for (process, found) in running.iter().zip(&looks[0]) {
        let exe = found.exe.known().map(|exe| Fact::Known(exe.path.clone())).unwrap();
        assert_eq!((path(&exe), path(&found.cwd)), (link(process, "exe"), link(process, "cwd")));
    }
    assert_eq!(looks[0], looks[1]);
    assert_eq!(looks[1], looks[2]);
}

/// A control group of the test's own.
struct ControlGroup(PathBuf);

impl ControlGroup {
    /// None where none can be made: without root, or below another's.
    fn new() -> Option<Self> {
        let name = format!("sockeye-test-{}", std::process::id());
        let roots = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].map(Path::new);
        let root = roots.iter().find(|root| root.join("cgroup.procs").exists())?;
        let group = Self(root.join(name));
        fs::create_dir(&group.0).ok().map(|()| group)
    }

    fn take(&self, process: &Guard) {
        fs::write(self.0.join("cgroup.procs"), process.0.id().to_string()).unwrap();
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        // Who was in it has been waited for, and is gone from it soon.
        tries("an empty control group").find(|()| fs::remove_dir(&self.0).is_ok());
    }
}

#[test]
fn processes_alike_but_for_their_control_group_have_each_its_own() {
    let Some(group) = ControlGroup::new() else {
        return crate::support::lacking("no control group can be made here");
    };
    let (_ours, theirs) = UnixStream::pair().unwrap();
    let start = |_| {
        let socket = OwnedFd::from(theirs.try_clone().unwrap());
        Guard(Command::new("cat").stdin(socket).stdout(Stdio::null()).spawn().unwrap())
    };
    let running: Vec<Guard> = (0..8).map(start).collect();
    for process in running.iter().skip(4) {
        group.take(process);
    }
    for collector in Collector::ALL {
        let processes = look_by(collector).processes;
        for (place, process) in running.iter().enumerate() {
            let cgroup = processes[&Pid(process.0.id())].cgroup.known().unwrap();
            let is_in_group = cgroup.as_bytes().windows(13).any(|part| part == b"/sockeye-test");
            assert_eq!(is_in_group, place >= 4, "{collector:?}: {cgroup:?}");
        }
    }
}

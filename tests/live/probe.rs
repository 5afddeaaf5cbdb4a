//! What is looked at closer: what shells wait for, terminals of relays, where executables are.

use std::fs::{self, Permissions};
use std::io::{PipeReader, Read as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use sockeye::model::{Descriptor, Fd, Pid, Probe, Snapshot, Target};

use super::children::Guard;
use super::{look, look_until};
use crate::support::lacking;

fn fds(fds: &[u32]) -> Vec<Fd> {
    fds.iter().map(|&fd| Fd(fd)).collect()
}

fn probe(snapshot: &Snapshot, pid: u32) -> Probe {
    snapshot.probes.get(&Pid(pid)).cloned().unwrap_or_default()
}

fn has(program: &str) -> bool {
    let found = ["/bin", "/usr/bin"].into_iter().any(|dir| Path::new(dir).join(program).exists());
    if !found {
        lacking(&format!("no {program} here"));
    }
    found
}

/// Whether this kernel shows what a process waits for.
fn shows_calls() -> bool {
    let shown = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"))
        && fs::exists("/proc/self/syscall").unwrap();
    if !shown {
        lacking("no /proc/PID/syscall here");
    }
    shown
}

/// Runs a script in a shell that has an empty pipe as its standard input.
fn waiting(shell: &str, script: &str) -> (Guard, std::io::PipeWriter) {
    let (theirs, ours) = std::io::pipe().unwrap();
    let mut command = Command::new(shell);
    command.args(["-c", script]).stdin(theirs).stdout(Stdio::null()).stderr(Stdio::null());
    (Guard(command.spawn().unwrap()), ours)
}

#[test]
fn a_shell_waits_for_what_it_reads() {
    if !(shows_calls() && has("dash")) {
        return;
    }
    let (shell, _ours) = waiting("dash", "read x");
    look_until(|found| probe(found, shell.0.id()).waits_for == fds(&[0]));
    let (shell, _ours) = waiting("dash", "exec 7<&0 </dev/null; read x <&7");
    // It moves it to its standard input for that.
    look_until(|found| probe(found, shell.0.id()).waits_for == fds(&[0]));
}

#[test]
fn a_shell_waits_for_what_it_selects() {
    if !(shows_calls() && has("bash")) {
        return;
    }
    // Bash waits by pselect6(2) where it has to end after a time.
    let (shell, _ours) = waiting("bash", "exec 70<&0; read -t 1000 -u 70 x");
    look_until(|found| probe(found, shell.0.id()).waits_for == fds(&[70]));
}

#[test]
fn a_shell_that_waits_for_a_child_waits_for_no_data() {
    if !(shows_calls() && has("dash")) {
        return;
    }
    let (shell, ours) = waiting("dash", "sleep 1000 & read x; wait");
    look_until(|found| probe(found, shell.0.id()).waits_for == fds(&[0]));
    drop(ours);
    look_until(|found| probe(found, shell.0.id()).waits_for.is_empty());
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", shell.0.id())).unwrap();
    for child in children.split_whitespace() {
        let child = rustix::process::Pid::from_raw(child.parse().unwrap()).unwrap();
        rustix::process::kill_process(child, rustix::process::Signal::KILL).unwrap();
    }
}

/// A program with a connection, a pipe to a shell, and a terminal in whose foreground it is.
struct Relay {
    process: Guard,
    shell: Guard,
    _master: OwnedFd,
    _connection: (TcpStream, OwnedFd),
}

/// Holds its terminal as the script's descriptors say, changes its mode, and says that it did.
const RELAY: &str = "
import fcntl, os, signal, sys, termios, tty
terminal, mode = sys.argv[1:]
os.setsid()
fd = os.open(terminal, os.O_RDWR)
fcntl.ioctl(fd, termios.TIOCSCTTY, 0)
for own in (0, 9): os.dup2(fd, own)
its = os.open('/dev/tty', os.O_RDWR)
os.dup2(its, 8)
os.close(its)
if mode == 'raw': tty.setraw(fd)
os.close(fd)
os.write(1, b'.')
signal.pause()
";

impl Relay {
    fn start(mode: &str) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let terminal = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let theirs: OwnedFd = listener.accept().unwrap().0.into();
        // From the relay to the shell: the shell reads only what no dot is in.
        let (from_relay, to_shell) = std::io::pipe().unwrap();
        let mut ready: PipeReader = from_relay.try_clone().unwrap();
        let python = Command::new("python3")
            .args(["-c", RELAY, &terminal, mode])
            .stdin(Stdio::null())
            .stdout(to_shell)
            .stderr(theirs.try_clone().unwrap())
            .spawn()
            .unwrap();
        let process = Guard(python);
        ready.read_exact(&mut [0]).unwrap();
        let shell = Command::new("sh").stdin(from_relay).stdout(Stdio::null()).spawn().unwrap();
        Self { process, shell: Guard(shell), _master: master, _connection: (ours, theirs) }
    }

    fn pid(&self) -> u32 {
        self.process.0.id()
    }
}

#[test]
fn terminals_of_a_relay_in_the_foreground_are_asked_for_their_mode() {
    if !has("python3") {
        return;
    }
    for (mode, raw) in [("raw", fds(&[0, 8, 9])), ("canonical", fds(&[]))] {
        let relay = Relay::start(mode);
        let found = look();
        assert_eq!(probe(&found, relay.pid()).raw_terminals, raw, "{mode}");
        let own = found.descriptors.iter().filter(|one| one.pid == Pid(relay.pid()));
        let terminals: Vec<Fd> = own
            .filter(|Descriptor { target, .. }| matches!(target, Target::PtySlave { .. }))
            .map(|one| one.fd)
            .collect();
        assert_eq!(terminals, fds(&[0, 8, 9]));
        assert_eq!(probe(&found, relay.shell.0.id()).raw_terminals, []);
        // Looking took nobody's terminal.
        let own = fs::read_to_string("/proc/self/stat").unwrap();
        let relays = found.processes[&Pid(relay.pid())].tty.unwrap();
        assert_ne!(own.rsplit(") ").next().unwrap().split(' ').nth(4), Some(relays.to_string().as_str()));
    }
}

#[test]
fn a_directory_for_everybody_is_told_from_one_for_few() {
    if !has("dash") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache-worker");
    fs::copy("/bin/dash", &path).unwrap();
    for (mode, is_public) in [(0o755, false), (0o1777, true)] {
        fs::set_permissions(dir.path(), Permissions::from_mode(mode)).unwrap();
        let (theirs, _ours) = std::io::pipe().unwrap();
        let mut command = Command::new(&path);
        command.stdin(theirs).stdout(Stdio::piped()).stderr(Stdio::null());
        let shell = Guard::of_copy(&mut command);
        assert_eq!(probe(&look(), shell.0.id()).in_public_directory, is_public);
        drop(shell);
    }
}

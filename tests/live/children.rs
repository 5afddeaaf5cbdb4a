//! Sockets that children hold.

use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};
use sockeye::model::{Exe, Fact, GapReason, GapScope, Pid};

use super::{fd, held_by, is_root, look, row};
use crate::support::skip;

/// A child that ends with its guard.
pub(super) struct Guard(pub(super) Child);

impl Guard {
    /// Runs an executable that the test made. A child that another test just forked has it open for writing, until it
    /// executes something.
    pub(super) fn of_copy(command: &mut Command) -> Self {
        loop {
            match command.spawn() {
                Ok(child) => return Self(child),
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {}
                Err(error) => panic!("{command:?}: {error}"),
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Runs `cat`, which waits for input from the socket.
pub(super) fn cat(stdin: impl Into<OwnedFd>) -> Guard {
    let cat = Command::new("cat").stdin(Stdio::from(stdin.into())).stdout(Stdio::null()).spawn();
    Guard(cat.unwrap())
}

#[test]
fn duplicates_and_children_are_owners_too() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let again = socket.try_clone().unwrap();
    let child = cat(socket.try_clone().unwrap());
    let snapshot = look();
    let mut own = [fd(&socket), fd(&again)];
    own.sort_unstable();
    assert_eq!(held_by(&snapshot, std::process::id(), &socket), own);
    assert_eq!(held_by(&snapshot, child.0.id(), &socket), [sockeye::model::Fd(0)]);
}

#[test]
fn a_child_has_its_own_facts_and_us_as_parent() {
    let (_ours, theirs) = UnixStream::pair().unwrap();
    let child = cat(theirs);
    let snapshot = look();
    let process = &snapshot.processes[&Pid(child.0.id())];
    assert_eq!(process.comm, "cat".into());
    assert_eq!(process.cmdline, Fact::Known("cat\0".into()));
    assert_eq!(process.parent, Some(Pid(std::process::id())));
    assert_eq!(process.uid, rustix::process::geteuid().as_raw());
    let cwd = std::env::current_dir().unwrap();
    assert_eq!(process.cwd, Fact::Known(cwd.to_str().unwrap().into()));
    let Fact::Known(Exe { deleted: false, .. }) = process.exe else { panic!("{:?}", process.exe) };
    let parent = &snapshot.processes[&Pid(std::process::id())];
    assert!(parent.key.start <= process.key.start);
    assert!(process.started <= snapshot.uptime);
}

#[test]
fn an_executable_that_was_deleted_is_marked() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("copy");
    let which = ["/bin/cat", "/usr/bin/cat"].into_iter().find(|path| std::fs::exists(path).unwrap());
    std::fs::copy(which.unwrap(), &path).unwrap();
    let (_ours, theirs) = UnixStream::pair().unwrap();
    let child = Guard::of_copy(Command::new(&path).stdin(OwnedFd::from(theirs)).stdout(Stdio::null()));
    std::fs::remove_file(&path).unwrap();
    let expected = Exe { path: path.to_str().unwrap().into(), deleted: true, same_as: None };
    assert_eq!(look().processes[&Pid(child.0.id())].exe, Fact::Known(expected));
}

#[test]
fn without_capabilities_what_is_refused_is_a_gap() {
    if !is_root() {
        skip("only root has capabilities to do without");
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (_ours, theirs) = UnixStream::pair().unwrap();
    let child = cat(theirs.try_clone().unwrap());
    let child_pid = child.0.id();
    // They belong to a thread, so this one alone has less.
    let snapshot = std::thread::spawn(|| {
        let none = CapabilitySet::empty();
        set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
            .unwrap();
        look()
    });
    let snapshot = snapshot.join().unwrap();
    assert_eq!(held_by(&snapshot, std::process::id(), &listener), [fd(&listener)]);
    assert_eq!(held_by(&snapshot, child_pid, &theirs), []);
    assert_eq!(row(&snapshot, &theirs).id.netns, super::own_netns());
    assert!(snapshot.viewer.lacks.starts_with(&["cap_sys_ptrace", "cap_dac_read_search"]));
    let refused = |scope| {
        let gap = snapshot.gaps.iter().find(|gap| (gap.scope, gap.reason) == (scope, GapReason::Permission));
        gap.map_or(0, |gap| gap.count)
    };
    assert!(refused(GapScope::Descriptors) >= 1, "{:?}", snapshot.gaps);
    assert!(snapshot.seen.processes_read < snapshot.seen.processes);
}

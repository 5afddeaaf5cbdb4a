//! Namespaces that a test made.

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, UdpSocket};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use rustix::thread::{
    CapabilitySet, CapabilitySets, LinkNameSpaceType, move_into_link_name_space, set_capabilities,
};
use sockeye::collect::{Live, LiveOptions};
use sockeye::model::{
    Address, Fd, GapReason, GapScope, NetNamespace, Netns, Protocol, Snapshot, State, TcpState,
};

use super::children::{Guard, cat};
use super::{fd, held_by, inode, is_root, look, own_netns, row};
use crate::support::skip;

/// Opens sockets inside: a thread of its own goes there and ends.
pub(crate) fn inside<T: Send>(namespace: &OwnedFd, open: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            open()
        });
        thread.join().unwrap()
    })
}

fn listener() -> TcpListener {
    TcpListener::bind("0.0.0.0:0").unwrap()
}

/// A child in a namespace of its own.
fn unshared() -> Option<Guard> {
    if !is_root() {
        skip("a network namespace needs root");
        return None;
    }
    let child = waiting(Command::new("unshare").arg("--net"));
    if child.is_none() {
        skip("unshare --net failed");
    }
    child
}

/// Lets the command run a program that waits for input. It runs when this returns.
fn waiting(command: &mut Command) -> Option<Guard> {
    let command = command.args(["sh", "-c", "echo there; exec cat"]);
    let mut child = Guard(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?);
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (line == "there\n").then_some(child)
}

fn open(path: &str) -> OwnedFd {
    std::fs::File::open(path).unwrap().into()
}

/// Removes what `ip netns add` made.
pub(crate) struct Named(String);

impl Named {
    pub(crate) fn name(&self) -> &str {
        &self.0
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        assert!(Command::new("ip").args(["netns", "delete", &self.0]).status().unwrap().success());
    }
}

pub(crate) fn named(purpose: &str) -> Option<(Named, OwnedFd, Netns)> {
    if !is_root() {
        skip("a network namespace needs root");
        return None;
    }
    let name = format!("sockeye-{purpose}-{}", std::process::id());
    let added = Command::new("ip").args(["netns", "add", &name]).status();
    if !added.is_ok_and(|status| status.success()) {
        skip("ip netns add failed");
        return None;
    }
    let path = format!("/run/netns/{name}");
    let netns = Netns::Inode(std::fs::metadata(&path).unwrap().ino());
    Some((Named(name), open(&path), netns))
}

fn namespace(snapshot: &Snapshot, netns: Netns) -> Vec<NetNamespace> {
    snapshot.namespaces.iter().filter(|namespace| namespace.netns == netns).cloned().collect()
}

#[test]
fn a_mounted_namespace_without_process_is_read_and_named() {
    let Some((name, file, netns)) = named("mounted") else { return };
    let listener = inside(&file, listener);
    drop(file);
    let snapshot = look();
    let row = row(&snapshot, &listener);
    assert_eq!((row.id.netns, row.state), (netns, Some(State::Tcp(TcpState::Listen))));
    assert_eq!(row.id.local, Address::Inet(listener.local_addr().unwrap()));
    assert_eq!(held_by(&snapshot, std::process::id(), &listener), [fd(&listener)]);
    let expected = NetNamespace { netns, name: Some(name.0.as_str().into()), is_host: false };
    assert_eq!(namespace(&snapshot, netns), [expected]);
    assert_eq!(own_netns(), Netns::Inode(std::fs::metadata("/proc/thread-self/ns/net").unwrap().ino()));
}

#[test]
fn a_namespace_that_is_mounted_between_two_looks_is_in_the_second() {
    let mut live = Live::open(Path::new("/proc"), &LiveOptions::default()).unwrap();
    live.snapshot();
    let Some((name, file, netns)) = named("later") else { return };
    drop(file);
    let expected = NetNamespace { netns, name: Some(name.0.as_str().into()), is_host: false };
    assert_eq!(namespace(&live.snapshot(), netns), [expected]);
    drop(name);
    assert_eq!(namespace(&live.snapshot(), netns), []);
}

#[test]
fn a_named_namespace_with_processes_keeps_its_name() {
    let Some((name, file, netns)) = named("used") else { return };
    let _child = waiting(Command::new("ip").args(["netns", "exec", &name.0])).unwrap();
    let listener = inside(&file, listener);
    let snapshot = look();
    assert_eq!(row(&snapshot, &listener).id.netns, netns);
    let expected = NetNamespace { netns, name: Some(name.0.as_str().into()), is_host: false };
    assert_eq!(namespace(&snapshot, netns), [expected]);
}

#[test]
fn a_namespace_that_only_an_open_descriptor_keeps_is_read() {
    let Some(child) = unshared() else { return };
    let file = open(&format!("/proc/{}/ns/net", child.0.id()));
    drop(child);
    let netns = Netns::Inode(inode(&file).0);
    let listener = inside(&file, listener);
    let snapshot = look();
    assert_eq!(row(&snapshot, &listener).id.netns, netns);
    assert_eq!(namespace(&snapshot, netns), [NetNamespace { netns, name: None, is_host: false }]);
}

#[test]
fn sockets_of_another_namespace_keep_it_in_every_process() {
    let Some(there) = unshared() else { return };
    let file = open(&format!("/proc/{}/ns/net", there.0.id()));
    let netns = Netns::Inode(inode(&file).0);
    let socket = inside(&file, || UdpSocket::bind("0.0.0.0:0").unwrap());
    let here = cat(socket.try_clone().unwrap());
    let snapshot = look();
    let row = row(&snapshot, &socket);
    assert_eq!((row.id.netns, row.id.protocol), (netns, Protocol::Udp));
    assert_eq!(held_by(&snapshot, std::process::id(), &socket), [fd(&socket)]);
    assert_eq!(held_by(&snapshot, here.0.id(), &socket), [Fd(0)]);
    let own = namespace(&snapshot, own_netns());
    assert!(matches!(&own[..], [NetNamespace { is_host: true, .. }]), "{own:?}");
}

#[test]
fn without_capabilities_other_namespaces_are_told_apart_by_their_table() {
    let (Some(child), Some((_name, _file, mounted))) = (unshared(), named("refused")) else { return };
    let table = std::fs::metadata(format!("/proc/{}/net/tcp", child.0.id())).unwrap().ino();
    let number = std::fs::metadata(format!("/proc/{}/ns/net", child.0.id())).unwrap().ino();
    let file = open(&format!("/proc/{}/ns/net", child.0.id()));
    let listener = inside(&file, listener);
    drop(file);
    let look_without = || {
        let looking = thread::spawn(|| {
            let none = CapabilitySet::empty();
            let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
            set_capabilities(None, sets).unwrap();
            look()
        });
        looking.join().unwrap()
    };
    // Other tests of this process look, too, and have each namespace open while they are in it.
    let is_hidden = |snapshot: &Snapshot| namespace(snapshot, Netns::Inode(number)).is_empty();
    let snapshot = std::iter::repeat_with(look_without).take(50).find(is_hidden);
    let snapshot = snapshot.expect("its number is refused");
    assert_eq!(row(&snapshot, &listener).id.netns, Netns::Hidden(table));
    assert_eq!(namespace(&snapshot, mounted).len(), 1, "found, but not to be entered");
    assert_eq!(snapshot.viewer.lacks, ["cap_sys_ptrace", "cap_dac_read_search", "cap_sys_admin"]);
    for scope in [GapScope::ProcessNamespace, GapScope::Namespace] {
        assert!(
            snapshot.gaps.iter().any(|gap| (gap.scope, gap.reason) == (scope, GapReason::Permission)),
            "{:?}",
            snapshot.gaps
        );
    }
}

#[test]
fn a_namespace_whose_number_is_refused_is_known_again_from_inside() {
    let Some((name, file, netns)) = named("revealed") else { return };
    let child = waiting(Command::new("ip").args(["netns", "exec", &name.0])).unwrap();
    let listener = inside(&file, listener);
    drop(file);
    let snapshot = thread::spawn(|| {
        let mut sets = rustix::thread::capabilities(None).unwrap();
        sets.effective.remove(CapabilitySet::SYS_PTRACE);
        sets.permitted.remove(CapabilitySet::SYS_PTRACE);
        set_capabilities(None, sets).unwrap();
        look()
    });
    let snapshot = snapshot.join().unwrap();
    assert_eq!(row(&snapshot, &listener).id.netns, netns);
    let table = std::fs::metadata(format!("/proc/{}/net/tcp", child.0.id())).unwrap().ino();
    assert_eq!(namespace(&snapshot, Netns::Hidden(table)), []);
    let expected = NetNamespace { netns, name: Some(name.0.as_str().into()), is_host: false };
    assert_eq!(namespace(&snapshot, netns), [expected]);
    assert_eq!(snapshot.viewer.lacks, ["cap_sys_ptrace"]);
}

#[test]
fn a_copy_of_the_root_is_never_entered_from() {
    let Some((_name, _file, netns)) = named("copy") else { return };
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("proc");
    std::os::unix::fs::symlink("/proc", &copy).unwrap();
    let options = LiveOptions::default();
    let snapshot = Live::open(Path::new(&copy), &options).unwrap().snapshot();
    assert!(snapshot.seen.namespaces_read >= 1);
    assert!(snapshot.sockets.iter().all(|socket| socket.id.netns != netns));
}

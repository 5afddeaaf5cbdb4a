//! Real sockets of this machine in, snapshots out.

use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sockeye::collect::{Live, LiveOptions};
use sockeye::model::{
    Address, Collector, Fd, Inode, Netns, Pid, Protocol, Shells, Snapshot, Socket, State, TcpState,
};

mod children;
mod destroy;
mod exe;
mod facts;
mod hidepid;
mod links;
pub(crate) mod namespaces;
mod probe;
mod sockets;
mod ss;
mod threads;
mod ways;

fn look() -> Snapshot {
    look_by(Collector::Bpf)
}

/// By that way, or the next where it does not work.
pub(crate) fn look_by(collector: Collector) -> Snapshot {
    let options = LiveOptions { collector, links: Some(Shells::default()), ..LiveOptions::default() };
    Live::open(Path::new("/proc"), &options).unwrap().snapshot()
}

/// Looks again until the kernel has delivered what was sent: over loopback a moment later when it is busy.
fn look_until(done: impl Fn(&Snapshot) -> bool) -> Snapshot {
    let looks = std::iter::repeat_with(look).take(200);
    looks.into_iter().find(done).expect("it never comes")
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn own_netns() -> Netns {
    Netns::Inode(std::fs::metadata("/proc/self/ns/net").unwrap().ino())
}

pub(super) fn inode(socket: impl AsFd) -> Inode {
    Inode(rustix::fs::fstat(socket).unwrap().st_ino)
}

/// The one row of the socket.
fn row(snapshot: &Snapshot, socket: impl AsFd) -> Socket {
    let inode = inode(socket);
    let mut rows = snapshot.sockets.iter().filter(|row| row.id.inode == inode);
    match (rows.next(), rows.next()) {
        (Some(row), None) => row.clone(),
        other => panic!("rows of {inode}: {other:?}"),
    }
}

/// Descriptors of a process that refer to the socket. (A child of another test may hold it too, for the moment
/// between fork and exec.)
fn held_by(snapshot: &Snapshot, pid: u32, socket: impl AsFd) -> Vec<Fd> {
    let inode = inode(socket);
    let owners = snapshot.owners.iter().filter(|owner| owner.inode == inode && owner.pid == Pid(pid));
    let mut fds: Vec<Fd> = owners.map(|owner| owner.fd).collect();
    fds.sort_unstable();
    fds
}

fn fd(socket: impl AsFd) -> Fd {
    Fd(u32::try_from(socket.as_fd().as_raw_fd()).unwrap())
}

/// What every internet socket of this test must say, its protocol, ends and state aside.
fn assert_ours(snapshot: &Snapshot, socket: impl AsFd, expected: (Protocol, Address, Address, TcpState)) {
    let row = row(snapshot, &socket);
    let (protocol, local, remote, state) = expected;
    assert_eq!((row.id.protocol, &row.id.local, &row.id.remote), (protocol, &local, &remote));
    assert_eq!(row.state, Some(State::Tcp(state)));
    assert_eq!(row.uid, Some(rustix::process::geteuid().as_raw()));
    assert_eq!((row.id.netns, row.id.nth), (own_netns(), 0));
    assert_eq!(held_by(snapshot, std::process::id(), &socket), [fd(&socket)]);
}

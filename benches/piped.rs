//! The made-up host with shells, tools and pipes between them, for what judging costs.

use std::sync::Arc;

use sockeye::model::{Access, Descriptor, Fd, Inode, Owner, Pid, Snapshot, Target, TcpState};

use crate::synthetic::{process, snapshot, tcp};

/// The same host with descriptors: 2,000 processes more that are shells and tools, two and two on a pipe, each with
/// standard files and a pipe to itself; every tenth worker reads from a shell, and one has a connection that leaves the
/// machine.
pub(crate) fn host(sockets: u32) -> Arc<Snapshot> {
    let mut host = Arc::unwrap_or_clone(snapshot(sockets, 0));
    for nth in 0..2_000 {
        let name = if nth % 2 == 0 { "bash" } else { "cat" };
        host.processes.insert(Pid(10_000 + nth), process(10_000 + nth, Some(Pid(91)), name));
    }
    let pids: Vec<Pid> = host.processes.keys().copied().collect();
    for (nth, &pid) in (0..).zip(&pids) {
        let (joined, own) = (pipe(pid.0 / 2), pipe(1_000_000 + nth));
        let (fd, access) = if pid.0 % 2 == 0 { (1, Access::Write) } else { (0, Access::Read) };
        host.descriptors.extend([
            file(pid, fd, access, joined),
            file(pid, 2, Access::Write, Target::Null),
            file(pid, 60, Access::Read, own),
            file(pid, 61, Access::Write, own),
        ]);
        if pid.0 % 20 == 0 && pid.0 < 10_000 {
            host.descriptors.push(file(pid, 0, Access::Read, pipe(10_000 / 2 + pid.0 % 1_000)));
        }
    }
    finish(host, Pid(1_000))
}

/// A process with 20,000 pipes, among them those of 5,000 shells, that holds a connection, as does one more that it
/// only writes to: no search from a shell is at its end with the first.
pub(crate) fn hub() -> Arc<Snapshot> {
    let mut host = Arc::unwrap_or_clone(snapshot(10_000, 0));
    let hub = Pid(9_000);
    host.processes.insert(hub, process(hub.0, Some(Pid(1)), "mux"));
    for nth in 0..10_000 {
        let pid = Pid(10_000 + nth / 2);
        host.processes.entry(pid).or_insert_with(|| process(pid.0, Some(hub), "bash"));
        let [own, other] =
            if nth % 2 == 0 { [Access::Read, Access::Write] } else { [Access::Write, Access::Read] };
        host.descriptors.extend([
            file(pid, nth % 2, own, pipe(nth)),
            file(hub, 10 + nth, other, pipe(nth)),
            file(hub, 50_000 + nth, Access::Both, pipe(100_000 + nth)),
        ]);
    }
    let far = host.processes.keys().copied().find(|pid| pid.0 == 1_000).expect("a worker");
    host.descriptors
        .extend([file(hub, 40_000, Access::Write, pipe(50_000)), file(far, 0, Access::Read, pipe(50_000))]);
    finish(host, hub)
}

fn finish(mut host: Snapshot, connected: Pid) -> Arc<Snapshot> {
    host.descriptors.sort_unstable();
    let socket = tcp(5, TcpState::Established, ([10, 0, 0, 5], 40_000), ([203, 0, 113, 80], 443), 0);
    host.owners.push(Owner { inode: socket.id.inode, pid: connected, fd: Fd(9), tid: None });
    host.sockets.push(socket);
    Arc::new(host)
}

fn file(pid: Pid, fd: u32, access: Access, target: Target) -> Descriptor {
    Descriptor { pid, fd: Fd(fd), access, target }
}

fn pipe(number: u32) -> Target {
    Target::Pipe(Inode(number.into()))
}

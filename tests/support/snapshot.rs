//! Snapshots with only the fields that a case is about.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sockeye::model::{
    Address, Detail, Exe, Fact, Family, Fd, Gap, Host, Inode, NetNamespace, Netns, Own, Owner, Pid, Process,
    ProcessKey, Protocol, Seen, Snapshot, Socket, SocketId, State, TcpCounters, TcpDetail, TcpState, Text,
    UnixDetail, UnixKind, UnixState, Viewer,
};

/// The namespace that sockets are in unless said otherwise.
pub const NETNS: Netns = Netns::Inode(4_026_531_840);

/// Boot-relative time of the first snapshot.
const UPTIME: Duration = Duration::from_hours(24);

/// Builds a snapshot step by step: each socket that follows a process belongs to it.
#[derive(Clone)]
pub struct Builder {
    snapshot: Snapshot,
    holder: Option<Pid>,
    netns: Netns,
}

/// A snapshot of the host `web01`, taken by root, one day after boot, of nothing yet.
pub fn snapshot() -> Builder {
    Builder {
        snapshot: Snapshot {
            host: Host { name: "web01".into(), boot_id: "boot".into(), ephemeral_ports: None },
            viewer: Viewer::default(),
            taken_at: SystemTime::UNIX_EPOCH + Duration::from_hours(14),
            uptime: UPTIME,
            cost: Duration::from_millis(4),
            own: Own::default(),
            processes: [].into(),
            sockets: Vec::new(),
            owners: Vec::new(),
            descriptors: Vec::new(),
            probes: [].into(),
            namespaces: vec![NetNamespace { netns: NETNS, name: None, is_host: true }],
            users: [(0, "root".into()), (33, "www-data".into()), (1000, "alice".into())].into(),
            seen: Seen { processes: 0, processes_read: 0, namespaces: 1, namespaces_read: 1 },
            way: sockeye::model::Way::default(),
            gaps: Vec::new(),
        },
        holder: None,
        netns: NETNS,
    }
}

impl Builder {
    /// A process that started `pid` seconds after boot; `exe` is its path, `cmdline` separated by blanks.
    pub fn process(mut self, pid: u32, parent: u32, exe: &str, cmdline: &str) -> Self {
        let pid = Pid(pid);
        let name = exe.rsplit('/').next().unwrap_or(exe);
        let process = Process {
            key: ProcessKey { pid, start: u64::from(pid.0) * 100 },
            parent: (parent != 0).then_some(Pid(parent)),
            comm: Text::from(&name.as_bytes()[..name.len().min(15)]),
            exe: Fact::Known(Exe { path: exe.into(), deleted: false, same_as: None }),
            cmdline: Fact::Known(Text::from(format!("{}\0", cmdline.replace(' ', "\0")).into_bytes())),
            cwd: Fact::Known("/".into()),
            uid: 0,
            tty: None,
            session: Some(pid),
            group: Some(pid),
            foreground: None,
            started: Duration::from_secs(u64::from(pid.0)),
            cgroup: Fact::Absent,
        };
        self.snapshot.processes.insert(pid, process);
        self.snapshot.seen.processes += 1;
        self.snapshot.seen.processes_read += 1;
        self.holder = Some(pid);
        self
    }

    /// Changes the process named last.
    pub fn with(mut self, change: impl FnOnce(&mut Process)) -> Self {
        let pid = self.holder.expect("a process first");
        change(self.snapshot.processes.get_mut(&pid).expect("it was inserted"));
        self
    }

    /// The namespace of the sockets that follow.
    pub fn netns(mut self, number: u64, name: Option<&str>) -> Self {
        self.netns = Netns::Inode(number);
        if self.snapshot.namespaces.iter().all(|known| known.netns != self.netns) {
            let name = name.map(Text::from);
            self.snapshot.namespaces.push(NetNamespace { netns: self.netns, name, is_host: false });
        }
        self
    }

    /// A TCP socket of the process named last.
    pub fn tcp(self, inode: u64, fds: &[u32], state: TcpState, local: &str, remote: &str) -> Self {
        let detail = Detail::Tcp(TcpDetail::default());
        self.inet(Protocol::Tcp, inode, fds, State::Tcp(state), (local, remote), detail)
    }

    /// Counters of the TCP socket named last.
    pub fn counters(self, counters: TcpCounters) -> Self {
        self.adjust(|snapshot| match &mut snapshot.sockets.last_mut().expect("a socket first").detail {
            Detail::Tcp(tcp) => tcp.counters = Some(counters),
            other @ (Detail::Datagram { .. } | Detail::Unix(_) | Detail::Packet { .. }) => {
                panic!("no TCP socket: {other:?}")
            }
        })
    }

    /// A UDP socket of the process named last; connected where it has a peer.
    pub fn udp(self, inode: u64, fds: &[u32], local: &str, remote: &str) -> Self {
        let connected = !remote.ends_with(":0");
        let state = if connected { TcpState::Established } else { TcpState::Close };
        let detail = Detail::Datagram { drops: 0 };
        self.inet(Protocol::Udp, inode, fds, State::Tcp(state), (local, remote), detail)
    }

    fn inet(
        self,
        protocol: Protocol,
        inode: u64,
        fds: &[u32],
        state: State,
        (local, remote): (&str, &str),
        detail: Detail,
    ) -> Self {
        let (local, remote): (SocketAddr, SocketAddr) = (local.parse().unwrap(), remote.parse().unwrap());
        let socket = Socket {
            id: SocketId {
                netns: self.netns,
                protocol,
                inode: Inode(inode),
                local: Address::Inet(local),
                remote: Address::Inet(remote),
                nth: 0,
            },
            family: if local.is_ipv4() { Family::Inet } else { Family::Inet6 },
            state: Some(state),
            send_queue: Some(0),
            receive_queue: Some(0),
            uid: Some(0),
            references: Some(1),
            pointer: Some(0),
            peer: None,
            mark: None,
            device: None,
            detail,
        };
        self.socket(socket, fds)
    }

    /// A unix stream socket of the process named last; an empty path is an unnamed one.
    pub fn unix(self, inode: u64, fds: &[u32], state: UnixState, path: &[u8]) -> Self {
        let local = if path.is_empty() { Address::None } else { Address::Unix(path.into()) };
        let socket = Socket {
            id: SocketId {
                netns: self.netns,
                protocol: Protocol::Unix,
                inode: Inode(inode),
                local,
                remote: Address::None,
                nth: 0,
            },
            family: Family::Unix,
            state: Some(State::Unix(state)),
            send_queue: None,
            receive_queue: None,
            uid: None,
            references: Some(2),
            pointer: Some(0),
            peer: None,
            mark: None,
            device: None,
            detail: Detail::Unix(UnixDetail { kind: UnixKind::Stream, flags: 0, shutdown: None }),
        };
        self.socket(socket, fds)
    }

    /// Any socket, held by the process named last.
    pub fn socket(mut self, socket: Socket, fds: &[u32]) -> Self {
        let inode = socket.id.inode;
        self.snapshot.sockets.push(socket);
        self.held(inode.0, fds)
    }

    /// Descriptors by which the process named last holds a socket that is listed already.
    pub fn held(mut self, inode: u64, fds: &[u32]) -> Self {
        for &fd in fds {
            let pid = self.holder.expect("a process first");
            self.snapshot.owners.push(Owner { inode: Inode(inode), pid, fd: Fd(fd), tid: None });
        }
        self
    }

    /// Sees the host with fewer rights.
    pub fn viewer(mut self, uid: u32, lacks: &[&'static str]) -> Self {
        self.snapshot.viewer = Viewer { uid, lacks: lacks.to_vec() };
        self
    }

    pub fn gap(mut self, gap: Gap) -> Self {
        self.snapshot.gaps.push(gap);
        self
    }

    /// So long after the first.
    pub fn later(mut self, by: Duration) -> Self {
        self.snapshot.uptime += by;
        self.snapshot.taken_at += by;
        self
    }

    /// Changes anything else.
    pub fn adjust(mut self, change: impl FnOnce(&mut Snapshot)) -> Self {
        change(&mut self.snapshot);
        self
    }

    pub fn build(self) -> Arc<Snapshot> {
        Arc::new(self.snapshot)
    }
}

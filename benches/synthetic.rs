//! Snapshots of a made-up busy host, the same at every run.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sockeye::model::{
    Address, Detail, Exe, Fact, Family, Fd, Host, Inode, NetNamespace, Netns, Own, Owner, Pid, Process,
    ProcessKey, Protocol, Seen, Snapshot, Socket, SocketId, State, TcpCounters, TcpDetail, TcpState,
    UnixDetail, UnixKind, UnixState, Viewer, Way,
};

const NETNS: Netns = Netns::Inode(4_026_531_840);

/// Sockets of one process.
const EACH: u32 = 50;

/// A snapshot of about so many sockets, `EACH` in a process, after so many turns of two seconds: mostly
/// connections of processes to themselves, a listener and a pair of unix sockets in each, some in TIME_WAIT.
pub(crate) fn snapshot(sockets: u32, turn: u64) -> Arc<Snapshot> {
    let mut host = empty(turn);
    for (pid, parent) in [(1, None), (90, Some(1)), (91, Some(90))] {
        host.processes.insert(Pid(pid), process(pid, parent.map(Pid), "systemd"));
    }
    for worker in 0..u16::try_from(sockets / EACH).expect("few enough processes for a port each") {
        let [high, low] = worker.to_be_bytes();
        let worker = u32::from(worker);
        let pid = Pid(1_000 + worker);
        host.processes.insert(pid, process(pid.0, Some(Pid(91)), "worker"));
        let first = u64::from(worker * EACH) + 10_000;
        let mut add = |nth: u32, socket: Socket| {
            if nth % EACH != EACH - 1 {
                host.owners.push(Owner { inode: socket.id.inode, pid, fd: Fd(nth + 3), tid: None });
            }
            host.sockets.push(socket);
        };
        let local = [127, 0, high, low];
        for nth in 0..EACH {
            let inode = first + u64::from(nth);
            add(
                nth,
                match nth {
                    0 => tcp(inode, TcpState::Listen, (local, 8_000), ([0; 4], 0), turn),
                    1 => unix(inode, inode + 1, true),
                    2 => unix(inode, inode - 1, false),
                    nth if nth == EACH - 1 => {
                        tcp(0, TcpState::TimeWait, (local, 8_000), (local, 30_000), turn)
                    }
                    nth if nth % 2 == 1 => {
                        tcp(inode, TcpState::Established, (local, 8_000), (local, port(nth)), turn)
                    }
                    nth => tcp(inode, TcpState::Established, (local, port(nth - 1)), (local, 8_000), turn),
                },
            );
        }
    }
    // Tables list sockets in the order of their hashes; the same in each snapshot but for what is new.
    host.sockets.sort_by_cached_key(|socket| scattered(&socket.id));
    Arc::new(host)
}

fn port(nth: u32) -> u16 {
    u16::try_from(40_000 + nth).expect("as many ports as sockets of a process")
}

fn scattered(id: &SocketId) -> u64 {
    let port = id.remote.inet().map_or(0, |peer| u64::from(peer.port()));
    (id.inode.0 + port).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31)
}

fn empty(turn: u64) -> Snapshot {
    let since = Duration::from_secs(2 * turn);
    Snapshot {
        host: Host { name: "synthetic".into(), boot_id: "boot".into(), ephemeral_ports: None },
        viewer: Viewer::default(),
        taken_at: SystemTime::UNIX_EPOCH + Duration::from_hours(14) + since,
        uptime: Duration::from_hours(24) + since,
        cost: Duration::from_millis(4),
        descriptors: Vec::new(),
        probes: [].into(),
        own: Own::default(),
        processes: [].into(),
        sockets: Vec::new(),
        owners: Vec::new(),
        namespaces: vec![NetNamespace { netns: NETNS, name: None, is_host: true }],
        users: [(0, "root".into()), (33, "www-data".into())].into(),
        seen: Seen::default(),
        way: Way::default(),
        gaps: Vec::new(),
    }
}

pub(crate) fn process(pid: u32, parent: Option<Pid>, name: &str) -> Process {
    Process {
        key: ProcessKey { pid: Pid(pid), start: u64::from(pid) * 10 },
        parent,
        comm: name.into(),
        exe: Fact::Known(Exe {
            path: format!("/usr/sbin/{name}").as_str().into(),
            deleted: false,
            same_as: None,
        }),
        cmdline: Fact::Known(format!("{name}\0--serve\0--config=/etc/{name}/{pid}.conf\0").as_str().into()),
        cwd: Fact::Known("/var/lib/worker".into()),
        uid: 33,
        tty: None,
        session: Some(Pid(pid)),
        group: Some(Pid(pid)),
        foreground: None,
        started: Duration::from_millis(u64::from(pid) * 100),
        cgroup: Fact::Known("/system.slice/worker.service".into()),
    }
}

pub(crate) fn tcp(
    inode: u64,
    state: TcpState,
    local: ([u8; 4], u16),
    remote: ([u8; 4], u16),
    turn: u64,
) -> Socket {
    let end =
        |(ip, port): ([u8; 4], u16)| Address::Inet(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(ip)), port));
    let active = u64::from(local.1 != 8_000);
    let sent = 1_000 + inode * 3 + turn * 4_096;
    let counters = TcpCounters {
        sent,
        acked: sent + active,
        received: sent,
        rtt: Duration::from_micros(180).into(),
        ..TcpCounters::default()
    };
    let detail = TcpDetail {
        cwnd: Some(10),
        ssthresh: Some(-1),
        rto: Some(Duration::from_millis(204).into()),
        counters: (state == TcpState::Established).then_some(counters),
        ..TcpDetail::default()
    };
    Socket {
        id: SocketId {
            netns: NETNS,
            protocol: Protocol::Tcp,
            inode: Inode(inode),
            local: end(local),
            remote: end(remote),
            nth: 0,
        },
        family: Family::Inet,
        state: Some(State::Tcp(state)),
        send_queue: Some(0),
        receive_queue: Some(0),
        uid: Some(33),
        references: Some(2),
        pointer: Some(0),
        peer: None,
        mark: Some(0),
        device: Some(0),
        detail: Detail::Tcp(detail),
    }
}

fn unix(inode: u64, peer: u64, named: bool) -> Socket {
    let local = if named { Address::Unix("/run/worker.sock".into()) } else { Address::None };
    Socket {
        id: SocketId {
            netns: NETNS,
            protocol: Protocol::Unix,
            inode: Inode(inode),
            local,
            remote: Address::None,
            nth: 0,
        },
        family: Family::Unix,
        state: Some(State::Unix(UnixState::Connected)),
        send_queue: None,
        receive_queue: Some(0),
        uid: None,
        references: Some(3),
        pointer: Some(0),
        peer: Some(Inode(peer)),
        mark: None,
        device: None,
        detail: Detail::Unix(UnixDetail { kind: UnixKind::Stream, flags: 0, shutdown: None }),
    }
}

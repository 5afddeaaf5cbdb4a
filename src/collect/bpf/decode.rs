//! Makes sockets, owners and holders of rows.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::Clock;
use super::pass::{Holder, OpenFile, Places, Told};
use super::row::{self, Kind, Row};
use crate::model::{
    Access, Address, Brief, Detail, Device, Family, Fd, Inode, Netns, Owner, Pid, Protocol, Socket, SocketId,
    State, Target, TcpCounters, TcpDetail, TcpState, Text, Timer, TimerKind, UnixDetail, UnixKind, UnixState,
};

/// `SOCK_*` of `include/linux/net.h`.
const SOCK_STREAM: u16 = 1;
const SOCK_RAW: u16 = 3;

/// `__SO_ACCEPTCON` (`include/uapi/linux/net.h`).
const LISTENS: u32 = 0x1_0000;

/// Where files of these have no path, so that the text of their link is none (`include/uapi/linux/magic.h`).
const ANON_INODE: u64 = 0x0904_1934;
const PIDFS: u64 = 0x5049_4446;
const PIPEFS: u64 = 0x5049_5045;
const DEVPTS: u64 = 0x1cd1;
/// Here stat(2) shows other numbers than the kernel keeps in the inode: of subvolumes, of the file system below.
const BTRFS: u64 = 0x9123_683e;
const OVERLAY: u64 = 0x794c_7630;

/// The process that holds the descriptor; what is told by rows of threads is not known yet.
pub(super) fn holder(row: Row<'_>, clock: Clock) -> Holder {
    Holder {
        pid: Pid(row.word(row::TGID)),
        start: clock.start(row.number(row::START)),
        execution: row.word(row::EXECUTION),
        told: None,
        places: Places::default(),
    }
}

/// A process, by the row of its first thread.
pub(super) fn process(task: Row<'_>, clock: Clock) -> Holder {
    let id = |slot| Some(task.word(slot)).filter(|&number| number != 0).map(Pid);
    let comm: [u8; 16] = task.bytes(row::COMM);
    let told = Told {
        comm,
        uid: task.word(row::EUID),
        parent: id(row::PARENT),
        session: id(row::SESSION),
        group: id(row::GROUP),
        foreground: id(row::FOREGROUND),
        tty: terminal(task),
    };
    Holder {
        pid: Pid(task.word(row::TASK_TGID)),
        start: clock.start(task.number(row::TASK_START)),
        execution: task.word(row::TASK_EXECUTION),
        told: Some(told),
        places: Places {
            exe: task.bytes(row::EXE),
            root: task.bytes(row::ROOT),
            directory: task.bytes(row::DIRECTORY),
            changes: task.word(row::CHANGES),
            cgroup: task.number(row::CGROUP),
        },
    }
}

/// The device's number as `new_encode_dev()` writes it.
fn terminal(task: Row<'_>) -> Option<u32> {
    let first = task.word(row::TTY_MAJOR).wrapping_shl(20) | task.word(row::TTY_MINOR);
    let Device { major, minor } = device(first.wrapping_add(task.word(row::TTY_INDEX)));
    Some(minor & 0xff | major << 8 | (minor & !0xff) << 12).filter(|&number| number != 0)
}

/// Whether it is a descriptor of a namespace, of any kind.
pub(super) fn is_namespace(row: Row<'_>) -> bool {
    row.number(row::MAGIC) == u64::from(row::NSFS.cast_unsigned())
}

/// A descriptor that is no socket.
pub(super) fn file(row: Row<'_>, pid: Pid) -> OpenFile {
    let access = Access::of_flags(row.word(row::FLAGS));
    let is_exact = !matches!(row.number(row::MAGIC), BTRFS | OVERLAY);
    OpenFile { pid, fd: Fd(row.word(row::FD)), access, target: target(row), is_exact }
}

fn target(row: Row<'_>) -> Option<Target> {
    let (inode, system) = (row.number(row::INODE), device(row.word(row::SUPER)));
    let magic = row.number(row::MAGIC);
    Some(match (row.half(row::MODE) & 0o170_000, magic) {
        (0o010_000, PIPEFS) => Target::Pipe(Inode(inode)),
        (0o010_000, _) => Target::Fifo { device: system, inode },
        (0o020_000, _) => match device(row.word(row::RDEV)) {
            Device { major: 1, minor: 3 } => Target::Null,
            Device { major: 1, .. } => Target::File, // `/dev/zero` and its like
            Device { major: 4, .. } | Device { major: 5, minor: 1 } => Target::Terminal,
            Device { major: 5, minor: 2 } if row.number(row::HAS_INDEX) == 0 => Target::File,
            Device { major: 5, minor: 2 } => {
                let devpts = Some(row.word(row::DEVPTS)).filter(|&number| number != 0).map(device);
                Target::PtyMaster { devpts, index: row.word(row::INDEX) }
            }
            Device { major: 136, minor } if magic == DEVPTS => {
                Target::PtySlave { devpts: Some(system), index: minor }
            }
            _ => return None,
        },
        (_, ANON_INODE | PIDFS) => Target::Anonymous,
        _ if is_namespace(row) => Target::Anonymous,
        _ => Target::File,
    })
}

/// As the kernel keeps such a number (`MINORBITS`).
fn device(number: u32) -> Device {
    Device { major: number >> 20, minor: number & 0xf_ffff }
}

/// The descriptor, as one of its process's; which thread's it is, is the reader's to say.
pub(super) fn owner(row: Row<'_>) -> Owner {
    Owner {
        inode: Inode(row.number(row::INODE)),
        pid: Pid(row.word(row::TGID)),
        fd: Fd(row.word(row::FD)),
        tid: None,
    }
}

/// Adds the socket, and gives it. None for one of a family or protocol that no table lists, and for one that the program
/// cannot read here.
pub(super) fn socket<'s>(row: Row<'_>, clock: Clock, sockets: &'s mut Vec<Socket>) -> Option<&'s Socket> {
    let (family, protocol) = kind(row)?;
    // Filled in where it stays: to put it together elsewhere and move it here takes as long as all the rest.
    sockets.push(BLANK);
    let socket = sockets.last_mut()?;
    fill(socket, row, (family, protocol), clock);
    Some(socket)
}

const BLANK: Socket = Socket::of(
    SocketId {
        netns: Netns::Inode(0),
        protocol: Protocol::Tcp,
        inode: Inode::NONE,
        local: Address::None,
        remote: Address::None,
        nth: 0,
    },
    Family::Inet,
    Detail::Datagram { drops: 0 },
);

fn fill(socket: &mut Socket, row: Row<'_>, (family, protocol): (Family, Protocol), clock: Clock) {
    let state = row.byte(row::STATE);
    socket.family = family;
    socket.id.netns = Netns::Inode(row.number(row::NETNS));
    socket.id.protocol = protocol;
    socket.id.inode = Inode(row.number(row::INODE));
    socket.uid = Some(row.word(row::UID));
    socket.references = Some(row.word(row::REFERENCES));
    socket.mark = Some(row.word(row::MARK));
    socket.device = Some(row.word(row::DEVICE));
    match family {
        Family::Inet | Family::Inet6 => ends(row, family, protocol, &mut socket.id),
        Family::Unix => socket.id.local = name(row),
        Family::Netlink => socket.id.local = netlink(row),
        Family::Packet => socket.id.local = packet(row),
    }
    socket.detail = Detail::Datagram { drops: row.number(row::DROPS) };
    match protocol {
        Protocol::Tcp => {
            socket.state = Some(TcpState::from_number(state).map_or(State::Unknown(state), State::Tcp));
            socket.detail = Detail::Tcp(TcpDetail::default());
            if row.kind == Kind::Tcp {
                tcp(row, socket, clock);
            }
        }
        Protocol::Udp | Protocol::UdpLite | Protocol::Raw | Protocol::Icmp => {
            socket.state = Some(TcpState::from_number(state).map_or(State::Unknown(state), State::Tcp));
            datagram_queues(row, socket);
        }
        Protocol::Netlink => datagram_queues(row, socket),
        Protocol::Packet => {
            socket.receive_queue = Some(row.word(row::RECEIVE_MEMORY));
            socket.detail = Detail::Packet { kind: row.half(row::TYPE) };
        }
        Protocol::Unix => unix(row, socket, state),
    }
}

fn kind(row: Row<'_>) -> Option<(Family, Protocol)> {
    let family = match row.half(row::FAMILY) {
        1 => return matches!(row.kind, Kind::Unix | Kind::Named).then_some((Family::Unix, Protocol::Unix)),
        16 => return (row.kind == Kind::Datagram).then_some((Family::Netlink, Protocol::Netlink)),
        17 => return (row.kind == Kind::Datagram).then_some((Family::Packet, Protocol::Packet)),
        2 => Family::Inet,
        10 => Family::Inet6,
        _ => return None,
    };
    let protocol = match (row.half(row::TYPE), row.half(row::PROTOCOL)) {
        (SOCK_RAW, _) => Protocol::Raw,
        (SOCK_STREAM, 6 | 262) => Protocol::Tcp, // the second is MPTCP, whose subflows tables list as TCP
        (_, 17) => Protocol::Udp,
        (_, 136) => Protocol::UdpLite,
        (_, 1 | 58) => Protocol::Icmp,
        _ => return None,
    };
    Some((family, protocol))
}

/// Ends as tables list them. Without a port there is no row in any: the socket was never bound, or is no more.
///
/// They are put together where they stay, too: moved there in larger pieces than they are written in they would wait for
/// all that was written before, in memory that is seen for the first time.
fn ends(row: Row<'_>, family: Family, protocol: Protocol, id: &mut SocketId) {
    let port = row.half(row::PORT);
    if port == 0 && protocol != Protocol::Raw {
        id.local = Address::Unbound;
        return;
    }
    // The port of a raw socket is its protocol; one of the other end it has not.
    let remote_port = if protocol == Protocol::Raw { 0 } else { u16::from_be(row.half(row::REMOTE_PORT)) };
    if family == Family::Inet6 {
        let end = |span, port| SocketAddrV6::new(Ipv6Addr::from(row.bytes::<16>(span)), port, 0, 0);
        id.local = Address::Inet(SocketAddr::V6(end(row::LOCAL, port)));
        id.remote = Address::Inet(SocketAddr::V6(end(row::REMOTE, remote_port)));
    } else {
        let end = |span, port| SocketAddrV4::new(Ipv4Addr::from(row.bytes::<4>(span)), port);
        id.local = Address::Inet(SocketAddr::V4(end(row::LOCAL, port)));
        id.remote = Address::Inet(SocketAddr::V4(end(row::REMOTE, remote_port)));
    }
}

/// A path up to the NUL byte behind it, or an abstract name with `@` for each NUL byte, as tables print it.
fn name(row: Row<'_>) -> Address {
    if row.kind != Kind::Named {
        return Address::None;
    }
    let length = usize::try_from(row.number(row::NAME_LENGTH)).unwrap_or(0);
    let path = row.slice(row::NAME, length).get(2..).unwrap_or_default(); // behind the family
    match path {
        [] => Address::None,
        [0, ..] => Address::Unix(
            path.iter().map(|&byte| if byte == 0 { b'@' } else { byte }).collect::<Vec<_>>().into(),
        ),
        _ => Address::Unix(Text::from(path.strip_suffix(b"\0").unwrap_or(path))),
    }
}

fn netlink(row: Row<'_>) -> Address {
    if row.number(row::NETLINK_BOUND) == 0 {
        return Address::Unbound;
    }
    // Netlink families are numbered as protocols are, and end at 31.
    let family = u8::try_from(row.number(row::PROTOCOL)).unwrap_or(u8::MAX);
    Address::Netlink { family, port: row.word(row::NETLINK_PORT) }
}

fn packet(row: Row<'_>) -> Address {
    Address::Packet { interface: row.word(row::INTERFACE), protocol: u16::from_be(row.half(row::ETHERNET)) }
}

/// As `udp_rqueue_get()` and `sk_wmem_alloc_get()` reckon.
fn datagram_queues(row: Row<'_>, socket: &mut Socket) {
    let received = row.word(row::RECEIVE_MEMORY).wrapping_sub(row.word(row::DEFICIT));
    socket.receive_queue = Some(received);
    socket.send_queue = Some(row.word(row::SEND_MEMORY).saturating_sub(1));
}

fn unix(row: Row<'_>, socket: &mut Socket, state: u8) {
    let kind = match row.half(row::TYPE) {
        1 => UnixKind::Stream,
        2 => UnixKind::Datagram,
        5 => UnixKind::SeqPacket,
        other => UnixKind::Unknown(other),
    };
    // As `unix_seq_show()` for one that a descriptor refers to.
    let (state, flags) = match state {
        10 => (UnixState::Listen, LISTENS),
        1 => (UnixState::Connected, 0),
        _ => (UnixState::Unconnected, 0),
    };
    if state == UnixState::Listen {
        socket.receive_queue = Some(row.word(row::UNIX_BACKLOG));
        socket.send_queue = Some(row.word(row::UNIX_BACKLOG_LIMIT));
    } else {
        // Of others the kernel adds up what is queued, only when asked.
        socket.receive_queue = (kind == UnixKind::Stream).then(|| row.word(row::UNIX_UNREAD));
        socket.send_queue = Some(row.word(row::UNIX_SENT).saturating_sub(1));
    }
    let shutdown = u8::try_from(row.number(row::UNIX_SHUTDOWN)).ok();
    socket.state = Some(State::Unix(state));
    socket.peer = Some(Inode(row.number(row::PEER))).filter(|peer| !peer.is_none());
    socket.detail = Detail::Unix(UnixDetail { kind, flags, shutdown });
}

/// As `get_tcp4_sock()` and `tcp_get_info()` reckon.
fn tcp(row: Row<'_>, socket: &mut Socket, clock: Clock) {
    let state = socket.tcp_state();
    if state == Some(TcpState::Listen) {
        socket.receive_queue = Some(row.word(row::TCP_BACKLOG));
        socket.send_queue = Some(row.word(row::TCP_BACKLOG_LIMIT));
        return;
    }
    // Two loads, between which more can be read than had been received.
    let unread = row.word(row::RECEIVED_TO).wrapping_sub(row.word(row::READ_TO)).cast_signed();
    socket.receive_queue = Some(u32::try_from(unread).unwrap_or(0));
    let unacked = row.word(row::WRITTEN_TO).wrapping_sub(row.word(row::ACKED_TO));
    socket.send_queue = Some(unacked);
    if socket.id.local == Address::Unbound {
        return;
    }
    let now = row.number(row::JIFFIES);
    let since = |slot| {
        let [.., a, b, c, d] = now.to_be_bytes();
        clock.jiffies(u32::from_be_bytes([a, b, c, d]).wrapping_sub(row.word(slot)).into()).into()
    };
    let Detail::Tcp(detail) = &mut socket.detail else { return };
    let ssthresh = row.word(row::SSTHRESH);
    detail.timer = timer(row, now, clock);
    detail.retransmits = row.word(row::RETRANSMITS);
    detail.probes = row.word(row::PROBES);
    detail.rto = Some(clock.jiffies(row.number(row::RTO)).into());
    detail.cwnd = Some(row.word(row::CWND));
    // `TCP_INFINITE_SSTHRESH`, for which the text table prints -1.
    detail.ssthresh = Some(if ssthresh >= 0x7fff_ffff { -1 } else { ssthresh.cast_signed() });
    detail.counters = Some(TcpCounters {
        sent: row.number(row::SENT),
        sent_again: row.number(row::SENT_AGAIN),
        acked: row.number(row::ACKED),
        received: row.number(row::RECEIVED),
        unacked: row.word(row::UNACKED),
        retransmitted: row.word(row::RETRANSMITTED),
        rtt: Brief(row.word(row::RTT) >> 3),
        idle_sent: since(row::LAST_SENT),
        idle_received: since(row::LAST_RECEIVED),
    });
}

/// `ICSK_TIME_RETRANS` is 1, `LOSS_PROBE` 5, `REO_TIMEOUT` 6, `PROBE0` 3 (`include/net/inet_connection_sock.h`).
fn timer(row: Row<'_>, now: u64, clock: Clock) -> Option<Timer> {
    let (kind, fires) = match row.byte(row::PENDING) {
        1 | 5 | 6 => (TimerKind::Retransmit, row::TIMEOUT),
        3 => (TimerKind::Probe, row::TIMEOUT),
        _ if row.number(row::KEEPALIVE_RUNS) != 0 => (TimerKind::KeepAlive, row::KEEPALIVE),
        _ => return None,
    };
    let fires = row.number(fires);
    if fires == 0 {
        return None; // a kernel that keeps it elsewhere
    }
    let left = fires.wrapping_sub(now).cast_signed();
    Some(Timer { kind, left: clock.jiffies(u64::try_from(left).unwrap_or(0)).into() })
}

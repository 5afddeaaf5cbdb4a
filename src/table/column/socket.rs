//! Columns about the socket itself.

use super::{Column, Kind};
use crate::analyze::{Age, DirectedBy, Direction, Unowned};
use crate::model::{Address, Detail, Protocol, UnixKind};
use crate::table::{Basis, Missing, Row, Value};

const NONE: Value<'static> = Value::Missing(Missing::NotApplicable);

pub(super) static SOCKET: Column =
    Column::record("socket", "INODE", Kind::Number, "inode of the socket; 0: the kernel keeps none", |row| {
        number(row.socket.map(|socket| socket.id.inode.0))
    });

pub(super) static FAMILY: Column = Column::record(
    "family",
    "FAMILY",
    Kind::Number,
    "address family: 1 unix, 2 IPv4, 10 IPv6, 16 netlink, 17 packet",
    |row| number(row.socket.map(|socket| socket.family.number())),
)
.by(Basis::Socket);

pub(super) static PROTOCOL: Column = Column::record(
    "protocol",
    "PROTOCOL",
    Kind::Number,
    "1 icmp, 6 tcp, 17 udp, 136 udplite, 255 raw, 0 unix; of packet sockets Ethernet's, of netlink its family",
    |row| {
        number(row.socket.map(|socket| match (socket.id.protocol, &socket.id.local) {
            (Protocol::Packet, Address::Packet { protocol, .. }) => *protocol,
            (Protocol::Netlink, Address::Netlink { family, .. }) => (*family).into(),
            (Protocol::Icmp, _) => 1,
            (Protocol::Tcp, _) => 6,
            (Protocol::Udp, _) => 17,
            (Protocol::UdpLite, _) => 136,
            (Protocol::Raw, _) => 255,
            (Protocol::Unix | Protocol::Packet | Protocol::Netlink, _) => 0,
        }))
    },
)
.by(Basis::Socket);

pub(super) static LOCAL_ADDRESS: Column =
    Column::record("local_address", "LOCAL ADDRESS", Kind::Aside, "address of this end", |row| {
        address(local(row))
    });

pub(super) static REMOTE_ADDRESS: Column =
    Column::record("remote_address", "REMOTE ADDRESS", Kind::Aside, "address of the other end", |row| {
        address(remote(row))
    });

pub(super) static LOCAL_PORT: Column = Column::record(
    "local_port",
    "LPORT",
    Kind::Number,
    "port of this end; a raw socket's protocol number",
    |row| port(local(row)),
);

pub(super) static REMOTE_PORT: Column =
    Column::record("remote_port", "RPORT", Kind::Number, "port of the other end", |row| port(remote(row)));

pub(super) static PATH: Column =
    Column::record("path", "PATH", Kind::Aside, "path of a unix socket; @ begins an abstract name", |row| {
        path(local(row))
    })
    .by(Basis::Socket);

pub(super) static STATE: Column =
    Column::record("state", "STATE", Kind::State, "state as in tcp(7); CLOSED: gone since a moment", |row| {
        if row.is_closed() {
            return Value::Closed;
        }
        let state = row.socket.and_then(|socket| Some(Value::State(socket.state?, socket.id.protocol)));
        state.unwrap_or(NONE)
    })
    .on_screen(0, 7, 7)
    .by(Basis::Socket);

pub(super) static WAS: Column =
    Column::record("was", "WAS", Kind::Aside, "of a closed socket: its state when seen last", |row| {
        let last = row.closed.and_then(|closed| closed.socket.state.zip(Some(closed.socket.id.protocol)));
        last.map_or(NONE, |(state, protocol)| Value::State(state, protocol))
    })
    .not_in_records()
    .on_screen(0, 7, 7);

pub(super) static GONE: Column = Column::record(
    "gone",
    "GONE",
    Kind::Aside,
    "of a closed socket: time since it was seen last; its age is then how long it lived",
    |row| {
        let ago = row.closed.map(|closed| row.snapshot().uptime.saturating_sub(closed.seen));
        ago.map_or(NONE, |ago| Value::Age(Age::Exactly(ago)))
    },
)
.not_in_records()
.on_screen(0, 5, 5)
.right_aligned();

pub(super) static NET_NAMESPACE: Column = Column::record(
    "net_namespace",
    "NETNS NUMBER",
    Kind::Number,
    "inode of its network namespace; 0: may not be read",
    |row| number(row.socket.map(|socket| socket.id.netns.number())),
)
.by(Basis::Socket);

pub(super) static DIRECTION: Column =
    Column::record("direction", "DIRECTION", Kind::Text, "which side connected", |row| {
        row.entry.direction.map_or(NONE, |(direction, _)| {
            Value::words(match direction {
                Direction::Inbound => "inbound",
                Direction::Outbound => "outbound",
            })
        })
    });

pub(super) static DIRECTION_BY: Column = Column::record(
    "direction_by",
    "DIRECTED BY",
    Kind::Aside,
    "what says so: state, counters (of acknowledged bytes), listener (one covers the local end), ports, no-listener",
    |row| {
        row.entry.direction.map_or(NONE, |(_, by)| {
            Value::words(match by {
                DirectedBy::State => "state",
                DirectedBy::Counters => "counters",
                DirectedBy::Listener => "listener",
                DirectedBy::Ports => "ports",
                DirectedBy::NoListener => "no-listener",
            })
        })
    },
)
.by(Basis::Socket);

pub(super) static UNOWNED: Column =
    Column::record("unowned", "UNOWNED", Kind::Text, "why no process holds it", |row| {
        row.entry.unowned.map_or(NONE, |why| {
            Value::words(match why {
                Unowned::TimeWait => "time-wait",
                Unowned::Handshake => "handshake",
                Unowned::NotAccepted => "not-accepted",
                Unowned::Closing => "closing",
                Unowned::NotPermitted => "not-permitted",
                Unowned::NoDescriptor => "no-descriptor",
            })
        })
    })
    .by(Basis::Socket);

pub(super) static AGE: Column = Column::record(
    "age",
    "AGE",
    Kind::Time,
    "time since it appeared; < at most, where it was there before",
    |row| match row.entry.age {
        Age::Unknown => NONE,
        age @ (Age::Exactly(_) | Age::AtMost(_)) => Value::Age(age),
    },
)
.on_screen(0, 4, 5)
.right_aligned()
.by(Basis::Socket);

pub(super) static AGE_EXACT: Column =
    Column::record("age_exact", "EXACT", Kind::Aside, "no: it is at most so old", |row| {
        match row.entry.age {
            Age::Unknown => NONE,
            Age::Exactly(_) => Value::Flag(true),
            Age::AtMost(_) => Value::Flag(false),
        }
    })
    .by(Basis::Socket);

pub(super) static NETNS: Column = Column::record(
    "netns",
    "NETNS",
    Kind::Aside,
    "network namespace by name: host, its mount's, its number",
    |row| match row.namespace().map(|(_, namespace)| (namespace.is_host, &namespace.name)) {
        Some((true, _)) => Value::words("host"),
        Some((false, Some(name))) => Value::Bytes(name.as_bytes()),
        Some((false, None)) | None => match row.socket.map(|socket| socket.id.netns.number()) {
            None => NONE,
            Some(0) => Value::Missing(Missing::NotPermitted),
            Some(number) => Value::Number(number.into()),
        },
    },
)
.on_screen(140, 4, 10)
.by(Basis::Socket);

pub(super) static TYPE: Column =
    Column::record("type", "TYPE", Kind::Text, "type of a unix or packet socket", |row| {
        Value::words(match detail(row) {
            Some(Detail::Unix(unix)) => match unix.kind {
                UnixKind::Stream => "stream",
                UnixKind::Datagram => "dgram",
                UnixKind::SeqPacket => "seqpacket",
                UnixKind::Unknown(_) => "unknown",
            },
            Some(Detail::Packet { kind: 2 }) => "dgram", // SOCK_DGRAM: without link-level header, packet(7)
            Some(Detail::Packet { kind: 3 }) => "raw",
            Some(Detail::Packet { .. }) => "unknown",
            Some(Detail::Tcp(_) | Detail::Datagram { .. }) | None => return NONE,
        })
    })
    .by(Basis::Socket);

pub(super) static SEND_QUEUE: Column =
    Column::record("send_queue", "SEND-Q", Kind::Number, "bytes sent and not acknowledged", |row| {
        number(row.socket.and_then(|socket| socket.send_queue))
    })
    .largest_first()
    .by(Basis::Socket);

pub(super) static RECEIVE_QUEUE: Column = Column::record(
    "receive_queue",
    "RECV-Q",
    Kind::Number,
    "bytes received and not read; of a listener connections that wait",
    |row| number(row.socket.and_then(|socket| socket.receive_queue)),
)
.largest_first()
.by(Basis::Socket);

pub(super) static SOCKET_UID: Column =
    Column::record("socket_uid", "SOCKET UID", Kind::Number, "user id of its creator", |row| {
        number(row.socket.and_then(|socket| socket.uid))
    })
    .by(Basis::Socket);

pub(super) static REFERENCES: Column =
    Column::record("references", "REFS", Kind::Number, "references that the kernel holds on it", |row| {
        number(row.socket.and_then(|socket| socket.references))
    })
    .by(Basis::Socket);

pub(super) static SOCKET_ADDRESS: Column = Column::record(
    "socket_address",
    "ADDRESS",
    Kind::Aside,
    "hashed address of the kernel's structure",
    |row| match row.socket.and_then(|socket| socket.pointer) {
        None => NONE,
        Some(0) => Value::Missing(Missing::NotPermitted),
        Some(address) => Value::Hex(address),
    },
);

pub(super) static DROPS: Column =
    Column::record("drops", "DROPS", Kind::Number, "datagrams that found no room", |row| match detail(row) {
        Some(Detail::Datagram { drops }) => Value::Number((*drops).into()),
        Some(Detail::Tcp(_) | Detail::Unix(_) | Detail::Packet { .. }) | None => NONE,
    })
    .largest_first()
    .by(Basis::Socket);

pub(super) static FLAGS: Column =
    Column::record("flags", "FLAGS", Kind::Number, "flags of a unix socket; 65536: it listens", |row| {
        match detail(row) {
            Some(Detail::Unix(unix)) => Value::Number(unix.flags.into()),
            Some(Detail::Tcp(_) | Detail::Datagram { .. } | Detail::Packet { .. }) | None => NONE,
        }
    })
    .by(Basis::Socket);

pub(super) static FWMARK: Column =
    Column::record("fwmark", "FWMARK", Kind::Number, "firewall mark (SO_MARK)", |row| {
        number(row.socket.and_then(|socket| socket.mark))
    })
    .by(Basis::Socket);

pub(super) static DEVICE: Column = Column::record(
    "device",
    "DEVICE",
    Kind::Number,
    "index of the interface that it is bound to; 0: to none",
    |row| number(row.socket.and_then(|socket| socket.device)),
)
.by(Basis::Socket);

pub(super) static PEER_PID: Column =
    Column::record("peer_pid", "PEER PID", Kind::Number, "process at a unix socket's other end", |row| {
        number(row.peer().and_then(|peer| peer.pid).map(|pid| pid.0))
    })
    .by(Basis::Socket);

pub(super) static PEER_PROCESS: Column = Column::record(
    "peer_process",
    "PEER",
    Kind::Aside,
    "name of the process at a unix socket's other end",
    |row| {
        let process = row.peer().and_then(|peer| peer.process);
        process.map_or(NONE, |process| Value::Bytes(process.comm.as_bytes()))
    },
)
.by(Basis::Socket);

pub(super) static PEER_PATH: Column =
    Column::record("peer_path", "PEER PATH", Kind::Aside, "path of a unix socket's other end", |row| {
        row.peer().map_or(NONE, |peer| path(&peer.socket.id.local))
    })
    .by(Basis::Socket);

pub(super) static ALERT: Column =
    Column::record("alert", "ALERT", Kind::Text, "level and rule of the gravest alert", |row| {
        match row.alerts {
            [] => NONE,
            alerts => Value::Alerts(alerts),
        }
    })
    .by(Basis::Socket);

fn local<'r>(row: &Row<'r>) -> &'r Address {
    row.socket.map_or(&Address::None, |socket| &socket.id.local)
}

fn remote<'r>(row: &Row<'r>) -> &'r Address {
    row.socket.map_or(&Address::None, |socket| &socket.id.remote)
}

fn detail<'r>(row: &Row<'r>) -> Option<&'r Detail> {
    row.socket.map(|socket| &socket.detail)
}

fn path(address: &Address) -> Value<'_> {
    address.path().map_or(NONE, |path| Value::Bytes(path.as_bytes()))
}

fn address(address: &Address) -> Value<'static> {
    match address {
        Address::Inet(address) => Value::Address(address.ip()),
        Address::None
        | Address::Unix(_)
        | Address::Packet { .. }
        | Address::Netlink { .. }
        | Address::Unbound => NONE,
    }
}

fn port(address: &Address) -> Value<'static> {
    match address {
        Address::Inet(address) => Value::Number(address.port().into()),
        Address::None
        | Address::Unix(_)
        | Address::Packet { .. }
        | Address::Netlink { .. }
        | Address::Unbound => NONE,
    }
}

fn number<N: Into<i128>>(number: Option<N>) -> Value<'static> {
    number.map_or(NONE, |number| Value::Number(number.into()))
}

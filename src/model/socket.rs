//! What is known of a socket, in the kernel's own terms.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::Text;

mod detail;

pub use detail::{
    Brief, Detail, Micros, Millis, TcpCounters, TcpDetail, Timer, TimerKind, UnixDetail, UnixKind,
};

/// Inode number of a socket in sockfs: one number space for the whole machine. [`Inode::NONE`] where the
/// kernel prints 0: before accept(2), after close(2), in TIME_WAIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Inode(pub u64);

impl Inode {
    pub const NONE: Self = Self(0);

    pub fn is_none(self) -> bool {
        self == Self::NONE
    }
}

impl fmt::Display for Inode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A network namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Netns {
    /// Inode number of its nsfs file, as `/proc/PID/ns/net` and `lsns` show it.
    Inode(u64),
    /// Its number may not be read; told apart from others by the inode number of `/proc/PID/net/tcp`,
    /// which anybody may stat.
    Hidden(u64),
}

impl Netns {
    /// The number that output shows: 0 where it may not be read.
    pub fn number(self) -> u64 {
        match self {
            Self::Inode(number) => number,
            Self::Hidden(_) => 0,
        }
    }
}

/// Address family, `AF_*` (socket(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    Unix,
    Inet,
    Inet6,
    Netlink,
    Packet,
}

impl Family {
    /// The number of `AF_*`: 1, 2, 10, 16, 17.
    pub fn number(self) -> u8 {
        match self {
            Self::Unix => 1,
            Self::Inet => 2,
            Self::Inet6 => 10,
            Self::Netlink => 16,
            Self::Packet => 17,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Unix => "unix",
            Self::Inet => "inet",
            Self::Inet6 => "inet6",
            Self::Netlink => "netlink",
            Self::Packet => "packet",
        }
    }
}

/// What the table that lists the socket is named after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    Tcp,
    Udp,
    UdpLite,
    Raw,
    Icmp,
    Unix,
    Packet,
    Netlink,
}

impl Protocol {
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::UdpLite => "udplite",
            Self::Raw => "raw",
            Self::Icmp => "icmp",
            Self::Unix => "unix",
            Self::Packet => "packet",
            Self::Netlink => "netlink",
        }
    }
}

/// State of a TCP socket; UDP and raw sockets use the same numbers for connected and not
/// (`include/net/tcp_states.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TcpState {
    Established,
    SynSent,
    SynRecv,
    FinWait1,
    FinWait2,
    TimeWait,
    Close,
    CloseWait,
    LastAck,
    Listen,
    Closing,
}

impl TcpState {
    /// From the kernel's number, 1 to 11; 12 (`NEW_SYN_RECV`) is listed as 3 by the kernel itself.
    pub fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Established,
            2 => Self::SynSent,
            3 => Self::SynRecv,
            4 => Self::FinWait1,
            5 => Self::FinWait2,
            6 => Self::TimeWait,
            7 => Self::Close,
            8 => Self::CloseWait,
            9 => Self::LastAck,
            10 => Self::Listen,
            11 => Self::Closing,
            _ => return None,
        })
    }
}

/// State of a unix socket (`SS_*` of `include/linux/net.h`, and the flag of listeners).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnixState {
    Unconnected,
    Connecting,
    Connected,
    Disconnecting,
    /// Flag `__SO_ACCEPTCON` (0x10000).
    Listen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    Tcp(TcpState),
    Unix(UnixState),
    /// A number that this version does not know.
    Unknown(u8),
}

/// One end of a socket.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// It has none: an unnamed unix socket, the peer of a packet socket.
    #[default]
    None,
    /// As the kernel lists it; a raw socket's local port is its protocol number.
    Inet(SocketAddr),
    /// Path, or abstract name with `@` for its leading NUL byte.
    Unix(Text),
    /// Interface index (0: all) and Ethernet protocol of packet(7).
    Packet { interface: u32, protocol: u16 },
    /// Netlink family (`NETLINK_ROUTE` is 0) and port id of netlink(7).
    Netlink { family: u8, port: u32 },
    /// Neither bound nor connected, so that no table lists it; known by its descriptor only.
    Unbound,
}

impl Address {
    /// Address and port where it is an internet one, with IPv4-mapped IPv6 as IPv4.
    pub fn inet(&self) -> Option<SocketAddr> {
        match self {
            Self::Inet(address) => Some(SocketAddr::new(address.ip().to_canonical(), address.port())),
            Self::None | Self::Unix(_) | Self::Packet { .. } | Self::Netlink { .. } | Self::Unbound => None,
        }
    }

    /// Name of a unix socket.
    pub fn path(&self) -> Option<&Text> {
        match self {
            Self::Unix(path) => Some(path),
            Self::None | Self::Inet(_) | Self::Packet { .. } | Self::Netlink { .. } | Self::Unbound => None,
        }
    }

    /// Whether it names a peer: an internet address that is not the unspecified one with port 0.
    pub fn is_peer(&self) -> bool {
        let Self::Inet(address) = self else { return false };
        address.port() != 0 || !address.ip().to_canonical().is_unspecified()
    }

    /// Whether it is in 127.0.0.0/8 or `::1`.
    pub fn is_loopback(&self) -> bool {
        self.inet().is_some_and(|address| address.ip().is_loopback())
    }

    /// The unspecified IPv4 address with port 0, as the kernel lists an end that is not set.
    pub fn unspecified() -> Self {
        Self::Inet(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0))
    }
}

/// Identity of a socket across snapshots.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId {
    pub netns: Netns,
    pub protocol: Protocol,
    pub inode: Inode,
    pub local: Address,
    pub remote: Address,
    /// Tells apart what is equal otherwise (0, 1 …): an inode can have several rows or be 0.
    pub nth: u16,
}

/// One row of one table of one network namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    pub id: SocketId,
    pub family: Family,
    /// None where the protocol has no states (packet, netlink).
    pub state: Option<State>,
    /// Bytes sent and not acknowledged; on a listener the most connections that may wait for accept(2). Packet
    /// sockets do not list it, nor do text tables for unix sockets and listeners.
    pub send_queue: Option<u32>,
    /// Bytes received and not read; on a listener the connections that wait for accept(2). Text tables do not
    /// list it for unix sockets.
    pub receive_queue: Option<u32>,
    /// Effective user id of the creator. Sockets in TIME_WAIT do not list it, nor do text tables for unix
    /// sockets and `sock_diag(7)` for those in SYN_RECV.
    pub uid: Option<u32>,
    /// References that the kernel holds on it.
    pub references: Option<u32>,
    /// Address of the kernel's structure, hashed for reading by the kernel; 0 where it is hidden.
    pub pointer: Option<u64>,
    /// Inode of the unix socket at the other end (`UNIX_DIAG_PEER`); text tables do not list it.
    pub peer: Option<Inode>,
    /// Firewall mark (`SO_MARK`); listed to `cap_net_admin` only.
    pub mark: Option<u32>,
    /// Index of the interface that it is bound to (`SO_BINDTODEVICE`); 0 where to none, none where not listed.
    pub device: Option<u32>,
    pub detail: Detail,
}

impl Socket {
    /// One of which nothing else is listed.
    pub const fn of(id: SocketId, family: Family, detail: Detail) -> Self {
        Self {
            id,
            family,
            state: None,
            send_queue: None,
            receive_queue: None,
            uid: None,
            references: None,
            pointer: None,
            peer: None,
            mark: None,
            device: None,
            detail,
        }
    }

    pub fn tcp_state(&self) -> Option<TcpState> {
        match self.state {
            Some(State::Tcp(state)) => Some(state),
            Some(State::Unix(_) | State::Unknown(_)) | None => None,
        }
    }

    /// None where the way of reading does not list them, and where there is no connection.
    pub fn counters(&self) -> Option<&TcpCounters> {
        match &self.detail {
            Detail::Tcp(tcp) => tcp.counters.as_ref(),
            Detail::Datagram { .. } | Detail::Unix(_) | Detail::Packet { .. } => None,
        }
    }

    /// A connection that both ends agreed on: TCP in ESTABLISHED, or connected UDP.
    pub fn is_established(&self) -> bool {
        matches!(self.id.protocol, Protocol::Tcp | Protocol::Udp | Protocol::UdpLite)
            && self.tcp_state() == Some(TcpState::Established)
            && self.id.remote.is_peer()
    }
}

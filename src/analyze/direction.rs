//! Which side of a connection called connect(2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{DirectedBy, Direction};
use crate::model::{Address, Netns, Protocol, Small, Snapshot, Socket, TcpState};

/// `net.ipv4.ip_local_port_range` where nobody changed it: ip(7).
const EPHEMERAL_PORTS: (u16, u16) = (32_768, 60_999);

/// What tells the direction of a connection besides its own facts.
#[derive(Debug)]
pub(super) struct Listeners {
    /// What accepts connections, sorted: TCP sockets in LISTEN, and UDP sockets that are bound and not connected.
    sorted: Vec<(Netns, Protocol, u16, IpAddr)>,
    /// Places of those in LISTEN.
    listening: Vec<Small>,
    ephemeral: (u16, u16),
}

impl Listeners {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let (mut sorted, mut listening) = (Vec::new(), Vec::new());
        for (at, socket) in snapshot.sockets.iter().enumerate().filter(|(_, socket)| is_listener(socket)) {
            let local = socket.id.local.inet();
            sorted.extend(local.map(|local| (socket.id.netns, socket.id.protocol, local.port(), local.ip())));
            let listens = socket.tcp_state() == Some(TcpState::Listen);
            listening.extend(listens.then(|| Small::new(at)));
        }
        sorted.sort_unstable();
        sorted.dedup();
        Self { sorted, listening, ephemeral: snapshot.host.ephemeral_ports.unwrap_or(EPHEMERAL_PORTS) }
    }

    /// Places of the sockets in LISTEN.
    pub(super) fn listening(&self) -> impl Iterator<Item = usize> {
        self.listening.iter().map(|at| at.place())
    }

    /// Direction of a connected TCP or UDP socket, with what was known of it before; `None` for every other.
    ///
    /// It never changes, so what was decided stays: a connection whose listener has gone looks outbound. Only
    /// counters can say better, where it was decided by listeners and ports before.
    pub(super) fn direct(
        &self,
        socket: &Socket,
        known: Option<(Direction, DirectedBy)>,
    ) -> Option<(Direction, DirectedBy)> {
        if let Some((_, DirectedBy::State | DirectedBy::Counters)) = known {
            return known;
        }
        if !is_connected(socket) {
            return known;
        }
        match socket.tcp_state() {
            Some(TcpState::SynSent) if known.is_none() => {
                return Some((Direction::Outbound, DirectedBy::State));
            }
            Some(TcpState::SynRecv) if known.is_none() => {
                return Some((Direction::Inbound, DirectedBy::State));
            }
            _ => {}
        }
        let counted = by_counters(socket).map(|direction| (direction, DirectedBy::Counters));
        counted.or(known).or_else(|| Some(self.by_surroundings(socket)))
    }

    fn by_surroundings(&self, socket: &Socket) -> (Direction, DirectedBy) {
        let is_ephemeral = |end: &Address| {
            end.inet().is_some_and(|end| (self.ephemeral.0..=self.ephemeral.1).contains(&end.port()))
        };
        if self.cover(socket) {
            (Direction::Inbound, DirectedBy::Listener)
        } else if !is_ephemeral(&socket.id.local) && is_ephemeral(&socket.id.remote) {
            (Direction::Inbound, DirectedBy::Ports)
        } else {
            (Direction::Outbound, DirectedBy::NoListener)
        }
    }

    /// Whether something of the same namespace takes connections at the local address and port of the socket: on the
    /// same address, or on all of its family.
    pub(super) fn cover(&self, socket: &Socket) -> bool {
        let Some(local) = socket.id.local.inet() else { return false };
        let port = (socket.id.netns, socket.id.protocol, local.port());
        let first =
            self.sorted.partition_point(|&(netns, protocol, number, _)| (netns, protocol, number) < port);
        let rest = self.sorted.get(first..).unwrap_or_default();
        let listens = |ip| rest.binary_search(&(port.0, port.1, port.2, ip)).is_ok();
        let any = rest.first().is_some_and(|&(netns, protocol, number, _)| (netns, protocol, number) == port);
        any && (listens(local.ip())
            // A socket on `::` takes IPv4 too, unless IPV6_V6ONLY is set, which is not listed.
            || listens(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
            || (local.is_ipv4() && listens(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}

/// By the SYN: the side that called connect(2) sent it, and its acknowledgement counts as one byte in
/// `tcpi_bytes_acked` (`tcp_snd_una_update` of `net/ipv4/tcp_input.c`); the SYN-ACK of the other side does not.
/// An acknowledged FIN counts too, so this holds only before one was sent; data in flight makes it undecided.
fn by_counters(socket: &Socket) -> Option<Direction> {
    let counters = socket.counters().filter(|counters| counters.unacked == 0)?;
    if !matches!(socket.tcp_state(), Some(TcpState::Established | TcpState::CloseWait)) {
        return None;
    }
    let data = counters.sent.checked_sub(counters.sent_again)?;
    match counters.acked.checked_sub(data)? {
        0 => Some(Direction::Inbound),
        1 => Some(Direction::Outbound),
        _ => None,
    }
}

fn is_listener(socket: &Socket) -> bool {
    match socket.id.protocol {
        Protocol::Tcp => socket.tcp_state() == Some(TcpState::Listen),
        Protocol::Udp | Protocol::UdpLite => !socket.id.remote.is_peer(),
        Protocol::Raw | Protocol::Icmp | Protocol::Unix | Protocol::Packet | Protocol::Netlink => false,
    }
}

fn is_connected(socket: &Socket) -> bool {
    matches!(socket.id.protocol, Protocol::Tcp | Protocol::Udp | Protocol::UdpLite)
        && socket.id.remote.is_peer()
}

//! Which side of a connection called connect(2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{DirectedBy, Direction};
use crate::model::{Netns, Protocol, Socket, TcpState};

/// What accepts connections, sorted: TCP sockets in LISTEN, and UDP sockets that are bound and not connected.
#[derive(Debug)]
pub(super) struct Listeners(Vec<(Netns, Protocol, u16, IpAddr)>);

impl Listeners {
    pub(super) fn of(sockets: &[Socket]) -> Self {
        let mut listeners: Vec<_> = sockets
            .iter()
            .filter(|socket| is_listener(socket))
            .filter_map(|socket| {
                let local = socket.id.local.inet()?;
                Some((socket.id.netns, socket.id.protocol, local.port(), local.ip()))
            })
            .collect();
        listeners.sort_unstable();
        listeners.dedup();
        Self(listeners)
    }

    /// Direction of a connected TCP or UDP socket; `None` for every other.
    ///
    /// The kernel does not list who called connect(2). A connection whose listener has gone looks outbound
    /// here, so what was decided while it was there has to be kept.
    pub(super) fn direct(&self, socket: &Socket) -> Option<(Direction, DirectedBy)> {
        if !is_connected(socket) {
            return None;
        }
        Some(match socket.tcp_state() {
            Some(TcpState::SynSent) => (Direction::Outbound, DirectedBy::State),
            Some(TcpState::SynRecv) => (Direction::Inbound, DirectedBy::State),
            _ if self.cover(socket) => (Direction::Inbound, DirectedBy::Listener),
            _ => (Direction::Outbound, DirectedBy::NoListener),
        })
    }

    /// Whether one of the same namespace has the local port, on the same address or on all of its family.
    fn cover(&self, socket: &Socket) -> bool {
        let Some(local) = socket.id.local.inet() else { return false };
        let port = (socket.id.netns, socket.id.protocol, local.port());
        let first = self.0.partition_point(|&(netns, protocol, number, _)| (netns, protocol, number) < port);
        let rest = self.0.get(first..).unwrap_or_default();
        let listens = |ip| rest.binary_search(&(port.0, port.1, port.2, ip)).is_ok();
        let any = rest.first().is_some_and(|&(netns, protocol, number, _)| (netns, protocol, number) == port);
        any && (listens(local.ip())
            // A socket on `::` takes IPv4 too, unless IPV6_V6ONLY is set, which is not listed.
            || listens(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
            || (local.is_ipv4() && listens(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
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

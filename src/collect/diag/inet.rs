//! Sockets of TCP, UDP and UDP-Lite: `include/uapi/linux/inet_diag.h`.

use std::net::{IpAddr, SocketAddr};

use super::message::{Attributes, array, u8_at, u32_at, u64_at};
use crate::collect::text::timer_kind;
use crate::model::{
    Address, Brief, Detail, Family, Inode, Micros, Millis, Netns, Protocol, Socket, SocketId, State,
    TcpCounters, TcpDetail, TcpState, Timer, TimerKind,
};

/// States 1 to 11. Not 13: sockets that are bound only, which no text table lists and Linux before 6.8 neither;
/// they are found by their descriptors.
pub(in crate::collect) const STATES: u32 = 0xfff;

/// Attributes of the answer (`INET_DIAG_*`); the bit to ask for one is its number less 1.
const INFO: u16 = 2;
const MEMORY: u16 = 7;
const MARK: u16 = 15;

/// `struct inet_diag_msg`, before the attributes.
const FIXED: usize = 72;

/// `struct inet_diag_req`, the request of old: it alone is answered for IPv4 and IPv6 in one walk.
///
/// ```text
/// 0 family  1 source length  2 destination length  3 attributes  4 id (48 bytes)  52 states  56 table
/// ```
pub(super) fn tcp_request(states: u32) -> Vec<u8> {
    [&[0, 0, 0, 1 << (INFO - 1)], &[0; 48][..], &states.to_ne_bytes(), &[0; 4]].concat()
}

pub(super) fn datagram_request(family: Family, protocol: Protocol) -> Vec<u8> {
    request(family, protocol, 1 << (MEMORY - 1), STATES, &[0; SOCKID])
}

/// `struct inet_diag_sockid`, addresses and cookie; ports and addresses are in network order:
///
/// ```text
/// 0 local port  2 remote port  4 local address (16)  20 remote address (16)  36 interface  40 cookie (8)
/// ```
pub(super) const SOCKID: usize = 48;

/// `struct inet_diag_req_v2`, for one socket or for all in some states:
///
/// ```text
/// 0 family  1 protocol  2 attributes  3 –  4 states  8 id (48 bytes)
/// ```
pub(super) fn request(
    family: Family,
    protocol: Protocol,
    attributes: u8,
    states: u32,
    id: &[u8; SOCKID],
) -> Vec<u8> {
    // IPPROTO_*
    let protocol = if protocol == Protocol::Tcp { 6 } else { datagram(protocol) };
    let head = [family.number(), protocol, attributes, 0];
    [&head[..], &states.to_ne_bytes(), id].concat()
}

fn datagram(protocol: Protocol) -> u8 {
    if protocol == Protocol::UdpLite { 136 } else { 17 }
}

/// What a socket is looked up by, with a cookie that stands for any; none where it has no such addresses.
pub(super) fn sockid(id: &SocketId, device: u32) -> Option<(Family, [u8; SOCKID])> {
    let (Address::Inet(local), Address::Inet(remote)) = (&id.local, &id.remote) else { return None };
    let mut bytes = Vec::with_capacity(SOCKID);
    bytes.extend([local, remote].map(|end| end.port().to_be_bytes()).concat());
    for end in [local, remote] {
        let mut address = match end.ip() {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        address.resize(16, 0);
        bytes.extend(address);
    }
    bytes.extend(device.to_ne_bytes());
    bytes.extend([0xff; 8]); // INET_DIAG_NOCOOKIE
    let family = if local.is_ipv4() { Family::Inet } else { Family::Inet6 };
    Some((family, bytes.try_into().ok()?))
}

/// `struct inet_diag_msg`; ports and addresses are in network order:
///
/// ```text
/// 0 family  1 state  2 timer  3 retransmits
/// 4 local port  6 remote port  8 local address (16)  24 remote address (16)  40 interface  44 cookie (8)
/// 52 timer in ms  56 receive queue  60 send queue  64 uid  68 inode  72 attributes
/// ```
pub(super) fn row(body: &[u8], protocol: Protocol, netns: Netns) -> Option<Socket> {
    let family = match u8_at(body, 0)? {
        2 => Family::Inet,
        10 => Family::Inet6,
        _ => return None,
    };
    let state = u8_at(body, 1)?;
    let timer = u8_at(body, 2)?;
    let id = SocketId {
        netns,
        protocol,
        inode: Inode(u32_at(body, 68)?.into()),
        local: address(body, family, 4, 8)?,
        remote: address(body, family, 6, 24)?,
        nth: 0,
    };
    let state = TcpState::from_number(state).map_or(State::Unknown(state), State::Tcp);
    // Sockets of these kinds have no user, and 0 in its place.
    let is_nobodys = protocol == Protocol::Tcp
        && (timer == 3 || matches!(state, State::Tcp(TcpState::TimeWait | TcpState::SynRecv)));
    let detail = if protocol == Protocol::Tcp {
        Detail::Tcp(TcpDetail::default())
    } else {
        Detail::Datagram { drops: 0 }
    };
    let mut socket = Socket {
        state: Some(state),
        send_queue: Some(u32_at(body, 60)?),
        receive_queue: Some(u32_at(body, 56)?),
        uid: Some(u32_at(body, 64)?).filter(|_| !is_nobodys),
        device: Some(u32_at(body, 40)?),
        ..Socket::of(id, family, detail)
    };
    if let Detail::Tcp(detail) = &mut socket.detail {
        timers(detail, timer, u8_at(body, 3)?.into(), u32_at(body, 52)?);
    }
    for (kind, value) in Attributes::after(body, FIXED) {
        match (kind, &mut socket.detail) {
            (INFO, Detail::Tcp(detail)) => tcp_info(detail, value, state == State::Tcp(TcpState::Listen)),
            (MEMORY, Detail::Datagram { drops }) => *drops = u32_at(value, 8 * 4).unwrap_or(0).into(),
            (MARK, _) => socket.mark = u32_at(value, 0),
            _ => {}
        }
    }
    Some(socket)
}

fn address(body: &[u8], family: Family, port: usize, at: usize) -> Option<Address> {
    let port = array(body, port).map(u16::from_be_bytes)?;
    let ip: IpAddr =
        if family == Family::Inet6 { array::<16>(body, at)?.into() } else { array::<4>(body, at)?.into() };
    Some(Address::Inet(SocketAddr::new(ip, port)))
}

fn timers(detail: &mut TcpDetail, timer: u8, count: u32, left: u32) {
    if timer == 0 {
        return;
    }
    let kind = timer_kind(timer);
    detail.timer = Some(Timer { kind, left: Brief(left) });
    match kind {
        TimerKind::Retransmit => detail.retransmits = count,
        TimerKind::KeepAlive | TimerKind::Probe => detail.probes = count,
        TimerKind::TimeWait | TimerKind::Unknown(_) => {}
    }
}

/// `struct tcp_info` (`include/uapi/linux/tcp.h`), which grows with the kernel and ends early on an old one:
///
/// ```text
/// 2 retransmits  3 probes  8 rto  12 ato  24 unacked  44 last data sent  52 last data received  68 rtt
/// 76 ssthresh  80 cwnd  100 retransmissions in all  120 bytes acked  128 received  200 sent  208 sent again
/// ```
fn tcp_info(detail: &mut TcpDetail, info: &[u8], listens: bool) {
    let micros = |at| u32_at(info, at).map(Brief);
    let millis = |at| u32_at(info, at).map(Brief);
    if listens {
        return; // little of it is filled in, and that has another meaning
    }
    if let (Some(retransmits), Some(probes)) = (u8_at(info, 2), u8_at(info, 3)) {
        detail.retransmits = retransmits.into();
        detail.probes = probes.into();
    }
    detail.rto = micros(8);
    detail.ato = micros(12);
    detail.cwnd = u32_at(info, 80);
    // `TCP_INFINITE_SSTHRESH`, for which the text table prints -1.
    detail.ssthresh =
        u32_at(info, 76).map(|limit| if limit >= 0x7fff_ffff { -1 } else { limit.cast_signed() });
    detail.counters = counters(info, millis, micros);
}

/// None on Linux before 4.19, which does not count what was sent.
fn counters(
    info: &[u8],
    millis: impl Fn(usize) -> Option<Millis>,
    micros: impl Fn(usize) -> Option<Micros>,
) -> Option<TcpCounters> {
    Some(TcpCounters {
        sent: u64_at(info, 200)?,
        sent_again: u64_at(info, 208)?,
        acked: u64_at(info, 120)?,
        received: u64_at(info, 128)?,
        unacked: u32_at(info, 24)?,
        retransmitted: u32_at(info, 100)?,
        rtt: micros(68)?,
        idle_sent: millis(44)?,
        idle_received: millis(52)?,
    })
}

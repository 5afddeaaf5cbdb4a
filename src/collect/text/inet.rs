//! Rows of tcp, udp, udplite, raw and icmp, of both address families.

use super::field::{Fields, address, decimal, hex, pair, signed};
use crate::collect::ticks::Ticks;
use crate::model::{
    Detail, Family, Inode, Netns, Protocol, Socket, SocketId, State, TcpDetail, TcpState, Timer, TimerKind,
};

/// What the lines of all these tables have in common: fields 0 to 11.
struct Common {
    socket: Socket,
    timer: Option<(u8, u64)>,
    retransmits: u32,
    probes: u32,
}

/// `tcp4_seq_show()`, `tcp6_seq_show()`:
///
/// ```text
///   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
///    0: 0100007F:1F90 0100007F:C7AE 01 00000000:00000000 02:000006F1 00000000  1000        0 9171 2 000000008a2e1d4f 20 4 30 10 -1
///    0  1             2             3  4 tx    rx        5 tr tm     6         7           8 9    10 11             12 13 14 15 16
/// ```
///
/// 8 probes, 10 references, 11 pointer, 12 RTO and 13 ATO in ticks, 14 quick acknowledgements times two plus
/// ping-pong, 15 congestion window, 16 slow-start threshold. Lines in TIME_WAIT (and `FIN_WAIT2` after close(2),
/// kept as a small timewait socket too) and in SYN_RECV end after 11.
pub(super) fn tcp(line: &[u8], family: Family, netns: Netns, ticks: Ticks) -> Option<Socket> {
    let mut fields = Fields::of(line);
    let common = common(&mut fields, Protocol::Tcp, family, netns)?;
    let mut socket = common.socket;
    if socket.tcp_state() == Some(TcpState::Listen) {
        socket.send_queue = None; // printed as 0 whatever the limit is
    }
    let timer =
        common.timer.map(|(kind, left)| Timer { kind: timer_kind(kind), left: ticks.duration(left).into() });
    let mut detail =
        TcpDetail { timer, retransmits: common.retransmits, probes: common.probes, ..TcpDetail::default() };
    if let Some(rto) = fields.next() {
        detail.rto = Some(ticks.duration(decimal(rto)?).into());
        detail.ato = Some(ticks.duration(decimal(fields.next()?)?).into());
        let quick: u32 = decimal(fields.next()?)?;
        detail.quick_ack = Some(quick >> 1);
        detail.ping_pong = Some(quick & 1 == 1);
        detail.cwnd = Some(decimal(fields.next()?)?);
        detail.ssthresh = Some(signed(fields.next()?)?);
    } else {
        match socket.state {
            Some(State::Tcp(TcpState::SynRecv)) => {}
            // Printed as 0 whoever it was.
            Some(State::Tcp(TcpState::TimeWait | TcpState::FinWait2)) => socket.uid = None,
            _ => return None,
        }
    }
    socket.detail = Detail::Tcp(detail);
    Some(socket)
}

/// `udp4_format_sock()`, `__ip6_dgram_sock_seq_show()`, `raw_sock_seq_show()`, `ping_v4_format_sock()`:
///
/// ```text
///    sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
///   315: 3500007F:0035 00000000:0000 07 00000000:00000300 00:00000000 00000000   101        0 22135 2 000000001d53a6f0 4
///   0    1             2             3  4 tx    rx        5           6          7          8 9     10 11             12
/// ```
pub(super) fn datagram(line: &[u8], protocol: Protocol, family: Family, netns: Netns) -> Option<Socket> {
    let mut fields = Fields::of(line);
    let mut socket = common(&mut fields, protocol, family, netns)?.socket;
    socket.detail = Detail::Datagram { drops: decimal(fields.next()?)? };
    Some(socket)
}

fn common(fields: &mut Fields<'_>, protocol: Protocol, family: Family, netns: Netns) -> Option<Common> {
    let slot: &[u8] = fields.next()?.strip_suffix(b":")?;
    decimal::<u64>(slot)?;
    let local = address(fields.next()?, family)?;
    let remote = address(fields.next()?, family)?;
    let state: u8 = hex(fields.next()?)?;
    let (send_queue, receive_queue) = pair(fields.next()?)?;
    let (timer, left) = pair(fields.next()?)?;
    let (timer, left) = (hex(timer)?, hex(left)?);
    let retransmits = hex(fields.next()?)?;
    let uid = decimal(fields.next()?)?;
    let probes = decimal(fields.next()?)?;
    let inode = Inode(decimal(fields.next()?)?);
    let references = decimal(fields.next()?)?;
    let pointer = hex(fields.next()?)?;
    let socket = Socket {
        state: Some(TcpState::from_number(state).map_or(State::Unknown(state), State::Tcp)),
        send_queue: Some(hex(send_queue)?),
        receive_queue: Some(hex(receive_queue)?),
        uid: Some(uid),
        references: Some(references),
        pointer: Some(pointer),
        ..Socket::of(
            SocketId { netns, protocol, inode, local, remote, nth: 0 },
            family,
            Detail::Datagram { drops: 0 },
        )
    };
    Some(Common { socket, timer: (timer != 0).then_some((timer, left)), retransmits, probes })
}

pub(in crate::collect) fn timer_kind(number: u8) -> TimerKind {
    match number {
        1 => TimerKind::Retransmit,
        2 => TimerKind::KeepAlive,
        3 => TimerKind::TimeWait,
        4 => TimerKind::Probe,
        _ => TimerKind::Unknown(number),
    }
}

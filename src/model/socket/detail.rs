//! What only some protocols list of a socket.

use std::time::Duration;

/// A time as the kernel lists it for sockets: a count of 32 bits, so many to a second. Longer ones count as the
/// longest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Brief<const PER_SECOND: u32>(pub u32);

/// Up to 49 days.
pub type Millis = Brief<1_000>;

/// Up to 71 minutes.
pub type Micros = Brief<1_000_000>;

impl<const PER_SECOND: u32> Brief<PER_SECOND> {
    const NANOSECONDS: u32 = 1_000_000_000 / PER_SECOND;
}

/// Rounds down.
impl<const PER_SECOND: u32> From<Duration> for Brief<PER_SECOND> {
    fn from(time: Duration) -> Self {
        let whole = time.as_secs().saturating_mul(PER_SECOND.into());
        let count = whole.saturating_add(u64::from(time.subsec_nanos() / Self::NANOSECONDS));
        Self(u32::try_from(count).unwrap_or(u32::MAX))
    }
}

impl<const PER_SECOND: u32> From<Brief<PER_SECOND>> for Duration {
    fn from(time: Brief<PER_SECOND>) -> Self {
        let nanoseconds = time.0 % PER_SECOND * Brief::<PER_SECOND>::NANOSECONDS;
        Self::new(u64::from(time.0 / PER_SECOND), nanoseconds)
    }
}

/// What a timer of a TCP socket waits for (`/proc/net/tcp` field `tr`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerKind {
    /// 1: retransmission, or a probe of the tail.
    Retransmit,
    /// 2: keep-alive, or waiting for SYN-ACK.
    KeepAlive,
    /// 3: end of TIME_WAIT.
    TimeWait,
    /// 4: zero-window probe.
    Probe,
    /// Any other number.
    Unknown(u8),
}

/// A running timer of a TCP socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer {
    pub kind: TimerKind,
    /// Time until it fires.
    pub left: Millis,
}

/// Fields of `/proc/net/tcp` that only TCP has. Those after `probes` are `None` in TIME_WAIT and
/// SYN_RECV, whose lines end earlier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TcpDetail {
    pub timer: Option<Timer>,
    /// Retransmissions of the oldest segment that is not acknowledged.
    pub retransmits: u32,
    /// Unanswered zero-window or keep-alive probes.
    pub probes: u32,
    /// Retransmission timeout.
    pub rto: Option<Micros>,
    /// Predicted tick of the delayed acknowledgement.
    pub ato: Option<Micros>,
    /// Acknowledgements that are still sent at once.
    pub quick_ack: Option<u32>,
    /// Interactive session: acknowledgements are delayed.
    pub ping_pong: Option<bool>,
    /// Congestion window, in segments.
    pub cwnd: Option<u32>,
    /// Slow-start threshold in segments; -1 while none is set. On a listener: limit of TCP Fast Open requests.
    pub ssthresh: Option<i32>,
    /// None where the way of reading does not list them (text), and where there is no connection.
    pub counters: Option<TcpCounters>,
}

/// Counters of a TCP connection (`struct tcp_info` of `include/uapi/linux/tcp.h`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpCounters {
    /// Bytes of data sent, those sent again counted again (`tcpi_bytes_sent`, since Linux 4.19).
    pub sent: u64,
    /// Bytes of data sent again (`tcpi_bytes_retrans`, since Linux 4.19).
    pub sent_again: u64,
    /// Bytes that the peer acknowledged; its own SYN is counted for the side that connected, not for the
    /// side that accepted (`tcpi_bytes_acked`).
    pub acked: u64,
    /// Bytes of data received (`tcpi_bytes_received`).
    pub received: u64,
    /// Segments sent and not acknowledged yet (`tcpi_unacked`).
    pub unacked: u32,
    /// Segments sent again since the connection began (`tcpi_total_retrans`).
    pub retransmitted: u32,
    /// Smoothed round-trip time, in microseconds as the kernel keeps it (`tcpi_rtt`).
    pub rtt: Micros,
    /// Time since data was last sent (`tcpi_last_data_sent`).
    pub idle_sent: Millis,
    /// Time since data was last received (`tcpi_last_data_recv`).
    pub idle_received: Millis,
}

/// Type of a unix socket (`SOCK_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnixKind {
    Stream,
    Datagram,
    SeqPacket,
    Unknown(u16),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnixDetail {
    pub kind: UnixKind,
    /// Flags as listed; 0x10000 marks a listener.
    pub flags: u32,
    /// Directions that are shut down (shutdown(2), `sk_shutdown`): 1 it reads no more, 2 it writes no more, 3 both.
    /// None where the way of reading does not list it (text tables).
    pub shutdown: Option<u8>,
}

/// What only some protocols have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    Tcp(TcpDetail),
    /// UDP, UDP-Lite, raw, ICMP and netlink: datagrams that found no room.
    Datagram {
        drops: u64,
    },
    Unix(UnixDetail),
    /// `SOCK_*` type of a packet socket: 2 cooked, 3 raw.
    Packet {
        kind: u16,
    },
}

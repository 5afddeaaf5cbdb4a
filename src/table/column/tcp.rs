//! Columns about how a TCP connection is going.

use super::{Column, Kind};
use crate::model::{Detail, TcpDetail, TimerKind};
use crate::table::{Basis, Missing, Row, Value};

const NONE: Value<'static> = Value::Missing(Missing::NotApplicable);

pub(super) static TIMER: Column = Column::record(
    "timer",
    "TIMER",
    Kind::Aside,
    "what its timer is for: retransmit, keepalive, timewait, probe",
    |row| {
        tcp(
            row,
            |tcp| tcp.timer,
            |timer| {
                Value::words(match timer.kind {
                    TimerKind::Retransmit => "retransmit",
                    TimerKind::KeepAlive => "keepalive",
                    TimerKind::TimeWait => "timewait",
                    TimerKind::Probe => "probe",
                    TimerKind::Unknown(_) => "unknown",
                })
            },
        )
    },
)
.by(Basis::Course);

pub(super) static TIMER_LEFT: Column =
    Column::record("timer_left", "LEFT", Kind::Time, "seconds until the timer fires", |row| {
        tcp(row, |tcp| tcp.timer, |timer| Value::Duration(timer.left.into()))
    });

pub(super) static RETRANSMITS: Column =
    Column::record("retransmits", "RETRANS", Kind::Number, "retransmissions of the oldest segment", |row| {
        tcp(row, |tcp| Some(tcp.retransmits), |count| Value::Number(count.into()))
    })
    .largest_first()
    .by(Basis::Course);

pub(super) static PROBES: Column =
    Column::record("probes", "PROBES", Kind::Number, "unanswered probes", |row| {
        tcp(row, |tcp| Some(tcp.probes), |count| Value::Number(count.into()))
    })
    .largest_first()
    .by(Basis::Course);

pub(super) static RTO: Column =
    Column::record("rto", "RTO", Kind::Time, "retransmission timeout, seconds", |row| {
        tcp(row, |tcp| tcp.rto, |time| Value::Duration(time.into()))
    })
    .by(Basis::Course);

pub(super) static ATO: Column = Column::record(
    "ato",
    "ATO",
    Kind::Time,
    "predicted tick of the delayed acknowledgement, seconds",
    |row| tcp(row, |tcp| tcp.ato, |ato| Value::Duration(ato.into())),
)
.by(Basis::Course);

pub(super) static QUICK_ACK: Column = Column::record(
    "quick_ack",
    "QUICK",
    Kind::Number,
    "acknowledgements that are still sent at once",
    |row| tcp(row, |tcp| tcp.quick_ack, |count| Value::Number(count.into())),
)
.by(Basis::Course);

pub(super) static PING_PONG: Column = Column::record(
    "ping_pong",
    "PINGPONG",
    Kind::Aside,
    "interactive: acknowledgements are delayed",
    |row| tcp(row, |tcp| tcp.ping_pong, Value::Flag),
)
.by(Basis::Course);

pub(super) static CWND: Column =
    Column::record("cwnd", "CWND", Kind::Number, "congestion window, segments", |row| {
        tcp(row, |tcp| tcp.cwnd, |count| Value::Number(count.into()))
    })
    .by(Basis::Course);

pub(super) static SSTHRESH: Column = Column::record(
    "ssthresh",
    "SSTHRESH",
    Kind::Number,
    "slow-start threshold, segments; -1: none yet; of a listener limit of TCP Fast Open",
    |row| tcp(row, |tcp| tcp.ssthresh, |count| Value::Number(count.into())),
)
.by(Basis::Course);

/// A fact that only TCP has, and not in every state.
fn tcp<'r, T>(
    row: &'r Row<'_>,
    fact: impl FnOnce(&'r TcpDetail) -> Option<T>,
    value: impl FnOnce(T) -> Value<'r>,
) -> Value<'r> {
    match row.socket.map(|socket| &socket.detail) {
        Some(Detail::Tcp(tcp)) => fact(tcp).map_or(NONE, value),
        Some(Detail::Datagram { .. } | Detail::Unix(_) | Detail::Packet { .. }) | None => NONE,
    }
}

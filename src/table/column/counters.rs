//! Columns about what went through a connection, and what waits at a listener.

use super::{Column, Kind};
use crate::analyze::{Age, Rates};
use crate::model::{Collector, Socket, TcpCounters, TcpState};
use crate::table::{Basis, Missing, Row, Value};

const NONE: Value<'static> = Value::Missing(Missing::NotApplicable);

pub(super) static RTT: Column =
    Column::record("rtt", "RTT", Kind::Time, "smoothed round-trip time, seconds", |row| {
        counter(row, |counters| Value::Latency(counters.rtt.into()))
    })
    .on_screen(180, 5, 7)
    .right_aligned()
    .largest_first();

pub(super) static RETRANSMITS_TOTAL: Column = Column::record(
    "retransmits_total",
    "RETRANS ALL",
    Kind::Number,
    "segments sent again since it began",
    |row| counter(row, |counters| Value::Number(counters.retransmitted.into())),
)
.largest_first()
.by(Basis::Traffic);

pub(super) static SENT: Column =
    Column::record("sent", "SENT", Kind::Number, "bytes of data sent, those sent again again", |row| {
        counter(row, |counters| Value::Amount(counters.sent))
    })
    .largest_first()
    .by(Basis::Traffic);

pub(super) static RECEIVED: Column =
    Column::record("received", "RECEIVED", Kind::Number, "bytes of data received", |row| {
        counter(row, |counters| Value::Amount(counters.received))
    })
    .largest_first()
    .by(Basis::Traffic);

pub(super) static SEND_RATE: Column =
    Column::record("send_rate", "SEND RATE", Kind::Number, "bytes a second sent since last seen", |row| {
        rate(row, |rates| rates.sent)
    })
    .largest_first()
    .by(Basis::Traffic);

pub(super) static RECEIVE_RATE: Column = Column::record(
    "receive_rate",
    "RECV RATE",
    Kind::Number,
    "bytes a second received since last seen",
    |row| rate(row, |rates| rates.received),
)
.largest_first()
.by(Basis::Traffic);

pub(super) static IDLE: Column =
    Column::record("idle", "IDLE", Kind::Time, "time since data was last sent or received", |row| {
        counter(row, |counters| {
            Value::Age(Age::Exactly(counters.idle_sent.min(counters.idle_received).into()))
        })
    })
    .right_aligned();

pub(super) static BACKLOG: Column =
    Column::record("backlog", "BACKLOG", Kind::Number, "connections that wait for accept(2)", |row| {
        listener(row, |socket| socket.receive_queue)
    })
    .largest_first()
    .by(Basis::Socket);

pub(super) static BACKLOG_LIMIT: Column = Column::record(
    "backlog_limit",
    "LIMIT",
    Kind::Number,
    "how many may wait; /proc/net/tcp does not list it",
    |row| {
        let is_listed = row.snapshot().way.used != Collector::Text;
        listener(row, |socket| socket.send_queue.filter(|_| is_listed))
    },
)
.by(Basis::Socket);

fn counter(row: &Row<'_>, value: impl FnOnce(&TcpCounters) -> Value<'static>) -> Value<'static> {
    row.socket.and_then(Socket::counters).map_or(NONE, value)
}

/// Not known yet at first sight.
fn rate(row: &Row<'_>, rate: impl FnOnce(Rates) -> u64) -> Value<'static> {
    match row.entry.rates {
        Some(rates) => Value::Rate(rate(rates)),
        None if row.socket.and_then(Socket::counters).is_some() => Value::Missing(Missing::NotYet),
        None => NONE,
    }
}

fn listener(row: &Row<'_>, queue: impl FnOnce(&Socket) -> Option<u32>) -> Value<'static> {
    let listens = row.socket.filter(|socket| socket.tcp_state() == Some(TcpState::Listen));
    listens.and_then(queue).map_or(NONE, |count| Value::Number(count.into()))
}

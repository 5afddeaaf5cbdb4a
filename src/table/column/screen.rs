//! Columns that put several facts together for people.

use super::{Column, Kind};
use crate::analyze::Change;
use crate::model::{Address, Alert, Level};
use crate::table::value::{Command, End, Endpoint, Mark};
use crate::table::{Missing, Value};

const NONE: Value<'static> = Value::Missing(Missing::NotApplicable);

pub(super) static MARK: Column = Column::record(
    "mark",
    "",
    Kind::Aside,
    "!! high, ! medium, . low, m muted alert; + new, ~ state changed, - closed, ? no owner",
    |row| {
        Value::Mark(match (row.alerts.first().map(Alert::unmuted), row.change()) {
            (Some(Some(Level::High)), _) => Mark::High,
            (Some(Some(Level::Medium)), _) => Mark::Medium,
            (Some(Some(Level::Low)), _) => Mark::Low,
            (Some(None), _) => Mark::Muted,
            (None, Change::Closed) => Mark::Closed,
            (None, Change::New) => Mark::New,
            (None, Change::State) => Mark::Changed,
            (None, Change::Same) if row.pid().is_none() => Mark::Unowned,
            (None, Change::Same) => Mark::Nothing,
        })
    },
)
.not_in_records()
.on_screen(0, 2, 2);

pub(super) static COMMAND: Column = Column::record(
    "command",
    "COMMAND",
    Kind::Text,
    "process < ancestor that explains it @namespace (+further processes)",
    |row| Value::Command(Command::new(row)),
)
.not_in_records()
.on_screen(0, 10, 32);

pub(super) static PROTO: Column =
    Column::record("proto", "PROTO", Kind::Protocol, "protocol by name, with 6 for IPv6", |row| {
        row.socket.map_or(NONE, |socket| Value::Protocol(socket.id.protocol, socket.family))
    })
    .not_in_records()
    .on_screen(0, 5, 6);

pub(super) static LOCAL: Column =
    Column::record("local", "LOCAL", Kind::Text, "this end: address and port, path, interface", |row| {
        match row.socket.map_or(&Address::None, |socket| &socket.id.local) {
            Address::None => NONE,
            Address::Unbound => Value::words("unbound"),
            Address::Unix(path) => Value::Bytes(path.as_bytes()),
            bound @ (Address::Packet { .. } | Address::Netlink { .. }) => Value::Bound(bound),
            Address::Inet(_) => Endpoint::new(row, End::Local).map_or(NONE, Value::Endpoint),
        }
    })
    .not_in_records()
    .on_screen(0, 6, 24);

pub(super) static REMOTE: Column = Column::record(
    "remote",
    "REMOTE",
    Kind::Text,
    "the other end: address and port, process and path",
    |row| {
        if let Some(peer) = row.peer() {
            return Value::Peer(peer);
        }
        let is_peer = row.socket.is_some_and(|socket| socket.id.remote.is_peer());
        Endpoint::new(row, End::Remote).filter(|_| is_peer).map_or(NONE, Value::Endpoint)
    },
)
.not_in_records()
.on_screen(0, 15, 47);

pub(super) static QUEUES: Column =
    Column::record("queues", "RQ/SQ", Kind::Number, "bytes in the receive and send queue", |row| {
        let queues = row.socket.map(|socket| (socket.receive_queue, socket.send_queue));
        match queues.unwrap_or_default() {
            (None, None) => NONE,
            (receive, send) => Value::Queues {
                receive: receive.unwrap_or_default().into(),
                send: send.unwrap_or_default().into(),
            },
        }
    })
    .not_in_records()
    .on_screen(160, 5, 11)
    .right_aligned()
    .largest_first();

pub(super) static HOST: Column =
    Column::record("host", "HOST", Kind::Aside, "host that the row is from", |row| {
        Value::Text(row.source_name.into())
    })
    .not_in_records();

//! A cell by its type: order, match, text.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use super::{Peer, Row, format};
use crate::analyze::Age;
use crate::model::{Address, Alert, Family, Owner, Pid, Protocol, State, Text, printable};

mod command;
mod endpoint;
mod fit;

pub use command::Command;
pub use endpoint::{End, Endpoint};

/// Why a cell is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// `-`: this kind of socket has none.
    NotApplicable,
    /// `?`: the kernel refused it.
    NotPermitted,
    /// Blank: not known yet.
    NotYet,
}

/// What the first column says of a row, what comes first in order first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    High,
    Medium,
    Low,
    Muted,
    New,
    Changed,
    Closed,
    Unowned,
    Nothing,
}

impl Mark {
    pub fn text(self) -> &'static str {
        match self {
            Self::High => "!!",
            Self::Medium => "!",
            Self::Low => ".",
            Self::Muted => "m",
            Self::New => "+",
            Self::Changed => "~",
            Self::Closed => "-",
            Self::Unowned => "?",
            Self::Nothing => "",
        }
    }
}

/// A typed cell. Borrows from its row and formats nothing until it is asked to.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    Missing(Missing),
    /// Process or descriptor of a socket without owner: `-` to people, -1 to programs.
    NoOwner,
    /// Words of ours.
    Text(Cow<'a, str>),
    /// Foreign text of any bytes.
    Bytes(&'a [u8]),
    /// Arguments of a process, apart by NUL bytes.
    Arguments(&'a [u8]),
    /// Name of a systemd unit, or id of a container: foreign, with a short form of its own.
    Id(&'a [u8]),
    Number(i128),
    /// As the kernel prints pointers.
    Hex(u64),
    Flag(bool),
    Address(IpAddr),
    Endpoint(Endpoint<'a>),
    /// The other end of a unix socket.
    Peer(Peer<'a>),
    /// Interface or netlink family that a packet or netlink socket is bound to.
    Bound(&'a Address),
    Protocol(Protocol, Family),
    State(State, Protocol),
    /// State of a socket that is gone.
    Closed,
    Age(Age),
    Duration(Duration),
    /// A time whose microseconds matter.
    Latency(Duration),
    /// Bytes.
    Amount(u64),
    /// Bytes per second.
    Rate(u64),
    Time(SystemTime),
    /// Number of a terminal's device.
    Terminal(u32),
    User {
        uid: u32,
        name: Option<&'a [u8]>,
    },
    /// Descriptors of one process.
    Fds(&'a [Owner]),
    /// Bytes received and not read, sent and not acknowledged.
    Queues {
        receive: u64,
        send: u64,
    },
    Mark(Mark),
    Command(Command<'a>),
    /// The process's ancestors, the farthest first.
    Chain(&'a Row<'a>),
    /// Never empty; the gravest first.
    Alerts(&'a [Alert]),
}

impl<'a> Value<'a> {
    pub(super) fn words(words: &'static str) -> Self {
        Self::Text(Cow::Borrowed(words))
    }

    /// Whether it sorts last both ways.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing(_) | Self::NoOwner)
            || matches!(self, Self::Command(command) if command.row().pid().is_none())
    }

    /// The whole value, safe to show.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Missing(Missing::NotApplicable) | Self::NoOwner => "-".into(),
            Self::Missing(Missing::NotPermitted) => "?".into(),
            Self::Missing(Missing::NotYet) => "".into(),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bytes(bytes) | Self::Id(bytes) => printable(bytes),
            Self::Arguments(bytes) => match joined(bytes) {
                Cow::Borrowed(bytes) => printable(bytes),
                Cow::Owned(bytes) => printable(&bytes).into_owned().into(),
            },
            Self::Number(number) => number.to_string().into(),
            Self::Hex(number) => format!("{number:016x}").into(),
            Self::Flag(flag) => if *flag { "yes" } else { "no" }.into(),
            Self::Address(address) => address.to_string().into(),
            Self::Endpoint(endpoint) => endpoint.text().into(),
            Self::Peer(peer) => format::peer(peer).into(),
            Self::Bound(address) => format::bound(address).into(),
            Self::Protocol(protocol, family) => format::protocol(*protocol, *family)[0].into(),
            Self::State(state, protocol) => format::state(*state, *protocol)[0].into(),
            Self::Closed => "CLOSED".into(),
            Self::Age(age) => format::age(*age, 2).into(),
            Self::Duration(duration) => format::seconds(*duration).into(),
            Self::Latency(latency) => format::latency(*latency).into(),
            Self::Amount(bytes) => format::amount(*bytes).into(),
            Self::Rate(bytes) => format!("{}/s", format::amount(*bytes)).into(),
            Self::Time(time) => format::rfc3339(*time).into(),
            Self::Terminal(device) => format::terminal(*device).into(),
            Self::User { uid, name } => name.map_or_else(|| uid.to_string().into(), printable),
            Self::Fds(owners) => format::fds(owners).into(),
            Self::Queues { receive, send } => format!("{receive}/{send}").into(),
            Self::Mark(mark) => mark.text().into(),
            Self::Command(command) => command.text().into(),
            Self::Chain(row) => format::chain(&row.ancestry()).into(),
            Self::Alerts(alerts) => format::alerts(alerts).into(),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "all others are words and numbers")]
    /// The foreign bytes as they are, where the cell is such: what output for programs shows.
    pub fn bytes(&self) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::Bytes(bytes) | Self::Id(bytes) => Some(Cow::Borrowed(bytes)),
            Self::Arguments(bytes) => Some(joined(bytes)),
            Self::User { name, .. } => name.map(Cow::Borrowed),
            _ => None,
        }
    }

    /// The value in at most so many cells: shortened by its type, else cut with an ellipsis.
    pub fn fit(&self, cells: usize) -> Cow<'_, str> {
        fit::fit(self, cells)
    }

    /// Order of two cells of one column that are both there; what is missing is the table's affair.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (
                Self::Hex(a) | Self::Amount(a) | Self::Rate(a),
                Self::Hex(b) | Self::Amount(b) | Self::Rate(b),
            ) => a.cmp(b),
            (Self::Flag(a), Self::Flag(b)) => a.cmp(b),
            (Self::Address(a), Self::Address(b)) => a.to_canonical().cmp(&b.to_canonical()),
            (Self::Endpoint(a), Self::Endpoint(b)) => a.order().cmp(&b.order()),
            (Self::Bound(a), Self::Bound(b)) => a.cmp(b),
            (Self::Protocol(a, v), Self::Protocol(b, w)) => (a, v).cmp(&(b, w)),
            (Self::State(a, p), Self::State(b, q)) => (a, p).cmp(&(b, q)),
            (Self::Age(a), Self::Age(b)) => a.cmp(b),
            (Self::Duration(a) | Self::Latency(a), Self::Duration(b) | Self::Latency(b)) => a.cmp(b),
            (Self::Peer(a), Self::Peer(b)) => peer_order(a).cmp(&peer_order(b)),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Terminal(a), Self::Terminal(b)) => a.cmp(b),
            (Self::User { uid: a, name: m }, Self::User { uid: b, name: n }) => {
                (m.is_none(), m, a).cmp(&(n.is_none(), n, b))
            }
            (Self::Fds(a), Self::Fds(b)) => {
                a.iter().map(|owner| owner.fd).cmp(b.iter().map(|owner| owner.fd))
            }
            (Self::Queues { receive: a, send: s }, Self::Queues { receive: b, send: t }) => {
                (a.saturating_add(*s), a).cmp(&(b.saturating_add(*t), b))
            }
            (Self::Mark(a), Self::Mark(b)) => a.cmp(b),
            (Self::Command(a), Self::Command(b)) => a.name().cmp(&b.name()),
            (Self::Alerts(a), Self::Alerts(b)) => {
                let gravest = |alerts: &[Alert]| alerts.first().map(|alert| (alert.unmuted(), alert.rule));
                gravest(a).cmp(&gravest(b))
            }
            (
                Self::Bytes(a) | Self::Arguments(a) | Self::Id(a),
                Self::Bytes(b) | Self::Arguments(b) | Self::Id(b),
            ) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Chain(_), Self::Chain(_)) => self.text().cmp(&other.text()),
            _ => self.kind().cmp(&other.kind()),
        }
    }

    /// Order of cells of one column that differ in type, as a local end does by family.
    #[expect(clippy::wildcard_enum_match_arm, reason = "no column has two of the others")]
    fn kind(&self) -> u8 {
        match self {
            Self::Number(_) => 1,
            Self::Text(_) => 2,
            Self::Bytes(_) => 3,
            Self::Bound(_) => 4,
            Self::Closed => 5,
            Self::Peer(_) => 6,
            _ => 0,
        }
    }
}

/// Name, pid, path.
fn peer_order<'a>(peer: &Peer<'a>) -> (Option<&'a Text>, Option<Pid>, &'a Address) {
    (peer.process.map(|process| &process.comm), peer.pid, &peer.socket.id.local)
}

/// Arguments as a line, with blanks between.
fn joined(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.contains(&0) {
        Cow::Owned(bytes.iter().map(|&byte| if byte == 0 { b' ' } else { byte }).collect())
    } else {
        Cow::Borrowed(bytes)
    }
}

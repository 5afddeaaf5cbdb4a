//! Every column: name, title, help, width, value.

use super::{Basis, Row, Value};

mod counters;
mod process;
mod screen;
mod socket;
mod tcp;

/// Cells that a column takes on a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width {
    /// Below this it is not shown.
    pub least: u16,
    /// More than this helps nobody.
    pub most: u16,
}

/// How filter terms compare with a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Contains; a bare word looks here too.
    Text,
    /// Starts with, by any of a state's names; a bare word looks here too.
    State,
    /// Starts with; a bare word looks here too.
    Protocol,
    /// Is exactly, or compares.
    Number,
    /// A time that something takes: the same.
    Time,
    /// A point in time: contains, or compares. Bare words do not look here, nor where it is a time.
    Moment,
    /// Contains; bare words do not look here: another column shows the same, or too many rows would match.
    Aside,
}

/// A kind of cell. A column is a `&'static Column`, equal by name.
#[derive(Debug)]
pub struct Column {
    /// In filters, `--columns`, `--sort`, JSON and CSV.
    pub name: &'static str,
    /// Over the column on a screen.
    pub title: &'static str,
    pub help: &'static str,
    pub width: Width,
    /// Terminal width from which it is shown by itself; `None`: only when asked for.
    pub screen: Option<u16>,
    /// Part of JSON and CSV when no columns are named.
    pub record: bool,
    pub right: bool,
    /// What its values follow from.
    pub basis: Basis,
    /// Who sorts by it looks for the largest: amounts, and what should be nothing.
    pub largest_first: bool,
    pub kind: Kind,
    pub value: for<'r> fn(&'r Row<'_>) -> Value<'r>,
}

impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Column {}

impl Column {
    /// A column of records that no screen shows by itself.
    const fn record(
        name: &'static str,
        title: &'static str,
        kind: Kind,
        help: &'static str,
        value: for<'r> fn(&'r Row<'_>) -> Value<'r>,
    ) -> Self {
        let width = match kind {
            Kind::Number => Width { least: 6, most: 10 },
            Kind::Text | Kind::State | Kind::Protocol | Kind::Time | Kind::Moment | Kind::Aside => {
                Width { least: 8, most: 24 }
            }
        };
        let right = matches!(kind, Kind::Number);
        Self {
            name,
            title,
            help,
            width,
            screen: None,
            record: true,
            right,
            basis: Basis::Row,
            largest_first: false,
            kind,
            value,
        }
    }

    /// Shown by itself from a terminal width on, in so many cells.
    const fn on_screen(mut self, from: u16, least: u16, most: u16) -> Self {
        self.screen = Some(from);
        self.width = Width { least, most };
        self
    }

    const fn not_in_records(mut self) -> Self {
        self.record = false;
        self
    }

    const fn by(mut self, basis: Basis) -> Self {
        self.basis = basis;
        self
    }

    const fn largest_first(mut self) -> Self {
        self.largest_first = true;
        self
    }

    const fn right_aligned(mut self) -> Self {
        self.right = true;
        self
    }

    /// The same in every row whose lead is the same process.
    pub fn by_process(&self) -> bool {
        self.basis == Basis::Process
    }

    /// The column that a name means: its own, a common short one, or the beginning of one.
    pub fn find(name: &str) -> Result<&'static Self, ColumnError> {
        let wanted = name.to_ascii_lowercase();
        let full = SHORT_NAMES.iter().find(|(short, _)| *short == wanted).map_or(&*wanted, |(_, full)| full);
        let known = || COLUMNS.iter().copied();
        if let Some(column) = known().find(|column| column.name == full) {
            return Ok(column);
        }
        let begins: Vec<_> =
            known().filter(|column| !full.is_empty() && column.name.starts_with(full)).collect();
        let Some(first) = begins.iter().min_by_key(|column| column.name.len()) else {
            return Err(ColumnError::Unknown { name: name.to_owned(), hint: hint(full) });
        };
        if begins.iter().all(|column| column.name.starts_with(first.name)) {
            return Ok(first);
        }
        let names: Vec<_> = begins.iter().map(|column| column.name).collect();
        Err(ColumnError::Ambiguous { name: name.to_owned(), names: names.join(", ") })
    }
}

/// From 0, nothing in common, to 1: how like a misspelt name has to be to what it is taken for.
const LIKE: f64 = 0.8;

/// What may have been meant by a name that is none.
fn hint(name: &str) -> String {
    let likeness = |column: &&Column| {
        // Few mistype the first letter.
        let begins = name.chars().next() == column.name.chars().next();
        Some((begins, strsim::jaro_winkler(name, column.name), column.name))
            .filter(|(_, like, _)| *like > LIKE)
    };
    let likest = COLUMNS.iter().filter_map(likeness).max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    match likest {
        Some((.., like)) => format!("there is {like}"),
        None => "see --list-columns".to_owned(),
    }
}

/// A name that means no column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnError {
    #[error("no column \"{name}\"; {hint}")]
    Unknown { name: String, hint: String },
    #[error("\"{name}\" can mean {names}")]
    Ambiguous { name: String, names: String },
}

/// What people call columns by habit, from ss(8), netstat(8), ps(1) and osquery.
const SHORT_NAMES: &[(&str, &str)] = &[
    ("alerts", "alert"),
    ("cmd", "cmdline"),
    ("args", "cmdline"),
    ("comm", "process"),
    ("daddr", "remote_address"),
    ("dport", "remote_port"),
    ("dst", "remote"),
    ("ino", "socket"),
    ("inode", "socket"),
    ("lport", "local_port"),
    ("ns", "netns"),
    ("peer", "remote"),
    ("recv-q", "receive_queue"),
    ("recvq", "receive_queue"),
    ("rport", "remote_port"),
    ("saddr", "local_address"),
    ("send-q", "send_queue"),
    ("sendq", "send_queue"),
    ("sport", "local_port"),
    ("src", "local"),
    ("usr", "user"),
];

/// All columns; those of records in their order: osquery's first, then ours.
pub static COLUMNS: &[&Column] = &[
    &process::PID,
    &process::FD,
    &socket::SOCKET,
    &socket::FAMILY,
    &socket::PROTOCOL,
    &socket::LOCAL_ADDRESS,
    &socket::REMOTE_ADDRESS,
    &socket::LOCAL_PORT,
    &socket::REMOTE_PORT,
    &socket::PATH,
    &socket::STATE,
    &socket::NET_NAMESPACE,
    &process::CWD,
    &process::CMDLINE,
    &process::PROCESS,
    &process::EXE,
    &process::EXE_DELETED,
    &process::UID,
    &process::USER,
    &process::PPID,
    &process::CHAIN,
    &process::TTY,
    &process::STARTED,
    &process::CGROUP,
    &process::UNIT,
    &process::CONTAINER,
    &socket::DIRECTION,
    &socket::DIRECTION_BY,
    &socket::UNOWNED,
    &socket::AGE,
    &socket::AGE_EXACT,
    &socket::NETNS,
    &socket::TYPE,
    &socket::SEND_QUEUE,
    &socket::RECEIVE_QUEUE,
    &tcp::TIMER,
    &tcp::TIMER_LEFT,
    &tcp::RETRANSMITS,
    &tcp::PROBES,
    &socket::SOCKET_UID,
    &socket::REFERENCES,
    &socket::SOCKET_ADDRESS,
    &tcp::RTO,
    &tcp::ATO,
    &tcp::QUICK_ACK,
    &tcp::PING_PONG,
    &tcp::CWND,
    &tcp::SSTHRESH,
    &counters::RTT,
    &counters::RETRANSMITS_TOTAL,
    &counters::SENT,
    &counters::RECEIVED,
    &counters::SEND_RATE,
    &counters::RECEIVE_RATE,
    &counters::IDLE,
    &counters::BACKLOG,
    &counters::BACKLOG_LIMIT,
    &socket::DROPS,
    &socket::FLAGS,
    &socket::FWMARK,
    &socket::DEVICE,
    &socket::PEER_PID,
    &socket::PEER_PROCESS,
    &socket::PEER_PATH,
    &socket::ALERT,
    &screen::MARK,
    &screen::COMMAND,
    &screen::PROTO,
    &screen::LOCAL,
    &screen::REMOTE,
    &screen::QUEUES,
    &screen::HOST,
    &socket::WAS,
    &socket::GONE,
];

/// Those that a screen shows by itself, from left to right.
pub static SCREEN: &[&Column] = &[
    &screen::MARK,
    &process::PID,
    &process::USER,
    &screen::COMMAND,
    &process::FD,
    &screen::PROTO,
    &socket::STATE,
    &screen::QUEUES,
    &screen::LOCAL,
    &screen::REMOTE,
    &socket::AGE,
    &counters::RTT,
    &socket::NETNS,
    &process::UNIT,
    &process::CWD,
    &process::CMDLINE,
];

/// Those of what has closed lately. Where room is short the peer says more than this end.
pub static HISTORY: &[&Column] = &[
    &screen::MARK,
    &socket::GONE,
    &process::PID,
    &process::USER,
    &screen::COMMAND,
    &process::FD,
    &screen::PROTO,
    &socket::WAS,
    &screen::REMOTE,
    &screen::LOCAL,
    &socket::AGE,
    &socket::NETNS,
    &process::UNIT,
    &process::CWD,
    &process::CMDLINE,
];

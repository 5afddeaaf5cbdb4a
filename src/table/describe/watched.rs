//! What watching a socket showed: counters, the other end, since when it is known.

use super::{Labelled, cell, labelled};
use crate::analyze::Age;
use crate::model::{Detail, Protocol, Socket};
use crate::table::{Row, format};

/// Columns and their units, where their cells have none.
type Counted = &'static [(&'static str, &'static str)];

const TCP: Counted = &[
    ("timer", ""),
    ("timer_left", ""),
    ("retransmits", ""),
    ("probes", ""),
    ("rto", ""),
    ("cwnd", " segments"),
    ("ssthresh", " segments"),
    ("backlog", " wait"),
    ("backlog_limit", " may wait"),
];

/// What went through a connection.
const TRAFFIC: Counted = &[
    ("sent", ""),
    ("received", ""),
    ("send_rate", ""),
    ("receive_rate", ""),
    ("rtt", ""),
    ("idle", ""),
    ("retransmits_total", ""),
];

/// Counters of the protocol; of TCP also what went through it.
pub(super) fn counters(row: &Row<'_>, socket: &Socket) -> Vec<Labelled> {
    let counted: Counted = match socket.detail {
        Detail::Tcp(_) => TCP,
        Detail::Datagram { .. } => &[("drops", "")],
        Detail::Unix(_) => &[("type", ""), ("flags", "")],
        Detail::Packet { .. } => &[("type", "")],
    };
    let mut lines = vec![(socket.id.protocol.name(), in_words(row, counted))];
    if socket.counters().is_some() {
        lines.push(("traffic", in_words(row, TRAFFIC)));
    }
    let lines = lines.into_iter().filter(|(_, text)| !text.is_empty());
    lines.map(|(label, text)| labelled(label, text)).collect()
}

fn in_words(row: &Row<'_>, counted: Counted) -> String {
    let words = counted.iter().filter_map(|(name, unit)| {
        let value = cell(row, name);
        // -1: no slow-start threshold yet.
        let is_there = !matches!(value.as_str(), "" | "-" | "-1");
        is_there.then(|| format!("{} {value}{unit}", name.replace('_', " ")))
    });
    words.collect::<Vec<_>>().join("  ")
}

/// The other end of a unix socket.
pub(super) fn peer(row: &Row<'_>) -> Option<Labelled> {
    let socket = row.socket.filter(|socket| socket.id.protocol == Protocol::Unix)?;
    let text = match (row.peer(), socket.peer) {
        (Some(peer), _) => format!("{}  inode {}", format::peer(&peer), peer.socket.id.inode),
        (None, Some(inode)) => format!("inode {inode}, which is not listed"),
        (None, None) => return None,
    };
    Some(labelled("peer", text))
}

/// Since when it is known, how often it was seen, and whether its state stayed.
pub fn seen(row: &Row<'_>) -> Option<Labelled> {
    row.socket?;
    let (analysis, entry) = (row.analysis, row.entry);
    let snapshot = row.snapshot();
    let last = row.closed.map_or(analysis.number, |closed| closed.gone.saturating_sub(1));
    let at = |uptime| {
        let ago = snapshot.uptime.saturating_sub(uptime);
        let time = snapshot.taken_at.checked_sub(ago).map(format::rfc3339).unwrap_or_default();
        // Whole seconds: snapshots are no more exact.
        time.split_once('.').map_or(time.clone(), |(seconds, _)| format!("{seconds}Z"))
    };
    let last_uptime = row.closed.map_or(snapshot.uptime, |closed| closed.seen);
    let first = match entry.age {
        Age::Exactly(age) => format!("first {}", at(last_uptime.saturating_sub(age))),
        Age::AtMost(_) | Age::Unknown => format!("first {} or before", at(analysis.began)),
    };
    let count = last.saturating_sub(entry.first) + 1;
    let snapshots = if count == 1 { "1 snapshot".to_owned() } else { format!("{count} snapshots") };
    let state = match entry.changed.saturating_sub(entry.first) {
        0 => "state never changed".to_owned(),
        _ => format!("in this state for {} of them", last.saturating_sub(entry.changed) + 1),
    };
    let gone = row.closed.map(|closed| format!(", last {}", at(closed.seen))).unwrap_or_default();
    Some(labelled("seen", format!("{first}{gone}, {snapshots}, {state}")))
}

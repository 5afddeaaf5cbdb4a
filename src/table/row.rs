//! One line of the table: a socket, its owners, what was derived of it.

use std::collections::BTreeMap;
use std::ptr;

use crate::analyze::{Analysis, Change, Closed, Entry};
use crate::model::{
    Alert, Fd, Lookup, Names, NetNamespace, Owner, Pid, Process, Protocol, Shells, Small, Snapshot, Socket,
    SocketId, SourceId, ancestry,
};

/// Identity of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    pub source: SourceId,
    pub socket: SocketId,
    /// In `Unit::Owner` only; without a descriptor where the process does not hold the socket.
    pub owner: Option<(Pid, Option<Fd>)>,
}

/// Everything that a column's value is made from.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub source: SourceId,
    pub source_name: &'a str,
    pub analysis: &'a Analysis,
    /// None where the row is a process that an alert is about and that does not hold the alert's socket, as a shell
    /// behind a relay (`Unit::Owner` only).
    pub socket: Option<&'a Socket>,
    pub entry: &'a Entry,
    /// All owners of the socket (`Unit::Socket`), or the one (`Unit::Owner`).
    pub owners: &'a [Owner],
    /// The owner that the row is shown under; place in `owners`.
    pub lead: Option<usize>,
    /// Alerts about the socket (`Unit::Socket`), or about the socket and this owner (`Unit::Owner`); those of a row
    /// without socket, never none, are about its process. Gravest first.
    pub alerts: &'a [Alert],
    /// Processes to look owners and ancestors up in: those of the snapshot, or of a closed socket.
    pub processes: &'a BTreeMap<Pid, Process>,
    /// Of a row without socket the process that it is.
    pub alone: Option<Pid>,
    /// Set where the socket is gone.
    pub closed: Option<&'a Closed>,
    /// Number of the snapshot since which it is called new or changed; none: the one before.
    pub since: Option<u32>,
    pub names: &'a Names,
}

/// Of the gravest alerts of a socket the one to name it by: that of a shell before those of its relays.
pub fn lead_alert<'a>(
    alerts: &'a [Alert],
    processes: &BTreeMap<Pid, Process>,
    shells: &Shells,
) -> Option<&'a Alert> {
    let gravest = alerts.first()?;
    let mut equal = alerts.iter().take_while(|alert| alert.unmuted() == gravest.unmuted());
    let about_shell =
        |alert: &&Alert| processes.get(&alert.process.pid).is_some_and(|process| shells.is_shell(process));
    equal.find(about_shell).or(Some(gravest))
}

/// What happened to a socket since the snapshot of a number; without one since the last.
pub fn change_since(entry: &Entry, since: Option<u32>) -> Change {
    match since {
        None => entry.change,
        Some(since) if entry.first > since => Change::New,
        Some(since) if entry.changed > since => Change::State,
        Some(_) => Change::Same,
    }
}

/// Who is at the other end of a unix socket.
#[derive(Clone, Copy, Debug)]
pub struct Peer<'a> {
    pub socket: &'a Socket,
    /// The process to show first of those that hold it; none where none is known.
    pub pid: Option<Pid>,
    pub process: Option<&'a Process>,
}

impl<'a> Row<'a> {
    /// The snapshot that the row is from.
    pub fn snapshot(&self) -> &'a Snapshot {
        &self.analysis.snapshot
    }

    /// The unix socket at the other end, where it is listed.
    pub fn peer(&self) -> Option<Peer<'a>> {
        let place = self.entry.peer?.place();
        let entry = self.analysis.entries.get(place)?;
        let pid = entry.lead(&self.analysis.owners).map(|owner| owner.pid);
        Some(Peer {
            socket: self.snapshot().sockets.get(place)?,
            pid,
            process: pid.and_then(|pid| self.snapshot().processes.get(&pid)),
        })
    }

    /// The row of the socket that an alert is about, with all owners; none where it is not listed.
    pub fn connection(&self, alert: &Alert) -> Option<Self> {
        let place = self.snapshot().sockets.iter().position(|socket| socket.id == alert.socket)?;
        let entry = self.analysis.entries.get(place)?;
        Some(Self {
            socket: self.snapshot().sockets.get(place),
            entry,
            owners: entry.owners.of(&self.analysis.owners),
            lead: entry.lead.map(Small::place),
            alerts: entry.alerts.of(&self.analysis.alerts),
            closed: None,
            ..*self
        })
    }

    /// The lead owner's process id; none without owner. Of a row without socket the process that it is.
    pub fn pid(&self) -> Option<Pid> {
        match self.socket {
            Some(_) => self.lead.and_then(|lead| self.owners.get(lead)).map(|owner| owner.pid),
            None => self.alone,
        }
    }

    /// The lead owner's process.
    pub fn process(&self) -> Option<&'a Process> {
        self.processes.get(&self.pid()?)
    }

    /// The process and its ancestors, nearest first; ends at the first that is not known.
    pub fn ancestry(&self) -> Vec<&'a Process> {
        self.pid().map(|pid| ancestry(self.processes, pid)).unwrap_or_default()
    }

    /// Every descriptor by which the lead's process holds the socket, in order.
    pub fn held(&self) -> &'a [Owner] {
        let Some(pid) = self.pid() else { return &[] };
        let from = self.owners.partition_point(|owner| owner.pid < pid);
        let to = self.owners.partition_point(|owner| owner.pid <= pid);
        self.owners.get(from..to).unwrap_or_default()
    }

    /// How many processes hold it besides the lead's.
    pub fn further_processes(&self) -> usize {
        self.owners.chunk_by(|one, next| one.pid == next.pid).count().saturating_sub(1)
    }

    /// User of the lead's process; of the socket's creator where no owner is known.
    pub fn uid(&self) -> Option<u32> {
        match self.pid() {
            Some(_) => self.process().map(|process| process.uid),
            None => self.socket?.uid,
        }
    }

    /// The namespace that the socket is in, with its place in the snapshot's list.
    pub fn namespace(&self) -> Option<(usize, &'a NetNamespace)> {
        let netns = self.socket?.id.netns;
        self.snapshot().namespaces.iter().enumerate().find(|(_, known)| known.netns == netns)
    }

    /// What its cells show as numbers and may have names for. Users of `/etc/passwd` have theirs already.
    pub fn lookups(&self) -> Vec<Lookup> {
        let mut wanted = Vec::new();
        if let Some(Socket { id, .. }) = self.socket {
            if matches!(id.protocol, Protocol::Tcp | Protocol::Udp | Protocol::UdpLite) {
                let ports = [&id.local, &id.remote].into_iter().filter_map(|end| Some(end.inet()?.port()));
                let services = ports.filter(|&port| port != 0);
                wanted.extend(services.map(|port| Lookup::Service { protocol: id.protocol, port }));
            }
            if let Some(peer) = id.remote.inet().filter(|peer| !peer.ip().is_unspecified()) {
                wanted.push(Lookup::Host(peer.ip()));
            }
        }
        wanted.extend(self.uid().filter(|uid| !self.snapshot().users.contains_key(uid)).map(Lookup::User));
        wanted
    }

    /// Its alerts, the one to name it by before the others.
    pub fn alerts_in_order(&self) -> Vec<&'a Alert> {
        let lead = lead_alert(self.alerts, self.processes, &self.analysis.judging.shells);
        let others = self.alerts.iter().filter(|alert| lead.is_none_or(|lead| !ptr::eq(*alert, lead)));
        lead.into_iter().chain(others).collect()
    }

    /// Gone, and shown a little longer.
    pub fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    /// What happened to it since the moment that counts.
    pub fn change(&self) -> Change {
        if self.is_closed() { Change::Closed } else { change_since(self.entry, self.since) }
    }

    /// Why it has no owner, as a number that `no owner [n]` shows and a sentence that explains it.
    pub fn unowned(&self) -> Option<(usize, &'static str)> {
        let why = self.entry.unowned?;
        Some((why.number(), why.words()))
    }
}

//! What the snapshots before say about a socket: whether it is new, its age, what has gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::direction::Listeners;
use super::join::Places;
use super::{Age, Analysis, Change, Entry, Rates};
use crate::model::{Address, Netns, Owner, Pid, Protocol, Snapshot, Socket, SocketId, TcpState, Text};

mod closed;

pub(super) use closed::closed;

/// What the next snapshot is compared with.
#[derive(Debug)]
pub(super) struct Past {
    analysis: Arc<Analysis>,
    places: Places,
}

impl Past {
    pub(super) fn new(analysis: Arc<Analysis>, places: Places) -> Self {
        Self { analysis, places }
    }

    pub(super) fn boot_id(&self) -> &Text {
        &self.analysis.snapshot.host.boot_id
    }

    /// Uptime of the first snapshot that there is to compare with.
    pub(super) fn began(&self) -> Duration {
        self.analysis.began
    }

    /// CPU time of sockeye by wall time, from the snapshot of the past to this one.
    pub(super) fn cpu_share(&self, snapshot: &Snapshot) -> Option<f64> {
        let before = &self.analysis.snapshot;
        let wall = snapshot.uptime.checked_sub(before.uptime).filter(|wall| !wall.is_zero())?;
        Some(snapshot.own.cpu.checked_sub(before.own.cpu)?.as_secs_f64() / wall.as_secs_f64())
    }

    fn twin(&self, place: usize) -> Option<Twin<'_>> {
        let snapshot = &self.analysis.snapshot;
        let (socket, entry) = (snapshot.sockets.get(place)?, self.analysis.entries.get(place)?);
        Some(Twin { socket, entry, uptime: snapshot.uptime })
    }
}

/// A socket of the present as it was when last seen.
#[derive(Clone, Copy)]
struct Twin<'p> {
    socket: &'p Socket,
    entry: &'p Entry,
    uptime: Duration,
}

/// How the sockets of the present and the past belong together.
pub(super) struct Compared<'p> {
    /// By place in the present; empty where there is no past.
    twins: Vec<Option<Twin<'p>>>,
    /// There is no past.
    is_first: bool,
    /// By place in the past: whether it is somebody's twin.
    stayed: Vec<bool>,
    /// Places in the past of connections that their processes have closed and the kernel goes on with.
    released: Vec<usize>,
    /// Places in the past's closed sockets of those that are back: a table that changes while it is read
    /// can miss a row.
    back: BTreeSet<usize>,
}

/// Finds for each socket what it was before.
pub(super) fn compare<'p>(past: Option<&'p Past>, sockets: &[Socket], places: &Places) -> Compared<'p> {
    let mut compared = Compared {
        twins: if past.is_some() { vec![None; sockets.len()] } else { Vec::new() },
        is_first: past.is_none(),
        stayed: vec![false; past.map_or(0, |past| past.analysis.entries.len())],
        released: Vec::new(),
        back: BTreeSet::new(),
    };
    if let Some(past) = past {
        compared.follow_identity(past, sockets, places);
        compared.follow_pairs(past, sockets);
        compared.find_back(past, sockets);
    }
    compared
}

impl<'p> Compared<'p> {
    /// Those with the same identity, by walking both in the order of their keys.
    fn follow_identity(&mut self, past: &'p Past, sockets: &[Socket], places: &Places) {
        let mut old = past.places.iter().peekable();
        for (key, at) in places.iter() {
            while old.next_if(|&(known, _)| known < key).is_some() {}
            let Some(socket) = sockets.get(at) else { continue };
            let same = old.clone().take_while(|&(known, _)| known == key);
            let mut known = same.filter_map(|(_, place)| Some((place, past.twin(place)?)));
            let Some((place, known)) = known.find(|(_, twin)| twin.socket.id == socket.id) else { continue };
            self.pair_up(at, place, known);
        }
    }

    /// Connections whose inode came or went.
    fn follow_pairs(&mut self, past: &'p Past, sockets: &[Socket]) {
        let before = past.analysis.snapshot.sockets.iter().enumerate();
        let left = before.filter(|(at, _)| self.stayed.get(*at) == Some(&false));
        let mut left: Vec<(Pair<'_>, usize)> =
            left.filter_map(|(at, socket)| Some((pair(socket)?, at))).collect();
        left.sort_unstable();
        for (at, socket) in sockets.iter().enumerate() {
            if self.twins.get(at).is_none_or(Option::is_some) {
                continue;
            }
            let Some(wanted) = pair(socket) else { continue };
            let first = left.partition_point(|(known, _)| *known < wanted);
            let same = left.iter().skip(first).take_while(|(known, _)| *known == wanted);
            let free = same.filter(|(_, place)| self.stayed.get(*place) == Some(&false));
            let mut known = free.filter_map(|(_, place)| Some((*place, past.twin(*place)?)));
            let Some((place, known)) = known.find(|(_, twin)| continues(twin.socket, socket)) else {
                continue;
            };
            self.pair_up(at, place, known);
            if socket.id.inode.is_none() {
                self.released.push(place);
            }
        }
    }

    fn pair_up(&mut self, at: usize, place: usize, known: Twin<'p>) {
        if let (Some(twin), Some(stayed)) = (self.twins.get_mut(at), self.stayed.get_mut(place)) {
            (*twin, *stayed) = (Some(known), true);
        }
    }

    /// Sockets that were missing in the snapshot before and are there again.
    fn find_back(&mut self, past: &'p Past, sockets: &[Socket]) {
        let closed = past.analysis.closed.iter().enumerate();
        let closed = closed.filter(|(_, closed)| closed.gone == past.analysis.number);
        let closed: BTreeMap<&SocketId, usize> = closed.map(|(at, closed)| (&closed.socket.id, at)).collect();
        for (twin, socket) in self.twins.iter_mut().zip(sockets).filter(|(twin, _)| twin.is_none()) {
            let Some(&at) = closed.get(&socket.id) else { continue };
            let Some(closed) = past.analysis.closed.get(at) else { continue };
            *twin = Some(Twin { socket: &closed.socket, entry: &closed.entry, uptime: closed.seen });
            self.back.insert(at);
        }
    }
}

/// What stays of a TCP connection when its inode does not.
type Pair<'s> = (Netns, &'s Address, &'s Address);

fn pair(socket: &Socket) -> Option<Pair<'_>> {
    let id = &socket.id;
    (id.protocol == Protocol::Tcp && id.remote.is_peer()).then_some((id.netns, &id.local, &id.remote))
}

/// Whether a socket between the same addresses is the same connection at a later time.
fn continues(before: &Socket, now: &Socket) -> bool {
    use TcpState::{CloseWait, Closing, Established, FinWait1, FinWait2, LastAck, SynRecv, TimeWait};

    let (was, is) = (before.tcp_state(), now.tcp_state());
    match (before.id.inode.is_none(), now.id.inode.is_none()) {
        // Closed by its process: the kernel goes on without an inode.
        (false, true) => matches!(is, Some(FinWait1 | FinWait2 | TimeWait | LastAck | Closing)),
        // Accepted: the inode comes with accept(2).
        (true, false) => {
            matches!(was, Some(SynRecv | Established | CloseWait))
                && !matches!(is, Some(TcpState::SynSent | TcpState::Listen | TcpState::Close))
        }
        _ => false,
    }
}

/// Fills in direction, rates, change and age; `number` is the snapshot's.
pub(super) fn derive(
    snapshot: &Snapshot,
    number: u32,
    entries: &mut [Entry],
    owners: &[Owner],
    compared: &Compared<'_>,
    listeners: &Listeners,
) {
    let mut elders = Elders { snapshot, last: None };
    for (at, (entry, socket)) in entries.iter_mut().zip(&snapshot.sockets).enumerate() {
        let twin = compared.twins.get(at).copied().flatten();
        entry.direction = listeners.direct(socket, twin.and_then(|twin| twin.entry.direction));
        entry.rates = twin.and_then(|twin| rates(twin, socket, snapshot.uptime));
        entry.change = match twin {
            None if compared.is_first => Change::Same,
            None => Change::New,
            Some(twin) if twin.socket.state == socket.state && twin.socket.id == socket.id => Change::Same,
            Some(_) => Change::State,
        };
        entry.first = twin.map_or(number, |twin| twin.entry.first);
        entry.changed = match twin {
            Some(twin) if entry.change == Change::Same => twin.entry.changed,
            Some(_) | None => number,
        };
        let passed = |twin: Twin<'_>| snapshot.uptime.saturating_sub(twin.uptime);
        entry.age = match twin {
            None if !compared.is_first => Age::Exactly(Duration::ZERO),
            Some(twin) => match twin.entry.age {
                Age::Exactly(age) => Age::Exactly(age + passed(twin)),
                // Kept although its owners may be others now: it passed from a process to a younger one.
                Age::AtMost(age) => Age::AtMost(age + passed(twin)),
                Age::Unknown => elders.age(entry.owners.of(owners)),
            },
            None => elders.age(entry.owners.of(owners)),
        };
    }
}

fn rates(twin: Twin<'_>, now: &Socket, uptime: Duration) -> Option<Rates> {
    let (before, now) = (twin.socket.counters()?, now.counters()?);
    let nanoseconds = uptime.checked_sub(twin.uptime)?.as_nanos();
    let rate = |before: u64, now: u64| {
        let bytes = u128::from(now.checked_sub(before)?);
        u64::try_from((bytes * 1_000_000_000).checked_div(nanoseconds)?).ok()
    };
    Some(Rates { sent: rate(before.sent, now.sent)?, received: rate(before.received, now.received)? })
}

/// When processes started; remembers the last one, as sockets of a process mostly follow each other.
struct Elders<'s> {
    snapshot: &'s Snapshot,
    last: Option<(Pid, Option<Duration>)>,
}

impl Elders<'_> {
    /// Age that a socket has at most: that of its oldest owner.
    fn age(&mut self, owners: &[Owner]) -> Age {
        let processes = owners.chunk_by(|a, b| a.pid == b.pid).filter_map(|same| same.first());
        let started = processes.filter_map(|owner| self.started(owner.pid)).min();
        started.map_or(Age::Unknown, |started| Age::AtMost(self.snapshot.uptime.saturating_sub(started)))
    }

    fn started(&mut self, pid: Pid) -> Option<Duration> {
        if let Some((_, started)) = self.last.filter(|(last, _)| *last == pid) {
            return started;
        }
        let started = self.snapshot.processes.get(&pid).map(|process| process.started);
        self.last = Some((pid, started));
        started
    }
}

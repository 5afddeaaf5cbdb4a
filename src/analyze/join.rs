//! Which descriptors hold which socket.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Age, Change, Entry, Unowned};
use crate::model::{
    Address, Gap, GapReason, GapScope, Inode, Owner, Pid, Run, Small, Snapshot, Socket, SocketId, State,
    TcpState, UnixState, ancestry,
};

/// Places of sockets in their snapshot, in an order in which each can be found again.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Sorted by key. Sockets that share a key stand beside each other.
    sorted: Vec<Placed>,
}

/// Whether there is no inode; the inode, which is as good as unique, or a hash of the identity.
pub(super) type Key = (bool, u64);

#[derive(Clone, Copy, Debug)]
struct Placed {
    number: u64,
    is_hash: bool,
    at: Small,
}

impl Placed {
    fn key(&self) -> Key {
        (self.is_hash, self.number)
    }
}

fn key(id: &SocketId) -> Key {
    if !id.inode.is_none() {
        return (false, id.inode.0);
    }
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    (true, hasher.finish())
}

impl Places {
    pub(super) fn of(sockets: &[Socket]) -> Self {
        let placed = sockets.iter().enumerate().map(|(at, socket)| {
            let (is_hash, number) = key(&socket.id);
            Placed { number, is_hash, at: Small::new(at) }
        });
        let mut sorted: Vec<Placed> = placed.collect();
        // By BPF they come by process, each's inodes mostly in order already: runs, which this sort sees.
        sorted.sort_by_key(Placed::key);
        Self { sorted }
    }

    /// Place of the socket with this identity in the sockets that these are places of.
    pub(super) fn find(&self, id: &SocketId, sockets: &[Socket]) -> Option<usize> {
        let mut same = self.with(key(id)).map(|placed| placed.at.place());
        same.find(|&at| sockets.get(at).is_some_and(|socket| socket.id == *id))
    }

    /// Place of the first socket with this inode.
    pub(super) fn of_inode(&self, inode: Inode) -> Option<usize> {
        self.with((false, inode.0)).next().map(|placed| placed.at.place())
    }

    fn with(&self, key: Key) -> impl Iterator<Item = &Placed> {
        let first = self.sorted.partition_point(|placed| placed.key() < key);
        self.sorted.iter().skip(first).take_while(move |placed| placed.key() == key)
    }

    /// In sorted order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Key, usize)> + Clone {
        self.sorted.iter().map(|placed| (placed.key(), placed.at.place()))
    }
}

/// One entry per socket with its owners, and all owners in an order in which those of each stand beside each other.
pub(super) fn join(snapshot: &Snapshot, places: &Places) -> (Vec<Entry>, Vec<Owner>) {
    let mut owners = snapshot.owners.clone();
    owners.sort(); // as in `Places::of`
    let runs = runs(snapshot.sockets.len(), places, &owners);
    let permitted = all_descriptors_permitted(snapshot);
    let mut leads = Leads { snapshot, pids: Vec::new(), known: HashMap::new() };
    let entries = snapshot.sockets.iter().zip(runs).map(|(socket, run)| {
        let own = run.of(&owners);
        Entry {
            owners: run,
            lead: leads.lead(own).map(Small::new),
            unowned: own.is_empty().then(|| unowned(socket, permitted)),
            direction: None,
            alerts: Run::NONE,
            change: Change::Same,
            first: 0,
            changed: 0,
            age: Age::Unknown,
            rates: None,
            peer: socket.peer.and_then(|peer| places.of_inode(peer)).map(Small::new),
        }
    });
    let entries = entries.collect();
    (entries, owners)
}

/// For each socket the run of its inode's owners, found by walking both in the order of inodes.
fn runs(sockets: usize, places: &Places, sorted: &[Owner]) -> Vec<Run> {
    let mut runs = vec![Run::NONE; sockets];
    let mut start = 0;
    for ((_, inode), at) in places.iter().filter(|((is_hash, _), _)| !is_hash) {
        while sorted.get(start).is_some_and(|owner| owner.inode.0 < inode) {
            start += 1;
        }
        let rest = sorted.get(start..).unwrap_or_default();
        let same = rest.iter().take_while(|owner| owner.inode.0 == inode).count();
        if let Some(run) = runs.get_mut(at) {
            *run = (start..start + same).into(); // several rows of one inode (MPTCP) get the same
        }
    }
    runs
}

/// Whether no process's descriptors were held back, so that a socket without owner has none.
pub(super) fn all_descriptors_permitted(snapshot: &Snapshot) -> bool {
    let refused = |gap: &Gap| {
        matches!(gap.scope, GapScope::Processes | GapScope::Descriptors | GapScope::Descriptor)
            && gap.reason == GapReason::Permission
    };
    snapshot.seen.processes_read >= snapshot.seen.processes && !snapshot.gaps.iter().any(refused)
}

fn unowned(socket: &Socket, permitted: bool) -> Unowned {
    use TcpState::{CloseWait, Closing, Established, FinWait1, FinWait2, LastAck, SynRecv, TimeWait};

    match socket.state {
        Some(State::Tcp(TimeWait)) => Unowned::TimeWait,
        Some(State::Tcp(SynRecv)) => Unowned::Handshake,
        // Port id 0 is the kernel's end: netlink(7).
        _ if matches!(socket.id.local, Address::Netlink { port: 0, .. }) => Unowned::NoDescriptor,
        _ if !socket.id.inode.is_none() => {
            if permitted {
                Unowned::NoDescriptor
            } else {
                Unowned::NotPermitted
            }
        }
        // A connected unix socket that nobody accepted is listed as SS_CONNECTING, a closed one as
        // SS_DISCONNECTING: `unix_seq_show` in net/unix/af_unix.c, where there is no `sk_socket`.
        Some(
            State::Tcp(Established | CloseWait) | State::Unix(UnixState::Connected | UnixState::Connecting),
        ) => Unowned::NotAccepted,
        Some(State::Tcp(FinWait1 | FinWait2 | LastAck | Closing) | State::Unix(UnixState::Disconnecting)) => {
            Unowned::Closing
        }
        _ => Unowned::NoDescriptor,
    }
}

/// Finds the owner to show first, and remembers it for the sockets that the same processes share.
struct Leads<'s> {
    snapshot: &'s Snapshot,
    /// Scratch: the owning processes of one socket.
    pids: Vec<Pid>,
    known: HashMap<Vec<Pid>, Pid>,
}

impl Leads<'_> {
    /// Place among these owners, which are sorted by pid, of the first descriptor of the lead.
    fn lead(&mut self, owners: &[Owner]) -> Option<usize> {
        let (first, last) = (owners.first()?, owners.last()?);
        if first.pid == last.pid {
            return Some(0);
        }
        self.pids.clear();
        self.pids.extend(owners.iter().map(|owner| owner.pid));
        self.pids.dedup();
        let lead = if let Some(&lead) = self.known.get(self.pids.as_slice()) {
            lead
        } else {
            let lead = topmost(self.snapshot, &self.pids)?;
            self.known.insert(self.pids.clone(), lead);
            lead
        };
        Some(owners.partition_point(|owner| owner.pid < lead))
    }
}

/// The one of these processes that most others descend from; of equals the smallest pid.
fn topmost(snapshot: &Snapshot, pids: &[Pid]) -> Option<Pid> {
    let mut descendants = vec![0_usize; pids.len()];
    for &pid in pids {
        for ancestor in ancestry(&snapshot.processes, pid).iter().skip(1) {
            let place = pids.binary_search(&ancestor.key.pid).ok();
            if let Some(count) = place.and_then(|at| descendants.get_mut(at)) {
                *count += 1;
            }
        }
    }
    let most = descendants.iter().max()?;
    pids.get(descendants.iter().position(|count| count == most)?).copied()
}

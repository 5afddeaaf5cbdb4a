//! Who can send data to whom: processes, the channels between them, and the connections that they hold.
//!
//! The channels are those of `Snapshot::descriptors`: pipes, fifos, unix stream sockets as standard files, and
//! pseudo-terminals, which lead from the slave to who holds the master and never back.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::direction::Listeners;
use super::join::Places;
use super::{Direction, Entry, Judging};
use crate::model::{
    Access, Descriptor, Detail, Device, Fd, Inode, Owner, Pid, Snapshot, Socket, Target, UnixKind, tool,
};

mod pids;
mod route;

use pids::Pids;
pub(super) use route::{Chain, Chains, Route, Step, chains};

/// Bits of `UnixDetail::shutdown`.
const READS_NO_MORE: u8 = 1;
const WRITES_NO_MORE: u8 = 2;

/// Which way data goes, seen from a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// Into it.
    In,
    /// Out of it.
    Out,
}

/// A connection that a process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Held {
    pub pid: Pid,
    pub fd: Fd,
    /// Place of the socket.
    pub place: usize,
    pub direction: Direction,
}

impl Held {
    pub(super) fn is_outbound(&self) -> bool {
        self.direction == Direction::Outbound
    }
}

/// One end of a pipe or fifo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    of: Target,
    pid: Pid,
    fd: Fd,
    access: Access,
}

/// One descriptor that is the master of a pseudo-terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Master {
    index: u32,
    devpts: Option<Device>,
    pid: Pid,
    fd: Fd,
}

/// A file by which data can go on to another process.
#[derive(Clone, Copy, Debug)]
struct Onward<'g> {
    file: Descriptor,
    /// Of the pipe or fifo that it is.
    ends: &'g [End],
}

/// Built once for each snapshot.
pub struct Graph<'a> {
    pub(super) snapshot: &'a Snapshot,
    entries: &'a [Entry],
    owners: &'a [Owner],
    places: &'a Places,
    shells: Pids,
    judging: &'a Judging,
    /// Shells and text tools.
    watched: Pids,
    /// Processes with a socket that takes connections.
    listening: Pids,
    /// Established connections of the processes whose descriptors were read.
    held: Vec<Held>,
    ends: Vec<End>,
    masters: Vec<Master>,
    /// Each process whose descriptors were read, behind its parent.
    children: Vec<(Pid, Pid)>,
}

impl<'a> Graph<'a> {
    pub(super) fn of(
        snapshot: &'a Snapshot,
        (entries, owners): (&'a [Entry], &'a [Owner]),
        places: &'a Places,
        listeners: &Listeners,
        judging: &'a Judging,
    ) -> Self {
        let (mut shells, mut watched) = (Pids::default(), Pids::default());
        for process in snapshot.processes.values() {
            if judging.shells.is_shell(process) {
                shells.insert(process.key.pid);
                watched.insert(process.key.pid);
            } else if tool::name(process, &judging.tools).is_some() {
                watched.insert(process.key.pid);
            }
        }
        let mut read: Pids = snapshot.descriptors.iter().map(|file| file.pid).collect();
        // Who has no standard files and no pipe is listed by nothing but its unix sockets.
        for inode in snapshot.descriptors.iter().filter_map(|file| file.target.socket()) {
            let entry =
                places.of_inode(inode).and_then(|place| entries.get(entries.get(place)?.peer?.place()));
            let peers = entry.map_or(&[][..], |entry| entry.owners.of(owners));
            read.extend(peers.iter().map(|owner| owner.pid));
        }
        let (mut ends, mut masters, mut children) = (Vec::new(), Vec::new(), Vec::new());
        for files in snapshot.descriptors.chunk_by(|a, b| a.pid == b.pid) {
            let Some(pid) = files.first().map(|file| file.pid) else { continue };
            let parent = snapshot.processes.get(&pid).and_then(|process| process.parent);
            children.extend(parent.map(|parent| (parent, pid)));
            for &Descriptor { fd, access, target, .. } in files {
                match target {
                    Target::Pipe(_) | Target::Fifo { .. } => ends.push(End { of: target, pid, fd, access }),
                    Target::PtyMaster { devpts, index } => masters.push(Master { index, devpts, pid, fd }),
                    Target::Socket(_)
                    | Target::PtySlave { .. }
                    | Target::Terminal
                    | Target::Null
                    | Target::File
                    | Target::Anonymous => {}
                }
            }
        }
        ends.sort_unstable();
        masters.sort_unstable();
        children.sort_unstable();
        let (mut held, mut listening) = (Vec::new(), Pids::default());
        for entry in listeners.listening().filter_map(|place| entries.get(place)) {
            listening.extend(entry.owners.of(owners).iter().map(|owner| owner.pid));
        }
        // Sockets are looked at last: of most it is clear before that they do not matter.
        for (place, (entry, socket)) in entries.iter().zip(&snapshot.sockets).enumerate() {
            let Some((direction, _)) = entry.direction else { continue };
            let owners = entry.owners.of(owners).iter().filter(|owner| read.contains(owner.pid));
            let owners = owners.filter(|_| socket.is_established());
            held.extend(owners.map(|&Owner { pid, fd, .. }| Held { pid, fd, place, direction }));
        }
        held.sort_unstable();
        Self {
            snapshot,
            entries,
            owners,
            places,
            shells,
            judging,
            watched,
            listening,
            held,
            ends,
            masters,
            children,
        }
    }

    pub(super) fn is_shell(&self, pid: Pid) -> bool {
        self.shells.contains(pid)
    }

    /// Which standard file a descriptor is: 0, 1 or 2.
    pub(super) fn standard(&self, pid: Pid, fd: Fd) -> Option<u32> {
        if fd.0 <= 2 || !self.is_shell(pid) {
            return Some(fd.0).filter(|&fd| fd <= 2);
        }
        self.judging.shells.standard(self.snapshot.processes.get(&pid)?, fd)
    }

    /// Whether each of its connections is looked at: it is a shell or a text tool.
    pub(super) fn is_watched(&self, pid: Pid) -> bool {
        self.watched.contains(pid)
    }

    /// The other end of a unix socket.
    pub(super) fn peer_of(&self, inode: Inode) -> Option<Inode> {
        self.snapshot.sockets.get(self.places.of_inode(inode)?)?.peer
    }

    pub(super) fn listens(&self, pid: Pid) -> bool {
        self.listening.contains(pid)
    }

    /// What is known of the descriptors of a process: 0 to 2, pipes, fifos and terminals.
    pub(super) fn files(&self, pid: Pid) -> &'a [Descriptor] {
        within(&self.snapshot.descriptors, |file| file.pid, pid)
    }

    pub(super) fn file(&self, pid: Pid, fd: Fd) -> Option<&'a Descriptor> {
        let files = self.files(pid);
        files.get(files.binary_search_by_key(&fd, |file| file.fd).ok()?)
    }

    /// All ends of a pipe or fifo.
    fn ends(&self, of: Target) -> &[End] {
        within(&self.ends, |end| end.of, of)
    }

    /// The files of all processes by which data can go on to another, by pid: pipes and fifos that another has open
    /// too, and whatever is a standard file.
    fn onward(&self) -> Vec<Onward<'_>> {
        let shared = self.ends.chunk_by(|a, b| a.of == b.of);
        let shared = shared.filter(|ends| ends.first().map(|end| end.pid) != ends.last().map(|end| end.pid));
        let shared = shared.flat_map(|ends| {
            ends.iter().map(move |&End { of: target, pid, fd, access }| Onward {
                file: Descriptor { pid, fd, access, target },
                ends,
            })
        });
        let others = self.snapshot.descriptors.iter().filter(|file| !file.target.is_pipe());
        let standard = others.filter(|file| self.standard(file.pid, file.fd).is_some());
        let standard = standard.map(|&file| Onward { file, ends: &[] });
        let mut files: Vec<Onward<'_>> = shared.chain(standard).collect();
        files.sort_unstable_by_key(|onward| (onward.file.pid, onward.file.fd));
        files
    }

    /// The established connections of a process whose descriptors were read.
    pub(super) fn connections(&self, pid: Pid) -> &[Held] {
        within(&self.held, |held| held.pid, pid)
    }

    pub(super) fn socket(&self, held: Held) -> Option<&'a Socket> {
        self.snapshot.sockets.get(held.place)
    }

    /// The other end of an outbound connection that leaves the machine, or of any outbound one.
    pub(super) fn peer(&self, held: Held, remote: bool) -> Option<SocketAddr> {
        let peer = self.socket(held)?.id.remote.inet()?;
        (held.direction == Direction::Outbound && (!remote || !peer.ip().is_loopback())).then_some(peer)
    }

    /// Who is at the other end of a file, for data that goes so; with the descriptor there. None for each end that
    /// could be there and is not, so that who asks knows how many were looked at.
    fn beyond<'g>(
        &'g self,
        onward: Onward<'g>,
        flow: Flow,
    ) -> impl Iterator<Item = Option<(Pid, Fd)>> + use<'g, 'a> {
        let fits = |access: Access, flow| match flow {
            Flow::In => access.reads(),
            Flow::Out => access.writes(),
        };
        let opposite = if flow == Flow::In { Flow::Out } else { Flow::In };
        let Onward { file, mut ends } = onward;
        let (mut masters, mut peers): (&[Master], &[Owner]) = (&[], &[]);
        let (own, mut own_devpts) = (file.pid, None);
        match file.target {
            _ if !fits(file.access, flow) => ends = &[],
            Target::PtySlave { devpts, index } => {
                own_devpts = devpts;
                masters = within(&self.masters, |master| master.index, index);
            }
            Target::Socket(inode) => peers = self.beyond_unix(inode, flow).unwrap_or_default(),
            Target::Pipe(_)
            | Target::Fifo { .. }
            | Target::PtyMaster { .. }
            | Target::Terminal
            | Target::Null
            | Target::File
            | Target::Anonymous => {}
        }
        let ends = ends
            .iter()
            .map(move |end| (end.pid != own && fits(end.access, opposite)).then_some((end.pid, end.fd)));
        let masters = masters.iter().map(move |master| {
            let is_same = own_devpts.is_none() || master.devpts.is_none() || own_devpts == master.devpts;
            (is_same && master.pid != own).then_some((master.pid, master.fd))
        });
        ends.chain(masters).chain(peers.iter().map(|owner| Some((owner.pid, owner.fd))))
    }

    /// The holders of the peer, while both ends let data pass.
    fn beyond_unix(&self, inode: Inode, flow: Flow) -> Option<&'a [Owner]> {
        let place = self.places.of_inode(inode)?;
        let own = self.snapshot.sockets.get(place)?;
        let peer = self.snapshot.sockets.get(self.entries.get(place)?.peer?.place())?;
        let (shut_own, shut_peer) = match flow {
            Flow::In => (READS_NO_MORE, WRITES_NO_MORE),
            Flow::Out => (WRITES_NO_MORE, READS_NO_MORE),
        };
        let passes = stream_shutdown(own)? & shut_own == 0 && stream_shutdown(peer)? & shut_peer == 0;
        self.holders_of_peer(inode).filter(|_| passes)
    }

    fn holders_of_peer(&self, inode: Inode) -> Option<&'a [Owner]> {
        let entry = self.entries.get(self.entries.get(self.places.of_inode(inode)?)?.peer?.place())?;
        Some(entry.owners.of(self.owners))
    }

    /// Children of a process whose standard files are pipes of which it has the other end open on a descriptor from
    /// 3 on.
    pub(super) fn served_children(&self, pid: Pid) -> Vec<(Pid, Target)> {
        let has = |pipe: Target| {
            let ends = within(&self.ends, |end| (end.of, end.pid), (pipe, pid));
            ends.last().is_some_and(|end| end.fd.0 > 2)
        };
        let served = |child: Pid| {
            let standard = self.files(child).iter().take_while(|file| file.fd.0 <= 2);
            let pipes = standard.map(|file| file.target).filter(|target| matches!(target, Target::Pipe(_)));
            pipes.filter(|&pipe| has(pipe))
        };
        let children = within(&self.children, |&(parent, _)| parent, pid).iter();
        children.flat_map(|&(_, child)| served(child).map(move |pipe| (child, pipe))).collect()
    }

    /// Whether a human looks at the process: its terminal, whose master it does not hold, is in raw mode and it is in
    /// the foreground there; the terminal is its standard input and output, or it opened it itself. A daemon, which has
    /// no terminal of its own, can only have opened one (emacs for emacsclient).
    pub(super) fn is_on_screen(&self, pid: Pid) -> bool {
        let Some(process) = self.snapshot.processes.get(&pid) else { return false };
        let Some(probe) = self.snapshot.probes.get(&pid) else { return false };
        let is_in_foreground = process.foreground.is_some() && process.foreground == process.group;
        if !is_in_foreground && process.tty.is_some() {
            return false;
        }
        let raw = |file: &&Descriptor| probe.raw_terminals.contains(&file.fd) && !self.beyond_is_own(file);
        let mut own = self.files(pid).iter().filter(raw);
        let standard = |fd| self.file(pid, Fd(fd)).filter(raw).map(|file| file.target);
        (is_in_foreground && standard(0).is_some_and(|input| standard(1) == Some(input)))
            || own.any(|file| file.fd.0 > 2)
    }

    /// Whether the process has the master of a terminal itself.
    fn beyond_is_own(&self, file: &Descriptor) -> bool {
        let Target::PtySlave { index, .. } = file.target else { return false };
        within(&self.masters, |master| master.index, index).iter().any(|master| master.pid == file.pid)
    }

    /// Processes that a channel joins, in pairs; for finding which are joined at all. All that share a channel are
    /// joined to the first of them only, so there are no more pairs than descriptors.
    fn joined(&self) -> Vec<(Pid, Pid)> {
        let mut pairs = Vec::new();
        let mut join = |pids: &mut dyn Iterator<Item = Pid>| {
            let first = pids.next()?;
            let mut last = first;
            pairs
                .extend(pids.filter(|&pid| std::mem::replace(&mut last, pid) != pid).map(|pid| (first, pid)));
            Some(first)
        };
        for ends in self.ends.chunk_by(|a, b| a.of == b.of) {
            join(&mut ends.iter().map(|end| end.pid));
        }
        for masters in self.masters.chunk_by(|a, b| a.index == b.index) {
            join(&mut masters.iter().map(|master| master.pid));
        }
        let mut peers: BTreeMap<Inode, Option<Pid>> = BTreeMap::new();
        for file in self.snapshot.descriptors.iter().filter(|file| self.standard(file.pid, file.fd).is_some())
        {
            let first = match file.target {
                Target::PtySlave { index, .. } => {
                    within(&self.masters, |master| master.index, index).first().map(|master| master.pid)
                }
                Target::Socket(inode) => *peers.entry(inode).or_insert_with(|| {
                    join(&mut self.holders_of_peer(inode).unwrap_or_default().iter().map(|owner| owner.pid))
                }),
                Target::Pipe(_)
                | Target::Fifo { .. }
                | Target::PtyMaster { .. }
                | Target::Terminal
                | Target::Null
                | Target::File
                | Target::Anonymous => None,
            };
            join(&mut first.into_iter().chain([file.pid]));
        }
        pairs
    }
}

/// What is shut down of a unix stream socket; nothing where that is not listed. None of any other socket.
fn stream_shutdown(socket: &Socket) -> Option<u8> {
    match &socket.detail {
        Detail::Unix(unix) if unix.kind == UnixKind::Stream => Some(unix.shutdown.unwrap_or(0)),
        Detail::Unix(_) | Detail::Tcp(_) | Detail::Datagram { .. } | Detail::Packet { .. } => None,
    }
}

/// Those of a sorted list that have this key.
fn within<T, K: Ord + Copy>(sorted: &[T], key: impl Fn(&T) -> K, wanted: K) -> &[T] {
    let rest = sorted.get(sorted.partition_point(|one| key(one) < wanted)..).unwrap_or_default();
    rest.get(..rest.partition_point(|one| key(one) == wanted)).unwrap_or_default()
}

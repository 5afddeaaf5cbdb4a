//! Reads sockets that no descriptor refers to, where there are any: closed ones that live on, those that wait for
//! accept(2), those of the kernel.

use rustix::io::Errno;

use super::{Found, Tables, own_namespace};
use crate::collect::bpf::Tally;
use crate::collect::diag::Table;
use crate::collect::gaps::{Gaps, reason};
use crate::collect::netns::{Namespace, inside};
use crate::collect::root::{ProcRoot, read};
use crate::model::{Detail, GapScope, Inode, Netns, Seen, Socket, TcpState, TimerKind};

/// States of TCP that are most often those of sockets without descriptor, one bit each: SYN_RECV, `FIN_WAIT1` and
/// `FIN_WAIT2`, TIME_WAIT, `LAST_ACK`, CLOSING.
const OFTEN_UNHELD: u32 = 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 9 | 1 << 11;
/// Those of what is no whole socket: SYN_RECV, TIME_WAIT, and `FIN_WAIT2` in the same short form.
const SHORT: u32 = 1 << 3 | 1 << 5 | 1 << 6;

/// `sockstat` is about 140 bytes.
const SOCKSTAT_LIMIT: usize = 4096;

/// What a namespace has beside the sockets that descriptors refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// Netlink sockets of the kernel, as each namespace.
    Kernel,
    /// And connections that are closed, or not there yet.
    Short,
    /// And TCP sockets, so many.
    Tcp(u32),
    /// Sockets of any kind.
    All,
}

impl Tables {
    /// The rows of all namespaces that no descriptor refers to. Whether there are any is counted before, by what
    /// the kernel counts itself.
    ///
    /// Fails where `sock_diag(7)` is refused altogether.
    pub(in crate::collect) fn read_unheld(
        &mut self,
        root: &ProcRoot,
        namespaces: &[Namespace],
        held: &Held<'_>,
        seen: &mut Seen,
        gaps: &mut Gaps,
    ) -> Result<Found, Errno> {
        let mut found = Found::default();
        let own = own_namespace(root);
        let mut others = Vec::new();
        for namespace in namespaces {
            seen.namespaces += 1;
            if own == Some(namespace.netns) {
                self.unheld(root, namespace, held, &mut found.sockets, gaps)?;
                seen.namespaces_read += 1;
            } else {
                others.push(namespace);
            }
        }
        if others.is_empty() {
            return Ok(found);
        }
        found.entered = true;
        let sockets = &mut found.sockets;
        let read = inside(root, &others, |namespace, _| self.unheld(root, namespace, held, sockets, gaps));
        for read in read {
            match read {
                Ok(Ok(())) => seen.namespaces_read += 1,
                Ok(Err(errno)) => gaps.add(GapScope::Namespace, reason(errno)),
                Err(reason) => gaps.add(GapScope::Namespace, reason),
            }
        }
        Ok(found)
    }

    /// Adds those of the namespace that this thread is in.
    fn unheld(
        &mut self,
        root: &ProcRoot,
        namespace: &Namespace,
        held: &Held<'_>,
        sockets: &mut Vec<Socket>,
        gaps: &mut Gaps,
    ) -> Result<(), Errno> {
        let netns = namespace.netns;
        let tally = held.tallies.iter().find(|tally| Netns::Inode(tally.netns) == netns);
        let need = need(root, tally.copied().unwrap_or_default());
        let before = sockets.len();
        let (tables, states): (&[Table], u32) = match need {
            Need::Kernel => (&[Table::Netlink], 0),
            Need::Short => (&[Table::Netlink, Table::Tcp], SHORT),
            Need::Tcp(_) => (&[Table::Netlink, Table::Tcp], OFTEN_UNHELD),
            Need::All => (&[], 0),
        };
        let is_other = |socket: &Socket| {
            let inode = socket.id.inode;
            inode.is_none() || !(held.contains)(inode) || held.mptcp.contains(&inode)
        };
        if need != Need::All {
            let left = self.diag.read(netns, tables, states, sockets, gaps)?;
            retain_from(sockets, before, is_other);
            let of_tcp =
                sockets.get(before..).unwrap_or_default().iter().filter(|socket| is_whole_tcp(socket));
            let found = u32::try_from(of_tcp.count()).unwrap_or(u32::MAX);
            let enough = if let Need::Tcp(missing) = need { found >= missing } else { true };
            if enough && tables.iter().all(|table| !left.contains(table)) {
                return Ok(());
            }
            sockets.truncate(before);
        }
        self.here(root, netns, sockets, gaps)?;
        retain_from(sockets, before, is_other);
        Ok(())
    }
}

/// Sockets that were found by their descriptors.
pub(in crate::collect) struct Held<'a> {
    pub(in crate::collect) tallies: &'a [Tally],
    pub(in crate::collect) contains: &'a (dyn Fn(Inode) -> bool + Sync),
    /// They have other rows in tables.
    pub(in crate::collect) mptcp: &'a [Inode],
}

fn retain_from(sockets: &mut Vec<Socket>, start: usize, keep: impl Fn(&Socket) -> bool) {
    let mut at = 0;
    sockets.retain(|socket| {
        at += 1;
        at <= start || keep(socket)
    });
}

/// Whether the kernel counts it as a TCP socket in use.
fn is_whole_tcp(socket: &Socket) -> bool {
    let Detail::Tcp(detail) = &socket.detail else { return false };
    !matches!(socket.tcp_state(), Some(TcpState::TimeWait | TcpState::SynRecv))
        && detail.timer.is_none_or(|timer| timer.kind != TimerKind::TimeWait)
}

/// Compares what was found with what the kernel counts in the namespace that this thread is in.
fn need(root: &ProcRoot, tally: Tally) -> Need {
    let mut buffer = Vec::with_capacity(SOCKSTAT_LIMIT);
    let mut counts = Counts::default();
    for (path, is_needed) in [(c"thread-self/net/sockstat", true), (c"thread-self/net/sockstat6", false)] {
        match read(root, path, SOCKSTAT_LIMIT, &mut buffer) {
            Ok(_) => counts.add(&buffer),
            Err(_) if is_needed => return Need::All,
            Err(_) => {} // a kernel without IPv6
        }
    }
    if (counts.udp, counts.raw) != (tally.udp, tally.raw) {
        return Need::All;
    }
    let more_of_tcp = counts.tcp.saturating_sub(tally.tcp);
    // Of unix sockets nothing tells how many there are, but of all together.
    match (counts.used.checked_sub(tally.sockets), more_of_tcp) {
        (Some(0), 0) if counts.time_wait == 0 && tally.requests == 0 => Need::Kernel,
        (Some(0), 0) => Need::Short,
        (Some(more), more_of_tcp) if more <= more_of_tcp => Need::Tcp(more_of_tcp),
        _ => Need::All,
    }
}

/// What the kernel counts in a namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    used: u32,
    tcp: u32,
    time_wait: u32,
    udp: u32,
    raw: u32,
}

impl Counts {
    /// Adds a file: `sockets` counts those of all families that are not the kernel's own, the others those that
    /// are in tables, the kernel's too. `orphan` and `mem` are of the whole machine.
    ///
    /// ```text
    /// sockets: used 281
    /// TCP: inuse 12 orphan 0 tw 3 alloc 14 mem 1
    /// UDP: inuse 3 mem 2
    /// ```
    fn add(&mut self, file: &[u8]) {
        for line in String::from_utf8_lossy(file).lines() {
            let mut words = line.split_ascii_whitespace();
            let table = words.next().unwrap_or_default();
            while let (Some(name), Some(count)) = (words.next(), words.next()) {
                let total = match (table, name) {
                    ("sockets:", "used") => &mut self.used,
                    ("TCP:" | "TCP6:", "inuse") => &mut self.tcp,
                    ("TCP:", "tw") => &mut self.time_wait,
                    ("UDP:" | "UDP6:", "inuse") => &mut self.udp,
                    ("RAW:" | "RAW6:", "inuse") => &mut self.raw,
                    _ => continue,
                };
                *total = total.saturating_add(count.parse().unwrap_or(0));
            }
        }
    }
}

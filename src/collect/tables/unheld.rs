//! Reads sockets that no descriptor refers to, where there are any: closed ones that live on, those that wait for
//! accept(2), those of the kernel.

use rustix::io::Errno;

use super::lingering::{Lingering, lingers};
use super::{Found, Tables};
use crate::collect::bpf::Tally;
use crate::collect::diag::{STATES, Table};
use crate::collect::gaps::{Gaps, reason};
use crate::collect::netns::{Namespace, inside};
use crate::collect::root::{ProcRoot, read, read_at_once};
use crate::model::{Detail, Family, GapScope, Inode, Netns, Protocol, Seen, Socket, TcpState, TimerKind};

/// States of TCP, one bit each: of what is no whole socket (SYN_RECV, TIME_WAIT, and `FIN_WAIT2` in the same
/// short form), and all but ESTABLISHED.
const SHORT: u32 = 1 << 3 | 1 << 5 | 1 << 6;
const NOT_ESTABLISHED: u32 = STATES & !(1 << 1);
/// Listeners are in a table of their own, which is small. To find any other, each bucket of another is looked at
/// (`inet_diag_dump_icsk()`), up to half a million on a machine with much memory, however few are in use.
const LISTEN: u32 = 1 << 10;

/// `protocols` has about 130 bytes for each of 20 protocols, `sockstat` 140 in all.
const LIMIT: usize = 64 * 1024;

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
        let own = self.own_namespace(root);
        let known = std::mem::take(&mut self.lingering);
        let mut others = Vec::new();
        for namespace in namespaces {
            seen.namespaces += 1;
            if own == Some(namespace.netns) {
                self.unheld(root, namespace, held, &known, &mut found.sockets, gaps)?;
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
        let read =
            inside(root, &others, |namespace, _| self.unheld(root, namespace, held, &known, sockets, gaps));
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
        known: &Lingering,
        sockets: &mut Vec<Socket>,
        gaps: &mut Gaps,
    ) -> Result<(), Errno> {
        let netns = namespace.netns;
        let tally = held.tallies.iter().find(|tally| Netns::Inode(tally.netns) == netns);
        let before = sockets.len();
        let is_other = |socket: &Socket| {
            let inode = socket.id.inode;
            inode.is_none() || !(held.contains)(inode)
        };
        let Some(mut need) = Need::of(root, tally.copied().unwrap_or_default()) else {
            self.here(root, netns, sockets, gaps)?;
            retain_from(sockets, before, is_other);
            return Ok(());
        };
        if let Some(count) = need.lingering
            && let Some(known) = known.at_least(netns, count)
        {
            let read = self.diag.read_again(netns, known, sockets);
            retain_from(sockets, before, lingers);
            if read.is_ok() && sockets.len() - before >= count {
                need.states &= !SHORT; // the count was taken before, so there is no other
            } else {
                sockets.truncate(before);
            }
        }
        if need.states != 0 {
            need.tables.push(Table::Tcp);
        }
        let mut left = self.diag.read(netns, &need.tables, need.states, sockets, gaps)?;
        retain_from(sockets, before, is_other);
        for states in [NOT_ESTABLISHED, STATES].into_iter().filter(|states| states & !need.states != 0) {
            let of_tcp = sockets.get(before..).unwrap_or_default().iter();
            if of_tcp.filter(|socket| is_whole_tcp(socket)).count() >= need.tcp {
                break;
            }
            retain_from(sockets, before, |socket| socket.id.protocol != Protocol::Tcp);
            left.extend(self.diag.read(netns, &[Table::Tcp], states, sockets, gaps)?);
            retain_from(sockets, before, is_other);
        }
        if need.tables.iter().any(|table| left.contains(table)) {
            sockets.truncate(before);
            self.here(root, netns, sockets, gaps)?;
        }
        retain_from(sockets, before, is_other);
        self.lingering.remember(netns, sockets.get(before..).unwrap_or_default());
        Ok(())
    }
}

/// Sockets that were found by their descriptors.
pub(in crate::collect) struct Held<'a> {
    pub(in crate::collect) tallies: &'a [Tally],
    pub(in crate::collect) contains: &'a (dyn Fn(Inode) -> bool + Sync),
}

fn retain_from(sockets: &mut Vec<Socket>, start: usize, keep: impl Fn(&Socket) -> bool) {
    let mut at = 0;
    sockets.retain(|socket| {
        at += 1;
        at <= start || keep(socket)
    });
}

/// Whether the kernel counts it as a TCP socket in use.
pub(super) fn is_whole_tcp(socket: &Socket) -> bool {
    let Detail::Tcp(detail) = &socket.detail else { return false };
    !matches!(socket.tcp_state(), Some(TcpState::TimeWait | TcpState::SynRecv))
        && detail.timer.is_none_or(|timer| timer.kind != TimerKind::TimeWait)
}

/// Which tables have sockets that no descriptor refers to.
struct Need {
    tables: Vec<Table>,
    /// States of TCP to ask for.
    states: u32,
    /// How many connections are in TIME_WAIT, where only these are why [`SHORT`] is among the states.
    lingering: Option<usize>,
    /// At least so many of them are whole sockets.
    tcp: usize,
}

impl Need {
    /// Compares what was found with what the kernel counts in the namespace that this thread is in. None where that
    /// cannot be read, or speaks for a table that netlink does not have. Netlink sockets are not counted: each
    /// namespace has some of the kernel's own.
    fn of(root: &ProcRoot, tally: Tally) -> Option<Self> {
        let mut buffer = Vec::with_capacity(LIMIT);
        read(root, c"thread-self/net/protocols", LIMIT, &mut buffer).ok()?;
        let listed = in_tables(&buffer);
        read_at_once(root, c"thread-self/net/sockstat", LIMIT, &mut buffer).ok()?;
        if (listed.raw, listed.icmp) != (tally.raw, tally.icmp) {
            return None;
        }
        let mut tables = vec![Table::Netlink];
        let both =
            |protocol| [Table::Datagram(protocol, Family::Inet), Table::Datagram(protocol, Family::Inet6)];
        if listed.udp != tally.udp {
            tables.extend(both(Protocol::Udp));
        }
        if listed.udplite != tally.udplite {
            tables.extend(both(Protocol::UdpLite));
        }
        tables.extend((listed.unix != tally.unix).then_some(Table::Unix));
        tables.extend((listed.packet != tally.packet).then_some(Table::Packet));
        // What is there for longer has a counter of its own. The difference of the two counts, taken at different
        // times, tells of sockets of the kernel only.
        let lingering = count(&buffer, "tw").filter(|_| tally.requests == 0);
        let states = if tally.waiting > 0 {
            STATES
        } else if count(&buffer, "orphan") != Some(0) || listed.tcp < tally.tcp {
            NOT_ESTABLISHED
        } else {
            let short = if lingering == Some(0) { 0 } else { SHORT };
            let whole = if listed.tcp > tally.tcp { LISTEN } else { 0 };
            short | whole
        };
        let lingering = lingering.filter(|&count| count > 0 && states & !(SHORT | LISTEN) == 0);
        let tcp = usize::try_from(listed.tcp.saturating_sub(tally.tcp)).ok()?;
        Some(Self { tables, states, lingering, tcp })
    }
}

/// How many sockets the kernel has in its tables, by protocol (`proto_seq_printf()`); all of the kernel's unix
/// sockets are in theirs.
///
/// ```text
/// protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re sp bi br ha uh gp em
/// TCPv6     2432      2       4   no     192   yes  kernel      y  y  y  y  y  y  y  y  y  y  y  y  n  y  y  y  y  y  y
/// ```
fn in_tables(protocols: &[u8]) -> Tally {
    let mut listed = Tally::default();
    for line in String::from_utf8_lossy(protocols).lines() {
        let mut words = line.split_ascii_whitespace();
        let count = match words.next() {
            Some("TCP" | "TCPv6") => &mut listed.tcp,
            Some("UDP" | "UDPv6") => &mut listed.udp,
            Some("UDP-Lite" | "UDPLITEv6") => &mut listed.udplite,
            Some("RAW" | "RAWv6") => &mut listed.raw,
            Some("PING" | "PINGv6") => &mut listed.icmp,
            Some("UNIX" | "UNIX-STREAM") => &mut listed.unix,
            Some("PACKET") => &mut listed.packet,
            _ => continue,
        };
        *count = count.saturating_add(words.nth(1).and_then(|count| count.parse().ok()).unwrap_or(0));
    }
    listed
}

/// How many connections of a kind a namespace has: `orphan`, closed by their processes (of all namespaces together),
/// or `tw`, in TIME_WAIT. None where the kernel does not say.
///
/// ```text
/// TCP: inuse 12 orphan 0 tw 3 alloc 14 mem 1
/// ```
fn count(sockstat: &[u8], kind: &str) -> Option<usize> {
    let text = String::from_utf8_lossy(sockstat);
    let mut words = text.lines().find_map(|line| line.strip_prefix("TCP:"))?.split_ascii_whitespace();
    words.find(|&word| word == kind)?;
    words.next()?.parse().ok()
}

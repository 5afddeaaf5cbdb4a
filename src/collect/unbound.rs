//! Names sockets that no table lists, by what their descriptors say.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, AsRawFd};

use rustix::fs::getxattr;
use rustix::io::retry_on_intr;
use rustix::path::DecInt;

use super::netns;
use super::root::{ProcRoot, link_number, open_path, read_link};
use crate::model::{
    Address, Detail, Family, Fd, Inode, Netns, Owner, Pid, Protocol, Socket, SocketId, State, TcpDetail,
    TcpState,
};

/// What a socket is that no table lists.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Of a protocol that has tables.
    Of(Protocol, Family),
    Other,
}

/// What is known of the sockets that were in no table the last time.
#[derive(Debug, Default)]
pub(super) struct Unbound {
    named: BTreeMap<Inode, Kind>,
}

impl Unbound {
    /// Adds a row for each socket that is held and not listed (their inodes, sorted), and whose protocol has tables: it
    /// is neither bound nor connected, or is TCP and bound only.
    ///
    /// Nothing says which namespace it is in, so it is shown in that of the first process that holds it.
    pub(super) fn add(
        &mut self,
        root: &ProcRoot,
        unlisted: &[Inode],
        owners: &[Owner],
        sockets: &mut Vec<Socket>,
    ) {
        let is_unlisted = |owner: &&Owner| unlisted.binary_search(&owner.inode).is_ok();
        let mut held: Vec<Owner> = owners.iter().filter(is_unlisted).copied().collect();
        held.sort_unstable();
        let mut named = BTreeMap::new();
        let mut place: Option<(Pid, Netns)> = None;
        for of_one in held.chunk_by(|one, other| one.inode == other.inode) {
            let Some(first) = of_one.first() else { continue };
            let known = self.named.get(&first.inode).copied();
            let Some(kind) = known.or_else(|| of_one.iter().find_map(|owner| kind(root, owner))) else {
                continue; // closed since
            };
            named.insert(first.inode, kind);
            let Kind::Of(protocol, family) = kind else { continue };
            if place.is_none_or(|(pid, _)| pid != first.pid) {
                place = namespace(root, first.pid).map(|netns| (first.pid, netns));
            }
            if let Some((_, netns)) = place {
                sockets.push(row(protocol, family, first.inode, netns));
            }
        }
        self.named = named;
    }
}

fn namespace(root: &ProcRoot, pid: Pid) -> Option<Netns> {
    let process = root.process(pid).ok()?;
    match netns::number(process.as_fd()) {
        Ok(number) => number.map(Netns::Inode),
        Err(_) => netns::table(process.as_fd()).ok().map(Netns::Hidden),
    }
}

/// What the descriptor says. Nothing where it is closed, or another socket now.
fn kind(root: &ProcRoot, owner: &Owner) -> Option<Kind> {
    let process = root.process(owner.tid.unwrap_or(owner.pid)).ok()?;
    let fds = open_path(&process, c"fd").ok()?;
    let mut name = [0; 64];
    // There is no call for a name below an open directory.
    let path = format!("/proc/self/fd/{}/{}", fds.as_raw_fd(), owner.fd);
    let length = retry_on_intr(|| getxattr(path.as_str(), c"system.sockprotoname", &mut name)).ok()?;
    let Fd(fd) = owner.fd;
    let mut link = [0; 64];
    let link = read_link(&fds, DecInt::new(fd).as_c_str(), &mut link).ok()?;
    let is_same = link_number(link, b"socket") == Some(owner.inode.0);
    is_same.then(|| protocol(name.get(..length).unwrap_or_default()))
}

/// The kernel's `struct proto.name`, with a NUL byte behind it.
fn protocol(name: &[u8]) -> Kind {
    let (protocol, family) = match name.strip_suffix(b"\0").unwrap_or(name) {
        b"TCP" | b"MPTCP" => (Protocol::Tcp, Family::Inet),
        b"TCPv6" | b"MPTCPv6" => (Protocol::Tcp, Family::Inet6),
        b"UDP" => (Protocol::Udp, Family::Inet),
        b"UDPv6" => (Protocol::Udp, Family::Inet6),
        b"UDP-Lite" => (Protocol::UdpLite, Family::Inet),
        b"UDPLITEv6" => (Protocol::UdpLite, Family::Inet6),
        b"RAW" => (Protocol::Raw, Family::Inet),
        b"RAWv6" => (Protocol::Raw, Family::Inet6),
        b"PING" => (Protocol::Icmp, Family::Inet),
        b"PINGv6" => (Protocol::Icmp, Family::Inet6),
        b"NETLINK" => (Protocol::Netlink, Family::Netlink),
        b"PACKET" => (Protocol::Packet, Family::Packet),
        _ => return Kind::Other,
    };
    Kind::Of(protocol, family)
}

fn row(protocol: Protocol, family: Family, inode: Inode, netns: Netns) -> Socket {
    let (state, detail) = match protocol {
        Protocol::Tcp => (Some(TcpState::Close), Detail::Tcp(TcpDetail::default())),
        Protocol::Netlink => (None, Detail::Datagram { drops: 0 }),
        Protocol::Packet => (None, Detail::Packet { kind: 0 }),
        Protocol::Udp | Protocol::UdpLite | Protocol::Raw | Protocol::Icmp | Protocol::Unix => {
            (Some(TcpState::Close), Detail::Datagram { drops: 0 })
        }
    };
    let (local, remote) = (Address::Unbound, Address::None);
    Socket {
        state: state.map(State::Tcp),
        ..Socket::of(SocketId { netns, protocol, inode, local, remote, nth: 0 }, family, detail)
    }
}

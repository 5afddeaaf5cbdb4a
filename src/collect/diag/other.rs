//! Sockets of unix, packet and netlink: `include/uapi/linux/{unix,packet,netlink}_diag.h`.

use super::message::{Attributes, u8_at, u16_at, u32_at};
use crate::model::{
    Address, Detail, Family, Inode, Netns, Protocol, Socket, SocketId, State, Text, UnixDetail, UnixKind,
    UnixState,
};

/// Name, peer, who waits for accept(2), queues, user (`UDIAG_SHOW_*`; the last since Linux 5.3).
const UNIX_SHOW: u32 = 0x1 | 0x4 | 0x8 | 0x10 | 0x40;
/// Interface with user, memory (`PACKET_SHOW_*`).
const PACKET_SHOW: u32 = 0x1 | 0x10;
/// Memory (`NDIAG_SHOW_MEMINFO`).
const NETLINK_SHOW: u32 = 0x1;
/// `NDIAG_PROTO_ALL`.
const EVERY_PROTOCOL: u8 = 255;

/// Flag of text tables for a listener (`__SO_ACCEPTCON`).
const LISTENS: u32 = 0x1_0000;

/// `struct unix_diag_req`:
///
/// ```text
/// 0 family  1 protocol  2 –  4 states  8 inode  12 what to show  16 cookie (8)
/// ```
pub(super) fn unix_request() -> Vec<u8> {
    [&[Family::Unix.number(), 0, 0, 0], &[0xff; 4][..], &[0; 4], &UNIX_SHOW.to_ne_bytes(), &[0; 8]].concat()
}

/// `struct packet_diag_req`, `struct netlink_diag_req`:
///
/// ```text
/// 0 family  1 protocol  2 –  4 inode  8 what to show  12 cookie (8)
/// ```
pub(super) fn request(family: Family) -> Vec<u8> {
    let (every, show) =
        if family == Family::Netlink { (EVERY_PROTOCOL, NETLINK_SHOW) } else { (0, PACKET_SHOW) };
    [&[family.number(), every, 0, 0], &[0; 4][..], &show.to_ne_bytes(), &[0; 8]].concat()
}

fn socket(family: Family, protocol: Protocol, netns: Netns, inode: u32, detail: Detail) -> Socket {
    let inode = Inode(inode.into());
    Socket::of(
        SocketId { netns, protocol, inode, local: Address::None, remote: Address::None, nth: 0 },
        family,
        detail,
    )
}

/// `struct unix_diag_msg`, then attributes: 0 name, 2 inode of the peer, 4 queues, 6 directions shut down,
/// 7 user:
///
/// ```text
/// 0 family  1 type  2 state  3 –  4 inode  8 cookie (8)  16 attributes
/// ```
pub(super) fn unix(body: &[u8], netns: Netns) -> Option<Socket> {
    let kind = match u8_at(body, 1)? {
        1 => UnixKind::Stream,
        2 => UnixKind::Datagram,
        5 => UnixKind::SeqPacket,
        other => UnixKind::Unknown(other.into()),
    };
    let state = u8_at(body, 2)?;
    let inode = u32_at(body, 4)?;
    let flags = if state == 10 { LISTENS } else { 0 };
    // The kernel lists it whatever is asked for.
    let shutdown =
        Attributes::after(body, 16).find(|&(kind, _)| kind == 6).and_then(|(_, value)| u8_at(value, 0));
    let mut socket = socket(
        Family::Unix,
        Protocol::Unix,
        netns,
        inode,
        Detail::Unix(UnixDetail { kind, flags, shutdown }),
    );
    // As `unix_seq_show()` does of those that have a descriptor.
    socket.state = Some(State::Unix(match state {
        10 => UnixState::Listen,
        1 => UnixState::Connected,
        _ => UnixState::Unconnected,
    }));
    for (kind, value) in Attributes::after(body, 16) {
        match kind {
            0 => socket.id.local = name(value),
            2 => socket.peer = u32_at(value, 0).map(|inode| Inode(inode.into())),
            4 => {
                socket.receive_queue = u32_at(value, 0);
                socket.send_queue = u32_at(value, 4);
            }
            7 => socket.uid = u32_at(value, 0),
            _ => {}
        }
    }
    Some(socket)
}

/// The connections that wait for accept(2) on a listener. The kernel lists none of them, having no inode yet, but
/// the inodes of their peers in attribute 3; they have the listener's name, as in the text table.
pub(super) fn waiting<'a>(body: &'a [u8], listener: &'a Socket) -> impl Iterator<Item = Socket> + 'a {
    let peers = Attributes::after(body, 16).find(|&(kind, _)| kind == 3).map_or(&[][..], |(_, value)| value);
    peers.chunks_exact(4).map(|peer| {
        let mut socket = listener.clone();
        socket.id.inode = Inode::NONE;
        socket.state = Some(State::Unix(UnixState::Connecting));
        socket.peer = u32_at(peer, 0).map(|inode| Inode(inode.into()));
        (socket.send_queue, socket.receive_queue) = (None, None);
        if let Detail::Unix(detail) = &mut socket.detail {
            detail.flags = 0;
        }
        socket
    })
}

/// The name as text tables print it: a path up to the NUL byte behind it, an abstract name with `@` for each
/// NUL byte.
fn name(bytes: &[u8]) -> Address {
    let path = match bytes.first() {
        None => return Address::None,
        Some(0) => bytes,
        Some(_) => bytes.strip_suffix(b"\0").unwrap_or(bytes),
    };
    if path.contains(&0) {
        let path: Vec<u8> = path.iter().map(|&byte| if byte == 0 { b'@' } else { byte }).collect();
        return Address::Unix(Text::from(path));
    }
    Address::Unix(Text::from(path))
}

/// `struct packet_diag_msg`, then attributes: 0 interface, 5 user, 6 memory:
///
/// ```text
/// 0 family  1 type  2 Ethernet protocol  4 inode  8 cookie (8)  16 attributes
/// ```
pub(super) fn packet(body: &[u8], netns: Netns) -> Option<Socket> {
    let detail = Detail::Packet { kind: u8_at(body, 1)?.into() };
    let protocol = u16_at(body, 2)?;
    let mut socket = socket(Family::Packet, Protocol::Packet, netns, u32_at(body, 4)?, detail);
    let mut interface = 0;
    for (kind, value) in Attributes::after(body, 16) {
        match kind {
            0 => interface = u32_at(value, 0)?,
            5 => socket.uid = u32_at(value, 0),
            6 => socket.receive_queue = u32_at(value, 0),
            _ => {}
        }
    }
    socket.id.local = Address::Packet { interface, protocol };
    Some(socket)
}

/// `struct netlink_diag_msg`, then attribute 0: memory in words, 0 received, 2 sent, 8 drops:
///
/// ```text
/// 0 family  1 type  2 netlink family  3 state  4 port  8 peer's port  12 its group  16 inode  20 cookie (8)
/// 28 attributes
/// ```
pub(super) fn netlink(body: &[u8], netns: Netns) -> Option<Socket> {
    let local = Address::Netlink { family: u8_at(body, 2)?, port: u32_at(body, 4)? };
    let memory = Attributes::after(body, 28).find(|&(kind, _)| kind == 0).map(|(_, value)| value);
    let memory = |word: usize| u32_at(memory?, word * 4);
    let detail = Detail::Datagram { drops: memory(8).map_or(0, u64::from) };
    let mut socket = socket(Family::Netlink, Protocol::Netlink, netns, u32_at(body, 16)?, detail);
    socket.id.local = local;
    socket.receive_queue = memory(0);
    socket.send_queue = memory(2);
    Some(socket)
}

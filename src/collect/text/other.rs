//! Rows of packet and netlink.

use super::field::{Fields, decimal, hex, signed};
use crate::model::{Address, Detail, Family, Inode, Netns, Protocol, Socket, SocketId};

/// `packet_seq_show()`:
///
/// ```text
/// sk               RefCnt Type Proto  Iface R Rmem   User   Inode
/// 000000006d9d0d13 3      3    0003   2     1 832    0      23012
/// 0                1      2    3      4     5 6      7      8
/// ```
///
/// 3 is hexadecimal; 4 is -1 after its interface is gone.
pub(super) fn packet(line: &[u8], netns: Netns) -> Option<Socket> {
    let mut fields = Fields::of(line);
    let pointer = hex(fields.next()?)?;
    let references = decimal(fields.next()?)?;
    let kind = decimal(fields.next()?)?;
    let protocol = hex(fields.next()?)?;
    let interface = signed(fields.next()?)?.cast_unsigned();
    let _running: u8 = decimal(fields.next()?)?;
    let receive_queue = decimal(fields.next()?)?;
    let uid = decimal(fields.next()?)?;
    let inode = Inode(decimal(fields.next()?)?);
    let local = Address::Packet { interface, protocol };
    Some(Socket {
        receive_queue: Some(receive_queue),
        uid: Some(uid),
        references: Some(references),
        pointer: Some(pointer),
        ..Socket::of(
            SocketId { netns, protocol: Protocol::Packet, inode, local, remote: Address::None, nth: 0 },
            Family::Packet,
            Detail::Packet { kind },
        )
    })
}

/// `netlink_native_seq_show()`:
///
/// ```text
/// sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
/// 00000000e928b728 15  612        00000002 0        0        0     2        0        562
/// 0                1   2          3        4        5        6     7        8        9
/// ```
///
/// 1 is the netlink family, 2 the port id (a pid only by habit), 7 references.
pub(super) fn netlink(line: &[u8], netns: Netns) -> Option<Socket> {
    let mut fields = Fields::of(line);
    let pointer = hex(fields.next()?)?;
    let family = decimal(fields.next()?)?;
    let port = decimal(fields.next()?)?;
    let _groups: u32 = hex(fields.next()?)?;
    let receive_queue = decimal(fields.next()?)?;
    let send_queue = decimal(fields.next()?)?;
    let _dumping: u32 = decimal(fields.next()?)?;
    let references = decimal(fields.next()?)?;
    let drops = decimal(fields.next()?)?;
    let inode = Inode(decimal(fields.next()?)?);
    let local = Address::Netlink { family, port };
    Some(Socket {
        send_queue: Some(send_queue),
        receive_queue: Some(receive_queue),
        references: Some(references),
        pointer: Some(pointer),
        ..Socket::of(
            SocketId { netns, protocol: Protocol::Netlink, inode, local, remote: Address::None, nth: 0 },
            Family::Netlink,
            Detail::Datagram { drops },
        )
    })
}

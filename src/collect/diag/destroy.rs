//! Closes one socket by `SOCK_DESTROY` of `sock_diag(7)`.
//!
//! The kernel looks a socket up by its addresses, and closes it only if it has the cookie that is asked for: a number
//! that it gives to one socket in the life of the machine. The cookie is asked for first, by inode.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::MetadataExt;

use rustix::fs::fstat;
use rustix::io::{self, Errno};

use super::inet;
use super::message::{self, Message, Messages};
use super::message::{DUMP, REQUEST};
use super::{BUFFER, BY_FAMILY, Connection};
use crate::collect::netns::Way;
use crate::model::{Address, Family, Inode, Netns, Pid, Protocol, SocketId, Unclosed};

/// Type of the request, and the flag that asks for an answer in any case (`NLM_F_ACK`).
const DESTROY: u16 = 21;
const ACK: u16 = 0x4;
/// Ours are the only requests on their connections.
const SEQUENCE: u32 = 1;

/// One socket of this machine that the kernel knows by a cookie.
#[derive(Debug)]
pub struct Known {
    way: Way,
    /// `struct inet_diag_req_v2` with addresses and cookie.
    request: Vec<u8>,
}

/// Asks for the cookie of a socket; of its owners, any may lead into its network namespace.
///
/// Fails where there is no such socket any more. One with an inode is known by it. What the kernel keeps without, such
/// as in TIME_WAIT, is known by its addresses alone, and only if there is one such.
pub fn find(id: &SocketId, device: Option<u32>, owners: &[Pid]) -> Result<Known, Unclosed> {
    let Netns::Inode(number) = id.netns else { return Err(Unclosed::NotPermitted) };
    let way = Way::find(number, owners).map_err(|errno| match errno {
        Errno::SRCH | Errno::NOENT => Unclosed::NoWay,
        _ => why(errno),
    })?;
    let found = way.there(|| ask(id, device)).map_err(why)?;
    let request = found.ok_or(Unclosed::Gone)?;
    Ok(Known { way, request })
}

impl Known {
    /// Closes it: its owners see the error ECONNABORTED, its peer a reset.
    ///
    /// Fails where it is gone, or was closed and another socket has its addresses.
    pub fn close(&self) -> Result<(), Unclosed> {
        let closed = self.way.there(|| {
            let netlink = Connection::open()?;
            netlink.send(&message::request(DESTROY, REQUEST | ACK, SEQUENCE, &self.request))?;
            acknowledged(netlink.receive(&mut vec![0; BUFFER])?)
        });
        closed.map_err(why)
    }
}

/// Tries it on a listener of our own, which nobody knows.
///
/// Fails as [`find`] and [`Known::close`] do: only a socket that is there has the kernel look at our capabilities.
pub fn probe() -> Result<(), Unclosed> {
    let failed = |error: std::io::Error| Unclosed::Failed(error.to_string());
    let ours = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
    let netns = File::open("/proc/self/ns/net").and_then(|netns| netns.metadata()).map_err(failed)?;
    let id = SocketId {
        netns: Netns::Inode(netns.ino()),
        protocol: Protocol::Tcp,
        inode: Inode(fstat(&ours).map_err(why)?.st_ino),
        local: Address::Inet(ours.local_addr().map_err(failed)?),
        remote: Address::Inet((Ipv4Addr::UNSPECIFIED, 0).into()),
        nth: 0,
    };
    find(&id, None, &[])?.close()
}

/// What the kernel's answer to the request means.
pub fn told(datagram: &[u8]) -> Result<(), Unclosed> {
    acknowledged(datagram).map_err(why)
}

/// Such a request is answered by an error number, 0 where it was done.
fn acknowledged(datagram: &[u8]) -> io::Result<()> {
    let mut messages = Messages::of(datagram, SEQUENCE);
    match messages.next() {
        Some(Message::Failed(errno)) => Err(errno),
        None if messages.acknowledged => Ok(()),
        Some(Message::Row(_) | Message::Done) | None => Err(Errno::PROTO),
    }
}

fn why(errno: Errno) -> Unclosed {
    match errno {
        Errno::NOENT | Errno::STALE => Unclosed::Gone,
        Errno::PERM | Errno::ACCESS => Unclosed::NotPermitted,
        Errno::OPNOTSUPP => Unclosed::NoDestroy,
        Errno::NOTUNIQ => Unclosed::Failed("several sockets have these addresses, and no inode".to_owned()),
        errno => Unclosed::Failed(errno.to_string()),
    }
}

/// The request that closes the socket; none where it is gone.
fn ask(id: &SocketId, device: Option<u32>) -> io::Result<Option<Vec<u8>>> {
    let Some((family, address)) = inet::sockid(id, device.unwrap_or(0)) else { return Ok(None) };
    let netlink = Connection::open()?;
    let mut found = Vec::new();
    // By its addresses the kernel finds a TCP socket at once, if no other one shares them.
    if id.protocol == Protocol::Tcp {
        let request = inet::request(family, id.protocol, 0, 0, &address);
        netlink.send(&message::request(BY_FAMILY, REQUEST, SEQUENCE, &request))?;
        take(netlink.receive(&mut vec![0; BUFFER])?, id, family, &mut found);
    }
    if found.is_empty() {
        let request = inet::request(family, id.protocol, 0, inet::STATES, &[0; inet::SOCKID]);
        netlink.send(&message::request(BY_FAMILY, REQUEST | DUMP, SEQUENCE, &request))?;
        let mut buffer = vec![0; BUFFER];
        while !take(netlink.receive(&mut buffer)?, id, family, &mut found) {}
    }
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => Err(Errno::NOTUNIQ),
    }
}

/// Adds the requests that would close what a datagram has of the socket; true where the answer ends with it.
fn take(datagram: &[u8], id: &SocketId, family: Family, found: &mut Vec<Vec<u8>>) -> bool {
    let mut has_rows = false;
    for message in Messages::of(datagram, SEQUENCE) {
        let Message::Row(body) = message else { return true };
        has_rows = true;
        let Some(row) = inet::row(body, id.protocol, id.netns).map(|row| row.id) else { continue };
        let is_it = match id.inode {
            Inode::NONE => row.inode.is_none() && (&row.local, &row.remote) == (&id.local, &id.remote),
            inode => row.inode == inode,
        };
        if is_it && let Some(address) = message::array::<{ inet::SOCKID }>(body, 4) {
            found.push(inet::request(family, id.protocol, 0, 0, &address));
        }
    }
    !has_rows // the kernel never sends nothing in between
}

//! Reads the tables of a network namespace by `sock_diag(7)`.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::fs::fstat;
use rustix::io::{self, Errno, retry_on_intr};
use rustix::net::netlink::{SOCK_DIAG, SocketAddrNetlink};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};

use super::gaps::Gaps;
use crate::model::{Family, GapReason, GapScope, Inode, Netns, Protocol, Socket, SocketId};

pub mod destroy;
mod inet;
mod message;
mod other;

pub(super) use inet::STATES;
use message::{DUMP, Message, Messages, REQUEST};

/// `SOCK_DIAG_BY_FAMILY`, and `TCPDIAG_GETSOCK` of old.
const BY_FAMILY: u16 = 20;
const TCP: u16 = 18;

/// The kernel sends at most 32 KiB at once; what does not fit the buffer is lost.
const BUFFER: usize = 64 * 1024;
/// Longest answer of one table, about two million sockets.
const TABLE_LIMIT: usize = 1024 * 1024 * 1024;
/// An answer comes at once; where something between us and the kernel gives none, this ends the waiting.
const PATIENCE: Duration = Duration::from_secs(5);

/// A kind of socket that the kernel is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// IPv4 and IPv6, and the subflows of MPTCP, as in the text table.
    Tcp,
    /// UDP or UDP-Lite.
    Datagram(Protocol, Family),
    Unix,
    Packet,
    Netlink,
}

impl Table {
    pub const ALL: [Self; 8] = [
        Self::Tcp,
        Self::Datagram(Protocol::Udp, Family::Inet),
        Self::Datagram(Protocol::Udp, Family::Inet6),
        Self::Datagram(Protocol::UdpLite, Family::Inet),
        Self::Datagram(Protocol::UdpLite, Family::Inet6),
        Self::Unix,
        Self::Packet,
        Self::Netlink,
    ];

    /// Asks for sockets in these states, one bit each by number, where the table has them.
    fn request(self, states: u32, sequence: u32) -> Vec<u8> {
        let request = |body: &[u8]| message::request(BY_FAMILY, REQUEST | DUMP, sequence, body);
        match self {
            Self::Tcp => message::request(TCP, REQUEST | DUMP, sequence, &inet::tcp_request(states)),
            Self::Datagram(protocol, family) => request(&inet::datagram_request(family, protocol)),
            Self::Unix => request(&other::unix_request()),
            Self::Packet => request(&other::request(Family::Packet)),
            Self::Netlink => request(&other::request(Family::Netlink)),
        }
    }

    fn row(self, body: &[u8], netns: Netns) -> Option<Socket> {
        match self {
            Self::Tcp => inet::row(body, Protocol::Tcp, netns),
            Self::Datagram(protocol, _) => inet::row(body, protocol, netns),
            Self::Unix => other::unix(body, netns),
            Self::Packet => other::packet(body, netns),
            Self::Netlink => other::netlink(body, netns),
        }
    }
}

/// How far an answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// There is more to receive.
    Unfinished,
    Done,
    /// The error number that the kernel gave.
    Failed(i32),
}

/// What the datagrams of one answer had in them beside rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Rows that do not have the kernel's form.
    pub malformed: u32,
    /// The kernel says that sockets came and went meanwhile, so that some may be missing.
    pub interrupted: bool,
}

impl Reading {
    /// Adds the sockets of one datagram of the answer to a request with this sequence number.
    pub fn take(
        &mut self,
        table: Table,
        datagram: &[u8],
        sequence: u32,
        netns: Netns,
        sockets: &mut Vec<Socket>,
    ) -> Answer {
        let mut messages = Messages::of(datagram, sequence);
        let mut answer = Answer::Unfinished;
        for message in messages.by_ref() {
            match message {
                Message::Row(body) => match table.row(body, netns) {
                    Some(socket) => {
                        if table == Table::Unix {
                            sockets.extend(other::waiting(body, &socket));
                        }
                        sockets.push(socket);
                    }
                    None => self.malformed = self.malformed.saturating_add(1),
                },
                Message::Done => answer = Answer::Done,
                Message::Failed(errno) => answer = Answer::Failed(errno.raw_os_error()),
            }
            if answer != Answer::Unfinished {
                break;
            }
        }
        self.interrupted |= messages.interrupted;
        answer
    }
}

/// Reads tables, with a buffer that is used again.
#[derive(Debug)]
pub(super) struct Reader {
    buffer: Vec<u8>,
    sequence: u32,
    /// Tables that this kernel has no handler for.
    absent: BTreeSet<Table>,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self { buffer: vec![0; BUFFER], sequence: 0, absent: BTreeSet::new() }
    }

    /// Whether the kernel would tell: fails with its error where it lets nobody ask.
    pub(super) fn probe() -> io::Result<()> {
        Connection::open().map(drop)
    }

    /// Adds every row of the tables of the namespace that this thread is in, of TCP those in one of the states.
    /// Gives the tables that must be read otherwise, as the kernel has no handler for them or refuses to say.
    ///
    /// Fails where netlink is refused altogether.
    pub(super) fn read(
        &mut self,
        netns: Netns,
        tables: &[Table],
        states: u32,
        sockets: &mut Vec<Socket>,
        gaps: &mut Gaps,
    ) -> io::Result<BTreeSet<Table>> {
        // For one namespace, and closed with it: an open one would keep the namespace of a container that ended.
        let mut netlink = Connection::open()?;
        let mut left = self.absent.clone();
        for &table in tables {
            if self.absent.contains(&table) {
                continue;
            }
            let before = sockets.len();
            match self.table(&mut netlink, table, states, netns, sockets, gaps) {
                Ok(()) => {}
                Err(errno) => {
                    sockets.truncate(before);
                    left.insert(table);
                    if errno == Errno::NOENT {
                        self.absent.insert(table);
                    }
                }
            }
        }
        // Those are ours, and gone by the time they could be shown.
        sockets.retain(|socket| {
            socket.id.protocol != Protocol::Netlink || !netlink.inodes.contains(&socket.id.inode)
        });
        Ok(left)
    }

    /// Adds those of these TCP sockets that are still there, or what has their addresses now; each with its interface.
    pub(super) fn read_again(
        &mut self,
        netns: Netns,
        known: &[(SocketId, u32)],
        sockets: &mut Vec<Socket>,
    ) -> io::Result<()> {
        let netlink = Connection::open()?;
        self.sequence = self.sequence.wrapping_add(1);
        let requests: Vec<Vec<u8>> = known
            .iter()
            .filter_map(|(id, device)| {
                let (family, address) = inet::sockid(id, *device)?;
                let body = inet::request(family, Protocol::Tcp, 0, 0, &address);
                Some(message::request(BY_FAMILY, REQUEST, self.sequence, &body))
            })
            .collect();
        netlink.send(&requests.concat())?;
        let mut reading = Reading::default();
        for _ in &requests {
            let datagram = netlink.receive(&mut self.buffer)?;
            reading.take(Table::Tcp, datagram, self.sequence, netns, sockets);
        }
        Ok(())
    }

    /// Asks for one table; once more where it was interrupted, or longer at once than expected.
    fn table(
        &mut self,
        netlink: &mut Connection,
        table: Table,
        states: u32,
        netns: Netns,
        sockets: &mut Vec<Socket>,
        gaps: &mut Gaps,
    ) -> io::Result<()> {
        let before = sockets.len();
        let mut read = self.dump(netlink, (table, states), netns, sockets);
        if !matches!(&read, Ok(Reading { interrupted: false, .. }) | Err(Errno::NOENT)) {
            sockets.truncate(before);
            netlink.renew()?; // the rest of the answer may still be on its way
            read = self.dump(netlink, (table, states), netns, sockets);
        }
        let Reading { malformed, interrupted, .. } = read?;
        for _ in 0..malformed {
            gaps.add(GapScope::TableLine, GapReason::Malformed);
        }
        if interrupted {
            gaps.add(GapScope::Table, GapReason::Vanished);
        }
        Ok(())
    }

    fn dump(
        &mut self,
        netlink: &Connection,
        (table, states): (Table, u32),
        netns: Netns,
        sockets: &mut Vec<Socket>,
    ) -> io::Result<Reading> {
        self.sequence = self.sequence.wrapping_add(1);
        netlink.send(&table.request(states, self.sequence))?;
        let mut reading = Reading::default();
        let mut total = 0_usize;
        loop {
            let datagram = netlink.receive(&mut self.buffer)?;
            let length = datagram.len();
            match reading.take(table, datagram, self.sequence, netns, sockets) {
                Answer::Unfinished => {}
                Answer::Done => return Ok(reading),
                Answer::Failed(number) => return Err(Errno::from_raw_os_error(number)),
            }
            total = total.saturating_add(length);
            if length == 0 || total > TABLE_LIMIT {
                return Err(Errno::MSGSIZE);
            }
        }
    }
}

/// A netlink socket, and the inodes of it and of those before it.
#[derive(Debug)]
struct Connection {
    socket: OwnedFd,
    inodes: Vec<Inode>,
}

impl Connection {
    fn open() -> io::Result<Self> {
        let socket =
            socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, Some(SOCK_DIAG))?;
        set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
        let inodes = vec![Inode(fstat(&socket)?.st_ino)];
        Ok(Self { socket, inodes })
    }

    fn send(&self, request: &[u8]) -> io::Result<()> {
        let kernel = SocketAddrNetlink::new(0, 0);
        retry_on_intr(|| sendto(&self.socket, request, SendFlags::empty(), &kernel)).map(drop)
    }

    /// The next datagram. Where the buffer is too short for it, it is lost and the buffer is longer.
    fn receive<'b>(&self, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
        let (_, length) = retry_on_intr(|| recv(&self.socket, buffer.as_mut_slice(), RecvFlags::TRUNC))?;
        if length > buffer.len() {
            buffer.resize(length.next_multiple_of(BUFFER), 0);
            return Err(Errno::MSGSIZE);
        }
        Ok(buffer.get(..length).unwrap_or_default())
    }

    fn renew(&mut self) -> io::Result<()> {
        let Self { socket, inodes } = Self::open()?;
        self.socket = socket;
        self.inodes.extend(inodes);
        Ok(())
    }
}

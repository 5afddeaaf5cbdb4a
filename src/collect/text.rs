//! Reads the tables of a network namespace: `/proc/PID/net/tcp` and its kin.

use std::collections::BTreeSet;
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::{self, retry_on_intr};

use super::diag;
use super::gaps::{Gaps, reason};
use super::root::{is_gone, open_file};
use super::ticks::Ticks;
use crate::model::{Family, GapReason, GapScope, Netns, Protocol, Socket};

mod field;
mod inet;
mod other;
mod unix;

pub(super) use inet::timer_kind;

/// Longest line; those of the kernel have at most 108 bytes of foreign text and 180 of its own.
const LINE_LIMIT: usize = 64 * 1024;
/// Longest table, about two million sockets.
const TABLE_LIMIT: usize = 512 * 1024 * 1024;

#[derive(Clone, Copy, Debug)]
enum Table {
    Tcp(Family),
    Datagram(Protocol, Family),
    Unix,
    Packet,
    Netlink,
}

const TABLES: [(&CStr, Table); 13] = [
    (c"net/tcp", Table::Tcp(Family::Inet)),
    (c"net/tcp6", Table::Tcp(Family::Inet6)),
    (c"net/udp", Table::Datagram(Protocol::Udp, Family::Inet)),
    (c"net/udp6", Table::Datagram(Protocol::Udp, Family::Inet6)),
    (c"net/udplite", Table::Datagram(Protocol::UdpLite, Family::Inet)),
    (c"net/udplite6", Table::Datagram(Protocol::UdpLite, Family::Inet6)),
    (c"net/raw", Table::Datagram(Protocol::Raw, Family::Inet)),
    (c"net/raw6", Table::Datagram(Protocol::Raw, Family::Inet6)),
    (c"net/icmp", Table::Datagram(Protocol::Icmp, Family::Inet)),
    (c"net/icmp6", Table::Datagram(Protocol::Icmp, Family::Inet6)),
    (c"net/unix", Table::Unix),
    (c"net/packet", Table::Packet),
    (c"net/netlink", Table::Netlink),
];

impl Table {
    /// What `sock_diag(7)` calls it. It has handlers for raw sockets in few kernels, and for ICMP in none.
    fn by_diag(self) -> Option<diag::Table> {
        match self {
            Self::Tcp(_) => Some(diag::Table::Tcp),
            Self::Datagram(Protocol::Raw | Protocol::Icmp, _) => None,
            Self::Datagram(protocol, family) => Some(diag::Table::Datagram(protocol, family)),
            Self::Unix => Some(diag::Table::Unix),
            Self::Packet => Some(diag::Table::Packet),
            Self::Netlink => Some(diag::Table::Netlink),
        }
    }
}

/// Reads tables, with a buffer that is used again.
#[derive(Debug)]
pub(super) struct Reader {
    buffer: Vec<u8>,
    ticks: Ticks,
}

impl Reader {
    pub(super) fn new(ticks: Ticks) -> Self {
        Self { buffer: vec![0; LINE_LIMIT], ticks }
    }

    /// Adds every row of every table below `net` in the directory of a process. A table that is not there is
    /// one that this kernel does not have.
    ///
    /// With `only`, what `sock_diag(7)` told of is left out: all but the tables named there and those that it has
    /// nothing about.
    ///
    /// Fails where there is none at all.
    pub(super) fn read(
        &mut self,
        process: BorrowedFd<'_>,
        netns: Netns,
        only: Option<&BTreeSet<diag::Table>>,
        sockets: &mut Vec<Socket>,
        gaps: &mut Gaps,
    ) -> Result<(), GapReason> {
        let mut read = 0;
        let mut failed = GapReason::Vanished;
        for (path, table) in TABLES {
            if only.is_some_and(|only| table.by_diag().is_some_and(|table| !only.contains(&table))) {
                continue;
            }
            match open_file(process, path).and_then(|file| self.table(&file, table, netns, sockets, gaps)) {
                Ok(()) => read += 1,
                Err(errno) if is_gone(errno) => {}
                Err(errno) => {
                    failed = reason(errno);
                    gaps.add(GapScope::Table, failed);
                }
            }
        }
        if read == 0 && only.is_none() { Err(failed) } else { Ok(()) }
    }

    fn table(
        &mut self,
        file: &OwnedFd,
        table: Table,
        netns: Netns,
        sockets: &mut Vec<Socket>,
        gaps: &mut Gaps,
    ) -> io::Result<()> {
        let ticks = self.ticks;
        let mut malformed = 0_u32;
        let mut unix = unix::Rows::new(netns);
        let mut header = true;
        let extent = each_line(file.as_fd(), &mut self.buffer, |line| {
            if std::mem::take(&mut header) {
                return;
            }
            let row = match table {
                Table::Tcp(family) => line.and_then(|line| inet::tcp(line, family, netns, ticks)),
                Table::Datagram(protocol, family) => {
                    line.and_then(|line| inet::datagram(line, protocol, family, netns))
                }
                Table::Packet => line.and_then(|line| other::packet(line, netns)),
                Table::Netlink => line.and_then(|line| other::netlink(line, netns)),
                Table::Unix => return unix.line(line, sockets),
            };
            match row {
                Some(socket) => sockets.push(socket),
                None => malformed = malformed.saturating_add(1),
            }
        });
        for _ in 0..malformed.saturating_add(unix.finish(sockets)) {
            gaps.add(GapScope::TableLine, GapReason::Malformed);
        }
        if extent? > TABLE_LIMIT {
            gaps.add(GapScope::Table, GapReason::TooLarge);
        }
        Ok(())
    }
}

/// Calls `take` with each line, without its newline; with nothing for one longer than the buffer. Gives the
/// number of bytes that were read.
fn each_line(
    file: BorrowedFd<'_>,
    buffer: &mut [u8],
    mut take: impl FnMut(Option<&[u8]>),
) -> io::Result<usize> {
    let mut filled = 0;
    let mut total = 0;
    let mut in_long_line = false;
    loop {
        let count = retry_on_intr(|| io::read(file, buffer.get_mut(filled..).unwrap_or_default()))?;
        total += count;
        filled += count;
        let mut rest = buffer.get(..filled).unwrap_or_default();
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let (line, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            if !std::mem::take(&mut in_long_line) {
                take(Some(line));
            }
        }
        let left = rest.len();
        if count == 0 || total > TABLE_LIMIT {
            if left > 0 && !in_long_line {
                take(Some(rest));
            }
            return Ok(total);
        }
        if left == buffer.len() && !in_long_line {
            take(None);
            in_long_line = true;
        }
        if in_long_line {
            filled = 0;
        } else {
            buffer.copy_within(filled - left..filled, 0);
            filled = left;
        }
    }
}

//! One end of an internet socket, in the lengths that fit.

use std::borrow::Cow;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr, SocketAddrV4};

use crate::model::{Address, Lookup, Protocol, printable};
use crate::table::Row;

/// Which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Local,
    Remote,
}

/// Address and port, with the names that are known of them.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint<'a> {
    row: &'a Row<'a>,
    protocol: Protocol,
    address: SocketAddr,
    end: End,
}

impl<'a> Endpoint<'a> {
    /// The end of the row's socket; none where that is no internet socket.
    pub fn new(row: &'a Row<'a>, end: End) -> Option<Self> {
        let id = &row.socket?.id;
        let address = match end {
            End::Local => &id.local,
            End::Remote => &id.remote,
        };
        match address {
            Address::Inet(address) => Some(Self { row, protocol: id.protocol, address: *address, end }),
            Address::None
            | Address::Unix(_)
            | Address::Packet { .. }
            | Address::Netlink { .. }
            | Address::Unbound => None,
        }
    }

    pub fn end(&self) -> End {
        self.end
    }

    /// Address, with IPv4-mapped IPv6 as IPv4.
    pub fn address(&self) -> IpAddr {
        self.address.ip().to_canonical()
    }

    /// What it sorts by: address, IPv4 first, then port.
    pub(super) fn order(&self) -> (bool, u128, u16) {
        let (is_v6, bits) = match self.address() {
            IpAddr::V4(address) => (false, address.to_bits().into()),
            IpAddr::V6(address) => (true, address.to_bits()),
        };
        (is_v6, bits, self.address.port())
    }

    /// Name of the host, safe to show.
    pub fn host(&self) -> Option<Cow<'a, str>> {
        let name = self.row.names.get(Lookup::Host(self.address.ip().to_canonical()))?;
        Some(printable(name.as_bytes()))
    }

    /// Name of the service. A raw socket's port is no port but its protocol.
    fn service(&self) -> Option<Cow<'a, str>> {
        let protocol = self.protocol;
        if !matches!(protocol, Protocol::Tcp | Protocol::Udp | Protocol::UdpLite) {
            return None;
        }
        let name = self.row.names.get(Lookup::Service { protocol, port: self.address.port() })?;
        Some(printable(name.as_bytes()))
    }

    /// The port, by its name where that is known; safe to show.
    pub fn port(&self) -> Cow<'a, str> {
        self.service().unwrap_or_else(|| self.address.port().to_string().into())
    }

    /// Whether its text has more than numbers.
    pub fn has_names(&self) -> bool {
        self.service().is_some() || self.host().is_some()
    }

    /// Names where they are known, numbers else.
    pub fn text(&self) -> String {
        match self.host() {
            Some(host) => format!("{host}:{}", self.port()),
            None => format!("{}:{}", bracketed(self.address.ip()), self.port()),
        }
    }

    /// Numbers only, as the kernel lists them.
    pub(in crate::table) fn numeric<'b>(&self, buffer: &'b mut [u8; 64]) -> &'b [u8] {
        if let SocketAddr::V4(address) = self.address {
            return dotted(address, buffer); // nearly all, and formatting takes as long as the rest of a filter
        }
        let room = buffer.len();
        let mut rest = &mut buffer[..];
        write!(rest, "{}", self.address).ok(); // what has no room is left out, and all has
        let used = room - rest.len();
        buffer.get(..used).unwrap_or_default()
    }

    /// The address in fewer cells: `*` for any, IPv4-mapped as IPv4.
    pub fn short_address(&self) -> Cow<'a, str> {
        if let Some(host) = self.host() {
            return host;
        }
        let address = self.address.ip().to_canonical();
        if address.is_unspecified() { "*".into() } else { bracketed(address).into() }
    }
}

/// `127.0.0.1:8080`, in the first bytes of the buffer.
fn dotted(address: SocketAddrV4, buffer: &mut [u8]) -> &[u8] {
    let mut used = 0;
    let mut push = |byte| {
        if let Some(place) = buffer.get_mut(used) {
            *place = byte;
            used += 1;
        }
    };
    let [a, b, c, d] = address.ip().octets().map(u16::from);
    for (number, behind) in [(a, b'.'), (b, b'.'), (c, b'.'), (d, b':'), (address.port(), 0)] {
        let units = [10_000, 1_000, 100, 10].into_iter().filter(|&unit| number >= unit).chain([1]);
        for digit in units.map(|unit| number / unit % 10) {
            push(b'0' + digit.to_le_bytes()[0]);
        }
        push(behind);
    }
    buffer.get(..used.saturating_sub(1)).unwrap_or_default()
}

fn bracketed(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

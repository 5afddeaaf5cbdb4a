//! Which alerts the user does not want to hear of, and which connections may be.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// An alert that all of its conditions match keeps its level and its evidence, and is not in the way any more.
///
/// A condition is about what something is, never about a pid. At least one is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mute {
    /// Name of the rule.
    pub rule: Option<String>,
    /// Executable of the process that it is about, or of another one on the way to the connection. As [`is_path`] has it.
    pub exe: Option<String>,
    /// The connection's other end.
    pub peer: Option<Peer>,
    /// Executable of the process's parent, as [`is_path`] has it, or its name (`comm`).
    pub parent: Option<String>,
    /// The user's words.
    pub reason: String,
}

/// An alert that all of its conditions match is low.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allow {
    /// As in [`Mute`].
    pub exe: Option<String>,
    /// As in [`Mute`].
    pub peer: Option<Peer>,
    /// As in [`Mute`].
    pub parent: Option<String>,
    /// User of the process that it is about, by name or number.
    pub user: Option<String>,
    /// The user's words.
    pub reason: Option<String>,
}

/// `rule shell-outbound, exe /usr/bin/bash, peer 203.0.113.80, parent /usr/sbin/sshd`; not safe to show.
impl fmt::Display for Mute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let peer = self.peer.map(|peer| peer.to_string());
        let named = [("rule", &self.rule), ("exe", &self.exe), ("peer", &peer), ("parent", &self.parent)];
        let named = named.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?)));
        f.write_str(&named.collect::<Vec<_>>().join(", "))
    }
}

/// Whether a path is the wanted one; one that ends in `*` wants all that begin so.
pub fn is_path(wanted: &str, path: &[u8]) -> bool {
    match wanted.strip_suffix('*') {
        Some(begin) => path.starts_with(begin.as_bytes()),
        None => path == wanted.as_bytes(),
    }
}

/// Other ends of connections. IPv4-mapped IPv6 is IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Any port of it.
    Address(IpAddr),
    /// Any address with the same first bits.
    Network { address: IpAddr, bits: u8 },
    /// Address and port.
    Socket(SocketAddr),
}

impl Peer {
    pub fn matches(&self, peer: SocketAddr) -> bool {
        let ip = peer.ip().to_canonical();
        match *self {
            Self::Address(address) => address == ip,
            Self::Network { address, bits } => match (address, ip) {
                (IpAddr::V4(a), IpAddr::V4(b)) => {
                    let shift = 32_u32.saturating_sub(bits.into());
                    u32::from(a).checked_shr(shift) == u32::from(b).checked_shr(shift)
                }
                (IpAddr::V6(a), IpAddr::V6(b)) => {
                    let shift = 128_u32.saturating_sub(bits.into());
                    u128::from(a).checked_shr(shift) == u128::from(b).checked_shr(shift)
                }
                (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
            },
            Self::Socket(socket) => socket == SocketAddr::new(ip, peer.port()),
        }
    }
}

/// Not an address, a network or an address with port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a peer is an address, a network or address:port: 192.0.2.7, 192.0.2.0/24, [2001:db8::7]:443")]
pub struct NoPeer;

impl FromStr for Peer {
    type Err = NoPeer;

    fn from_str(text: &str) -> Result<Self, NoPeer> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Address(address.to_canonical()));
        }
        if let Ok(socket) = text.parse::<SocketAddr>() {
            return Ok(Self::Socket(SocketAddr::new(socket.ip().to_canonical(), socket.port())));
        }
        let (address, bits) = text.split_once('/').ok_or(NoPeer)?;
        let address: IpAddr = address.parse().map_err(|_| NoPeer)?;
        let bits: u8 = bits.parse().map_err(|_| NoPeer)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let canonical = address.to_canonical();
        // Of a mapped address the first 96 bits say only that it is one.
        let mapped = if canonical.is_ipv4() && address.is_ipv6() { 96 } else { 0 };
        match bits.checked_sub(mapped).filter(|_| bits <= most) {
            Some(bits) => Ok(Self::Network { address: canonical, bits }),
            None => Err(NoPeer),
        }
    }
}

/// As it is read.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Network { address, bits } => write!(f, "{address}/{bits}"),
            Self::Socket(socket) => socket.fmt(f),
        }
    }
}

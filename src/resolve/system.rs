//! One lookup in the system's databases, as long as it takes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::model::{Lookup, Protocol};

/// `netdb.h`, the same on every Linux: give the address as digits, so nothing is asked for it.
const NI_NUMERICHOST: i32 = 1;
/// Give the port as digits.
const NI_NUMERICSERV: i32 = 2;
/// Fail where the address has no name.
const NI_NAMEREQD: i32 = 8;
/// The port is one of UDP.
const NI_DGRAM: i32 = 16;

/// The name, where there is one that can be used. It is foreign text: escape it before showing it.
pub(super) fn name(lookup: Lookup) -> Option<String> {
    match lookup {
        Lookup::Host(address) => host(address),
        Lookup::Service { protocol, port } => service(protocol, port),
        Lookup::User(uid) => {
            uzers::get_user_by_uid(uid).map(|user| user.name().to_string_lossy().into_owned())
        }
    }
}

/// The PTR record, `/etc/hosts` or what else nsswitch names. Who owns the address block writes the answer:
/// a name that reads as an address would show a lie in its place.
fn host(address: IpAddr) -> Option<String> {
    let socket = SocketAddr::new(address.to_canonical(), 0);
    let (name, _) = dns_lookup::getnameinfo(&socket, NI_NAMEREQD | NI_NUMERICSERV).ok()?;
    (!name.is_empty() && name.parse::<IpAddr>().is_err()).then_some(name)
}

/// `services(5)`; getnameinfo(3) answers with the digits where it has no name.
fn service(protocol: Protocol, port: u16) -> Option<String> {
    let datagram = match protocol {
        Protocol::Tcp => 0,
        Protocol::Udp | Protocol::UdpLite => NI_DGRAM,
        Protocol::Raw | Protocol::Icmp | Protocol::Unix | Protocol::Packet | Protocol::Netlink => {
            return None;
        }
    };
    let socket = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port);
    let (_, name) = dns_lookup::getnameinfo(&socket, NI_NUMERICHOST | datagram).ok()?;
    (name != port.to_string()).then_some(name)
}

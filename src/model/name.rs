//! What lookups found: names of hosts, services and users.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::Protocol;

/// Something that may have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lookup {
    /// Reverse DNS; the only lookup that sends packets.
    Host(IpAddr),
    /// `services(5)`.
    Service { protocol: Protocol, port: u16 },
    /// The user database through nsswitch; may ask a directory server.
    User(u32),
}

/// Names by what they stand for. An empty one shows numbers everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    found: BTreeMap<Lookup, String>,
}

impl Names {
    /// Adds or replaces one name.
    pub fn learn(&mut self, lookup: Lookup, name: String) {
        self.found.insert(lookup, name);
    }

    /// Takes over all of `other`.
    pub fn merge(&mut self, other: Self) {
        self.found.extend(other.found);
    }

    /// The name, where one is known. It is foreign text: escape it before showing it.
    pub fn get(&self, lookup: Lookup) -> Option<&str> {
        self.found.get(&lookup).map(String::as_str)
    }
}

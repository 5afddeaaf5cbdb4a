//! Names by lookups: what is asked of whom, and for how long an answer holds.

#![expect(clippy::disallowed_methods, reason = "time is an argument; here is where it comes from")]

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use sockeye::model::{Lookup, Protocol};
use sockeye::resolve::cache::{Answer, Cache};
use sockeye::resolve::{Resolver, resolve_all};

use crate::support::skip;

const SSH: Lookup = Lookup::Service { protocol: Protocol::Tcp, port: 22 };
const ROOT: Lookup = Lookup::User(0);
const SOON: Duration = Duration::from_secs(20);

fn host(last: u8) -> Lookup {
    Lookup::Host(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)))
}

#[test]
fn who_asks_gets_names_later_and_then_at_once() {
    if !knows_ssh() {
        return;
    }
    let (found, names) = channel();
    let resolver = Resolver::new(move |name| found.send(name).unwrap()).unwrap();
    assert!(resolver.ask([SSH]).is_none());
    assert_eq!(names.recv_timeout(SOON).unwrap().get(SSH), Some("ssh"));
    assert_eq!(resolver.ask([SSH]).unwrap().get(SSH), Some("ssh"));
}

fn knows_ssh() -> bool {
    let services = std::fs::read_to_string("/etc/services").unwrap_or_default();
    let known = services.lines().any(|line| line.starts_with("ssh") && line.contains("22/tcp"));
    if !known {
        skip("/etc/services has no ssh");
    }
    known
}

#[test]
fn what_has_no_name_is_left_out() {
    let nobody = Lookup::User(4_000_000_000);
    let raw = Lookup::Service { protocol: Protocol::Raw, port: 22 };
    let port = Lookup::Service { protocol: Protocol::Udp, port: 7 };
    let names = resolve_all(BTreeSet::from([ROOT, nobody, raw, port]), SOON).unwrap();
    assert_eq!((names.get(ROOT), names.get(nobody), names.get(raw)), (Some("root"), None, None));
    assert!(names.get(port).is_none_or(|name| name == "echo"), "never the number");
}

#[test]
fn an_answer_holds_for_a_while_and_no_name_for_less() {
    let mut cache = Cache::default();
    let start = Instant::now();
    let after = |seconds| start + Duration::from_secs(seconds);
    assert_eq!(cache.ask(SSH, start, 9), Answer::LookUp);
    assert_eq!(cache.ask(SSH, start, 9), Answer::Pending);
    assert_eq!(cache.ask(ROOT, start, 9), Answer::LookUp);
    cache.store(SSH, Some("ssh".to_owned()), start);
    cache.store(ROOT, None, start);
    assert_eq!(cache.ask(SSH, after(599), 9), Answer::Name("ssh"));
    assert_eq!(cache.ask(ROOT, after(59), 9), Answer::Nameless);
    assert_eq!(cache.ask(ROOT, after(60), 9), Answer::LookUp);
    assert_eq!(cache.ask(SSH, after(600), 9), Answer::LookUp);
}

#[test]
fn no_more_than_so_many_are_pending() {
    let mut cache = Cache::default();
    let now = Instant::now();
    assert_eq!(cache.ask(host(1), now, 2), Answer::LookUp);
    assert_eq!(cache.ask(host(2), now, 2), Answer::LookUp);
    assert_eq!(cache.ask(host(3), now, 2), Answer::Full);
    cache.store(host(1), None, now);
    assert_eq!(cache.ask(host(3), now, 2), Answer::LookUp);
}

#[test]
fn a_scan_of_the_internet_does_not_fill_the_memory() {
    let mut cache = Cache::default();
    let now = Instant::now();
    for address in 0..100_000 {
        let lookup = Lookup::Host(IpAddr::V4(Ipv4Addr::from_bits(address)));
        cache.ask(lookup, now, 9);
        cache.store(lookup, Some("name".to_owned()), now);
    }
    assert!(cache.len() <= 8192, "{}", cache.len());
}

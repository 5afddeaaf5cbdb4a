//! What the counters of a connection say: direction and rates; who is at a unix socket's other end.

use sockeye::analyze::{DirectedBy, Direction, Rates};
use sockeye::model::{Inode, Small, TcpCounters, TcpState, UnixState};

use super::{INBOUND, OUTBOUND, PEER, analyze, analyze_all, directions};
use crate::support::snapshot::{Builder, snapshot};

const CONNECTED: Option<(Direction, DirectedBy)> = Some((Direction::Outbound, DirectedBy::Counters));
const ACCEPTED: Option<(Direction, DirectedBy)> = Some((Direction::Inbound, DirectedBy::Counters));
const BY_PORTS: Option<(Direction, DirectedBy)> = Some((Direction::Inbound, DirectedBy::Ports));

fn server() -> Builder {
    snapshot().process(40, 1, "/usr/sbin/server", "server")
}

fn connection(state: TcpState, counters: TcpCounters) -> Builder {
    server().tcp(7, &[4], state, "10.0.0.5:80", PEER).counters(counters)
}

fn counted(sent: u64, sent_again: u64, acked: u64) -> TcpCounters {
    TcpCounters { sent, sent_again, acked, ..TcpCounters::default() }
}

#[test]
fn the_acknowledged_syn_tells_who_connected() {
    let judged = |state, counters| directions(&analyze(connection(state, counters)))[0];
    let established = |counters| judged(TcpState::Established, counters);
    assert_eq!(established(counted(500, 0, 501)), CONNECTED);
    assert_eq!(established(counted(500, 0, 500)), ACCEPTED);
    assert_eq!(established(counted(0, 0, 1)), CONNECTED);
    assert_eq!(established(counted(0, 0, 0)), ACCEPTED);
    // What was sent again is acknowledged once.
    assert_eq!(established(counted(700, 200, 501)), CONNECTED);
    assert_eq!(established(counted(700, 200, 500)), ACCEPTED);
    assert_eq!(judged(TcpState::CloseWait, counted(500, 0, 501)), CONNECTED);

    // Undecided: data in flight, any other difference, counters that contradict themselves.
    assert_eq!(established(TcpCounters { unacked: 1, ..counted(500, 0, 501) }), OUTBOUND);
    for counters in [counted(500, 0, 502), counted(500, 0, 499), counted(0, 0, 77), counted(1, 2, 0)] {
        assert_eq!(established(counters), OUTBOUND, "{counters:?}");
    }
    // An acknowledged FIN counts as a SYN does.
    for state in [TcpState::FinWait1, TcpState::FinWait2, TcpState::Closing, TcpState::LastAck] {
        assert_eq!(judged(state, counted(500, 0, 501)), OUTBOUND, "{state:?}");
    }
}

#[test]
fn counters_say_more_than_listeners_and_less_than_the_state() {
    let listening = |one: Builder| one.tcp(1, &[3], TcpState::Listen, "0.0.0.0:80", "0.0.0.0:0");
    let one = |counters| listening(connection(TcpState::Established, counters));
    assert_eq!(directions(&analyze(one(counted(5, 0, 6)))), [CONNECTED, None]);
    assert_eq!(directions(&analyze(one(counted(5, 0, 2)))), [INBOUND, None]);
    let sent = connection(TcpState::SynSent, counted(0, 0, 0));
    let seen = [sent, connection(TcpState::Established, counted(0, 0, 0))];
    assert_eq!(directions(&analyze_all(seen)), [Some((Direction::Outbound, DirectedBy::State))]);
}

#[test]
fn a_decision_stays_and_counters_replace_a_weaker_one() {
    let look = |counters: &[TcpCounters]| {
        let all = counters.iter().map(|&counters| connection(TcpState::Established, counters));
        directions(&analyze_all(all))[0]
    };
    let (busy, accepted, connected) = (counted(5, 0, 2), counted(5, 0, 5), counted(5, 0, 6));
    assert_eq!(look(&[busy, busy]), OUTBOUND);
    assert_eq!(look(&[busy, accepted]), ACCEPTED);
    assert_eq!(look(&[accepted, busy]), ACCEPTED);
    assert_eq!(look(&[accepted, connected]), ACCEPTED);
    let closing = connection(TcpState::FinWait2, connected);
    assert_eq!(directions(&analyze_all([connection(TcpState::Established, accepted), closing])), [ACCEPTED]);
}

#[test]
fn an_ephemeral_port_of_the_peer_alone_means_inbound() {
    let judged = |local: &str, remote: &str, range| {
        let one = server().tcp(7, &[4], TcpState::Established, local, remote);
        directions(&analyze(one.adjust(|snapshot| snapshot.host.ephemeral_ports = range)))[0]
    };
    for (local, remote, range, direction) in [
        ("10.0.0.5:22", "192.0.2.7:32768", None, BY_PORTS),
        ("10.0.0.5:61000", "192.0.2.7:60999", None, BY_PORTS),
        ("10.0.0.5:22", "192.0.2.7:32767", None, OUTBOUND),
        ("10.0.0.5:22", "192.0.2.7:61000", None, OUTBOUND),
        ("10.0.0.5:40000", "192.0.2.7:50000", None, OUTBOUND),
        ("10.0.0.5:40000", "192.0.2.7:443", None, OUTBOUND),
        ("10.0.0.5:22", "192.0.2.7:20000", Some((20_000, 30_000)), BY_PORTS),
        ("10.0.0.5:22", "192.0.2.7:40000", Some((20_000, 30_000)), OUTBOUND),
        ("[2001:db8::5]:22", "[2001:db8::1]:40000", None, BY_PORTS),
    ] {
        assert_eq!(judged(local, remote, range), direction, "{local} {remote} {range:?}");
    }
    let udp = server().udp(7, &[4], "10.0.0.5:53", "192.0.2.7:40000");
    assert_eq!(directions(&analyze(udp)), [BY_PORTS]);
}

#[test]
fn rates_are_differences_by_the_clock_since_boot() {
    let one = |sent, received| {
        connection(TcpState::Established, TcpCounters { sent, received, ..TcpCounters::default() })
    };
    let last = |all: Vec<Builder>| analyze_all(all).entries[0].rates;
    let rates = |sent, received| Some(Rates { sent, received });
    assert_eq!(last(vec![one(1_000, 50)]), None);
    // Two seconds apart.
    assert_eq!(last(vec![one(1_000, 50), one(5_001, 50)]), rates(2_000, 0));
    assert_eq!(last(vec![one(1_000, 50), one(5_000, 50), one(5_000, 450)]), rates(0, 200));
    assert_eq!(last(vec![one(0, 0), one(u64::MAX, 2)]), rates(u64::MAX / 2, 1));
    // Counters that go back are another connection's.
    assert_eq!(last(vec![one(1_000, 50), one(999, 50)]), None);
    // Missing for one snapshot: over the time since it was last seen.
    assert_eq!(last(vec![one(1_000, 0), server(), one(5_000, 0)]), rates(1_000, 0));
    // No time passed, no counters before.
    let [first, second] = [one(0, 0), one(8, 8)].map(Builder::build);
    let mut analyzer = sockeye::analyze::Analyzer::default();
    analyzer.analyze(first);
    assert_eq!(analyzer.analyze(second).entries[0].rates, None);
    let uncounted = server().tcp(7, &[4], TcpState::Established, "10.0.0.5:80", PEER);
    assert_eq!(last(vec![uncounted, one(8, 8)]), None);
}

#[test]
fn a_unix_peer_is_found_by_its_inode() {
    let peers = |one: Builder| {
        analyze(one).entries.iter().map(|entry| entry.peer.map(Small::place)).collect::<Vec<_>>()
    };
    let one = server()
        .unix(3, &[3], UnixState::Connected, b"/run/x")
        .unix(9, &[4], UnixState::Connected, b"")
        .unix(5, &[5], UnixState::Connected, b"");
    let joined = one.adjust(|snapshot| {
        snapshot.sockets[0].peer = Some(Inode(9));
        snapshot.sockets[1].peer = Some(Inode(3));
        snapshot.sockets[2].peer = Some(Inode(4)); // listed nowhere
    });
    assert_eq!(peers(joined.clone()), [Some(1), Some(0), None]);
    let none = joined.adjust(|snapshot| snapshot.sockets[0].peer = Some(Inode::NONE));
    assert_eq!(peers(none), [None, Some(0), None]);
}

//! What follows from snapshots: owners, direction, age, changes, what has closed, coverage.

use std::sync::Arc;
use std::time::Duration;

use sockeye::analyze::{Analysis, Analyzer, Coverage, DirectedBy, Direction, Entry, Unowned};
use sockeye::model::{Address, Fd, Gap, GapReason, GapScope, Owner, TcpState, UnixState};

use crate::support::snapshot::{Builder, snapshot};

mod change;
mod counters;
mod followed;
mod history;
mod mute;

const PEER: &str = "192.0.2.7:8888";

fn analyze(snapshot: Builder) -> Arc<Analysis> {
    Analyzer::default().analyze(snapshot.build())
}

/// Analyzes one after the other, two seconds apart, and gives the last.
fn analyze_all(snapshots: impl IntoIterator<Item = Builder>) -> Arc<Analysis> {
    let mut analyzer = Analyzer::default();
    let times = (0..).map(|turn| Duration::from_secs(2 * turn));
    let all = snapshots.into_iter().zip(times).map(|(one, at)| analyzer.analyze(one.later(at).build()));
    all.last().expect("a snapshot at least")
}

/// For each socket (pid, fd) of its owners.
fn owners(analysis: &Analysis) -> Vec<Vec<(u32, u32)>> {
    let of = |entry: &Entry| entry.owners.of(&analysis.owners).to_vec();
    let pairs = |owners: Vec<Owner>| owners.iter().map(|owner| (owner.pid.0, owner.fd.0)).collect();
    analysis.entries.iter().map(of).map(pairs).collect()
}

fn leads(analysis: &Analysis) -> Vec<Option<u32>> {
    analysis.entries.iter().map(|entry| entry.lead(&analysis.owners).map(|owner| owner.pid.0)).collect()
}

fn unowned(analysis: &Analysis) -> Vec<Option<Unowned>> {
    analysis.entries.iter().map(|entry| entry.unowned).collect()
}

fn directions(analysis: &Analysis) -> Vec<Option<(Direction, DirectedBy)>> {
    analysis.entries.iter().map(|entry| entry.direction).collect()
}

const INBOUND: Option<(Direction, DirectedBy)> = Some((Direction::Inbound, DirectedBy::Listener));
const OUTBOUND: Option<(Direction, DirectedBy)> = Some((Direction::Outbound, DirectedBy::NoListener));

#[test]
fn every_owner_of_a_socket_is_kept_in_order_of_pid_and_fd() {
    let analysis = analyze(
        snapshot()
            .process(300, 1, "/usr/sbin/nginx", "nginx: worker")
            .tcp(7, &[9, 4], TcpState::Listen, "0.0.0.0:80", "0.0.0.0:0")
            .tcp(5, &[6], TcpState::Established, "10.0.0.5:80", PEER)
            .process(200, 1, "/usr/sbin/nginx", "nginx: master")
            .held(7, &[6])
            .held(99, &[12]),
    );
    // The descriptor of a socket in no table is no owner of a listed one.
    assert_eq!(owners(&analysis), [vec![(200, 6), (300, 4), (300, 9)], vec![(300, 6)]]);
}

#[test]
fn a_process_holds_sockets_of_another_namespace_and_of_any_table() {
    let analysis = analyze(
        snapshot()
            .process(40, 1, "/usr/sbin/proxy", "proxy")
            .tcp(1, &[3], TcpState::Established, "10.0.0.5:40000", PEER)
            .netns(5, None)
            .tcp(2, &[4], TcpState::Established, "10.9.0.5:40000", PEER)
            .unix(3, &[5], UnixState::Connected, b""),
    );
    assert_eq!(owners(&analysis), [[(40, 3)], [(40, 4)], [(40, 5)]]);
}

#[test]
fn rows_that_share_an_inode_share_its_owners() {
    let second = |snapshot: &mut sockeye::model::Snapshot| {
        let mut socket = snapshot.sockets[0].clone();
        socket.id.remote = Address::Inet("198.51.100.1:443".parse().unwrap());
        snapshot.sockets.push(socket);
    };
    let one = snapshot().process(40, 1, "/usr/bin/mptcpize", "mptcpize").tcp(
        8,
        &[3],
        TcpState::Established,
        "10.0.0.5:40000",
        PEER,
    );
    assert_eq!(owners(&analyze(one.adjust(second))), [[(40, 3)], [(40, 3)]]);
}

#[test]
fn sockets_without_inode_have_no_owner() {
    let analysis = analyze(snapshot().process(40, 1, "/usr/bin/odd", "odd").held(0, &[3]).tcp(
        0,
        &[],
        TcpState::TimeWait,
        "10.0.0.5:40000",
        PEER,
    ));
    assert_eq!((owners(&analysis), leads(&analysis)), (vec![vec![]], vec![None]));
}

#[test]
fn the_lead_is_the_owner_that_most_others_descend_from() {
    let listen = |one: Builder| one.tcp(7, &[3], TcpState::Listen, "0.0.0.0:80", "0.0.0.0:0");
    // 30 is of an older pid than its parent 90: what counts is who started whom.
    let one = listen(snapshot().process(90, 1, "/usr/sbin/nginx", "nginx").with(|p| p.key.start = 1))
        .process(95, 90, "/usr/sbin/nginx", "nginx")
        .held(7, &[3])
        .process(30, 90, "/usr/sbin/nginx", "nginx")
        .held(7, &[3]);
    assert_eq!(leads(&analyze(one)), [Some(90)]);

    // Through a process that does not hold it.
    let one = listen(snapshot().process(50, 1, "/usr/bin/supervise", "supervise"))
        .process(60, 50, "/usr/bin/env", "env")
        .process(70, 60, "/usr/bin/app", "app")
        .held(7, &[3]);
    assert_eq!(leads(&analyze(one)), [Some(50)]);

    // Strangers: the smallest pid.
    let one =
        listen(snapshot().process(80, 1, "/usr/bin/a", "a")).process(70, 1, "/usr/bin/b", "b").held(7, &[3]);
    assert_eq!(leads(&analyze(one)), [Some(70)]);
}

#[test]
fn a_circle_of_parents_ends_and_a_reused_parent_is_no_ancestor() {
    let circle = snapshot()
        .process(50, 60, "/usr/bin/a", "a")
        .with(|process| process.key.start = 6000)
        .tcp(7, &[3], TcpState::Listen, "0.0.0.0:80", "0.0.0.0:0")
        .process(60, 50, "/usr/bin/b", "b")
        .held(7, &[3]);
    assert_eq!(leads(&analyze(circle)), [Some(50)]);

    // 60 started after its "child" 50: the pid was reused.
    let reused = snapshot()
        .process(50, 60, "/usr/bin/a", "a")
        .tcp(7, &[3], TcpState::Listen, "0.0.0.0:80", "0.0.0.0:0")
        .process(60, 1, "/usr/bin/b", "b")
        .held(7, &[3]);
    assert_eq!(leads(&analyze(reused)), [Some(50)]);
}

#[test]
fn the_lead_is_the_process_that_the_gravest_alert_is_about() {
    let analysis = analyze(
        snapshot()
            .process(50, 1, "/usr/sbin/php-fpm", "php-fpm")
            .tcp(7, &[3], TcpState::Established, "10.0.0.5:40000", PEER)
            .process(60, 50, "/usr/bin/dash", "sh")
            .held(7, &[5])
            .process(70, 60, "/usr/bin/bash", "bash")
            .held(7, &[0, 1]),
    );
    let alerts: Vec<_> =
        analysis.alerts.iter().map(|alert| (alert.process.pid.0, alert.level.name())).collect();
    assert_eq!(alerts, [(70, "high"), (50, "medium"), (60, "low")]);
    let entry = &analysis.entries[0];
    assert_eq!((entry.alerts, leads(&analysis)), ((0..3).into(), vec![Some(70)]));
    assert_eq!(entry.lead(&analysis.owners).unwrap().fd, Fd(0));
}

#[test]
fn a_socket_without_owner_says_why() {
    use TcpState::{
        Close, CloseWait, Closing, Established, FinWait1, FinWait2, LastAck, Listen, SynRecv, TimeWait,
    };
    let tcp = |one: Builder, inode, state| one.tcp(inode, &[], state, "10.0.0.5:40000", PEER);
    let none = [
        (TimeWait, Unowned::TimeWait),
        (SynRecv, Unowned::Handshake),
        (Established, Unowned::NotAccepted),
        (CloseWait, Unowned::NotAccepted),
        (FinWait1, Unowned::Closing),
        (FinWait2, Unowned::Closing),
        (LastAck, Unowned::Closing),
        (Closing, Unowned::Closing),
        (Listen, Unowned::NoDescriptor),
        (Close, Unowned::NoDescriptor),
    ];
    let partly = |one: Builder| one.adjust(|snapshot| snapshot.seen.processes = 9);
    for (state, reason) in none {
        assert_eq!(unowned(&analyze(tcp(partly(snapshot()), 0, state))), [Some(reason)], "{state:?}");
    }
    let unix = |state| unowned(&analyze(snapshot().unix(0, &[], state, b"/run/x")));
    assert_eq!(unix(UnixState::Connected), [Some(Unowned::NotAccepted)]);
    assert_eq!(unix(UnixState::Connecting), [Some(Unowned::NotAccepted)]);
    assert_eq!(unix(UnixState::Disconnecting), [Some(Unowned::Closing)]);

    let netlink = |port| {
        let one = partly(snapshot()).unix(7, &[], UnixState::Unconnected, b"");
        unowned(&analyze(
            one.adjust(|snapshot| snapshot.sockets[0].id.local = Address::Netlink { family: 0, port }),
        ))
    };
    assert_eq!(netlink(0), [Some(Unowned::NoDescriptor)]);
    assert_eq!(netlink(42), [Some(Unowned::NotPermitted)]);

    let refused = |scope| Gap { scope, reason: GapReason::Permission, count: 1 };
    let held = |one: Builder| unowned(&analyze(tcp(one, 7, Established)));
    assert_eq!(held(snapshot()), [Some(Unowned::NoDescriptor)]);
    assert_eq!(held(partly(snapshot())), [Some(Unowned::NotPermitted)]);
    assert_eq!(held(snapshot().gap(refused(GapScope::Descriptors))), [Some(Unowned::NotPermitted)]);
    assert_eq!(held(snapshot().gap(refused(GapScope::Descriptor))), [Some(Unowned::NotPermitted)]);
    assert_eq!(held(snapshot().gap(refused(GapScope::Table))), [Some(Unowned::NoDescriptor)]);
}

#[test]
fn a_listener_that_covers_the_local_address_makes_a_connection_inbound() {
    let judged = |listener: &str, local: &str| {
        let any = if listener.starts_with('[') { "[::]:0" } else { "0.0.0.0:0" };
        let peer = if local.starts_with('[') { "[2001:db8::1]:4000" } else { PEER };
        let one = snapshot()
            .process(40, 1, "/usr/sbin/server", "server")
            .tcp(1, &[3], TcpState::Listen, listener, any)
            .tcp(2, &[4], TcpState::Established, local, peer);
        directions(&analyze(one))[1]
    };
    for (listener, local) in [
        ("10.0.0.5:80", "10.0.0.5:80"),
        ("0.0.0.0:80", "10.0.0.5:80"),
        ("[::]:80", "10.0.0.5:80"),
        ("[::]:80", "[2001:db8::5]:80"),
        ("[::]:80", "[::ffff:10.0.0.5]:80"),
        ("0.0.0.0:80", "[::ffff:10.0.0.5]:80"),
        ("[::ffff:10.0.0.5]:80", "10.0.0.5:80"),
        ("[2001:db8::5]:80", "[2001:db8::5]:80"),
    ] {
        assert_eq!(judged(listener, local), INBOUND, "{listener} {local}");
    }
    for (listener, local) in [
        ("10.0.0.6:80", "10.0.0.5:80"),
        ("10.0.0.5:81", "10.0.0.5:80"),
        ("0.0.0.0:80", "[2001:db8::5]:80"),
        ("[2001:db8::6]:80", "[2001:db8::5]:80"),
    ] {
        assert_eq!(judged(listener, local), OUTBOUND, "{listener} {local}");
    }
}

#[test]
fn a_listener_counts_only_in_its_namespace_and_protocol() {
    let analysis = analyze(
        snapshot()
            .process(40, 1, "/usr/sbin/server", "server")
            .tcp(1, &[3], TcpState::Listen, "0.0.0.0:80", "0.0.0.0:0")
            .udp(2, &[4], "0.0.0.0:53", "0.0.0.0:0")
            .udp(3, &[5], "10.0.0.5:53", PEER)
            .udp(4, &[6], "10.0.0.5:80", PEER)
            .tcp(5, &[7], TcpState::Established, "10.0.0.5:53", PEER)
            .netns(5, None)
            .tcp(6, &[8], TcpState::Established, "10.0.0.5:80", PEER)
            .unix(7, &[9], UnixState::Connected, b""),
    );
    assert_eq!(directions(&analysis), [None, None, INBOUND, OUTBOUND, OUTBOUND, OUTBOUND, None]);
}

#[test]
fn handshakes_tell_the_direction_by_themselves() {
    let one = |inode, state| {
        snapshot()
            .process(40, 1, "/usr/sbin/server", "server")
            .tcp(1, &[3], TcpState::Listen, "0.0.0.0:80", "0.0.0.0:0")
            .tcp(inode, &[], state, "10.0.0.5:80", PEER)
    };
    let last = |all: Vec<Builder>| directions(&analyze_all(all))[1];
    let sent = Some((Direction::Outbound, DirectedBy::State));
    let received = Some((Direction::Inbound, DirectedBy::State));
    assert_eq!(last(vec![one(9, TcpState::SynSent)]), sent);
    assert_eq!(last(vec![one(9, TcpState::SynSent), one(9, TcpState::Established)]), sent);
    assert_eq!(last(vec![one(0, TcpState::SynRecv)]), received);
    let accepted =
        vec![one(0, TcpState::SynRecv), one(0, TcpState::Established), one(9, TcpState::Established)];
    assert_eq!(last(accepted), received);
}

#[test]
fn coverage_counts_owners_and_names_what_would_show_more() {
    let one = |uid, lacks: &[&'static str]| {
        snapshot()
            .viewer(uid, lacks)
            .process(40, 1, "/usr/bin/app", "app")
            .tcp(1, &[3], TcpState::Established, "10.0.0.5:40000", PEER)
            .tcp(2, &[], TcpState::Established, "10.0.0.5:40001", PEER)
            .tcp(0, &[], TcpState::TimeWait, "10.0.0.5:40002", PEER)
            .tcp(0, &[], TcpState::TimeWait, "10.0.0.5:40003", PEER)
    };
    let all = ["cap_sys_ptrace", "cap_dac_read_search", "cap_sys_admin"];
    let whole = Coverage {
        unfollowed: 0,
        sockets: 4,
        owned: 1,
        unowned: [(Unowned::NoDescriptor, 1), (Unowned::TimeWait, 2)].into(),
        advice: None,
    };
    assert_eq!(analyze(one(0, &[])).coverage, whole);
    assert_eq!(analyze(one(1000, &all)).coverage, whole); // a machine of one user: nothing was held back

    let partly =
        |uid, lacks| analyze(one(uid, lacks).adjust(|snapshot| snapshot.seen.processes = 9)).coverage.clone();
    let advised = |advice: Option<&str>| Coverage {
        unowned: [(Unowned::NotPermitted, 1), (Unowned::TimeWait, 2)].into(),
        advice: advice.map(str::to_owned),
        ..whole.clone()
    };
    let both = "run as root, or grant cap_sys_ptrace and cap_dac_read_search";
    assert_eq!(partly(1000, &all), advised(Some(both)));
    assert_eq!(partly(1000, &["cap_sys_ptrace"]), advised(Some("run as root, or grant cap_sys_ptrace")));
    assert_eq!(partly(0, &["cap_sys_ptrace", "cap_sys_admin"]), advised(Some("grant cap_sys_ptrace")));
    assert_eq!(partly(0, &["cap_sys_admin"]), advised(None));
}

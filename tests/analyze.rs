//! What follows from snapshots: owners, direction, age, changes, what has closed, coverage.

use std::sync::Arc;
use std::time::Duration;

use sockeye::analyze::{Age, Analysis, Analyzer, Change, Coverage, DirectedBy, Direction, Unowned};
use sockeye::model::{Address, Fd, Gap, GapReason, GapScope, Inode, Owner, TcpState, UnixState};

use crate::support::snapshot::{Builder, snapshot};

const PEER: &str = "192.0.2.7:8888";

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn analyze(snapshot: Builder) -> Arc<Analysis> {
    Analyzer::default().analyze(snapshot.build())
}

/// Analyzes one after the other, two seconds apart, and gives the last.
fn analyze_all(snapshots: impl IntoIterator<Item = Builder>) -> Arc<Analysis> {
    let mut analyzer = Analyzer::default();
    let times = (0..).map(|turn| seconds(2 * turn));
    let all = snapshots.into_iter().zip(times).map(|(one, at)| analyzer.analyze(one.later(at).build()));
    all.last().expect("a snapshot at least")
}

/// For each socket (pid, fd) of its owners.
fn owners(analysis: &Analysis) -> Vec<Vec<(u32, u32)>> {
    let of = |entry: &sockeye::analyze::Entry| analysis.owners[entry.owners.clone()].to_vec();
    let pairs = |owners: Vec<Owner>| owners.iter().map(|owner| (owner.pid.0, owner.fd.0)).collect();
    analysis.entries.iter().map(of).map(pairs).collect()
}

fn leads(analysis: &Analysis) -> Vec<Option<u32>> {
    analysis.entries.iter().map(|entry| entry.lead.map(|at| analysis.owners[at].pid.0)).collect()
}

fn unowned(analysis: &Analysis) -> Vec<Option<Unowned>> {
    analysis.entries.iter().map(|entry| entry.unowned).collect()
}

fn directions(analysis: &Analysis) -> Vec<Option<(Direction, DirectedBy)>> {
    analysis.entries.iter().map(|entry| entry.direction).collect()
}

fn changes(analysis: &Analysis) -> Vec<(Change, Age)> {
    analysis.entries.iter().map(|entry| (entry.change, entry.age)).collect()
}

/// Inode and snapshots missed of what has closed.
fn closed(analysis: &Analysis) -> Vec<(u64, u8)> {
    analysis.closed.iter().map(|closed| (closed.socket.id.inode.0, closed.missed)).collect()
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
    assert_eq!(owners(&analysis), [vec![(200, 6), (300, 4), (300, 9)], vec![(300, 6)]]);
    // The descriptor of a socket in no table is no owner of a listed one.
    assert_eq!(analysis.owners.len(), 4);
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
    assert_eq!(alerts, [(70, "high"), (60, "low")]);
    let entry = &analysis.entries[0];
    assert_eq!((entry.alerts.clone(), leads(&analysis)), (0..2, vec![Some(70)]));
    assert_eq!(analysis.owners[entry.lead.unwrap()].fd, Fd(0));
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
fn direction_stays_after_the_listener_has_gone() {
    let server = || snapshot().process(40, 1, "/usr/sbin/server", "server");
    let connected = |one: Builder| one.tcp(2, &[4], TcpState::Established, "10.0.0.5:80", PEER);
    let listening = |one: Builder| one.tcp(1, &[3], TcpState::Listen, "0.0.0.0:80", "0.0.0.0:0");
    assert_eq!(directions(&analyze(connected(server()))), [OUTBOUND]);
    let gone = [listening(connected(server())), connected(server()), connected(server())];
    assert_eq!(directions(&analyze_all(gone)), [INBOUND]);
    // A listener that comes later turns nothing around either.
    let later = [connected(server()), listening(connected(server()))];
    assert_eq!(directions(&analyze_all(later)), [OUTBOUND, None]);
    // Another connection between the same addresses is judged anew.
    let other = server().tcp(3, &[4], TcpState::Established, "10.0.0.5:80", PEER);
    assert_eq!(directions(&analyze_all([listening(connected(server())), other])), [OUTBOUND]);
}

#[test]
fn ages_are_exact_only_for_what_appeared_meanwhile() {
    // A day after boot; the process with pid 40 started 40 seconds after boot.
    let day = |more: i64| seconds((24 * 60 * 60_u64).saturating_add_signed(more));
    let old = || {
        snapshot()
            .process(40, 1, "/usr/sbin/server", "server")
            .tcp(1, &[3], TcpState::Listen, "0.0.0.0:80", "0.0.0.0:0")
            .process(90, 40, "/usr/sbin/server", "server")
            .held(1, &[3])
            .tcp(0, &[], TcpState::TimeWait, "10.0.0.5:80", "192.0.2.1:1")
    };
    let new = || {
        old().tcp(2, &[4], TcpState::Established, "10.0.0.5:40000", PEER).tcp(
            0,
            &[],
            TcpState::TimeWait,
            "10.0.0.5:80",
            "192.0.2.2:1",
        )
    };
    let before = Age::AtMost(day(-40));
    assert_eq!(changes(&analyze(old())), [(Change::Same, before), (Change::Same, Age::Unknown)]);
    let before = Age::AtMost(day(-38));
    let now = Age::Exactly(seconds(0));
    assert_eq!(
        changes(&analyze_all([old(), new()])),
        [(Change::Same, before), (Change::Same, Age::Unknown), (Change::New, now), (Change::New, now)]
    );
    let before = Age::AtMost(day(-36));
    let now = Age::Exactly(seconds(2));
    assert_eq!(
        changes(&analyze_all([old(), new(), new()])),
        [(Change::Same, before), (Change::Same, Age::Unknown), (Change::Same, now), (Change::Same, now)]
    );
}

#[test]
fn a_socket_handed_to_a_younger_process_does_not_grow_younger() {
    let held_by = |pid| {
        let one = snapshot().process(pid, 1, "/usr/bin/app", "app");
        one.tcp(1, &[3], TcpState::Established, "10.0.0.5:40000", PEER)
    };
    let age = Age::AtMost(seconds(24 * 60 * 60 - 40 + 2));
    assert_eq!(changes(&analyze_all([held_by(40), held_by(9000)])), [(Change::Same, age)]);
}

#[test]
fn a_change_of_state_is_marked_once() {
    let one = |state| {
        let one = snapshot().process(40, 1, "/usr/bin/app", "app");
        one.tcp(1, &[3], state, "10.0.0.5:40000", PEER)
    };
    let last = |states: &[TcpState]| changes(&analyze_all(states.iter().map(|&state| one(state))))[0].0;
    assert_eq!(last(&[TcpState::Established, TcpState::CloseWait]), Change::State);
    assert_eq!(last(&[TcpState::Established, TcpState::CloseWait, TcpState::CloseWait]), Change::Same);
}

#[test]
fn an_inode_that_goes_or_comes_is_a_change_and_no_other_socket() {
    use TcpState::{Established, FinWait2, SynRecv, TimeWait};

    let empty = || snapshot().process(40, 1, "/usr/bin/app", "app");
    let one = |inode, state| empty().tcp(inode, &[3], state, "10.0.0.5:80", PEER);
    let two = |first: (u64, TcpState), second: (u64, TcpState)| {
        let last = analyze_all([empty(), one(first.0, first.1), one(second.0, second.1)]);
        let entry = &last.entries[0];
        (entry.change, entry.age, closed(&last))
    };
    let older = (Change::State, Age::Exactly(seconds(2)), vec![]);
    let another = |inode| (Change::New, Age::Exactly(seconds(0)), vec![(inode, 1)]);
    assert_eq!(two((7, Established), (0, FinWait2)), older);
    assert_eq!(two((7, Established), (0, TimeWait)), older);
    assert_eq!(two((0, Established), (7, Established)), older);
    // The peer connected again from the same port.
    assert_eq!(two((7, Established), (0, SynRecv)), another(7));
    assert_eq!(two((0, TimeWait), (7, Established)), another(0));
    assert_eq!(two((7, Established), (8, Established)), another(7));
}

#[test]
fn what_has_closed_is_kept_for_two_snapshots_with_all_its_row_needs() {
    let empty = || snapshot().process(1, 0, "/usr/lib/systemd/systemd", "init");
    let one = || {
        empty()
            .process(30, 1, "/usr/bin/other", "other")
            .tcp(6, &[3], TcpState::Listen, "0.0.0.0:80", "0.0.0.0:0")
            .process(40, 1, "/usr/sbin/php-fpm", "php-fpm")
            .process(50, 40, "/usr/bin/bash", "bash")
            .tcp(7, &[0, 1, 2], TcpState::Established, "10.0.0.5:40000", PEER)
            .tcp(0, &[], TcpState::TimeWait, "10.0.0.5:41000", PEER)
    };
    let after = |snapshots: usize| analyze_all(std::iter::once(one()).chain((0..snapshots).map(|_| empty())));
    // Those with an alert come first, then those with an owner.
    assert_eq!(closed(&after(1)), [(7, 1), (6, 1), (0, 1)]);
    assert_eq!(closed(&after(2)), [(7, 2), (6, 2), (0, 2)]);
    assert_eq!(closed(&after(3)), []);

    let (before, after) = (analyze(one()), after(2));
    let (was, shell) = (&before.entries[1], &after.closed[0]);
    assert_eq!(shell.socket, before.snapshot.sockets[1]);
    assert_eq!((shell.entry.change, shell.entry.age), (Change::Closed, was.age));
    assert_eq!((shell.entry.direction, shell.entry.unowned), (was.direction, None));
    assert_eq!((shell.entry.owners.clone(), shell.entry.lead), (0..3, Some(0)));
    assert_eq!(shell.owners, before.owners[was.owners.clone()]);
    assert_eq!((shell.entry.alerts.clone(), &shell.alerts), (0..1, &before.alerts));
    assert_eq!(shell.processes.keys().map(|pid| pid.0).collect::<Vec<_>>(), [1, 40, 50]);
    assert_eq!(after.closed[2].entry.unowned, Some(Unowned::TimeWait));
}

#[test]
fn what_has_closed_is_bounded_and_keeps_what_has_an_owner() {
    let mut full = snapshot();
    for port in 1..=1_500 {
        full = full.tcp(0, &[], TcpState::TimeWait, &format!("10.0.0.5:{port}"), PEER);
    }
    let full =
        full.process(40, 1, "/usr/bin/app", "app").tcp(7, &[3], TcpState::Listen, "0.0.0.0:80", "0.0.0.0:0");
    let last = analyze_all([full, snapshot()]);
    assert_eq!((last.closed.len(), last.closed[0].socket.id.inode), (1_000, Inode(7)));
}

#[test]
fn a_row_that_a_table_missed_once_is_the_same_socket() {
    let empty = || snapshot().process(40, 1, "/usr/bin/app", "app");
    let one = || empty().tcp(7, &[3], TcpState::Established, "10.0.0.5:40000", PEER);
    let last = analyze_all([empty(), one(), empty(), one()]);
    assert_eq!(changes(&last), [(Change::Same, Age::Exactly(seconds(4)))]);
    assert_eq!(closed(&last), []);
}

#[test]
fn nothing_is_compared_across_a_boot() {
    let one = || {
        let one = snapshot().process(40, 1, "/usr/sbin/server", "server");
        one.tcp(2, &[4], TcpState::Established, "10.0.0.5:80", PEER)
    };
    let listening = || one().tcp(1, &[3], TcpState::Listen, "0.0.0.0:80", "0.0.0.0:0");
    let last = analyze_all([listening(), one().adjust(|snapshot| snapshot.host.boot_id = "other".into())]);
    let age = Age::AtMost(seconds(24 * 60 * 60 - 38));
    assert_eq!((changes(&last), directions(&last)), (vec![(Change::Same, age)], vec![OUTBOUND]));
    assert_eq!(closed(&last), []);
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

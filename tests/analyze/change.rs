//! What the snapshots before say: direction kept, ages, changes, what has closed.

use std::time::Duration;

use sockeye::analyze::{Age, Analysis, Change, Closed, Unowned};
use sockeye::model::{Inode, Small, TcpState};

use super::{INBOUND, OUTBOUND, PEER, analyze, analyze_all, directions};
use crate::support::snapshot::{Builder, snapshot};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn changes(analysis: &Analysis) -> Vec<(Change, Age)> {
    analysis.entries.iter().map(|entry| (entry.change, entry.age)).collect()
}

/// Inode and snapshots missed of what has closed.
fn closed(analysis: &Analysis) -> Vec<(u64, u32)> {
    let missed = |closed: &Closed| analysis.number - closed.gone + 1;
    analysis.closed.iter().map(|closed| (closed.socket.id.inode.0, missed(closed))).collect()
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
    assert_eq!((shell.entry.owners, shell.entry.lead), ((0..3).into(), Some(Small::new(0))));
    assert_eq!(shell.owners, was.owners.of(&before.owners));
    assert_eq!((shell.entry.alerts, &shell.alerts), ((0..1).into(), &before.alerts));
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

//! What is new, changed and closed: marks, a moment of one's own, differences, the history.

use sockeye::app::Options;
use std::sync::Arc;
use std::time::Duration;

use sockeye::model::{Inode, Snapshot, TcpState};

use super::{busy, calm, later};
use crate::support::screen::{Screen, analyses, screen};
use crate::support::snapshot::Builder;

/// Line 1.
fn status(screen: &Screen) -> String {
    screen.text().lines().next().unwrap().to_owned()
}

/// Marks of rows with the ends of their sockets, down to the facts.
fn rows(screen: &Screen) -> Vec<String> {
    let text = screen.text();
    let rows = text.lines().skip_while(|line| !line.contains("PID COMMAND")).skip(1);
    let rows = rows.take_while(|line| !line.starts_with('─') && !line.is_empty());
    let row = |line: &str| {
        let mark = line.get(..2).unwrap_or_default().trim().to_owned();
        let words: Vec<_> = line.get(10..).unwrap_or_default().split_whitespace().collect();
        format!("{mark}|{}", words.join(" "))
    };
    rows.map(row).collect()
}

fn seconds(host: Builder, seconds: u64) -> Builder {
    host.later(Duration::from_secs(seconds))
}

/// A host with one client that opens, changes and closes connections between snapshots, two seconds apart.
fn client() -> Vec<Arc<Snapshot>> {
    use TcpState::{CloseWait, Established};
    let host = || super::snapshot().process(40, 0, "/usr/bin/app", "app --serve");
    let one = |host: Builder, inode: u64, state| {
        let peer = format!("192.0.2.{inode}:443");
        host.tcp(inode, &[3], state, "10.0.0.5:40000", &peer)
    };
    let snapshots = [
        one(one(host(), 1, Established), 2, Established),
        one(one(one(host(), 1, Established), 2, Established), 3, Established),
        one(one(host(), 1, CloseWait), 3, Established),
        one(one(host(), 1, CloseWait), 3, Established),
        one(one(host(), 1, CloseWait), 3, Established),
        one(one(host(), 1, CloseWait), 4, Established),
    ];
    snapshots.into_iter().zip(0..).map(|(host, nth)| seconds(host, 2 * nth).build()).collect()
}

#[test]
fn marks_tell_what_changed_since_the_last_snapshot() {
    let all = analyses(&client());
    let mut screen = Screen::new((80, 24), Options::default());
    let mut shown = |nth: usize| rows(screen.receive(&all[nth..=nth]));
    assert_eq!(shown(1)[0], "+|app tcp ESTAB :40000 192.0.2.3:443 0s");
    assert_eq!(
        shown(2),
        [
            "|app tcp ESTAB :40000 192.0.2.3:443 2s",
            "-|app tcp CLOSED :40000 192.0.2.2:443 <23h",
            "~|app tcp CLOSE-W :40000 192.0.2.1:443 <23h",
        ]
    );
    // Closed ones stay for two snapshots.
    assert_eq!(shown(3).iter().filter(|row| row.starts_with('-')).count(), 1);
    assert_eq!(shown(4).iter().filter(|row| row.starts_with('-')).count(), 0);
}

#[test]
fn new_means_since_the_mark() {
    let all = analyses(&client());
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&all[..1]).press("m").receive(&all[1..]);
    insta::assert_snapshot!(screen.text());
    // Marked again, only what comes after it is new.
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&all[..1]).press("m").receive(&all[1..5]).press("m");
    assert!(rows(&screen).iter().all(|row| row.starts_with('|')), "{}", screen.text());
    assert!(status(&screen).contains("new since 14:00:08"), "{}", status(&screen));
    screen.receive(&all[5..]);
    assert_eq!(rows(&screen)[0], "+|app tcp ESTAB :40000 192.0.2.4:443 0s");
    // Esc goes back to the last snapshot.
    screen.press("Esc");
    assert!(!status(&screen).contains("since"), "{}", status(&screen));
}

#[test]
fn differences_are_what_is_new_changed_and_closed_since_the_mark() {
    let all = analyses(&client());
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&all[..1]).press("m d");
    assert!(screen.text().contains("no differences since then"), "{}", screen.text());
    screen.receive(&all[1..]);
    insta::assert_snapshot!(screen.text());
    // Without a mark they are since the start.
    let mut screen = Screen::new((120, 30), Options::default());
    screen.receive(&all).press("d");
    insta::assert_snapshot!("differences_since_the_start", screen.text());
    assert!(!status(screen.press("d")).contains("DIFFERENCES"), "{}", status(&screen));
}

#[test]
fn esc_goes_back_one_step_at_a_time() {
    let all = analyses(&client());
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&all[..1]).press("m").receive(&all[1..]).press("d / \"192\" Enter");
    let has = |screen: &Screen, words: &str| screen.text().contains(words);
    assert!(has(&screen, "filter: 192") && has(&screen, "DIFFERENCES"), "{}", screen.text());
    screen.press("Esc");
    assert!(has(&screen, "filter: (none)") && has(&screen, "DIFFERENCES"), "{}", screen.text());
    screen.press("Esc");
    assert!(has(&screen, "new since 14:00:00") && !has(&screen, "DIFFERENCES"), "{}", screen.text());
    screen.press("Esc");
    assert!(!has(&screen, "since"), "{}", screen.text());
}

#[test]
fn the_history_says_what_closed_and_who_had_it() {
    let mut all = vec![busy().build()];
    let without = |inodes: &[u64]| {
        let inodes = inodes.to_vec();
        later_without(inodes)
    };
    all.push(without(&[9101]));
    all.push(seconds_of(without(&[9101, 35943]), 4));
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&all)).press("H");
    insta::assert_snapshot!("history", screen.text());
    insta::assert_snapshot!("history_detail", screen.press("Enter Enter").text());
    screen.press("Esc Esc / \"nginx\" Enter");
    assert!(status(&screen).contains("1 of 2 closed"), "{}", status(&screen));
    screen.press("Esc Esc");
    assert!(!status(&screen).contains("CLOSED"), "{}", status(&screen));
    insta::assert_snapshot!("history_small", screen.resize(60, 12).press("H").text());
    insta::assert_snapshot!("history_wide", screen.resize(120, 30).text());
}

fn later_without(inodes: Vec<u64>) -> Arc<Snapshot> {
    let gone = move |inode: Inode| inodes.contains(&inode.0);
    busy()
        .later(Duration::from_secs(2))
        .adjust(move |snapshot| {
            snapshot.sockets.retain(|socket| !gone(socket.id.inode));
            snapshot.owners.retain(|owner| !gone(owner.inode));
        })
        .build()
}

fn seconds_of(snapshot: Arc<Snapshot>, seconds: u64) -> Arc<Snapshot> {
    let mut snapshot = Arc::unwrap_or_clone(snapshot);
    snapshot.uptime += Duration::from_secs(seconds);
    snapshot.taken_at += Duration::from_secs(seconds);
    Arc::new(snapshot)
}

#[test]
fn an_empty_history_says_so() {
    assert!(screen((80, 24), &[calm()], "H").contains("nothing has closed since sockeye started"));
    // On a small screen in as many lines as it takes.
    let small = screen((60, 12), &[calm()], "m d");
    let lines: Vec<_> = small.lines().skip(4).take(2).map(str::trim).collect();
    assert_eq!(lines, ["no differences since then: d shows all sockets, x unix ones,", "too"], "{small}");
    let text = screen((80, 24), &[busy().build(), later()], "H");
    assert!(text.contains("1 of 1 closed"), "{text}");
}

#[test]
fn what_its_process_closed_is_one_difference_while_the_kernel_goes_on_with_it() {
    let host = || super::snapshot().process(40, 0, "/usr/bin/app", "app");
    let pair = ("10.0.0.5:40000", "192.0.2.1:443");
    let all = [
        host().tcp(1, &[3], TcpState::Established, pair.0, pair.1).build(),
        seconds(host().tcp(0, &[], TcpState::TimeWait, pair.0, pair.1), 2).build(),
    ];
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&all)).press("d");
    assert_eq!(rows(&screen), ["-|app tcp CLOSED :40000 192.0.2.1:443 <23h"]);
}

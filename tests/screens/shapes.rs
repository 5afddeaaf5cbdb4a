//! Tree, groups and further owners.

use std::sync::Arc;
use std::time::Duration;

use sockeye::app::Options;
use sockeye::model::{Snapshot, TcpCounters, TcpState};
use sockeye::table::{LineKey, Sort};

use super::{busy, snapshot};
use crate::support::screen::{Screen, analyses, screen};

/// The busy host as it is opened in a size.
fn open(size: (u16, u16), keys: &str) -> Screen {
    let mut screen = Screen::new(size, Options::default());
    screen.receive(&analyses(&[busy().build()])).press(keys);
    screen
}

fn line(screen: &Screen, having: &str) -> String {
    let text = screen.text();
    let found = text.lines().skip(3).find(|line| line.contains(having));
    found.unwrap_or_else(|| panic!("no line with {having}:\n{text}")).to_owned()
}

/// Two clients of some peers, whose counters grow: two snapshots, two seconds apart.
fn traffic() -> Vec<Arc<Snapshot>> {
    let host = |sent: u64| {
        let counters = |sent, received| TcpCounters { sent, received, ..TcpCounters::default() };
        snapshot()
            .process(10, 0, "/usr/bin/curl", "curl")
            .tcp(1, &[3], TcpState::Established, "10.0.0.5:40001", "192.0.2.1:443")
            .counters(counters(sent * 1000, sent * 10))
            .tcp(2, &[4], TcpState::Established, "10.0.0.5:40002", "192.0.2.2:443")
            .counters(counters(sent * 2000, 0))
            .process(11, 0, "/usr/bin/curl", "curl")
            .with(|process| process.uid = 33)
            .tcp(3, &[3], TcpState::Established, "10.0.0.5:40003", "192.0.2.1:443")
            .counters(counters(0, sent * 4000))
            .process(12, 0, "/usr/bin/server", "server")
            .tcp(4, &[3], TcpState::Listen, "0.0.0.0:80", "0.0.0.0:0")
            .tcp(0, &[], TcpState::TimeWait, "10.0.0.5:80", "192.0.2.7:41000")
    };
    vec![host(0).build(), host(2).later(Duration::from_secs(2)).build()]
}

/// Screens of the traffic, sorted.
fn sorted(sort: &str, keys: &str) -> Screen {
    let mut screen =
        Screen::new((80, 24), Options { sort: Sort::parse(sort).unwrap(), ..Options::default() });
    screen.receive(&analyses(&traffic())).press(keys);
    screen
}

#[test]
fn the_tree_shows_sockets_under_their_processes() {
    insta::assert_snapshot!("tree", open((80, 24), "t").text());
    insta::assert_snapshot!("tree_small", open((60, 12), "t").text());
    insta::assert_snapshot!("tree_wide", open((120, 30), "F5").text());
    assert_eq!(open((80, 24), "t t").text(), open((80, 24), "").text());
}

#[test]
fn processes_of_the_tree_are_folded_and_unfolded() {
    let mut screen = open((80, 24), "t Home -");
    assert_eq!(line(&screen, "systemd(1)"), "!! +systemd(1)                    9 sockets");
    assert!(line(screen.press("+"), "nginx(1204)").contains("LISTEN"), "{}", screen.text());
    // A line with nothing to fold goes to its parent first.
    screen.press("a - -");
    assert!(line(&screen, "dash(20110)").contains('+'), "{}", screen.text());
    insta::assert_snapshot!("tree_folded", screen.text());
    // What is folded away is found by its alert.
    assert!(line(screen.press("Home a"), "bash(20117)").contains("ESTAB"), "{}", screen.text());
    insta::assert_snapshot!("tree_all_folded", screen.press("*").text());
    assert!(line(screen.press("*"), "bash(20117)").contains("ESTAB"), "{}", screen.text());
    screen.press("Home +");
    assert!(screen.text().contains("\nnothing to unfold here\n"), "{}", screen.text());
}

#[test]
fn filter_and_sort_hold_in_the_tree() {
    insta::assert_snapshot!("tree_filtered", open((80, 24), "t / \"sshd\" Enter").text());
    let order = |sort| {
        let text = sorted(sort, "t").text();
        let lines = text.lines().filter(|line| line.starts_with("   ") && line.contains("(1"));
        lines.map(|line| line[3..].split(')').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(order("pid"), ["curl(10", "curl(11", "server(12"]);
    assert_eq!(order("-pid"), ["server(12", "curl(11", "curl(10"]);
}

#[test]
fn a_process_of_the_tree_can_be_selected_and_shows_its_facts() {
    let mut screen = open((80, 24), "t Home");
    insta::assert_snapshot!("tree_process", screen.text());
    insta::assert_snapshot!("tree_process_detail", screen.press("Enter").text());
    // It stays selected as rows come and go.
    let series = analyses(&[busy().build(), super::later()]);
    screen.press("Esc").receive(&series[1..]);
    assert!(matches!(screen.app.cursor().line(), Some(LineKey::Process(_, key)) if key.pid.0 == 1));
}

#[test]
fn deep_chains_show_the_nearest_levels() {
    let deep = (1..40).fold(snapshot(), |host, pid| host.process(pid, pid - 1, "/bin/x", "x"));
    let deep = deep.tcp(1, &[3], TcpState::Listen, "0.0.0.0:1", "0.0.0.0:0");
    insta::assert_snapshot!(screen((80, 24), &[deep.build()], "t End"));
}

#[test]
fn sockets_without_process_are_counted_and_unfold() {
    let mut screen = open((80, 24), "t End");
    assert_eq!(line(&screen, "(no process)"), "   +(no process)                  1 socket, v explains");
    let opened = line(screen.press("Enter Down"), "TIME-W");
    assert!(opened.starts_with("?  └─no owner [1]"), "{opened}");
}

#[test]
fn groups_count_and_sum() {
    let of = |size, keys: &str| screen(size, &traffic(), keys);
    insta::assert_snapshot!("groups_menu", of((80, 24), "b"));
    insta::assert_snapshot!("groups_process", of((80, 24), "b p"));
    insta::assert_snapshot!("groups_remote", of((80, 24), "b R"));
    insta::assert_snapshot!("groups_user", of((120, 30), "b Down Down Down Enter"));
    insta::assert_snapshot!("groups_small", of((60, 12), "b p"));
    insta::assert_snapshot!("groups_opened", of((80, 24), "b p Enter Down"));
    assert_eq!(of((80, 24), "b p Enter Enter"), of((80, 24), "b p"));
    assert_eq!(of((80, 24), "b p b n"), of((80, 24), ""));
}

#[test]
fn groups_are_sorted_by_their_sums() {
    let hosts = |sort: &str| {
        let text = sorted(sort, "b r").text();
        let hosts = text.lines().filter_map(|line| line.trim_start().strip_prefix("+ "));
        hosts.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(hosts("-send_rate")[..2], ["192.0.2.2", "192.0.2.1"]);
    assert_eq!(hosts("-receive_rate")[..2], ["192.0.2.1", "192.0.2.2"]);
}

#[test]
fn keys_and_titles_sort_groups_by_what_they_have_sums_of() {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&traffic())).press("b r");
    insta::assert_snapshot!("groups_by_sent", screen.press(">").text());
    insta::assert_snapshot!("groups_by_sent_inverted", screen.press("I").text());
    insta::assert_snapshot!("groups_by_received", screen.press(">").text());
    insta::assert_snapshot!("groups_by_name", screen.press(">").text());
    let usual = screen.press(">").text();
    assert_eq!(
        usual,
        Screen::new((80, 24), Options::default()).receive(&analyses(&traffic())).press("b r").text()
    );
    screen.press("<");
    assert_eq!(screen.app.sort().to_string(), "remote");
    assert_eq!(screen.press("< < <").text(), usual);
}

#[test]
fn further_owners_of_a_row_unfold() {
    let mut screen = open((80, 24), "/ \"nginx\" Enter");
    assert!(line(&screen, "nginx (+1)").contains("LISTEN"), "{}", screen.text());
    insta::assert_snapshot!("owners", screen.press("* Down Down").text());
    // The owner's own facts are shown, and what goes back goes to the row.
    assert!(screen.text().contains("from systemd(1) > nginx(1204) > nginx(1311)"), "{}", screen.text());
    screen.press("-");
    assert!(!screen.text().contains("also nginx"), "{}", screen.text());
    insta::assert_snapshot!("owners_in_the_tree", screen.press("t + ").text());
}

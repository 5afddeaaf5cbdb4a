//! The main screen in its sizes, colours and views.

use std::time::Duration;

use sockeye::app::{Options, Theme};
use sockeye::model::SourceId;
use sockeye::model::{Collector, Gap, GapReason, GapScope, Own, Status, Way};
use sockeye::run::Event;

use super::{busy, calm, later};
use crate::support::screen::{Screen, analyses, screen};
use crate::support::snapshot::snapshot;

#[test]
fn alerts_come_first_and_are_named_in_the_strip() {
    insta::assert_snapshot!(screen((80, 24), &[busy().build(), later()], ""));
}

#[test]
fn more_width_shows_users_whole_addresses_and_arguments() {
    insta::assert_snapshot!(screen((120, 30), &[busy().build(), later()], ""));
}

#[test]
fn a_wide_screen_shows_queues_namespaces_and_directories() {
    insta::assert_snapshot!(screen((200, 50), &[busy().build(), later()], ""));
}

#[test]
fn a_small_screen_keeps_mark_pid_command_state_remote() {
    insta::assert_snapshot!(screen((40, 10), &[busy().build(), later()], ""));
}

#[test]
fn without_alerts_the_strip_gives_its_line_to_the_table() {
    insta::assert_snapshot!(screen((80, 24), &[calm()], ""));
}

#[test]
fn colours_are_the_terminals_own() {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[busy().build(), later()])).press("Down Down");
    insta::assert_snapshot!(screen.styles());
}

#[test]
fn without_colour_bold_reverse_and_underline_stand_for_it() {
    let mut screen = Screen::new((80, 24), Options { theme: Theme::Mono, ..Options::default() });
    screen.receive(&analyses(&[busy().build(), later()])).press("Down Down");
    insta::assert_snapshot!(screen.styles());
}

#[test]
fn a_partial_view_says_what_it_misses_and_what_would_raise_it() {
    let partial = busy().viewer(1000, &["cap_sys_ptrace", "cap_dac_read_search"]).adjust(|snapshot| {
        snapshot.owners.retain(|owner| owner.pid.0 == 20762);
        snapshot.seen.processes_read = 1;
        snapshot.gaps.push(Gap { scope: GapScope::Descriptors, reason: GapReason::Permission, count: 12 });
    });
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[partial.build()]));
    insta::assert_snapshot!(screen.text());
    insta::assert_snapshot!("partial_view_styles", screen.styles());
    insta::assert_snapshot!("partial_view_coverage", screen.press("v").text());
}

#[test]
fn shells_that_were_not_followed_to_the_end_are_told() {
    let mut screen = Screen::new((100, 24), Options::default());
    let mut all = analyses(&[calm()]);
    for analysis in &mut all {
        std::sync::Arc::make_mut(analysis).coverage.unfollowed = 3;
    }
    screen.receive(&all).press("v");
    assert!(screen.text().contains("shells      3 shells lead too far to be followed"), "{}", screen.text());
}

#[test]
fn before_the_first_snapshot_it_says_that_it_waits() {
    insta::assert_snapshot!(screen((60, 12), &[], ""));
}

#[test]
fn an_empty_host_says_so() {
    insta::assert_snapshot!(screen((60, 12), &[snapshot().build()], ""));
}

#[test]
fn a_broken_source_says_why_and_the_last_rows_stay() {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[calm()]));
    let retrying = Status::Retrying { after: Duration::from_secs(4), why: "a bug: \u{1b}[31m".to_owned() };
    screen.take([Event::Status(SourceId(0), retrying)]);
    insta::assert_snapshot!(screen.text());
    screen.take([Event::Status(SourceId(0), Status::Failed("gone".to_owned()))]);
    assert!(screen.text().contains("FAILED"), "{}", screen.text());
    screen.receive(&analyses(&[calm()]));
    assert!(screen.text().contains("LIVE"), "{}", screen.text());
}

#[test]
fn a_notice_stays_until_the_next_key() {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[calm()]));
    screen.take([Event::Notice("the disk is full".to_owned())]);
    assert!(screen.text().contains("\nthe disk is full\n"), "{}", screen.text());
    screen.press("Down");
    assert!(!screen.text().contains("the disk is full"), "{}", screen.text());
}

#[test]
fn every_size_can_be_drawn_in_every_view() {
    for keys in [
        "",
        "/ \"x:\"",
        "p",
        "s",
        "o",
        "v",
        "?",
        "? ?",
        "Enter",
        "Enter Enter",
        "c",
        "w",
        "t",
        "b",
        "b p + j",
        "H",
        "d",
        "K",
        "X",
        "T T T K",
        "T T c",
    ] {
        let mut screen = Screen::new((80, 24), Options::default());
        screen.answering(super::act::all_well).receive(&analyses(&[busy().build(), later()])).press(keys);
        let whole = screen.text();
        for width in [0, 1, 2, 3, 7, 20, 59, 60, 61, 100, 500] {
            for height in [0, 1, 2, 3, 5, 11, 12, 13, 40, 200] {
                screen.resize(width, height);
            }
        }
        assert_eq!(screen.resize(80, 24).text(), whole, "{keys} after other sizes");
    }
}

#[test]
fn what_watching_costs_is_shown_where_there_is_room() {
    let used = |milliseconds, later| {
        let own = Own { cpu: Duration::from_millis(milliseconds), memory: Some(9_200_000) };
        busy().later(Duration::from_secs(later)).adjust(|snapshot| snapshot.own = own).build()
    };
    let cost = |width| {
        let text = screen((width, 24), &[used(100, 0), used(112, 2)], "");
        text.lines().nth(1).unwrap().rsplit("(v)").next().unwrap().trim_start().to_owned()
    };
    assert_eq!(cost(80), "4ms");
    assert_eq!(cost(120), "4ms  cpu 0.6%  text");
    assert_eq!(cost(160), "4ms  cpu 0.6%  9 MB  text");
}

#[test]
fn a_worse_way_of_reading_is_said_and_explained() {
    let failed = vec![
        (Collector::Bpf, "not permitted: needs cap_bpf and cap_perfmon".to_owned()),
        (Collector::Diag, "netlink is refused: EAFNOSUPPORT".to_owned()),
    ];
    let host = busy().adjust(|snapshot| snapshot.way = Way { used: Collector::Text, failed });
    let mut screen = Screen::new((100, 24), Options::default());
    screen.receive(&analyses(&[host.build()]));
    let line = screen.text().lines().nth(1).unwrap().to_owned();
    assert!(line.starts_with("saw 12/12 procs, 1/1 netns, as root, as text only "), "{line}");
    let coverage = screen.press("v").text();
    for said in [
        "read by     text: owners by /proc/PID/fd, sockets by /proc/PID/net; without byte counters",
        "not by      bpf: not permitted: needs cap_bpf and cap_perfmon",
        "not by      diag: netlink is refused: EAFNOSUPPORT",
    ] {
        assert!(coverage.contains(said), "{said}\n{coverage}");
    }
}

#[test]
fn each_gap_says_what_would_mend_it() {
    let gap = |scope, reason| Gap { scope, reason, count: 3 };
    let text = |lacks: &[&'static str]| {
        let host = calm_builder(lacks)
            .gap(gap(GapScope::Descriptors, GapReason::Permission))
            .gap(gap(GapScope::Namespace, GapReason::Permission))
            .gap(gap(GapScope::Descriptor, GapReason::Exhausted))
            .gap(gap(GapScope::Table, GapReason::Vanished));
        screen((100, 40), &[host.build()], "v")
    };
    insta::assert_snapshot!("gaps_mended", text(&["cap_sys_ptrace"]));
    let as_root = text(&[]);
    assert!(as_root.contains("no capability is lacking: a security module or a user namespace"), "{as_root}");
    assert!(!as_root.contains("run as root"), "{as_root}");
}

fn calm_builder(lacks: &[&'static str]) -> crate::support::snapshot::Builder {
    let uid = if lacks.is_empty() { 0 } else { 1000 };
    snapshot()
        .process(1, 0, "/sbin/init", "init")
        .tcp(1, &[3], sockeye::model::TcpState::Listen, "0.0.0.0:1", "0.0.0.0:0")
        .viewer(uid, lacks)
}

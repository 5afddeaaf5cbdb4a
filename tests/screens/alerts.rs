//! Alerts on the screen: strip, mark, the selected row's facts, the detail.

use std::sync::Arc;
use std::time::Duration;

use sockeye::analyze::Analysis;
use sockeye::app::{Options, Theme};
use sockeye::model::{Alert, Level, Snapshot, TcpState};

use super::busy;
use crate::support::alerts::{alert, command, judged, link};
use crate::support::screen::{Screen, analyses};
use crate::support::snapshot::Builder;

/// The web server again; this time its shell is behind a relay, and one more is low.
pub(super) fn relayed() -> Builder {
    busy()
        .process(20131, 20130, "/usr/bin/nc.openbsd", "nc 203.0.113.80 443")
        .with(|process| process.uid = 33)
        .tcp(36200, &[3], TcpState::Established, "10.0.0.5:40112", "203.0.113.80:443")
        .process(20130, 902, "/usr/bin/bash", "bash -i")
        .with(|process| {
            process.uid = 33;
            process.cwd = sockeye::model::Fact::Known("/var/www/html/uploads".into());
        })
}

/// What rules would find: a shell and its relay, two shells with connections of their own, one of them low.
pub(super) fn found(analysis: &Analysis) -> Vec<Alert> {
    let chain = "bash(20130) fd 0,1 =pipe= nc.openbsd(20131) fd 3 -> 203.0.113.80:443";
    let relay = Alert {
        summary: "nc.openbsd 20131 relays 203.0.113.80:443 to bash 20130".to_owned(),
        chain: chain.to_owned(),
        evidence: vec![link("its fd 3 is the connection", "/proc/20131/fd/3", "socket:[36200]")],
        ..alert(analysis, "shell-relay", Level::High, &[20131, 20130], 36200)
    };
    let shell = Alert {
        summary: "bash 20130 stdin+stdout reach 203.0.113.80:443 through nc.openbsd 20131, no tty".to_owned(),
        chain: chain.to_owned(),
        evidence: vec![
            link("fd 0 is a pipe that nc.openbsd (20131) writes into", "/proc/20130/fd/0", "pipe:[36301]"),
            link("fd 1 is a pipe that nc.openbsd (20131) reads from", "/proc/20130/fd/1", "pipe:[36302]"),
            command(
                "nc.openbsd (20131) holds an ESTABLISHED connection that it opened to 203.0.113.80:443",
                "ss -tnp 'sport = :40112'",
                "203.0.113.80:443",
            ),
            link("it is a shell", "/proc/20130/exe", "/usr/bin/bash"),
            command("it has no controlling terminal", "ps -o tty= -p 20130", "?"),
            "it runs as www-data (33) in /var/www/html/uploads".to_owned().into(),
        ],
        against: vec![command("the port is one of a usual service", "getent services 443/tcp", "https")],
        ..alert(analysis, "shell-relayed", Level::High, &[20130, 20131], 36200)
    };
    let own = |level, pid, inode, summary: &str| Alert {
        summary: summary.to_owned(),
        ..alert(analysis, "shell-outbound", level, &[pid], inode)
    };
    vec![
        relay,
        shell,
        own(Level::Medium, 20119, 35950, "bash 20119 fd 3 is a socket to 198.51.100.7:4444"),
        own(Level::Low, 20117, 35943, "bash 20117 fd 5 is a socket to 127.0.0.1:443"),
        alert(analysis, "shell-relayed", Level::Low, &[1822], 9003),
    ]
}

fn open(size: (u16, u16), options: Options, keys: &str) -> Screen {
    let mut screen = Screen::new(size, options);
    screen.receive(&[judged(&analyses(&[relayed().build()])[0], found)]).press(keys);
    screen
}

fn strip(screen: &Screen) -> String {
    screen.text().lines().nth(2).unwrap().to_owned()
}

#[test]
fn the_strip_names_the_shell_and_the_selected_row_shows_its_way_to_the_connection() {
    insta::assert_snapshot!("relay_80", open((80, 24), Options::default(), "").text());
    insta::assert_snapshot!("relay_120", open((120, 30), Options::default(), "").text());
    insta::assert_snapshot!("relay_80_styles", open((80, 24), Options::default(), "Down").styles());
    insta::assert_snapshot!(
        "relay_80_plain",
        open((80, 24), Options { theme: Theme::Mono, ..Options::default() }, "Down").styles()
    );
}

#[test]
fn the_detail_shows_the_gravest_alert_and_on_the_full_screen_all_and_how_to_check() {
    insta::assert_snapshot!("evidence_open_80", open((80, 24), Options::default(), "Enter").text());
    insta::assert_snapshot!("evidence_full_80", open((80, 24), Options::default(), "Enter Enter").text());
    insta::assert_snapshot!(
        "evidence_full_80_end",
        open((80, 24), Options::default(), "Enter Enter End").text()
    );
    insta::assert_snapshot!("evidence_open_120", open((120, 30), Options::default(), "Enter").text());
    insta::assert_snapshot!("evidence_full_120", open((120, 30), Options::default(), "Enter Enter").text());
}

#[test]
fn an_alert_of_no_facts_has_its_level_and_rule() {
    let screen = open((80, 24), Options::default(), "/ \"1822\" Enter Enter");
    insta::assert_snapshot!(screen.text());
}

#[test]
fn a_row_without_alert_shows_both_ends_in_the_same_place() {
    let lines =
        |screen: &Screen| screen.text().lines().skip(18).take(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        lines(&open((80, 24), Options::default(), "/ \"nginx\" Enter")),
        [
            "── 1311 nginx ── www-data ── fd 14 ── inode 9101 ── netns host ──────── Enter ──",
            "sock tcp ESTABLISHED  10.0.0.5:443 > 192.0.2.77:50812  inbound (listener)",
        ]
    );
    // No chain: what the strip would say.
    let low = open((80, 24), Options::default(), "/ \"20117\" Enter");
    assert_eq!(lines(&low)[1], "why LOW bash 20117 fd 5 is a socket to 127.0.0.1:443");
}

#[test]
fn the_alerts_of_one_connection_are_one_case_and_low_ones_are_none() {
    let header = |screen: &Screen| screen.text().lines().next().unwrap().to_owned();
    let both = open((120, 30), Options::default(), "");
    assert!(header(&both).ends_with("  2 alerts"), "{}", header(&both));
    let only = |level: Level| {
        let mut screen = Screen::new((120, 30), Options::default());
        let analysis = judged(&analyses(&[relayed().build()])[0], |analysis| {
            found(analysis).into_iter().filter(|alert| alert.level == level).collect()
        });
        screen.receive(&[analysis]);
        screen
    };
    let high = only(Level::High);
    assert!(header(&high).ends_with("  1 alert"), "{}", header(&high));
    assert_eq!(
        strip(&high),
        "!! 1 high: bash 20130 stdin+stdout reach 203.0.113.80:443 through nc.openbsd 20131, no tty"
    );
    let low = only(Level::Low);
    assert!(header(&low).ends_with("  no alerts"), "{}", header(&low));
    assert!(strip(&low).trim_start().starts_with("PID "), "{}", strip(&low));
}

#[test]
fn the_keys_of_alerts_go_to_the_relays_row_and_through_the_levels() {
    let selected = |screen: &Screen| screen.app.selected().unwrap().socket.unwrap().id.inode.0;
    let mut screen = open((80, 24), Options::default(), "End");
    let turns: Vec<_> = ["a", "a", "a", "A", "A"].map(|key| selected(screen.press(key))).into();
    assert_eq!(turns, [36200, 35950, 36200, 35950, 36200]);
    let rows = |screen: &Screen| (0..screen.app.table().len()).count();
    let counts: Vec<_> = ["!", "!", "!"].map(|key| rows(screen.press(key))).into();
    assert_eq!(counts, [2, 4, 11]);
}

/// The strip after a host that has only the medium alert, then `next` and the keys.
fn strip_after(width: u16, next: &Arc<Analysis>, keys: &str) -> String {
    let mut screen = Screen::new((width, 24), Options::default());
    let medium = |analysis: &Analysis| found(analysis).drain(2..3).collect();
    let before = judged(&analyses(&[relayed().build()])[0], medium);
    screen.receive(&[before]).press(keys).receive(std::slice::from_ref(next)).press(keys);
    strip(&screen)
}

#[test]
fn an_alert_that_was_not_there_before_is_new_until_the_next_snapshot() {
    let later: Arc<Snapshot> = relayed().later(Duration::from_secs(2)).build();
    let next = judged(&analyses(&[later])[0], found);
    let new = "!! new bash 20130 stdin+stdout reach 203.0.113.80:443 through nc.ope…  (! all 2)";
    assert_eq!(strip_after(80, &next, ""), new);
    assert_eq!(
        strip_after(160, &next, ""),
        "!! 1 high: new bash 20130 stdin+stdout reach 203.0.113.80:443 through nc.openbsd 20131, no tty   \
         ! 1 medium: bash 20119 fd 3 is a socket to …   (a next, ! only)"
    );
    // Frozen while it came: new when it is shown.
    assert_eq!(strip_after(80, &next, "Space"), new);
    let mut screen = open((80, 24), Options::default(), "");
    screen.receive(&[next]);
    assert!(strip(&screen).starts_with("!! bash 20130 "), "{}", strip(&screen));
}

#[test]
fn an_alert_that_grew_graver_is_new_again() {
    let later: Arc<Snapshot> = relayed().later(Duration::from_secs(2)).build();
    let grave = judged(&analyses(&[later])[0], |analysis| {
        found(analysis).drain(2..3).map(|alert| Alert { level: Level::High, ..alert }).collect()
    });
    assert_eq!(strip_after(80, &grave, ""), "!! new bash 20119 fd 3 is a socket to 198.51.100.7:4444");
}

#[test]
fn a_filter_finds_the_shell_that_holds_no_socket() {
    let rows = |filter: &str| {
        let screen = open((80, 24), Options::default(), &format!("/ \"{filter}\" Enter"));
        let keys = (0..screen.app.table().len()).map(|at| screen.app.table().key(at).unwrap().socket.inode.0);
        keys.collect::<Vec<_>>()
    };
    for filter in ["20130", "=pipe=", "alert:high", "alert:shell-relay not alert:medium,low"] {
        assert_eq!(rows(filter), [36200], "{filter}");
    }
    assert_eq!(rows("pid:20130"), [0; 0], "the column is the owner's");
    assert_eq!(rows("alert:relays"), [0; 0], "a field of the rule's name");
}

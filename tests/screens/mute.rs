//! Alerts that are new, and alerts that are muted.

use std::sync::Arc;

use sockeye::analyze::{Analyzer, Judging};
use sockeye::app::{Effect, Options};
use sockeye::model::{Fact, Mute, Pid, Snapshot};
use sockeye::run::Event;

use super::{busy, calm, later};
use crate::support::screen::{Screen, analyses};

/// How often the bell rings.
fn rings(bell: bool, snapshots: &[Arc<Snapshot>], keys: &str) -> usize {
    let analyses = analyses(snapshots);
    let mut screen = Screen::new((80, 24), Options { bell, ..Options::default() });
    screen.receive(&analyses[..1]).press(keys).receive(&analyses[1..]);
    screen.effects.iter().filter(|effect| **effect == Effect::Bell).count()
}

#[test]
fn the_bell_rings_once_for_new_loud_alerts_where_it_was_asked_for() {
    assert_eq!(rings(true, &[calm(), busy().build(), later()], ""), 1);
    assert_eq!(
        rings(true, &[calm(), busy().build(), calm(), busy().build()], "Space"),
        2,
        "while frozen, too"
    );
    assert_eq!(rings(true, &[busy().build(), later(), calm()], ""), 0, "not for what was there at first");
    assert_eq!(rings(false, &[calm(), busy().build()], ""), 0);
}

fn open(keys: &str) -> Screen {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[busy().build()])).press(keys);
    screen.effects.clear();
    screen
}

/// The message line.
fn message(screen: &Screen) -> String {
    screen.text().lines().nth(22).unwrap().to_owned()
}

fn mute() -> Mute {
    Mute {
        rule: Some("shell-outbound".into()),
        exe: Some("/usr/bin/bash".into()),
        peer: Some("203.0.113.80".parse().unwrap()),
        parent: Some("/usr/bin/dash".into()),
        reason: "the nightly drill".into(),
    }
}

#[test]
fn i_mutes_an_alert_with_a_reason_and_undoes_it() {
    let mut screen = open("i");
    assert_eq!(message(&screen), "mute this alert, because:");
    screen.press("\" the nightly drill \" Enter");
    assert_eq!(screen.effects, [Effect::Mute(mute())]);
    assert!(
        message(&screen).starts_with("muted, i undoes it: rule shell-outbound, exe "),
        "{}",
        message(&screen)
    );
    // What the analyzer makes of it.
    let judging = Judging { mutes: vec![mute()], ..Judging::default() };
    screen.receive(&[Analyzer::new(judging).analyze(busy().build())]);
    insta::assert_snapshot!("muted", screen.press("End Up Home").text());
    assert!(screen.styles().lines().any(|line| line == "6: 0-0 dim yellow"), "{}", screen.styles());
    insta::assert_snapshot!("muted_coverage", screen.press("v").text());
    screen.press("Esc / \"203.0.113.80\" Enter");
    insta::assert_snapshot!("muted_detail", screen.press("Enter").text());
    screen.effects.clear();
    screen.press("i");
    assert_eq!(screen.effects, [Effect::Unmute(mute())]);
    assert_eq!(screen.app.mutes(), []);
    assert!(message(&screen).starts_with("not muted any more: rule shell-outbound"), "{}", message(&screen));
}

#[test]
fn a_mute_can_be_undone_before_the_next_snapshot() {
    let mut screen = open("Space i \"x\" Enter i");
    let undone = Mute { reason: "x".into(), ..mute() };
    assert_eq!(screen.app.mutes(), []);
    screen.press("i \"x\" Enter");
    assert_eq!(screen.effects, [Effect::Mute(undone.clone())]);
    screen.press("i");
    assert_eq!(screen.effects, [Effect::Mute(undone.clone()), Effect::Unmute(undone)]);
}

#[test]
fn nothing_is_muted_without_an_alert_or_a_reason() {
    let mut screen = open("End i");
    assert_eq!(message(&screen), "no alert on this row");
    screen.press("Home i \"  \" Enter");
    assert_eq!(message(&screen), "not muted: a mute needs a reason");
    let before = screen.press("Down Up").text();
    assert_eq!(screen.press("i \"never mind\" Esc").text(), before);
    assert_eq!((screen.effects.as_slice(), screen.app.mutes()), (&[][..], &[][..]));
    let hidden = busy().adjust(|snapshot| {
        let shell = snapshot.processes.get_mut(&Pid(20117)).unwrap();
        shell.exe = Fact::Refused;
    });
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[hidden.build()])).press("/ \"pid:20117\" Enter i");
    assert_eq!(message(&screen), "cannot be muted: its executable is not known");
}

#[test]
fn a_mute_that_cannot_be_kept_says_so_and_holds() {
    let mut screen = open("i \"x\" Enter");
    screen.take([Event::Notice("muted until sockeye ends: it is a link to nothing".into())]);
    assert_eq!(
        (screen.app.mutes().len(), &*message(&screen)),
        (1, "muted until sockeye ends: it is a link to nothing")
    );
}

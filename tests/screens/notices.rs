//! What the message line says when something is not done, or did not go well.

use std::time::Duration;

use sockeye::app::{Effect, Options};
use sockeye::model::{Exe, Fact, Pid, Request, SourceId, Status, Text};
use sockeye::run::Event;

use super::{busy, calm, later};
use crate::support::screen::{Screen, analyses};

fn open(keys: &str) -> Screen {
    let mut screen = Screen::new((120, 30), Options::default());
    screen.receive(&analyses(&[busy().build(), later()])).press(keys);
    screen
}

/// The message line.
fn message(screen: &Screen) -> String {
    screen.text().lines().nth_back(1).unwrap().to_owned()
}

#[test]
fn the_interval_has_two_ends() {
    for (key, steps, last, said) in
        [("[", 6, 60, "slowest is the limit"), ("]", 2, 0, "fastest is the limit")]
    {
        let mut screen = open(&format!("{key} ").repeat(steps));
        assert_eq!(screen.effects.len(), steps);
        let Some(Effect::Request(_, Request::SetInterval(interval))) = screen.effects.last() else {
            panic!()
        };
        assert_eq!(interval.as_secs(), last);
        assert!(message(&screen).starts_with("filter: (none) "), "{}", message(&screen));
        assert_eq!(message(screen.press(key)), said);
        assert_eq!(screen.effects.len(), steps, "nothing more is asked");
        assert!(message(screen.press("Down")).starts_with("filter: (none) "), "{}", message(&screen));
    }
}

#[test]
fn who_turns_names_on_is_told_who_is_asked() {
    let mut screen = open("n");
    assert_eq!(message(&screen), "names on: name servers are asked about remote addresses");
    assert!(message(screen.press("n")).starts_with("filter: (none) "), "{}", message(&screen));
}

#[test]
fn keys_that_need_a_socket_say_that_none_is_selected() {
    for key in ["K", "X", "T", "c", "Tab", "BackTab"] {
        let screen = open(&format!("/ \"zzz\" Enter {key}"));
        assert_eq!(message(&screen), "no socket is selected", "{key}");
        assert_eq!(screen.effects, [], "{key}");
    }
    for (keys, said) in [("w E", "no socket is selected"), ("i", "no alert on this row")] {
        assert_eq!(message(&open(&format!("/ \"zzz\" Enter {keys}"))), said, "{keys}");
    }
}

#[test]
fn a_socket_that_is_closed_already_is_not_closed_again() {
    let screen = open("/ \"is:closed\" Enter X");
    assert_eq!(message(&screen), "this socket is gone");
    assert_eq!(screen.effects, []);
}

#[test]
fn an_alert_of_which_no_mute_can_be_made_says_why() {
    let shell = |path: Text| {
        let host = busy().adjust(move |snapshot| {
            let shell = snapshot.processes.get_mut(&Pid(20117)).unwrap();
            shell.exe = Fact::Known(Exe { path, deleted: false, same_as: Some("/usr/bin/bash".into()) });
        });
        let mut screen = Screen::new((120, 30), Options::default());
        screen.receive(&analyses(&[host.build()])).press("/ \"pid:20117\" Enter i");
        message(&screen)
    };
    assert_eq!(
        shell("/tmp/bash*".into()),
        "cannot be muted: the name of an executable ends in *, which would stand for any"
    );
    let odd: &[u8] = b"/tmp/\xff";
    assert_eq!(shell(odd.into()), "cannot be muted: the name of an executable is no text");
}

/// The keys that ask for something outside, what is asked at last, and what can be answered instead of it.
const FAILURES: &[(&str, &str, &str)] = &[
    ("r", "Request(SourceId(0), Refresh)", "the source does not run"),
    ("[", "Request(SourceId(0), SetInterval(3s))", "the source does not run"),
    ("n", "Resolve(", "no names: Resource temporarily unavailable (os error 11)"),
    ("c R", "Copy(Remote)", "nothing to copy"),
    ("c E", "Copy(Evidence)", "80000 bytes are too many to copy; w writes"),
    ("c P", "Copy(Pid)", "not copied: Input/output error (os error 5)"),
    ("w E", "Write(EvidenceText)", "cannot create sockeye-bash-20117.txt: Permission denied (os error 13)"),
    ("w T", "Write(TableText)", "sockeye-web01.txt is not complete: No space left on device (os error 28)"),
    ("K", "Hold(", "nothing is done to what another --proc shows: its pids may be others here"),
    ("X", "Find {", "nothing is done to what another --proc shows: its pids may be others here"),
    ("i \"x\" Enter", "Mute(", "muted until sockeye ends: c.toml: Read-only file system"),
    ("i \"x\" Enter i", "Unmute(", "not muted until sockeye ends: c.toml: it is not UTF-8"),
    ("C Down Space Enter", "Columns(Some(", "columns until sockeye ends: there is no home for a config file"),
    ("C-z", "Suspend", "Function not implemented (os error 38)"),
    ("C-l", "Redraw", "Input/output error (os error 5)"),
];

#[test]
fn what_fails_outside_is_said_until_the_next_key() {
    for (keys, asked, why) in FAILURES {
        let mut screen = open("");
        screen.failing(why).press(keys);
        let last = format!("{:?}", screen.effects.last().unwrap());
        assert!(last.starts_with(asked), "{keys}: {last}");
        // Without the number that Rust puts behind what the system says.
        let said = why.split(" (os error ").next().unwrap();
        assert_eq!(message(&screen), said, "{keys}");
        assert_eq!(screen.app.view(), sockeye::app::View::Table, "{keys}: no dialog opens");
        screen.answering(|_| None).press("Down Up");
        assert!(!screen.text().contains(said), "{keys}\n{}", screen.text());
    }
}

#[test]
fn foreign_text_in_a_message_is_spelled_out() {
    let mut screen = open("");
    screen.failing("cannot create \u{1b}[31m\u{202e}x: no").press("w T");
    assert_eq!(message(&screen), "cannot create \\x1b[31m\\u{202e}x: no");
}

#[test]
fn a_source_that_fails_says_why_until_it_runs_again() {
    let mut screen = open("");
    let status = |screen: &Screen| screen.text().lines().next().unwrap().to_owned();
    let retrying = Status::Retrying { after: Duration::from_secs(4), why: "a bug: \u{1b}x".to_owned() };
    screen.take([Event::Status(SourceId(0), retrying)]);
    assert_eq!(message(&screen), "source broke, starts again in 4 s: a bug: \\x1bx");
    assert!(status(&screen).contains("  RETRYING  "), "{}", status(&screen));
    screen.take([Event::Status(SourceId(0), Status::Failed("no /proc: \u{1b}x".to_owned()))]);
    assert_eq!(message(&screen), "source failed: no /proc: \\x1bx");
    assert!(status(&screen).contains("  FAILED  "), "{}", status(&screen));
    // It stays, and a notice goes before it.
    assert_eq!(message(screen.press("Down")), "source failed: no /proc: \\x1bx");
    assert_eq!(message(screen.press("\"9\"")), "to pid 9: sshd");
    assert_eq!(message(screen.press("Down")), "source failed: no /proc: \\x1bx");
    screen.receive(&analyses(&[calm()]));
    assert!(message(&screen).starts_with("filter: (none) "), "{}", message(&screen));
}

#[test]
fn before_the_first_snapshot_each_key_and_message_has_its_place() {
    let mut screen = Screen::new((120, 30), Options::default());
    assert!(screen.press("").text().contains("looking at all processes and sockets …"), "{}", screen.text());
    let coverage = screen.press("v").text();
    assert!(coverage.contains("│no snapshot yet"), "{coverage}");
    for (keys, said) in [
        ("Esc K", "no socket is selected"),
        ("\"1\"", "to pid 1: no row has it"),
        ("a", "no alerts"),
        ("i", "no alert on this row"),
        ("w T", "filter: (none)"),
    ] {
        assert!(message(screen.press(keys)).starts_with(said), "{keys}: {}", message(&screen));
    }
    for (status, word, said) in [
        (Status::Failed("gone".to_owned()), "FAILED", "source failed: gone"),
        (
            Status::Retrying { after: Duration::from_secs(1), why: "x".to_owned() },
            "RETRYING",
            "source broke, starts again in 1 s: x",
        ),
    ] {
        screen.take([Event::Status(SourceId(0), status)]);
        assert_eq!(screen.text().lines().next(), Some(&*format!("sockeye  {word}")));
        assert_eq!(message(&screen), said);
    }
}

//! Keys that the user has bound.

use sockeye::app::{Effect, Keys, Options, Reply};
use sockeye::model::{Addressee, Standing, TcpState};

use super::{busy, later, many};
use crate::support::screen::{Screen, analyses};

fn bound(size: (u16, u16), keys: &[(&str, &[&str])]) -> Screen {
    let mut own = Keys::default();
    for (name, keys) in keys {
        assert!(own.bind(name, keys.iter().map(|key| key.parse().unwrap()).collect()), "{name}");
    }
    let mut screen = Screen::new(size, Options { keys: own, ..Options::default() });
    screen.receive(&analyses(&[busy().build(), later()]));
    screen
}

/// The message line.
fn message(screen: &Screen) -> String {
    screen.text().lines().nth_back(1).unwrap().to_owned()
}

#[test]
fn a_bound_key_does_what_the_old_one_did_and_the_old_one_nothing() {
    let mut screen = bound((80, 24), &[("established", &["F12", "Y"]), ("down", &["Ctrl-N"])]);
    let at = screen.app.cursor().at();
    for key in ["e", "j"] {
        assert_eq!(message(screen.press(key)), format!("{key} does nothing here: ? lists the keys"));
    }
    assert_eq!(screen.press("Down").app.cursor().at(), at);
    for key in ["F12", "Y"] {
        assert!(message(screen.press(key)).starts_with("filter: state:established "), "{}", message(&screen));
        assert!(message(screen.press(key)).starts_with("filter: (none)"), "{}", message(&screen));
    }
    assert_eq!(screen.press("C-n C-n").app.cursor().at(), 2);
}

#[test]
fn hints_and_help_show_the_keys_that_are_bound() {
    let keys: &[(&str, &[&str])] =
        &[("filter", &["F3"]), ("sort", &[]), ("help", &["F1"]), ("freeze", &["Space", "Ctrl-S", "P"])];
    let mut screen = bound((80, 24), keys);
    let hints = screen.text().lines().last().unwrap().to_owned();
    assert!(hints.starts_with("F3 filter  p pid  ") && hints.ends_with("F1 help"), "{hints}");
    assert!(!hints.contains("sort"), "{hints}");
    insta::assert_snapshot!(screen.press("F1").text());
}

#[test]
fn in_a_prompt_characters_are_text_whatever_is_bound() {
    let mut screen = bound((80, 24), &[("up", &["x"]), ("back", &["z"]), ("unix", &["X"])]);
    assert_eq!(message(screen.press("/ \"xzX\"")), "filter: xzX");
    assert!(message(screen.press("Esc")).starts_with("filter: (none)"), "{}", message(&screen));
}

#[test]
fn texts_that_name_a_key_name_the_one_that_is_bound() {
    let keys: &[(&str, &[&str])] = &[
        ("unix", &["F11"]),
        ("coverage", &["Y"]),
        ("alerts", &["F12"]),
        ("next-alert", &[]),
        ("detail", &["Tab"]),
        ("back", &["Backspace"]),
        ("help", &["F1"]),
        ("mute", &["y"]),
        ("names", &["M"]),
        ("invert", &["i"]),
    ];
    let mut screen = bound((80, 24), keys);
    let has = |screen: &Screen, texts: &[&str]| {
        for text in texts {
            assert!(screen.text().contains(text), "{text}\n{}", screen.text());
        }
    };
    has(&screen, &["sockets (F11)", "without (Y)", "(F12 all 2)", " Tab ──"]);
    has(screen.press("/ \"zzz\" Enter"), &["no socket matches the filter: Backspace clears it"]);
    has(screen.press("Backspace o"), &["Enter takes  i inverts"]);
    has(screen.press("Backspace C"), &["Backspace drops"]);
    has(screen.press("Backspace F1 End"), &["F1 again: all views", "Backspace closes", "names on (M)"]);
    has(screen.press("Backspace y \"x\" Enter"), &["muted, y undoes it: "]);
    has(screen.press("Y"), &["muted alerts: y on one"]);
    screen.press("Backspace").resize(120, 30);
    has(&screen, &["((no key) next, F12 only)"]);
    has(screen.resize(45, 10), &["F1 help"]);
}

/// Who is asked for is sockeye itself.
fn itself(effect: &Effect) -> Option<Reply> {
    let Effect::Hold(processes) = effect else { return None };
    let found = |process| Addressee {
        process,
        standing: Standing::Sockeye,
        descriptors: None,
        children: None,
        is_above: false,
    };
    Some(Reply::Held(processes.iter().copied().map(found).collect()))
}

#[test]
fn dialogs_and_messages_name_the_keys_that_are_bound() {
    let keys: &[(&str, &[&str])] = &[
        ("quit", &["F12"]),
        ("back", &["Backspace"]),
        ("detail", &["Tab"]),
        ("focus", &["F11"]),
        ("up", &["W"]),
        ("down", &["S"]),
        ("fold-all", &["F13"]),
        ("kill", &["F14"]),
        ("tag", &["F15"]),
    ];
    let keys = [
        keys,
        &[("coverage", &["F16"]), ("differences", &["F17"]), ("history", &["F18"]), ("unix", &["F19"])],
    ]
    .concat();
    let mut screen = bound((120, 30), &keys);
    let text = screen.answering(itself).press("F14").text();
    assert!(text.contains("20117 is sockeye itself: F12 quits"), "{text}");
    assert!(text.contains(" Tab sends nothing  Backspace leaves "), "{text}");
    assert_eq!(message(screen.press("Tab")), "20117 is sockeye itself: F12 quits. Nothing was sent.");
    screen.answering(super::act::all_well);
    let text = screen.press("F14").text();
    assert!(text.contains(" Tab sends to exactly this process  Backspace leaves "), "{text}");
    let text = screen.press("Backspace X").text();
    assert!(text.contains(" Tab closes exactly this socket  Backspace leaves "), "{text}");
    let text = screen.press("Backspace F15 F15 F14").text();
    assert!(text.contains(" Tab goes on to the signal  Backspace leaves "), "{text}");
    screen.press("Backspace Backspace").resize(120, 16);
    let text = screen.press("Tab F11").text();
    assert!(text.contains("W S scroll, F11 rows"), "{text}");
    assert_eq!(message(screen.press("Backspace F13")), "further owners are shown: F13 hides them");
    assert_eq!(message(screen.press("F13")), "further owners are hidden");
    let text = screen.press("t End").resize(120, 30).text();
    assert!(text.contains("1 socket, F16 explains"), "{text}");
    assert!(text.contains("1 socket: F16 says why each kind has none"), "{text}");
    let text = screen.press("t m F17").text();
    assert!(text.contains("no differences since then: F17 shows all sockets, F19 unix ones, too"), "{text}");
    screen.receive(&analyses(&[busy().build()])).press("F17");
    let text = bound((120, 30), &keys).receive(&analyses(&[busy().build()])).press("F18").text();
    assert!(text.contains("nothing has closed since sockeye started: F18 shows all sockets"), "{text}");
}

/// The message, or what stands in the place of rows, after these keys where all that was tagged has gone away.
fn gone(keys: &str, wanted: &str) {
    let gone = |seconds| {
        let later = many(5).later(std::time::Duration::from_secs(seconds));
        later.adjust(|snapshot| snapshot.sockets.retain(|socket| socket.id.inode.0 != 5002)).build()
    };
    let series = analyses(&[many(5).build(), gone(2), gone(4), gone(6)]);
    for (back, name) in [("Esc", "Esc"), ("F11", "F11")] {
        let mut own = Keys::default();
        assert!(own.bind("back", vec![back.parse().unwrap()]));
        let mut screen = Screen::new((120, 30), Options { keys: own, ..Options::default() });
        screen.receive(&series[..1]).press("Down Down T").receive(&series[1..]).press(keys);
        assert!(screen.text().contains(&wanted.replace("KEY", name)), "{keys}: {wanted}\n{}", screen.text());
    }
}

#[test]
fn what_the_key_back_will_do_is_said_with_all_that_it_does_before() {
    gone("c R", "the tagged rows are gone: KEY drops the tags");
    gone("w E", "the tagged rows are gone: KEY drops the tags");
    let way = "KEY shrinks the detail, then closes it, then drops the tags";
    gone("Enter Enter c R", &format!("the tagged rows are gone: {way}"));
    let nobody = "the tagged rows are gone, or no process is known to hold them: ";
    gone("K", &format!("{nobody}KEY drops the tags"));
    gone("Enter K", &format!("{nobody}KEY closes the detail, then drops the tags"));
    let none = "no socket matches the filter";
    gone("/ \"zzz\" Enter", &format!("{none}: KEY drops the tags, then clears the filter"));
    gone(
        "Enter / \"zzz\" Enter",
        &format!("{none}: KEY closes the detail, then drops the tags, then clears the filter"),
    );
}

#[test]
fn where_no_socket_matches_the_key_does_what_it_is_said_to_do() {
    let host = many(1).process(40, 1, "/bin/x", "x").tcp(7, &[3], TcpState::Listen, "0.0.0.0:7", "0.0.0.0:0");
    let mut screen = Screen::new((120, 30), Options::default());
    screen.receive(&analyses(&[host.build()])).press("T m Enter / \"zzz\" Enter");
    let said = |screen: &Screen| {
        let text = screen.text();
        let said = text.lines().find_map(|line| line.strip_prefix("no socket matches the filter: "));
        said.unwrap_or("rows").to_owned()
    };
    assert_eq!(said(&screen), "Esc closes the detail, then drops the tags, then clears the filter");
    assert_eq!(said(screen.press("Esc")), "Esc drops the tags, then clears the filter");
    assert_eq!(said(screen.press("Esc")), "Esc clears it");
    assert_eq!(said(screen.press("Esc")), "rows");
}

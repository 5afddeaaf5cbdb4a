//! Keys that the user has bound.

use sockeye::app::{Keys, Options};

use super::{busy, later};
use crate::support::screen::{Screen, analyses, options};

fn bound(size: (u16, u16), keys: &[(&str, &[&str])]) -> Screen {
    let mut own = Keys::default();
    for (name, keys) in keys {
        assert!(own.bind(name, keys.iter().map(|key| key.parse().unwrap()).collect()), "{name}");
    }
    let mut screen = Screen::new(size, Options { keys: own, ..options() });
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

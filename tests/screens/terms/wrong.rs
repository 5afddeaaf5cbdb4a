//! Terms that are wrong: named with their place and left out, while the others apply.

use sockeye::app::{Options, Theme};

use super::scene::{message, rows, scene, screen};
use crate::screens::busy;
use crate::support::screen::{Screen, analyses};

/// What is typed behind a term that is right, where the place of the wrong one is, and what is said of it.
const WRONG: &[(&str, usize, &str)] = &[
    // names
    ("bogus:x", 1, "no column \"bogus\"; see --list-columns"),
    ("sta:x", 1, "\"sta\" can mean state, started"),
    // values
    ("pid:", 1, "pid: what?"),
    ("pid:,", 1, "pid:, what?"),
    ("pid:x", 1, "pid is a number, not \"x\""),
    ("pid>x", 1, "pid is a number, not \"x\""),
    ("pid>1,2", 1, "pid> takes one value"),
    ("port:http", 1, "port is a number, not \"http\""),
    ("port:80,9-5", 1, "9-5 goes backwards"),
    ("age>soon", 1, "age is a time such as 5m, not \"soon\""),
    ("started>soon", 1, "started is a time such as 2026-07-28T14:41, not \"soon\""),
    ("user>5", 1, "user has no order; it takes : = != or ~"),
    ("state:foo", 1, "no state begins with \"foo\""),
    ("dst:10.0.0.0/33", 1, "10.0.0.0/33 is no network"),
    ("pid!5", 1, "pid!5 is not known; != and !~ are"),
    // expressions
    ("cmd~'('", 1, "no regular expression: unclosed group"),
    ("cmd~''", 1, "cmd~'' what?"),
    ("cmd~'\\w{1000}{1000}'", 1, "the regular expression is too large"),
    // properties
    ("is:", 1, "is: what?"),
    ("is:l", 1, "is:l can mean listen, loopback"),
    (
        "is:odd",
        1,
        "is: no \"odd\"; there are outbound, inbound, listen, loopback, shell, alert, unowned, new, changed, closed, \
        deleted",
    ),
    // what holds terms together
    ("not", 1, "\"not\" what?"),
    ("!", 1, "\"!\" what?"),
    ("or", 1, "\"or\" what?"),
    ("and", 1, "\"and\" what?"),
    ("or or worker", 4, "\"or\" what?"),
    ("(", 1, "\"(\" has no \")\""),
    (")", 1, "\")\" has no \"(\""),
    ("( )", 1, "\"()\" what?"),
    ("'b c", 1, "'b c has no closing quote"),
    (
        "(((((((((((((((((((((((((((((((((worker)))))))))))))))))))))))))))))))))",
        33,
        "too many brackets in each other",
    ),
];

#[test]
fn each_wrong_term_is_named_with_its_place_and_the_others_apply() {
    let scene = scene();
    let begin = "worker ";
    for (wrong, at, said) in WRONG {
        let mut screen = screen(&scene, "");
        screen.resize(240, 40).press(&format!("/ \"{begin}{wrong}\""));
        let place = begin.len() + at;
        assert_eq!(message(&screen), format!("filter: {begin}{wrong}  left out at {place}: {said}"));
        assert_eq!(rows(&screen), ["bash", "worker"], "{wrong}");
        // Taken, it stays named, beside what rows are sorted by.
        let said = format!("filter: {begin}{wrong}  left out at {place}: {said}  ");
        assert!(message(screen.press("Enter")).starts_with(&said), "{}", message(&screen));
        assert_eq!(rows(&screen), ["bash", "worker"], "{wrong}");
    }
}

#[test]
fn of_several_wrong_terms_the_first_is_named_and_the_rest_counted() {
    let scene = scene();
    let screen = screen(&scene, "/ \"pid:x worker port: !\"");
    let said = "filter: pid:x worker port: !  left out at 1: pid is a number, not \"x\", and 2 more";
    assert_eq!(message(&screen), said);
    assert_eq!(rows(&screen), ["bash", "worker"]);
    // Nothing but wrong terms filters nothing.
    let all = rows(&super::screen(&scene, ""));
    assert_eq!(rows(&super::screen(&scene, "/ \"pid:x port:\"")), all);
}

#[test]
fn a_message_without_room_is_cut_and_the_text_is_not() {
    let scene = scene();
    let mut screen = screen(&scene, "/ \"worker is:odd\"");
    screen.resize(60, 40);
    assert_eq!(message(&screen), "filter: worker is:odd  left out at 8: is: no \"odd\"; there a…");
    // With next to none it is left out.
    screen.resize(45, 40);
    assert_eq!(screen.text().lines().last(), Some("filter: worker is:odd"));
}

/// What the message line looks like where it is not plain: `from-to style`.
fn looks(screen: &Screen) -> String {
    let line = screen.text().lines().count() - 2;
    let styles = screen.styles();
    let found = styles.lines().find_map(|styles| styles.strip_prefix(&format!("{line}: ")));
    found.unwrap_or_default().to_owned()
}

fn themed(theme: Theme, keys: &str) -> Screen {
    let mut screen = Screen::new((120, 24), Options { theme, ..Options::default() });
    screen.receive(&analyses(&[busy().build()])).press(keys);
    screen
}

#[test]
fn what_is_wrong_is_marked_in_the_prompt_and_in_the_line_of_the_filter() {
    for (typed, wrong) in [
        ("ssh prto:x tcp", &[(4, 9)][..]),
        ("pid:", &[(0, 3)]),
        ("ssh or", &[(4, 5)]),
        ("(ssh", &[(0, 0)]),
        ("ssh ( )", &[(4, 6)]),
        ("(pid:x ssh", &[(0, 5)]),
        ("'a b", &[(0, 3)]),
        ("pid:x ssh is:", &[(0, 4), (10, 12)]),
        // Escaped, it is longer than what was typed.
        ("\u{202e} prto:\u{202e} ssh", &[(9, 21)]),
        ("ssh tcp", &[]),
    ] {
        for (theme, looks_wrong, said) in [
            (Theme::Terminal, "bold underlined yellow", "yellow"),
            (Theme::Mono, "bold underlined", "bold"),
            (Theme::Dark, "bold underlined #ffc777", "#ffc777"),
            (Theme::Light, "bold underlined #8a4b00", "#8a4b00"),
        ] {
            let mut screen = themed(theme, &format!("/ \"{typed}\""));
            let mut parts = Vec::new();
            let mut from = 0;
            for (first, last) in wrong {
                let (first, last) = (first + 8, last + 8);
                if first > from {
                    parts.push(format!("{from}-{} bold", first - 1));
                }
                parts.push(format!("{first}-{last} {looks_wrong}"));
                from = last + 1;
            }
            let end = message(&screen).find("  left out").unwrap_or(message(&screen).len());
            let end = message(&screen)[..end].chars().count();
            if end > from {
                parts.push(format!("{from}-{} bold", end - 1));
            }
            if !wrong.is_empty() {
                parts.push(format!("{}-{} {said}", end + 2, message(&screen).chars().count() - 1));
            }
            assert_eq!(looks(&screen), parts.join(", "), "{typed} {theme:?}");
            assert_eq!(looks(screen.press("Enter")), parts.join(", "), "{typed} {theme:?}");
        }
    }
}

#[test]
fn a_line_that_is_cut_is_marked_as_far_as_it_is_seen() {
    let mut screen = themed(Theme::Mono, "/ \"tcp prto:xxxxxxxxxxxxxxxxxxxxxxx zzz:1\" Enter");
    screen.resize(24, 10);
    assert_eq!(screen.text().lines().last(), Some("filter: tcp prto:xxxxxx…"));
    assert_eq!(screen.styles().lines().last(), Some("9: 0-11 bold, 12-22 bold underlined, 23-23 bold"));
    screen.resize(12, 10);
    assert_eq!(screen.styles().lines().last(), Some("9: 0-11 bold"));
}

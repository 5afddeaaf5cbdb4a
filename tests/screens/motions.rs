//! The keys that move, in every list and every text.

use sockeye::app::dialog::{STATES, sorts};
use sockeye::app::fold::GROUPS;
use sockeye::app::{Clip, Document, Options, View};
use sockeye::model::Signal;
use sockeye::table::COLUMNS;

use super::{busy, later};
use crate::support::screen::{Screen, analyses};

/// Where a motion leads to from a place: on a page of so many lines, the last of which is that.
type Motion = fn(at: usize, page: usize, last: usize) -> usize;

/// By their keys.
const MOTIONS: &[(&[&str], Motion)] = &[
    (&["Up", "k"], |at, _, _| at.saturating_sub(1)),
    (&["Down", "j"], |at, _, last| (at + 1).min(last)),
    (&["PgUp", "C-b"], |at, page, _| at.saturating_sub(page)),
    (&["PgDn", "C-f"], |at, page, last| (at + page).min(last)),
    (&["C-u"], |at, page, _| at.saturating_sub(page / 2)),
    (&["C-d"], |at, page, last| (at + page / 2).min(last)),
    (&["Home", "g"], |_, _, _| 0),
    (&["End", "G"], |_, _, last| last),
];

fn open(size: (u16, u16), keys: &str) -> Screen {
    let mut screen = Screen::new(size, Options::default());
    screen.answering(super::act::all_well).receive(&analyses(&[busy().build(), later()])).press(keys);
    screen
}

/// Lines inside the frame of the dialog that is open.
fn inside(screen: &Screen) -> usize {
    screen.text().lines().filter(|line| line.matches('│').count() == 2).count()
}

/// Lines of a detail on the full screen, between the one that names it and the message line.
fn body(screen: &Screen) -> Vec<String> {
    let text = screen.text();
    let below = text.lines().skip_while(|line| !line.starts_with("──")).skip(1).map(str::to_owned);
    let mut lines: Vec<_> = below.collect();
    lines.truncate(lines.len() - 2);
    lines
}

/// Takes each motion from some places of what `keys` open; `at` tells where it is.
fn moves(size: (u16, u16), keys: &str, page: usize, last: usize, at: impl Fn(&Screen) -> usize) {
    let mut screen = open(size, keys);
    for start in [0, 1, last / 2, last.saturating_sub(1), last] {
        for (names, motion) in MOTIONS {
            for name in *names {
                screen.press("Home").press(&"Down ".repeat(start));
                assert_eq!(at(&screen), start, "{keys}\n{}", screen.text());
                screen.press(name);
                let wanted = motion(start, page, last);
                assert_eq!(at(&screen), wanted, "{keys}: {name} from {start} of {last}\n{}", screen.text());
            }
        }
    }
}

#[test]
fn each_list_is_gone_through_by_all_keys_that_move() {
    for (keys, view, lines) in [
        ("s", View::States, STATES.len()),
        ("o", View::Sorts, sorts().count()),
        ("C", View::Columns, COLUMNS.len()),
        ("u", View::Menu, 4),
        ("c", View::Copy, Clip::MENU.len()),
        ("w", View::Write, Document::MENU.len()),
        ("b", View::Groups, GROUPS.len()),
        ("K", View::Kill, Signal::MENU.len()),
    ] {
        let size = (80, 18);
        let screen = open(size, keys);
        assert_eq!(screen.app.view(), view);
        let page = inside(&screen);
        assert!(page >= lines.min(15), "{page}\n{}", screen.text());
        moves(size, keys, page, lines - 1, |screen| screen.app.mode().at().unwrap());
    }
}

#[test]
fn each_text_is_scrolled_by_all_keys_that_move_until_its_last_line_is_seen() {
    for (size, keys, view) in [
        ((80, 18), "?", View::Help),
        ((80, 18), "? ?", View::Help),
        ((80, 12), "v", View::Coverage),
        ((80, 12), "Enter Enter", View::Detail),
        ((60, 10), "T T T T T T T T T T K", View::Kill),
        ((60, 8), "X", View::Close),
    ] {
        let screen = open(size, keys);
        assert_eq!(screen.app.view(), view);
        let page = if view == View::Detail { body(&screen).len() } else { inside(&screen) };
        // All of it, on a screen that has room.
        let whole = open((size.0, 300), keys);
        let is_text = |line: &String| !line.is_empty();
        let lines = if view == View::Detail {
            body(&whole).iter().rposition(is_text).unwrap() + 1
        } else {
            inside(&whole)
        };
        assert!(lines > page, "{keys}\n{}", screen.text());
        let last = lines - page;
        moves(size, keys, page, last, |screen| screen.app.text_top());
    }
}

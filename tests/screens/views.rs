//! Saved views that have columns of their own.

use sockeye::app::{Effect, Options};
use sockeye::table::{Chosen, Saved, Sort};

use super::{busy, later};
use crate::support::screen::{Screen, analyses};

fn columns(list: &str) -> Option<Vec<Chosen>> {
    (!list.is_empty()).then(|| list.split(' ').map(|name| Chosen::parse(name).unwrap()).collect())
}

/// A view by its name, filter and columns.
fn saved(name: &str, filter: &str, list: &str) -> Saved {
    Saved { name: name.into(), filter: filter.into(), sort: None, columns: columns(list) }
}

/// The third has the filter of the first, the last none.
fn open(own: &str, keys: &str) -> Screen {
    let views = vec![
        saved("wide", "is:listen", "pid user inode cwd@100"),
        saved("plain", "tcp", ""),
        saved("short", "is:listen", "pid"),
        Saved { sort: Some(Sort::parse("-pid").unwrap()), ..saved("all", "", "command pid") },
    ];
    let mut screen = Screen::new((80, 24), Options { views, columns: columns(own), ..Options::default() });
    screen.receive(&analyses(&[busy().build(), later()])).press(keys);
    screen
}

/// The line of titles.
fn titles(screen: &Screen) -> String {
    screen.text().lines().nth(3).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The message line.
fn message(screen: &Screen) -> String {
    screen.text().lines().nth(22).unwrap().to_owned()
}

const USUAL: &str = "PID COMMAND PROTO STATE LOCAL REMOTE AGE^";

#[test]
fn a_view_has_its_columns_until_another_one_is_taken() {
    let mut screen = open("", "V Down Enter");
    assert_eq!(titles(&screen), "PID USER INODE");
    assert!(message(&screen).starts_with("filter: is:listen "), "{}", message(&screen));
    // From its own width on, as ever.
    assert_eq!(titles(screen.resize(100, 24)), "PID USER INODE CWD");
    assert_eq!(titles(screen.resize(80, 24)), "PID USER INODE");
    assert_eq!(titles(screen.press("V Home Down Down Down Enter")), "PID");
    assert_eq!(titles(screen.press("V Home Down Down Enter")), USUAL);
    assert_eq!(titles(screen.press("V End Enter")), "COMMAND PIDv");
    assert_eq!(titles(screen.press("V Home Enter")), USUAL.replace("PID", "PIDv").replace('^', ""));
    assert_eq!(screen.effects, [], "none of it is kept in the file");
}

#[test]
fn own_columns_come_back_when_the_view_is_left() {
    let own = "state pid";
    for leave in ["Esc", "V Home Enter", "V Home Down Down Enter"] {
        let mut screen = open(own, "V Down Enter");
        assert_eq!(titles(&screen), "PID USER INODE");
        assert_eq!(titles(screen.press(leave)), "STATE PID", "{leave}");
    }
    // What was chosen by hand, too, and a further term does not leave it.
    let mut screen = open("", "C Down Space Enter V Down Enter / \" sshd\" Enter e e p Enter p");
    assert_eq!(titles(&screen), "PID USER INODE");
    assert!(message(&screen).starts_with("filter: is:listen sshd "), "{}", message(&screen));
    assert_eq!(titles(screen.press("Esc")), USUAL.replace("PID ", ""));
    // In the history there are its own.
    assert_eq!(titles(screen.press("V Down Enter H")), titles(&open("", "H")));
    assert_eq!(titles(screen.press("H")), "PID USER INODE");
}

#[test]
fn a_view_without_a_filter_is_left_by_a_step_of_its_own() {
    let mut screen = open("", "m V End Enter");
    let hints = |screen: &Screen| screen.text().lines().last().unwrap().to_owned();
    assert!(hints(&screen).contains("Esc leave view"), "{}", hints(&screen));
    assert!(message(&screen).starts_with("filter: (none) "), "{}", message(&screen));
    assert_eq!(titles(&screen), "COMMAND PIDv");
    // What is typed on top goes first.
    assert_eq!(titles(screen.press("/ \"ssh\" Enter / C-u Enter")), "COMMAND PIDv");
    assert_eq!(titles(screen.press("Esc")), "PIDv COMMAND PROTO STATE LOCAL REMOTE AGE");
    assert!(hints(&screen).contains("Esc unmark"), "{}", hints(&screen));
}

#[test]
fn columns_that_are_chosen_in_a_view_hold_until_it_is_left_and_are_not_kept() {
    let mut screen = open("", "V Down Enter C");
    assert!(screen.text().contains("[x] user"), "{}", screen.text());
    assert_eq!(titles(screen.press("Down Space Enter")), "PID INODE");
    assert_eq!(message(&screen), "columns of this view until it is left");
    assert_eq!(screen.effects, []);
    assert_eq!(titles(screen.press("C Enter")), "PID INODE");
    assert_eq!(titles(screen.press("Esc")), USUAL);
    // Taken again it is as it was saved, and outside of it a choice is kept.
    assert_eq!(titles(screen.press("V Down Enter")), "PID USER INODE");
    screen.press("Esc C Down Space Enter");
    assert!(matches!(&*screen.effects, [Effect::Columns(Some(_))]), "{:?}", screen.effects);
}

#[test]
fn the_menu_marks_the_view_whose_filter_and_columns_hold() {
    let marked = |keys: &str| {
        let screen = open("", &format!("{keys} V"));
        let text = screen.text();
        let mark = |line: &str| line.split_once("* ")?.1.split_whitespace().next().map(str::to_owned);
        let inside = text.lines().filter(|line| line.contains('│'));
        inside.filter_map(mark).collect::<Vec<_>>()
    };
    assert_eq!(marked(""), ["no"]);
    assert_eq!(marked("V Down Enter"), ["wide"]);
    assert_eq!(marked("V Down Down Down Enter"), ["short"]);
    assert_eq!(marked("V End Enter"), ["all"]);
    assert_eq!(marked("/ \"is:listen\" Enter"), [""; 0], "its columns do not hold");
    assert_eq!(marked("/ \"tcp\" Enter"), ["plain"]);
}

#[test]
fn a_view_of_the_config_file_comes_with_its_columns() {
    let file = "columns = [\"state\"]\n[[view]]\nname = \"x\"\nfilter = \"is:listen\"\ncolumns = [\"pid\", \"fd@81\"]\n";
    let mut screen = super::banner::started((80, 24), Ok(file));
    assert_eq!(titles(&screen), "STATE");
    assert_eq!(titles(screen.press("V Down Enter")), "PID");
    assert_eq!(titles(screen.resize(81, 24)), "PID FD");
    assert_eq!(titles(screen.press("Esc")), "STATE");
}

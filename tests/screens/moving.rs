//! Moving in the table, and sideways in cells that are cut.

use super::many;
use crate::support::screen::{Screen, analyses};
use sockeye::app::Options;

#[test]
fn keys_move_by_rows_pages_and_halves() {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[many(100).build()]));
    let page = screen.app.cursor().page();
    assert_eq!(page, 16);
    let steps = [
        ("j", 1, 0),
        ("Down", 2, 0),
        ("k", 1, 0),
        ("Up", 0, 0),
        ("Up", 0, 0),
        ("C-f", 16, 16),
        ("PgDn", 32, 32),
        ("C-d", 40, 40),
        ("C-u", 32, 32),
        ("C-b", 16, 16),
        ("PgUp", 0, 0),
        ("End", 99, 84),
        ("Down", 99, 84),
        ("g", 0, 0),
        ("G", 99, 84),
        ("Home", 0, 0),
    ];
    for (key, at, top) in steps {
        screen.press(key);
        assert_eq!((screen.app.cursor().at(), screen.app.cursor().top()), (at, top), "after {key}");
    }
}

#[test]
fn the_page_follows_the_selection_when_the_screen_shrinks() {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[many(100).build()])).press("PgDn C-d C-d");
    screen.resize(80, 14);
    let cursor = screen.app.cursor();
    assert!((cursor.top()..cursor.top() + cursor.page()).contains(&cursor.at()), "{cursor:?}");
}

#[test]
fn right_shows_what_is_cut_until_its_end() {
    let snapshot = super::snapshot()
        .process(5, 0, "/bin/x", "x abcdefghijklmnopqrstuvwxyz0123456789 the-end")
        .tcp(1, &[3], sockeye::model::TcpState::Listen, "0.0.0.0:1", "0.0.0.0:0")
        .build();
    let mut screen = Screen::new((120, 30), Options::default());
    screen.receive(&analyses(&[snapshot]));
    let row = |screen: &Screen| screen.text().lines().nth(3).unwrap().to_owned();
    let whole = row(&screen);
    assert!(whole.contains("x abcdefghij"), "{whole}");
    assert!(row(screen.press("Right")).contains("ghijklmnop"), "{}", row(&screen));
    screen.press("Right Right Right Right Right Right Right Right Right Right");
    assert!(row(&screen).ends_with("the-end"), "{}", row(&screen));
    screen.press("Left Left Left Left Left Left Left");
    assert_eq!(row(&screen), whole);
}

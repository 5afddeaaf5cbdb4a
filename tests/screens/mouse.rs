//! The mouse: wheel, clicks on rows, titles and lists, double clicks.

use std::time::Duration;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use sockeye::app::{Clip, Effect, Options, Pane, View};
use sockeye::run::Event;

use super::{busy, later, many};
use crate::support::screen::{Screen, analyses};

fn open(size: (u16, u16), keys: &str) -> Screen {
    let mut screen = Screen::new(size, Options::default());
    screen.receive(&analyses(&[busy().build(), later()])).press(keys);
    screen
}

fn event(kind: MouseEventKind, (column, row): (u16, u16), milliseconds: u64) -> Event {
    let mouse = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
    Event::Mouse(mouse, Duration::from_millis(milliseconds))
}

/// A button pressed and let go so many milliseconds after the start.
fn click(screen: &mut Screen, place: (u16, u16), milliseconds: u64) {
    let kinds = [MouseEventKind::Down, MouseEventKind::Up].map(|kind| kind(MouseButton::Left));
    screen.take(kinds.map(|kind| event(kind, place, milliseconds)));
}

/// The first cell of a text on the screen.
fn place(screen: &Screen, text: &str) -> (u16, u16) {
    let shown = screen.text();
    let found = shown.lines().enumerate().find_map(|(y, line)| Some((line.find(text)?, y, line)));
    let (at, y, line) = found.unwrap_or_else(|| panic!("{text}\n{shown}"));
    (u16::try_from(line[..at].chars().count()).unwrap(), u16::try_from(y).unwrap())
}

fn click_on(screen: &mut Screen, text: &str) {
    let place = place(screen, text);
    click(screen, place, 0);
}

fn selected(screen: &Screen) -> u32 {
    screen.app.selected().unwrap().pid().unwrap().0
}

/// What rows are sorted by, at the end of the message line.
fn sort(screen: &Screen) -> String {
    screen.text().rsplit_once("sort: ").unwrap().1.lines().next().unwrap().to_owned()
}

#[test]
fn a_click_selects_the_row_under_it() {
    let mut screen = open((80, 24), "");
    click_on(&mut screen, "cargo");
    assert_eq!(selected(&screen), 20762);
    click_on(&mut screen, "1822 sshd");
    assert_eq!(selected(&screen), 1822);
    let before = screen.text();
    // Header, facts, hints, blank lines, other buttons.
    for place in [(0, 0), (3, 1), (5, 2), (3, 16), (5, 19), (3, 22), (3, 23), (79, 23)] {
        click(&mut screen, place, 0);
        assert_eq!(screen.text(), before, "{place:?}");
    }
    let place = place(&screen, "cargo");
    screen.take([
        event(MouseEventKind::Down(MouseButton::Right), place, 0),
        event(MouseEventKind::Moved, place, 0),
    ]);
    assert_eq!(screen.text(), before);
}

#[test]
fn rows_are_where_they_are_drawn_when_scrolled_and_whatever_is_above() {
    for (size, keys) in
        [((80, 24), "PgDn"), ((80, 24), "PgDn Enter"), ((50, 10), "End"), ((120, 30), "/ \"127\" Esc")]
    {
        let mut screen = Screen::new(size, Options::default());
        screen.receive(&analyses(&[many(100).build()])).press(keys);
        let text = screen.text();
        let rows = text.lines().enumerate().filter_map(|(y, line)| {
            let port = line.split(":4").nth(1)?.get(..4)?;
            Some((y, port.parse::<u32>().ok()?)).filter(|_| line.contains(" proxy "))
        });
        let rows: Vec<_> = rows.collect();
        assert!(rows.len() > 3, "{text}");
        for (y, port) in rows {
            click(&mut screen, (9, u16::try_from(y).unwrap()), 0);
            let remote = screen.app.clip(Clip::Remote).unwrap();
            assert!(remote.ends_with(&format!(":4{port:04}")), "{remote} {port}\n{}", screen.text());
            screen.app.apply(sockeye::app::Action::Redraw); // no double click
        }
    }
}

#[test]
fn a_click_on_a_title_sorts_and_again_inverts() {
    for size in [(80, 24), (200, 50), (50, 10)] {
        let mut screen = open(size, "");
        let titles = place(&screen, "PID");
        for (title, name) in [("PID", "pid"), ("COMMAND", "command"), ("REMOTE", "remote")] {
            for sorted in [name.to_owned(), format!("{name}, descending"), name.to_owned()] {
                click_on(&mut screen, title);
                assert_eq!(screen.app.sort().to_string().trim_start_matches('-'), name);
                if size.0 > 60 {
                    assert_eq!(sort(&screen), sorted);
                }
            }
        }
        click(&mut screen, (0, titles.1), 0);
        assert_eq!(screen.app.sort().to_string(), "alerts, then age");
    }
}

#[test]
fn a_click_on_a_title_of_groups_sorts_them() {
    for size in [(80, 24), (50, 12)] {
        let mut screen = open(size, "b r");
        let titles = [
            ("RECEIVED", "-receive_rate"),
            ("RECEIVED", "receive_rate"),
            ("SENT", "-send_rate"),
            ("REMOTE H", "remote"),
            ("ESTAB", "remote"),
            ("SOCKETS", "alerts, then age"),
        ];
        for (title, sort) in titles {
            click_on(&mut screen, title);
            assert_eq!(screen.app.sort().to_string(), sort, "after {title}");
        }
    }
}

#[test]
fn each_title_is_under_every_cell_of_its_column() {
    let mut screen = open((200, 50), "");
    let (_, y) = place(&screen, "PID");
    let titles = screen.text().lines().nth(y.into()).unwrap().to_owned();
    let mut seen = Vec::new();
    for x in 3..u16::try_from(titles.len()).unwrap() {
        click(&mut screen, (x, y), 0);
        seen.push(screen.app.sort().column.unwrap().name);
        screen.press("Down");
    }
    seen.dedup();
    let order = "pid user command fd proto state queues local remote age rtt netns unit cwd cmdline";
    assert_eq!(seen.join(" "), order);
}

#[test]
fn a_double_click_opens_the_detail() {
    let mut screen = open((80, 24), "");
    let cargo = place(&screen, "cargo");
    click(&mut screen, cargo, 1000);
    assert_eq!(screen.app.pane(), Pane::Closed);
    click(&mut screen, cargo, 1300);
    assert_eq!((screen.app.pane(), selected(&screen)), (Pane::Open, 20762));
    // A third one begins anew; too slow is none; another cell is none; a key between is none.
    for (second, pane) in [(1400, Pane::Open), (2000, Pane::Open), (2300, Pane::Full)] {
        click(&mut screen, cargo, second);
        assert_eq!(screen.app.pane(), pane, "{second}");
    }
    screen.press("Esc Esc");
    click(&mut screen, cargo, 3000);
    click(&mut screen, (cargo.0 + 1, cargo.1), 3100);
    click(&mut screen, cargo, 4000);
    screen.press("Left");
    click(&mut screen, cargo, 4100);
    assert_eq!(screen.app.pane(), Pane::Closed);
}

#[test]
fn a_double_click_is_for_the_row_of_the_first_though_rows_move_between() {
    let mut screen = Screen::new((80, 24), Options::default());
    let analyses = analyses(&[busy().build(), later()]);
    screen.receive(&analyses[..1]);
    let cargo = place(&screen, "cargo");
    click(&mut screen, cargo, 0);
    screen.receive(&analyses[1..]);
    assert_ne!(place(&screen, "cargo"), cargo, "rows moved");
    click(&mut screen, cargo, 200);
    assert_eq!((screen.app.pane(), selected(&screen)), (Pane::Open, 20762));
}

#[test]
fn the_wheel_scrolls_the_table_and_takes_the_selection_only_at_the_edge() {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[many(100).build()])).press("PgDn");
    let page = screen.app.cursor().page();
    let cursor = |screen: &Screen| (screen.app.cursor().top(), screen.app.cursor().at());
    assert_eq!(cursor(&screen), (page, page));
    let mut turn = |kind, wanted| {
        screen.take([event(kind, (40, 10), 0)]);
        assert_eq!(cursor(&screen), wanted);
    };
    turn(MouseEventKind::ScrollUp, (page - 3, page));
    turn(MouseEventKind::ScrollDown, (page, page));
    turn(MouseEventKind::ScrollDown, (page + 3, page + 3));
    turn(MouseEventKind::ScrollLeft, (page + 3, page + 3));
    screen.take((0..100).map(|_| event(MouseEventKind::ScrollDown, (0, 0), 0)));
    assert_eq!(cursor(&screen), (100 - page, 100 - page));
    screen.take((0..100).map(|_| event(MouseEventKind::ScrollUp, (0, 0), 0)));
    assert_eq!(cursor(&screen), (0, page - 1));
}

#[test]
fn the_wheel_scrolls_texts_and_goes_through_lists() {
    let mut screen = open((80, 12), "?");
    screen.take([event(MouseEventKind::ScrollDown, (5, 5), 0)]);
    assert_eq!(screen.app.text_top(), 3);
    screen.take([event(MouseEventKind::ScrollUp, (5, 5), 0)]);
    assert_eq!(screen.app.text_top(), 0);
    screen.press("Esc o");
    screen.take([event(MouseEventKind::ScrollDown, (5, 5), 0)]);
    screen.press("Enter");
    assert_eq!(sort(&screen), "pid");
    // In a prompt it recalls nothing.
    screen.press("/ \"bash\" Enter Esc / \"x\"");
    screen.take([event(MouseEventKind::ScrollUp, (5, 5), 0)]);
    assert_eq!(screen.app.filter().text(), "x");
}

#[test]
fn a_click_on_a_line_of_a_list_takes_it() {
    let mut screen = open((80, 24), "s");
    click_on(&mut screen, " LISTEN");
    assert_eq!((screen.app.view(), screen.app.filter().text()), (View::Table, "state:listen"));
    screen.press("s");
    click_on(&mut screen, " all states");
    assert_eq!(screen.app.filter().text(), "");
    screen.press("o PgDn PgDn");
    click_on(&mut screen, "  direction ");
    assert_eq!(sort(&screen), "direction");
    screen.press("c");
    click_on(&mut screen, "pid ");
    assert_eq!(screen.effects.pop(), Some(Effect::Copy(Clip::Pid)));
    screen.press("C");
    click_on(&mut screen, " proto ");
    assert!(screen.text().contains("[ ] proto"), "{}", screen.text());
    assert_eq!(screen.app.view(), View::Columns);
    click_on(&mut screen, "[ ] proto ");
    assert!(screen.text().contains("[x] proto"), "{}", screen.text());
}

#[test]
fn beside_the_lines_of_an_open_dialog_nothing_is_clicked() {
    for keys in ["s", "o", "c", "w", "C", "v", "?"] {
        let mut screen = open((80, 24), keys);
        let before = (screen.text(), screen.effects.len());
        let places = [(0, 0), (0, 12), (79, 12), (40, 0), (40, 23)];
        for place in places {
            click(&mut screen, place, 0);
            assert_eq!((screen.text(), screen.effects.len()), before, "{keys} {place:?}");
        }
    }
    for keys in ["v", "?", "p", "i", "Enter Enter"] {
        let mut screen = open((80, 24), keys);
        let before = screen.text();
        for y in 0..24 {
            click(&mut screen, (10, y), 0);
            assert_eq!(screen.text(), before, "{keys} {y}");
        }
    }
}

#[test]
fn clicks_anywhere_on_any_size_do_no_harm() {
    for size in [(1, 1), (20, 5), (60, 12), (80, 24)] {
        for keys in ["", "s", "o", "C", "?", "Enter", "Enter Enter", "/"] {
            let mut screen = open(size, keys);
            let lines = [0, 1, 3, size.1 / 2, size.1, u16::MAX];
            let places = (0..=size.0).step_by(3).flat_map(|x| lines.map(|y| (x, y)));
            screen.take(places.map(|place| event(MouseEventKind::Down(MouseButton::Left), place, 0)));
            screen.take([event(MouseEventKind::ScrollDown, (u16::MAX, 0), 0)]);
        }
    }
}

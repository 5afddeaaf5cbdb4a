//! The selection is a socket; what is frozen stays.

use std::time::Duration;

use sockeye::app::{Effect, Options};
use sockeye::model::{Inode, Lookup, Names, Protocol, Request, SourceId, TcpState};
use sockeye::run::Event;

use super::{busy, calm, later, many};
use crate::support::screen::{Screen, analyses, events};

/// The line of the selected row.
fn selected(screen: &Screen) -> String {
    let text = screen.text();
    let reversed: Vec<usize> = screen
        .styles()
        .lines()
        .filter(|line| line.contains("reversed"))
        .map(|line| line.split(':').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(reversed.len(), 1, "{}", screen.styles());
    text.lines().nth(reversed[0]).unwrap().to_owned()
}

#[test]
fn the_selection_stays_on_its_socket_as_rows_come_and_go() {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[calm()])).press("Down Down");
    let before = selected(&screen);
    assert!(before.contains("192.0.2.77:50812"), "{before}");
    let both = analyses(&[calm(), busy().later(Duration::from_secs(2)).build()]);
    screen.receive(&both);
    insta::assert_snapshot!(screen.text());
    let after = selected(&screen);
    assert!(after.contains("192.0.2.77:50812"), "{after}");
    screen.press("o Down Enter");
    assert!(selected(&screen).contains("192.0.2.77:50812"), "{}", selected(&screen));
}

#[test]
fn where_the_selected_row_goes_away_the_place_is_kept() {
    let mut screen = Screen::new((80, 24), Options::default());
    let all = many(5).build();
    let fewer = many(5).later(Duration::from_secs(2)).adjust(|snapshot| {
        snapshot.sockets.retain(|socket| socket.id.inode != Inode(5002));
    });
    let gone = |seconds| {
        let fewer = fewer.clone();
        fewer.later(Duration::from_secs(seconds)).build()
    };
    let series = analyses(&[all, gone(0), gone(2), gone(4)]);
    screen.receive(&series[..1]).press("Down Down");
    assert!(selected(&screen).contains(":40002"), "{}", selected(&screen));
    screen.receive(&series[1..]);
    assert!(selected(&screen).contains(":40003"), "{}", selected(&screen));
}

#[test]
fn a_scrolled_page_keeps_the_selected_row_on_its_line() {
    let mut screen = Screen::new((80, 24), Options::default());
    let series = analyses(&[
        many(60).build(),
        many(60)
            .later(Duration::from_secs(2))
            .process(5, 0, "/bin/new", "new")
            .tcp(9, &[3], TcpState::Established, "10.0.0.5:9", "192.0.2.9:9")
            .build(),
    ]);
    screen.receive(&series[..1]).press("PgDn PgDn Up Up");
    let before = (selected(&screen), screen.styles());
    screen.receive(&series[1..]);
    assert_eq!((selected(&screen), screen.styles()), before);
}

#[test]
fn frozen_keeps_the_rows_and_counts_what_was_missed() {
    let mut screen = Screen::new((80, 24), Options::default());
    let series = analyses(&[busy().build(), later(), busy().later(Duration::from_secs(64)).build()]);
    screen.receive(&series[..1]).press("Space").receive(&series[1..]);
    insta::assert_snapshot!("frozen", screen.text());
    insta::assert_snapshot!("frozen_sorted_and_filtered", screen.press("e o Down Enter").text());
    insta::assert_snapshot!("live_again", screen.press("e Z").text());
}

#[test]
fn alerts_are_gone_through_in_turn() {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[busy().build()])).press("End a");
    assert!(selected(&screen).contains("20117"), "{}", selected(&screen));
    assert!(selected(screen.press("a")).contains("20119"), "{}", selected(&screen));
    assert!(selected(screen.press("a")).contains("20117"), "{}", selected(&screen));
    assert!(selected(screen.press("A")).contains("20119"), "{}", selected(&screen));
    screen.press("/ \"sshd\" Enter a");
    assert!(screen.text().contains("\nthe filter hides all alerts\n"), "{}", screen.text());
    screen.receive(&analyses(&[calm()])).press("Esc a");
    assert!(screen.text().contains("\nno alerts\n"), "{}", screen.text());
}

#[test]
fn names_are_asked_for_only_while_they_are_shown() {
    let mut screen = Screen::new((120, 30), Options::default());
    screen.receive(&analyses(&[many(2).build()])).press("Down Up");
    assert_eq!(screen.effects, []);
    screen.press("n");
    let wanted = vec![
        Lookup::Host([192, 0, 2, 1].into()),
        Lookup::Host([192, 0, 2, 2].into()),
        Lookup::Service { protocol: Protocol::Tcp, port: 3128 },
        Lookup::Service { protocol: Protocol::Tcp, port: 40_000 },
        Lookup::Service { protocol: Protocol::Tcp, port: 40_001 },
    ];
    assert_eq!(screen.effects.last(), Some(&Effect::Resolve(wanted)));
    let mut names = Names::default();
    names.learn(Lookup::Host([192, 0, 2, 1].into()), "one\u{1b}.example".to_owned());
    screen.take([Event::Names(names)]);
    assert!(screen.text().contains("one\\x1b.example:40000"), "{}", screen.text());
    screen.press("n");
    assert!(!screen.text().contains("example"), "{}", screen.text());
}

#[test]
fn a_flood_of_events_is_drawn_once_in_256() {
    let mut screen = Screen::new((80, 24), Options { names: true, ..Options::default() });
    screen.receive(&analyses(&[many(60).build()]));
    // Each frame asks for the names in its view.
    let mut frames = |keys: &str| {
        screen.effects.clear();
        screen.press(keys).effects.len()
    };
    assert_eq!(frames("Down"), 2);
    assert_eq!(frames(&"Down ".repeat(256)), 2);
    assert_eq!(frames(&"Up ".repeat(257)), 3);
}

#[test]
fn what_is_outside_the_state_is_an_effect() {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[calm()])).press("r [ ] ] C-z C-l");
    let source = SourceId(0);
    let interval = |seconds| Effect::Request(source, Request::SetInterval(Duration::from_secs(seconds)));
    let expected = [
        Effect::Request(source, Request::Refresh),
        interval(3),
        interval(2),
        interval(1),
        Effect::Suspend,
        Effect::Redraw,
    ];
    assert_eq!(screen.effects, expected);
    assert!(screen.text().contains("every 1s"), "{}", screen.text());
}

#[test]
fn what_follows_quit_or_the_end_is_not_taken() {
    let enter = || events("Enter").into_iter().map(Event::Terminal);
    let closed = Screen::new((80, 24), Options::default()).receive(&analyses(&[calm()])).text();
    for last in ["q", "F10", "C-c", "/ C-c", "o q", "? q", "Enter Enter q"] {
        let mut screen = Screen::new((80, 24), Options::default());
        screen.receive(&analyses(&[calm()]));
        screen.take(
            events(last).into_iter().map(Event::Terminal).chain(events("Z").into_iter().map(Event::Terminal)),
        );
        assert_eq!(screen.app.frozen(), None, "{last}");
    }
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[calm()])).take([Event::Terminate].into_iter().chain(enter()));
    assert_eq!(screen.text(), closed);
}

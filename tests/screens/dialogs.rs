//! Prompts, menus, help, coverage, detail.

use crossterm::event::Event as Input;
use sockeye::app::{Options, Theme};
use sockeye::run::Event;

use super::{busy, calm, later};
use crate::support::screen::{Screen, analyses, screen};

fn open(keys: &str) -> Screen {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[busy().build(), later()])).press(keys);
    screen
}

/// The message line.
fn message(screen: &Screen) -> String {
    screen.text().lines().nth(22).unwrap().to_owned()
}

#[test]
fn a_filter_applies_while_it_is_typed() {
    insta::assert_snapshot!(open("/ \"ngin\"").text());
}

#[test]
fn a_wrong_term_is_named_and_left_out() {
    insta::assert_snapshot!(open("/ \"nginx prto:x\" Enter").text());
}

#[test]
fn what_is_typed_into_a_filter_that_has_a_term_is_a_further_term() {
    let mut screen = open("");
    assert_eq!(message(screen.press("e / \"cargo\"")), "filter: state:established cargo");
    assert!(message(screen.press("Enter e")).starts_with("filter: cargo "), "{}", message(&screen));
}

#[test]
fn esc_in_the_prompt_restores_filter_and_selection() {
    let mut screen = open("/ \"tcp\" Enter Down Down Down");
    let before = screen.text();
    screen.press("/ \" nginx\"");
    assert_ne!(screen.text(), before);
    screen.press("Esc");
    assert_eq!(screen.text(), before);
}

#[test]
fn esc_closes_the_detail_and_then_clears_the_filter() {
    let mut screen = open("");
    let without = screen.text();
    screen.press("/ \"bash\" Enter");
    let filtered = screen.text();
    screen.press("Enter Enter Esc Esc");
    assert_eq!(screen.text(), filtered);
    screen.press("Esc");
    assert_eq!(screen.text(), without);
    screen.press("Esc");
    assert_eq!(screen.text(), without);
}

#[test]
fn up_and_down_recall_earlier_filters() {
    let mut screen = open("/ \"one\" Enter Esc / \"two\" Enter Esc / \"dra\" Up");
    assert_eq!(message(&screen), "filter: two");
    assert_eq!(message(screen.press("Up")), "filter: one");
    assert_eq!(message(screen.press("Up")), "filter: one");
    assert_eq!(message(screen.press("Down")), "filter: two");
    assert_eq!(message(screen.press("Down")), "filter: dra");
}

#[test]
fn the_pid_prompt_proposes_the_selected_and_digits_replace_it() {
    let mut screen = open("Down p");
    insta::assert_snapshot!(screen.text());
    screen.press("\"9x1,\" \"1\"");
    assert_eq!(message(&screen), "only pid: 91,1");
    screen.press("Esc p Enter");
    assert!(message(&screen).starts_with("filter: pid:20119 "), "{}", message(&screen));
    screen.press("p");
    assert!(message(&screen).starts_with("filter: (none) "), "{}", message(&screen));
}

#[test]
fn one_letter_chooses_a_state() {
    let mut screen = open("s");
    insta::assert_snapshot!(screen.text());
    insta::assert_snapshot!("states_listen", screen.press("L").text());
    assert!(message(screen.press("s a")).starts_with("filter: (none) "), "{}", message(&screen));
    assert!(
        message(screen.press("s Home Down Enter")).starts_with("filter: state:listen "),
        "{}",
        message(&screen)
    );
}

#[test]
fn keys_write_terms_that_the_user_sees() {
    let mut screen = open("/ \"tcp\" Enter e");
    assert!(message(&screen).starts_with("filter: tcp state:established "), "{}", message(&screen));
    assert!(message(screen.press("l")).starts_with("filter: tcp state:listen "), "{}", message(&screen));
    assert!(message(screen.press("l")).starts_with("filter: tcp  "), "{}", message(&screen));
}

#[test]
fn alerts_only_goes_round_from_loud_to_all_to_off() {
    let mut screen = open("");
    let off = screen.text();
    insta::assert_snapshot!("alerts_loud", screen.press("!").text());
    let low = message(screen.press("!"));
    assert!(low.starts_with("filter: alert:high,medium,low "), "{low}");
    assert_eq!(screen.press("!").text(), off);
}

#[test]
fn the_sort_picker_chooses_and_inverts() {
    let mut screen = open("o");
    insta::assert_snapshot!(screen.text());
    screen.press("Down Enter");
    insta::assert_snapshot!("sorted_by_pid", screen.text());
    insta::assert_snapshot!("sorted_by_pid_inverted", screen.press("I").text());
    let by_user = message(screen.press(">"));
    assert!(by_user.ends_with("sort: user"), "{by_user}");
    let first = message(screen.press("< <"));
    assert!(first.ends_with("sort: alerts, then age"), "{first}");
}

#[test]
fn amounts_are_sorted_from_the_largest_unless_inverted() {
    let mut screen = Screen::new((200, 50), Options::default());
    screen.receive(&analyses(&[busy().build(), later()])).press("> > > > > > >");
    assert_eq!(screen.app.sort().to_string(), "-queues");
    let status = |screen: &Screen| screen.text().lines().nth(48).unwrap().trim_end().to_owned();
    assert!(status(&screen).ends_with("sort: queues"), "{}", status(&screen));
    screen.press("I");
    assert_eq!(screen.app.sort().to_string(), "queues");
    assert!(status(&screen).ends_with("sort: queues, ascending"), "{}", status(&screen));
}

#[test]
fn a_key_that_does_nothing_says_where_the_keys_are() {
    let mut screen = open("y");
    assert_eq!(message(&screen), "y does nothing here: ? lists the keys");
    assert_eq!(message(screen.press("F12")), "F12 does nothing here: ? lists the keys");
    assert_eq!(message(screen.press("Enter Enter /")), "/ does nothing here: ? lists the keys");
    // In a list its footer says what does something.
    let menu = open("s").text();
    assert_eq!(open("s y").text(), menu);
}

#[test]
fn help_lists_the_keys_of_the_view_and_of_all() {
    let mut screen = open("?");
    insta::assert_snapshot!("help_top", screen.text());
    insta::assert_snapshot!("help_end", screen.press("End").text());
    insta::assert_snapshot!("help_all", screen.press("?").text());
    let table = open("");
    assert_eq!(screen.press("Esc").text(), table.text());
}

#[test]
fn a_text_that_was_scrolled_fills_a_screen_that_grows() {
    let mut screen = open("? End");
    let fresh = Screen::new((80, 60), Options::default())
        .receive(&analyses(&[busy().build(), later()]))
        .press("?")
        .text();
    assert_eq!(screen.resize(80, 60).text(), fresh);
}

#[test]
fn of_a_paste_the_first_line_is_typed_without_controls() {
    let mut screen = open("/");
    screen.take([Event::Terminal(Input::Paste("ba\u{1b}sh\u{7}\nq".to_owned()))]);
    assert_eq!(message(&screen), "filter: bash");
    let table = open("");
    let mut screen = open("");
    screen.take([Event::Terminal(Input::Paste("q".to_owned()))]);
    assert_eq!(screen.text(), table.text());
}

#[test]
fn help_of_a_wide_screen_has_three_columns_and_of_a_high_one_needs_no_scrolling() {
    insta::assert_snapshot!("help_wide", screen((120, 30), &[calm()], "?"));
    insta::assert_snapshot!("help_high", screen((120, 36), &[calm()], "?"));
}

#[test]
fn coverage_says_what_was_seen() {
    insta::assert_snapshot!(open("v").text());
}

#[test]
fn enter_opens_the_detail_then_the_whole_screen() {
    let mut screen = open("Enter");
    insta::assert_snapshot!("detail_open", screen.text());
    insta::assert_snapshot!("detail_full", screen.press("Enter").text());
    assert_eq!(screen.press("Enter").text(), open("").text());
}

#[test]
fn the_detail_of_a_socket_without_owner_says_why() {
    insta::assert_snapshot!(open("End Enter").text());
}

#[test]
fn a_long_detail_can_be_read_to_its_end() {
    let long = format!("x {} the-end", "argument ".repeat(300));
    let snapshot = super::snapshot()
        .process(5, 0, "/bin/x", &long)
        .tcp(1, &[3], sockeye::model::TcpState::Listen, "0.0.0.0:1", "0.0.0.0:0")
        .build();
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[snapshot])).press("Enter Enter");
    assert!(!screen.text().contains("the-end"), "{}", screen.text());
    screen.press("End");
    assert!(screen.text().contains("the-end"), "{}", screen.text());
    screen.press("Up");
    assert!(!screen.text().contains("the-end"), "one line up shows it no more: {}", screen.text());
}

#[test]
fn of_a_line_that_is_longer_than_the_screen_the_part_is_seen_that_is_typed() {
    let mut screen = Screen::new((24, 24), Options::default());
    screen.receive(&analyses(&[calm()]));
    let last = |screen: &mut Screen| (screen.text().lines().last().unwrap().to_owned(), screen.cursor());
    assert_eq!(last(screen.press("/ \"abcdefghijklmno\"")), ("filter: abcdefghijklmno".to_owned(), (23, 23)));
    assert_eq!(last(screen.press("\"p\"")), ("filter: …cdefghijklmnop".to_owned(), (23, 23)));
    assert_eq!(last(screen.press("\"qr\"")), ("filter: …efghijklmnopqr".to_owned(), (23, 23)));
    assert_eq!(last(screen.press("Left")), ("filter: …defghijklmnopqr".to_owned(), (23, 23)));
    assert_eq!(last(screen.press("Home")), ("filter: abcdefghijklmno…".to_owned(), (8, 23)));
    // With room again all of it is there.
    assert_eq!(last(screen.press("End").resize(40, 24)), ("filter: abcdefghijklmnopqr".to_owned(), (26, 23)));
    // Escaped and wide characters, and a term that is wrong.
    let mut screen = Screen::new((24, 24), Options { theme: Theme::Mono, ..Options::default() });
    screen.receive(&analyses(&[calm()])).press("/ \"\u{202e}日本語 x pid:q\"");
    assert_eq!(last(&mut screen), ("filter: …日本語 x pid:q".to_owned(), (23, 23)));
    // In memory the second cell of a wide character has no look.
    let looks = "23: 0-9 bold, 11-11 bold, 13-13 bold, 15-17 bold, 18-22 bold underlined";
    assert_eq!(screen.styles().lines().last(), Some(looks));
}

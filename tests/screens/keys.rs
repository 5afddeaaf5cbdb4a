//! The table of keys.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use sockeye::app::keymap::{self, Key, LONGEST_HELP, View};
use sockeye::app::{Action, App, Effect, Options};

use super::{busy, later, many};
use crate::support::screen::{Screen, analyses};

pub(super) fn event(key: Key) -> KeyEvent {
    KeyEvent::new(key.code, if key.control { KeyModifiers::CONTROL } else { KeyModifiers::NONE })
}

#[test]
fn no_key_is_bound_twice_in_a_view() {
    for view in View::ALL {
        let keys: Vec<_> =
            keymap::bindings(view).flat_map(|binding| binding.keys).map(Key::to_string).collect();
        let unique: BTreeSet<_> = keys.iter().collect();
        assert_eq!(unique.len(), keys.len(), "{view:?}: {keys:?}");
    }
}

#[test]
fn every_function_key_has_a_twin() {
    for binding in View::ALL.into_iter().flat_map(keymap::bindings) {
        let is_function = |key: &Key| matches!(key.code, KeyCode::F(_));
        let lonely = binding.keys.iter().all(is_function);
        assert!(!lonely, "{}", binding.names());
    }
}

#[test]
fn every_help_text_fits_its_place() {
    for binding in View::ALL.into_iter().flat_map(keymap::bindings) {
        assert!(binding.help.chars().count() <= LONGEST_HELP, "{}", binding.help);
        assert!(binding.names().len() <= 12, "{}", binding.names());
    }
}

#[test]
fn letters_are_text_in_a_prompt() {
    for view in View::ALL.into_iter().filter(|view| view.is_prompt()) {
        for binding in keymap::bindings(view) {
            let typed = binding.keys.iter().find(|key| matches!(key.code, KeyCode::Char(_)) && !key.control);
            assert_eq!(typed, None, "{view:?}");
        }
    }
}

/// A table in which each key of the view has something to do.
pub(super) fn ready(view: View) -> Screen {
    let mut screen = Screen::new((120, 16), Options::default());
    screen.answering(super::act::all_well);
    let host = many(60)
        .process(20117, 700, "/usr/bin/bash", "bash -i")
        .tcp(1, &[0, 1], sockeye::model::TcpState::Established, "10.0.0.5:33894", "203.0.113.80:443")
        .tcp(2, &[4], sockeye::model::TcpState::Established, "10.0.0.5:33895", "203.0.113.81:443")
        .unix(3, &[5], sockeye::model::UnixState::Listen, b"/run/x")
        .process(20118, 20117, "/usr/bin/cat", "cat")
        .held(2, &[4]);
    screen.receive(&analyses(&[host.build()]));
    screen.press("/ \"one\" Enter / C-u \"two\" Enter / C-u \"not zzz\" Enter Right PgDn PgDn");
    screen.press(match view {
        View::Table => "",
        View::Detail => "Enter Enter PgDn Up",
        View::Filter => "/ Up",
        View::Pid => "p",
        View::Mute => "Home i",
        View::States => "l s Down",
        View::Sorts => "o PgDn PgDn",
        View::Columns => "C Down Down >",
        View::Menu => "u Down",
        View::Copy => "c Down",
        View::Write => "w Down",
        View::Groups => "b Down",
        View::Kill => "Home K Down",
        View::Close => "Home X",
        View::Coverage => "v",
        View::Help => "? PgDn Up",
    });
    assert_eq!(screen.app.view(), view);
    screen
}

#[test]
fn every_key_in_help_does_something() {
    for view in View::ALL {
        for binding in keymap::bindings(view) {
            for key in binding.keys {
                let action = keymap::action(view, &event(*key));
                match (key.code, &binding.action) {
                    (KeyCode::Char(digit), Action::Digit(_)) => {
                        assert_eq!(action, Some(Action::Digit(digit)));
                    }
                    (_, bound) => assert_eq!(action.as_ref(), Some(bound)),
                }
                if matches!(binding.action, Action::Quit) || is_still(view, &binding.action) {
                    continue;
                }
                let mut screen = ready(view);
                let before = (screen.text(), screen.styles(), screen.effects.clone());
                screen.take([sockeye::run::Event::Terminal(crossterm::event::Event::Key(event(*key)))]);
                let after = (screen.text(), screen.styles(), screen.effects.clone());
                assert_ne!(before, after, "{key} in {view:?}");
            }
        }
    }
}

#[test]
fn nothing_dangerous_happens_on_one_press() {
    let is_deed = |effect: &Effect| matches!(effect, Effect::Signal(_) | Effect::Close);
    for view in View::ALL.into_iter().filter(|view| !view.is_deed()) {
        for key in keymap::bindings(view).flat_map(|binding| binding.keys) {
            let mut screen = ready(view);
            screen.take([sockeye::run::Event::Terminal(crossterm::event::Event::Key(event(*key)))]);
            assert!(!screen.effects.iter().any(is_deed), "{key} in {view:?}");
        }
    }
    for view in [View::Kill, View::Close] {
        for binding in keymap::bindings(view).filter(|binding| binding.action != Action::Enter) {
            for key in binding.keys {
                let mut screen = ready(view);
                screen.take([sockeye::run::Event::Terminal(crossterm::event::Event::Key(event(*key)))]);
                assert!(!screen.effects.iter().any(is_deed), "{key} in {view:?}");
            }
        }
    }
}

/// Moves that need a longer text, a newer line or a table that is not at its beginning.
fn is_still(view: View, action: &Action) -> bool {
    let moves = matches!(action, Action::Move(_));
    match view {
        View::Menu
        | View::Coverage
        | View::Pid
        | View::Mute
        | View::Detail
        | View::States
        | View::Copy
        | View::Write
        | View::Groups
        | View::Kill
        | View::Close => moves,
        View::Table | View::Filter | View::Sorts | View::Columns | View::Help => false,
    }
}

#[test]
fn hints_name_only_what_does_something_now() {
    let hints = |screen: &Screen| screen.text().lines().last().unwrap().to_owned();
    let mut screen = Screen::new((200, 24), Options::default());
    screen.press("");
    let empty = hints(&screen);
    assert!(!empty.contains("Enter detail") && !empty.contains("! alerts"), "{empty}");
    screen.receive(&analyses(&[busy().build(), later()]));
    insta::assert_snapshot!(hints(&screen));
    assert!(
        hints(screen.press("Space n")).contains("n numbers  v coverage  Space go on"),
        "{}",
        hints(&screen)
    );
    let wide = hints(screen.resize(400, 24));
    assert!(wide.contains("  Tab scroll detail  "), "{wide}");
}

#[test]
fn the_readme_table_has_every_key_of_the_table() {
    let markdown = keymap::markdown();
    for binding in keymap::bindings(View::Table) {
        for key in binding.names().split(' ') {
            assert!(markdown.contains(&format!("`{key}`")), "{key}");
        }
    }
    insta::assert_snapshot!(markdown);
}

#[test]
fn keys_of_later_issues_do_nothing() {
    let app = App::new(Options::default());
    for letter in "RD".chars() {
        let typed = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
        assert_eq!(keymap::action(app.view(), &typed), None, "{letter}");
    }
    for code in [KeyCode::F(11), KeyCode::F(12)] {
        assert_eq!(keymap::action(app.view(), &KeyEvent::new(code, KeyModifiers::NONE)), None, "{code}");
    }
}

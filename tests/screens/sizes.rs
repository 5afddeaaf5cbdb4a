//! Screens of any size, in every view: nothing breaks, and what was there is there again when there is room.

use crossterm::event::Event as Input;
use sockeye::app::keymap;
use sockeye::app::{Action, View};
use sockeye::run::Event;

use super::keys::{event, ready};

const SMALL: [(u16, u16); 3] = [(1, 1), (20, 5), (60, 12)];

#[test]
fn every_view_outlives_small_screens() {
    for view in View::ALL {
        let mut screen = ready(view);
        let (whole, styles) = (screen.text(), screen.styles());
        for size in SMALL.into_iter().chain(SMALL.into_iter().rev()) {
            screen.resize(size.0, size.1);
            assert_eq!(screen.app.view(), view, "{size:?}");
            assert_eq!(screen.resize(120, 16).text(), whole, "{view:?} after {size:?}");
            assert_eq!(screen.styles(), styles, "{view:?} after {size:?}");
        }
    }
}

#[test]
fn every_key_can_be_pressed_where_nothing_of_what_it_does_can_be_seen() {
    for view in View::ALL {
        for binding in keymap::bindings(view).filter(|binding| binding.action != Action::Quit) {
            let mut screen = ready(view);
            screen.resize(1, 1).take([Event::Terminal(Input::Key(event(binding.keys[0])))]);
            let text = screen.resize(120, 16).text();
            assert!(
                text.starts_with("sockeye  ") || text.contains('┌'),
                "{view:?} {}\n{text}",
                binding.names()
            );
        }
    }
}

#[test]
fn a_screen_of_60_by_12_has_all_its_parts_and_a_smaller_one_what_matters_most() {
    let mut screen = ready(View::Table);
    screen.press("/ C-u Enter Home").resize(60, 12);
    insta::assert_snapshot!("table_60_12", screen.text());
    insta::assert_snapshot!("table_20_5", screen.resize(20, 5).text());
    assert_eq!(screen.resize(1, 1).text().trim_end().chars().count(), 1);
    for (view, name) in
        [(View::Columns, "columns_60_12"), (View::Help, "help_60_12"), (View::States, "states_60_12")]
    {
        insta::assert_snapshot!(name, ready(view).resize(60, 12).text());
    }
}

#[test]
fn help_of_all_views_has_every_key_with_what_it_does() {
    let mut screen = ready(View::Table);
    let text = screen.resize(84, 400).press("? ?").text();
    for binding in View::ALL.into_iter().flat_map(keymap::bindings) {
        let entry = format!("{:13}{}", binding.names(), binding.help);
        assert!(text.contains(&entry), "{entry}\n{text}");
    }
}

//! Themes: the same meanings in other colours, and each meaning without any.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier};
use sockeye::app::{Options, Theme};
use sockeye::model::{Alert, Level};

use super::{busy, later};
use crate::support::alerts::{alert, judged};
use crate::support::screen::{Screen, analyses};

/// A screen with a row of each meaning, below a selected one of none.
fn all(theme: Theme) -> Screen {
    let mut screen = Screen::new((120, 30), Options { theme, ..Options::default() });
    let analyses = analyses(&[busy().build(), later()]);
    let found = judged(&analyses[1], |analysis| {
        let muted = alert(analysis, "shell-outbound", Level::High, &[1822], 9003);
        vec![
            alert(analysis, "shell-outbound", Level::High, &[20117], 35943),
            alert(analysis, "shell-outbound", Level::Medium, &[911], 9001),
            alert(analysis, "shell-outbound", Level::Low, &[20119], 35950),
            Alert { muted: Some("known".into()), ..muted },
        ]
    });
    screen.receive(&[found]).press("/ \"not zzz\" Enter End");
    screen
}

/// What a row of each meaning looks like: its mark, the look of the mark, the look of the row.
fn looks(screen: &Screen) -> BTreeMap<&'static str, (String, String, String)> {
    let meanings = [
        ("high", "20117 "),
        ("medium", "  911 "),
        ("low", "20119 "),
        ("muted", "1822 "),
        ("new", "20800 "),
        ("changed", "20762 "),
        ("closed", "CLOSED"),
        ("no owner", "no owner"),
        ("nothing", "  733 "),
    ];
    let text = screen.text();
    let look = |needle: &str| {
        let line = |(_, line): &(usize, &str)| line.contains(needle) && !line.starts_with('─');
        let (y, line) =
            text.lines().enumerate().skip(4).find(line).unwrap_or_else(|| panic!("{needle}\n{text}"));
        let style = |x: u16| {
            let cell = &screen.buffer()[(x, u16::try_from(y).unwrap())];
            format!("{:?} on {:?} {:?}", cell.fg, cell.bg, cell.modifier)
        };
        (line.chars().take(2).collect::<String>().trim().to_owned(), style(0), style(24))
    };
    meanings.into_iter().map(|(name, needle)| (name, look(needle))).collect()
}

#[test]
fn no_theme_loses_a_meaning() {
    for theme in Theme::ALL {
        let screen = all(theme);
        let looks = looks(&screen);
        let marks: Vec<&String> = looks.values().map(|(mark, ..)| mark).collect();
        let mut unique = marks.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), marks.len(), "as text {theme:?}: {marks:?}");
        // What the colours tell, beyond the marks: the loud, the new and the gone from the rest.
        let plain = &looks["nothing"].2;
        for name in ["high", "medium", "new", "changed", "closed"] {
            assert_ne!(&looks[name].2, plain, "{name} {theme:?}");
        }
        assert_ne!(looks["high"].1, looks["medium"].1, "{theme:?}");
        assert_ne!(looks["muted"].1, looks["high"].1, "{theme:?}");
        let selected =
            screen.buffer().content().iter().filter(|cell| cell.modifier.contains(Modifier::REVERSED));
        assert!(selected.count() >= 120, "the selected row, {theme:?}");
    }
}

#[test]
fn frozen_and_partial_views_are_said_in_words_in_every_theme() {
    for theme in Theme::ALL {
        let mut screen = Screen::new((80, 24), Options { theme, ..Options::default() });
        let partial =
            busy().viewer(1000, &["cap_sys_ptrace"]).adjust(|snapshot| snapshot.seen.processes_read = 1);
        screen.receive(&analyses(&[partial.build()])).press("Space");
        let text = screen.text();
        assert!(text.lines().next().unwrap().contains("FROZEN 00:00"), "{text}");
        assert!(text.lines().nth(1).unwrap().starts_with("as alice: 1/12 procs"), "{text}");
    }
}

#[test]
fn only_alerts_are_red_and_only_high_ones_stand_on_a_colour() {
    for theme in Theme::ALL {
        let screen = all(theme);
        for cell in screen.buffer().content() {
            let is_painted = cell.bg != Color::Reset;
            assert!(
                !is_painted || looks(&screen)["high"].1.contains(&format!("on {:?}", cell.bg)),
                "{cell:?}"
            );
            assert_ne!(cell.fg, Color::Red);
            if theme == Theme::Mono {
                assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
            }
        }
    }
}

/// Relative luminance, as WCAG 2 defines it.
fn luminance([red, green, blue]: [u8; 3]) -> f64 {
    let part = |byte: u8| {
        let share = f64::from(byte) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue)
}

fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn true_colours_can_be_read_on_their_background() {
    for (theme, ground, least) in [(Theme::Dark, [0; 3], 7.0), (Theme::Light, [255; 3], 5.0)] {
        let mut screen = all(theme);
        let mut colours = 0;
        for keys in ["", "?"] {
            for cell in screen.press(keys).buffer().content() {
                let Color::Rgb(red, green, blue) = cell.fg else { continue };
                let (under, least) = if let Color::Rgb(red, green, blue) = cell.bg {
                    ([red, green, blue], 5.0)
                } else {
                    (ground, least)
                };
                let contrast = contrast([red, green, blue], under);
                assert!(contrast >= least, "{contrast} {cell:?} {theme:?}");
                colours += 1;
            }
        }
        assert!(colours > 100, "{theme:?}: {colours}");
    }
}

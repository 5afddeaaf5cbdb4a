//! Foreign text made safe to show.

use std::borrow::Cow;

use proptest::prelude::*;
use sockeye::model::{printable, without_number};
use unicode_width::UnicodeWidthChar as _;

#[test]
fn what_a_terminal_could_obey_or_a_reader_not_see_is_spelled_out() {
    let cases: &[(&[u8], &str)] = &[
        (b"\x1b]52;c;cHduZWQ=\x07", r"\x1b]52;c;cHduZWQ=\x07"),
        (b"\x1b[31m\x9b\xff", r"\x1b[31m\x9b\xff"),
        ("\u{9b}31m".as_bytes(), r"\x9b31m"),
        (b"a\nb\tc\rd\0e\x7f", r"a\nb\tc\rd\x00e\x7f"),
        ("\u{202e}ltr\u{2066}".as_bytes(), r"\u{202e}ltr\u{2066}"),
        ("zero\u{200b}width\u{feff}\u{ad}".as_bytes(), r"zero\u{200b}width\u{feff}\xad"),
        ("line\u{2028}tag\u{e0041}".as_bytes(), r"line\u{2028}tag\u{e0041}"),
        ("no\u{a0}break\u{3000}blank".as_bytes(), r"no\xa0break\u{3000}blank"),
        ("e\u{301}".as_bytes(), r"e\u{301}"),
        (b"cut \xe6\xbc", r"cut \xe6\xbc"),
        ("漢字 😀 é ß \\".as_bytes(), "漢字 😀 é ß \\"),
        (b"", ""),
    ];
    for (bytes, shown) in cases {
        assert_eq!(printable(bytes), *shown, "{bytes:?}");
    }
}

#[test]
fn plain_text_is_not_copied() {
    assert!(matches!(printable("nginx: worker 漢字".as_bytes()), Cow::Borrowed(_)));
}

#[test]
fn what_the_system_says_is_shown_without_its_number() {
    for (said, words) in [
        ("cannot create x: Permission denied (os error 13)", "cannot create x: Permission denied"),
        ("a (os error 5) (os error 13)", "a (os error 5)"),
        ("wrote x (os error 5) in /tmp", "wrote x (os error 5) in /tmp"),
        ("no (os error x)", "no (os error x)"),
        ("", ""),
    ] {
        assert_eq!(without_number(said), words);
    }
}

proptest! {
    #[test]
    fn every_character_shown_takes_cells_that_can_be_counted(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let shown = printable(&bytes);
        prop_assert!(shown.chars().all(|c| c.width().is_some_and(|width| width > 0)), "{shown:?}");
        prop_assert!(shown.len() <= bytes.len() * 8);
    }

    #[test]
    fn any_text_is_shown_without_controls(text in any::<String>()) {
        let shown = printable(text.as_bytes());
        prop_assert!(!shown.chars().any(char::is_control));
        prop_assert_eq!(printable(shown.as_bytes()), shown.clone());
    }
}

//! Names that processes choose to deceive.

use sockeye::app::Options;
use sockeye::model::{Fact, TcpState, Text, UnixState};

use super::Builder;
use crate::support::screen::{Screen, analyses};
use crate::support::snapshot::snapshot;

fn hostile() -> Builder {
    let cmdline: &[u8] = b"\x1b]52;c;cHduZWQ=\x07\0\xe2\x80\xaeltr\0a\nb\xff\0";
    snapshot()
        .process(666, 0, "/tmp/x", "x")
        .with(|process| {
            process.comm = Text::from("a\x1b[2J\n) R 1 (");
            process.cmdline = Fact::Known(cmdline.into());
            process.cwd = Fact::Known("/tmp/\u{202e}gpj.\u{200b}exe\t\u{9b}31m".into());
        })
        .tcp(1, &[3], TcpState::Established, "10.0.0.5:1", "192.0.2.1:2")
        .unix(2, &[4], UnixState::Listen, b"/tmp/a\n0: 00000002 00000000 /run/forged \x1b[31m")
        .process(
            667,
            0,
            "/opt/\u{6f22}\u{5b57}\u{6f22}\u{5b57}\u{6f22}\u{5b57}\u{6f22}\u{5b57}",
            "\u{6f22}\u{5b57}",
        )
        .tcp(3, &[3], TcpState::Established, "10.0.0.5:3", "192.0.2.1:4")
        .process(668, 0, "/opt/\u{1f980}\u{1f980}\u{1f980}x", "\u{1f980}")
        .tcp(4, &[3], TcpState::Established, "10.0.0.5:5", "192.0.2.1:6")
}

#[test]
fn hostile_names_are_spelled_out_and_keep_the_columns() {
    for (width, keys) in [(80, "x End"), (120, "x End"), (80, "x End Enter Enter"), (120, "x Right Right")] {
        let mut screen = Screen::new((width, 24), Options::default());
        screen.receive(&analyses(&[hostile().build()])).press(keys);
        insta::assert_snapshot!(screen.text());
        let obeyed: Vec<_> = screen
            .buffer()
            .content()
            .iter()
            .flat_map(|cell| cell.symbol().chars())
            .filter(|shown| {
                shown.is_control() || matches!(u32::from(*shown), 0x200b..=0x200f | 0x202a..=0x202e)
            })
            .collect();
        assert_eq!(obeyed, [], "at {width}");
    }
}

#[test]
fn hostile_text_in_the_prompt_and_the_filter_is_spelled_out() {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[hostile().build()])).press("/ \"\u{202e}x\"");
    assert!(screen.text().contains("filter: \\u{202e}x"), "{}", screen.text());
    screen.press("Enter");
    assert!(screen.text().contains("filter: \\u{202e}x"), "{}", screen.text());
}

//! A config file that is wrong: said until it is put away, while the defaults hold.

use std::ffi::OsString;

use sockeye::app::{Options, Theme};
use sockeye::cli::Cli;
use sockeye::config::Config;
use sockeye::config::file::Found;
use sockeye::run;

use super::busy;
use crate::support::screen::{Screen, analyses};

/// The screen as it starts with a file of this content, or where it cannot be read.
pub(super) fn started(size: (u16, u16), content: Result<&str, &str>) -> Screen {
    let content = content.map(|text| text.as_bytes().to_vec()).map_err(str::to_owned);
    let found = Found { path: Some("/c.toml".into()), asked: false, content: Some(content) };
    let cli = Cli::read(["sockeye"].map(OsString::from)).unwrap();
    let config = Config::resolve(cli, found, true).unwrap();
    let mut screen = Screen::new(size, run::screen_options(&config, Theme::Terminal));
    screen.receive(&analyses(&[busy().build()]));
    screen
}

/// The message line.
fn message(screen: &Screen) -> String {
    screen.text().lines().nth_back(1).unwrap().to_owned()
}

fn hints(screen: &Screen) -> String {
    screen.text().lines().last().unwrap().to_owned()
}

/// What is wrong, and what is said of it.
const WRONG: &[(&str, &str)] = &[
    ("bell = yes", "1:8: string values must be quoted, expected literal string"),
    ("# mine\nshels = [\"mysh\"]", "2:1: unknown key `shels`, expected one of "),
    ("shells = \"mysh\"", "1:10: invalid type: string \"mysh\", expected a list"),
    ("shells = [\"/bin/mysh\"]", "1:11: no name of an executable: it goes without its path"),
    ("collector = \"netlink\"", "1:13: collector is auto, bpf, diag or text"),
    ("columns = [\"pid\", \"nope\"]", "1:19: no column \"nope\"; see --list-columns"),
    ("columns = [\"pid@wide\"]", "1:12: \"wide\" is no width of a terminal: a column is NAME or NAME@CELLS"),
    ("sort = \"local_\"", "1:8: \"local_\" can mean local_address, local_port"),
    ("interval = 0.01", "1:12: interval takes 0.1 to 86400 seconds, not 0.01"),
    ("theme = \"solar\"", "1:9: there are the themes terminal, dark, light, mono"),
    ("[keys]\nfitler = \"/\"", "2:1: no action \"fitler\"; --print-config lists them"),
    (
        "[keys]\nfilter = \"F25\"",
        "2:10: no key is called so: it is a character, Ctrl and a letter (Ctrl-X), ",
    ),
    (
        "[keys]\nfilter = [\"/\", \"s\"]",
        "2:16: s would be bound twice in the view \"table\": to \"filter while typing\" and to \"only one state: menu\"",
    ),
    ("[[mute]]\nrule = \"x\"", "1:1: missing key `reason`"),
    ("[[mute]]\nreason = \"all\"", "1:1: a mute needs rule, exe, peer or parent"),
    ("[[mute]]\nexe = \"*\"\nreason = \"all\"", "2:7: this would match nothing, or everything"),
    (
        "[[mute]]\nreason = \"x\"\npeer = \"192.0.2.0/33\"",
        "3:8: a peer is an address, a network or address:port: ",
    ),
    ("[[allow]]", "1:1: an allow needs exe, peer, parent or user"),
    ("[[view]]\nfilter = \"22\"", "1:1: missing key `name`"),
    ("[[view]]\nname = \" \"\nfilter = \"22\"", "2:8: a view needs a name"),
    ("[[view]]\nname = \"x\"", "1:1: missing key `filter`"),
    ("[[view]]\nname = \"x\"\nfilter = \"22 pid:x\"", "3:14: filter: pid is a number, not \"x\""),
    (
        "[[view]]\nname = \"x\"\nfilter = \"22\"\nsort = \"nope\"",
        "4:8: no column \"nope\"; see --list-columns",
    ),
    (
        "[[view]]\nname = \"x\"\nfilter = \"22\"\ncolumns = [\"pid\", \"nope@80\"]",
        "4:19: no column \"nope\"; see --list-columns",
    ),
    (
        "[[view]]\nname = \"x\"\nfilter = \"22\"\ncolumns = \"pid\"",
        "4:11: invalid type: string \"pid\", expected a list",
    ),
    ("[[view]]\nname = \"x\"\nfilter = \"22\"\nkolor = 1", "4:1: unknown key `kolor`, expected one of "),
];

#[test]
fn each_thing_that_is_wrong_is_said_with_its_place_until_it_is_put_away() {
    for (text, said) in WRONG {
        let mut screen = started((300, 40), Ok(text));
        let whole = message(&screen);
        assert!(whole.starts_with(&format!("the defaults hold: /c.toml:{said}")), "{text}: {whole}");
        assert!(whole.ends_with("  Esc hides this"), "{whole}");
        let usual = started((300, 40), Ok("")).press("Down Down").text();
        assert_eq!(message(screen.press("Down Down")), whole);
        assert_eq!(screen.press("Esc").text(), usual, "all else is as without a file");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_said_too() {
    let screen = started((120, 30), Err("Permission denied"));
    assert!(
        message(&screen).starts_with("the defaults hold: /c.toml: Permission denied "),
        "{}",
        message(&screen)
    );
    let screen = started((120, 30), Ok("bell = true\n"));
    assert!(message(&screen).starts_with("filter: (none) "), "{}", message(&screen));
}

#[test]
fn it_outlives_keys_prompts_messages_and_dialogs() {
    let mut screen = started((120, 30), Ok("bell = 1"));
    let whole = message(&screen);
    assert!(whole.starts_with("the defaults hold: /c.toml:1:8: "), "{whole}");
    assert!(hints(&screen).contains("Esc hide"), "{}", hints(&screen));
    assert_eq!(message(screen.press("/ \"bash\"")), "filter: bash");
    assert_eq!(message(screen.press("Enter")), whole);
    assert_eq!(message(screen.press("/ \"x\" Esc")), whole, "a step back from the prompt alone");
    assert_eq!(message(screen.press("\"9\"")), "to pid 9: no row has it");
    assert_eq!(message(screen.press("Down")), whole);
    assert_eq!(message(screen.press("? Esc o Esc e e T")), whole);
    let text = screen.press("/ \" zzz\" Enter").text();
    let way = "Esc hides the message, then drops the tags, then clears the filter";
    assert!(text.contains(&format!("no socket matches the filter: {way}")), "{text}");
    screen.press("/ C-u \"bash\" Enter");
    // Then Esc goes on as ever.
    assert!(message(screen.press("Esc")).starts_with("filter: bash  1 tagged "), "{}", message(&screen));
    assert!(message(screen.press("Esc")).starts_with("filter: bash  "), "{}", message(&screen));
    assert!(message(screen.press("Esc")).starts_with("filter: (none) "), "{}", message(&screen));
}

#[test]
fn where_it_has_no_room_the_coverage_shows_it_whole_hidden_or_not() {
    let mut screen = started((80, 24), Ok("# mine\nshels = [\"mysh\"]\n"));
    insta::assert_snapshot!("banner_cut", screen.text());
    insta::assert_snapshot!("banner_coverage", screen.press("v").text());
    let hidden = screen.press("Esc Esc v").text();
    let line = |text: &str| text.lines().position(|line| line.contains("shels = ["));
    assert!(line(&hidden).is_some(), "{hidden}");
}

#[test]
fn its_keys_are_those_that_are_bound() {
    let keys = |text: &str| {
        let found = Found { content: Some(Ok(text.as_bytes().to_vec())), ..Found::default() };
        found.settings().unwrap().screen.keys
    };
    let own = keys("[keys]\nback = \"Backspace\"\ncoverage = \"F11\"\n");
    for (width, said) in [(160, "  Backspace hides this"), (60, "  F11 shows all, Backspace hides this")] {
        let trouble =
            Some("c.toml:1:1: this is wrong and that is a longer text than fits\n1 | x\n  | ^".to_owned());
        let options = Options { keys: own.clone(), trouble, ..Options::default() };
        let mut screen = Screen::new((width, 24), options);
        screen.receive(&analyses(&[busy().build()]));
        assert!(message(&screen).ends_with(said), "{}", message(&screen));
        assert!(message(screen.press("Backspace")).starts_with("filter: "), "{}", message(&screen));
    }
}

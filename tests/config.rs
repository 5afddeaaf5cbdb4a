//! The config file's text in, with a mute more or less out.

use sockeye::config::file::edit::{with_mute, without_mute};
use sockeye::config::file::{Found, KEYS, Key, Settings};
use sockeye::model::Mute;

mod screen;

fn mute(reason: &str) -> Mute {
    Mute {
        rule: Some("shell-outbound".into()),
        exe: Some("/opt/a \"b\"\u{1b}\n".into()),
        peer: Some("192.0.2.7".parse().unwrap()),
        parent: None,
        reason: reason.into(),
    }
}

/// A mute and what else a user writes.
const FILE: &str = "# mine
shells = [ \"mysh\" ]   # a shell

# the drill
[[mute]]
exe = \"/bin/x\"
reason = 'first'

[[allow]] # ours
user = \"backup\"
";

fn mutes(text: &str) -> Vec<Mute> {
    let found = Found { content: Some(Ok(text.as_bytes().to_vec())), ..Found::default() };
    found.settings().unwrap().mutes
}

#[test]
fn a_mute_is_added_behind_the_others_and_all_else_stays() {
    let one = with_mute("", &mute("one")).unwrap();
    assert_eq!(mutes(&one), [mute("one")]);
    insta::assert_snapshot!("added_to_nothing", one);
    let more = with_mute(FILE, &mute("more")).unwrap();
    let first = Mute { exe: Some("/bin/x".into()), reason: "first".into(), ..Mute::default() };
    assert_eq!(mutes(&more), [first, mute("more")]);
    insta::assert_snapshot!("added", more);
    assert_eq!(mutes(&with_mute("bell = true", &mute("x")).unwrap()), [mute("x")], "no line end");
}

#[test]
fn a_mute_that_was_added_can_be_taken_out_without_a_trace() {
    for text in ["", FILE, "bell = true\n", "[[allow]]\nuser = \"x\"\n"] {
        let more = with_mute(text, &mute("more")).unwrap();
        assert_eq!(without_mute(&more, &mute("more")), Ok(Some(text.to_owned())), "{more}");
    }
    assert_eq!(without_mute(FILE, &mute("more")), Ok(None));
    assert_eq!(without_mute("", &mute("more")), Ok(None));
}

#[test]
fn a_comment_above_a_mute_outlives_it() {
    let first = Mute { exe: Some("/bin/x".into()), reason: "first".into(), ..Mute::default() };
    insta::assert_snapshot!("without_first", without_mute(FILE, &first).unwrap().unwrap());
}

#[test]
fn what_cannot_be_changed_with_care_is_left_alone() {
    let wrong = with_mute("bell = ", &mute("x")).unwrap_err();
    assert!(wrong.starts_with("it is wrong: "), "{wrong}");
    assert!(without_mute("bell = ", &mute("x")).is_err());
    let inline = "mute = [{ rule = \"x\", reason = \"y\" }]\n";
    assert_eq!(with_mute(inline, &mute("x")), Err("its mutes are not written as [[mute]]".to_owned()));
    assert_eq!(without_mute(inline, &mute("x")), Ok(None));
}

/// What is said of a file's text, as long as it is wrong.
pub fn wrong(text: &str) -> String {
    let found = Found { content: Some(Ok(text.as_bytes().to_vec())), ..Found::default() };
    found.settings().unwrap_err().to_string()
}

#[test]
fn the_keys_that_documentation_names_are_those_that_the_file_takes() {
    let tables = [None, Some("keys"), Some("mute"), Some("allow"), Some("view")];
    for table in tables.into_iter().filter(|table| *table != Some("keys")) {
        let start = table.map_or_else(String::new, |name| format!("[[{name}]]\n"));
        let of_table = || KEYS.iter().filter(|key| key.table == table);
        let said = wrong(&format!("{start}wrong = 1\n"));
        let (_, expected) = said.split_once("expected one of ").unwrap();
        let taken: Vec<&str> = expected.split(", ").map(|name| name.trim_matches('`')).collect();
        let is_table = |name: &&str| table.is_none() && tables.contains(&Some(name));
        let taken: Vec<&str> = taken.into_iter().filter(|name| !is_table(name)).collect();
        assert_eq!(of_table().map(Key::name).collect::<Vec<_>>(), taken, "{table:?}");
        let lines: Vec<&str> = of_table().map(|key| key.example).collect();
        let text = format!("{start}{}\n", lines.join("\n"));
        let found = Found { content: Some(Ok(text.into_bytes())), ..Found::default() };
        assert_ne!(found.settings().unwrap(), Settings::default(), "{table:?}");
    }
}

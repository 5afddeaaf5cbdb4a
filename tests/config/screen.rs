//! What the config file says of the screen, and the file that is printed as the default.

use std::collections::BTreeMap;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use sockeye::app::keymap::{self, Key, Keys};
use sockeye::app::{Theme, View};
use sockeye::config::file::edit::with_columns;
use sockeye::config::file::{Found, KEYS, Screen, Settings, default_config};
use sockeye::table::{Chosen, Column, Saved, Sort};

fn found(text: &str) -> Found {
    Found { content: Some(Ok(text.as_bytes().to_vec())), ..Found::default() }
}

fn settings(text: &str) -> Settings {
    found(text).settings().unwrap()
}

/// What is wrong, with the place.
fn wrong(text: &str) -> String {
    let error = found(text).settings().unwrap_err();
    format!("{error}\n{}", error.excerpt().unwrap_or_default())
}

#[test]
fn the_default_that_is_printed_changes_nothing() {
    let text = default_config();
    assert_eq!(settings(&text), Settings::default());
    insta::assert_snapshot!(text);
}

/// A line that sets something, though it is a comment: `# sort = "-received"`.
fn example(line: &str) -> Option<&str> {
    let line = line.strip_prefix("# ")?;
    let is_set = line.split_once(" = ").is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_lowercase()));
    (is_set || line.starts_with("[[")).then_some(line)
}

#[test]
fn what_is_a_comment_in_the_default_can_be_taken_as_it_is() {
    let lines: Vec<&str> =
        default_config().leak().lines().map(|line| example(line).unwrap_or(line)).collect();
    let taken = settings(&lines.join("\n"));
    assert_eq!((taken.mutes.len(), taken.allowed.len()), (1, 1));
    assert_eq!(taken.screen.interval, Some(Duration::from_secs(2)));
    for key in &KEYS {
        assert!(lines.iter().any(|line| line.starts_with(&format!("{} = ", key.name()))), "{}", key.name());
    }
}

#[test]
fn the_screens_settings_are_read() {
    let text = "columns = [\"pid\", \"cmd\", \"cwd@140\"]\nsort = \"-pid\"\ninterval = 5\ntheme = \"light\"\n\
        names = true\nmouse = false\n[keys]\nfreeze = \"Ctrl-S\"\nquit = [\"Q\"]\nhelp = []\n";
    let columns = ["pid", "cmdline", "cwd"].map(|name| Column::find(name).unwrap());
    let columns = columns.into_iter().zip([0, 0, 140]).map(|(column, from)| Chosen { column, from });
    let mut keys = Keys::default();
    for (name, bound) in [("freeze", &["Ctrl-S"][..]), ("quit", &["Q", "Ctrl-C"]), ("help", &[])] {
        assert!(keys.bind(name, bound.iter().map(|key| key.parse().unwrap()).collect()));
    }
    let wanted = Screen {
        columns: Some(columns.collect()),
        sort: Some(Sort::parse("-pid").unwrap()),
        interval: Some(Duration::from_secs(5)),
        theme: Some(Theme::Light),
        names: true,
        no_mouse: true,
        keys,
    };
    assert_eq!(settings(text).screen, wanted);
}

#[test]
fn what_is_wrong_with_the_screens_settings_is_named_with_its_place() {
    let texts = [
        "columns = [\"pid\", \"nope\"]",
        "columns = [\"pid@wide\"]",
        "columns = \"pid\"",
        "sort = \"local_\"",
        "interval = \"2s\"",
        "interval = 0.01",
        "interval = nan",
        "theme = \"solar\"",
        "mouse = 1",
        "keys = true",
        "[keys]\nfitler = \"/\"",
        "[keys]\nenter = \"/\"",
        "[keys]\nfilter = 4",
        "[keys]\nfilter = [\"/\", 4]",
        "[keys]\nfilter = [\"/\", \"Ctrl-I\"]",
        "[keys]\nfilter = \"\\u001b\"",
        "[keys]\nfilter = \"F25\"",
    ];
    insta::assert_snapshot!(texts.map(wrong).join("\n\n"));
}

#[test]
fn views_are_read_with_their_order_and_columns() {
    let text = "[[view]]\nname = \"a\"\nfilter = \"22\"\n[[view]]\nname = \"b\"\nfilter = \"\"\nsort = \"-pid\"\n\
        columns = [\"pid\", \"cwd@140\"]\n[[view]]\nname = \"c\"\nfilter = \"x\"\ncolumns = []\n";
    let view = |name: &str, filter: &str| Saved {
        name: name.into(),
        filter: filter.into(),
        sort: None,
        columns: None,
    };
    let wanted = [
        view("a", "22"),
        Saved {
            sort: Some(Sort::parse("-pid").unwrap()),
            columns: Some(["pid", "cwd@140"].map(|text| Chosen::parse(text).unwrap()).to_vec()),
            ..view("b", "")
        },
        view("c", "x"),
    ];
    assert_eq!(settings(text).views, wanted);
}

#[test]
fn what_is_wrong_with_a_view_is_named_with_its_place() {
    let view = |more: &str| wrong(&format!("[[view]]\nname = \"x\"\n{more}\n"));
    let texts = [
        "filter = \"22\"\ncolumns = [\"pid\", \"nope\", \"fd\"]",
        "filter = \"22\"\ncolumns = [\"pid\", \"cwd@wide\"]",
        "filter = \"22\"\ncolumns = [\"pid\", 4]",
        "filter = \"22\"\ncolumns = \"pid\"",
        "filter = \"22\"\nsort = \"nope\"",
        "filter = \"22 pid:x\"",
        "filter = 'é (tcp or pid:x) 22'",
        // What is escaped has its places elsewhere.
        "filter = \"cmd:\\\"a b\\\" pid:x\"",
        "filter = \"\"\"22 pid:x\"\"\"",
        "sort = \"pid\"",
        "filter = \"22\"\nkolor = 1",
    ];
    insta::assert_snapshot!(texts.map(view).join("\n\n"));
}

#[test]
fn a_key_for_two_things_in_one_view_is_named_with_its_place() {
    let texts = [
        "[keys]\nfilter = [\"/\", \"s\"]",
        "[keys]\nhelp = \"?\"\nfilter = \"d\"\ndetail = [\"Enter\", \"d\"]",
        "[keys]\nfilter = [\"d\", \"d\"]",
        "[keys]\nfilter = \"Ctrl-C\"",
        // A key of a menu that moving in it would hide.
        "[keys]\ndown = [\"Down\", \"S\"]",
    ];
    insta::assert_snapshot!(texts.map(wrong).join("\n\n"));
    // What another action has given up is free.
    let swapped = settings("[keys]\nstate = \"/\"\nfilter = \"s\"\n").screen.keys;
    assert_eq!(swapped.conflict(), None);
}

#[test]
fn each_key_is_called_as_it_is_shown() {
    for binding in View::ALL.into_iter().flat_map(keymap::bindings) {
        for key in binding.keys {
            assert_eq!(key.to_string().parse::<Key>().as_ref(), Ok(key));
        }
    }
    for name in ["Ctrl-X", "S-Tab", "Backspace", "Insert", "Del", "F24", "é", "-"] {
        assert_eq!(name.parse::<Key>().map(|key| key.to_string()), Ok(name.to_owned()));
    }
    assert_eq!("Ctrl-x".parse::<Key>(), "Ctrl-X".parse());
    for name in ["", " ", "ab", "F0", "Ctrl-", "Ctrl-ab", "Ctrl-m", "Ctrl-1", "\t"] {
        assert!(name.parse::<Key>().is_err(), "{name:?}");
    }
}

#[test]
fn each_action_that_can_be_bound_has_one_name_and_one_set_of_keys() {
    let mut keys: BTreeMap<&str, (&[Key], String)> = BTreeMap::new();
    for binding in View::ALL.into_iter().flat_map(keymap::bindings) {
        let Some(name) = binding.name() else { continue };
        let action = format!("{:?}", binding.action);
        let known = keys.entry(name).or_insert((binding.keys, action.clone()));
        assert_eq!(*known, (binding.keys, action), "{name}");
    }
    assert_eq!(keys.len(), keymap::named().count());
    for view in [View::Table, View::Detail] {
        // Digits are typed, not bound.
        let named = |binding: &keymap::Binding| {
            binding.name().is_some() || matches!(binding.action, sockeye::app::Action::Digit(_))
        };
        assert!(keymap::bindings(view).all(named), "{view:?}");
    }
}

#[test]
fn ctrl_c_quits_whatever_is_bound() {
    let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    for text in ["", "[keys]\nquit = []\n", "[keys]\nquit = \"Ctrl-X\"\ncopy = \"q\"\n"] {
        let keys = settings(text).screen.keys;
        for view in View::ALL {
            assert_eq!(keys.action(view, &ctrl_c), Some(sockeye::app::Action::Quit), "{text} {view:?}");
        }
    }
}

#[test]
fn the_readme_shows_every_key_of_the_file() {
    let readme = include_str!("../../README.md");
    let block = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_ne!(settings(block), Settings::default());
    let mut table = None;
    let mut shown = Vec::new();
    for line in block.lines() {
        if let Some(name) = line.strip_prefix('[') {
            table = Some(name.trim_start_matches('[').split(']').next().unwrap());
        }
        shown.extend(line.split_once(" = ").map(|(name, _)| (table, name)));
    }
    let missing: Vec<_> = KEYS.iter().filter(|key| !shown.contains(&(key.table, key.name()))).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(shown.iter().any(|(table, _)| *table == Some("keys")));
}

#[test]
fn columns_are_kept_in_the_file_and_all_else_stays() {
    let columns = ["pid", "cwd@140"].map(|text| Chosen::parse(text).unwrap());
    for (before, after) in [
        ("", "columns = [\"pid\", \"cwd@140\"]\n"),
        ("# mine\nbell = true\n", "# mine\nbell = true\ncolumns = [\"pid\", \"cwd@140\"]\n"),
        (
            "columns = [ \"fd\" ] # mine\nbell = true\n",
            "columns = [\"pid\", \"cwd@140\"] # mine\nbell = true\n",
        ),
        (
            "[keys]\nup = \"W\"\n\n[[allow]]\nuser = \"x\"\n",
            "columns = [\"pid\", \"cwd@140\"]\n[keys]\nup = \"W\"\n\n[[allow]]\nuser = \"x\"\n",
        ),
    ] {
        let kept = with_columns(before, Some(&columns)).unwrap();
        assert_eq!(kept, after);
        assert_eq!(settings(&kept).screen.columns, Some(columns.to_vec()));
        assert_eq!(settings(&with_columns(&kept, None).unwrap()).screen.columns, None);
    }
    assert_eq!(with_columns("bell = true\n", None), Ok("bell = true\n".to_owned()));
    assert!(with_columns("bell = ", Some(&columns)).unwrap_err().starts_with("it is wrong: "));
}

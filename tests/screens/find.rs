//! Menus that write into the filter, terms on the screen, digits that go to a pid.

use sockeye::app::Options;
use sockeye::table::{Saved, Sort};

use super::{busy, later};
use crate::support::screen::{Screen, analyses};

fn open(keys: &str) -> Screen {
    open_with(Options::default(), keys)
}

fn open_with(options: Options, keys: &str) -> Screen {
    let mut screen = Screen::new((80, 24), options);
    let host = busy().process(77, 1, "/usr/bin/odd", "odd").netns(4_026_532_000, Some("app-1")).tcp(
        7,
        &[3],
        sockeye::model::TcpState::Listen,
        "0.0.0.0:7",
        "0.0.0.0:0",
    );
    screen.receive(&analyses(&[host.build(), later()][..1])).press(keys);
    screen
}

/// The message line.
fn message(screen: &Screen) -> String {
    screen.text().lines().nth(22).unwrap().to_owned()
}

/// Pids of the rows.
fn pids(screen: &Screen) -> Vec<String> {
    let column = sockeye::table::Column::find("pid").unwrap();
    let table = screen.app.table();
    let rows = (0..table.len()).map(|at| table.row(at, screen.app.names()).unwrap());
    rows.map(|row| (column.value)(&row).text().into_owned()).collect()
}

#[test]
fn the_user_menu_counts_rows_and_writes_a_term() {
    let mut screen = open("u");
    insta::assert_snapshot!("users", screen.text());
    assert!(message(screen.press("End Enter")).starts_with("filter: user=alice "), "{}", message(&screen));
    assert_eq!(pids(&screen), ["20762"]);
    screen.press("/ \" tcp\" Enter u");
    insta::assert_snapshot!("users_chosen", screen.text());
    // A worker of another user holds the master's listener, too.
    assert!(
        message(screen.press("Up Enter")).starts_with("filter: tcp user=www-data "),
        "{}",
        message(&screen)
    );
    assert_eq!(pids(&screen), ["20117", "1311", "1311"]);
    assert!(message(screen.press("u Home Enter")).starts_with("filter: tcp  "), "{}", message(&screen));
    let before = message(&screen);
    assert_eq!(message(screen.press("u Down Esc")), before);
}

#[test]
fn the_namespace_menu_writes_a_term() {
    let mut screen = open("N");
    insta::assert_snapshot!("namespaces", screen.text());
    assert!(message(screen.press("End Enter")).starts_with("filter: netns=app-1 "), "{}", message(&screen));
    assert_eq!(pids(&screen), ["77"]);
    assert!(message(screen.press("N Home Enter")).starts_with("filter: (none) "), "{}", message(&screen));
}

#[test]
fn saved_views_are_chosen_by_name() {
    let saved = |name: &str, filter: &str, sort: Option<&str>| Saved {
        name: name.into(),
        filter: filter.into(),
        sort: sort.map(|sort| Sort::parse(sort).unwrap()),
        columns: None,
    };
    let views = vec![
        saved("listeners", "is:listen", Some("-pid")),
        saved("web\u{1b}", "port:443 not is:listen", None),
    ];
    let mut screen = open_with(Options { views, ..Options::default() }, "/ \"cargo\" Enter V");
    insta::assert_snapshot!("views", screen.text());
    let chosen = message(screen.press("Down Enter"));
    assert!(
        chosen.starts_with("filter: is:listen ") && chosen.ends_with("sort: pid, descending"),
        "{chosen}"
    );
    assert_eq!(pids(&screen), ["1204", "911", "911", "77"]);
    let web = message(screen.press("V Down Enter"));
    assert!(web.starts_with("filter: port:443 not is:listen "), "{web}");
    assert!(message(screen.press("V Home Enter")).starts_with("filter: (none) "), "{}", message(&screen));
    assert!(
        message(screen.press("/ Up")).starts_with("filter: port:443 not is:listen"),
        "{}",
        message(&screen)
    );
}

#[test]
fn without_saved_views_it_says_how_to_make_one() {
    assert_eq!(message(&open("V")), "no saved views: [[view]] in the config file makes one");
}

#[test]
fn digits_go_to_the_row_of_a_pid() {
    let mut screen = open("\"2\"");
    assert_eq!(message(&screen), "to pid 2: bash");
    let at = |screen: &Screen| pids(screen)[screen.app.cursor().at()].clone();
    assert_eq!(at(&screen), "20117");
    assert_eq!(message(screen.press("\"0762\"")), "to pid 20762: cargo");
    assert_eq!(at(&screen), "20762");
    // Another key ends it, and so does Esc, which does no more.
    screen.press("k \"9\"");
    assert_eq!((message(&screen), at(&screen)), ("to pid 9: sshd".to_owned(), "911".to_owned()));
    assert_eq!(message(screen.press("\"9\"")), "to pid 99: no row has it");
    assert_eq!(at(&screen), "911");
    screen.press("/ \"not nothing\" Enter \"1204\" Esc");
    assert_eq!(at(&screen), "1204");
    assert!(message(&screen).starts_with("filter: not nothing "), "{}", message(&screen));
    assert!(message(screen.press("Esc")).starts_with("filter: (none) "), "{}", message(&screen));
    // Who holds a socket that is shown under another process.
    screen.press("/ \"pid:1204\" Enter \"1311\"");
    assert_eq!((message(&screen), at(&screen)), ("to pid 1311: nginx".to_owned(), "1204".to_owned()));
    assert_eq!(message(screen.press("Esc \"0\"")), "to pid 0: no row has it");
    assert_eq!(message(screen.press("Esc \"1234567890\"")), "to pid 1234567: no row has it");
}

#[test]
fn each_form_of_a_term_applies_and_each_error_is_named() {
    for (typed, wanted) in [
        ("cargo", &["20762"][..]),
        ("911", &["911", "911"]),
        ("process:sshd", &["1822", "911", "911"]),
        ("process=sshd pid!=911", &["1822"]),
        ("pid>20117", &["20119", "20762"]),
        ("lport:22,300-323", &["1822", "733", "911", "911"]),
        ("dport:4444", &["20119"]),
        ("dst:198.51.100.0/24", &["20119"]),
        ("cmd~'^bash -'", &["20117"]),
        ("is:shell", &["20117", "20119"]),
        ("not (is:listen or is:shell) !443", &["1822", "733"]),
    ] {
        let mut screen = open(&format!("/ \"{typed}\""));
        let mut found = pids(&screen);
        found.sort();
        assert_eq!(found, wanted, "{typed}");
        assert_eq!(message(&screen), format!("filter: {typed}"));
        assert!(message(screen.press("Enter")).starts_with(&format!("filter: {typed} ")), "{typed}");
    }
    for (typed, said) in [
        ("sshd or", "left out at 6: \"or\" what?"),
        ("sshd cmd~'('", "left out at 6: no regular expression: unclosed group"),
        ("(sshd", "left out at 1: \"(\" has no \")\""),
        ("sshd is:x", "left out at 6: is: no \"x\"; there are"),
    ] {
        let screen = open(&format!("/ \"{typed}\""));
        assert!(message(&screen).contains(said), "{typed}: {}", message(&screen));
        assert_eq!(pids(&screen), ["1822", "911", "911"], "{typed}");
    }
}

#[test]
fn tab_completes_fields_values_and_properties() {
    let mut screen = open("/ \"sta\" Tab");
    insta::assert_snapshot!("completed_field", screen.text());
    let prompt = |screen: &Screen| message(screen).split("  ").next().unwrap().to_owned();
    // One Tab for each candidate, then what was typed; Shift-Tab goes back.
    assert_eq!(prompt(&screen), "filter: state:");
    assert_eq!(prompt(screen.press("Tab")), "filter: started:");
    assert_eq!(prompt(screen.press("Tab")), "filter: sta");
    assert_eq!(prompt(screen.press("BackTab")), "filter: started:");
    assert_eq!(prompt(screen.press("BackTab")), "filter: state:");
    // What was typed behind one ends it; of one there is no choice.
    assert_eq!(prompt(screen.press("\"lis\" Tab")), "filter: state:listen");
    assert_eq!(prompt(screen.press("\" is:out\" Tab")), "filter: state:listen is:outbound");
    for (typed, wanted) in [
        ("user:w", "user:www-data"),
        ("!user:root,a", "!user:root,alice"),
        ("pid:207", "pid:20762"),
        ("dst:198", "dst:198.51.100.7"),
        ("netns=a", "netns=app-1"),
        ("alert:sh", "alert:shell-outbound"),
        ("car", "cargo"),
        ("(pid:1 or cwd:/var", "(pid:1 or cwd:/var/www/html/uploads"),
        ("cmd:odd", "cmd:odd"),
        ("cmd:'bash -", "cmd:\"bash --norc -i\""),
        ("cmd~c", "cmd~c"),
    ] {
        assert_eq!(
            prompt(open(&format!("/ \"{typed}\" Tab")).press("")),
            format!("filter: {wanted}").trim_end(),
            "{typed}"
        );
    }
    // Esc takes it back, again leaves the prompt.
    let mut screen = open("/ \"sta\" Tab");
    assert_eq!(prompt(screen.press("Esc")), "filter: sta");
    assert!(message(screen.press("Esc")).starts_with("filter: (none) "), "{}", message(&screen));
    let nothing = open("/ \"zzz\" Tab").text();
    assert!(nothing.ends_with("nothing that is there begins so\n"), "{nothing}");
    // In the middle of a line.
    assert_eq!(prompt(open("/ \"sta zz\" Left Left Left Tab").press("\"e\"")), "filter: state:e zz");
}

#[test]
fn where_only_local_sockets_match_the_key_that_shows_them_is_told() {
    let mut screen = open("/ \"dbus\" Enter");
    let place = |screen: &Screen| screen.text().lines().nth(5).unwrap().to_owned();
    let none = "no socket matches the filter but 1 local one: x shows it, Esc clears it";
    assert_eq!(place(&screen), none);
    assert_eq!(pids(screen.press("x")), ["602"]);
    assert_eq!(place(screen.press("x")), none);
    assert_eq!(place(screen.press("/ \"zz\" Enter")), "no socket matches the filter: Esc clears it");
}

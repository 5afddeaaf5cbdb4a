//! Copying and writing: what is offered, what is taken, what is in it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use sockeye::app::{Clip, Document, Effect, Options};
use sockeye::run::export;

use super::alerts::{found, relayed};
use super::{busy, later, many};
use crate::support::alerts::judged;
use crate::support::screen::{Screen, analyses};

fn open(keys: &str) -> Screen {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&[judged(&analyses(&[relayed().build()])[0], found)]).press(keys);
    screen
}

/// The message line.
fn message(screen: &Screen) -> String {
    screen.text().lines().nth(22).unwrap().to_owned()
}

#[test]
fn the_menus_say_what_there_is() {
    insta::assert_snapshot!("copy_menu", open("c").text());
    insta::assert_snapshot!("write_menu", open("w").text());
}

#[test]
fn one_letter_or_enter_takes_a_line_and_nothing_happens_before() {
    let taken = |keys: &str| open(keys).effects;
    for keys in ["c", "w", "c Down Esc", "w Esc", "c Down Down"] {
        assert_eq!(taken(keys), [], "{keys}");
    }
    for (letter, _, clip) in Clip::MENU {
        assert_eq!(taken(&format!("c {letter}")), [Effect::Copy(clip)]);
        assert_eq!(taken(&format!("Enter Enter c {}", letter.to_lowercase())), [Effect::Copy(clip)]);
    }
    for (letter, _, document) in Document::MENU {
        assert_eq!(taken(&format!("w {letter}")), [Effect::Write(document)]);
        assert_eq!(taken(&format!("w {}", letter.to_lowercase())), [Effect::Write(document)]);
    }
    assert_eq!(taken("c Down Enter"), [Effect::Copy(Clip::Pid)]);
    assert_eq!(taken("w End Enter"), [Effect::Write(Document::TableCsv)]);
    assert_eq!(open("c E").text(), open("").text(), "the menu is shut");
}

#[test]
fn what_is_copied_is_whole_and_of_the_selected_row() {
    let screen = open("Down Down Up Up");
    let copied = |clip| export::clip(&screen.app, clip).unwrap();
    assert_eq!(copied(Clip::Remote), "203.0.113.80:443");
    assert_eq!(copied(Clip::Pid), "20131");
    insta::assert_snapshot!("copied_line", copied(Clip::Row));
    insta::assert_snapshot!("copied_commands", copied(Clip::Commands));
    insta::assert_snapshot!("copied_evidence", copied(Clip::Evidence));
    // Without an alert: the links that show who holds it.
    let screen = open("/ \"nginx listen\" Enter");
    assert_eq!(export::clip(&screen.app, Clip::Commands).unwrap(), "readlink /proc/1204/fd/6");
}

#[test]
fn what_a_socket_has_not_cannot_be_copied() {
    let mut screen = open("End c P");
    assert_eq!(message(&screen), "nothing to copy: this socket has no pid");
    assert_eq!(message(screen.press("c C")), "nothing to copy: this socket has no commands");
    assert_eq!(message(screen.press("/ \"listen\" Enter c R")), "nothing to copy: this socket has no remote");
    assert_eq!(message(screen.press("/ \" zzz\" Enter c")), "no socket is selected");
    assert_eq!(message(screen.press("w E")), "no socket is selected");
    assert_eq!(screen.effects, []);
    assert_eq!(screen.press("w T").effects, [Effect::Write(Document::TableText)]);
}

#[test]
fn a_socket_that_went_away_under_the_menu_is_not_mistaken_for_the_next() {
    let gone = |seconds| {
        let later = many(5).later(std::time::Duration::from_secs(seconds));
        later.adjust(|snapshot| snapshot.sockets.retain(|socket| socket.id.inode.0 != 5002)).build()
    };
    let series = analyses(&[many(5).build(), gone(2), gone(4), gone(6)]);
    for keys in ["c R", "c P", "w E", "w D"] {
        let (menu, choice) = keys.split_once(' ').unwrap();
        let mut screen = Screen::new((80, 24), Options::default());
        screen.receive(&series[..1]).press("Down Down").press(menu).receive(&series[1..]).press(choice);
        assert_eq!(message(&screen), "this socket is gone", "{keys}");
        assert_eq!(screen.effects, [], "{keys}");
    }
}

#[test]
fn what_terminals_copy_is_base64_and_not_too_long() {
    let sequence = |text: &str| export::osc52(text).map(|bytes| String::from_utf8(bytes).unwrap());
    // RFC 4648, section 10.
    for (text, base64) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
    ] {
        assert_eq!(sequence(text).unwrap(), format!("\x1b]52;c;{base64}\x07"));
    }
    assert_eq!(sequence("\u{3ff}\u{fff}~?>").unwrap(), "\x1b]52;c;z7/gv79+Pz4=\x07");
    assert_eq!(sequence(&"x".repeat(74_994)).unwrap().len(), 100_000);
    assert_eq!(sequence(&"x".repeat(74_995)), None);
}

#[test]
fn a_file_is_new_private_and_named_by_what_it_is_about() {
    let folder = tempfile::tempdir().unwrap();
    let screen = open("");
    let write = |document| export::write(folder.path(), &screen.app, document);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let name = write(Document::EvidenceText).unwrap();
    assert_eq!(name, "sockeye-bash-20130-19700101-140000.txt");
    assert_eq!(read(&name), export::clip(&screen.app, Clip::Evidence).unwrap());
    let mode = fs::metadata(folder.path().join(&name)).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let name = write(Document::EvidenceJson).unwrap();
    assert_eq!(name, "sockeye-bash-20130-19700101-140000.json");
    insta::assert_snapshot!("written_evidence", read(&name));
    let name = write(Document::TableText).unwrap();
    assert_eq!(name, "sockeye-web01-19700101-140000.txt");
    insta::assert_snapshot!("written_table", read(&name));
}

#[test]
fn what_is_there_is_never_written_over_nor_followed() {
    let folder = tempfile::tempdir().unwrap();
    let screen = open("");
    let victim = folder.path().join("victim");
    fs::write(&victim, "as it was").unwrap();
    let place = |name: &str| folder.path().join(name);
    symlink(&victim, place("sockeye-web01-19700101-140000.csv")).unwrap();
    symlink(place("nowhere"), place("sockeye-web01-19700101-140000-2.csv")).unwrap();
    fs::write(place("sockeye-web01-19700101-140000-3.csv"), "mine").unwrap();
    let name = export::write(folder.path(), &screen.app, Document::TableCsv).unwrap();
    assert_eq!(name, "sockeye-web01-19700101-140000-4.csv");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "as it was");
    assert_eq!(fs::read_to_string(place("sockeye-web01-19700101-140000-3.csv")).unwrap(), "mine");
    assert!(!place("nowhere").exists());
    let missing = export::write(&place("none"), &screen.app, Document::TableCsv).unwrap_err();
    assert_eq!(
        missing,
        "cannot create sockeye-web01-19700101-140000.csv: No such file or directory (os error 2)"
    );
    let empty = Screen::new((80, 24), Options::default());
    assert_eq!(
        export::write(folder.path(), &empty.app, Document::TableCsv).unwrap_err(),
        "nothing to write yet"
    );
}

#[test]
fn tables_for_programs_have_the_rows_of_batch_output_under_the_filter() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[busy().build()])).press("/ \"remote_port:443\" Enter");
    let write = |document| {
        let name = export::write(folder.path(), &screen.app, document).unwrap();
        fs::read_to_string(folder.path().join(name)).unwrap()
    };
    let rows: serde_json::Value = serde_json::from_str(&write(Document::TableJson)).unwrap();
    let fds: Vec<_> =
        rows.as_array().unwrap().iter().map(|row| (row["pid"].clone(), row["fd"].clone())).collect();
    let expected = [(20117, 0), (20117, 1), (20117, 2), (20117, 255), (20762, 12), (-1, -1)]
        .map(|(pid, fd)| (pid.into(), fd.into()));
    assert_eq!(fds, expected);
    let csv = write(Document::TableCsv);
    assert_eq!(csv.lines().count(), 7);
    assert!(csv.starts_with("pid,fd,socket,family,protocol,"), "{csv}");
}

/// Pid, descriptor and state of the rows of a table for programs.
fn rows_written(screen: &Screen) -> Vec<(i64, i64, String)> {
    let folder = tempfile::tempdir().unwrap();
    let name = export::write(folder.path(), &screen.app, Document::TableJson).unwrap();
    let rows: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join(name)).unwrap()).unwrap();
    let number = |row: &serde_json::Value, name: &str| row[name].as_i64().unwrap();
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| (number(row, "pid"), number(row, "fd"), row["state"].as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn what_has_closed_is_written_as_the_screen_shows_it() {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[busy().build(), later()]));
    let closed = (1311, 14, "CLOSED".to_owned());
    assert!(rows_written(&screen).contains(&closed));
    assert_eq!(rows_written(screen.press("H")), std::slice::from_ref(&closed));
    // Tagged in the history, or in the table; there whatever the filter.
    assert_eq!(rows_written(screen.press("T")), std::slice::from_ref(&closed));
    assert_eq!(rows_written(screen.press("H / \"nginx\" Enter")), std::slice::from_ref(&closed));
    let mut since = rows_written(screen.press("Esc Esc d"));
    since.sort();
    let different = [(1311, 14, "CLOSED"), (20762, 12, "ESTABLISHED"), (20800, 5, "ESTABLISHED")];
    assert_eq!(since, different.map(|(pid, fd, state)| (pid, fd, state.to_owned())));
}

#[test]
fn hostile_names_make_no_paths_and_no_commands() {
    let folder = tempfile::tempdir().unwrap();
    let host = busy()
        .process(666, 0, "/tmp/x", "x")
        .with(|process| process.comm = "../$(a)\x1b;\n\u{202e}".into())
        .tcp(1, &[3], sockeye::model::TcpState::Listen, "0.0.0.0:1", "0.0.0.0:0")
        .adjust(|snapshot| snapshot.host.name = "../we b;01".into());
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[host.build()])).press("/ \"666\" Enter");
    let write = |document| export::write(folder.path(), &screen.app, document).unwrap();
    assert_eq!(write(Document::TableText), "sockeye-.._we_b_01-19700101-140000.txt");
    assert_eq!(write(Document::EvidenceText), "sockeye-..___a__x1b__n_u_202e_-666-19700101-140000.txt");
    for clip in [Clip::Row, Clip::Evidence] {
        let text = export::clip(&screen.app, clip).unwrap();
        assert!(text.contains("../$(a)\\x1b;\\n\\u{202e}"), "{text}");
        assert!(
            text.chars().all(|shown| shown == '\n' || !shown.is_control() && shown != '\u{202e}'),
            "{text}"
        );
    }
}

#[test]
fn what_is_tagged_is_listed_copied_and_written_whatever_the_filter() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[busy().build()])).press("T T / \"nginx listen\" Enter T / \" zzz\" Enter");
    insta::assert_snapshot!("copy_tagged", screen.press("c").text());
    screen.press("P w");
    for text in ["Write a new file here: 3 tagged", " E  evidence of the tagged sockets"] {
        assert!(screen.text().contains(text), "{text}\n{}", screen.text());
    }
    screen.press("E");
    assert_eq!(screen.effects, [Effect::Copy(Clip::Pid), Effect::Write(Document::EvidenceText)]);
    let copied = |clip| export::clip(&screen.app, clip).unwrap();
    assert_eq!(copied(Clip::Pid), "20117\n20119\n1204");
    assert_eq!(copied(Clip::Remote), "203.0.113.80:443\n198.51.100.7:4444");
    let write = |document| {
        let name = export::write(folder.path(), &screen.app, document).unwrap();
        assert!(name.starts_with("sockeye-3-tagged-") || !document.is_evidence(), "{name}");
        fs::read_to_string(folder.path().join(name)).unwrap()
    };
    assert_eq!(write(Document::EvidenceText), copied(Clip::Evidence));
    assert_eq!(copied(Clip::Evidence).matches("sockeye 0.1.0  host web01").count(), 3);
    let evidence: serde_json::Value = serde_json::from_str(&write(Document::EvidenceJson)).unwrap();
    let inodes: Vec<_> =
        evidence.as_array().unwrap().iter().map(|one| one["socket"]["inode"].clone()).collect();
    assert_eq!(inodes, [35943, 35950, 9100]);
    assert_eq!(write(Document::TableText).lines().count(), 4, "titles and three rows");
    // A row for each owner and descriptor of the three.
    assert_eq!(write(Document::TableCsv).lines().count(), 1 + 4 + 1 + 2);
}

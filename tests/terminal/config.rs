//! What the real binary keeps in the config file, and when it rings.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

use tempfile::tempdir;
use vt100::MouseProtocolMode;

use super::{SOCKEYE, mouse, wait_for_screen};
use crate::support::proc_tree::ProcTree;
use crate::support::pty::{Pty, Running, tries};

/// A shell that calls out, once it is listed.
fn tree(listed: bool) -> ProcTree {
    let tree = ProcTree::new();
    tree.process(50).name(b"bash").link("exe", "/usr/bin/bash").socket(0, 70).socket(1, 70);
    if listed {
        list(&tree);
    }
    tree
}

fn list(tree: &ProcTree) {
    tree.table(
        "tcp",
        "   0: 0500000A:8466 507100CB:01BB 01 00000000:00000000 00:00000000 00000000     0        0 70 1 0000000000000000 20 4 30 10 -1\n",
    );
}

fn started(pty: &mut Pty, tree: &ProcTree, home: &Path, arguments: &[&str]) -> Running {
    let home = format!("XDG_CONFIG_HOME={}", home.to_str().unwrap());
    let usual = [&*home, SOCKEYE, "--proc", tree.path().to_str().unwrap(), "-d", "86400"];
    let running = pty.start("env", &[&usual, arguments].concat());
    wait_for_screen(pty);
    running
}

/// Waits until the file is as wanted; the notice about it is drawn before it is written.
fn wait_for_file(path: &Path, wanted: &str) {
    let is = || fs::read_to_string(path).is_ok_and(|text| text == wanted);
    tries("the file").take_while(|()| !is()).for_each(|()| std::thread::yield_now());
}

const MUTE: &str = "[[mute]]
rule = \"shell-outbound\"
exe = \"/usr/bin/bash\"
peer = \"203.0.113.80\"
parent = \"/usr/bin/program-1\"
reason = \"the drill\"
";

#[test]
fn a_mute_is_kept_in_the_config_file_and_taken_out_again() {
    let (tree, home) = (tree(true), tempdir().unwrap());
    let path = home.path().join("sockeye/config.toml");
    if rustix::process::geteuid().is_root() {
        chown(home.path(), Some(1000), Some(1000)).unwrap(); // as with sudo: it is a user's home
    }
    let mut pty = Pty::new(100, 24);
    let mut running = started(&mut pty, &tree, home.path(), &[]);
    pty.wait_for("1 alert");
    pty.send(b"ithe drill\r");
    pty.wait_for("no alerts");
    wait_for_file(&path, MUTE);
    let owner = fs::metadata(home.path()).unwrap().uid();
    let found = |path: &Path| fs::metadata(path).map(|found| (found.mode() & 0o777, found.uid())).unwrap();
    assert_eq!(found(&path), (0o600, owner));
    assert_eq!(found(path.parent().unwrap()), (0o700, owner));
    pty.send(b"q");
    pty.ended(&mut running);
    // It holds for the next one, and in a file of the user's own by way of a link.
    let dotfiles = home.path().join("dotfiles.toml");
    fs::write(&dotfiles, format!("# mine\nbell = true\n\n{MUTE}")).unwrap();
    fs::set_permissions(&dotfiles, fs::Permissions::from_mode(0o640)).unwrap();
    chown(&dotfiles, Some(owner), None).unwrap();
    fs::remove_file(&path).unwrap();
    symlink("../dotfiles.toml", &path).unwrap();
    let mut pty = Pty::new(100, 24);
    let _running = started(&mut pty, &tree, home.path(), &[]);
    pty.wait_for("no alerts");
    pty.send(b"i");
    pty.wait_for("1 alert");
    wait_for_file(&dotfiles, "# mine\nbell = true\n");
    assert_eq!(found(&dotfiles), (0o640, owner));
    assert!(path.is_symlink());
    let names: Vec<_> =
        fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["config.toml"], "nothing else is left");
}

#[test]
fn a_mute_that_cannot_be_kept_holds_until_the_end() {
    let (tree, home) = (tree(true), tempdir().unwrap());
    let path = home.path().join("link.toml");
    symlink("nowhere.toml", &path).unwrap();
    fs::create_dir(home.path().join("sockeye")).unwrap();
    symlink(&path, home.path().join("sockeye/config.toml")).unwrap();
    let mut pty = Pty::new(160, 24);
    let _running = started(&mut pty, &tree, home.path(), &[]);
    pty.wait_for("1 alert");
    pty.send(b"ithe drill\r");
    pty.wait_for("config.toml: it is a link to nothing");
    pty.wait_for("no alerts");
    assert!(!home.path().join("nowhere.toml").exists());
}

#[test]
fn a_mute_that_cannot_be_taken_out_of_the_file_is_off_until_the_end() {
    let (tree, home) = (tree(true), tempdir().unwrap());
    let path = home.path().join("sockeye/config.toml");
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::write(&path, MUTE).unwrap();
    let mut pty = Pty::new(160, 24);
    let _running = started(&mut pty, &tree, home.path(), &[]);
    pty.wait_for("no alerts");
    fs::remove_file(&path).unwrap();
    symlink("nowhere.toml", &path).unwrap();
    pty.send(b"i");
    pty.wait_for("not muted until sockeye ends: ");
    pty.wait_for("config.toml: it is a link to nothing");
    pty.wait_for("1 alert");
}

#[test]
fn a_config_that_is_wrong_is_said_on_the_screen_and_never_written() {
    let (tree, home) = (tree(true), tempdir().unwrap());
    let path = home.path().join("sockeye/config.toml");
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::write(&path, "bell = yes\n").unwrap();
    let mut pty = Pty::new(160, 24);
    let _running = started(&mut pty, &tree, home.path(), &[]);
    pty.wait_for("config.toml:1:8: ");
    pty.send(b"ithe drill\r");
    pty.wait_for("muted until sockeye ends: ");
    // It is there again after other messages, until it is put away.
    pty.send(b"j");
    pty.wait_for("config.toml:1:8: ");
    pty.send(b"\x1b");
    pty.wait_for("filter: (none)");
    assert_eq!(fs::read_to_string(&path).unwrap(), "bell = yes\n");
}

#[test]
fn a_new_alert_rings_where_that_was_asked_for() {
    for (arguments, rings) in [(&["--bell"][..], 1), (&[], 0)] {
        let (tree, home) = (tree(false), tempdir().unwrap());
        let mut pty = Pty::new(100, 24);
        let _running = started(&mut pty, &tree, home.path(), arguments);
        pty.wait_for("no alerts");
        list(&tree);
        pty.send(b"r");
        pty.wait_for("1 alert");
        pty.send(b"?");
        pty.wait_for("Help");
        assert_eq!(pty.written.split(|byte| *byte == 7).count() - 1, rings);
    }
}

#[test]
fn a_choice_of_columns_is_kept_and_without_a_file_holds_until_the_end() {
    let (tree, home) = (tree(true), tempdir().unwrap());
    let path = home.path().join("sockeye/config.toml");
    let mut pty = Pty::new(120, 24);
    let mut running = started(&mut pty, &tree, home.path(), &[]);
    pty.send(b"CG  \x1b[H \r"); // the last on and off, the first off
    pty.wait_for("columns kept in ");
    wait_for_file(
        &path,
        "columns = [\"pid\", \"user@100\", \"command\", \"fd@100\", \"proto\", \"state\", \"queues@160\", \"local\", \"remote\", \"age\", \"rtt@180\", \"netns@140\", \"unit@180\", \"cwd@160\", \"cmdline@120\"]\n",
    );
    pty.wait("no marks", |screen| !screen.contents().contains("\n!!      50"));
    pty.send(b"q");
    pty.ended(&mut running);
    let mut pty = Pty::new(120, 24);
    let _running = started(&mut pty, &tree, home.path(), &[]);
    pty.wait("no marks", |screen| {
        screen.contents().contains("bash") && !screen.contents().contains("\n!!      50")
    });
    fs::remove_file(&path).unwrap();
    symlink("nowhere.toml", &path).unwrap();
    pty.send(b"Cu\r");
    pty.wait_for("columns until sockeye ends: ");
    pty.wait_for("\n!!      50");
}

#[test]
fn the_screen_is_as_the_file_says_but_for_what_was_typed() {
    let (tree, home) = (tree(true), tempdir().unwrap());
    let path = home.path().join("sockeye/config.toml");
    fs::create_dir(path.parent().unwrap()).unwrap();
    let text = "theme = \"light\"\ninterval = 77\nsort = \"-pid\"\ncolumns = [\"pid\", \"inode\"]\n\
        [keys]\nhelp = \"F1\"\nfilter = \"?\"\n";
    fs::write(&path, text).unwrap();
    let typed = ["--theme", "mono", "-d", "55", "--sort", "fd", "--columns", "fd,tty"];
    for (arguments, colour, wanted) in [
        (&[][..], true, ["every 77s", "sort: pid, descending", "PIDv  INODE"]),
        (&typed, false, ["every 55s", "sort: fd", "F^ TTY"]),
    ] {
        let mut pty = Pty::new(100, 24);
        let home = format!("XDG_CONFIG_HOME={}", home.path().to_str().unwrap());
        let usual = [&*home, "NO_COLOR=1", SOCKEYE, "--proc", tree.path().to_str().unwrap()];
        let _running = pty.start("env", &[&usual, arguments].concat());
        wanted.into_iter().chain(["F1 help"]).for_each(|text| pty.wait_for(text));
        pty.send(b"?50");
        pty.wait_for("filter: 50");
        let has_colour = pty.written.windows(5).any(|bytes| bytes == b"38;2;");
        assert_eq!(has_colour, colour, "{arguments:?}");
    }
}

#[test]
fn the_mouse_is_taken_unless_the_file_says_otherwise() {
    let (tree, home) = (tree(true), tempdir().unwrap());
    let path = home.path().join("sockeye/config.toml");
    fs::create_dir(path.parent().unwrap()).unwrap();
    for taken in [true, false] {
        fs::write(&path, format!("mouse = {taken}\n")).unwrap();
        let mut pty = Pty::new(100, 24);
        let _running = started(&mut pty, &tree, home.path(), &[]);
        assert_eq!(mouse(&pty).0 != MouseProtocolMode::None, taken);
    }
    let mut pty = Pty::new(100, 24);
    fs::remove_file(&path).unwrap();
    let _running = started(&mut pty, &tree, home.path(), &[]);
    // The button pressed and let go on the fifth line, twice: column and line count from 1.
    pty.send("\x1b[<0;12;5M\x1b[<0;12;5m".repeat(2).as_bytes());
    pty.wait_for("Enter full screen");
}

//! The config file: where it is looked for, what it changes, what is wrong with one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::{TempDir, tempdir};

use super::{Outcome, at, command, host, look, sockeye};
use crate::support::skip;

/// A folder with a config file in it.
fn config(text: &str) -> (TempDir, String) {
    let dir = tempdir().unwrap();
    let path = dir.path().join("sockeye/config.toml");
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (dir, path)
}

/// With folders of the user's own, and no other.
fn with_home(home: Option<&Path>, xdg: Option<&Path>, arguments: &[&str]) -> Outcome {
    let mut command = command(arguments);
    command.env_remove("HOME").env_remove("XDG_CONFIG_HOME");
    command.envs(home.map(|path| ("HOME", path))).envs(xdg.map(|path| ("XDG_CONFIG_HOME", path)));
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The text in a file that was asked for, and what is said of it behind `--config FILE`.
fn said(text: &str) -> String {
    let (_dir, path) = config(text);
    let (code, stdout, stderr) = sockeye(&["--once", "--config", &path]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
    let said = stderr.strip_prefix(&format!("sockeye: --config {path}"));
    said.unwrap_or_else(|| panic!("{stderr}")).to_owned()
}

#[test]
fn a_wrong_config_names_the_place_and_shows_it() {
    insta::assert_snapshot!("unknown_key", said("# mine\nshels = [\"mysh\"]\n"));
    insta::assert_snapshot!("wrong_type", said("shells = \"mysh\"\n"));
    insta::assert_snapshot!("wrong_value", said("shells = [\"mysh\", \"/bin/mysh\"]\n"));
    insta::assert_snapshot!("no_toml", said("bell = yes\n"));
    insta::assert_snapshot!("wrong_collector", said("bell = true\ncollector = \"netlink\"\n"));
    insta::assert_snapshot!("wrong_peer", said("[[mute]]\nreason = \"x\"\npeer = \"192.0.2.0/33\"\n"));
    insta::assert_snapshot!("no_reason", said("[[mute]]\nrule = \"shell-outbound\"\n"));
    insta::assert_snapshot!("mute_of_all", said("[[mute]]\nreason = \"all\"\n"));
    insta::assert_snapshot!("mute_of_nothing", said("[[mute]]\nexe = \"*\"\nreason = \"all\"\n"));
    insta::assert_snapshot!("allow_of_all", said("bell = true\n\n[[allow]]\n"));
    insta::assert_snapshot!("unknown_key_of_allow", said("[[allow]]\nusr = \"alice\"\n"));
    insta::assert_snapshot!(
        "hostile",
        said(&format!("  x{} = \"\u{1b}[31m\u{9b}\" # {}", "y".repeat(10), "z".repeat(300)))
    );
    assert_eq!(said("a = \"\u{0}\"").lines().count(), 3);
}

#[test]
fn the_default_config_is_printed_and_taken_as_it_is() {
    let (code, text, stderr) = sockeye(&["--print-config"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_eq!(text, sockeye::config::file::default_config());
    let (_dir, path) = config(&text);
    assert_eq!(sockeye(&["--list-columns", "--config", &path]), sockeye(&["--list-columns"]));
}

/// Scripts go on to get what they got, whatever their user likes to look at.
#[test]
fn what_the_config_says_of_the_screen_changes_nothing_that_is_printed() {
    let tree = host();
    let screen = "columns = [\"pid\"]\nsort = \"-pid\"\ninterval = 86400\nnames = true\ntheme = \"dark\"\n";
    let (_dir, path) = config(screen);
    for format in ["table", "osquery"] {
        let usual = look(&tree, &["-o", format]);
        assert_eq!(look(&tree, &["-o", format, "--config", &path]), usual, "{format}");
    }
}

#[test]
fn a_config_that_cannot_be_read_is_named() {
    assert_eq!(
        sockeye(&["--once", "--config", "/nowhere/c.toml"]),
        (Some(2), String::new(), "sockeye: --config /nowhere/c.toml: no such file\n".to_owned())
    );
    let (dir, path) = config(&"# long\n".repeat(160_000));
    let line = format!("sockeye: --config {path}: it is larger than 1 MiB\n");
    assert_eq!(sockeye(&["--once", "--config", &path]), (Some(2), String::new(), line));
    let folder = dir.path().to_str().unwrap();
    let line = format!("sockeye: --config {folder}: Is a directory\n");
    assert_eq!(sockeye(&["--once", "--config", folder]), (Some(2), String::new(), line));
    fs::write(&path, b"bell = \"\xff\"").unwrap();
    let line = format!("sockeye: --config {path}: it is not UTF-8\n");
    assert_eq!(sockeye(&["--once", "--config", &path]), (Some(2), String::new(), line));
}

#[test]
fn the_users_own_config_is_read_and_what_is_wrong_with_it_is_no_failure() {
    let tree = host();
    tree.process(50).link("exe", "/opt/mysh-2");
    let arguments = at(&tree, &["-p", "50", "--columns", "alert", "-o", "csv", "fd:0"]);
    let is_alert = |stdout: &str| stdout.starts_with("alert\n\"high shell-outbound: mysh-2 (50)");
    let is_no_shell = |stdout: &str| stdout.starts_with("alert\nmedium stdio-outbound: program-50 (50)");
    let (dir, path) = config("shells = [\"mysh\"]\n");
    let (code, stdout, stderr) = with_home(None, Some(dir.path()), &arguments);
    assert_eq!((code, is_alert(&stdout), stderr.as_str()), (Some(0), true, ""), "{stdout}");
    // Through a link, from the home, and not from a relative folder.
    let home = tempdir().unwrap();
    fs::create_dir_all(home.path().join(".config/sockeye")).unwrap();
    std::os::unix::fs::symlink(&path, home.path().join(".config/sockeye/config.toml")).unwrap();
    let (_, stdout, _) = with_home(Some(home.path()), Some(Path::new("x")), &arguments);
    assert!(is_alert(&stdout), "{stdout}");
    for none in [None, Some(tempdir().unwrap().path())] {
        let (code, stdout, stderr) = with_home(none, None, &arguments);
        assert_eq!((code, is_no_shell(&stdout), stderr.as_str()), (Some(0), true, ""), "{stdout}");
    }
    fs::write(&path, "shells = [\"mysh\"]\nbel = true\n").unwrap();
    let (code, stdout, stderr) = with_home(Some(home.path()), None, &arguments);
    assert_eq!((code, is_no_shell(&stdout)), (Some(0), true), "{stdout}{stderr}");
    let file = home.path().join(".config/sockeye/config.toml");
    let stderr = stderr.strip_prefix(&format!("sockeye: {}", file.to_str().unwrap())).unwrap();
    insta::assert_snapshot!("own_config", stderr);
}

#[test]
fn what_is_typed_counts_more_than_the_config() {
    let (_dir, path) = config("collector = \"text\"\n");
    let (code, _, stderr) = sockeye(&["--once", "--config", &path, "--collector", "netlink"]);
    assert_eq!(
        (code, stderr.as_str()),
        (Some(2), "sockeye: --collector takes auto, bpf, diag or text, not \"netlink\"\n")
    );
}

/// With capabilities of its file, as README tells to grant them, it must not read for the user what the user may not.
#[test]
fn a_config_is_read_with_the_rights_of_the_user_alone() {
    let (_dir, path) = config("secret = \"of root\"\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let read = |program: &[&str]| {
        let mut command = std::process::Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        command
            .args(["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"])
            .args(program)
            .output()
    };
    if !read(&["cat", &path]).is_ok_and(|output| output.status.success()) {
        skip("no root to become another user with one capability");
        return;
    }
    let output = read(&[env!("CARGO_BIN_EXE_sockeye"), "--once", "--config", &path]).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let line = format!("sockeye: --config {path}: Permission denied\n");
    assert_eq!((output.status.code(), stderr), (Some(2), line));
}

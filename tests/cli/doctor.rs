//! `--doctor`: what can be read, seen and done, tried by the real binary.

use std::fs;
use std::process::Command;

use super::{at, command, host, sockeye};
use crate::support::proc_tree::ProcTree;
use crate::support::skip;

/// Exit status, and what it prints with the times left out.
fn examined(tree: &ProcTree, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = command(&at(tree, arguments));
    let output = command.env_remove("TERM").env("LC_ALL", "C").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), without_times(&text))
}

fn without_times(text: &str) -> String {
    let line = |line: &str| match line
        .split_once(" ms")
        .and_then(|(start, rest)| Some((start.rsplit_once(' ')?.0, rest)))
    {
        Some((start, rest)) => format!("{start} N ms{rest}\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// The lines below a title.
fn section<'t>(text: &'t str, title: &str) -> Vec<&'t str> {
    let lines = text.lines().skip_while(|line| *line != title).skip(1);
    lines.take_while(|line| line.starts_with(' ')).collect()
}

#[test]
fn each_thing_is_tried_and_what_lacks_has_what_mends_it() {
    let tree = host();
    let (code, text) = examined(&tree, &["--doctor", "--read-only"]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(text);
    // The same, but a failure.
    let output = command(&at(&tree, &["--doctor", "--require-full"])).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "sockeye: the view is partial, which --require-full does not allow\n"
    );
}

#[test]
fn the_config_file_is_looked_at() {
    let tree = host();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sockeye")).unwrap();
    let path = folder.path().join("sockeye/config.toml");
    let config = |text: Option<&str>| {
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
        }
        let mut command = command(&at(&tree, &["--doctor"]));
        let output = command.env("XDG_CONFIG_HOME", folder.path()).output().unwrap();
        assert_eq!(output.stderr, b"", "it is on stdout alone");
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text.lines().skip_while(|line| !line.contains("  config  "));
        let lines: Vec<_> = lines.take_while(|line| !line.contains("  terminal  ")).collect();
        lines.join("\n").replace(path.to_str().unwrap(), "FILE")
    };
    let nowhere =
        command(&at(&tree, &["--doctor"])).env_remove("XDG_CONFIG_HOME").env_remove("HOME").output();
    let nowhere = String::from_utf8(nowhere.unwrap().stdout).unwrap();
    assert_eq!(
        section(&nowhere, "showing")[..2],
        ["  --  config      no place for a file", "                  set HOME, or --config"]
    );
    assert_eq!(config(None), "  ok  config      none: FILE would be read");
    assert_eq!(config(Some("bell = true")), "  ok  config      FILE");
    assert_eq!(
        config(Some("bell = 3")),
        "  --  config      FILE:1:8: invalid type: integer `3`, expected a boolean\n                  the defaults hold until it is mended"
    );
}

#[test]
fn what_acts_is_tried_with_the_rights_that_there_are() {
    let closing = |command: &mut Command| {
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        section(&text, "acting").iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()
    };
    let signals = "  ok  signals     to exactly the process that is shown, by pidfd";
    let not = [
        signals,
        "  --  closing     no socket can be closed: not permitted: it takes cap_net_admin (other namespaces: cap_sys_admin too)",
        "                  run as root, or grant cap_net_admin; a kernel with CONFIG_INET_DIAG_DESTROY",
    ];
    if !rustix::process::geteuid().is_root() {
        assert_eq!(closing(&mut command(&["--doctor"])), not);
        return skip("not root: what root may is not tried");
    }
    assert_eq!(
        closing(&mut command(&["--doctor"])),
        [signals, "  ok  closing     of one socket, by SOCK_DESTROY"]
    );
    let program = command(&[]).get_program().to_owned();
    let mut without = Command::new("setpriv");
    without.args(["--bounding-set", "-net_admin", "--inh-caps", "-net_admin"]).arg(program).arg("--doctor");
    assert_eq!(closing(&mut without), not);
}

#[test]
fn it_goes_with_no_other_kind_of_output() {
    for other in [&["--once"][..], &["-n", "2"], &["-o", "json"], &["--check"], &["--list-columns"]] {
        let (code, stdout, stderr) = sockeye(&[&["--doctor"], other].concat());
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{other:?}");
        assert!(stderr.contains("cannot be used with"), "{stderr}");
    }
}

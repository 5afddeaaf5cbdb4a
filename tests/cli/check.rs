//! `--check`: alerts alone, and the exit status that tells of them.

use std::fs;

use serde_json::{Value, json};

use super::{at, host, look, sockeye};
use crate::support::proc_tree::ProcTree;

/// The host with one more shell, whose connection is to this machine itself.
fn two_shells() -> ProcTree {
    let tree = host();
    tree.process(51).name(b"sh").link("exe", "/usr/bin/dash").socket(5, 71);
    tree.table(
        "tcp",
        "   0: 0500000A:8466 507100CB:01BB 01 00000000:00000000 00:00000000 00000000     0        0 70 1 0000000000000000 20 4 30 10 -1\n\
         \u{20}  1: 0100007F:8467 0100007F:22B8 01 00000000:00000000 00:00000000 00000000     0        0 71 1 0000000000000000 20 4 30 10 -1\n",
    );
    tree
}

/// Exit status and stdout, with this config, where nothing is said on stderr.
fn checked(tree: &ProcTree, config: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c.toml");
    fs::write(&path, config).unwrap();
    let usual = ["--check", "--config", path.to_str().unwrap()];
    let (code, stdout, stderr) = look(tree, &[&usual, arguments].concat());
    assert_eq!(stderr, "", "{arguments:?}");
    (code, stdout)
}

#[test]
fn check_shows_each_alert_of_the_level_once_and_counts_the_others() {
    let (code, stdout) = checked(&two_shells(), "", &[]);
    assert_eq!(code, Some(3));
    insta::assert_snapshot!(stdout);
}

#[test]
fn the_exit_status_tells_of_alerts_that_count() {
    let tree = two_shells();
    let status = |config: &str, arguments: &[&str]| {
        let (code, stdout) = checked(&tree, config, arguments);
        (code.unwrap(), stdout.lines().last().unwrap_or_default().to_owned())
    };
    let line = |line: &str| line.to_owned();
    assert_eq!(status("", &["--level", "high"]).0, 3);
    assert_eq!(status("", &["--level", "low"]), (3, line("")));
    assert_eq!(status("", &["pid:51"]), (0, line("no alert at or above medium; not listed: 1 below medium")));
    assert_eq!(status("", &["pid:51", "--level", "low"]), (3, line("")));
    assert_eq!(status("", &["pid:60"]), (0, line("no alerts")));
    let mute = "[[mute]]\nexe = \"/usr/bin/bash\"\nreason = \"known\"\n";
    let rest = line("no alert at or above medium; not listed: 1 below medium, 1 muted");
    assert_eq!(status(mute, &[]), (0, rest));
    let rest = line("no alert at or above low; not listed: 1 muted");
    assert_eq!(status(mute, &["pid:50", "--level", "low"]), (0, rest));
    let allow = "[[allow]]\npeer = \"203.0.113.0/24\"\n";
    assert_eq!(status(allow, &[]), (0, line("no alert at or above medium; not listed: 2 below medium")));
    assert_eq!(status(allow, &["-o", "jsonl"]).0, 0);
}

#[test]
fn an_alert_is_an_object_with_its_process_and_its_connection() {
    let tree = two_shells();
    let (code, stdout) = checked(&tree, "", &["-o", "json"]);
    let alerts: Value = serde_json::from_str(&stdout).unwrap();
    let levels: Vec<_> = alerts.as_array().unwrap().iter().map(|alert| alert["level"].clone()).collect();
    assert_eq!((code, levels), (Some(3), vec![json!("high"), json!("low")]));
    let keys: Vec<&str> = alerts[0].as_object().unwrap().keys().map(String::as_str).collect();
    let mut wanted = vec![
        "rule",
        "level",
        "summary",
        "process",
        "connection",
        "chain",
        "pids",
        "evidence",
        "against",
        "commands",
        "muted",
    ];
    wanted.sort_unstable();
    assert_eq!(keys, wanted);
    let process = &alerts[0]["process"];
    assert_eq!(
        (&process["pid"], &process["start"], &process["name"], &process["cmdline"], &process["cwd"]),
        (&json!(50), &json!(1050), &json!("bash"), &json!("bash -i"), &json!("/"))
    );
    let connection = &alerts[0]["connection"];
    assert_eq!(
        (
            &connection["remote_address"],
            &connection["remote_port"],
            &connection["socket"],
            &connection["owners"]
        ),
        (
            &json!("203.0.113.80"),
            &json!(443),
            &json!(70),
            &json!([{"pid": 50, "fd": 0}, {"pid": 50, "fd": 1}])
        )
    );
    let (_, stdout) = checked(&tree, "", &["-o", "jsonl", "--level", "high", "pid:51"]);
    let alert: Value = serde_json::from_str(stdout.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&alert["level"], alert["taken_at"].is_string(), stdout.lines().count()),
        (&json!("low"), true, 1)
    );
    assert_eq!(checked(&tree, "", &["-o", "json", "pid:60"]), (Some(0), "[\n]\n".to_owned()));
}

#[test]
fn a_partial_view_is_a_failure_where_all_is_required() {
    let tree = two_shells();
    assert_eq!(checked(&tree, "", &["--require-full"]).0, Some(3));
    tree.table("udp", "garbage\n");
    let (code, stdout, stderr) = look(&tree, &["--check", "--require-full"]);
    let seen = "lines of tables (1, not of the form that proc(5) gives)";
    assert_eq!(code, Some(1));
    assert!(stdout.starts_with("HIGH shell-outbound"), "{stdout}");
    assert_eq!(
        stderr,
        format!(
            "sockeye: not seen: {seen}\nsockeye: the view is partial, which --require-full does not allow\n"
        )
    );
    assert_eq!(look(&tree, &["--once", "--require-full", "pid:60"]).0, Some(1));
    assert_eq!(look(&tree, &["--check"]).0, Some(3));
}

#[test]
fn what_cannot_be_looked_at_is_a_failure_and_no_answer() {
    let (code, stdout, _) = sockeye(&["--check", "--proc", "/nowhere"]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    let tree = two_shells();
    let arguments = at(&tree, &["--check", "--level", "low"]);
    let script = r#""$@" | head -c 1; exit "${PIPESTATUS[0]}""#;
    let mut command = std::process::Command::new("bash");
    command.args(["-c", script, "bash", env!("CARGO_BIN_EXE_sockeye")]).args(&arguments);
    let output = command.env("XDG_CONFIG_HOME", "/nowhere").output().unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(3), b"H".to_vec()), "a reader that has enough");
}

//! The real binary: arguments in; stdout, stderr and exit status out.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sockeye::table::COLUMNS;

use crate::support::proc_tree::ProcTree;
use crate::support::skip;

mod arguments;
mod check;
mod doctor;
mod file;
mod manual;

/// Exit status, stdout and stderr.
type Outcome = (Option<i32>, String, String);

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sockeye"));
    // What is in the home of who runs the tests does not count.
    command.args(arguments).stdin(Stdio::null()).env("XDG_CONFIG_HOME", "/nowhere");
    command
}

fn sockeye(arguments: &[&str]) -> Outcome {
    let output = command(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn at<'a>(tree: &'a ProcTree, arguments: &[&'a str]) -> Vec<&'a str> {
    [&["--proc", tree.path().to_str().unwrap()], arguments].concat()
}

/// Looks at a fake host.
fn look(tree: &ProcTree, arguments: &[&str]) -> Outcome {
    sockeye(&at(tree, arguments))
}

/// Like `look`, where all goes well and nothing is missing.
fn shown(tree: &ProcTree, arguments: &[&str]) -> String {
    let (code, stdout, stderr) = look(tree, arguments);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{arguments:?}");
    stdout
}

/// A remote shell, a server, a socket in TIME_WAIT and one of unix.
fn host() -> ProcTree {
    let tree = ProcTree::new();
    let shell = tree.process(50).name(b"bash").arguments(&[b"bash", b"-i"]).link("exe", "/usr/bin/bash");
    shell.socket(0, 70).socket(1, 70);
    tree.process(60).name(b"nginx").arguments(&[b"nginx: master"]).socket(6, 80).socket(7, 90);
    tree.table(
        "tcp",
        "   0: 0500000A:8466 507100CB:01BB 01 00000000:00000000 00:00000000 00000000     0        0 70 1 0000000000000000 20 4 30 10 -1\n\
         \u{20}  1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 80 1 0000000000000000 100 0 0 10 0\n\
         \u{20}  2: 0500000A:0050 070200C0:22B8 06 00000000:00000000 03:00000176 00000000     0        0 0 3 0000000000000000\n",
    );
    tree.table("unix", "0000000000000000: 00000002 00000000 00010000 0001 01    90 /run/nginx.sock\n");
    tree
}

const COLUMNS_SHOWN: &str = "pid,fd,process,proto,state,local,remote,alert";

#[test]
fn one_table_is_printed_where_stdout_is_no_terminal() {
    let table = "\
PID  FD  PROCESS  PROTO  STATE        LOCAL            REMOTE            ALERT
 50   0  bash     tcp    ESTABLISHED  10.0.0.5:33894   203.0.113.80:443  high shell-outbound
 50   1  bash     tcp    ESTABLISHED  10.0.0.5:33894   203.0.113.80:443  high shell-outbound
 60   6  nginx    tcp    LISTEN       0.0.0.0:80       -                 -
 60   7  nginx    unix   LISTEN       /run/nginx.sock  -                 -
  -   -  -        tcp    TIME_WAIT    10.0.0.5:80      192.0.2.7:8888    -
";
    let tree = host();
    assert_eq!(shown(&tree, &["--columns", COLUMNS_SHOWN, "--sort", "pid"]), table);
    assert_eq!(shown(&tree, &["--once", "-o", "table", "--columns", COLUMNS_SHOWN, "--sort", "pid"]), table);
}

/// The pid and fd of each row.
fn rows(tree: &ProcTree, arguments: &[&str]) -> Vec<(i64, i64)> {
    let usual = ["-o", "json", "--columns", "pid,fd", "--sort", "pid"];
    let rows: Vec<Value> = serde_json::from_str(&shown(tree, &[&usual, arguments].concat())).unwrap();
    rows.iter().map(|row| (row["pid"].as_i64().unwrap(), row["fd"].as_i64().unwrap())).collect()
}

#[test]
fn filters_pids_and_states_choose_rows_together() {
    let tree = host();
    let all = [(50, 0), (50, 1), (60, 6), (60, 7), (-1, -1)];
    assert_eq!(rows(&tree, &[]), all);
    assert_eq!(rows(&tree, &["nginx"]), [(60, 6), (60, 7)]);
    assert_eq!(rows(&tree, &["nginx", "proto:tcp"]), [(60, 6)]);
    assert_eq!(rows(&tree, &["not", "nginx", "not", "state:time-wait"]), [(50, 0), (50, 1)]);
    assert_eq!(rows(&tree, &["-p", "50"]), [(50, 0), (50, 1)]);
    assert_eq!(rows(&tree, &["-p", "-1,60"]), [(60, 6), (60, 7), (-1, -1)]);
    assert_eq!(rows(&tree, &["-s", "listen"]), [(60, 6), (60, 7)]);
    assert_eq!(rows(&tree, &["-p", "60", "--state", "estab,listen", "port:80"]), [(60, 6)]);
    assert_eq!(rows(&tree, &["--sort", "-pid"]), [(60, 6), (60, 7), (50, 0), (50, 1), (-1, -1)]);
}

#[test]
fn json_begins_with_the_columns_of_osquery_and_has_the_alert() {
    let out = shown(&host(), &["-o", "json", "--pid", "50", "fd:1"]);
    let rows: Vec<serde_json::Map<String, Value>> = serde_json::from_str(&out).unwrap();
    let row = &rows[0];
    let keys: Vec<usize> = COLUMNS
        .iter()
        .filter(|column| column.record)
        .map(|column| out.find(&format!("\"{}\":", column.name)).unwrap_or_else(|| panic!("{}", column.name)))
        .collect();
    assert!(keys.is_sorted(), "{out}");
    assert_eq!(rows.len(), 1);
    for (name, value) in [
        ("pid", json!(50)),
        ("fd", json!(1)),
        ("socket", json!(70)),
        ("family", json!(2)),
        ("protocol", json!(6)),
        ("remote_address", json!("203.0.113.80")),
        ("remote_port", json!(443)),
        ("state", json!("ESTABLISHED")),
        ("process", json!("bash")),
        ("direction", json!("outbound")),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
    let first = "bash (50) holds an ESTABLISHED outbound connection to 203.0.113.80:443 on fds 0 (stdin) and 1 (stdout)";
    assert_eq!(
        (&row["alert"]["rule"], &row["alert"]["level"], &row["alert"]["evidence"][0]["fact"]),
        (&json!("shell-outbound"), &json!("high"), &json!(first))
    );
}

#[test]
fn osquery_has_its_columns_and_strings_and_no_more() {
    let row = r#"[
  {"pid":"50","fd":"0","socket":"70","family":"2","protocol":"6","local_address":"10.0.0.5","remote_address":"203.0.113.80","local_port":"33894","remote_port":"443","path":"","state":"ESTABLISHED","net_namespace":"4026531840","cwd":"/","cmdline":"bash -i"}
]
"#;
    assert_eq!(shown(&host(), &["-o", "osquery", "pid:50", "fd:0"]), row);
}

#[test]
fn csv_has_a_header_and_the_columns_asked_for() {
    let rows = "pid,fd,remote_port,state\n50,0,443,ESTABLISHED\n50,1,443,ESTABLISHED\n";
    assert_eq!(shown(&host(), &["-o", "csv", "--columns", "pid,fd,remote_port,state", "-p50"]), rows);
}

#[test]
fn so_many_snapshots_are_printed() {
    let tree = host();
    let usual = ["-d", "0.1", "-p", "60", "--columns", "fd", "-o"];
    let count = |format, count| shown(&tree, &[&usual[..], &[format, "-n", count]].concat());
    assert_eq!(count("json", "3"), "[{\"fd\":6},{\"fd\":7}]\n".repeat(3));
    let lines = count("jsonl", "2");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["fd"].as_i64()).collect::<Vec<_>>(), [6, 7, 6, 7].map(Some));
    assert!(lines[0]["taken_at"].as_str() < lines[2]["taken_at"].as_str(), "{lines:?}");
    assert_eq!(count("csv", "2"), "fd\n6\n7\n6\n7\n");
    assert_eq!(count("table", "2"), "FD\n 6\n 7\n\nFD\n 6\n 7\n");
}

#[test]
fn an_executable_that_the_user_named_is_a_shell() {
    let tree = host();
    tree.process(50).link("exe", "/opt/mysh-2");
    let alerts = |more: &[&str]| {
        let usual = ["-p", "50", "--columns", "alert", "-o", "csv"];
        shown(&tree, &[&usual[..], more].concat()).lines().nth(1).unwrap().to_owned()
    };
    assert!(alerts(&["--shells", "other,mysh"]).contains("high"));
    assert!(!alerts(&[]).contains("high"));
}

#[test]
fn what_could_not_be_seen_is_one_line_on_stderr_once() {
    let tree = host();
    tree.table("udp", "garbage\nmore garbage\n");
    let line = "sockeye: not seen: lines of tables (2, not of the form that proc(5) gives)\n";
    let (code, stdout, stderr) = look(&tree, &["-n", "2", "-d", "0.1", "-o", "json", "no-such-thing"]);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), "[]\n[]\n", line));
}

#[test]
fn services_have_names_only_when_asked_for() {
    let tree = ProcTree::new();
    tree.process(60).socket(3, 80);
    let row = "   0: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 80 1 0 100 0 0 10 0\n";
    tree.table("tcp", row);
    let local = |more: &[&str]| shown(&tree, &[&["-o", "csv", "--columns", "local"], more].concat());
    assert_eq!(local(&[]), "local\n0.0.0.0:443\n");
    if std::fs::read_to_string("/etc/services").is_ok_and(|all| all.contains("https")) {
        assert_eq!(local(&["--names"]), "local\n0.0.0.0:https\n");
    } else {
        skip("/etc/services does not have https");
    }
}

#[test]
fn a_reader_that_has_enough_ends_it_quietly() {
    let tree = host();
    for arguments in [&["-n", "1000", "-d", "0.1"][..], &["--list-columns"], &["--help"]] {
        let mut child =
            command(&at(&tree, arguments)).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_full_disk_is_a_failure() {
    if !Path::new("/dev/full").exists() {
        skip("there is no /dev/full");
        return;
    }
    let tree = host();
    for arguments in [&["--once"][..], &["--list-columns"], &["--help"]] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command(&at(&tree, arguments)).stdout(full).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let line = "sockeye: write: No space left on device\n";
        assert_eq!((output.status.code(), stderr.as_str()), (Some(1), line), "{arguments:?}");
    }
}

#[test]
fn what_is_no_proc_file_system_is_said_at_once() {
    let empty = tempfile::tempdir().unwrap();
    let path = empty.path().to_str().unwrap();
    let said = |path: &str| sockeye(&["--once", "--proc", path]);
    assert_eq!(said(path), (Some(1), String::new(), format!("sockeye: {path} is not a proc file system\n")));
    let missing = format!("{path}/missing");
    let line = format!("sockeye: {missing} is not a proc file system: No such file or directory\n");
    assert_eq!(said(&missing), (Some(1), String::new(), line));
}

//! The real binary: arguments in; stdout, stderr and exit status out.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sockeye::table::COLUMNS;

use crate::support::proc_tree::ProcTree;

mod arguments;

/// Exit status, stdout and stderr.
type Outcome = (Option<i32>, String, String);

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sockeye"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn sockeye(arguments: &[&str]) -> Outcome {
    let output = command(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Looks at a fake host.
fn look(tree: &ProcTree, arguments: &[&str]) -> Outcome {
    sockeye(&[&["--proc", tree.path().to_str().unwrap()], arguments].concat())
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
    tree.process(50).name(b"bash").arguments(&[b"bash", b"-i"]).link("exe", "/usr/bin/bash").socket(0, 70);
    tree.process(50).name(b"bash").arguments(&[b"bash", b"-i"]).link("exe", "/usr/bin/bash").socket(1, 70);
    tree.process(60).name(b"nginx").arguments(&[b"nginx: master"]).socket(6, 80).socket(7, 90);
    tree.table(
        "tcp",
        "   0: 0500000A:8466 507100CB:01BB 01 00000000:00000000 00:00000000 00000000     0        0 70 1 0000000000000000 20 4 30 10 -1\n\
         \u{20}  1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 80 1 0000000000000000 100 0 0 10 0\n\
         \u{20}  2: 0500000A:0050 070200C0:22B8 06 00000000:00000000 03:00000176 00000000     0        0 0 3 0000000000000000\n",
    );
    tree.table("unix", "0000000000000000: 00000002 00000000 00010000 0001 01 90 /run/nginx.sock\n");
    tree
}

const COLUMNS_SHOWN: &str = "pid,fd,process,proto,state,local,remote,alert";

#[test]
fn one_table_is_printed_where_stdout_is_no_terminal() {
    let table = "\
PID  FD  PROCESS  PROTO  STATE        LOCAL            REMOTE            ALERT
 50   0  bash     tcp    ESTABLISHED  10.0.0.5:33894   203.0.113.80:443  high
 50   1  bash     tcp    ESTABLISHED  10.0.0.5:33894   203.0.113.80:443  high
 60   6  nginx    tcp    LISTEN       *:80             -                 -
 60   7  nginx    unix   LISTEN       /run/nginx.sock  -                 -
  -   -  -        tcp    TIME_WAIT    10.0.0.5:80      192.0.2.7:8888    -
";
    let tree = host();
    assert_eq!(shown(&tree, &["--columns", COLUMNS_SHOWN, "--sort", "pid"]), table);
    assert_eq!(shown(&tree, &["--once", "-o", "table", "--columns", COLUMNS_SHOWN, "--sort", "pid"]), table);
}

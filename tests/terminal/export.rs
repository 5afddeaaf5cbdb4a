//! What the real binary copies by way of the terminal, and writes.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::{fs, process};

use super::{Pty, started_by};
use crate::support::proc_tree::ProcTree;

#[test]
fn a_pid_goes_to_the_terminals_clipboard_and_evidence_into_a_new_file_here() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let pid = process::id();
    let mut pty = Pty::new(120, 30);
    let filter = format!("pid:{pid} lport:{}", listener.local_addr().unwrap().port());
    let script = format!("cd {} && exec env -u TMUX \"$0\" --delay 3600 {filter}", folder.path().display());
    let _running = started_by(&mut pty, &script);

    pty.send(b"cp");
    let said = format!("copied pid, {} bytes: the terminal must allow OSC 52", pid.to_string().len());
    pty.wait_for(&said);
    let written = String::from_utf8_lossy(&pty.written);
    let copied = written.split("\x1b]52;c;").nth(1).unwrap().split('\x07').next().unwrap();
    assert_eq!(copied, base64(&pid.to_string()));

    pty.send(b"we");
    pty.wait_for("wrote sockeye-");
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let text = fs::read_to_string(&files[0]).unwrap();
    assert!(text.contains(&format!("socket  tcp LISTEN  {address}\n")), "{text}");

    fs::remove_dir_all(&folder).unwrap();
    pty.send(b"wt");
    pty.wait_for("cannot create sockeye-");
}

fn base64(text: &str) -> String {
    let sequence = sockeye::run::export::osc52(text).unwrap();
    String::from_utf8_lossy(&sequence).trim_start_matches("\x1b]52;c;").trim_end_matches('\x07').to_owned()
}

/// A process with so many connections.
fn tree(count: u32) -> ProcTree {
    let tree = ProcTree::new();
    let mut process = tree.process(50);
    let mut table = String::new();
    for nth in 0..count {
        let (inode, port) = (1000 + nth, 0x8000 + nth);
        process = process.socket(nth, inode.into());
        writeln!(
            table,
            "{nth:4}: 0500000A:{port:04X} 507100CB:01BB 01 00000000:00000000 00:00000000 00000000     0        0 \
             {inode} 1 0000000000000000 20 4 30 10 -1"
        )
        .unwrap();
    }
    tree.table("tcp", &table);
    tree
}

/// The program in a folder, with this environment and these limits.
fn within(
    pty: &mut Pty,
    tree: &ProcTree,
    folder: &std::path::Path,
    before: &str,
) -> crate::support::pty::Running {
    let proc = tree.path().display();
    started_by(pty, &format!("cd {} && {before} \"$0\" --proc {proc} --delay 3600", folder.display()))
}

#[test]
fn what_is_too_long_to_copy_is_to_be_written() {
    let (tree, folder) = (tree(200), tempfile::tempdir().unwrap());
    let mut pty = Pty::new(120, 30);
    let _running = within(&mut pty, &tree, folder.path(), "exec env -u TMUX");
    pty.send("T".repeat(200).as_bytes());
    pty.wait_for(" 200 tagged ");
    pty.send(b"ce");
    pty.wait_for(" bytes are too many to copy; w writes");
    assert!(!pty.written.windows(5).any(|bytes| bytes == b"\x1b]52;"), "nothing is sent to the terminal");
}

#[test]
fn in_tmux_its_own_setting_is_named() {
    let (tree, folder) = (tree(1), tempfile::tempdir().unwrap());
    let mut pty = Pty::new(120, 30);
    let _running = within(&mut pty, &tree, folder.path(), "exec env TMUX=/tmp/x,1,0");
    pty.send(b"cp");
    pty.wait_for("copied pid, 2 bytes: tmux needs set-clipboard on");
}

#[test]
fn a_file_that_gets_no_room_is_said_to_be_incomplete() {
    let (tree, folder) = (tree(1), tempfile::tempdir().unwrap());
    let mut pty = Pty::new(120, 30);
    // Files may have no byte, and to write one is an error, not a signal.
    let _running = within(&mut pty, &tree, folder.path(), "trap '' XFSZ; ulimit -f 0; exec");
    pty.send(b"wt");
    pty.wait_for(" is not complete: File too large");
}

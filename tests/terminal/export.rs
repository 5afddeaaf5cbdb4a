//! What the real binary copies by way of the terminal, and writes.

use std::net::TcpListener;
use std::{fs, process};

use super::{Pty, started_by};

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

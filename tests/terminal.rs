//! The real binary on a real terminal: however it ends, the terminal is as it was before.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

mod config;

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};
use rustix::process::{Pid, Signal, kill_process};

use vt100::{MouseProtocolEncoding, MouseProtocolMode};

use crate::support::pty::{Modes, Pty, Running, code, tries};
use crate::support::skip;

mod act;
mod close;
mod export;
mod keystrokes;
mod rights;

const SOCKEYE: &str = env!("CARGO_BIN_EXE_sockeye");
const CTRL_C: &[u8] = b"\x03";
const CTRL_L: &[u8] = b"\x0c";
const CTRL_Z: &[u8] = b"\x1a";
const F10: &[u8] = b"\x1b[21~";

/// Waits for the whole first screen.
fn wait_for_screen(pty: &mut Pty) {
    pty.wait("the screen", |screen| screen.alternate_screen() && is_whole(&screen.contents()));
}

/// The header and the key hints, in 80 cells or more, and data between.
fn is_whole(screen: &str) -> bool {
    let mut lines = screen.lines();
    let header = lines.next().unwrap_or_default();
    header.starts_with("sockeye ") && header.contains(" LIVE ") && screen.trim_end().ends_with("? help")
}

fn started(pty: &mut Pty) -> Running {
    let running = pty.start(SOCKEYE, &[]);
    wait_for_screen(pty);
    running
}

/// Runs the words of a shell that leads the terminal's session and in which `"$0"` is the program.
fn started_by(pty: &mut Pty, script: &str) -> Running {
    let running = pty.lead("sh", &["-c", script, SOCKEYE]);
    wait_for_screen(pty);
    running
}

/// As `started_by`, with a shell that tells the status and stays: when it ends, the terminal is hung up, and what
/// was not read yet is thrown away.
fn started_under(pty: &mut Pty, script: &str) -> Running {
    started_by(pty, &format!("{script}; echo status=$?; exec sleep 1000"))
}

fn ended_under(pty: &mut Pty) -> String {
    pty.wait_for("status=");
    pty.screen().contents()
}

fn assert_as_found(pty: &Pty, modes: &Modes) {
    assert_eq!(&pty.modes(), modes);
    let screen = pty.screen();
    let shown = (screen.alternate_screen(), screen.hide_cursor(), screen.bracketed_paste());
    assert_eq!(shown, (false, false, false), "(alternate screen, cursor hidden, bracketed paste)");
    assert_eq!(mouse(pty), (MouseProtocolMode::None, MouseProtocolEncoding::Default));
}

/// Which of its events the terminal tells, and how.
fn mouse(pty: &Pty) -> (MouseProtocolMode, MouseProtocolEncoding) {
    (pty.screen().mouse_protocol_mode(), pty.screen().mouse_protocol_encoding())
}

const TAKEN: (MouseProtocolMode, MouseProtocolEncoding) =
    (MouseProtocolMode::PressRelease, MouseProtocolEncoding::Sgr);

#[test]
fn every_key_that_quits_leaves_the_terminal_as_found() {
    for key in [b"q", CTRL_C, F10] {
        let mut pty = Pty::new(80, 24);
        let modes = pty.modes();
        let mut running = started(&mut pty);
        assert_ne!(pty.modes(), modes);
        assert!(pty.screen().hide_cursor() && pty.screen().bracketed_paste());
        assert_eq!(mouse(&pty), TAKEN);
        pty.send(key);
        assert_eq!(code(pty.ended(&mut running)), 0, "{key:?}");
        assert_as_found(&pty, &modes);
        assert_eq!(pty.screen().contents(), "", "nothing is left on the screen");
    }
}

#[test]
fn a_deadly_signal_ends_it_with_its_number_and_leaves_the_terminal_as_found() {
    for (signal, status) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130), (Signal::QUIT, 131)]
    {
        let mut pty = Pty::new(80, 24);
        let modes = pty.modes();
        let mut running = started(&mut pty);
        running.signal(signal);
        assert_eq!(code(pty.ended(&mut running)), status);
        assert_as_found(&pty, &modes);
    }
}

/// It draws next in an hour: it must notice without.
const QUIETLY: [&str; 2] = ["--delay", "3600"];

#[test]
fn a_terminal_that_went_away_ends_it() {
    let mut pty = Pty::new(80, 24);
    let mut running = pty.lead(SOCKEYE, &QUIETLY);
    wait_for_screen(&mut pty);
    pty.hang_up();
    assert_eq!(code(running.ended()), 129);
}

#[test]
fn a_terminal_that_went_away_ends_it_though_it_ignores_sighup() {
    let mut pty = Pty::new(80, 24);
    let script = ["-c", "trap '' HUP; exec \"$0\" \"$@\"", SOCKEYE];
    let mut running = pty.lead("sh", &[&script[..], &QUIETLY].concat());
    wait_for_screen(&mut pty);
    pty.hang_up();
    assert_eq!(code(running.ended()), 129);
}

#[test]
fn a_terminal_that_went_away_ends_it_though_no_signal_comes() {
    let mut pty = Pty::new(80, 24);
    let mut running = pty.start(SOCKEYE, &QUIETLY);
    wait_for_screen(&mut pty);
    pty.hang_up();
    assert_eq!(code(running.ended()), 129);
}

/// A shell with job control that has the terminal.
fn shell(pty: &mut Pty) -> Running {
    let running = pty.lead("env", &["PS1=ready> ", "bash", "--norc", "--noprofile", "-i"]);
    wait_for_shell(pty);
    running
}

/// Waits for a prompt. What is typed before may be read by the program that has the terminal still.
fn wait_for_shell(pty: &mut Pty) {
    pty.wait("a prompt", |screen| {
        !screen.alternate_screen() && screen.contents().lines().last() == Some("ready> ")
    });
}

/// Has the shell run a command, and gives what the screen shows of it.
fn run(pty: &mut Pty, command: &str) -> String {
    pty.forget();
    pty.send(format!("{command}\n").as_bytes());
    wait_for_shell(pty);
    pty.screen().contents()
}

#[test]
fn it_stops_for_the_shell_and_comes_back_whole() {
    let mut pty = Pty::new(80, 24);
    let mut bash = shell(&mut pty);
    let modes = run(&mut pty, "stty -a");
    pty.send(format!("{SOCKEYE}\n").as_bytes());
    wait_for_screen(&mut pty);
    for _ in 0..2 {
        pty.send(CTRL_Z);
        wait_for_shell(&mut pty);
        assert!(pty.screen().contents().starts_with(modes.trim_end()), "the shell's screen is whole");
        assert!(!pty.screen().hide_cursor());
        assert_eq!(mouse(&pty).0, MouseProtocolMode::None);
        pty.send(b"fg\n");
        wait_for_screen(&mut pty);
        assert_eq!(mouse(&pty), TAKEN);
    }
    pty.send(b"q");
    wait_for_shell(&mut pty);
    assert_eq!(run(&mut pty, "echo status=$?"), "echo status=$?\nstatus=0\nready> ");
    assert_eq!(run(&mut pty, "stty -a"), modes);
    pty.send(b"exit\n");
    pty.ended(&mut bash);
}

#[test]
fn a_stop_signal_from_outside_is_as_the_key() {
    let mut pty = Pty::new(80, 24);
    let bash = shell(&mut pty);
    pty.send(format!("{SOCKEYE}\n").as_bytes());
    wait_for_screen(&mut pty);
    kill_process(child(&bash), Signal::TSTP).unwrap();
    wait_for_shell(&mut pty);
    assert!(pty.screen().contents().contains("Stopped"));
    // Keys for the shell while the program is on its way to the end must not stop it again. The shell says once
    // how it ended, before any of its prompts.
    let mut said = run(&mut pty, "kill %%");
    tries("its exit status").find(|()| {
        let done = said.contains("Exit 143");
        said = run(&mut pty, "jobs");
        done
    });
}

/// The first child of a process, of its main thread.
fn child(parent: &Running) -> Pid {
    let pid = parent.pid().as_raw_nonzero();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    Pid::from_raw(children.split(' ').next().unwrap().parse().unwrap()).unwrap()
}

#[test]
fn without_a_shell_it_does_not_stop_and_says_why() {
    let mut pty = Pty::new(80, 24);
    let modes = pty.modes();
    // As in `xterm -e sockeye` through a script: the shell has no job control, and nobody above it.
    let _shell = started_under(&mut pty, "\"$0\"");
    pty.send(CTRL_Z);
    pty.wait_for("not stopped: no shell would continue it");
    assert!(pty.screen().alternate_screen());
    pty.send(b"q");
    assert_eq!(ended_under(&mut pty), "status=0");
    assert_as_found(&pty, &modes);
}

#[test]
fn a_terminal_that_stopped_reading_holds_up_no_signal() {
    let mut pty = Pty::new(200, 50);
    let modes = pty.modes();
    let mut running = started(&mut pty);
    let mut asleep = 0;
    // Screens nobody reads, until the program cannot write the next one.
    while asleep < 20 {
        pty.send(CTRL_L);
        std::thread::sleep(Duration::from_millis(5));
        let blocked = in_tty_write(&running);
        asleep = if blocked { asleep + 1 } else { 0 };
    }
    running.signal(Signal::TERM);
    assert_eq!(code(running.ended()), 143);
    while pty.read(Duration::from_millis(100)) {}
    assert_as_found(&pty, &modes);
}

/// The main thread is in write(2) to stdout: `1 0x1 …` in `/proc/PID/syscall` on x86-64.
fn in_tty_write(running: &Running) -> bool {
    let pid = running.pid().as_raw_nonzero();
    let syscall = std::fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap();
    syscall.starts_with("1 0x1 ")
}

#[test]
fn keys_come_from_the_terminal_wherever_stdin_is() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    let _writer = fifo_held_open(&fifo);
    let from_fifo = format!("\"$0\" <{}", fifo.display());
    for script in ["\"$0\" </dev/null", "\"$0\" <&-", &from_fifo] {
        let mut pty = Pty::new(80, 24);
        let modes = pty.modes();
        let _shell = started_under(&mut pty, script);
        pty.send(b"q");
        assert_eq!(ended_under(&mut pty), "status=0", "{script}");
        assert_as_found(&pty, &modes);
    }
}

/// A pipe that never says anything and never ends.
fn fifo_held_open(path: &Path) -> OwnedFd {
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).unwrap()
}

#[test]
fn a_terminal_that_shows_no_screen_is_refused() {
    for (term, named) in
        [("TERM=dumb", "TERM is dumb"), ("TERM=", "TERM is not set"), ("-uTERM", "TERM is not set")]
    {
        let mut pty = Pty::new(80, 24);
        let mut running = pty.start("env", &[term, SOCKEYE]);
        assert_eq!(code(pty.ended(&mut running)), 1);
        let line = format!("sockeye: {named}, which names no terminal that can show a screen; use --once");
        assert_eq!(pty.screen().contents().replace('\n', ""), line);
        assert!(!pty.written.contains(&0x1b), "not even an attempt");
    }
}

/// Runs it with a bug in this place, which only a debug build has.
fn started_with_bug(pty: &mut Pty, place: &str) -> Option<Running> {
    if !cfg!(debug_assertions) {
        skip("a release has no bug to ask for");
        return None;
    }
    let running = pty.start("env", &[&format!("SOCKEYE_TEST_PANIC={place}"), SOCKEYE]);
    wait_for_screen(pty);
    Some(running)
}

#[test]
fn a_panic_of_the_main_thread_is_told_on_a_terminal_as_found() {
    let mut pty = Pty::new(80, 24);
    let modes = pty.modes();
    let Some(mut running) = started_with_bug(&mut pty, "main") else { return };
    pty.send(CTRL_L);
    assert_eq!(code(pty.ended(&mut running)), 101);
    assert_as_found(&pty, &modes);
    assert!(pty.screen().contents().contains("asked for in main"));
}

#[test]
fn a_panic_of_a_source_is_shown_and_it_starts_again() {
    let mut pty = Pty::new(80, 24);
    let modes = pty.modes();
    let Some(mut running) = started_with_bug(&mut pty, "source") else { return };
    pty.wait_for("asked for in source");
    assert!(pty.screen().alternate_screen() && pty.screen().contents().contains("RETRYING"));
    assert_ne!(pty.modes(), modes);
    wait_for_screen(&mut pty);
    pty.send(b"q");
    assert_eq!(code(pty.ended(&mut running)), 0);
    assert_as_found(&pty, &modes);
}

/// Parameters of the sequences that choose colours and attributes: `CSI … m`.
fn attributes(written: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(written);
    let sequences = text.split("\x1b[").skip(1);
    sequences
        .filter_map(|sequence| sequence.split_once(|end: char| end.is_ascii_alphabetic() || end == '~'))
        .zip(text.split("\x1b[").skip(1))
        .filter(|((parameters, _), whole)| whole.as_bytes().get(parameters.len()) == Some(&b'm'))
        .flat_map(|((parameters, _), _)| parameters.split(';').map(str::to_owned))
        .collect()
}

#[test]
fn no_color_gives_no_colour() {
    let mut pty = Pty::new(120, 30);
    let _coloured = started(&mut pty);
    let is_colour = |number: &String| matches!(number.parse(), Ok(30..=49_u8 | 90..=107));
    pty.send(b"?");
    pty.wait_for("Help");
    assert!(attributes(&pty.written).iter().any(is_colour), "with colours there are some");

    let mut pty = Pty::new(120, 30);
    let _plain = started_by(&mut pty, "NO_COLOR=1 exec \"$0\"");
    pty.send(b"?");
    pty.wait_for("Help");
    let colours: Vec<_> = attributes(&pty.written).into_iter().filter(is_colour).collect();
    assert_eq!(colours, Vec::<String>::new());
}

#[test]
fn any_size_is_survived() {
    let mut pty = Pty::new(80, 24);
    let modes = pty.modes();
    let _shell = started_under(&mut pty, "\"$0\"");
    for round in 0..200_u16 {
        pty.resize(1 + round * 37 % 220, 1 + round * 13 % 60);
        if round % 10 == 0 {
            pty.read(Duration::ZERO);
        }
    }
    pty.resize(1, 1);
    pty.read(Duration::from_millis(50));
    pty.resize(500, 200);
    pty.read(Duration::from_millis(50));
    pty.resize(80, 24);
    wait_for_screen(&mut pty);
    // crossterm may leave a key that came together with a new size until the next key comes.
    pty.send(b"qq");
    assert_eq!(ended_under(&mut pty), "status=0");
    assert_as_found(&pty, &modes);
}

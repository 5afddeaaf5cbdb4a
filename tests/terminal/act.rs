//! Signals to real processes, from the real screen.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

use super::{SOCKEYE, code, started_by, wait_for_screen};
use crate::support::proc_tree::ProcTree;
use crate::support::pty::{Pty, Running, tries};
use crate::support::skip;

mod recycled;

/// A listener, and children that hold connections to it.
struct Scene {
    listener: TcpListener,
    accepted: Vec<TcpStream>,
}

/// Ends with the test.
struct Cat(Child);

impl Drop for Cat {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Cat {
    fn pid(&self) -> u32 {
        self.0.id()
    }

    /// The signal that ended it.
    fn ended(&mut self) -> Option<i32> {
        self.0.wait().unwrap().signal()
    }

    fn lives(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Scene {
    fn new() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").unwrap(), accepted: Vec::new() }
    }

    fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    /// `cat`, which waits for input from a connection of its own, and ignores no signal, as it would below nohup(1).
    fn cat(&mut self) -> Cat {
        let client: OwnedFd = TcpStream::connect(self.listener.local_addr().unwrap()).unwrap().into();
        self.accepted.push(self.listener.accept().unwrap().0);
        let mut command = Command::new("env");
        command.args(["--default-signal", "cat"]).stdin(Stdio::from(client)).stdout(Stdio::null());
        let cat = Cat(command.spawn().unwrap());
        let comm = format!("/proc/{}/comm", cat.pid());
        tries("it is cat").take_while(|()| fs::read_to_string(&comm).unwrap() != "cat\n").for_each(drop);
        cat
    }
}

/// The table of these cats alone, the youngest first, often anew.
fn started(pty: &mut Pty, filter: &str, more: &[&str]) -> Running {
    let running = pty.start(SOCKEYE, &[&["--sort=-pid", filter][..], more].concat());
    wait_for_screen(pty);
    running
}

fn shown(pty: &mut Pty, count: usize) {
    pty.wait_for(&format!(" {count} of "));
}

#[test]
fn the_right_process_gets_the_signal_while_rows_reorder() {
    let mut scene = Scene::new();
    let (mut wanted, mut other) = (scene.cat(), scene.cat());
    let mut pty = Pty::new(80, 24);
    let filter = format!("remote_port={} cat", scene.port());
    let _running = started(&mut pty, &filter, &["--delay=0.2"]);
    shown(&mut pty, 2);
    let older = wanted.pid().min(other.pid());
    if older != wanted.pid() {
        std::mem::swap(&mut wanted, &mut other);
    }
    pty.send(b"G");
    pty.wait_for(&format!("── {older} cat ──"));
    pty.send(b"K");
    pty.wait_for(&format!("{older}  cat"));
    // One comes before it in the table, and the one there ends.
    let mut newer = scene.cat();
    shown(&mut pty, 3);
    other.0.kill().unwrap();
    other.0.wait().unwrap();
    pty.wait("the other is closed", |screen| screen.contents().contains(" 2 of "));
    pty.send(b"\r");
    pty.wait_for(&format!("TERM sent to {older} cat"));
    assert_eq!(wanted.ended(), Some(15));
    assert!(newer.lives());
}

#[test]
fn k_and_enter_at_once_hit_the_row_that_was_selected() {
    let mut scene = Scene::new();
    let mut cat = scene.cat();
    let mut pty = Pty::new(80, 24);
    let _running = started(&mut pty, &format!("pid:{}", cat.pid()), &["--delay=3600"]);
    pty.send(b"K\r");
    pty.wait_for(&format!("TERM sent to {} cat", cat.pid()));
    assert_eq!(cat.ended(), Some(15));
    // The next snapshot did not wait for the hour to end.
    pty.wait("it is closed", |screen| screen.contents().contains(" 0 of "));
}

#[test]
fn each_signal_is_the_one_that_was_chosen() {
    let mut scene = Scene::new();
    for (downs, number) in [(1, 9), (3, 1), (4, 2)] {
        let mut cat = scene.cat();
        let mut pty = Pty::new(80, 24);
        let _running = started(&mut pty, &format!("pid:{}", cat.pid()), &["--delay=3600"]);
        pty.send(format!("K{}\r", "j".repeat(downs)).as_bytes());
        assert_eq!(cat.ended(), Some(number));
    }
    let mut cat = scene.cat();
    let mut pty = Pty::new(80, 24);
    let _running = started(&mut pty, &format!("pid:{}", cat.pid()), &["--delay=3600"]);
    pty.send(b"Kjj\r");
    let stat = format!("/proc/{}/stat", cat.pid());
    tries("it is stopped")
        .take_while(|()| !fs::read_to_string(&stat).unwrap().contains(") T "))
        .for_each(drop);
    assert!(cat.lives());
}

#[test]
fn one_that_ends_while_the_dialog_is_open_is_told_at_once_and_gets_nothing() {
    let mut scene = Scene::new();
    let mut cat = scene.cat();
    let mut pty = Pty::new(80, 24);
    let _running = started(&mut pty, &format!("pid:{}", cat.pid()), &["--delay=3600"]);
    pty.send(b"K");
    pty.wait_for("ask it to end");
    cat.0.kill().unwrap();
    cat.0.wait().unwrap();
    pty.wait_for(&format!("{} ended by itself at ", cat.pid()));
    assert!(!pty.screen().contents().contains("TERM"));
    pty.send(b"\r");
    pty.wait_for("UTC. Nothing was sent.");
}

#[test]
fn several_that_are_tagged_get_it_after_the_list() {
    let mut scene = Scene::new();
    let mut cats = [scene.cat(), scene.cat(), scene.cat()];
    let mut pty = Pty::new(80, 24);
    let filter = format!("remote_port={} cat", scene.port());
    let _running = started(&mut pty, &filter, &["--delay=3600"]);
    shown(&mut pty, 3);
    cats.sort_by_key(|cat| std::cmp::Reverse(cat.pid()));
    pty.send(b"TTK");
    pty.wait_for("Kill: 2 processes");
    pty.send(b"\r\r");
    pty.wait_for("TERM sent to 2 processes");
    assert_eq!((cats[0].ended(), cats[1].ended()), (Some(15), Some(15)));
    assert!(cats[2].lives());
}

#[test]
fn sockeye_itself_gets_nothing() {
    let scene = Scene::new();
    let mut pty = Pty::new(80, 24);
    let port = scene.port();
    let script = format!("exec 3<>/dev/tcp/127.0.0.1/{port}; exec \"$0\" pid:$$ --delay 3600");
    let mut running = pty.lead("bash", &["-c", &script, SOCKEYE]);
    wait_for_screen(&mut pty);
    pty.send(b"K");
    pty.wait_for("is sockeye itself: q quits");
    pty.send(b"\r");
    pty.wait_for("Nothing was sent.");
    pty.send(b"q");
    assert_eq!(code(pty.ended(&mut running)), 0);
}

#[test]
fn who_sockeye_runs_below_is_warned_of() {
    let scene = Scene::new();
    let mut pty = Pty::new(80, 24);
    let port = scene.port();
    let script = format!("exec 3<>/dev/tcp/127.0.0.1/{port}; \"$0\" pid:$$ --delay 3600 3<&-");
    let _running = pty.lead("bash", &["-c", &script, SOCKEYE]);
    wait_for_screen(&mut pty);
    pty.send(b"K");
    pty.wait_for("sockeye runs below it");
    pty.wait_for("children sockeye(");
}

#[test]
fn what_another_proc_shows_is_left_alone() {
    let tree = ProcTree::new();
    tree.process(50).name(b"bash").link("exe", "/usr/bin/bash").socket(0, 70);
    tree.table(
        "tcp",
        "   0: 0500000A:8466 507100CB:01BB 01 00000000:00000000 00:00000000 00000000     0        0 70 1 0000000000000000 20 4 30 10 -1\n",
    );
    for key in [b"K", b"X"] {
        let mut pty = Pty::new(80, 24);
        let _running = pty.start(SOCKEYE, &["--proc", tree.path().to_str().unwrap(), "--delay=3600"]);
        wait_for_screen(&mut pty);
        pty.send(key);
        pty.wait_for("nothing is done to what another --proc shows");
    }
}

/// Runs the rest of its arguments where the kernel has no `pidfd_open(2)`, as before Linux 5.3.
const WITHOUT_PIDFD: &str = "
import ctypes, os, struct, sys
number, denied = 434, 0x00050000 | 38                      # __NR_pidfd_open; SECCOMP_RET_ERRNO | ENOSYS
code = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, denied), (0x06, 0, 0, 0x7fff0000)]
code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *line) for line in code))
program = ctypes.create_string_buffer(struct.pack('HxxxxxxP', 4, ctypes.addressof(code)))
prctl = ctypes.CDLL(None, use_errno=True).prctl
assert prctl(38, 1, 0, 0, 0) == 0 and prctl(22, 2, program, 0, 0) == 0   # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
os.execv(sys.argv[1], sys.argv[1:])
";

#[test]
fn a_kernel_without_pidfd_sends_nothing() {
    if !Command::new("python3").arg("--version").output().is_ok_and(|said| said.status.success()) {
        return skip("no python3");
    }
    let mut scene = Scene::new();
    let mut cat = scene.cat();
    let mut pty = Pty::new(80, 24);
    let filter = format!("pid:{}", cat.pid());
    let _running = pty.start("python3", &["-c", WITHOUT_PIDFD, SOCKEYE, &filter, "--delay=3600"]);
    wait_for_screen(&mut pty);
    pty.send(b"K");
    pty.wait_for("the kernel has no pidfd (Function not implemented");
    pty.send(b"\r");
    pty.wait_for("Nothing was sent.");
    assert!(cat.lives());
}

#[test]
fn read_only_does_nothing() {
    let mut scene = Scene::new();
    let mut cat = scene.cat();
    let config = tempfile::tempdir().unwrap();
    let file = config.path().join("config.toml");
    fs::write(&file, "read-only = true\n").unwrap();
    let filter = format!("pid:{}", cat.pid());
    for arguments in ["--read-only".to_owned(), format!("--config {}", file.display())] {
        let mut pty = Pty::new(80, 24);
        let _running = started_by(&mut pty, &format!("exec \"$0\" {filter} --delay 3600 {arguments}"));
        assert!(!pty.screen().contents().contains("K kill"));
        pty.send(b"K\rX\r");
        pty.send(b"?");
        pty.wait_for("Help");
        assert!(cat.lives());
    }
}

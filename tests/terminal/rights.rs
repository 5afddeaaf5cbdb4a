//! What sockeye does where its file brings rights (setuid, setcap), or who started it has few.

use std::fs::{self, Permissions};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use tempfile::{TempDir, tempdir};

use super::{SOCKEYE, wait_for_screen};
use crate::support::pty::Pty;
use crate::support::skip;

/// Nobody's rights, and none to get more but by the program's file.
const NOBODY: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

/// A copy of the program that anybody may run, and a process with a connection.
struct Stage {
    folder: TempDir,
    victim: Child,
    _ends: (TcpListener, TcpStream),
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.victim.kill().ok();
        self.victim.wait().ok();
    }
}

impl Stage {
    /// The victim is root's, or nobody's own.
    fn new(victim: &[&str]) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            skip("other users' processes need root");
            return None;
        }
        let folder = tempdir().unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        fs::copy(SOCKEYE, folder.path().join("sockeye")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client: OwnedFd = TcpStream::connect(listener.local_addr().unwrap()).unwrap().into();
        let accepted = listener.accept().unwrap().0;
        let words = [victim, &["cat"]].concat();
        let victim = Command::new(words[0]).args(&words[1..]).stdin(client).stdout(Stdio::null()).spawn();
        Some(Self { folder, victim: victim.unwrap(), _ends: (listener, accepted) })
    }

    fn program(&self) -> String {
        self.folder.path().join("sockeye").to_str().unwrap().to_owned()
    }

    /// Gives the copy rights; false, and said so, where the file system takes none.
    fn grant(&self, command: &[&str]) -> bool {
        let program = self.program();
        let done = Command::new(command[0]).args(&command[1..]).arg(&program).status();
        let is_done = done.is_ok_and(|status| status.success());
        let gets = Command::new(NOBODY[0])
            .args(&NOBODY[1..])
            .args([&program, "--once", "--pid", &self.victim.id().to_string()])
            .output();
        let sees = gets.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("cat"));
        if !(is_done && sees) {
            skip("a program's file brings no rights here");
        }
        is_done && sees
    }

    /// What the message line says after these keys.
    fn said(&mut self, words: &[&str], key: &[u8], dialog: &str, text: &str) {
        let mut pty = Pty::new(100, 24);
        let filter = format!("pid:{}", self.victim.id());
        let program = self.program();
        let words = [words, &[&program, &filter, "--delay=3600"]].concat();
        let _running = pty.start(words[0], &words[1..]);
        wait_for_screen(&mut pty);
        pty.wait_for(" 1 of ");
        pty.send(key);
        pty.wait_for(dialog);
        pty.send(b"\r");
        pty.wait_for(&text.replace("PID", &self.victim.id().to_string()));
    }

    fn lives(&mut self) -> bool {
        self.victim.try_wait().unwrap().is_none()
    }
}

const LOOKING: &str = "cap_kill,cap_net_admin,cap_sys_ptrace,cap_dac_read_search+ep";
const REFUSED: &str = "not permitted: PID is root's; the rights of sockeye's file are for looking";

#[test]
fn rights_of_its_file_are_not_used_against_others() {
    for grant in [&["setcap", LOOKING][..], &["chmod", "4755"], &["chmod", "6755"]] {
        let Some(mut stage) = Stage::new(&[]) else { return };
        if !stage.grant(grant) {
            return;
        }
        stage.said(&NOBODY, b"K", "ask it to end", REFUSED);
        stage.said(&NOBODY, b"X", "Close this socket", "the rights of sockeye's file are for looking");
        assert!(stage.lives(), "{grant:?}");
    }
}

#[test]
fn rights_of_its_file_do_not_keep_from_what_is_ones_own() {
    for grant in [&["setcap", LOOKING][..], &["chmod", "4755"]] {
        let Some(mut stage) = Stage::new(&NOBODY) else { return };
        if !stage.grant(grant) {
            return;
        }
        stage.said(&NOBODY, b"K", "ask it to end", "TERM sent to PID cat");
        stage.victim.wait().unwrap();
    }
}

/// Runs the rest with this as `/etc/sockeye.allow`, in a mount namespace of its own.
const ALLOWING: &str = r#"
mkdir -p "$1/upper" "$1/work" && mount -t tmpfs none "$1/upper" && cp /etc/passwd "$1/upper/" || exit 1
printf '# who may\nroot\n%s\n' "$2" >"$1/upper/sockeye.allow"
chmod "$3" "$1/upper/sockeye.allow"
mount --bind "$1/upper" /etc && shift 3 && exec "$@"
"#;

#[test]
fn users_who_are_named_may_use_them() {
    for (name, mode, is_allowed) in
        [("nobody", "644", true), ("65534", "600", true), ("nobody", "666", false), ("nobodys", "644", false)]
    {
        let Some(mut stage) = Stage::new(&[]) else { return };
        if !stage.grant(&["setcap", LOOKING]) {
            return;
        }
        let place = stage.folder.path().to_str().unwrap().to_owned();
        let allowing = ["unshare", "--mount", "sh", "-c", ALLOWING, "sh", &place, name, mode];
        let words = [&allowing[..], &NOBODY].concat();
        let text = if is_allowed { "TERM sent to PID cat" } else { REFUSED };
        stage.said(&words, b"K", "ask it to end", text);
        assert!(is_allowed || stage.lives(), "{name} {mode}");
    }
}

#[test]
fn without_rights_the_kernel_says_no() {
    let Some(mut stage) = Stage::new(&[]) else { return };
    // Rights to look, which are nobody's own for once.
    let looking = ["--inh-caps=+sys_ptrace,+dac_read_search", "--ambient-caps=+sys_ptrace,+dac_read_search"];
    let words = [&NOBODY[..], &looking].concat();
    stage.said(&words, b"K", "ask it to end", "not permitted: PID belongs to root, run as root");
    stage.said(&words, b"X", "Close this socket", "not permitted: it takes cap_net_admin");
    assert!(stage.lives());
}

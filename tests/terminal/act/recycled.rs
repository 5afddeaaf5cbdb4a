//! A pid that another process has by then, in a pid namespace of the test's own.

use std::fs;
use std::path::Path;

use rustix::process::{Signal, kill_process};
use tempfile::{TempDir, tempdir};

use super::Scene;
use crate::support::pty::{Pty, Running, tries};
use crate::support::skip;
use crate::terminal::{SOCKEYE, child, fifo_held_open, wait_for_screen};

/// Process 1 of the namespace is a shell: it starts a victim with a connection, then sockeye; told to, it kills the
/// victim and gives its pid to another process; told again, it says whether that one lives.
const RECYCLING: &str = r#"
cd "$1"
recycle() {
    bash -c 'exec 3<>/dev/tcp/127.0.0.1/'"$1"'; exec sleep 1000' & old=$!
    echo "$old" >pid.new && mv pid.new pid
    read -r _ <kill
    kill -KILL "$old"; wait "$old"
    echo $((old - 1)) >/proc/sys/kernel/ns_last_pid
    sleep 1000 & new=$!
    [ "$new" = "$old" ] && : >same
    read -r _ <ask
    kill -0 "$new" && : >alive
    : >said
    wait
}
recycle "$2" 2>/dev/null &
until [ -e pid ]; do read -r -t 0.05 _ <>idle; done
exec "$0" sleep --delay 0.2
"#;

/// Process 1 holds a connection itself.
const INIT: &str = r#"exec 3<>/dev/tcp/127.0.0.1/"$2"; "$0" pid:1 --delay 3600 3<&-"#;

struct Stage {
    folder: TempDir,
    pty: Pty,
    running: Running,
    _scene: Scene,
}

fn staged(script: &str) -> Option<Stage> {
    if !rustix::process::geteuid().is_root() {
        skip("a pid namespace needs root");
        return None;
    }
    let (folder, scene) = (tempdir().unwrap(), Scene::new());
    for name in ["kill", "ask", "idle"] {
        drop(fifo_held_open(&folder.path().join(name)));
    }
    let port = scene.port().to_string();
    let place = folder.path().to_str().unwrap();
    let mut pty = Pty::new(100, 24);
    let inside =
        ["--pid", "--fork", "--mount-proc", "--kill-child", "bash", "-c", script, SOCKEYE, place, &port];
    let running = pty.start("unshare", &inside);
    wait_for_screen(&mut pty);
    pty.wait_for(" 1 of ");
    Some(Stage { folder, pty, running, _scene: scene })
}

impl Stage {
    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn tell(&self, fifo: &str) {
        fs::write(self.path().join(fifo), "now\n").unwrap();
    }

    fn wait_for(&self, file: &str) {
        let file = self.path().join(file);
        tries("the other process").take_while(|()| !file.exists()).for_each(|()| std::thread::yield_now());
    }

    /// Gives the victim's pid to another process.
    fn recycle(&self) {
        self.tell("kill");
        self.wait_for("same");
    }

    fn assert_other_lives(&self) {
        self.tell("ask");
        self.wait_for("said");
        assert!(self.path().join("alive").exists(), "the other process was killed");
    }
}

#[test]
fn a_pid_that_is_recycled_while_the_dialog_is_open_is_not_hit() {
    let Some(mut stage) = staged(RECYCLING) else { return };
    stage.pty.send(b"Kj");
    stage.pty.wait_for("ask it to end");
    stage.recycle();
    stage.pty.wait_for("ended by itself at ");
    stage.pty.send(b"\r");
    stage.pty.wait_for("UTC. Nothing was sent.");
    stage.assert_other_lives();
}

#[test]
fn a_pid_that_is_recycled_in_the_moment_of_enter_is_not_hit() {
    let Some(mut stage) = staged(RECYCLING) else { return };
    stage.pty.send(b"Kj");
    stage.pty.wait_for("ask it to end");
    // It learns of the end and of the key at once, in whatever order.
    let sockeye = child(&stage.running);
    kill_process(sockeye, Signal::STOP).unwrap();
    stage.recycle();
    stage.pty.send(b"\r");
    kill_process(sockeye, Signal::CONT).unwrap();
    stage.pty.wait_for("Nothing was sent.");
    stage.assert_other_lives();
}

#[test]
fn a_pid_that_was_recycled_since_the_snapshot_is_not_hit() {
    let Some(mut stage) = staged(RECYCLING) else { return };
    stage.pty.send(b" "); // what is shown stays
    stage.pty.wait_for("FROZEN");
    stage.recycle();
    stage.pty.send(b"Kj");
    stage.pty.wait_for("ended by itself, and another process has its pid");
    stage.pty.send(b"\r");
    stage.pty.wait_for("Nothing was sent.");
    stage.assert_other_lives();
}

#[test]
fn init_gets_nothing() {
    let Some(mut stage) = staged(INIT) else { return };
    stage.pty.send(b"K");
    stage.pty.wait_for("1 is init: with it ends all that runs here");
    stage.pty.send(b"\r");
    stage.pty.wait_for("Nothing was sent.");
}

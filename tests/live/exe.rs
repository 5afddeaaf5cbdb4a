//! Shells that are called something else.

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{MemfdFlags, memfd_create};
use sockeye::model::{Exe, Pid, Process, Shells};

use super::children::Guard;
use super::{is_root, look, look_until};
use crate::support::{lacking, skip};

/// Runs a program that waits for input from a socket, and ends with its guard.
struct Running {
    process: Guard,
    _ours: UnixStream,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::null()).stderr(Stdio::null());
        Self { process: Guard::of_copy(command), _ours: ours }
    }

    fn pid(&self) -> Pid {
        Pid(self.process.0.id())
    }

    fn look(&self) -> Process {
        look().processes[&self.pid()].clone()
    }

    fn exe(&self) -> Exe {
        self.look().exe.known().unwrap().clone()
    }
}

/// The first of the paths that is there, without links.
fn installed(paths: &[&str]) -> Option<PathBuf> {
    paths.iter().find_map(|path| fs::canonicalize(path).ok())
}

/// A shell that is no link to several programs in one.
fn shell() -> Option<PathBuf> {
    let found = installed(&["/bin/bash", "/bin/dash", "/bin/zsh", "/bin/mksh"]);
    if found.is_none() {
        lacking("no shell of its own here");
    }
    found
}

fn write(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

/// What the path is of, links aside: `/bin` may be one.
fn same_as(exe: &Exe) -> Option<PathBuf> {
    exe.same_as.as_ref().map(|path| fs::canonicalize(std::str::from_utf8(path.as_bytes()).unwrap()).unwrap())
}

#[test]
fn a_copy_is_the_shell_that_it_was_copied_from_and_stays_it_when_it_is_deleted() {
    let Some(shell) = shell() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache-worker");
    fs::copy(&shell, &path).unwrap();
    let running = Running::start(&mut Command::new(&path));
    for deleted in [false, true] {
        let process = running.look();
        let exe = process.exe.known().unwrap();
        assert_eq!((exe.path.as_bytes(), exe.deleted), (path.to_str().unwrap().as_bytes(), deleted));
        assert_eq!(same_as(exe).as_ref(), Some(&shell));
        assert!(Shells::default().is_shell(&process));
        fs::remove_file(&path).ok();
    }
}

#[test]
fn a_program_that_differs_in_its_last_byte_is_no_shell() {
    let Some(shell) = shell() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache-worker");
    let mut content = fs::read(shell).unwrap();
    *content.last_mut().unwrap() ^= 1;
    write(&path, &content);
    assert_eq!(Running::start(&mut Command::new(&path)).exe().same_as, None);
}

#[test]
fn a_shell_in_memory_only_is_known() {
    let Some(shell) = shell() else { return };
    let mut memory = File::from(memfd_create("a b\nc", MemfdFlags::CLOEXEC).unwrap());
    memory.write_all(&fs::read(&shell).unwrap()).unwrap();
    // What is open for writing cannot be executed.
    let read = File::open(format!("/proc/self/fd/{}", memory.as_raw_fd())).unwrap();
    drop(memory);
    let program = format!("/proc/{}/fd/{}", std::process::id(), read.as_raw_fd());
    let exe = Running::start(Command::new(program).arg0("kworker")).exe();
    assert_eq!((exe.path.as_bytes(), exe.deleted), (&b"/memfd:a b\nc"[..], true));
    assert_eq!(same_as(&exe), Some(shell));
}

#[test]
fn of_a_copied_busybox_the_arguments_say_whether_it_is_a_shell() {
    let Some(busybox) = installed(&["/bin/busybox", "/usr/bin/busybox"]) else {
        return lacking("no busybox here");
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache-worker");
    fs::copy(&busybox, &path).unwrap();
    for (called, is_shell) in [("sh", true), ("cat", false)] {
        let process = Running::start(Command::new(&path).arg0(called)).look();
        assert_eq!(same_as(process.exe.known().unwrap()).as_ref(), Some(&busybox));
        assert_eq!(Shells::default().is_shell(&process), is_shell, "{called}");
    }
}

#[test]
fn a_shell_that_the_dynamic_loader_runs_is_known() {
    let Some(shell) = shell() else { return };
    let loaders = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1"];
    let Some(loader) = installed(&loaders) else { return lacking("no dynamic loader here") };
    let dir = tempfile::tempdir().unwrap();
    let copied = dir.path().join("starter");
    fs::copy(&loader, &copied).unwrap();
    for loader in [&loader, &copied] {
        let running = Running::start(Command::new(loader).arg(&shell));
        // It maps the program a moment after it was executed.
        let is_mapped = |found: &sockeye::model::Snapshot| {
            let exe = found.processes[&running.pid()].exe.known();
            exe.and_then(same_as).as_ref() == Some(&shell)
        };
        let exe = look_until(is_mapped).processes[&running.pid()].exe.known().unwrap().clone();
        assert_eq!(exe.path.as_bytes(), loader.to_str().unwrap().as_bytes());
        if is_root() {
            let program = dir.path().join("program");
            fs::copy(&shell, &program).unwrap();
            let running = Running::start(Command::new(loader).arg(&program));
            look_until(|found| {
                found.processes[&running.pid()].exe.known().is_some_and(|exe| exe.same_as.is_some())
            });
        }
    }
}

#[test]
fn a_copy_of_a_shell_of_its_own_root_directory_is_known() {
    if !is_root() {
        return skip("only root may have another root directory");
    }
    let statics = ["/bin/mksh-static", "/bin/bash-static", "/bin/busybox.static", "/bin/static-sh"];
    let Some(shell) = installed(&statics) else { return lacking("no static shell here") };
    // One that is not installed outside.
    let content = [fs::read(shell).unwrap(), b"\n".to_vec()].concat();
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("bin")).unwrap();
    write(&dir.path().join("bin/mksh"), &content);
    let path = dir.path().join("cache-worker");
    write(&path, &content);
    let running = Running::start(Command::new("chroot").arg(dir.path()).arg("/cache-worker"));
    let exe =
        |found: &sockeye::model::Snapshot| found.processes[&running.pid()].exe.known().cloned().unwrap();
    let found = look_until(|found| exe(found).path.as_bytes() == path.to_str().unwrap().as_bytes());
    assert_eq!(exe(&found).same_as, Some("/bin/mksh".into()));
}

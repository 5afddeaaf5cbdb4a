//! Facts of processes in words, with where they can be seen.

use super::Scene;
use crate::model::{
    Check, Evidence, Exe, Fact, Fd, Pid, Process, Shells, Socket, Target, agrees, ancestry, base_name,
    printable,
};

/// Descriptors, owners or ancestors that a line names; more are counted.
pub(super) const MOST_NAMED: usize = 12;

/// What a shell is called, or the program.
pub(super) fn name(scene: &Scene<'_>, process: &Process) -> String {
    if let Some(name) = scene.judging.shells.name(process) {
        return name.into_owned();
    }
    process.comm.to_string()
}

/// `nginx (1204)`
pub(super) fn called(process: &Process) -> String {
    format!("{} ({})", process.comm, process.key.pid)
}

pub(super) fn short(fd: Fd) -> String {
    standard(fd).map_or_else(|| format!("fd {fd}"), str::to_owned)
}

fn standard(fd: Fd) -> Option<&'static str> {
    ["stdin", "stdout", "stderr"].get(usize::try_from(fd.0).ok()?).copied()
}

/// `fd 2 (stderr)`, `fds 0 (stdin), 1 (stdout) and 255`.
pub(super) fn descriptors(fds: &[Fd]) -> String {
    let mut named: Vec<String> = fds
        .iter()
        .take(MOST_NAMED)
        .map(|&fd| standard(fd).map_or_else(|| fd.to_string(), |name| format!("{fd} ({name})")))
        .collect();
    if fds.len() > MOST_NAMED {
        named.push(format!("{} more", fds.len() - MOST_NAMED));
    }
    match named.split_last() {
        None => "no fd".into(),
        Some((only, [])) => format!("fd {only}"),
        Some((last, others)) => format!("fds {} and {last}", others.join(", ")),
    }
}

/// The first of so many, and how many are left.
pub(super) fn joined(named: impl Iterator<Item = String>, between: &str, all: usize) -> String {
    let mut named: Vec<String> = named.take(MOST_NAMED).collect();
    if all > named.len() {
        named.push(format!("{} more", all - named.len()));
    }
    named.join(between)
}

pub(super) fn socket_link(pid: Pid, fd: Fd, socket: &Socket) -> Check {
    link(pid, fd, format!("socket:[{}]", socket.id.inode))
}

fn link(pid: Pid, fd: Fd, target: String) -> Check {
    Check::Link { path: format!("/proc/{pid}/fd/{fd}"), target }
}

pub(super) fn exe_link(pid: Pid, exe: &Exe) -> Check {
    let deleted = if exe.deleted { " (deleted)" } else { "" };
    Check::Link { path: format!("/proc/{pid}/exe"), target: format!("{}{deleted}", exe.path) }
}

/// What a descriptor refers to, and how to see it.
pub(super) fn channel(pid: Pid, fd: Fd, target: Target) -> (String, Option<Check>) {
    match target {
        Target::Pipe(inode) => (format!("pipe {inode}"), Some(link(pid, fd, format!("pipe:[{inode}]")))),
        Target::Socket(inode) => {
            (format!("unix socket {inode}"), Some(link(pid, fd, format!("socket:[{inode}]"))))
        }
        Target::Fifo { inode, .. } => {
            let command = format!("stat -Lc '%F %i' /proc/{pid}/fd/{fd}");
            (format!("fifo {inode}"), Some(Check::Command { command, shows: format!("fifo {inode}") }))
        }
        Target::PtySlave { index, .. } => {
            (format!("pseudo-terminal {index}"), Some(link(pid, fd, format!("/dev/pts/{index}"))))
        }
        Target::PtyMaster { index, .. } => {
            let command = format!("awk '/^tty-index/ {{print $1, $2}}' /proc/{pid}/fdinfo/{fd}");
            let shows = format!("tty-index: {index}");
            (format!("master of pseudo-terminal {index}"), Some(Check::Command { command, shows }))
        }
        Target::Terminal | Target::Null | Target::File | Target::Anonymous => ("file".into(), None),
    }
}

/// Facts about a process that are no finding by themselves, but belong to one.
pub(super) fn circumstances(scene: &Scene<'_>, process: &Process) -> Vec<Evidence> {
    let mut facts = vec![terminal(process)];
    facts.extend(hidden(scene, process));
    facts.extend(started_by_service(scene, process));
    facts
}

fn terminal(process: &Process) -> Evidence {
    let command = format!("ps -o tty= -p {}", process.key.pid);
    match process.tty {
        None => Evidence {
            fact: "it has no controlling terminal".into(),
            check: Some(Check::Command { command, shows: "?".into() }),
        },
        Some(_) => String::from("it has a controlling terminal").into(),
    }
}

/// What hides what it is.
fn hidden(scene: &Scene<'_>, process: &Process) -> Vec<Evidence> {
    let mut facts = Vec::new();
    let pid = process.key.pid;
    let Fact::Known(exe) = &process.exe else { return facts };
    let path = exe.path.as_bytes();
    if path.starts_with(b"/memfd:") {
        let fact = format!("its executable is only in memory: {}", exe.path);
        facts.push(Evidence { fact, check: Some(exe_link(pid, exe)) });
    } else if exe.deleted && exe.same_as.is_some() {
        let fact = format!("its executable is deleted: {}", exe.path);
        facts.push(Evidence { fact, check: Some(exe_link(pid, exe)) });
    }
    if scene.snapshot.probes.get(&pid).is_some_and(|probe| probe.in_public_directory) {
        let fact = format!("its executable is where everybody may write: {}", exe.path);
        facts.push(Evidence { fact, check: Some(exe_link(pid, exe)) });
    }
    let shells = &scene.judging.shells;
    if is_misnamed(shells, process) {
        let fact = format!("its name is {}, unlike its executable {}", process.comm, exe.path);
        let check =
            Check::Command { command: format!("cat /proc/{pid}/comm"), shows: process.comm.to_string() };
        facts.push(Evidence { fact, check: Some(check) });
    }
    if let Some(first) = process.arguments().next().filter(|first| is_disguise(shells, process, first)) {
        let shown = printable(first);
        let command = format!("tr '\\0' '\\n' < /proc/{pid}/cmdline | head -n 1");
        facts.push(Evidence {
            fact: format!("it calls itself {shown}, unlike its executable {}", exe.path),
            check: Some(Check::Command { command, shows: shown.into_owned() }),
        });
    }
    facts
}

/// The kernel names a process after the file that was executed: the program, a link to it, or a script. Whatever else
/// its name is, it gave to itself (`PR_SET_NAME`), and `exec -a` alone changes no name.
fn is_misnamed(shells: &Shells, process: &Process) -> bool {
    /// A script is among the first arguments of its interpreter.
    const MOST_ARGUMENTS: usize = 4;
    let is_named = |path: &[u8]| agrees(&process.comm, base_name(path));
    let mut arguments = process.arguments().take(MOST_ARGUMENTS);
    shells.is_shell(process)
        && !shells.can_be(process.comm.as_bytes())
        && !process.exe_name().is_some_and(is_named)
        && !arguments.any(|argument| is_named(argument.strip_prefix(b"-").unwrap_or(argument)))
}

/// A shell is called by its own name, that of another shell (`sh`), or that of a file that leads to it.
fn is_disguise(shells: &Shells, process: &Process, first: &[u8]) -> bool {
    let called = base_name(first.strip_prefix(b"-").unwrap_or(first));
    shells.is_shell(process)
        && !shells.can_be(called)
        && process.exe_name() != Some(called)
        && !called.starts_with(b"ld")
}

/// The nearest ancestor that takes connections.
fn started_by_service(scene: &Scene<'_>, process: &Process) -> Option<Evidence> {
    let chain = ancestry(&scene.snapshot.processes, process.key.pid);
    let service = chain.into_iter().skip(1).find(|process| scene.graph.listens(process.key.pid))?;
    Some(format!("a network service started it: {} listens", called(service)).into())
}

/// `it runs as www-data (33) in /var/www`
pub(super) fn whose(scene: &Scene<'_>, process: &Process) -> Evidence {
    let uid = process.uid;
    let user = match scene.snapshot.users.get(&uid) {
        Some(name) => format!("{name} ({uid})"),
        None => format!("user {uid}"),
    };
    match &process.cwd {
        Fact::Known(cwd) => {
            let path = format!("/proc/{}/cwd", process.key.pid);
            let check = Some(Check::Link { path, target: cwd.to_string() });
            Evidence { fact: format!("it runs as {user} in {cwd}"), check }
        }
        Fact::Absent | Fact::Refused => format!("it runs as {user}").into(),
    }
}

/// `ancestry systemd(1) > php-fpm(902) > bash(20117)`
pub(super) fn ancestors(scene: &Scene<'_>, process: &Process) -> Evidence {
    let chain = ancestry(&scene.snapshot.processes, process.key.pid);
    let near = chain.iter().take(MOST_NAMED).rev();
    let named: Vec<String> = near.map(|process| format!("{}({})", process.comm, process.key.pid)).collect();
    let cut = if chain.len() > MOST_NAMED { "… > " } else { "" };
    let check = process.parent.map(|parent| Check::Command {
        command: format!("ps -o ppid= -p {}", process.key.pid),
        shows: parent.to_string(),
    });
    Evidence { fact: format!("ancestry {cut}{}", named.join(" > ")), check }
}

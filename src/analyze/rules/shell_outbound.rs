//! A shell that itself holds an established outbound connection.

use super::{Rule, Scene};
use crate::analyze::{Direction, Entry};
use crate::model::{Alert, Evidence, Fd, Level, Owner, Pid, Process, Socket, ancestry};

mod evidence;

/// Programs connect; shells start programs. A shell that holds a connection is either told so by its script
/// (`/dev/tcp`), or is somebody's remote shell.
///
/// - high: the peer is remote and the socket is the shell's stdio (fd 0 together with 1 or 2);
/// - medium: remote on other descriptors, or loopback as stdio;
/// - low: loopback on other descriptors, or remote on fds from 3 on only and leaked from a program: going up
///   through parents that are shells and hold the socket, the first that is no shell holds it too.
pub(super) const RULE: Rule =
    Rule { name: "shell-outbound", summary: "a shell holds an established outbound connection", check };

/// One shell and one connection that it holds.
struct Case<'a> {
    scene: &'a Scene<'a>,
    entry: &'a Entry,
    socket: &'a Socket,
    shell: &'a Process,
    /// All owners of the socket, sorted by (pid, fd).
    owners: &'a [Owner],
    /// The shell's descriptors among them, never none.
    fds: Vec<Fd>,
    /// The program that opened it, where the shell only inherited it.
    leaked_from: Option<&'a Process>,
}

fn check(scene: &Scene<'_>) -> Vec<Alert> {
    // Few processes are shells and few sockets outbound: looked up once, not for every owner.
    let shells: Vec<Pid> = scene
        .snapshot
        .processes
        .values()
        .filter(|process| scene.judging.shells.is_shell(process))
        .map(|process| process.key.pid)
        .collect();
    let mut alerts = Vec::new();
    for (entry, socket) in scene.entries.iter().zip(&scene.snapshot.sockets) {
        if !socket.is_established() || entry.direction.is_none_or(|found| found.0 != Direction::Outbound) {
            continue;
        }
        let owners = scene.owners.get(entry.owners.clone()).unwrap_or_default();
        for held in owners.chunk_by(|a, b| a.pid == b.pid) {
            let holder = held.first().filter(|owner| shells.binary_search(&owner.pid).is_ok());
            let Some(shell) = holder.and_then(|owner| scene.snapshot.processes.get(&owner.pid)) else {
                continue;
            };
            let fds = held.iter().map(|owner| owner.fd).collect();
            let leaked_from = leaked_from(scene, shell, owners, &shells);
            alerts.push(Case { scene, entry, socket, shell, owners, fds, leaked_from }.alert());
        }
    }
    alerts
}

/// The first program up the parents that is no shell, if it and all between hold the socket.
fn leaked_from<'a>(
    scene: &Scene<'a>,
    shell: &Process,
    owners: &[Owner],
    shells: &[Pid],
) -> Option<&'a Process> {
    let ancestors = ancestry(&scene.snapshot.processes, shell.key.pid).into_iter().skip(1);
    let holds = |process: &&Process| owners.binary_search_by_key(&process.key.pid, |owner| owner.pid).is_ok();
    ancestors.take_while(holds).find(|process| shells.binary_search(&process.key.pid).is_err())
}

impl Case<'_> {
    fn alert(&self) -> Alert {
        Alert {
            rule: RULE.name,
            level: self.level(),
            process: self.shell.key,
            socket: self.socket.id.clone(),
            summary: self.summary(),
            chain: String::new(),
            pids: vec![self.shell.key.pid],
            evidence: self.evidence().into_iter().map(Evidence::from).collect(),
            against: Vec::new(),
            muted: None,
        }
    }

    fn level(&self) -> Level {
        match (self.is_stdio(), self.is_remote()) {
            (true, true) => Level::High,
            (true, false) => Level::Medium,
            (false, true) if !self.is_leaked() => Level::Medium,
            (false, _) => Level::Low,
        }
    }

    /// IPv4-mapped addresses are IPv4 here.
    fn is_remote(&self) -> bool {
        !self.socket.id.remote.is_loopback()
    }

    fn is_stdio(&self) -> bool {
        self.has(0) && (self.has(1) || self.has(2))
    }

    fn is_leaked(&self) -> bool {
        self.leaked_from.is_some() && self.fds.iter().all(|fd| fd.0 >= 3)
    }

    fn has(&self, fd: u32) -> bool {
        self.fds.contains(&Fd(fd))
    }
}

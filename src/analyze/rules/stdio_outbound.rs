//! A program that is no shell with an outbound connection as its stdio, or with that of a shell.

use std::collections::BTreeSet;

use super::holding::Holding;
use super::{Rule, Scene, words};
use crate::model::{Alert, Evidence, Fd, Level, Owner, SocketId};

/// Programs open connections on descriptors of their own; one whose standard files are a connection was started on it,
/// as an interpreter or what a remote shell runs.
pub(super) const RULE: Rule = Rule {
    name: "stdio-outbound",
    summary: "a program has an outbound connection as its stdio, or the very one that is a shell's stdio",
    levels: "medium: the peer is remote, or a shell has the connection as its stdio",
    check,
};

fn check(scene: &Scene<'_>, holdings: &[Holding<'_>]) -> Vec<Alert> {
    let outbound = || holdings.iter().filter(|held| held.is_outbound());
    let with_shell = outbound().filter(|held| held.is_shell() && held.is_stdio());
    let with_shell: Vec<&Holding<'_>> = with_shell.collect();
    let shared: BTreeSet<&SocketId> = with_shell.iter().map(|held| &held.socket.id).collect();
    let own = outbound().filter(|held| {
        !held.is_shell() && held.is_stdio() && held.is_remote() && !shared.contains(&held.socket.id)
    });
    let mut alerts: Vec<Alert> = own.map(|held| alert(held, None)).collect();
    // Of several shells on one connection the first: others would say the same of the same processes.
    let mut told = BTreeSet::new();
    for shell in with_shell.into_iter().filter(|held| told.insert(&held.socket.id)) {
        let others = shell.owners.chunk_by(|a, b| a.pid == b.pid);
        for held in others {
            let Some(process) = held.first().and_then(|owner| scene.process(owner.pid)) else { continue };
            if scene.graph.is_shell(process.key.pid) {
                continue;
            }
            let fds: Vec<Fd> = held.iter().map(|&Owner { fd, .. }| fd).collect();
            alerts.push(alert(&Holding { process, fds, ..*shell }, Some(shell)));
        }
    }
    alerts
}

fn alert(held: &Holding<'_>, shell: Option<&Holding<'_>>) -> Alert {
    let (scene, process) = (held.scene, held.process);
    let (name, pid) = (held.name(), process.key.pid);
    let summary = match shell {
        Some(shell) => format!(
            "{name} {pid} holds the connection that is stdio of {} {}",
            shell.name(),
            shell.process.key.pid
        ),
        None => format!("{name} {pid} {}", held.what("a socket to")),
    };
    let mut evidence = held.connection();
    if let Some(shell) = shell {
        let link = shell.fds.first().map(|&fd| words::socket_link(shell.process.key.pid, fd, shell.socket));
        let fact = format!("{} ({}) has it as its stdio", shell.name(), shell.process.key.pid);
        evidence.push(Evidence { fact, check: link });
    }
    evidence.extend(held.stdio());
    evidence.extend(held.directed());
    evidence.extend(words::circumstances(scene, process));
    evidence.push(words::whose(scene, process));
    evidence.push(words::ancestors(scene, process));
    let against = held.loopback().into_iter().collect();
    let mut alert = held.alert(RULE.name, Level::Medium, summary, (evidence, against));
    alert.pids.extend(shell.map(|shell| shell.process.key.pid));
    alert
}

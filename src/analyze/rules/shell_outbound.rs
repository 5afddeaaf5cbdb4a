//! A shell that itself holds an established outbound connection.

use std::collections::BTreeSet;

use super::holding::{Holding, is_a_shell};
use super::shell_relay::reaches;
use super::{Rule, Scene, words};
use crate::analyze::graph::Flow;
use crate::model::{Alert, Evidence, Level, ProcessKey};

/// Programs connect; shells start programs. A shell that holds a connection is either told so by its script
/// (`/dev/tcp`), or is somebody's remote shell.
pub(super) const RULE: Rule = Rule {
    name: "shell-outbound",
    summary: "a shell holds an established outbound connection",
    levels: "high: the peer is remote and the connection is the shell's stdio (fd 0 together with 1 or 2), or one of the two \
        with another remote connection for the other direction; \
        medium: remote on other descriptors, or loopback as stdio; \
        low: loopback on other descriptors, or remote on descriptors from 3 on only and left open by a program: \
        going up through parents that are shells and hold it, the first that is no shell holds it too, and the shell \
        was not seen reading it",
    check,
};

fn check(scene: &Scene<'_>, holdings: &[Holding<'_>]) -> Vec<Alert> {
    let of_shells = || holdings.iter().filter(|held| held.is_outbound() && held.is_shell());
    let remote = of_shells().filter(|held| held.is_remote());
    let standard = remote
        .flat_map(|held| [0, 1, 2].into_iter().filter(|&fd| held.has(fd)).map(|fd| (held.process.key, fd)));
    let standard: BTreeSet<(ProcessKey, u32)> = standard.collect();
    let remote_on =
        |held: &Holding<'_>, fds: &[u32]| fds.iter().any(|&fd| standard.contains(&(held.process.key, fd)));
    // One connection for its input and one for its output do as well; either can be a relay's.
    let is_half = |held: &Holding<'_>| {
        let (shell, is_told) = (held.process.key.pid, scene.judging.shells.told(held.process).is_some());
        let answers = || remote_on(held, &[1, 2]) || (!is_told && reaches(scene, shell, Flow::Out));
        let listens = || remote_on(held, &[0]) || (!is_told && reaches(scene, shell, Flow::In));
        (held.has(0) && answers()) || ((held.has(1) || held.has(2)) && listens())
    };
    let judge = |held: &Holding<'_>| {
        let level = match (held.is_remote(), held.is_stdio()) {
            (true, true) => Level::High,
            (true, false) if is_half(held) => Level::High,
            (true, false) if held.leaked_from().is_none() || held.waits() => Level::Medium,
            (false, true) => Level::Medium,
            (_, false) => Level::Low,
        };
        alert(held, level)
    };
    of_shells().map(judge).collect()
}

fn alert(held: &Holding<'_>, level: Level) -> Alert {
    let tty = if held.process.tty.is_none() { ", no tty" } else { "" };
    let summary = format!("{} {} {}{tty}", held.name(), held.process.key.pid, held.what("a socket to"));
    let (scene, process) = (held.scene, held.process);
    let mut evidence = held.connection();
    evidence.extend(held.stdio());
    evidence.extend(held.waits().then(|| Evidence::from("it waits for data of this connection".to_owned())));
    evidence.push(is_a_shell(scene, process));
    evidence.extend(held.directed());
    evidence.extend(words::circumstances(scene, process));
    evidence.extend(held.other_owners());
    evidence.push(words::whose(scene, process));
    evidence.push(words::ancestors(scene, process));
    let against = held.loopback().into_iter().chain(held.leak()).collect();
    held.alert(RULE.name, level, summary, (evidence, against))
}

//! A shell on an accepted connection whose listener is gone.

use super::holding::{Holding, is_a_shell};
use super::{Rule, Scene, words};
use crate::model::{Alert, Evidence, Level};

/// Servers that hand connections to shells go on listening: inetd, sshd, web servers. Who waits for one peer, gives it
/// a shell and listens no more is a bind shell.
pub(super) const RULE: Rule = Rule {
    name: "shell-inbound",
    summary: "a shell's stdio is an accepted connection, and nobody listens on its port any more",
    levels: "medium",
    check,
};

fn check(scene: &Scene<'_>, holdings: &[Holding<'_>]) -> Vec<Alert> {
    let is_bound = |held: &&Holding<'_>| {
        !held.is_outbound() && held.is_shell() && held.is_stdio() && !scene.listeners.cover(held.socket)
    };
    holdings.iter().filter(is_bound).map(alert).collect()
}

fn alert(held: &Holding<'_>) -> Alert {
    let (scene, process) = (held.scene, held.process);
    let (name, pid) = (held.name(), process.key.pid);
    let summary = format!("{name} {pid} {}, nobody listens there", held.what("an accepted socket from"));
    let mut evidence = held.connection();
    evidence.extend(held.stdio());
    evidence.push(is_a_shell(scene, process));
    evidence.extend(held.directed());
    let local = held.socket.id.local.inet().map_or_else(String::new, |local| local.to_string());
    evidence.push(Evidence::from(format!("no listener in its namespace covers {local} any more")));
    evidence.extend(words::circumstances(scene, process));
    evidence.extend(held.other_owners());
    evidence.push(words::whose(scene, process));
    evidence.push(words::ancestors(scene, process));
    let against = held.loopback().into_iter().collect();
    held.alert(RULE.name, Level::Medium, summary, (evidence, against))
}

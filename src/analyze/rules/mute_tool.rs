//! A program without business on the network that holds an outbound connection.

use super::holding::Holding;
use super::{Rule, Scene, words};
use crate::model::{Alert, Check, Evidence, Level, tool};

/// A text tool reads files and pipes. With a connection it is an interpreter of somebody's commands (gawk), or was
/// started by a shell that holds one.
pub(super) const RULE: Rule = Rule {
    name: "mute-tool-outbound",
    summary: "a text tool (awk, cat, sleep, ...), or what was a shell, holds an outbound connection",
    levels: "medium: the peer is remote; \
        low: on descriptors from 3 on only, and left open by a program that holds it too",
    check,
};

fn check(scene: &Scene<'_>, holdings: &[Holding<'_>]) -> Vec<Alert> {
    let outbound = holdings.iter().filter(|held| held.is_outbound() && held.is_remote() && !held.is_shell());
    outbound.filter_map(|held| alert(scene, held)).collect()
}

fn alert(scene: &Scene<'_>, held: &Holding<'_>) -> Option<Alert> {
    let process = held.process;
    let was_shell = scene.former.contains(&(process.key, held.socket.id.inode));
    let tool = tool::name(process, &scene.judging.tools);
    let (name, pid) = (held.name(), process.key.pid);
    let what = held.what("a socket to");
    let (summary, why) = match (&tool, was_shell) {
        (_, true) => {
            let why = "it was a shell when it was seen before, and held this connection already".to_owned();
            (format!("{name} {pid} (was a shell) {what}"), Evidence::from(why))
        }
        (Some(tool), false) => {
            let command = format!("readlink /proc/{pid}/exe");
            let shows = process.exe.known()?.path.to_string();
            let why = format!("{tool} is a tool for text and files, and has no business with sockets");
            let check = Some(Check::Command { command, shows });
            (format!("{name} {pid} {what}: a tool without business there"), Evidence { fact: why, check })
        }
        (None, false) => return None,
    };
    let leak = held.leak();
    let level = if leak.is_some() { Level::Low } else { Level::Medium };
    let mut evidence = held.connection();
    evidence.push(why);
    evidence.extend(held.stdio());
    evidence.extend(held.directed());
    evidence.extend(words::circumstances(scene, process));
    evidence.extend(held.other_owners());
    evidence.push(words::whose(scene, process));
    evidence.push(words::ancestors(scene, process));
    Some(held.alert(RULE.name, level, summary, (evidence, leak.into_iter().collect())))
}

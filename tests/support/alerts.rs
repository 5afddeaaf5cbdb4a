//! Alerts that a test puts in the place of what the rules found.

use std::sync::Arc;

use sockeye::analyze::Analysis;
use sockeye::model::{Alert, Check, Evidence, Inode, Level, Pid};

/// An alert about a process and a socket of the analysis, by their numbers, of no facts yet.
pub fn alert(analysis: &Analysis, rule: &'static str, level: Level, pids: &[u32], inode: u64) -> Alert {
    let pids: Vec<Pid> = pids.iter().map(|pid| Pid(*pid)).collect();
    let sockets = &analysis.snapshot.sockets;
    let socket = sockets.iter().find(|socket| socket.id.inode == Inode(inode)).expect("no such socket");
    Alert {
        rule,
        level,
        process: analysis.snapshot.processes[&pids[0]].key,
        socket: socket.id.clone(),
        summary: String::new(),
        chain: String::new(),
        pids,
        evidence: Vec::new(),
        against: Vec::new(),
        muted: None,
    }
}

/// A fact and the link that shows it.
pub fn link(fact: &str, path: &str, target: &str) -> Evidence {
    let check = Check::Link { path: path.to_owned(), target: target.to_owned() };
    Evidence { fact: fact.to_owned(), check: Some(check) }
}

/// A fact and the command that shows it.
pub fn command(fact: &str, command: &str, shows: &str) -> Evidence {
    let check = Check::Command { command: command.to_owned(), shows: shows.to_owned() };
    Evidence { fact: fact.to_owned(), check: Some(check) }
}

/// The analysis with these alerts and no others; of one socket in the order given.
pub fn judged(analysis: &Analysis, alerts: impl FnOnce(&Analysis) -> Vec<Alert>) -> Arc<Analysis> {
    let mut judged = analysis.clone();
    let found = alerts(analysis);
    judged.alerts.clear();
    for (entry, socket) in judged.entries.iter_mut().zip(&analysis.snapshot.sockets) {
        let start = judged.alerts.len();
        judged.alerts.extend(found.iter().filter(|alert| alert.socket == socket.id).cloned());
        entry.alerts = (start..judged.alerts.len()).into();
    }
    Arc::new(judged)
}

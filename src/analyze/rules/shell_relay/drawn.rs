//! The way from shell to connection in one line, and the finding in a few words.

use super::{Case, Judged};
use crate::analyze::graph::Step;
use crate::analyze::rules::words;
use crate::model::{Pid, Process, Socket, Target};

impl Case<'_> {
    /// `bash(20117) fd 0,1 =pipe= nc(20116) -> 203.0.113.80:443` where one process is next on both ways, else in the
    /// order of the data: `203.0.113.80:443 -> nc(11) =fifo= cat(12) =pipe= sh(13) =pipe= nc(11) -> 203.0.113.80:443`.
    pub(super) fn drawn(&self) -> String {
        let shell = self.named(self.shell.key.pid);
        match (&self.inward, &self.outward) {
            (Some(inward), Some(outward)) if is_next(inward, outward) => {
                let fds: Vec<String> = self
                    .ways()
                    .filter_map(|way| way.route.steps.first())
                    .map(|step| step.from_fd.to_string())
                    .collect();
                let channel = inward.route.steps.first().map_or("", |step| kind(step.channel));
                let relay = self.named(inward.route.relay);
                format!("{shell} fd {} ={channel}= {relay} -> {}", fds.join(","), self.peer(inward))
            }
            (inward, outward) => {
                let joint =
                    |step: &Step, next: Pid| format!(" ={}= {}", kind(step.channel), self.named(next));
                let before = inward.as_ref().map_or(shell, |way| {
                    let steps = way.route.steps.iter().rev().map(|step| joint(step, step.from));
                    let start = format!("{} -> {}", self.peer(way), self.named(way.route.relay));
                    start + &steps.collect::<String>()
                });
                let behind = outward.as_ref().map_or_else(String::new, |way| {
                    let steps = way.route.steps.iter().map(|step| joint(step, step.to));
                    steps.collect::<String>() + " -> " + &self.peer(way)
                });
                before + &behind
            }
        }
    }

    /// `bash(20117)`
    pub(super) fn named(&self, pid: Pid) -> String {
        let process = self.scene.process(pid);
        let name = process.map_or_else(|| "?".to_owned(), |process| words::name(self.scene, process));
        format!("{name}({pid})")
    }

    pub(super) fn peer(&self, way: &Judged<'_>) -> String {
        let peer = self.scene.graph.peer(way.connection, false);
        peer.map_or_else(String::new, |peer| peer.to_string())
    }

    pub(super) fn summary_of_shell(&self) -> Option<String> {
        let (name, pid) = (words::name(self.scene, self.shell), self.shell.key.pid);
        let relay = |way: &Judged<'_>| {
            let process = self.scene.process(way.route.relay);
            process.map_or_else(String::new, |process| words::name(self.scene, process))
        };
        let through = |way: &Judged<'_>| format!("{} {}", relay(way), way.route.relay);
        Some(match (&self.inward, &self.outward) {
            (Some(inward), Some(outward)) if inward.route.relay == outward.route.relay => {
                format!("{name} {pid} talks through {} to {}", through(inward), self.peer(inward))
            }
            (Some(inward), Some(outward)) => format!(
                "{name} {pid} listens through {} to {} and answers {} through {}",
                through(inward),
                self.peer(inward),
                self.peer(outward),
                through(outward)
            ),
            (Some(inward), None) => {
                format!("{name} {pid} reads what {} has from {}", through(inward), self.peer(inward))
            }
            (None, Some(outward)) => {
                format!("{name} {pid} writes to {} and so to {}", through(outward), self.peer(outward))
            }
            (None, None) => return None,
        })
    }

    pub(super) fn summary_of_relay(&self, relay: &Process, socket: &Socket, others: usize) -> String {
        let name = words::name(self.scene, relay);
        let peer = socket.id.remote.inet().map_or_else(String::new, |peer| peer.to_string());
        let shell = format!("{} {}", words::name(self.scene, self.shell), self.shell.key.pid);
        let more = if others == 0 { String::new() } else { format!(" and of {others} more") };
        let is_relay =
            |way: &Option<Judged<'_>>| way.as_ref().is_some_and(|way| way.route.relay == relay.key.pid);
        let ends = match (is_relay(&self.inward), is_relay(&self.outward)) {
            (true, true) => "input and output",
            (true, false) => "input",
            (false, _) => "output",
        };
        format!("{name} {} has {ends} of {shell}{more} on its connection to {peer}", relay.key.pid)
    }
}

/// Whether the relay is next to the shell on both ways, through channels of one kind.
fn is_next(inward: &Judged<'_>, outward: &Judged<'_>) -> bool {
    match (inward.route.steps.as_slice(), outward.route.steps.as_slice()) {
        ([one], [other]) => one.to == other.to && kind(one.channel) == kind(other.channel),
        _ => false,
    }
}

fn kind(channel: Target) -> &'static str {
    match channel {
        Target::Pipe(_) => "pipe",
        Target::Fifo { .. } => "fifo",
        Target::PtySlave { .. } | Target::PtyMaster { .. } => "pty",
        Target::Socket(_) => "unix",
        Target::Terminal | Target::Null | Target::File | Target::Anonymous => "",
    }
}

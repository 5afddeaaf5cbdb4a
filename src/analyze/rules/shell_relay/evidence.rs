//! The facts of a case in words.

use super::{Case, Judged, Lowered, holding, is_a_shell, waits_for_input, words};
use crate::analyze::graph::{Flow, Held, Step};
use crate::analyze::rules::words::called;
use crate::model::{Check, Evidence, Pid, Target, Told, printable};

impl Case<'_> {
    /// The shell, each end of each channel, the connections; then what else is known of the shell.
    pub(super) fn evidence(&self) -> Vec<Evidence> {
        let mut evidence = vec![self.about_shell(is_a_shell(self.scene, self.shell))];
        for (way, flow) in [(&self.inward, Flow::In), (&self.outward, Flow::Out)] {
            let steps = way.iter().flat_map(|way| &way.route.steps);
            for fact in steps.flat_map(|step| self.step(step, flow)) {
                if !evidence.iter().any(|known| known.fact == fact.fact) {
                    evidence.push(fact);
                }
            }
        }
        let mut known: Vec<Held> = Vec::new();
        for way in self.ways() {
            if !known.contains(&way.connection) {
                known.push(way.connection);
                evidence.extend(self.connected(way.connection, "outbound"));
            }
        }
        if waits_for_input(self.scene, self.shell.key.pid) {
            let fact = format!("{} waits for its input", self.called(self.shell.key.pid));
            evidence.push(fact.into());
        }
        let mut others = words::circumstances(self.scene, self.shell);
        others.push(words::whose(self.scene, self.shell));
        others.push(words::ancestors(self.scene, self.shell));
        evidence.extend(others.into_iter().map(|fact| self.about_shell(fact)));
        evidence
    }

    /// Names the shell, where the fact is about a process that was named last.
    fn about_shell(&self, mut evidence: Evidence) -> Evidence {
        let shell = || self.called(self.shell.key.pid);
        if let Some(rest) = evidence.fact.strip_prefix("it ") {
            evidence.fact = format!("{} {rest}", shell());
        } else if let Some(rest) = evidence.fact.strip_prefix("its ") {
            evidence.fact = format!("{}'s {rest}", shell());
        }
        evidence
    }

    /// What lowers the level, or would have.
    pub(super) fn against(&self) -> Vec<Evidence> {
        let mut against: Vec<Evidence> = Vec::new();
        match (&self.inward, &self.outward) {
            (Some(_), None) => {
                against.push(
                    "no way leads from its output to a connection: data comes in only".to_owned().into(),
                );
            }
            (None, Some(_)) => {
                against.push(
                    "no way leads from a connection to its input: data goes out only".to_owned().into(),
                );
            }
            _ => {}
        }
        for way in self.ways() {
            for fact in way.lowered.iter().filter_map(|&why| self.lowered(way, why)) {
                if !against.contains(&fact) {
                    against.push(fact);
                }
            }
        }
        against.extend(self.told.then(|| self.told()).flatten());
        against
    }

    /// Both ends of a channel.
    fn step(&self, step: &Step, flow: Flow) -> [Evidence; 2] {
        let (near, check) = words::channel(step.from, step.from_fd, step.channel);
        let (reads, writes) = if flow == Flow::In { ("reads", "writes") } else { ("writes", "reads") };
        let preposition = |verb| if verb == "reads" { "from" } else { "to" };
        let near = Evidence {
            fact: format!(
                "{} {reads} on {} {} {near}",
                self.called(step.from),
                words::descriptors(&[step.from_fd]),
                preposition(reads)
            ),
            check,
        };
        let far = self.scene.graph.file(step.to, step.to_fd).map(|file| file.target);
        // Of others only standard sockets are listed as files.
        let peer = || self.scene.graph.peer_of(step.channel.socket()?).map(Target::Socket);
        let far = far.or_else(peer);
        let (what, check) =
            far.map_or_else(|| ("it".to_owned(), None), |far| words::channel(step.to, step.to_fd, far));
        let verb = match far {
            Some(Target::PtyMaster { .. }) => "holds the".to_owned(),
            _ => format!("{writes} {}", preposition(writes)),
        };
        let fds = words::descriptors(&[step.to_fd]);
        [near, Evidence { fact: format!("{} {verb} {what} on {fds}", self.called(step.to)), check }]
    }

    fn connected(&self, held: Held, direction: &str) -> Option<Evidence> {
        let socket = self.scene.graph.socket(held)?;
        let peer = socket.id.remote.inet()?;
        let entry = self.scene.entries.get(held.place)?;
        let how = holding::directed(entry, socket).map_or_else(String::new, |how| format!(": {how}"));
        let fact = format!(
            "{} holds an ESTABLISHED {direction} connection to {peer} on {}{how}",
            self.called(held.pid),
            words::descriptors(&[held.fd])
        );
        Some(Evidence { fact, check: Some(words::socket_link(held.pid, held.fd, socket)) })
    }

    fn lowered(&self, way: &Judged<'_>, why: Lowered) -> Option<Evidence> {
        match why {
            Lowered::Loopback => {
                let fact = format!("{} is on this machine: a loopback address", self.peer(way));
                Some(fact.into())
            }
            Lowered::Server(held) => {
                let mut fact = self.connected(held, "inbound")?;
                fact.fact.push_str("; so it serves a client");
                Some(fact)
            }
            Lowered::Screen => {
                let fact = format!(
                    "{} shows itself on a terminal in raw mode: a human looks at it",
                    self.called(way.route.relay)
                );
                Some(fact.into())
            }
            Lowered::Supervisor(pid) => {
                let fact = format!(
                    "{} holds the standard files of children of its own: a supervisor, not a filter",
                    self.called(pid)
                );
                Some(fact.into())
            }
        }
    }

    fn told(&self) -> Option<Evidence> {
        let pid = self.shell.key.pid;
        let (kind, shows) = match self.scene.judging.shells.told(self.shell)? {
            Told::Command(option) => ("", option),
            Told::Script(script) => ("the script ", script),
        };
        let shows = printable(shows).into_owned();
        let fact = format!("its commands were given at its start: {kind}{shows}");
        let command = format!("tr '\\0' '\\n' < /proc/{pid}/cmdline");
        Some(self.about_shell(Evidence { fact, check: Some(Check::Command { command, shows }) }))
    }

    fn called(&self, pid: Pid) -> String {
        let Some(process) = self.scene.process(pid) else { return format!("process {pid}") };
        if self.scene.graph.is_shell(pid) {
            return format!("{} ({pid})", words::name(self.scene, process));
        }
        called(process)
    }
}

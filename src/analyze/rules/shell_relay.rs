//! A shell that gets its input from an outbound connection through other processes, or sends its output there.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::holding::{self, Holding, is_a_shell};
use super::{Rule, Scene, words};
use crate::analyze::graph::{Chain, Flow, Held, Route};
use crate::model::{Alert, Fd, Level, Pid, Process, ProcessKey, Socket, SocketId};

mod drawn;
mod evidence;

/// The shell holds no socket, but who feeds it does: netcat over pipes, socat over a pseudo-terminal. Data must be able
/// to go both ways, and the program that holds the connection must not be one that serves somebody or that a human
/// looks at.
pub(super) const RULE: Rule = Rule {
    name: "shell-relay",
    summary: "a shell's input comes from an outbound connection through pipes, fifos, unix sockets or a terminal, or \
        its output goes to one",
    levels: "high: its input comes from, and its output goes to, remote outbound connections; \
        medium: the same for a shell that was told what to do (-c, a script), if both ways reach one remote host and it \
        waits for its input; \
        low: one way only, a loopback peer, a told shell else, a program that also holds an inbound connection, that \
        has a terminal in raw mode in its foreground, or a supervisor of several children in between",
    check,
};

/// Why a way counts less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lowered {
    Loopback,
    /// The relay holds this inbound connection.
    Server(Held),
    /// A human looks at the relay.
    Screen,
    /// Goes through the pipes of this process to its children.
    Supervisor(Pid),
}

/// One way and what is at its end.
#[derive(Clone, Debug)]
struct Judged<'a> {
    route: &'a Route,
    /// Remote where there is a remote one.
    connection: Held,
    /// The remote hosts to which the relay connected.
    hosts: &'a BTreeSet<IpAddr>,
    lowered: Vec<Lowered>,
}

/// A shell and the ways that tell most.
struct Case<'a> {
    scene: &'a Scene<'a>,
    shell: &'a Process,
    level: Level,
    told: bool,
    inward: Option<Judged<'a>>,
    outward: Option<Judged<'a>>,
}

fn check(scene: &Scene<'_>, _: &[Holding<'_>]) -> Vec<Alert> {
    let cases: Vec<Case<'_>> = scene.chains.all.iter().filter_map(|chain| Case::of(scene, chain)).collect();
    let mut alerts: Vec<Alert> = cases.iter().filter_map(Case::of_shell).collect();
    // A relay that serves several shells is one finding: of the gravest, and of equals the first.
    let mut relays: BTreeMap<(ProcessKey, SocketId), Vec<&Case<'_>>> = BTreeMap::new();
    for case in &cases {
        let held: BTreeSet<Held> = case.ways().map(|way| way.connection).collect();
        for held in held {
            if let (Some(process), Some(socket)) = (scene.process(held.pid), scene.graph.socket(held)) {
                relays.entry((process.key, socket.id.clone())).or_default().push(case);
            }
        }
    }
    for ((relay, socket), served) in relays {
        let gravest = served.iter().rev().max_by_key(|case| case.level);
        alerts.extend(gravest.and_then(|case| case.of_relay(relay.pid, &socket, served.len() - 1)));
    }
    alerts
}

impl<'a> Case<'a> {
    fn of(scene: &'a Scene<'a>, chain: &'a Chain) -> Option<Self> {
        let shell = scene.process(chain.shell)?;
        let judge = |routes: &'a [Route]| -> Vec<Judged<'a>> {
            let mut judged: Vec<_> = routes.iter().filter_map(|route| judged(scene, route)).collect();
            judged.sort_by_key(|way| (way.lowered.len(), way.route.steps.len()));
            judged
        };
        let (inward, outward) = (judge(&chain.inward), judge(&chain.outward));
        let (inward, outward) = most_telling(inward, outward);
        // What it holds itself is the shortest way of all.
        let direct = |fds: &[u32]| fds.iter().any(|&fd| holds_remote(scene, chain.shell, fd));
        let is_good = |way: &Option<Judged<'_>>, fds: &[u32]| {
            way.as_ref().is_some_and(|way| way.lowered.is_empty()) || direct(fds)
        };
        let told = scene.judging.shells.told(shell).is_some();
        let same_host = inward.as_ref().zip(outward.as_ref());
        let same_host = same_host.is_some_and(|(inward, outward)| !inward.hosts.is_disjoint(outward.hosts));
        let level = match (is_good(&inward, &[0]) && is_good(&outward, &[1, 2]), told) {
            (true, false) => Level::High,
            (true, true) if same_host && waits_for_input(scene, chain.shell) => Level::Medium,
            _ => Level::Low,
        };
        Some(Self { scene, shell, level, told, inward, outward })
    }

    fn ways(&self) -> impl Iterator<Item = &Judged<'a>> {
        self.inward.iter().chain(&self.outward)
    }

    /// The connection to show: that of the input, for commands come from there.
    fn connection(&self) -> Option<Held> {
        self.ways().next().map(|way| way.connection)
    }

    fn of_shell(&self) -> Option<Alert> {
        let held = self.connection()?;
        Some(self.alert(self.shell, self.scene.graph.socket(held)?, self.summary_of_shell()?))
    }

    fn of_relay(&self, relay: Pid, socket: &SocketId, others: usize) -> Option<Alert> {
        let held = self.ways().map(|way| way.connection).find(|held| held.pid == relay)?;
        let socket = self.scene.graph.socket(held).filter(|found| found.id == *socket)?;
        let process = self.scene.process(relay)?;
        Some(self.alert(process, socket, self.summary_of_relay(process, socket, others)))
    }

    fn alert(&self, about: &Process, socket: &Socket, summary: String) -> Alert {
        let mut pids = vec![about.key.pid, self.shell.key.pid];
        for way in self.ways() {
            pids.extend(way.route.steps.iter().map(|step| step.to));
        }
        let mut seen = BTreeSet::new();
        pids.retain(|&pid| seen.insert(pid));
        Alert {
            rule: RULE.name,
            level: self.level,
            process: about.key,
            socket: socket.id.clone(),
            summary,
            chain: self.drawn(),
            pids,
            evidence: self.evidence(),
            against: self.against(),
            muted: None,
        }
    }
}

/// Whether that standard file of the shell is a remote outbound connection itself.
fn holds_remote(scene: &Scene<'_>, shell: Pid, standard: u32) -> bool {
    let mut held = scene.graph.connections(shell).iter();
    let is_standard = |held: &Held| scene.graph.standard(shell, held.fd) == Some(standard);
    held.any(|held| is_standard(held) && scene.graph.peer(*held, true).is_some())
}

/// Whether a remote outbound connection is at the end of a way, by which the shell is typed into, or answers, for all
/// that this way says.
pub(super) fn reaches(scene: &Scene<'_>, shell: Pid, flow: Flow) -> bool {
    let place = scene.chains.all.binary_search_by_key(&shell, |chain| chain.shell);
    let Some(chain) = place.ok().and_then(|place| scene.chains.all.get(place)) else { return false };
    let routes = if flow == Flow::In { &chain.inward } else { &chain.outward };
    routes.iter().filter_map(|route| judged(scene, route)).any(|way| way.lowered.is_empty())
}

/// What the relay at the end of a way holds; none where it holds no outbound connection.
fn judged<'a>(scene: &Scene<'a>, route: &'a Route) -> Option<Judged<'a>> {
    let relay = scene.chains.relays.get(&route.relay)?;
    let mut lowered = Vec::new();
    if scene.graph.peer(relay.connection, true).is_none() {
        lowered.push(Lowered::Loopback);
    }
    lowered.extend(relay.inbound.map(Lowered::Server));
    if relay.is_on_screen {
        lowered.push(Lowered::Screen);
    }
    lowered.extend(route.supervisor.map(Lowered::Supervisor));
    Some(Judged { route, connection: relay.connection, hosts: &relay.hosts, lowered })
}

/// One way in and one out: of the ways that count most those that reach one host, of these the shortest.
fn most_telling<'a>(
    inward: Vec<Judged<'a>>,
    outward: Vec<Judged<'a>>,
) -> (Option<Judged<'a>>, Option<Judged<'a>>) {
    /// A hub of many relays is one finding all the same.
    const MOST_COMPARED: usize = 32;
    let good = |ways: &[Judged<'a>]| -> Vec<Judged<'a>> {
        ways.iter().filter(|way| way.lowered.is_empty()).take(MOST_COMPARED).cloned().collect()
    };
    let (good_in, good_out) = (good(&inward), good(&outward));
    let pairs = good_in.iter().flat_map(|one| good_out.iter().map(move |other| (one, other)));
    let apart = |(one, other): &(&Judged<'_>, &Judged<'_>)| {
        let length = one.route.steps.len() + other.route.steps.len();
        (one.hosts.is_disjoint(other.hosts), one.route.relay != other.route.relay, length)
    };
    match pairs.min_by_key(apart) {
        Some((one, other)) => (Some(one.clone()), Some(other.clone())),
        None => (inward.into_iter().next(), outward.into_iter().next()),
    }
}

/// Whether the shell was seen waiting for data on its standard input, by whatever descriptor.
fn waits_for_input(scene: &Scene<'_>, shell: Pid) -> bool {
    let Some(probe) = scene.snapshot.probes.get(&shell) else { return false };
    let target = |fd| scene.graph.file(shell, fd).map(|file| file.target);
    let input = target(Fd(0));
    let is_input =
        |fd: Fd| scene.graph.standard(shell, fd) == Some(0) || (input.is_some() && target(fd) == input);
    probe.waits_for.iter().any(|&fd| is_input(fd))
}

//! The ways from shells to processes that hold outbound connections.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::IpAddr;
use std::rc::Rc;

use super::{Flow, Graph, Held, Onward};
use crate::model::{Fd, Pid, Target};

/// Steps of all searches of one snapshot together; each looks at one file of a process, or at one end of a channel. A
/// shell that is not searched to the end is counted, so that nobody hides behind 100,000 pipes without it being said.
const MOST_STEPS: usize = 400_000;
/// Of the search for one shell, in one direction.
const MOST_STEPS_OF_ONE: usize = 20_000;
/// What each search may take, however many there were: enough for what is near the shell.
const LEAST_STEPS_OF_ONE: usize = 64;
/// Channels of one way. Each is a fact of an alert, and no tool has so many.
const MOST_CHANNELS: usize = 64;

/// A pump between two others has two children; who has more of them is no filter between them.
const MOST_CHILDREN: usize = 2;

/// From one process to the next, away from the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analyze) struct Step {
    /// The process nearer to the shell, and its descriptor of the channel.
    pub from: Pid,
    pub from_fd: Fd,
    /// What that descriptor refers to.
    pub channel: Target,
    pub to: Pid,
    pub to_fd: Fd,
}

/// A way from a shell to a process that holds an outbound connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::analyze) struct Route {
    /// Never none.
    pub steps: Vec<Step>,
    /// The process that holds the connection.
    pub relay: Pid,
    /// A process in between whose pipes to its children this goes through, where it is none that passes data on: a
    /// supervisor, or whoever waits for a command that it gave.
    pub supervisor: Option<Pid>,
}

/// All ways of one shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::analyze) struct Chain {
    pub shell: Pid,
    /// Where its input comes from.
    pub inward: Vec<Route>,
    /// Where its output and error output go.
    pub outward: Vec<Route>,
}

/// What a process at the end of a way holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::analyze) struct Relay {
    /// The first remote outbound connection, else the first outbound one.
    pub connection: Held,
    /// The remote hosts to which it connected.
    pub hosts: BTreeSet<IpAddr>,
    /// The first inbound connection.
    pub inbound: Option<Held>,
    /// A human looks at it.
    pub is_on_screen: bool,
}

impl Relay {
    fn of(graph: &Graph<'_>, pid: Pid) -> Option<Self> {
        let held = graph.connections(pid);
        let remote = held.iter().find(|held| graph.peer(**held, true).is_some());
        let connection = *remote.or_else(|| held.iter().find(|held| held.is_outbound()))?;
        Some(Self {
            connection,
            hosts: held.iter().filter_map(|held| graph.peer(*held, true)).map(|peer| peer.ip()).collect(),
            inbound: held.iter().find(|held| !held.is_outbound()).copied(),
            is_on_screen: graph.is_on_screen(pid),
        })
    }
}

/// The ways of all shells.
#[derive(Debug, Default)]
pub(in crate::analyze) struct Chains {
    /// Of shells that have any, by pid.
    pub all: Vec<Chain>,
    /// Those at their ends.
    pub relays: BTreeMap<Pid, Relay>,
    /// Shells that were not searched to the end.
    pub unfollowed: usize,
}

/// Finds the ways of all shells. `is_told` says of which the commands were given at their start.
pub(in crate::analyze) fn chains(graph: &Graph<'_>, is_told: &dyn Fn(Pid) -> bool) -> Chains {
    let mut chains = Chains::default();
    let connected = near_connections(graph);
    let descriptors = &graph.snapshot.descriptors;
    let of_shells = descriptors.chunk_by(|a, b| a.pid == b.pid).filter_map(|files| {
        let pid = files.first()?.pid;
        let relays = connected.get(&pid).filter(|_| graph.is_shell(pid))?;
        Some((pid, files, *relays - usize::from(connects_out(graph, pid))))
    });
    let mut of_shells = of_shells.peekable();
    if of_shells.peek().is_none() {
        return chains;
    }
    let onward = graph.onward();
    let mut known = HashMap::new();
    let mut left = MOST_STEPS;
    for (shell, files, relays) in of_shells {
        let own = files.iter().filter(|file| graph.standard(shell, file.fd).is_some());
        let own = own.map(|&file| Onward { file, ends: graph.ends(file.target) }).collect();
        let mut search = Search {
            graph,
            onward: &onward,
            known: &mut known,
            is_told: is_told(shell),
            own,
            relays,
            found: Vec::new(),
            left: 0,
            is_cut: false,
        };
        let [inward, outward] = [Flow::In, Flow::Out].map(|flow| {
            let steps = left.clamp(LEAST_STEPS_OF_ONE, MOST_STEPS_OF_ONE);
            search.left = steps;
            let routes = search.routes(shell, flow);
            left = left.saturating_sub(steps - search.left);
            routes
        });
        chains.unfollowed += usize::from(search.is_cut);
        if !inward.is_empty() || !outward.is_empty() {
            chains.all.push(Chain { shell, inward, outward });
        }
    }
    for route in chains.all.iter().flat_map(|chain| chain.inward.iter().chain(&chain.outward)) {
        if let Entry::Vacant(new) = chains.relays.entry(route.relay)
            && let Some(relay) = Relay::of(graph, route.relay)
        {
            new.insert(relay);
        }
    }
    chains
}

/// The processes that channels join to one with an outbound connection, in whatever direction, and to how many of
/// those. Cheap, so that a machine full of shells and pipes without any connection near them costs no search, and that
/// no search goes on when it has found all that there is.
fn near_connections(graph: &Graph<'_>) -> BTreeMap<Pid, usize> {
    let outbound = graph.held.iter().filter(|held| held.is_outbound());
    let mut outbound: Vec<Pid> = outbound.map(|held| held.pid).collect();
    outbound.dedup();
    if outbound.is_empty() {
        return BTreeMap::new();
    }
    let mut pairs = graph.joined();
    pairs.extend_from_within(..);
    let half = pairs.len() / 2;
    for pair in pairs.iter_mut().skip(half) {
        *pair = (pair.1, pair.0);
    }
    pairs.sort_unstable();
    pairs.dedup();
    let mut near = BTreeMap::new();
    for &start in &outbound {
        let (mut next, mut joined) = (vec![start], Vec::new());
        while let Some(pid) = next.pop() {
            if let Entry::Vacant(new) = near.entry(pid) {
                new.insert(0);
                joined.push(pid);
                next.extend(super::within(&pairs, |&(one, _)| one, pid).iter().map(|&(_, other)| other));
            }
        }
        let relays = joined.iter().filter(|pid| outbound.binary_search(pid).is_ok()).count();
        near.extend(joined.into_iter().map(|pid| (pid, relays)));
    }
    near
}

fn connects_out(graph: &Graph<'_>, pid: Pid) -> bool {
    graph.connections(pid).iter().any(Held::is_outbound)
}

/// The pipes between a process and its children.
struct Served {
    /// Sorted.
    pipes: Vec<Target>,
    children: usize,
    is_on_screen: bool,
}

/// One shell's.
struct Search<'g> {
    graph: &'g Graph<'g>,
    /// Of every process, by pid: see [`Graph::onward`].
    onward: &'g [Onward<'g>],
    /// Of processes that searches came through.
    known: &'g mut HashMap<Pid, Rc<Served>>,
    is_told: bool,
    /// Its standard files: no way leads through them again.
    own: Vec<Onward<'g>>,
    /// How many processes with outbound connections channels join it to, in whatever direction.
    relays: usize,
    /// Those that were reached.
    found: Vec<Pid>,
    /// Steps to go.
    left: usize,
    is_cut: bool,
}

/// How a process was reached first.
#[derive(Clone, Copy)]
struct Arrival {
    step: Option<Step>,
    /// Through which supervisor.
    supervisor: Option<Pid>,
    /// Channels from the shell to here.
    channels: usize,
}

type Reached = BTreeMap<Pid, Arrival>;

impl Search<'_> {
    /// The shortest way to each process that holds an outbound connection; ways without a supervisor first.
    fn routes(&mut self, shell: Pid, flow: Flow) -> Vec<Route> {
        let start = Arrival { step: None, supervisor: None, channels: 0 };
        let mut reached: Reached = [(shell, start)].into();
        let mut supervised = Vec::new();
        self.found.clear();
        self.search(VecDeque::from([shell]), flow, &mut reached, &mut supervised);
        // What only supervisors lead to, and what is behind that.
        let mut beyond = VecDeque::new();
        for arrival in supervised {
            let Some(step) = arrival.step else { continue };
            if !reached.contains_key(&step.to) {
                self.arrive(step.to, arrival, &mut reached);
                beyond.push_back(step.to);
            }
        }
        self.search(beyond, flow, &mut reached, &mut Vec::new());
        self.found.sort_unstable();
        self.found.iter().filter_map(|&relay| route(&reached, relay)).collect()
    }

    fn arrive(&mut self, pid: Pid, arrival: Arrival, reached: &mut Reached) {
        reached.insert(pid, arrival);
        if connects_out(self.graph, pid) {
            self.found.push(pid);
        }
    }

    /// Goes on from these as far as it leads. Steps through a supervisor are put aside, unless the way goes through
    /// one already.
    fn search(
        &mut self,
        mut next: VecDeque<Pid>,
        flow: Flow,
        reached: &mut Reached,
        supervised: &mut Vec<Arrival>,
    ) {
        let (graph, own) = (self.graph, std::mem::take(&mut self.own));
        while let Some(pid) = next.pop_front() {
            let Some(&came) = reached.get(&pid) else { continue };
            let is_shell = came.step.is_none();
            let files =
                if is_shell { &own } else { super::within(self.onward, |onward| onward.file.pid, pid) };
            let supervision = if is_shell { None } else { self.supervision(pid) };
            for onward in files {
                let file = &onward.file;
                if !self.may_step() {
                    break;
                }
                let is_led = match (graph.standard(pid, file.fd), flow) {
                    (Some(0), Flow::In) | (Some(1), Flow::Out) => true,
                    (Some(2), Flow::Out) if is_shell => true,
                    _ => !is_shell && file.target.is_pipe(),
                };
                if !is_led || (!is_shell && own.iter().any(|known| known.file.target == file.target)) {
                    continue;
                }
                let is_supervised = came.supervisor.is_none()
                    && file.fd.0 > 2
                    && supervision
                        .as_ref()
                        .is_some_and(|served| served.pipes.binary_search(&file.target).is_ok());
                for end in graph.beyond(*onward, flow) {
                    if !self.may_step() {
                        break;
                    }
                    let Some((to, to_fd)) = end.filter(|(to, _)| !reached.contains_key(to)) else { continue };
                    if came.channels == MOST_CHANNELS {
                        self.is_cut = true;
                        continue;
                    }
                    let step = Some(Step { from: pid, from_fd: file.fd, channel: file.target, to, to_fd });
                    let channels = came.channels + 1;
                    if is_supervised {
                        supervised.push(Arrival { step, supervisor: Some(pid), channels });
                    } else {
                        self.arrive(to, Arrival { step, supervisor: came.supervisor, channels }, reached);
                        next.push_back(to);
                    }
                }
            }
        }
        self.own = own;
    }

    /// Counts a step, if there are any to go and anything to be found.
    fn may_step(&mut self) -> bool {
        if self.found.len() >= self.relays {
            return false;
        }
        let left = self.left.checked_sub(1);
        self.is_cut |= left.is_none();
        self.left = left.unwrap_or_default();
        left.is_some()
    }

    /// The pipes of a process, if through them data does not go on to its children.
    fn supervision(&mut self, pid: Pid) -> Option<Rc<Served>> {
        let graph = self.graph;
        let served = self.known.entry(pid).or_insert_with(|| {
            let served = graph.served_children(pid);
            let children = served.chunk_by(|a, b| a.0 == b.0).count();
            let mut pipes: Vec<Target> = served.into_iter().map(|(_, pipe)| pipe).collect();
            pipes.sort_unstable();
            let is_on_screen = children > 0 && graph.is_on_screen(pid);
            Rc::new(Served { pipes, children, is_on_screen })
        });
        let is_supervisor =
            served.children > MOST_CHILDREN || (served.children > 0 && (self.is_told || served.is_on_screen));
        is_supervisor.then(|| Rc::clone(served))
    }
}

/// The steps by which a process was reached, from the shell on.
fn route(reached: &Reached, relay: Pid) -> Option<Route> {
    let mut steps = Vec::new();
    let Arrival { step: mut last, supervisor, .. } = *reached.get(&relay)?;
    while let Some(step) = last {
        steps.push(step);
        last = reached.get(&step.from)?.step;
    }
    steps.reverse();
    Some(Route { steps, relay, supervisor })
}

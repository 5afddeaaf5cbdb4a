//! The ways from shells to processes that hold outbound connections.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Flow, Graph};
use crate::analyze::Direction;
use crate::model::{Descriptor, Fd, Pid, Target};

/// Steps of all searches of one snapshot together; each looks at one other end of a channel. A shell that is not
/// searched to the end is counted, so that nobody hides behind 100,000 pipes without it being said.
const MOST_STEPS: usize = 400_000;
/// Of the search for one shell, in one direction.
const MOST_STEPS_OF_ONE: usize = 20_000;

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

/// The chains of all shells that have any, and the number of shells that were not searched to the end. `is_told` says
/// of which shells the commands were given at their start.
pub(in crate::analyze) fn chains(graph: &Graph<'_>, is_told: &dyn Fn(Pid) -> bool) -> (Vec<Chain>, usize) {
    let connected = near_connections(graph);
    let (mut found, mut left_out, mut steps) = (Vec::new(), 0, 0);
    for files in graph.snapshot.descriptors.chunk_by(|a, b| a.pid == b.pid) {
        let Some(shell) = files.first().map(|file| file.pid) else { continue };
        if !graph.is_shell(shell) || !connected.contains(&shell) {
            continue;
        }
        let own = files.iter().filter(|file| graph.standard(shell, file.fd).is_some());
        let own: Vec<Target> = own.map(|file| file.target).collect();
        let mut search =
            Search { graph, is_told: is_told(shell), own, steps: 0, is_cut: steps >= MOST_STEPS };
        let inward = search.routes(shell, Flow::In);
        let outward = search.routes(shell, Flow::Out);
        steps += search.steps;
        left_out += usize::from(search.is_cut);
        if !inward.is_empty() || !outward.is_empty() {
            found.push(Chain { shell, inward, outward });
        }
    }
    (found, left_out)
}

/// The processes that channels join to one with an outbound connection, in whatever direction. Cheap, so that a
/// machine full of shells and pipes without any connection near them costs no search.
fn near_connections(graph: &Graph<'_>) -> BTreeSet<Pid> {
    let mut pairs = graph.joined();
    pairs.extend(pairs.clone().into_iter().map(|(one, other)| (other, one)));
    pairs.sort_unstable();
    pairs.dedup();
    let outbound = graph.held.iter().filter(|held| held.direction == Direction::Outbound);
    let mut next: Vec<Pid> = outbound.map(|held| held.pid).collect();
    let mut near = BTreeSet::new();
    while let Some(pid) = next.pop() {
        if near.insert(pid) {
            next.extend(super::within(&pairs, |&(one, _)| one, pid).iter().map(|&(_, other)| other));
        }
    }
    near
}

/// One shell's.
struct Search<'g> {
    graph: &'g Graph<'g>,
    is_told: bool,
    /// What its standard files are: no way leads through them again.
    own: Vec<Target>,
    steps: usize,
    is_cut: bool,
}

/// How a process was reached first: by which step, and through which supervisor.
type Reached = BTreeMap<Pid, (Option<Step>, Option<Pid>)>;

impl Search<'_> {
    /// The shortest way to each process that holds an outbound connection; ways without a supervisor first.
    fn routes(&mut self, shell: Pid, flow: Flow) -> Vec<Route> {
        let mut reached: Reached = [(shell, (None, None))].into();
        let mut supervised = Vec::new();
        self.search(VecDeque::from([shell]), flow, &mut reached, &mut supervised);
        // What only supervisors lead to, and what is behind that.
        let mut beyond = VecDeque::new();
        for (step, supervisor) in supervised {
            if let Entry::Vacant(new) = reached.entry(step.to) {
                new.insert((Some(step), Some(supervisor)));
                beyond.push_back(step.to);
            }
        }
        self.search(beyond, flow, &mut reached, &mut Vec::new());
        let relays = reached.keys().filter(|&&pid| pid != shell && self.connects_out(pid));
        relays.filter_map(|&relay| route(&reached, relay)).collect()
    }

    /// Goes on from these as far as it leads. Steps through a supervisor are put aside, unless the way goes through
    /// one already.
    fn search(
        &mut self,
        mut next: VecDeque<Pid>,
        flow: Flow,
        reached: &mut Reached,
        supervised: &mut Vec<(Step, Pid)>,
    ) {
        while let Some(pid) = next.pop_front() {
            let Some(&(came, through)) = reached.get(&pid) else { continue };
            let supervision = came.map(|_| self.supervision(pid)).unwrap_or_default();
            for file in self.onward(pid, came.is_none(), flow) {
                for (to, to_fd) in self.graph.beyond(&file, flow) {
                    self.steps += 1;
                    if self.is_cut || self.steps > MOST_STEPS_OF_ONE {
                        self.is_cut = true;
                        return;
                    }
                    let step = Step { from: pid, from_fd: file.fd, channel: file.target, to, to_fd };
                    if reached.contains_key(&to) {
                        continue;
                    }
                    if through.is_none() && file.fd.0 > 2 && supervision.contains(&file.target) {
                        supervised.push((step, pid));
                        continue;
                    }
                    reached.insert(to, (Some(step), through));
                    next.push_back(to);
                }
            }
        }
    }

    /// The files through which data goes on: of the shell its standard ones; of others each pipe and fifo, and the
    /// standard input or output, whatever that is.
    fn onward(&self, pid: Pid, is_shell: bool, flow: Flow) -> Vec<Descriptor> {
        let leads = |file: &&Descriptor| match (self.graph.standard(pid, file.fd), flow) {
            (Some(0), Flow::In) | (Some(1), Flow::Out) => is_shell || !self.own.contains(&file.target),
            (Some(2), Flow::Out) if is_shell => true,
            _ if is_shell => false,
            _ => {
                matches!(file.target, Target::Pipe(_) | Target::Fifo { .. })
                    && !self.own.contains(&file.target)
            }
        };
        self.graph.files(pid).iter().filter(leads).copied().collect()
    }

    /// The pipes of a process through which data does not go on to its children.
    fn supervision(&self, pid: Pid) -> Vec<Target> {
        let served = self.graph.served_children(pid);
        let children = served.chunk_by(|a, b| a.0 == b.0).count();
        if children > MOST_CHILDREN || (children > 0 && (self.is_told || self.graph.is_on_screen(pid))) {
            served.into_iter().map(|(_, pipe)| pipe).collect()
        } else {
            Vec::new()
        }
    }

    fn connects_out(&self, pid: Pid) -> bool {
        self.graph.connections(pid).iter().any(|held| held.direction == Direction::Outbound)
    }
}

/// The steps by which a process was reached, from the shell on.
fn route(reached: &Reached, relay: Pid) -> Option<Route> {
    let mut steps = Vec::new();
    let (mut last, supervisor) = *reached.get(&relay)?;
    while let Some(step) = last {
        steps.push(step);
        last = reached.get(&step.from)?.0;
    }
    steps.reverse();
    Some(Route { steps, relay, supervisor })
}

//! Looks closer at the few processes on which a rule can turn.
//!
//! Of all processes whose descriptors were read ([`super::links`]), and of shells that hold a connection, is told
//! whether everybody may write where their executable is; of these shells, what they wait for. The mode of a terminal
//! is asked of a process only that could be a relay, or be between a relay and a shell: it is no shell, holds a pipe, a
//! fifo or a terminal's master, or a connection and a unix socket, and is in the foreground of its terminal, or has none
//! and opened one. [`terminal`] opens that for a moment.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::AsFd;

use super::gaps::Gaps;
use super::links::within;
use super::process::Reader;
use super::root::ProcRoot;
use crate::model::{
    Descriptor, Family, Fd, GapReason, GapScope, Owner, Pid, Probe, Process, Shells, Socket, Target,
};

mod directory;
mod syscall;
mod terminal;

use directory::Directories;

const MOST_PROBES: usize = 4096;

/// What was found before of one look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'a> {
    pub(super) processes: &'a BTreeMap<Pid, Process>,
    /// By process.
    pub(super) descriptors: &'a [Descriptor],
    /// By inode.
    pub(super) owners: &'a [Owner],
    pub(super) sockets: &'a [Socket],
}

/// Probes processes, and remembers what directories are.
#[derive(Debug)]
pub(super) struct Prober {
    shells: Shells,
    directories: Directories,
}

impl Prober {
    pub(super) fn new(shells: Shells) -> Self {
        Self { shells, directories: Directories::new() }
    }

    /// Those of which there is something to tell.
    pub(super) fn find(
        &mut self,
        root: &ProcRoot,
        reader: &mut Reader,
        found: Found<'_>,
        gaps: &mut Gaps,
    ) -> BTreeMap<Pid, Probe> {
        self.directories.next_pass();
        let chosen = found.chosen();
        let shells = found.processes.values().filter(|process| self.shells.is_shell(process));
        let shells: BTreeSet<Pid> = shells.map(|process| process.key.pid).collect();
        let connected =
            found.holders(|pid| shells.contains(&pid) || chosen.contains_key(&pid), Socket::is_established);
        let (mut local, mut is_any_connected) = (None, None); // who holds unix sockets, should somebody ask
        let shells = shells.into_iter().filter(|pid| connected.contains(pid));
        let pids: BTreeSet<Pid> = chosen.keys().copied().chain(shells).collect();
        let mut probes = BTreeMap::new();
        for (count, &pid) in pids.iter().enumerate() {
            let Some(process) = found.processes.get(&pid) else { continue };
            if count >= MOST_PROBES {
                gaps.add(GapScope::Links, GapReason::TooLarge);
                continue;
            }
            let Ok(dir) = root.process(pid) else { continue };
            let mut probe = Probe::default();
            if let Some(exe) = process.exe.known().filter(|_| root.is_procfs()) {
                match self.directories.is_public(dir.as_fd(), &exe.path) {
                    Ok(is_public) => probe.in_public_directory = is_public,
                    Err(reason) => gaps.add(GapScope::Links, reason),
                }
            }
            let own = chosen.get(&pid).copied().unwrap_or_default();
            if self.shells.is_shell(process) {
                if reader.is(dir.as_fd(), process.key) {
                    probe.waits_for = syscall::waits_for(dir.as_fd());
                }
            } else if root.is_procfs() && may_be_seen(process, own) {
                let mut of_unix = |pid| {
                    let is_unix = |socket: &Socket| socket.family == Family::Unix;
                    let holders = local.get_or_insert_with(|| found.holders(|_| true, is_unix));
                    BTreeSet::contains(holders, &pid)
                };
                let passes_on = own.iter().any(is_link)
                    && *is_any_connected.get_or_insert_with(|| found.is_any_held(Socket::is_established));
                let is_relay = passes_on || (connected.contains(&pid) && of_unix(pid));
                if is_relay && reader.is(dir.as_fd(), process.key) {
                    probe.raw_terminals = terminal::raw(root, dir.as_fd(), process, own, found);
                }
            }
            if probe != Probe::default() {
                probes.insert(pid, probe);
            }
        }
        probes
    }
}

impl<'a> Found<'a> {
    fn chosen(self) -> BTreeMap<Pid, &'a [Descriptor]> {
        let own = self.descriptors.chunk_by(|one, other| one.pid == other.pid);
        own.filter_map(|own| Some((own.first()?.pid, own))).collect()
    }

    /// Those of these processes that hold such a socket.
    fn holders(self, of: impl Fn(Pid) -> bool, wanted: impl Fn(&Socket) -> bool) -> BTreeSet<Pid> {
        let held: Vec<Owner> = self.owners.iter().filter(|owner| of(owner.pid)).copied().collect();
        let (Some(first), Some(last)) = (held.first(), held.last()) else { return BTreeSet::new() };
        let between = first.inode..=last.inode; // where few are asked of, most are not
        let sockets = self.sockets.iter().map(|socket| (socket.id.inode, socket));
        let sockets = sockets.filter(|(inode, _)| between.contains(inode) && !inode.is_none());
        let sockets = sockets.filter(|(_, socket)| wanted(socket));
        let owners = sockets.flat_map(|(inode, _)| within(&held, |owner| owner.inode, inode));
        owners.map(|owner| owner.pid).collect()
    }

    /// Whether any process holds such a socket.
    fn is_any_held(self, wanted: impl Fn(&Socket) -> bool) -> bool {
        let mut sockets = self.sockets.iter().filter(|socket| wanted(socket)).map(|socket| socket.id.inode);
        sockets.any(|inode| !inode.is_none() && !within(self.owners, |owner| owner.inode, inode).is_empty())
    }
}

/// Whether somebody can be looking at it: it is in the foreground of its terminal, or has none and opened one for its
/// user, as an editor does that runs as a daemon.
fn may_be_seen(process: &Process, own: &[Descriptor]) -> bool {
    let is_slave = |file: &Descriptor| matches!(file.target, Target::PtySlave { .. }) && file.fd.0 > 2;
    match process.tty {
        Some(_) => process.group.is_some() && process.group == process.foreground,
        None => own.iter().any(is_slave),
    }
}

/// Whether data may pass there to or from a shell.
fn is_link(descriptor: &Descriptor) -> bool {
    match descriptor.target {
        Target::Pipe(_) | Target::Fifo { .. } | Target::PtyMaster { .. } => true,
        Target::Socket(_)
        | Target::PtySlave { .. }
        | Target::Terminal
        | Target::Null
        | Target::File
        | Target::Anonymous => false,
    }
}

/// Whether it is standard input or output.
fn is_stdio(fd: Fd) -> bool {
    fd.0 <= 1
}

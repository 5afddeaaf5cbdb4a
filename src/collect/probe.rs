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
use super::process::Reader;
use super::root::ProcRoot;
use crate::model::{
    Descriptor, Family, Fd, GapReason, GapScope, Inode, Owner, Pid, Probe, Process, Shells, Socket, Target,
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
        let connected = found.holders(Socket::is_established);
        let mut local = None; // who holds unix sockets, should somebody ask
        let chosen = found.chosen();
        let shells = connected.iter().filter(|&pid| self.is_shell(found, *pid));
        let pids: BTreeSet<Pid> = chosen.keys().chain(shells).copied().collect();
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
                    let holders =
                        local.get_or_insert_with(|| found.holders(|socket| socket.family == Family::Unix));
                    BTreeSet::contains(holders, &pid)
                };
                let passes_on = !connected.is_empty() && own.iter().any(is_link);
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

    fn is_shell(&self, found: Found<'_>, pid: Pid) -> bool {
        found.processes.get(&pid).is_some_and(|process| self.shells.is_shell(process))
    }
}

impl<'a> Found<'a> {
    fn chosen(self) -> BTreeMap<Pid, &'a [Descriptor]> {
        let own = self.descriptors.chunk_by(|one, other| one.pid == other.pid);
        own.filter_map(|own| Some((own.first()?.pid, own))).collect()
    }

    /// The processes that hold such a socket.
    fn holders(self, wanted: impl Fn(&Socket) -> bool) -> BTreeSet<Pid> {
        let inodes = self.sockets.iter().filter(|socket| wanted(socket)).map(|socket| socket.id.inode);
        let mut inodes: Vec<Inode> = inodes.filter(|inode| !inode.is_none()).collect();
        inodes.sort_unstable();
        let owners = self.owners.iter().filter(|owner| inodes.binary_search(&owner.inode).is_ok());
        owners.map(|owner| owner.pid).collect()
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

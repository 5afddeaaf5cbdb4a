//! Reads the tables of all network namespaces, each in the best way that is open.

use std::os::fd::AsFd;

use rustix::io::Errno;

use super::gaps::{Gaps, reason};
use super::netns::{self, Member, Namespace, inside};
use super::root::{ProcRoot, open_path};
use super::ticks::Ticks;
use super::{diag, room, text};
use crate::model::{GapReason, GapScope, Netns, Seen, Socket};

mod lingering;
mod unheld;

use lingering::Lingering;
pub(super) use unheld::Held;

/// Reads tables, with buffers that are used again.
#[derive(Debug)]
pub(super) struct Tables {
    text: text::Reader,
    diag: diag::Reader,
    /// The namespace of the thread that reads, which stays in it ([`inside`]).
    own: Option<Netns>,
    lingering: Lingering,
}

/// What came of reading all tables.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) sockets: Vec<Socket>,
    /// Some namespaces could only be read from inside, or would be read better.
    pub(super) entered: bool,
    /// Namespaces that were read as text, as they could not be entered.
    pub(super) not_entered: u32,
}

impl Tables {
    pub(super) fn new(ticks: Ticks) -> Self {
        Self {
            text: text::Reader::new(ticks),
            diag: diag::Reader::new(),
            own: None,
            lingering: Lingering::default(),
        }
    }

    /// The rows of all namespaces, by `sock_diag(7)` where `by_diag` says so and the namespace can be entered. They will be
    /// about as many as are `held`.
    ///
    /// Fails where `sock_diag(7)` is refused altogether.
    pub(super) fn read(
        &mut self,
        root: &ProcRoot,
        namespaces: &mut Vec<Namespace>,
        held: usize,
        by_diag: bool,
        seen: &mut Seen,
        gaps: &mut Gaps,
    ) -> Result<Found, Errno> {
        let mut found = Found::default();
        room::reserve(&mut found.sockets, held.saturating_add(held / 8));
        let mut hidden = Vec::new();
        let mut to_enter = Vec::new();
        let own = self.own_namespace(root).filter(|_| by_diag);
        for namespace in namespaces.iter() {
            seen.namespaces += 1;
            let can_enter = root.is_default() && matches!(namespace.netns, Netns::Inode(_));
            if own.is_some_and(|own| own == namespace.netns) {
                self.here(root, namespace.netns, &mut found.sockets, gaps)?;
                seen.namespaces_read += 1;
                continue;
            }
            if by_diag && can_enter {
                to_enter.push(namespace);
                continue;
            }
            match self.through_members(root, namespace, &mut found.sockets, gaps) {
                Ok(()) => {
                    seen.namespaces_read += 1;
                    hidden.extend(Some(namespace.netns).filter(|netns| matches!(netns, Netns::Hidden(_))));
                }
                Err(_) if can_enter && !namespace.entrances.is_empty() => to_enter.push(namespace),
                Err(reason) => gaps.add(GapScope::Namespace, reason),
            }
        }
        if !to_enter.is_empty() {
            found.entered = true;
            let revealed = self.enter(root, &to_enter, &hidden, by_diag, &mut found, seen, gaps);
            reveal(&revealed, namespaces, &mut found.sockets, seen);
        }
        Ok(found)
    }

    fn own_namespace(&mut self, root: &ProcRoot) -> Option<Netns> {
        if self.own.is_none() {
            let here = open_path(root, c"thread-self").and_then(|here| netns::number(here.as_fd()));
            self.own = here.ok().flatten().map(Netns::Inode);
        }
        self.own
    }

    /// Reads namespaces from inside, and as text those that may not be entered. Gives those that had been read
    /// before, through a process whose `ns/net` is refused: as they were called then, and their number.
    #[expect(clippy::too_many_arguments, reason = "all that one reading touches")]
    fn enter(
        &mut self,
        root: &ProcRoot,
        namespaces: &[&Namespace],
        hidden: &[Netns],
        by_diag: bool,
        found: &mut Found,
        seen: &mut Seen,
        gaps: &mut Gaps,
    ) -> Vec<(Netns, Netns)> {
        let mut revealed = Vec::new();
        let sockets = &mut found.sockets;
        let read = inside(root, namespaces, |namespace, here| {
            let called = netns::table(here.as_fd()).map(Netns::Hidden);
            if let Some(&called) = hidden.iter().find(|&&hidden| called == Ok(hidden)) {
                revealed.push((called, namespace.netns));
                return Ok(false);
            }
            if by_diag && self.here(root, namespace.netns, sockets, gaps).is_ok() {
                return Ok(true);
            }
            self.text.read(here.as_fd(), namespace.netns, None, sockets, gaps).map(|()| true)
        });
        for (namespace, read) in namespaces.iter().zip(read) {
            match read.flatten() {
                Ok(is_new) => seen.namespaces_read += u32::from(is_new),
                Err(why) => match self.through_members(root, namespace, &mut found.sockets, gaps) {
                    Ok(()) => {
                        seen.namespaces_read += 1;
                        found.not_entered += 1;
                    }
                    Err(GapReason::Unsupported) => gaps.add(GapScope::Namespace, why),
                    Err(reason) => gaps.add(GapScope::Namespace, reason),
                },
            }
        }
        revealed
    }

    /// Reads the namespace that this thread is in: what the kernel tells by netlink, the rest as text.
    fn here(
        &mut self,
        root: &ProcRoot,
        netns: Netns,
        sockets: &mut Vec<Socket>,
        gaps: &mut Gaps,
    ) -> Result<(), Errno> {
        let left = self.diag.read(netns, &diag::Table::ALL, diag::STATES, sockets, gaps)?;
        let read = open_path(root, c"thread-self").map_err(reason);
        let read = read.and_then(|here| self.text.read(here.as_fd(), netns, Some(&left), sockets, gaps));
        if let Err(reason) = read {
            gaps.add(GapScope::Table, reason);
        }
        Ok(())
    }

    /// Reads a namespace as text, through the first of its processes that stays in it to the end.
    fn through_members(
        &mut self,
        root: &ProcRoot,
        namespace: &Namespace,
        sockets: &mut Vec<Socket>,
        gaps: &mut Gaps,
    ) -> Result<(), GapReason> {
        let mut why = if namespace.members.is_empty() { GapReason::Unsupported } else { GapReason::Vanished };
        let before = sockets.len();
        for member in &namespace.members {
            let mut own = Gaps::default();
            match self.through(root, *member, namespace, sockets, &mut own) {
                Ok(()) => {
                    gaps.merge(own);
                    return Ok(());
                }
                Err(reason) => {
                    sockets.truncate(before);
                    if reason != GapReason::Vanished {
                        why = reason;
                    }
                }
            }
        }
        Err(why)
    }

    fn through(
        &mut self,
        root: &ProcRoot,
        member: Member,
        namespace: &Namespace,
        sockets: &mut Vec<Socket>,
        gaps: &mut Gaps,
    ) -> Result<(), GapReason> {
        let process = member.directory(root, namespace.netns).map_err(reason)?;
        self.text.read(process.as_fd(), namespace.netns, None, sockets, gaps)?;
        member.is_in(process.as_fd(), namespace.netns).map_err(reason)
    }
}

/// Calls namespaces by their numbers that had none before.
fn reveal(
    revealed: &[(Netns, Netns)],
    namespaces: &mut Vec<Namespace>,
    sockets: &mut [Socket],
    seen: &mut Seen,
) {
    for &(hidden, netns) in revealed {
        seen.namespaces = seen.namespaces.saturating_sub(1);
        for socket in sockets.iter_mut().filter(|socket| socket.id.netns == hidden) {
            socket.id.netns = netns;
        }
        let is_host = namespaces.iter().any(|namespace| namespace.netns == hidden && namespace.is_host);
        namespaces.retain_mut(|namespace| {
            namespace.is_host |= is_host && namespace.netns == netns;
            namespace.netns != hidden
        });
    }
}

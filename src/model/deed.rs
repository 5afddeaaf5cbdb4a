//! What can be done to processes and sockets, and what came of it.

use std::time::SystemTime;

use super::{Pid, ProcessKey, Text};

/// A signal that is offered (signal(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    Term,
    Kill,
    Stop,
    Hup,
    Int,
}

impl Signal {
    /// The menu: name, number, what it is for.
    pub const MENU: [(&str, u8, &str, Self); 5] = [
        ("TERM", 15, "ask it to end", Self::Term),
        ("KILL", 9, "end it now", Self::Kill),
        ("STOP", 19, "hold it, keep the evidence", Self::Stop),
        ("HUP", 1, "hang up; many daemons read their config anew", Self::Hup),
        ("INT", 2, "as Ctrl-C on its terminal", Self::Int),
    ];

    pub fn name(self) -> &'static str {
        Self::MENU.iter().find(|(.., signal)| *signal == self).map_or("", |(name, ..)| name)
    }
}

/// A process that a signal may be sent to, as it was found when that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    pub process: ProcessKey,
    pub standing: Standing,
    /// Open descriptors (entries of `/proc/PID/fd`); none where they may not be listed.
    pub descriptors: Option<usize>,
    /// Its children (`/proc/PID/task/TID/children`) and their names; none where the kernel does not list them.
    pub children: Option<Vec<(Pid, Text)>>,
    /// sockeye runs below it: what ends with it may be sockeye, or the session that it is in.
    pub is_above: bool,
}

/// Whether something can be sent to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A descriptor holds exactly this process.
    Held,
    /// It ended by itself, at that time where sockeye saw it.
    Ended(Option<SystemTime>),
    /// It ended, and another process has its pid.
    Replaced,
    /// It is sockeye itself.
    Sockeye,
    /// It is process 1, with which the machine or the container ends.
    Init,
    /// The kernel has no pidfd (Linux 5.3), or does not give one out, so that a pid could be anybody's by then.
    NoPidfd(String),
}

/// What came of sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    Sent,
    /// Nothing was sent, for this reason.
    Not(Standing),
    /// The kernel does not let us: it is another user's.
    NotPermitted,
    /// The same, since sockeye gave up for this what its file brings (setuid, setgid, capabilities).
    OthersRefused,
    Failed(String),
}

/// Why a socket was not closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unclosed {
    /// It is gone; another one may have its addresses.
    Gone,
    /// The kernel wants `cap_net_admin` in the network namespace of the socket, and `cap_sys_admin` to go there.
    NotPermitted,
    /// The same, since sockeye gave up for this what its file brings (setuid, setgid, capabilities).
    OthersRefused,
    /// The kernel is built without `CONFIG_INET_DIAG_DESTROY`.
    NoDestroy,
    /// Nothing leads into its network namespace any more.
    NoWay,
    Failed(String),
}

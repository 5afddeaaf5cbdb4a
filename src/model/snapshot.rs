//! All that one look at one host found.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::{Descriptor, Fd, Gap, Inode, Netns, Pid, Probe, Process, Socket, Text};

/// The host that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// Host name (`/proc/sys/kernel/hostname`).
    pub name: Text,
    /// `/proc/sys/kernel/random/boot_id`: another one means another life of the host; nothing is
    /// compared across.
    pub boot_id: Text,
    /// Lowest and highest port that the kernel gives to who asks for none
    /// (`/proc/sys/net/ipv4/ip_local_port_range` of sockeye's namespace); none where it was not read.
    pub ephemeral_ports: Option<(u16, u16)>,
}

/// Who looked, and with which rights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Viewer {
    /// Effective user id of sockeye.
    pub uid: u32,
    /// Capabilities that would show more and are not there, as capabilities(7) names them:
    /// `cap_sys_ptrace`, `cap_dac_read_search`, `cap_sys_admin`. Empty where nothing is held back.
    pub lacks: Vec<&'static str>,
}

/// What sockeye itself uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// CPU time of all its threads since it started (`CLOCK_PROCESS_CPUTIME_ID`).
    pub cpu: Duration,
    /// Resident memory in bytes (`/proc/self/statm` field 2); none where `/proc` is another's.
    pub memory: Option<u64>,
}

/// How much was looked at, for coverage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Processes listed in `/proc`.
    pub processes: u32,
    /// Those of them all of whose descriptors were read.
    pub processes_read: u32,
    /// Network namespaces that were found.
    pub namespaces: u32,
    /// Those of them whose tables were read.
    pub namespaces_read: u32,
}

/// A network namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetNamespace {
    pub netns: Netns,
    /// Name of its mount (`/run/netns/NAME`), where it has one.
    pub name: Option<Text>,
    /// It is the namespace of process 1 where that can be read, else of sockeye.
    pub is_host: bool,
}

/// A descriptor that refers to a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    pub inode: Inode,
    pub pid: Pid,
    pub fd: Fd,
    /// The thread whose own descriptor table it is in, where that is not its process's.
    pub tid: Option<Pid>,
}

/// How sockets and their owners are read, best first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Collector {
    /// A `task_file` BPF iterator: every descriptor of the machine in one read.
    Bpf,
    /// `/proc/PID/fd`, and tables by `sock_diag(7)`.
    Diag,
    /// `/proc/PID/fd` and `/proc/PID/net`.
    #[default]
    Text,
}

impl Collector {
    /// As `--collector` and the screen call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bpf => "bpf",
            Self::Diag => "diag",
            Self::Text => "text",
        }
    }

    pub const ALL: [Self; 3] = [Self::Bpf, Self::Diag, Self::Text];

    /// What it needs where it does not work.
    pub fn needs(self) -> &'static str {
        match self {
            Self::Bpf => {
                "root, or cap_bpf and cap_perfmon; Linux 5.11 or newer with BTF; the first pid namespace and its own /proc"
            }
            Self::Diag => "netlink, which a container's filter of system calls can refuse; its own /proc",
            Self::Text => "a procfs that lists processes",
        }
    }

    /// What is read by it.
    pub fn reads(self) -> &'static str {
        match self {
            Self::Bpf => "owners and their sockets by a BPF iterator, other sockets by sock_diag(7)",
            Self::Diag => "owners by /proc/PID/fd, sockets by sock_diag(7)",
            Self::Text => "owners by /proc/PID/fd, sockets by /proc/PID/net",
        }
    }

    /// What is not there that a better way would give.
    pub fn lacks(self) -> Option<&'static str> {
        match self {
            Self::Bpf => None,
            Self::Diag => Some("the owner of a socket opened in this moment"),
            Self::Text => Some(
                "byte counters, round-trip times, unix peers and queues, limits of listeners, marks; names of \
                 unix sockets can be forged",
            ),
        }
    }
}

/// Which way a snapshot was read, and why not a better one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    pub used: Collector,
    /// Better ways that were tried and failed, in words; empty where the best was used or another was asked for.
    pub failed: Vec<(Collector, String)>,
}

/// Plain, self-contained data: enough to derive and show everything without the host.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub host: Host,
    pub viewer: Viewer,
    /// When it was taken, for people; can jump.
    pub taken_at: SystemTime,
    /// When it was taken, since boot with suspended time (`CLOCK_BOOTTIME`); for ages and rates.
    pub uptime: Duration,
    /// Wall time that taking it cost.
    pub cost: Duration,
    pub own: Own,
    /// Holders of sockets, processes that `descriptors` has, and the ancestors of both.
    pub processes: BTreeMap<Pid, Process>,
    /// Every socket, in no particular order.
    pub sockets: Vec<Socket>,
    /// Every descriptor that refers to a socket; in no particular order, but fastest by inode.
    pub owners: Vec<Owner>,
    /// What descriptors of shells, and of what is linked to them, refer to, by pid and descriptor: descriptors 0, 1
    /// and 2, and any other that is a pipe, a fifo that another process has open too, a terminal, or the
    /// master of one. Other sockets are in `owners`. `collect/links.rs` says how the processes are chosen.
    pub descriptors: Vec<Descriptor>,
    /// What rules ask of single processes besides.
    pub probes: BTreeMap<Pid, Probe>,
    /// Network namespaces by number.
    pub namespaces: Vec<NetNamespace>,
    /// User names by id, from `/etc/passwd`.
    pub users: BTreeMap<u32, Text>,
    pub seen: Seen,
    pub way: Way,
    /// What could not be seen, one entry per scope and reason, sorted.
    pub gaps: Vec<Gap>,
}

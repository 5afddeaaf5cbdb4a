//! A process and an established connection that it holds.

use std::net::SocketAddr;

use super::Scene;
use super::words::{self, called, descriptors};
use crate::analyze::{DirectedBy, Direction, Entry};
use crate::model::{
    Address, Alert, Check, Evidence, Fact, Fd, Level, NetNamespace, Owner, Pid, Process, Protocol, Socket,
    Text, ancestry, is_loader,
};

/// One process and one connection.
pub(super) struct Holding<'a> {
    pub scene: &'a Scene<'a>,
    pub entry: &'a Entry,
    pub socket: &'a Socket,
    pub process: &'a Process,
    /// All owners of the socket, sorted by (pid, fd).
    pub owners: &'a [Owner],
    /// The process's descriptors among them, never none.
    pub fds: Vec<Fd>,
}

/// The connections that rules may be about: those of shells and of text tools, those that are standard files, and those
/// that a shell had before it became another program.
pub(super) fn holdings<'a>(scene: &'a Scene<'a>) -> Vec<Holding<'a>> {
    let mut found = Vec::new();
    for (entry, socket) in scene.entries.iter().zip(&scene.snapshot.sockets) {
        if entry.direction.is_none() {
            continue;
        }
        let owners = entry.owners.of(scene.owners);
        for held in owners.chunk_by(|a, b| a.pid == b.pid) {
            let Some(first) = held.first() else { continue };
            let of_interest = first.fd.0 <= 2
                || scene.graph.is_watched(first.pid)
                || (!scene.former.is_empty()
                    && scene
                        .process(first.pid)
                        .is_some_and(|process| scene.former.contains(&(process.key, socket.id.inode))));
            // The socket is looked at last: of most it is clear before that they do not matter.
            if of_interest
                && socket.is_established()
                && let Some(process) = scene.process(first.pid)
            {
                let fds = held.iter().map(|owner| owner.fd).collect();
                found.push(Holding { scene, entry, socket, process, owners, fds });
            }
        }
    }
    found
}

impl<'a> Holding<'a> {
    pub(super) fn is_outbound(&self) -> bool {
        self.entry.direction.is_some_and(|found| found.0 == Direction::Outbound)
    }

    /// IPv4-mapped addresses are IPv4 here.
    pub(super) fn is_remote(&self) -> bool {
        !self.socket.id.remote.is_loopback()
    }

    pub(super) fn is_stdio(&self) -> bool {
        self.has(0) && (self.has(1) || self.has(2))
    }

    /// Whether it is the standard file with this number.
    pub(super) fn has(&self, standard: u32) -> bool {
        let graph = self.scene.graph;
        self.fds.iter().any(|&fd| graph.standard(self.process.key.pid, fd) == Some(standard))
    }

    fn is_standard(&self) -> bool {
        [0, 1, 2].iter().any(|&standard| self.has(standard))
    }

    pub(super) fn is_shell(&self) -> bool {
        self.scene.graph.is_shell(self.process.key.pid)
    }

    /// The program that left the connection open for it: the first up the parents that is no shell, if it and all
    /// between hold the connection, and the process has it on no standard descriptor.
    pub(super) fn leaked_from(&self) -> Option<&'a Process> {
        let ancestors = ancestry(&self.scene.snapshot.processes, self.process.key.pid).into_iter().skip(1);
        let holds = |process: &&Process| {
            self.owners.binary_search_by_key(&process.key.pid, |owner| owner.pid).is_ok()
        };
        let mut above = ancestors.take_while(holds);
        above.find(|process| !self.scene.graph.is_shell(process.key.pid)).filter(|_| !self.is_standard())
    }

    /// That it was left open, where it was.
    pub(super) fn leak(&self) -> Option<Evidence> {
        let program = self.leaked_from()?;
        Some(format!("it comes from {}, which holds it too: a descriptor left open", called(program)).into())
    }

    /// Whether it was seen waiting for data of the connection.
    pub(super) fn waits(&self) -> bool {
        let probe = self.scene.snapshot.probes.get(&self.process.key.pid);
        probe.is_some_and(|probe| self.fds.iter().any(|fd| probe.waits_for.contains(fd)))
    }

    /// `bash`: what the shell is called, or the program.
    pub(super) fn name(&self) -> String {
        words::name(self.scene, self.process)
    }

    pub(super) fn peer(&self) -> String {
        self.socket.id.remote.inet().map_or_else(String::new, |peer| peer.to_string())
    }

    /// `stdin+stdout are a socket to 203.0.113.80:443`
    pub(super) fn what(&self, is: &str) -> String {
        let named: Vec<String> = match (self.is_stdio(), self.has(1)) {
            (true, true) => vec!["stdin".into(), "stdout".into()],
            (true, false) => vec!["stdin".into(), "stderr".into()],
            (false, _) => self.fds.iter().take(3).map(|&fd| words::short(fd)).collect(),
        };
        let verb = if named.len() > 1 { "are" } else { "is" };
        format!("{} {verb} {is} {}", named.join("+"), self.peer())
    }

    /// An alert with the way drawn; an arrow to the peer where this side connected.
    pub(super) fn alert(
        &self,
        rule: &'static str,
        level: Level,
        summary: String,
        (evidence, against): (Vec<Evidence>, Vec<Evidence>),
    ) -> Alert {
        let fds: Vec<String> = self.fds.iter().take(words::MOST_NAMED).map(Fd::to_string).collect();
        let arrow = if self.is_outbound() { "->" } else { "<-" };
        let (name, pid) = (self.name(), self.process.key.pid);
        Alert {
            rule,
            level,
            process: self.process.key,
            socket: self.socket.id.clone(),
            summary,
            chain: format!("{name}({pid}) fd {} {arrow} {}", fds.join(","), self.peer()),
            pids: vec![pid],
            evidence,
            against,
            muted: None,
        }
    }

    /// That it holds the connection, where that can be seen, and how the direction is known.
    pub(super) fn connection(&self) -> Vec<Evidence> {
        let direction = if self.is_outbound() { "outbound" } else { "inbound" };
        let (name, pid, peer) = (self.name(), self.process.key.pid, self.peer());
        let fact = format!(
            "{name} ({pid}) holds an ESTABLISHED {direction} connection to {peer} on {}",
            descriptors(&self.fds)
        );
        let link = self.fds.first().map(|&fd| words::socket_link(pid, fd, self.socket));
        vec![Evidence { fact, check: link }]
    }

    /// What the kernel lists of it, and what says which side called connect(2).
    pub(super) fn directed(&self) -> Option<Evidence> {
        let fact = directed(self.entry, self.socket)?;
        Some(Evidence { fact, check: listed(self.scene, self.process.key.pid, self.socket) })
    }

    pub(super) fn stdio(&self) -> Option<Evidence> {
        let output = match (self.has(1), self.has(2)) {
            (true, true) => "stdout and stderr",
            (true, false) => "stdout",
            (false, _) => "stderr",
        };
        let fact = format!(
            "one socket is its stdin and its {output}: it takes commands from the peer and answers it"
        );
        let wanted = if self.has(1) { 1 } else { 2 };
        let pid = self.process.key.pid;
        let fd = self.fds.iter().find(|&&fd| self.scene.graph.standard(pid, fd) == Some(wanted));
        let check = words::socket_link(pid, *fd?, self.socket);
        self.is_stdio().then_some(Evidence { fact, check: Some(check) })
    }

    pub(super) fn loopback(&self) -> Option<Evidence> {
        let fact = "the peer is on this machine: a loopback address".to_owned();
        (!self.is_remote()).then(|| fact.into())
    }

    pub(super) fn other_owners(&self) -> Option<Evidence> {
        let own = self.process.key.pid;
        let others: Vec<&[Owner]> = self
            .owners
            .chunk_by(|a, b| a.pid == b.pid)
            .filter(|held| held.first().is_some_and(|owner| owner.pid != own))
            .collect();
        let first = others.first().and_then(|held| held.first());
        let check = first.map(|owner| words::socket_link(owner.pid, owner.fd, self.socket));
        let named = others.iter().filter_map(|held| {
            let fds: Vec<Fd> = held.iter().map(|owner| owner.fd).collect();
            Some(format!("{} on {}", self.called(held.first()?.pid), descriptors(&fds)))
        });
        let fact = format!("also held by {}", words::joined(named, "; ", others.len()));
        (!others.is_empty()).then_some(Evidence { fact, check })
    }

    fn called(&self, pid: Pid) -> String {
        self.scene.process(pid).map_or_else(|| format!("process {pid}"), called)
    }
}

/// What says which side connected.
pub(super) fn directed(entry: &Entry, socket: &Socket) -> Option<String> {
    let local = socket.id.local.inet()?;
    let (direction, by) = entry.direction?;
    let udp = matches!(socket.id.protocol, Protocol::Udp | Protocol::UdpLite);
    let kind = if udp { "it is connected UDP, and " } else { "" };
    Some(match (direction, by) {
        (Direction::Outbound, DirectedBy::State) => "this side connected: it was seen in SYN_SENT".into(),
        (Direction::Inbound, DirectedBy::State) => "the peer connected: it was seen in SYN_RECV".into(),
        (Direction::Outbound, DirectedBy::Counters) => {
            "this side connected: the kernel counts the acknowledged SYN of who calls connect(2)".into()
        }
        (Direction::Inbound, DirectedBy::Counters) => {
            "the peer connected: the kernel counts no acknowledged SYN of this side".into()
        }
        (Direction::Inbound, DirectedBy::Listener) => {
            format!("the peer connected: a listener covers {local}")
        }
        (Direction::Inbound, _) => "the peer connected: only its port is one that connect(2) gives".into(),
        (Direction::Outbound, _) => {
            format!("{kind}this side connected: no listener in its namespace covers {local}")
        }
    })
}

/// The row of ss(8), asked for in the namespace of the process.
pub(super) fn listed(scene: &Scene<'_>, pid: Pid, socket: &Socket) -> Option<Check> {
    let (Address::Inet(local), Address::Inet(remote)) = (&socket.id.local, &socket.id.remote) else {
        return None;
    };
    let table = match socket.id.protocol {
        Protocol::Tcp => "-Htn",
        Protocol::Udp => "-Hun",
        Protocol::UdpLite
        | Protocol::Raw
        | Protocol::Icmp
        | Protocol::Unix
        | Protocol::Packet
        | Protocol::Netlink => return None,
    };
    let namespace = scene.snapshot.namespaces.iter().find(|one| one.netns == socket.id.netns);
    let named = namespace.and_then(|one| one.name.as_ref()).filter(|name| is_plain(name));
    let enter = match (namespace, named) {
        (Some(NetNamespace { is_host: true, .. }), _) => String::new(),
        (_, Some(name)) => format!("nsenter --net=/run/netns/{name} "),
        (_, None) => format!("nsenter -t {pid} -n "),
    };
    let command = format!("{enter}ss {table} 'sport = :{}'", local.port());
    let shows = match remote {
        // ss(8) writes the name of the interface behind it.
        SocketAddr::V6(remote) if remote.scope_id() != 0 => format!(":{}", remote.port()),
        SocketAddr::V4(_) | SocketAddr::V6(_) => remote.to_string(),
    };
    Some(Check::Command { command, shows })
}

/// Whether a shell takes it for one word, as it is.
fn is_plain(text: &Text) -> bool {
    text.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(byte))
}

/// One word for a shell.
fn quoted(text: &Text) -> String {
    let shown = text.to_string();
    if is_plain(text) { shown } else { format!("'{}'", shown.replace('\'', "'\\''")) }
}

/// That it is a shell, and by what that is known.
pub(super) fn is_a_shell(scene: &Scene<'_>, process: &Process) -> Evidence {
    let name = words::name(scene, process);
    let pid = process.key.pid;
    let Fact::Known(exe) = &process.exe else {
        return format!("it is a shell: comm and first argument say {name}; its executable may not be read")
            .into();
    };
    let deleted = if exe.deleted { ", a file that is deleted" } else { "" };
    if let Some(shell) = exe.same_as.as_ref().filter(|_| process.exe_name().is_some_and(is_loader)) {
        let fact = format!("it is a shell: the loader {} runs {shell} for it", exe.path);
        let command = format!("cat /proc/{pid}/maps");
        return Evidence { fact, check: Some(Check::Command { command, shows: shell.to_string() }) };
    }
    if let Some(shell) = &exe.same_as {
        let fact =
            format!("it is a shell: it executes {}{deleted}, which has the content of {shell}", exe.path);
        let command = format!("cmp /proc/{pid}/exe {} && echo same", quoted(shell));
        return Evidence { fact, check: Some(Check::Command { command, shows: "same".into() }) };
    }
    let named = process.exe_name().is_some_and(|exe| exe == name.as_bytes());
    let applet = if named { String::new() } else { format!(" as {name}") };
    let fact = format!("it is a shell: it executes {}{applet}{deleted}", exe.path);
    Evidence { fact, check: Some(words::exe_link(pid, exe)) }
}

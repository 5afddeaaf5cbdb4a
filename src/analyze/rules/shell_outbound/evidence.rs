//! The facts of a case in words.

use super::Case;
use crate::analyze::DirectedBy;
use crate::model::{Fact, Fd, Owner, Pid, Process, Protocol, ancestry};

/// Descriptors, owners or ancestors that a line names; more are counted.
const MOST_NAMED: usize = 12;

impl Case<'_> {
    /// For the strip: `bash 20117 stdin+stdout are a socket to 203.0.113.80:443, no tty`.
    pub(super) fn summary(&self) -> String {
        let named: Vec<String> = match (self.is_stdio(), self.has(1)) {
            (true, true) => vec!["stdin".into(), "stdout".into()],
            (true, false) => vec!["stdin".into(), "stderr".into()],
            (false, _) => self.fds.iter().take(3).map(|&fd| short(fd)).collect(),
        };
        let verb = if named.len() > 1 { "are" } else { "is" };
        let tty = if self.shell.tty.is_none() { ", no tty" } else { "" };
        let (name, pid, peer) = (self.shell_name(), self.shell.key.pid, self.peer());
        format!("{name} {pid} {} {verb} a socket to {peer}{tty}", named.join("+"))
    }

    /// The most telling first.
    pub(super) fn evidence(&self) -> Vec<String> {
        let (name, pid, peer) = (self.shell_name(), self.shell.key.pid, self.peer());
        let mut lines = vec![format!(
            "{name} ({pid}) holds an ESTABLISHED outbound connection to {peer} on {}",
            descriptors(&self.fds)
        )];
        lines.extend(self.leaked_from.filter(|_| self.is_leaked()).map(|program| {
            format!("it comes from {}, which holds it too: a descriptor left open", called(program))
        }));
        lines.extend(self.stdio());
        lines.push(self.is_a_shell());
        lines.extend(self.outbound());
        lines.extend((!self.is_remote()).then(|| "the peer is on this machine: a loopback address".into()));
        lines.push(match self.shell.tty {
            None => "it has no controlling terminal".into(),
            Some(_) => "it has a controlling terminal".into(),
        });
        lines.extend(self.other_owners());
        lines.push(self.whose());
        lines.push(format!("ancestry {}", self.chain()));
        lines
    }

    fn shell_name(&self) -> String {
        let name = self.scene.judging.shells.name(self.shell);
        name.unwrap_or_default().into_owned()
    }

    fn peer(&self) -> String {
        self.socket.id.remote.inet().map_or_else(String::new, |peer| peer.to_string())
    }

    fn stdio(&self) -> Option<String> {
        let output = match (self.has(1), self.has(2)) {
            (true, true) => "stdout and stderr",
            (true, false) => "stdout",
            (false, _) => "stderr",
        };
        self.is_stdio().then(|| {
            format!(
                "one socket is its stdin and its {output}: it takes commands from the peer and answers it"
            )
        })
    }

    fn is_a_shell(&self) -> String {
        let name = self.shell_name();
        match &self.shell.exe {
            Fact::Known(exe) => {
                let deleted = if exe.deleted { ", a file that is deleted" } else { "" };
                let named = self.shell.exe_name().is_some_and(|exe| exe == name.as_bytes());
                let applet = if named { String::new() } else { format!(" as {name}") };
                format!("it is a shell: it executes {}{applet}{deleted}", exe.path)
            }
            Fact::Absent | Fact::Refused => {
                format!("it is a shell: comm and first argument say {name}; its executable may not be read")
            }
        }
    }

    fn outbound(&self) -> Option<String> {
        let local = self.socket.id.local.inet()?;
        let udp = matches!(self.socket.id.protocol, Protocol::Udp | Protocol::UdpLite);
        let kind = if udp { "it is connected UDP, and " } else { "" };
        Some(match self.entry.direction?.1 {
            DirectedBy::State => "this side connected: it was seen in SYN_SENT".into(),
            DirectedBy::Counters => {
                "this side connected: the kernel counts the acknowledged SYN of who calls connect(2)".into()
            }
            DirectedBy::Listener | DirectedBy::Ports | DirectedBy::NoListener => {
                format!("{kind}this side connected: no listener in its namespace covers {local}")
            }
        })
    }

    fn other_owners(&self) -> Option<String> {
        let own = self.shell.key.pid;
        let others: Vec<&[Owner]> = self
            .owners
            .chunk_by(|a, b| a.pid == b.pid)
            .filter(|held| held.first().is_some_and(|owner| owner.pid != own))
            .collect();
        let named = others.iter().filter_map(|held| {
            let fds: Vec<Fd> = held.iter().map(|owner| owner.fd).collect();
            Some(format!("{} on {}", self.process(held.first()?.pid), descriptors(&fds)))
        });
        (!others.is_empty()).then(|| format!("also held by {}", joined(named, "; ", others.len())))
    }

    fn process(&self, pid: Pid) -> String {
        self.scene.snapshot.processes.get(&pid).map_or_else(|| format!("process {pid}"), called)
    }

    fn whose(&self) -> String {
        let uid = self.shell.uid;
        let user = match self.scene.snapshot.users.get(&uid) {
            Some(name) => format!("{name} ({uid})"),
            None => format!("user {uid}"),
        };
        match &self.shell.cwd {
            Fact::Known(cwd) => format!("it runs as {user} in {cwd}"),
            Fact::Absent | Fact::Refused => format!("it runs as {user}"),
        }
    }

    /// `systemd(1) > php-fpm(902) > bash(20117)`
    fn chain(&self) -> String {
        let chain = ancestry(&self.scene.snapshot.processes, self.shell.key.pid);
        let near = chain.iter().take(MOST_NAMED).rev();
        let named: Vec<String> =
            near.map(|process| format!("{}({})", process.comm, process.key.pid)).collect();
        let cut = if chain.len() > MOST_NAMED { "… > " } else { "" };
        format!("{cut}{}", named.join(" > "))
    }
}

fn called(process: &Process) -> String {
    format!("{} ({})", process.comm, process.key.pid)
}

fn short(fd: Fd) -> String {
    standard(fd).map_or_else(|| format!("fd {fd}"), str::to_owned)
}

fn standard(fd: Fd) -> Option<&'static str> {
    ["stdin", "stdout", "stderr"].get(usize::try_from(fd.0).ok()?).copied()
}

/// `fd 2 (stderr)`, `fds 0 (stdin), 1 (stdout) and 255`.
fn descriptors(fds: &[Fd]) -> String {
    let mut named: Vec<String> = fds
        .iter()
        .take(MOST_NAMED)
        .map(|&fd| standard(fd).map_or_else(|| fd.to_string(), |name| format!("{fd} ({name})")))
        .collect();
    if fds.len() > MOST_NAMED {
        named.push(format!("{} more", fds.len() - MOST_NAMED));
    }
    match named.split_last() {
        None => "no fd".into(),
        Some((only, [])) => format!("fd {only}"),
        Some((last, others)) => format!("fds {} and {last}", others.join(", ")),
    }
}

/// The first of so many, and how many are left.
fn joined(named: impl Iterator<Item = String>, between: &str, all: usize) -> String {
    let mut named: Vec<String> = named.take(MOST_NAMED).collect();
    if all > named.len() {
        named.push(format!("{} more", all - named.len()));
    }
    named.join(between)
}

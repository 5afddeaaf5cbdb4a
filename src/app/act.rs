//! Signals to processes, and the end of a socket: what is asked first, what is told after.

use std::time::SystemTime;

use super::{Action, App, Effect, Keys, Mode, Step};
use crate::model::{
    Addressee, Delivery, Pid, Process, ProcessKey, Protocol, Request, Signal, Standing, State, TcpState,
    Unclosed, without_number,
};
use crate::table::{Row, describe, format};

/// The dialog of a signal.
#[derive(Debug, Default)]
pub struct Kill {
    pub at: usize,
    pub people: Vec<Person>,
    /// Of several the list was shown and taken.
    pub is_listed: bool,
}

/// A process as the table had it when the dialog was asked for, and how it is.
#[derive(Clone, Debug)]
pub struct Person {
    pub process: Process,
    pub user: String,
    /// When it started, for people; none where the clock does not reach so far.
    pub started: Option<SystemTime>,
    /// Sockets that it holds.
    pub sockets: usize,
    pub parent: Option<Process>,
    /// Processes that hold the row's socket besides.
    pub others: usize,
    /// None until the world outside was asked.
    pub found: Option<Addressee>,
}

/// The dialog of a socket's end.
#[derive(Debug)]
pub struct Close {
    /// What it is, in lines.
    pub lines: Vec<String>,
}

impl Kill {
    /// Those that something can be sent to.
    pub fn held(&self) -> usize {
        let is_held = |person: &&Person| person.standing() == Some(&Standing::Held);
        self.people.iter().filter(is_held).count()
    }

    /// Whether all are listed first.
    pub fn is_list(&self) -> bool {
        self.people.len() > 1 && !self.is_listed
    }
}

impl Person {
    pub fn standing(&self) -> Option<&Standing> {
        self.found.as_ref().map(|found| &found.standing)
    }

    fn new(row: &Row<'_>, process: &Process) -> Self {
        let snapshot = row.snapshot();
        let user = snapshot.users.get(&process.uid).map(ToString::to_string);
        let mut inodes: Vec<_> =
            snapshot.owners.iter().filter(|owner| owner.pid == process.key.pid).collect();
        inodes.sort_unstable_by_key(|owner| owner.inode);
        inodes.dedup_by_key(|owner| owner.inode);
        let parent = process.parent.and_then(|parent| row.processes.get(&parent));
        Self {
            user: user.unwrap_or_else(|| process.uid.to_string()),
            started: snapshot.taken_at.checked_sub(snapshot.uptime.saturating_sub(process.started)),
            sockets: inodes.len(),
            parent: parent.cloned(),
            others: if row.pid() == Some(process.key.pid) { row.further_processes() } else { 0 },
            process: process.clone(),
            found: None,
        }
    }

    fn name(&self) -> String {
        format!("{} {}", self.process.key.pid, self.process.comm)
    }
}

impl App {
    /// Asks for a hold on the processes of the chosen rows.
    pub(super) fn open_kill(&mut self) -> Option<Effect> {
        self.refresh();
        let mut people: Vec<Person> = Vec::new();
        let mut add = |row: &Row<'_>, process: &Process| {
            if people.iter().all(|person| person.process.key != process.key) {
                people.push(Person::new(row, process));
            }
        };
        for tag in &self.tags {
            if let (Some(row), Some(process)) = (self.table.find(&tag.row, self.names()), &tag.process) {
                add(&row, process);
            }
        }
        if self.tags.is_empty()
            && let Some(row) = self.selected()
            && let Some(process) = row.process()
        {
            add(&row, process);
        }
        if people.is_empty() {
            self.notify(self.nobody());
            return None;
        }
        let keys = people.iter().map(|person| person.process.key).collect();
        self.asked = people;
        Some(Effect::Hold(keys))
    }

    fn nobody(&self) -> String {
        match (self.tags.len(), self.selected()) {
            (0, None) => "no socket is selected".to_owned(),
            (0, Some(_)) => "no process is known to hold this socket".to_owned(),
            (_, _) => {
                let way = self.way_back(Step::Tags);
                format!("the tagged rows are gone, or no process is known to hold them: {way}")
            }
        }
    }

    /// The processes are held: the dialog opens.
    pub(super) fn held(&mut self, found: &[Addressee]) {
        let mut people = std::mem::take(&mut self.asked);
        for person in &mut people {
            person.found = found.iter().find(|found| found.process == person.process.key).cloned();
        }
        self.open(Mode::Kill(Kill { people, ..Kill::default() }));
    }

    /// A process ended: of the dialog by itself; without one, after a signal, so that a snapshot is due.
    pub fn ended(&mut self, process: ProcessKey, at: SystemTime) -> Option<Effect> {
        let source = self.source_id();
        let Some(kill) = self.mode.kill_mut() else {
            return Some(Effect::Request(source, Request::Refresh));
        };
        for person in kill.people.iter_mut().filter(|person| person.process.key == process) {
            if let Some(found) = person.found.as_mut().filter(|found| found.standing == Standing::Held) {
                found.standing = Standing::Ended(Some(at));
            }
        }
        None
    }

    /// Enter in the dialog: from the list to the signals, then the signal.
    pub(super) fn take_kill(&mut self, kill: Kill) -> Option<Effect> {
        if kill.is_list() {
            self.open(Mode::Kill(Kill { is_listed: true, ..kill }));
            return None;
        }
        let signal = Signal::MENU.get(kill.at).map(|(.., signal)| *signal)?;
        if kill.held() == 0 {
            let told = kill.people.iter().filter_map(|person| Some((person, person.standing()?.clone())));
            let told: Vec<_> = told.map(|(person, standing)| (person, Delivery::Not(standing))).collect();
            let notice = told_all(signal, &told, self.keys());
            self.notify(notice);
            return Some(Effect::LetGo);
        }
        self.asked = kill.people;
        Some(Effect::Signal(signal))
    }

    /// What came of sending.
    pub(super) fn delivered(&mut self, signal: Signal, deliveries: &[(ProcessKey, Delivery)]) {
        let people = std::mem::take(&mut self.asked);
        let told: Vec<_> = deliveries
            .iter()
            .filter_map(|(key, delivery)| {
                let person = people.iter().find(|person| person.process.key == *key)?;
                let seen = match (delivery, person.standing()) {
                    // When that was is known from before.
                    (Delivery::Not(Standing::Ended(_)), Some(ended @ Standing::Ended(_))) => ended.clone(),
                    _ => return Some((person, delivery.clone())),
                };
                Some((person, Delivery::Not(seen)))
            })
            .collect();
        self.drop_tags();
        let notice = told_all(signal, &told, self.keys());
        self.notify(notice);
    }

    /// Asks whether the selected socket can be closed.
    pub(super) fn open_close(&mut self) -> Option<Effect> {
        self.refresh();
        let selected = self.selected().and_then(|row| Some((row, row.socket?)));
        let Some((row, socket)) = selected else {
            self.notify("no socket is selected".to_owned());
            return None;
        };
        if row.is_closed() {
            self.notify("this socket is gone".to_owned());
            return None;
        }
        if !is_closable(&row) {
            self.notify("cannot be closed: only TCP and UDP that is bound or connected can".to_owned());
            return None;
        }
        let mut lines = vec![describe::ends(&row)];
        lines.extend(holders(&row));
        let (id, device) = (socket.id.clone(), socket.device);
        let mut owners: Vec<Pid> = row.owners.iter().map(|owner| owner.pid).collect();
        owners.dedup();
        self.closing = Some(Close { lines });
        Some(Effect::Find { id, device, owners })
    }

    /// The socket was found, or not: the dialog opens, or the message line says why not.
    pub(super) fn found(&mut self, found: Result<(), Unclosed>) {
        let Some(close) = self.closing.take() else { return };
        match found {
            Ok(()) => self.open(Mode::Close(close)),
            Err(why) => self.notify(not_closed(&why)),
        }
    }

    /// What came of closing.
    pub(super) fn closed(&mut self, closed: Result<(), Unclosed>) {
        self.notify(match closed {
            Ok(()) => "closed: whoever held it reads an error (ECONNABORTED)".to_owned(),
            Err(why) => not_closed(&why),
        });
    }
}

/// Whether the kernel closes such a socket, and finds it: by the addresses that it must have.
pub fn is_closable(row: &Row<'_>) -> bool {
    let Some(socket) = row.socket.filter(|_| !row.is_closed()) else { return false };
    match socket.id.protocol {
        Protocol::Tcp => socket.state != Some(State::Tcp(TcpState::Close)),
        Protocol::Udp | Protocol::UdpLite => socket.id.local.inet().is_some_and(|local| local.port() != 0),
        Protocol::Raw | Protocol::Icmp | Protocol::Unix | Protocol::Packet | Protocol::Netlink => false,
    }
}

/// Processes that are named of those that hold a socket.
const MOST_HOLDERS: usize = 6;

/// Who holds the socket, each process once.
fn holders(row: &Row<'_>) -> Vec<String> {
    let Some((_, why)) = row.unowned() else {
        let each = row.owners.chunk_by(|one, next| one.pid == next.pid);
        let more = each.clone().count().saturating_sub(MOST_HOLDERS);
        let more = (more > 0).then(|| format!("and {more} more processes"));
        return each
            .take(MOST_HOLDERS)
            .filter_map(|held| {
                let pid = held.first()?.pid;
                let name = row.processes.get(&pid).map(|process| format!(" {}", process.comm));
                Some(format!("held by {pid}{}, fd {}", name.unwrap_or_default(), format::fds(held)))
            })
            .chain(more)
            .collect();
    };
    vec![why.to_owned()]
}

/// Each process in a sentence; of several, those that it went well for are counted.
fn told_all(signal: Signal, told: &[(&Person, Delivery)], keys: &Keys) -> String {
    let (sent, not): (Vec<_>, Vec<_>) = told.iter().partition(|(_, delivery)| *delivery == Delivery::Sent);
    let mut parts: Vec<String> = Vec::new();
    match sent.as_slice() {
        [] => {}
        [(person, _)] => parts.push(format!("{} sent to {}", signal.name(), person.name())),
        many => parts.push(format!("{} sent to {} processes", signal.name(), many.len())),
    }
    parts.extend(not.iter().map(|(person, delivery)| refusal(person, delivery, keys)));
    parts.dedup(); // the kernel's own reason is the same for all
    if sent.is_empty() && not.iter().all(|(_, delivery)| matches!(delivery, Delivery::Not(_))) {
        return format!("{}. Nothing was sent.", parts.join("; "));
    }
    parts.join("; ")
}

/// What is told where rights were given up: the README says more.
const FOR_LOOKING: &str = "the rights of sockeye's file are for looking";

fn refusal(person: &Person, delivery: &Delivery, keys: &Keys) -> String {
    let pid = person.process.key.pid;
    match delivery {
        Delivery::Sent => String::new(),
        Delivery::Not(standing) => stands(pid, standing, keys),
        Delivery::NotPermitted => format!("not permitted: {pid} belongs to {}, run as root", person.user),
        Delivery::OthersRefused => format!("not permitted: {pid} is {}'s; {FOR_LOOKING}", person.user),
        Delivery::Failed(why) => format!("{pid}: {}", without_number(why)),
    }
}

/// Why nothing can be sent to a process, in words without a full stop; nothing where it can.
pub fn stands(pid: Pid, standing: &Standing, keys: &Keys) -> String {
    match standing {
        Standing::Held => String::new(),
        Standing::Ended(Some(at)) => format!("{pid} ended by itself at {}", format::clock(*at)),
        Standing::Ended(None) => format!("{pid} ended by itself"),
        Standing::Replaced => format!("{pid} ended by itself, and another process has its pid"),
        Standing::Sockeye => format!("{pid} is sockeye itself: {} quits", keys.called(&Action::Quit)),
        Standing::Init => format!("{pid} is init: with it ends all that runs here"),
        Standing::NoPidfd(why) => format!("the kernel has no pidfd ({})", without_number(why)),
    }
}

/// Why a socket was not closed.
pub fn not_closed(why: &Unclosed) -> String {
    match why {
        Unclosed::Gone => "gone already. Nothing was closed.".to_owned(),
        Unclosed::NotPermitted => {
            "not permitted: it takes cap_net_admin (other namespaces: cap_sys_admin too)".to_owned()
        }
        Unclosed::OthersRefused => format!("not permitted: {FOR_LOOKING}"),
        Unclosed::NoDestroy => "this kernel closes no sockets: it lacks CONFIG_INET_DIAG_DESTROY".to_owned(),
        Unclosed::NoWay => "nothing leads into its network namespace. Nothing was closed.".to_owned(),
        Unclosed::Failed(why) => format!("not closed: {}", without_number(why)),
    }
}

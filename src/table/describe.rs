//! A row in labelled lines of words, whole: what the detail shows and a file of evidence says.

use crate::model::{Fact, Pid, Process, Socket, Text, ancestry, printable};
use crate::table::{COLUMNS, Row, format};

mod held;
mod watched;

/// A line and what it is about; no label where it goes on with what the line before is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    pub label: &'static str,
    pub text: String,
}

fn labelled(label: &'static str, text: String) -> Labelled {
    Labelled { label, text }
}

/// Ends, state and counters of the socket, and every process that holds it, with its descriptors.
pub fn socket(row: &Row<'_>) -> Vec<Labelled> {
    let Some(socket) = row.socket else { return Vec::new() };
    let mut lines = vec![labelled("socket", ends(row)), labelled("", place(row, socket))];
    lines.extend(watched::peer(row));
    lines.extend(watched::counters(row, socket));
    for (nth, held) in row.owners.chunk_by(|one, next| one.pid == next.pid).enumerate() {
        let Some(first) = held.first() else { continue };
        let name = row.processes.get(&first.pid).map(|process| process.comm.to_string());
        let owner = format!("{} {} fd {}", first.pid, name.unwrap_or_default(), format::fds(held));
        lines.push(labelled(if nth == 0 { "owners" } else { "" }, owner));
    }
    lines
}

pub use watched::seen;

/// `tcp ESTABLISHED  10.0.0.5:33894 > 203.0.113.80:443  outbound (counters)`
pub fn ends(row: &Row<'_>) -> String {
    let mut ends = vec![cell(row, "local"), cell(row, "remote")];
    ends.retain(|end| end != "-");
    let direction = match cell(row, "direction").as_str() {
        "-" | "" => String::new(),
        direction => format!("  {direction} ({})", cell(row, "direction_by")),
    };
    format!("{} {}  {}{direction}", cell(row, "proto"), cell(row, "state"), ends.join(" > "))
}

fn place(row: &Row<'_>, socket: &Socket) -> String {
    let number = socket.id.netns.number();
    let name = cell(row, "netns");
    let netns = if name == number.to_string() { name } else { format!("{number} ({name})") };
    format!(
        "inode {}  netns {netns}  age {}  queues {}",
        cell(row, "socket"),
        cell(row, "age"),
        cell(row, "queues")
    )
}

/// All of it: the socket, its lead owner, the other processes of its alerts.
pub fn whole(row: &Row<'_>) -> Vec<Labelled> {
    let mut lines = Vec::new();
    if let Some((number, why)) = row.unowned() {
        lines.push(labelled("owner", format!("[{number}] {why}")));
    }
    lines.extend(socket(row));
    if let Some(process) = row.process() {
        lines.push(user(row, process));
        lines.extend(seen(row));
        lines.extend(held::unit(row));
        lines.extend(held::descriptors(row, process));
        lines.extend(origin(row, process));
    } else {
        lines.extend(seen(row));
    }
    lines.extend(further(row));
    lines
}

/// Whose the lead owner's process is, and what it belongs to.
pub fn user(row: &Row<'_>, process: &Process) -> Labelled {
    let tty = process.tty.map_or_else(|| "none".to_owned(), |_| cell(row, "tty"));
    let session = process.session.map(|session| format!("  session {session}")).unwrap_or_default();
    let user = cell(row, "user");
    let started = cell(row, "started");
    labelled("user", format!("{user} ({}){session}  tty {tty}  started {started}", process.uid))
}

/// Processes that the row's alerts are about or lead through, but for its lead owner.
pub fn further(row: &Row<'_>) -> Vec<Labelled> {
    let mut pids: Vec<Pid> = Vec::new();
    for pid in row.alerts_in_order().iter().flat_map(|alert| &alert.pids) {
        if row.pid() != Some(*pid) && !pids.contains(pid) {
            pids.push(*pid);
        }
    }
    let mut lines = Vec::new();
    for process in pids.iter().filter_map(|pid| row.processes.get(pid)) {
        let name = row.snapshot().users.get(&process.uid).map(|name| format!("{name} "));
        let user = format!("{}({})", name.unwrap_or_default(), process.uid);
        lines.push(labelled("process", format!("{} {}  user {user}", process.key.pid, process.comm)));
        lines.extend(origin(row, process));
    }
    lines
}

/// Where a process works and comes from.
pub fn origin(row: &Row<'_>, process: &Process) -> Vec<Labelled> {
    vec![
        labelled("cwd", cwd(process)),
        labelled("exe", exe(process)),
        labelled("from", from(row, process)),
        // Last, since a process can make it as long as it likes.
        labelled("cmd", cmdline(process)),
    ]
}

/// Pid and name of who holds the row's socket.
pub fn who(row: &Row<'_>) -> String {
    match row.process() {
        Some(process) => format!("{} {}", process.key.pid, process.comm),
        None => cell(row, "command"),
    }
}

/// The text of a cell, whether its column is on screen or not.
pub fn cell(row: &Row<'_>, name: &str) -> String {
    let column = COLUMNS.iter().find(|column| column.name == name);
    column.map(|column| (column.value)(row).text().into_owned()).unwrap_or_default()
}

/// The ancestors of a process and itself, the farthest first.
pub fn from(row: &Row<'_>, process: &Process) -> String {
    format::chain(&ancestry(row.processes, process.key.pid))
}

pub fn cwd(process: &Process) -> String {
    known(&process.cwd, Text::to_string)
}

pub fn exe(process: &Process) -> String {
    known(&process.exe, |exe| {
        let deleted = if exe.deleted { " (deleted)" } else { "" };
        let same = exe.same_as.as_ref().map(|shell| format!(" (same content as {shell})"));
        format!("{}{deleted}{}", exe.path, same.unwrap_or_default())
    })
}

pub fn cmdline(process: &Process) -> String {
    known(&process.cmdline, |_| process.arguments().map(printable).collect::<Vec<_>>().join(" "))
}

fn known<T>(fact: &Fact<T>, text: impl FnOnce(&T) -> String) -> String {
    match fact {
        Fact::Known(value) => text(value),
        Fact::Absent => "-".to_owned(),
        Fact::Refused => "?".to_owned(),
    }
}

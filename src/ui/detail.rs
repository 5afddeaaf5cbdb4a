//! All that is known of the selected socket, as text.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::line;
use super::theme::{FAINT, Theme};
use crate::app::{App, Pane};
use crate::model::{Alert, Detail, Fact, Process, Text, printable};
use crate::table::{COLUMNS, Row};

/// Cells of the labels at the left.
const LABEL: usize = 7;

/// The dividing line, then the facts, `hidden` lines of which do not fit.
pub(super) fn pane(app: &App, width: usize, hidden: usize, theme: Theme) -> Vec<Line<'static>> {
    let Some(row) = app.selected() else {
        return vec![Line::styled("no socket is selected", FAINT)];
    };
    let keys = match (app.pane(), hidden.saturating_sub(app.text_top())) {
        (Pane::Full, 0) => "Enter shuts".to_owned(),
        (Pane::Full, below) => format!("{below} more below  Enter shuts"),
        (Pane::Open | Pane::Closed, _) => "Enter full screen".to_owned(),
    };
    let mut pane = vec![super::facts::bar(&row, &keys, width)];
    if app.pane() == Pane::Open {
        pane.extend(super::facts::where_from(&row, width));
    }
    pane.extend(lines(app, width, theme));
    pane
}

/// The facts in lines of at most `width` cells; nothing is cut.
pub(super) fn lines(app: &App, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let Some(row) = app.selected() else {
        return Vec::new();
    };
    let mut text = Facts { lines: Vec::new(), width, theme };
    for alert in row.alerts {
        text.alert(alert);
    }
    // An open pane has who and where from in its first lines.
    let is_full = app.pane() == Pane::Full;
    if let Some((number, why)) = row.unowned().filter(|_| is_full) {
        text.fact("owner", &format!("[{number}] {why}"));
    }
    text.socket(&row);
    text.owners(&row);
    if let Some(process) = row.process() {
        text.process(&row, process, is_full);
    }
    text.lines
}

struct Facts {
    lines: Vec<Line<'static>>,
    width: usize,
    theme: Theme,
}

impl Facts {
    fn fact(&mut self, label: &str, text: &str) {
        for (nth, part) in line::wrap(text, self.width.saturating_sub(LABEL)).into_iter().enumerate() {
            let label = if nth == 0 { label } else { "" };
            self.lines
                .push(Line::from(vec![Span::styled(format!("{label:LABEL$}"), FAINT), Span::raw(part)]));
        }
    }

    fn alert(&mut self, alert: &Alert) {
        let title = format!("WHY    {}  {}", alert.level.name().to_uppercase(), alert.rule);
        self.lines.push(Line::styled(title, self.theme.alert(alert.level)));
        if let Some(reason) = &alert.muted {
            self.fact(" muted", reason);
        }
        for (nth, evidence) in alert.evidence.iter().enumerate() {
            self.fact(&format!("  {}", nth + 1), &evidence.fact);
        }
    }

    fn process(&mut self, row: &Row<'_>, process: &Process, is_full: bool) {
        let tty = process.tty.map_or_else(|| "none".to_owned(), |_| cell(row, "tty"));
        self.fact(
            "user",
            &format!("{} ({})  tty {tty}  started {}", cell(row, "user"), process.uid, cell(row, "started")),
        );
        if is_full {
            self.fact("cwd", &known(&process.cwd, Text::to_string));
            self.fact("exe", &exe(process));
            self.fact("chain", &chain(row));
            // Last, since a process can make it as long as it likes.
            self.fact("cmd", &cmdline(process));
        }
    }

    fn socket(&mut self, row: &Row<'_>) {
        let Some(socket) = row.socket else { return };
        let ends = [cell(row, "local"), cell(row, "remote")].join(" > ");
        let direction = match cell(row, "direction").as_str() {
            "-" | "" => String::new(),
            direction => format!("  {direction} ({})", cell(row, "direction_by")),
        };
        let proto = cell(row, "proto");
        self.fact("socket", &format!("{proto} {}  {ends}{direction}", cell(row, "state")));
        self.fact(
            "",
            &format!(
                "inode {}  netns {}  age {}  receive/send queue {}",
                cell(row, "socket"),
                netns(row),
                cell(row, "age"),
                cell(row, "queues")
            ),
        );
        let named: &[&str] = match socket.detail {
            Detail::Tcp(_) => &["timer", "timer_left", "retransmits", "probes", "rto", "cwnd", "ssthresh"],
            Detail::Datagram { .. } => &["drops"],
            Detail::Unix(_) => &["type", "flags"],
            Detail::Packet { .. } => &["type"],
        };
        let counters: Vec<_> = named
            .iter()
            .map(|name| (name.replace('_', " "), cell(row, name)))
            .filter(|(_, value)| !matches!(value.as_str(), "" | "-"))
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        self.fact(socket.id.protocol.name(), &counters.join("  "));
    }

    /// Every process that holds the socket, with its descriptors.
    fn owners(&mut self, row: &Row<'_>) {
        for (nth, held) in row.owners.chunk_by(|one, next| one.pid == next.pid).enumerate() {
            let Some(first) = held.first() else { continue };
            let name = row.processes.get(&first.pid).map(|process| process.comm.to_string());
            let fds: Vec<_> = held.iter().map(|owner| owner.fd.to_string()).collect();
            let owner = format!("{} {} fd {}", first.pid, name.unwrap_or_default(), fds.join(","));
            self.fact(if nth == 0 { "owners" } else { "" }, &owner);
        }
    }
}

/// Pid and name of who holds the row's socket.
pub(super) fn who(row: &Row<'_>) -> String {
    match row.process() {
        Some(process) => format!("{} {}", process.key.pid, process.comm),
        None => cell(row, "command"),
    }
}

/// The text of a cell, whether its column is on screen or not.
pub(super) fn cell(row: &Row<'_>, name: &str) -> String {
    let column = COLUMNS.iter().find(|column| column.name == name);
    column.map(|column| (column.value)(row).text().into_owned()).unwrap_or_default()
}

pub(super) fn known<T>(fact: &Fact<T>, text: impl FnOnce(&T) -> String) -> String {
    match fact {
        Fact::Known(value) => text(value),
        Fact::Absent => "-".to_owned(),
        Fact::Refused => "?".to_owned(),
    }
}

pub(super) fn exe(process: &Process) -> String {
    known(&process.exe, |exe| exe.path.to_string() + if exe.deleted { " (deleted)" } else { "" })
}

pub(super) fn cmdline(process: &Process) -> String {
    known(&process.cmdline, |_| process.arguments().map(printable).collect::<Vec<_>>().join(" "))
}

/// The process and its ancestors, the farthest first.
pub(super) fn chain(row: &Row<'_>) -> String {
    let named = |process: &&Process| format!("{}({})", process.comm, process.key.pid);
    row.ancestry().iter().rev().map(named).collect::<Vec<_>>().join(" > ")
}

/// The namespace by number and name.
fn netns(row: &Row<'_>) -> String {
    let (number, name) = (cell(row, "net_namespace"), cell(row, "netns"));
    if name == number { name } else { format!("{number} ({name})") }
}

/// The start of a chain gives way to its end: the nearest ancestors say most.
pub(super) fn cut_start(text: &str, cells: usize) -> String {
    let width = text.width();
    if width <= cells {
        return text.to_owned();
    }
    let kept = line::suffix(text, width.saturating_sub(cells.saturating_sub(1)));
    format!("…{}", line::prefix(kept, cells.saturating_sub(1)))
}

//! The dialogs of what is done to processes and sockets.

use ratatui::text::{Line, Span};

use super::dialog::Dialog;
use super::theme::{FAINT, TITLE, Theme};
use super::{line, outline};
use crate::app::act::stands;
use crate::app::{Action, Close, Keys, Kill, Person};
use crate::model::{Pid, Process, Signal, Standing, Text};
use crate::table::{describe, format};

/// Cells of a line: more are hard to read, and a command line may have any number.
const WIDEST: usize = 76;

/// Blanks beside them.
const MARGIN: usize = 1;

/// Children that are named.
const MOST_CHILDREN: usize = 6;

/// Who it is, then what can be sent.
pub(super) fn kill(kill: &Kill, keys: &Keys, width: usize, theme: Theme) -> Dialog {
    let dialog = kill_lines(kill, keys, width.min(WIDEST).saturating_sub(2 * MARGIN), theme);
    within_margins(dialog)
}

fn kill_lines(kill: &Kill, keys: &Keys, width: usize, theme: Theme) -> Dialog {
    let [takes, leaves] = [Action::Enter, Action::Back].map(|action| keys.called(&action));
    let title = match kill.people.as_slice() {
        // Seen on the smallest screen, too, where the first lines may have no room.
        [Person { process, .. }] => format!("Kill {} {}", process.key.pid, process.comm),
        several => format!("Kill: {} processes", several.len()),
    };
    if kill.is_list() {
        let lines = kill.people.iter().flat_map(|person| listed(person, keys, width, theme)).collect();
        let footer = format!("{takes} goes on to the signal  {leaves} leaves");
        return Dialog { title, footer, lines, chosen: None };
    }
    let mut lines = match kill.people.as_slice() {
        [person] => facts(person, keys, width, theme),
        several => all(several, keys, width, theme),
    };
    if kill.held() == 0 {
        let footer = format!("{takes} sends nothing  {leaves} leaves");
        return Dialog { title, footer, lines, chosen: None };
    }
    lines.push(Line::default());
    let chosen = Some(lines.len() + kill.at);
    lines.extend(Signal::MENU.iter().map(|(name, number, help, _)| {
        Line::from(vec![
            Span::styled(format!("{name:4} {number:2}"), theme.key()),
            Span::raw(line::cut(&format!("  {help}"), width.saturating_sub(7))),
        ])
    }));
    let whom = if kill.people.len() == 1 { "this process" } else { "these processes" };
    let footer = format!("{takes} sends to exactly {whom}  {leaves} leaves");
    Dialog { title, footer, lines, chosen }
}

/// The one process.
fn facts(person: &Person, keys: &Keys, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let Process { key, .. } = &person.process;
    let command = format!("{}  {}", key.pid, command(&person.process));
    let mut lines = vec![Line::styled(line::cut(&command, width), TITLE)];
    let found = person.found.as_ref();
    let fds = found.and_then(|found| found.descriptors).map_or(String::new(), |fds| format!(", {fds} fds"));
    let facts = format!(
        "user {}  started {}  {}{fds}",
        person.user,
        started(person),
        outline::sockets(person.sockets)
    );
    lines.extend(line::wrap(&facts, width).into_iter().map(Line::from));
    let parent = person.parent.as_ref().map(|parent| format!("{}({})", parent.comm, parent.key.pid));
    let children = children(found.and_then(|found| found.children.as_deref()));
    let family = format!("parent {}  children {children}", parent.unwrap_or("none".to_owned()));
    lines.extend(line::wrap(&family, width).into_iter().map(Line::from));
    if person.others > 0 {
        let others = match person.others {
            1 => "1 more process holds this socket, and keeps it".to_owned(),
            others => format!("{others} more processes hold this socket, and keep it"),
        };
        lines.extend(warned(&others, width, theme));
    }
    if found.is_some_and(|found| found.is_above) {
        lines.extend(warned(
            "sockeye runs below it: what ends it may end sockeye, and your session",
            width,
            theme,
        ));
    }
    lines.extend(standing(person, keys, width, theme));
    lines
}

/// One of several, in the list of all.
fn listed(person: &Person, keys: &Keys, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let Process { key, comm, .. } = &person.process;
    let text = format!(
        "{:>7} {:15} {:9} {}  {}",
        key.pid.to_string(),
        comm.to_string(),
        line::cut(&person.user, 9),
        started(person),
        command(&person.process)
    );
    let mut lines = vec![Line::raw(line::cut(&text, width))];
    if person.found.as_ref().is_some_and(|found| found.is_above) {
        lines.extend(warned("sockeye runs below it", width, theme));
    }
    lines.extend(standing(person, keys, width, theme));
    for line in lines.iter_mut().skip(1) {
        line.spans.insert(0, Span::raw(" ".repeat(8)));
    }
    lines
}

/// All of several, in short, and why some are left out.
fn all(people: &[Person], keys: &Keys, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let is_held = |person: &&Person| person.standing() == Some(&Standing::Held);
    let names = people
        .iter()
        .filter(is_held)
        .map(|person| format!("{} {}", person.process.key.pid, person.process.comm));
    let names = names.collect::<Vec<_>>().join(", ");
    let mut lines: Vec<_> =
        line::wrap(&names, width).into_iter().map(|name| Line::styled(name, TITLE)).collect();
    lines.extend(people.iter().flat_map(|person| standing(person, keys, width, theme)));
    lines
}

/// Why nothing is sent to it; no line where it can be.
fn standing(person: &Person, keys: &Keys, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let why =
        person.standing().map(|standing| stands(person.process.key.pid, standing, keys)).unwrap_or_default();
    if why.is_empty() { Vec::new() } else { warned(&why, width, theme) }
}

fn warned(text: &str, width: usize, theme: Theme) -> Vec<Line<'static>> {
    line::wrap(text, width).into_iter().map(|part| Line::styled(part, theme.warning())).collect()
}

fn started(person: &Person) -> String {
    person.started.map_or_else(|| "?".to_owned(), format::clock)
}

/// Its arguments; where it has none its name.
fn command(process: &Process) -> String {
    match describe::cmdline(process) {
        none if matches!(none.as_str(), "-" | "?" | "") => process.comm.to_string(),
        command => command,
    }
}

fn children(children: Option<&[(Pid, Text)]>) -> String {
    let Some(children) = children else { return "not known".to_owned() };
    let Some(more) = children.len().checked_sub(MOST_CHILDREN) else {
        return if children.is_empty() { "none".to_owned() } else { named(children) };
    };
    let first = children.get(..MOST_CHILDREN).unwrap_or_default();
    if more == 0 { named(children) } else { format!("{} and {more} more", named(first)) }
}

fn named(children: &[(Pid, Text)]) -> String {
    let names = children.iter().map(|(pid, name)| format!("{name}({pid})"));
    names.collect::<Vec<_>>().join(" ")
}

/// What is closed, and what happens then.
pub(super) fn close(close: &Close, keys: &Keys, width: usize) -> Dialog {
    let width = width.min(WIDEST).saturating_sub(2 * MARGIN);
    let mut lines = Vec::new();
    for (nth, text) in close.lines.iter().enumerate() {
        let style = if nth == 0 { TITLE } else { ratatui::style::Style::new() };
        lines.extend(line::wrap(text, width).into_iter().map(|part| Line::styled(part, style)));
    }
    lines.push(Line::default());
    let what = "It is closed for all that hold it, which read an error; the peer gets a reset. No process ends. \
        Another socket that gets its addresses meanwhile is left alone.";
    lines.extend(line::wrap(what, width).into_iter().map(|part| Line::styled(part, FAINT)));
    let [takes, leaves] = [Action::Enter, Action::Back].map(|action| keys.called(&action));
    let footer = format!("{takes} closes exactly this socket  {leaves} leaves");
    within_margins(Dialog { title: "Close this socket".to_owned(), footer, lines, chosen: None })
}

/// A blank at both ends of each line.
fn within_margins(mut dialog: Dialog) -> Dialog {
    for line in &mut dialog.lines {
        line.spans.insert(0, Span::raw(" ".repeat(MARGIN)));
        line.spans.push(Span::raw(" ".repeat(MARGIN)));
    }
    dialog
}

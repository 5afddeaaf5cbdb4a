//! Lines that are no plain rows: of a tree, of groups, further owners.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::columns::Fitted;
use super::line;
use super::theme::{FAINT, TITLE, Theme};
use crate::app::{Action, App};
use crate::model::Level;
use crate::table::{By, Column, Group, Label, Mark, RECEIVE_RATE, Row, SEND_RATE, Shown, Sort, format};

/// Of a name at least so many cells are shown, however deep it hangs.
const LEAST_NAME: usize = 18;

/// Depth and name in at most so many cells: of a deep chain the nearest levels.
pub(super) fn label(label: &Label, cells: usize) -> String {
    let Label { indent, name } = label;
    let room = cells.saturating_sub(name.width().min(LEAST_NAME.min(cells)));
    let indent = if indent.width() > room {
        format!("…{}", line::suffix(indent, indent.width() - room.saturating_sub(1)))
    } else {
        indent.clone()
    };
    let room = cells.saturating_sub(indent.width());
    format!("{indent}{}", line::cut(name, room))
}

/// A line that only a process says something about: its columns, and a text in the place of the socket's.
pub(super) struct Heading<'a> {
    pub(super) label: &'a Label,
    pub(super) row: Option<&'a Row<'a>>,
    pub(super) level: Option<Level>,
    pub(super) text: String,
    /// Columns besides those of the process.
    pub(super) also: &'static [&'static str],
}

impl Heading<'_> {
    pub(super) fn draw(&self, buffer: &mut Buffer, area: Rect, fitted: &[Fitted], theme: Theme) {
        let mut text = Some(&self.text).filter(|text| !text.is_empty());
        for (nth, one) in fitted.iter().enumerate() {
            let cell = self.cell(one);
            let style = match self.level.filter(|_| one.column.name == "mark") {
                Some(level) => theme.alert(level),
                None => Style::new(),
            };
            let is_free = cell.is_empty() && fitted.iter().take(nth).any(|one| one.column.name == "command");
            match text.filter(|_| is_free) {
                Some(words) => {
                    // As far as the next cell that is not empty.
                    let rest = fitted.get(nth..).unwrap_or_default();
                    let free = rest.iter().take_while(|one| self.cell(one).is_empty());
                    let cells = free.map(|one| one.cells + 1).sum::<usize>().saturating_sub(1);
                    let x = area.x.saturating_add(u16::try_from(one.x).unwrap_or(u16::MAX));
                    let right = Rect { x, width: area.right().saturating_sub(x), ..area };
                    put(buffer, right, &line::cut(words, cells), FAINT);
                    text = None;
                }
                None => super::table::cell(buffer, area, one, &cell, style),
            }
        }
    }

    fn cell(&self, one: &Fitted) -> String {
        let name = one.column.name;
        match self.row {
            _ if name == "mark" => mark(self.level).text().to_owned(),
            _ if name == "command" => label(self.label, one.cells),
            Some(row) if one.column.by_process() || name == "pid" || self.also.contains(&name) => {
                (one.column.value)(row).fit(one.cells).into_owned()
            }
            Some(_) | None => String::new(),
        }
    }
}

fn mark(level: Option<Level>) -> Mark {
    match level {
        Some(Level::High) => Mark::High,
        Some(Level::Medium) => Mark::Medium,
        Some(Level::Low) => Mark::Low,
        None => Mark::Nothing,
    }
}

fn put(buffer: &mut Buffer, area: Rect, text: &str, style: Style) {
    if area.height > 0 && area.width > 0 {
        buffer.set_stringn(area.x, area.y, text, area.width.into(), style);
    }
}

/// `3 sockets`
pub(super) fn sockets(count: usize) -> String {
    if count == 1 { "1 socket".to_owned() } else { format!("{count} sockets") }
}

/// Width from which all numbers of a group are shown.
const WIDE: usize = 70;

/// A number of each group.
struct Number {
    title: &'static str,
    cells: usize,
    value: fn(&Group) -> String,
    /// Name of the column that stands for the order by it; that of the marks for the usual one.
    sorted_by: Option<&'static str>,
}

const NUMBERS: [Number; 6] = [
    Number { title: "SOCKETS", cells: 9, value: |group| group.sockets.to_string(), sorted_by: Some("mark") },
    Number { title: "ESTAB", cells: 7, value: |group| group.established.to_string(), sorted_by: None },
    Number { title: "LISTEN", cells: 7, value: |group| group.listening.to_string(), sorted_by: None },
    Number { title: "PROCS", cells: 6, value: |group| group.processes.to_string(), sorted_by: None },
    Number {
        title: "SENT",
        cells: 10,
        value: |group| group.rates.map_or_else(|| "-".to_owned(), |rates| rate(rates.sent)),
        sorted_by: Some(SEND_RATE),
    },
    Number {
        title: "RECEIVED",
        cells: 10,
        value: |group| group.rates.map_or_else(|| "-".to_owned(), |rates| rate(rates.received)),
        sorted_by: Some(RECEIVE_RATE),
    },
];

fn rate(bytes: u64) -> String {
    format!("{}/s", format::amount(bytes))
}

fn numbers(width: usize) -> impl Iterator<Item = &'static Number> {
    NUMBERS.iter().filter(move |one| width >= WIDE || !matches!(one.title, "LISTEN" | "PROCS"))
}

/// A line of groups: mark, name, numbers.
fn columns(width: usize, mark: &str, name: &str, number: impl Fn(&Number) -> String) -> [String; 3] {
    let numbers = numbers(width).map(|one| format!("{:>cells$}", number(one), cells = one.cells));
    let numbers: String = numbers.collect();
    let room = width.saturating_sub(3 + numbers.width());
    let name = line::cut(name, room);
    let blanks = " ".repeat(room.saturating_sub(name.width()));
    [format!("{mark:3}"), format!("{name}{blanks}"), numbers]
}

pub(super) fn group_titles(buffer: &mut Buffer, area: Rect, by: By, sort: Sort) {
    buffer.set_style(area, TITLE);
    // The usual order has the largest first.
    let arrow = if sort.descending == sort.column.is_some() { 'v' } else { '^' };
    let sorted_by = sort.column.map_or("mark", |column| column.name);
    let titled = |title: &str, name: Option<&str>| {
        if name == Some(sorted_by) { format!("{title}{arrow}") } else { title.to_owned() }
    };
    let name = format!("  {}", titled(by.title(), Some(by.column())));
    let line = columns(area.width.into(), "", &name, |one| titled(one.title, one.sorted_by)).concat();
    put(buffer, area, &line, TITLE);
}

/// What a title of groups sorts by, by its cell.
pub(super) fn title_at(by: By, width: usize, x: usize) -> Option<&'static Column> {
    let mut end = width;
    for one in numbers(width).collect::<Vec<_>>().into_iter().rev() {
        end = end.saturating_sub(one.cells);
        if x >= end {
            return one.sorted_by.and_then(|name| Column::find(name).ok());
        }
    }
    Column::find(by.column()).ok()
}

pub(super) fn group(buffer: &mut Buffer, area: Rect, group: &Group, name: &str, theme: Theme) {
    let fold = if group.is_open { '-' } else { '+' };
    let name = format!("{fold} {name}");
    let [mark, name, numbers] =
        columns(area.width.into(), mark(group.level).text(), &name, |one| (one.value)(group));
    let style = group.level.map_or(Style::new(), |level| theme.alert(level));
    put(buffer, area, mark.trim_end(), style);
    let rest = Rect { x: area.x.saturating_add(3), width: area.width.saturating_sub(3), ..area };
    put(buffer, rest, &format!("{name}{numbers}"), TITLE);
}

/// `9 sockets of it and of what it started`, where the line stands for a process.
pub(super) fn below(app: &App) -> Option<String> {
    let Shown::Process { below, .. } = app.selected_line()? else { return None };
    Some(format!("{} of it and of its descendants", sockets(below)))
}

/// What a line says that stands for no socket and no process.
pub(super) fn facts(app: &App) -> Option<(String, String)> {
    match app.selected_line()? {
        Shown::NoProcess { below, .. } => {
            let key = app.keys().called(&Action::Coverage);
            Some(("no process".to_owned(), format!("{}: {key} says why each kind has none", sockets(below))))
        }
        Shown::Group { group, name } => {
            let rates = group.rates.map_or_else(String::new, |rates| {
                format!("  sent {}  received {}", rate(rates.sent), rate(rates.received))
            });
            let processes = if group.processes == 1 {
                "1 process".to_owned()
            } else {
                format!("{} processes", group.processes)
            };
            Some((name, format!("{}  {processes}{rates}", sockets(group.sockets))))
        }
        Shown::Row(..) | Shown::Owner(..) | Shown::Process { .. } => None,
    }
}

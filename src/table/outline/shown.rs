//! A line of the screen, with what it is made of.

use super::{Group, Item};
use crate::model::{Level, Names};
use crate::table::arrange::GroupKey;
use crate::table::value::Command;
use crate::table::{Row, Small, Table, apart, describe, format};

/// What stands in the place of the command: how deep it hangs, and its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// Bars of a tree, or blanks.
    pub indent: String,
    pub name: String,
}

/// A line of the screen.
#[derive(Debug)]
pub enum Shown<'a> {
    /// A socket; with a label where lines hang on each other.
    Row(Row<'a>, Option<Label>),
    /// A further owner: the row under it.
    Owner(Row<'a>, Label),
    /// A process without a line of its own socket: a row without socket.
    Process {
        row: Row<'a>,
        label: Label,
        below: usize,
        level: Option<Level>,
    },
    /// The sockets without process.
    NoProcess {
        label: Label,
        below: usize,
    },
    Group {
        group: &'a Group,
        name: String,
    },
}

impl<'a> Shown<'a> {
    /// The socket's row, where the line stands for one.
    pub fn socket(&self) -> Option<&Row<'a>> {
        match self {
            Self::Row(row, _) | Self::Owner(row, _) => Some(row),
            Self::Process { .. } | Self::NoProcess { .. } | Self::Group { .. } => None,
        }
    }

    /// The row of a socket or a process.
    pub fn row(self) -> Option<Row<'a>> {
        match self {
            Self::Row(row, _) | Self::Owner(row, _) | Self::Process { row, .. } => Some(row),
            Self::NoProcess { .. } | Self::Group { .. } => None,
        }
    }
}

impl Table {
    /// The line at a place.
    pub fn shown<'a>(&'a self, at: usize, names: &'a Names) -> Option<Shown<'a>> {
        let in_tree = !self.outline.nodes.is_empty();
        Some(match self.item(at)? {
            Item::Row(place, is_last) => {
                let row = self.row(place.place(), names)?;
                let label = in_tree.then(|| self.leaf(place, is_last, &row));
                Shown::Row(row, label)
            }
            Item::Joined(place) => {
                let row = self.row(place.place(), names)?;
                let node = *self.outline.of_row.get(place.place())?;
                let label = Label { indent: self.indent(node), name: Command::new(&row).alone() };
                Shown::Row(row, Some(label))
            }
            Item::Owner(place, owner) => {
                let lead = Some(owner.place());
                let row = Row { lead, ..self.row(place.place(), names)? };
                let indent = self.outline.of_row.get(place.place()).filter(|_| in_tree);
                let indent = indent.map(|node| self.bars(*node)).unwrap_or_default();
                let name = row.process().map_or_else(|| "?".to_owned(), |process| process.comm.to_string());
                let pid = row.pid().filter(|_| in_tree).map(|pid| format!("({pid})")).unwrap_or_default();
                let name = format!("also {name}{pid} fd {}", format::fds(row.held()));
                Shown::Owner(row, Label { indent: format!("{indent}  "), name })
            }
            Item::Node(place) => {
                let node = self.outline.nodes.get(place.place())?;
                let mut label = Label { indent: self.indent(place), name: "(no process)".to_owned() };
                let Some(process) = node.process else {
                    return Some(Shown::NoProcess { label, below: node.below });
                };
                let row = Row {
                    socket: None,
                    entry: &apart::NOTHING,
                    owners: &[],
                    lead: None,
                    alerts: &[],
                    closed: None,
                    alone: Some(process.pid),
                    ..self.row(node.row.place(), names)?
                };
                label.name = Command::new(&row).alone();
                let level = node.level.filter(|_| !node.is_open);
                Shown::Process { row, label, below: node.below, level }
            }
            Item::Group(place) => {
                let group = self.outline.groups.get(place.place())?;
                let row = self.at(self.group_line(group)?, names)?;
                Shown::Group { group, name: name(group, &row) }
            }
        })
    }

    /// The label of a row that hangs on its process.
    fn leaf(&self, place: Small, is_last: bool, row: &Row<'_>) -> Label {
        let node = self.outline.of_row.get(place.place()).copied();
        let bars = node.map(|node| self.bars(node)).unwrap_or_default();
        let held = row.held();
        let what = if held.is_empty() { "no owner".to_owned() } else { format!("fd {}", format::fds(held)) };
        let name = what + &Command::new(row).tail();
        Label { indent: format!("{bars}{}", if is_last { "└─" } else { "├─" }), name }
    }

    /// What stands before the name of a node; a plus where something is folded away below it.
    fn indent(&self, node: Small) -> String {
        let (above, is_last) = self.branch(node);
        let Some(known) = self.outline.nodes.get(node.place()) else { return String::new() };
        let shown = usize::from(known.rows == 1 && known.process.is_some());
        let is_folded = !known.is_open && known.below > shown;
        let fork = match (known.parent, is_last, is_folded) {
            (None, _, true) => "+",
            (None, _, false) => "",
            (Some(_), true, false) => "└─",
            (Some(_), false, false) => "├─",
            (Some(_), true, true) => "└+",
            (Some(_), false, true) => "├+",
        };
        above.into_iter().map(bar).chain([fork]).collect()
    }

    /// What stands before all that hangs on a node.
    fn bars(&self, node: Small) -> String {
        let (above, is_last) = self.branch(node);
        let has_parent = self.outline.nodes.get(node.place()).is_some_and(|node| node.parent.is_some());
        above.into_iter().chain(has_parent.then_some(!is_last)).map(bar).collect()
    }
}

fn bar(goes_on: bool) -> &'static str {
    if goes_on { "│ " } else { "  " }
}

fn name(group: &Group, row: &Row<'_>) -> String {
    match &group.key {
        GroupKey::Process(name) => name.to_string(),
        GroupKey::Remote(host) => {
            let known = row.names.get(crate::model::Lookup::Host(*host));
            known.map_or_else(
                || host.to_string(),
                |name| crate::model::printable(name.as_bytes()).into_owned(),
            )
        }
        GroupKey::User(_) => describe::cell(row, "user"),
        GroupKey::None => "(none)".to_owned(),
    }
}

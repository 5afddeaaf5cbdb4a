//! The lines of a screen: rows as they are, under their processes, or in groups.

use std::collections::BTreeSet;

use super::arrange::{Folds, LineKey, Shape};
use super::{Line, RowKey, Small, Sort, Table};
use crate::model::Level;

mod groups;
mod shown;
mod tree;

pub use groups::{Group, RECEIVE_RATE, SEND_RATE};
pub use shown::{Label, Shown};
use tree::Node;

/// What stands on each line, by places in the table.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// None where lines are rows as they stand.
    items: Option<Vec<Item>>,
    /// By row its node or group.
    of_row: Vec<Small>,
    nodes: Vec<Node>,
    groups: Vec<Group>,
}

/// What stands on a line.
#[derive(Clone, Copy, Debug)]
enum Item {
    /// A row on a line of its own; the last of its node or not.
    Row(Small, bool),
    /// The only row of a node, which shares its line.
    Joined(Small),
    /// A row and a place among its owners.
    Owner(Small, Small),
    Node(Small),
    Group(Small),
}

/// Where a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Located {
    pub at: usize,
    /// It is the line itself and not one that it is folded into.
    pub is_exact: bool,
}

/// Places that follow each other in a list of their own.
#[derive(Clone, Debug, Default)]
struct Links {
    next: Vec<Option<Small>>,
}

/// First and last place of such a list.
#[derive(Clone, Copy, Debug, Default)]
struct Ends(Option<(Small, Small)>);

impl Links {
    fn push(&mut self, ends: &mut Ends, at: usize) {
        if self.next.len() <= at {
            self.next.resize(at + 1, None);
        }
        let at = Small::new(at);
        match &mut ends.0 {
            Some((_, last)) => {
                if let Some(next) = self.next.get_mut(last.place()) {
                    *next = Some(at);
                }
                *last = at;
            }
            None => ends.0 = Some((at, at)),
        }
    }

    fn iter(&self, ends: Ends) -> impl Iterator<Item = usize> {
        let mut next = ends.0.map(|(first, _)| first);
        std::iter::from_fn(move || {
            let at = next?.place();
            next = self.next.get(at).copied().flatten();
            Some(at)
        })
    }
}

/// Rows whose further owners are shown.
struct Opened {
    all: bool,
    turned: BTreeSet<usize>,
}

impl Table {
    /// Puts the rows on lines.
    pub fn arrange(&mut self, shape: Shape, folds: &Folds, sort: Sort) {
        let opened = Opened {
            all: folds.shows_owners(),
            turned: folds.turned_rows().filter_map(|key| self.position(key)).collect(),
        };
        self.outline = match shape {
            Shape::Flat if !opened.all && opened.turned.is_empty() => Outline::default(),
            Shape::Flat => {
                let mut items = Vec::with_capacity(self.lines.len());
                for at in 0..self.lines.len() {
                    items.push(Item::Row(Small::new(at), false));
                    self.push_owners(&mut items, at, &opened);
                }
                Outline { items: Some(items), ..Outline::default() }
            }
            Shape::Tree => self.tree(folds, &opened),
            Shape::Groups(by) => self.groups(by, folds, &opened, sort),
        };
    }

    /// How many lines there are.
    pub fn line_count(&self) -> usize {
        self.outline.items.as_ref().map_or(self.lines.len(), Vec::len)
    }

    /// Identity of the line at a place.
    pub fn line_key(&self, at: usize) -> Option<LineKey> {
        Some(match self.item(at)? {
            Item::Row(row, _) | Item::Joined(row) => LineKey::Row(self.key(row.place())?),
            Item::Owner(row, owner) => {
                let line = *self.lines.get(row.place())?;
                let pid = self.found(line)?.owners.get(owner.place())?.pid;
                LineKey::Owner(self.key(row.place())?, pid)
            }
            Item::Node(node) => self.node_key(node)?,
            Item::Group(group) => LineKey::Group(self.outline.groups.get(group.place())?.key.clone()),
        })
    }

    /// Where a line is, or the line that it is folded into; none where there is neither.
    pub fn find_line(&self, key: &LineKey) -> Option<Located> {
        match key {
            LineKey::Row(row) => self.find_row(self.position(row)?),
            LineKey::Owner(row, pid) => {
                let place = self.position(row)?;
                let is_it = |item: &Item| match item {
                    Item::Owner(row, owner) if row.place() == place => {
                        self.owner_pid(*row, *owner) == Some(*pid)
                    }
                    Item::Owner(..) | Item::Row(..) | Item::Joined(_) | Item::Node(_) | Item::Group(_) => {
                        false
                    }
                };
                let exact = self.find_item(is_it).map(|at| Located { at, is_exact: true });
                exact.or_else(|| self.find_row(place).map(|row| Located { is_exact: false, ..row }))
            }
            LineKey::Process(..) | LineKey::NoProcess(_) => self.find_process(key),
            LineKey::Group(group) => {
                let place = self.outline.groups.iter().position(|one| one.key == *group)?;
                let at = self.find_item(|item| matches!(item, Item::Group(at) if at.place() == place))?;
                Some(Located { at, is_exact: true })
            }
        }
    }

    /// The lines that a row is folded into, the nearest first.
    pub fn containers(&self, row: &RowKey) -> Vec<LineKey> {
        let Some(at) = self.position(row).and_then(|at| self.outline.of_row.get(at)) else {
            return Vec::new();
        };
        if let Some(group) = self.outline.groups.get(at.place()) {
            return vec![LineKey::Group(group.key.clone())];
        }
        let mut keys = Vec::new();
        let mut next = Some(*at);
        while let Some(node) = next {
            keys.extend(self.node_key(node));
            next = self.outline.nodes.get(node.place()).and_then(|node| node.parent);
        }
        keys
    }

    /// The line above one that has nothing to fold: its node, group or row.
    pub fn parent_line(&self, at: usize) -> Option<usize> {
        let of = |row: Small| self.outline.of_row.get(row.place()).copied();
        let node = match self.item(at)? {
            Item::Owner(row, _) => return self.find_row(row.place()).map(|row| row.at),
            Item::Row(row, _) if !self.outline.groups.is_empty() => {
                let group = of(row)?.place();
                return self.find_item(|item| matches!(item, Item::Group(at) if at.place() == group));
            }
            Item::Row(row, _) => of(row)?,
            Item::Joined(row) => self.outline.nodes.get(of(row)?.place())?.parent?,
            Item::Node(node) => self.outline.nodes.get(node.place())?.parent?,
            Item::Group(_) => return None,
        };
        self.find_item(|item| self.node_of(item) == Some(node.place()))
    }

    /// What can be folded at a line: a process before the owners of its only row.
    pub fn foldable(&self, at: usize) -> Vec<LineKey> {
        let owners = |row: Small| {
            let line = *self.lines.get(row.place())?;
            let owners = self.found(line)?.owners;
            let has_more = owners.first()?.pid != owners.last()?.pid;
            has_more.then(|| self.key(row.place()).map(LineKey::Row)).flatten()
        };
        let node = |row: Small| {
            let node = *self.outline.of_row.get(row.place())?;
            let has_more = self.outline.nodes.get(node.place())?.below > 1;
            has_more.then(|| self.node_key(node)).flatten()
        };
        match self.item(at) {
            Some(Item::Joined(row)) => node(row).into_iter().chain(owners(row)).collect(),
            Some(Item::Row(row, _) | Item::Owner(row, _)) => owners(row).into_iter().collect(),
            Some(Item::Node(_) | Item::Group(_)) => self.line_key(at).into_iter().collect(),
            None => Vec::new(),
        }
    }

    fn item(&self, at: usize) -> Option<Item> {
        match &self.outline.items {
            Some(items) => items.get(at).copied(),
            None => (at < self.lines.len()).then(|| Item::Row(Small::new(at), false)),
        }
    }

    fn find_item(&self, is_it: impl Fn(&Item) -> bool) -> Option<usize> {
        self.outline.items.as_ref()?.iter().position(is_it)
    }

    fn find_row(&self, place: usize) -> Option<Located> {
        let exact = |at| Some(Located { at, is_exact: true });
        if self.outline.items.is_none() {
            return exact(place);
        }
        let is_it = |item: &Item| match item {
            Item::Row(row, _) | Item::Joined(row) => row.place() == place,
            Item::Owner(..) | Item::Node(_) | Item::Group(_) => false,
        };
        if let Some(at) = self.find_item(is_it) {
            return exact(at);
        }
        let within = self.outline.of_row.get(place)?;
        if self.outline.groups.is_empty() {
            return self.find_node(*within).map(|node| Located { is_exact: false, ..node });
        }
        let at =
            self.find_item(|item| matches!(item, Item::Group(group) if group.place() == within.place()))?;
        Some(Located { at, is_exact: false })
    }

    fn owner_pid(&self, row: Small, owner: Small) -> Option<crate::model::Pid> {
        let line: Line = *self.lines.get(row.place())?;
        Some(self.found(line)?.owners.get(owner.place())?.pid)
    }

    /// Further owners of a row's socket, where they are to be shown.
    fn push_owners(&self, items: &mut Vec<Item>, at: usize, opened: &Opened) {
        if opened.all == opened.turned.contains(&at) {
            return;
        }
        let Some((line, found)) = self.lines.get(at).and_then(|line| Some((*line, self.found(*line)?)))
        else {
            return;
        };
        let lead = found.lead(line).map(|owner| owner.pid);
        let mut before = None;
        for (place, owner) in found.owners.iter().enumerate() {
            if before.replace(owner.pid) != Some(owner.pid) && Some(owner.pid) != lead {
                items.push(Item::Owner(Small::new(at), Small::new(place)));
            }
        }
    }

    /// The gravest of a row's alerts that is not muted.
    fn level(&self, line: Line) -> Option<Level> {
        self.found(line)?.alerts.first()?.unmuted()
    }
}

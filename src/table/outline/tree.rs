//! Rows under their lead owners, and these under their parents.

use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};

use super::{Ends, Item, Links, Located, Opened, Outline};
use crate::model::{Level, Pid, ProcessKey, ancestry};
use crate::table::arrange::{Folds, LineKey};
use crate::table::found::Found;
use crate::table::{Line, Small, Table};

/// A process that holds rows or has descendants that do.
#[derive(Debug)]
pub(super) struct Node {
    /// A row that knows the process.
    pub(super) row: Small,
    /// None for that of the rows without process.
    pub(super) process: Option<ProcessKey>,
    pub(super) parent: Option<Small>,
    pub(super) is_open: bool,
    /// Rows under it and its descendants, and the gravest of their alerts.
    pub(super) below: usize,
    pub(super) level: Option<Level>,
    /// Its own rows.
    pub(super) rows: usize,
    own: Ends,
    children: Ends,
}

/// Nodes as they are found, parents before children.
struct Growing<'t> {
    table: &'t Table,
    folds: &'t Folds,
    nodes: Vec<Node>,
    known: HashMap<(usize, Option<ProcessKey>), Small>,
    siblings: Links,
    roots: Ends,
    /// Those without process stand last.
    rest: Ends,
}

impl Growing<'_> {
    /// The node of a row; grown with its ancestors where it is new.
    fn of(&mut self, at: usize, line: Line, found: &Found<'_>) -> Small {
        let lead = found.lead(line).map(|owner| owner.pid);
        let input = line.input.place();
        let Some(pid) = lead else { return self.grow(input, None, None, at) };
        let Some(process) = found.processes.get(&pid) else {
            return self.grow(input, Some(ProcessKey { pid, start: 0 }), None, at);
        };
        if let Some(known) = self.known.get(&(input, Some(process.key))) {
            return *known;
        }
        let chain = ancestry(found.processes, pid);
        let grown = chain
            .iter()
            .rev()
            .fold(None, |parent, process| Some(self.grow(input, Some(process.key), parent, at)));
        grown.unwrap_or(Small::new(0))
    }

    fn grow(
        &mut self,
        input: usize,
        process: Option<ProcessKey>,
        parent: Option<Small>,
        row: usize,
    ) -> Small {
        let vacant = match self.known.entry((input, process)) {
            Occupied(known) => return *known.get(),
            Vacant(vacant) => vacant,
        };
        let place = self.nodes.len();
        vacant.insert(Small::new(place));
        let source = self.table.inputs.get(input).map(|input| input.source).unwrap_or_default();
        let key = process.map_or(LineKey::NoProcess(source), |process| LineKey::Process(source, process));
        let node = Node {
            row: Small::new(row),
            process,
            parent,
            is_open: self.folds.is_open(&key),
            below: 0,
            level: None,
            rows: 0,
            own: Ends::default(),
            children: Ends::default(),
        };
        self.nodes.push(node);
        let ends = match parent.and_then(|parent| self.nodes.get_mut(parent.place())) {
            Some(parent) => &mut parent.children,
            None if process.is_none() => &mut self.rest,
            None => &mut self.roots,
        };
        self.siblings.push(ends, place);
        Small::new(place)
    }
}

impl Table {
    /// Siblings stand as the first of the rows below each do.
    pub(super) fn tree(&self, folds: &Folds, opened: &Opened) -> Outline {
        let mut growing = Growing {
            table: self,
            folds,
            nodes: Vec::new(),
            known: HashMap::new(),
            siblings: Links::default(),
            roots: Ends::default(),
            rest: Ends::default(),
        };
        let mut rows = Links::default();
        let mut of_row = Vec::with_capacity(self.lines.len());
        for (at, line) in self.lines.iter().enumerate() {
            let node = self.found(*line).map_or(Small::new(0), |found| growing.of(at, *line, &found));
            of_row.push(node);
            if let Some(node) = growing.nodes.get_mut(node.place()) {
                rows.push(&mut node.own, at);
                node.rows += 1;
                node.below += 1;
                node.level = node.level.max(self.level(*line));
            }
        }
        let Growing { mut nodes, siblings, roots, rest, .. } = growing;
        for at in (0..nodes.len()).rev() {
            let Some((parent, below, level)) =
                nodes.get(at).and_then(|node| Some((node.parent?, node.below, node.level)))
            else {
                continue;
            };
            if let Some(parent) = nodes.get_mut(parent.place()) {
                parent.below += below;
                parent.level = parent.level.max(level);
            }
        }
        let roots: Vec<usize> = siblings.iter(roots).chain(siblings.iter(rest)).collect();
        let items = self.items(&nodes, &roots, (&siblings, &rows), opened);
        Outline { items: Some(items), of_row, nodes, groups: Vec::new() }
    }

    /// Lines of these nodes and all that is unfolded below them.
    fn items(
        &self,
        nodes: &[Node],
        roots: &[usize],
        (siblings, rows): (&Links, &Links),
        opened: &Opened,
    ) -> Vec<Item> {
        let mut items = Vec::new();
        let mut left: Vec<usize> = roots.iter().rev().copied().collect();
        while let Some(at) = left.pop() {
            let Some(node) = nodes.get(at) else { continue };
            let is_joined = node.rows == 1 && node.process.is_some();
            if is_joined {
                for row in rows.iter(node.own) {
                    items.push(Item::Joined(Small::new(row)));
                    self.push_owners(&mut items, row, opened);
                }
            } else {
                items.push(Item::Node(Small::new(at)));
            }
            if !node.is_open {
                continue;
            }
            let has_children = node.children.0.is_some();
            for (nth, row) in rows.iter(node.own).enumerate().filter(|_| !is_joined) {
                items.push(Item::Row(Small::new(row), nth + 1 == node.rows && !has_children));
                self.push_owners(&mut items, row, opened);
            }
            let from = left.len();
            left.extend(siblings.iter(node.children));
            if let Some(children) = left.get_mut(from..) {
                children.reverse();
            }
        }
        items
    }

    pub(super) fn node_key(&self, node: Small) -> Option<LineKey> {
        let node = self.outline.nodes.get(node.place())?;
        let source = self.found(*self.lines.get(node.row.place())?)?.input.source;
        Some(node.process.map_or(LineKey::NoProcess(source), |process| LineKey::Process(source, process)))
    }

    /// The node whose line an item is.
    pub(super) fn node_of(&self, item: &Item) -> Option<usize> {
        match item {
            Item::Node(node) => Some(node.place()),
            Item::Joined(row) => self.outline.of_row.get(row.place()).map(|node| node.place()),
            Item::Row(..) | Item::Owner(..) | Item::Group(_) => None,
        }
    }

    /// The line of a node, or of the nearest above it that is not folded away.
    pub(super) fn find_node(&self, node: Small) -> Option<Located> {
        let mut next = Some(node);
        let mut is_exact = true;
        while let Some(node) = next {
            if let Some(at) = self.find_item(|item| self.node_of(item) == Some(node.place())) {
                return Some(Located { at, is_exact });
            }
            is_exact = false;
            next = self.outline.nodes.get(node.place())?.parent;
        }
        None
    }

    /// The line of a process. Where no line is one, that of its first row.
    pub(super) fn find_process(&self, key: &LineKey) -> Option<Located> {
        let place =
            (0..self.outline.nodes.len()).find(|at| self.node_key(Small::new(*at)).as_ref() == Some(key));
        if let Some(node) = place {
            return self.find_node(Small::new(node));
        }
        let LineKey::Process(source, process) = key else { return None };
        if !self.outline.nodes.is_empty() {
            return None;
        }
        let is_led = |line: &Line| {
            self.lead_pid(*line) == Some(process.pid)
                && self.inputs.get(line.input.place()).is_some_and(|input| input.source == *source)
        };
        let row = self.lines.iter().position(is_led)?;
        self.find_row(row).map(|row| Located { is_exact: false, ..row })
    }

    fn lead_pid(&self, line: Line) -> Option<Pid> {
        let found = self.found(line)?;
        found.lead(line).map(|owner| owner.pid)
    }

    /// Bars of the ancestors of a node, one for each but the farthest, and whether the node is the last of its parent.
    pub(super) fn branch(&self, node: Small) -> (Vec<bool>, bool) {
        let is_last = |at: Small| {
            let parent = self.outline.nodes.get(at.place()).and_then(|node| node.parent);
            let parent = parent.and_then(|parent| self.outline.nodes.get(parent.place()));
            parent.and_then(|parent| parent.children.0).is_none_or(|(_, last)| last.place() == at.place())
        };
        let mut above = Vec::new();
        let mut next = self.outline.nodes.get(node.place()).and_then(|node| node.parent);
        while let Some(at) = next {
            next = self.outline.nodes.get(at.place()).and_then(|node| node.parent);
            if next.is_some() {
                above.push(!is_last(at));
            }
        }
        above.reverse();
        (above, is_last(node))
    }
}

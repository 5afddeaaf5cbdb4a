//! Rows put together by what they have in common.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use super::{Ends, Item, Links, Opened, Outline};
use crate::analyze::Rates;
use crate::model::{Address, Level, Pid, SourceId, State, TcpState, UnixState};
use crate::table::arrange::{By, Folds, GroupKey, LineKey};
use crate::table::found::Found;
use crate::table::{Column, Line, Small, Sort, Table};

/// Columns by which groups stand in order of their sums.
pub const SEND_RATE: &str = "send_rate";
pub const RECEIVE_RATE: &str = "receive_rate";

impl By {
    /// What groups can be sorted by, from one to the next: loud alerts, then sockets; sums; names.
    pub fn sorts(self) -> Vec<Option<&'static Column>> {
        let named = [SEND_RATE, RECEIVE_RATE, self.column()].map(|name| Column::find(name).ok());
        std::iter::once(None).chain(named).collect()
    }
}

/// Counts and sums over the rows of a group.
#[derive(Debug)]
pub struct Group {
    pub key: GroupKey,
    pub sockets: usize,
    pub established: usize,
    pub listening: usize,
    /// Lead owners.
    pub processes: usize,
    /// Sum over the connections of which rates are known; none where there is none.
    pub rates: Option<Rates>,
    /// The gravest alert that is not muted.
    pub level: Option<Level>,
    pub is_open: bool,
    /// One of its rows.
    pub(super) row: Small,
    own: Ends,
}

impl Table {
    /// Groups with loud alerts first, then the largest; sorted by a column, each where its first row would be, or by
    /// its sum.
    pub(super) fn groups(&self, by: By, folds: &Folds, opened: &Opened, sort: Sort) -> Outline {
        let mut groups: Vec<Group> = Vec::new();
        let mut known: HashMap<GroupKey, usize> = HashMap::new();
        let mut rows = Links::default();
        let mut of_row = Vec::with_capacity(self.lines.len());
        let mut counted: BTreeSet<(usize, SourceId, Pid)> = BTreeSet::new();
        for (at, line) in self.lines.iter().enumerate() {
            let Some(found) = self.found(*line) else {
                of_row.push(Small::new(0));
                continue;
            };
            let lead = found.lead(*line).map(|owner| owner.pid);
            let key = key(by, &found, lead);
            let place = *known.entry(key).or_insert_with_key(|key| {
                let is_open = folds.is_open(&LineKey::Group(key.clone()));
                groups.push(Group::new(key.clone(), at, is_open));
                groups.len() - 1
            });
            of_row.push(Small::new(place));
            if let Some(group) = groups.get_mut(place) {
                group.count(&found, self.level(*line));
                if lead.is_some_and(|lead| counted.insert((place, found.input.source, lead))) {
                    group.processes += 1;
                }
                rows.push(&mut group.own, at);
            }
        }
        let items = self.group_items(&groups, &rows, opened, sort);
        Outline { items: Some(items), of_row, nodes: Vec::new(), groups }
    }

    fn group_items(&self, groups: &[Group], rows: &Links, opened: &Opened, sort: Sort) -> Vec<Item> {
        let mut order: Vec<(usize, &Group)> = groups.iter().enumerate().collect();
        let sum: Option<fn(Rates) -> u64> = match sort.column.map(|column| column.name) {
            None => {
                order.sort_by_key(|(_, group)| {
                    let loud = group.level.filter(|level| *level > Level::Low);
                    (Reverse(loud), Reverse(group.sockets), &group.key)
                });
                if sort.descending {
                    order.reverse();
                }
                None
            }
            Some(SEND_RATE) => Some(|rates| rates.sent),
            Some(RECEIVE_RATE) => Some(|rates| rates.received),
            Some(_) => None,
        };
        if let Some(sum) = sum {
            let sum = |group: &Group| group.rates.map(sum);
            order.sort_by(|(_, a), (_, b)| match (sum(a), sum(b)) {
                (Some(a), Some(b)) => sort.directed(a.cmp(&b)),
                // What has none is last in both directions, as among rows.
                (a, b) => b.is_some().cmp(&a.is_some()),
            });
        }
        let mut items = Vec::new();
        for (place, group) in order {
            items.push(Item::Group(Small::new(place)));
            for row in rows.iter(group.own).filter(|_| group.is_open) {
                items.push(Item::Row(Small::new(row), false));
                self.push_owners(&mut items, row, opened);
            }
        }
        items
    }
}

impl Group {
    fn new(key: GroupKey, row: usize, is_open: bool) -> Self {
        Self {
            key,
            sockets: 0,
            established: 0,
            listening: 0,
            processes: 0,
            rates: None,
            level: None,
            is_open,
            row: Small::new(row),
            own: Ends::default(),
        }
    }

    fn count(&mut self, found: &Found<'_>, level: Option<Level>) {
        self.sockets += 1;
        match found.socket.and_then(|socket| socket.state).filter(|_| found.closed.is_none()) {
            Some(State::Tcp(TcpState::Established)) => self.established += 1,
            Some(State::Tcp(TcpState::Listen) | State::Unix(UnixState::Listen)) => self.listening += 1,
            Some(State::Tcp(_) | State::Unix(_) | State::Unknown(_)) | None => {}
        }
        if let Some(rates) = found.entry.rates {
            let sum = self.rates.get_or_insert(Rates { sent: 0, received: 0 });
            sum.sent = sum.sent.saturating_add(rates.sent);
            sum.received = sum.received.saturating_add(rates.received);
        }
        self.level = self.level.max(level);
    }
}

fn key(by: By, found: &Found<'_>, lead: Option<Pid>) -> GroupKey {
    let process = lead.and_then(|pid| found.processes.get(&pid));
    match by {
        By::Process => process.map_or(GroupKey::None, |process| GroupKey::Process(process.comm.clone())),
        By::Remote => match found.socket.map(|socket| &socket.id.remote) {
            Some(remote @ Address::Inet(_)) if remote.is_peer() => {
                remote.inet().map_or(GroupKey::None, |remote| GroupKey::Remote(remote.ip()))
            }
            _ => GroupKey::None,
        },
        By::User => {
            let creator = found.socket.and_then(|socket| socket.uid).filter(|_| lead.is_none());
            let uid = process.map(|process| process.uid).or(creator);
            uid.map_or(GroupKey::None, GroupKey::User)
        }
    }
}

impl Table {
    /// The row that stands for a group.
    pub(super) fn group_line(&self, group: &Group) -> Option<Line> {
        self.lines.get(group.row.place()).copied()
    }
}

//! How rows stand on the lines of a screen, and which of them are unfolded.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::RowKey;
use crate::model::{Pid, ProcessKey, SourceId, Text};

/// What rows are put together by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Name of the lead owner's process.
    Process,
    /// Address of the peer.
    Remote,
    /// User of the lead owner's process, else of the socket's creator.
    User,
}

impl By {
    /// Over the names of groups.
    pub fn title(self) -> &'static str {
        match self {
            Self::Process => "PROCESS NAME",
            Self::Remote => "REMOTE HOST",
            Self::User => "USER",
        }
    }

    /// Name of the column that has the names of the groups.
    pub fn column(self) -> &'static str {
        match self {
            Self::Process => "command",
            Self::Remote => "remote",
            Self::User => "user",
        }
    }

    /// What the groups are, in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Process => "process name",
            Self::Remote => "remote host",
            Self::User => "user",
        }
    }
}

/// How rows stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// One line a row.
    #[default]
    Flat,
    /// Rows under their lead owners, these under their parents.
    Tree,
    /// One line a group, rows below those that are open.
    Groups(By),
}

/// Identity of a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineKey {
    Row(RowKey),
    /// A further owner of a row's socket.
    Owner(RowKey, Pid),
    Process(SourceId, ProcessKey),
    /// Rows without process.
    NoProcess(SourceId),
    Group(GroupKey),
}

/// What the rows of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKey {
    Process(Text),
    Remote(IpAddr),
    User(u32),
    /// They have no such thing.
    None,
}

/// Which lines are open: each by its kind, or as all of them were last told, but for those that were turned since.
#[derive(Clone, Debug, Default)]
pub struct Folds {
    /// Further owners of rows.
    owners: bool,
    /// Processes and groups; none: processes are open, groups are not.
    others: Option<bool>,
    turned: BTreeSet<LineKey>,
}

impl Folds {
    pub fn is_open(&self, key: &LineKey) -> bool {
        self.starts_open(key) != self.turned.contains(key)
    }

    /// Opens or shuts a line. Whether it was otherwise before.
    pub fn set(&mut self, key: LineKey, open: bool) -> bool {
        if self.is_open(&key) == open {
            return false;
        }
        if self.starts_open(&key) == open {
            self.turned.remove(&key);
        } else {
            self.turned.insert(key);
        }
        true
    }

    /// Shuts all lines of a shape; opens them, where they are shut: of rows as they stand their owners.
    pub fn turn_all(&mut self, shape: Shape) {
        self.turned.clear();
        match shape {
            Shape::Flat => self.owners = !self.owners,
            Shape::Tree => self.others = Some(!self.others.unwrap_or(true)),
            Shape::Groups(_) => self.others = Some(!self.others.unwrap_or(false)),
        }
    }

    /// Whether further owners are shown, but for [`Self::turned_rows`].
    pub fn shows_owners(&self) -> bool {
        self.owners
    }

    /// Rows that are open, or not, against what holds for all.
    pub(super) fn turned_rows(&self) -> impl Iterator<Item = &RowKey> {
        self.turned.iter().filter_map(|key| match key {
            LineKey::Row(row) => Some(row),
            LineKey::Owner(..) | LineKey::Process(..) | LineKey::NoProcess(_) | LineKey::Group(_) => None,
        })
    }

    fn starts_open(&self, key: &LineKey) -> bool {
        match key {
            LineKey::Row(_) | LineKey::Owner(..) => self.owners,
            LineKey::Process(..) => self.others.unwrap_or(true),
            LineKey::NoProcess(_) | LineKey::Group(_) => self.others.unwrap_or(false),
        }
    }
}

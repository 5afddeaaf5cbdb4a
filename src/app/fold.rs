//! How lines hang together: tree, groups, and what of them is unfolded.

use super::{Action, App, Mode};
use crate::table::{By, Folds, LineKey, RowKey, Shape, Shown};

/// A choice of the menu of groups: its letter, and by what; none for no groups.
pub const GROUPS: [(char, Option<By>); 4] =
    [('N', None), ('P', Some(By::Process)), ('R', Some(By::Remote)), ('U', Some(By::User))];

/// What to do with what can be folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    Open,
    Shut,
    /// All lines: shut, or open where they are shut.
    All,
}

impl App {
    /// How rows stand.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The selected line.
    pub fn selected_line(&self) -> Option<Shown<'_>> {
        self.table.shown(self.cursor.at(), self.names())
    }

    /// Whether the selected socket has owners that its row does not name.
    pub fn has_more_owners(&self) -> bool {
        self.selected().is_some_and(|row| row.further_processes() > 0)
    }

    /// Whether the selected line is a heading that is open.
    pub fn is_heading_open(&self) -> bool {
        let key = self.table.line_key(self.cursor.at());
        key.is_some_and(|key| self.folds.is_open(&key))
    }

    pub(super) fn toggle_tree(&mut self) {
        self.set_shape(if self.shape == Shape::Tree { Shape::Flat } else { Shape::Tree });
    }

    pub(super) fn open_groups(&mut self) {
        let now = if let Shape::Groups(by) = self.shape { Some(by) } else { None };
        let at = GROUPS.iter().position(|(_, by)| *by == now).unwrap_or_default();
        self.open(Mode::Groups { at });
    }

    /// Takes a line of the menu.
    pub(super) fn group_by(&mut self, by: Option<By>) {
        self.mode = Mode::Normal;
        self.set_shape(by.map_or(Shape::Flat, Shape::Groups));
    }

    fn set_shape(&mut self, shape: Shape) {
        // What the query asked for before is still to be shown.
        self.refresh();
        if shape != self.shape {
            self.shape = shape;
            self.folds = Folds::default();
            self.is_arranged = false;
        }
    }

    pub(super) fn fold(&mut self, fold: Fold) {
        self.refresh();
        let at = self.cursor.at();
        if fold != Fold::All {
            // The line is meant, not what is folded into it.
            self.cursor.select(at, &self.table);
        }
        let mut keys = self.table.foldable(at);
        let changed = match fold {
            Fold::Open => keys.into_iter().any(|key| self.folds.set(key, true)),
            Fold::Shut => {
                keys.reverse();
                keys.into_iter().any(|key| self.folds.set(key, false))
            }
            Fold::All => {
                self.folds.turn_all(self.shape);
                if self.shape == Shape::Flat {
                    let key = self.keys().called(&Action::Fold(Fold::All));
                    let how = if self.folds.shows_owners() {
                        format!("shown: {key} hides them")
                    } else {
                        "hidden".to_owned()
                    };
                    self.notify(format!("further owners are {how}"));
                }
                true
            }
        };
        self.is_arranged &= !changed;
        if changed {
            return;
        }
        if let Some(parent) = self.table.parent_line(at).filter(|_| fold == Fold::Shut) {
            self.cursor.select(parent, &self.table);
        } else {
            let what = if fold == Fold::Open { "unfold" } else { "fold" };
            self.notify(format!("nothing to {what} here"));
        }
    }

    /// Opens or shuts a line that is a heading; whether it is one.
    pub(super) fn turn_heading(&mut self) -> bool {
        self.refresh();
        let key = self.table.line_key(self.cursor.at());
        let Some(key @ (LineKey::Group(_) | LineKey::NoProcess(_))) = key else { return false };
        self.cursor.select(self.cursor.at(), &self.table);
        let open = !self.folds.is_open(&key);
        self.folds.set(key, open);
        self.is_arranged = false;
        true
    }

    /// Selects a row, and unfolds what it is folded into.
    pub(super) fn reveal(&mut self, row: RowKey) {
        let key = LineKey::Row(row);
        if self.table.find_line(&key).is_none_or(|located| !located.is_exact) {
            let LineKey::Row(row) = &key else { return };
            for container in self.table.containers(row) {
                self.folds.set(container, true);
            }
            self.is_arranged = false;
        }
        self.cursor.set_key(Some(key));
        self.refresh();
        self.cursor.follow(&self.table);
    }
}

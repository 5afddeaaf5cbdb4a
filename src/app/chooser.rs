//! Which columns the screen shows, and in which order: chosen in a list, kept in the config file.

use super::{App, Effect, Mode};
use crate::table::{COLUMNS, Chosen, Column, SCREEN};

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub column: &'static Column,
    /// Cells of the terminal from which it is shown; none: it is not.
    pub from: Option<u16>,
}

impl Line {
    /// Whether a terminal that is so wide shows it.
    pub fn is_shown_at(self, width: u16) -> bool {
        self.from.is_some_and(|from| from <= width)
    }
}

/// The list, while it is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chooser {
    /// Those that are shown from left to right, then the others.
    pub lines: Vec<Line>,
    pub at: usize,
}

impl Chooser {
    fn new(chosen: &[Chosen]) -> Self {
        let is_chosen = |column: &Column| chosen.iter().any(|one| one.column == column);
        let usual = SCREEN.iter().filter(|column| !is_chosen(column));
        let others = COLUMNS.iter().filter(|column| !is_chosen(column) && !SCREEN.contains(column));
        let shown = chosen.iter().map(|one| Line { column: one.column, from: Some(one.from) });
        let hidden = usual.chain(others).map(|&column| Line { column, from: None });
        Self { lines: shown.chain(hidden).collect(), at: 0 }
    }

    /// The columns as they stand in the list.
    pub fn chosen(&self) -> Vec<Chosen> {
        let shown = |line: &Line| Some(Chosen { column: line.column, from: line.from? });
        self.lines.iter().filter_map(shown).collect()
    }

    /// Shows what a terminal of this width does not show, and the other way round. What is shown by itself, now or
    /// from a greater width on, goes back to that.
    fn toggle(&mut self, width: u16) {
        let Some(line) = self.lines.get_mut(self.at) else { return };
        let by_itself = line.column.screen;
        let is_now = by_itself.is_some_and(|from| from <= width);
        line.from = match (line.is_shown_at(width), is_now) {
            (true, true) => None,
            (true, false) | (false, true) => by_itself,
            (false, false) => Some(0),
        };
    }

    /// Moves the chosen line past the next one that is shown.
    fn shift(&mut self, on: bool) {
        let shown = |(_, line): &(usize, &Line)| line.from.is_some();
        let mut lines = self.lines.iter().enumerate();
        let next = if on {
            lines.skip(self.at + 1).find(shown)
        } else {
            lines.rfind(|(at, line)| *at < self.at && line.from.is_some())
        };
        let Some(to) = next.map(|(at, _)| at).filter(|_| self.at < self.lines.len()) else { return };
        let line = self.lines.remove(self.at);
        self.lines.insert(to, line);
        self.at = to;
    }
}

impl App {
    pub(super) fn open_columns(&mut self) {
        let chooser = Chooser::new(self.of_sockets());
        self.open(Mode::Columns(chooser));
    }

    /// Columns that screens show where nobody chose any.
    pub(super) fn usual_columns(&mut self) {
        if let Mode::Columns(chooser) = &mut self.mode {
            *chooser = Chooser { at: chooser.at, ..Chooser::new(&Chosen::usual()) };
        }
    }

    pub(super) fn toggle_column(&mut self) {
        let width = self.page.width;
        if let Mode::Columns(chooser) = &mut self.mode {
            chooser.toggle(width);
        }
    }

    pub(super) fn shift_column(&mut self, on: bool) {
        if let Mode::Columns(chooser) = &mut self.mode {
            chooser.shift(on);
        }
    }

    /// Takes the choice; not one of no column.
    pub(super) fn take_columns(&mut self, chooser: &Chooser) -> Option<Effect> {
        let chosen = chooser.chosen();
        if chosen.is_empty() {
            self.notify("columns as before: the table needs one".to_owned());
            return None;
        }
        if chosen == self.of_sockets() {
            return None;
        }
        if let Some(columns) = &mut self.view_columns {
            *columns = chosen;
            self.notify("columns of this view until it is left".to_owned());
            return None;
        }
        self.chosen.clone_from(&chosen);
        let is_usual = chosen == Chosen::usual();
        Some(Effect::Columns((!is_usual).then_some(chosen)))
    }
}

//! What the mouse does: a click chooses, on a title sorts; a double click opens; the wheel scrolls.

use std::time::Duration;

use super::{Action, App, Chooser, Effect, Kill, Mode, Motion, Pane, View};
use crate::table::{Column, Sort};

/// What is under the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The row at this place of the table.
    Row(usize),
    Title(&'static Column),
    /// The line at this place of the open list.
    Line(usize),
}

/// A button pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Click {
    pub target: Target,
    /// Column and line of the screen.
    pub place: (u16, u16),
    /// Time since the program began.
    pub at: Duration,
}

/// Two clicks within this time on one cell are a double click; as desktops have it.
const DOUBLE: Duration = Duration::from_millis(400);

/// Lines by which the wheel scrolls.
const WHEEL: usize = 3;

impl App {
    /// The second of two clicks is for the row that the first one chose, wherever that is by then.
    pub(super) fn click(&mut self, click: Click) -> Option<Effect> {
        let is_same = |last: &Click| last.place == click.place && click.at.saturating_sub(last.at) <= DOUBLE;
        let is_double = self.clicked.take().is_some_and(|last| is_same(&last));
        match (click.target, self.view()) {
            (Target::Row(_), View::Table) if is_double => return self.apply(Action::Enter),
            (Target::Row(at), View::Table | View::Filter) => {
                self.cursor.select(at, &self.table);
                self.clicked = Some(click);
            }
            (Target::Title(column), View::Table | View::Filter) => self.sort_by_title(column),
            (Target::Line(at), _) => return self.click_line(at),
            (Target::Row(_) | Target::Title(_), _) => {}
        }
        None
    }

    /// Sorts by a column, the other way round where it is sorted so already. Over the marks: alerts first.
    fn sort_by_title(&mut self, column: &'static Column) {
        let column = Some(column).filter(|column| column.name != "mark");
        let now = self.sort();
        self.set_sort(if now.column == column { now.inverted() } else { Sort::by(column) });
    }

    /// Takes a line of a menu; of the columns, shows or hides one.
    fn click_line(&mut self, line: usize) -> Option<Effect> {
        match &mut self.mode {
            Mode::States { at }
            | Mode::Sorts { at }
            | Mode::Menu { at, .. }
            | Mode::Copy { at, .. }
            | Mode::Write { at, .. }
            | Mode::Groups { at } => {
                *at = line;
                return self.enter();
            }
            // What ends a process takes a key.
            Mode::Kill(Kill { at, .. }) => *at = line,
            Mode::Columns(Chooser { at, .. }) => {
                *at = line;
                self.toggle_column();
            }
            Mode::Normal
            | Mode::Filter { .. }
            | Mode::Pid { .. }
            | Mode::Mute { .. }
            | Mode::Close(_)
            | Mode::Coverage
            | Mode::Help { .. } => {}
        }
        None
    }

    /// Scrolls the table or the open text; in a list goes by one line.
    pub(super) fn wheel(&mut self, down: bool) {
        let motion = if down { Motion::Down } else { Motion::Up };
        let view = self.view();
        if view.is_prompt() || (view == View::Table && self.pane != Pane::Full) {
            self.refresh();
            self.cursor.scroll(WHEEL, down, &self.table);
        } else {
            let lines = if view.is_menu() { 1 } else { WHEEL };
            (0..lines).for_each(|_| self.step(motion));
        }
    }
}

//! Which dialog is open and what it holds.

use super::keymap::View;
use super::menu::{Choice, Menu};
use super::{Chooser, Close, Kill, Prompt};
use crate::model::Mute;
use crate::table::{LineKey, RowKey};

/// Who gets the keys.
#[derive(Debug, Default)]
pub enum Mode {
    #[default]
    Normal,
    Filter {
        prompt: Prompt,
        /// What Esc restores: the filter's text, and the selection.
        before: (String, Option<LineKey>),
    },
    Pid {
        prompt: Prompt,
    },
    /// The reason of a mute is asked for.
    Mute {
        prompt: Prompt,
        mute: Mute,
    },
    States {
        at: usize,
    },
    Sorts {
        at: usize,
    },
    Columns(Chooser),
    Menu {
        menu: Menu,
        /// As they were when it was opened: lines that move are easily missed.
        choices: Vec<Choice>,
        at: usize,
    },
    Copy {
        at: usize,
        /// The row that it was opened for.
        row: RowKey,
    },
    Write {
        at: usize,
        /// Likewise; none where the table is empty.
        row: Option<RowKey>,
    },
    Groups {
        at: usize,
    },
    /// A signal is to be sent.
    Kill(Kill),
    /// A socket is to be closed.
    Close(Close),
    Coverage,
    Help {
        /// The mode that help was asked from, and goes back to.
        of: Box<Mode>,
        /// Keys of all views, not only of that mode's.
        all: bool,
    },
}

/// How much of the selected row is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// Its facts in three lines.
    #[default]
    Closed,
    Open,
    Full,
}

/// What the keys that move move while the detail is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    #[default]
    Rows,
    Detail,
}

impl Mode {
    /// The view whose keys count.
    pub fn view(&self, pane: Pane) -> View {
        match self {
            Self::Normal if pane == Pane::Full => View::Detail,
            Self::Normal => View::Table,
            Self::Filter { .. } => View::Filter,
            Self::Pid { .. } => View::Pid,
            Self::Mute { .. } => View::Mute,
            Self::States { .. } => View::States,
            Self::Sorts { .. } => View::Sorts,
            Self::Columns(_) => View::Columns,
            Self::Menu { .. } => View::Menu,
            Self::Copy { .. } => View::Copy,
            Self::Write { .. } => View::Write,
            Self::Groups { .. } => View::Groups,
            Self::Kill(_) => View::Kill,
            Self::Close(_) => View::Close,
            Self::Coverage => View::Coverage,
            Self::Help { .. } => View::Help,
        }
    }

    /// The line that is being typed.
    pub fn prompt(&self) -> Option<&Prompt> {
        match self {
            Self::Filter { prompt, .. } | Self::Pid { prompt } | Self::Mute { prompt, .. } => Some(prompt),
            Self::Normal
            | Self::States { .. }
            | Self::Sorts { .. }
            | Self::Columns(_)
            | Self::Menu { .. }
            | Self::Copy { .. }
            | Self::Write { .. }
            | Self::Groups { .. }
            | Self::Kill(_)
            | Self::Close(_)
            | Self::Coverage
            | Self::Help { .. } => None,
        }
    }

    /// The dialog of a signal, below help too.
    pub(super) fn kill_mut(&mut self) -> Option<&mut Kill> {
        if let Self::Help { of, .. } = self {
            return of.kill_mut();
        }
        if let Self::Kill(kill) = self { Some(kill) } else { None }
    }

    /// Which of the choices of a list is chosen.
    pub fn at(&self) -> Option<usize> {
        match self {
            Self::States { at }
            | Self::Sorts { at }
            | Self::Menu { at, .. }
            | Self::Copy { at, .. }
            | Self::Write { at, .. }
            | Self::Groups { at }
            | Self::Columns(Chooser { at, .. })
            | Self::Kill(Kill { at, .. }) => Some(*at),
            Self::Normal
            | Self::Filter { .. }
            | Self::Pid { .. }
            | Self::Mute { .. }
            | Self::Close(_)
            | Self::Coverage
            | Self::Help { .. } => None,
        }
    }
}

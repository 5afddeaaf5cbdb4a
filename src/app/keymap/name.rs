//! The names by which the config file binds keys to actions.

use super::{Action, BINDINGS, Binding, Fold, Menu, Motion, View};
use crate::table::Rows;

impl Action {
    /// In `[keys]` of the config file; none where keys are fixed: those of menus, and what is typed.
    pub fn name(&self) -> Option<&'static str> {
        Some(match self {
            Self::Quit => "quit",
            Self::Suspend => "suspend",
            Self::Redraw => "redraw",
            Self::Move(Motion::Up) => "up",
            Self::Move(Motion::Down) => "down",
            Self::Move(Motion::PageUp) => "page-up",
            Self::Move(Motion::PageDown) => "page-down",
            Self::Move(Motion::HalfUp) => "half-page-up",
            Self::Move(Motion::HalfDown) => "half-page-down",
            Self::Move(Motion::First) => "first",
            Self::Move(Motion::Last) => "last",
            Self::Left => "scroll-back",
            Self::Right => "scroll-on",
            Self::Enter => "detail",
            Self::Back => "back",
            Self::OpenFilter => "filter",
            Self::OpenPid => "pid",
            Self::OpenStates => "state",
            Self::OpenSorts => "sort",
            Self::OpenGroups => "groups",
            Self::Tree => "tree",
            Self::Fold(Fold::Open) => "unfold",
            Self::Fold(Fold::Shut) => "fold",
            Self::Fold(Fold::All) => "fold-all",
            Self::Mark => "mark",
            Self::Rows(Rows::Differences) => "differences",
            Self::Rows(Rows::History) => "history",
            Self::Rows(Rows::Sockets) => "sockets",
            Self::Focus => "focus",
            Self::OpenKill => "kill",
            Self::OpenClose => "close-socket",
            Self::Tag => "tag",
            Self::OpenMenu(Menu::Users) => "user",
            Self::OpenMenu(Menu::Namespaces) => "netns",
            Self::OpenMenu(Menu::Views) => "views",
            Self::OpenColumns => "columns",
            Self::OpenCopy => "copy",
            Self::OpenWrite => "write",
            Self::State(state) => return *state,
            Self::LocalFamilies => "unix",
            Self::AlertsOnly => "alerts",
            Self::NextAlert => "next-alert",
            Self::PreviousAlert => "previous-alert",
            Self::Mute => "mute",
            Self::PreviousColumn => "sort-previous",
            Self::NextColumn => "sort-next",
            Self::InvertSort => "invert",
            Self::Freeze => "freeze",
            Self::Slower => "slower",
            Self::Faster => "faster",
            Self::Refresh => "refresh",
            Self::Names => "names",
            Self::Coverage => "coverage",
            Self::Help => "help",
            Self::ToggleColumn
            | Self::ColumnBack
            | Self::ColumnOn
            | Self::UsualColumns
            | Self::Copy(_)
            | Self::Write(_)
            | Self::Click(_)
            | Self::Wheel { .. }
            | Self::Digit(_)
            | Self::Group(_)
            | Self::Complete { .. }
            | Self::Edit(_)
            | Self::Paste(_)
            | Self::Unbound(_) => return None,
        })
    }
}

impl Binding {
    /// The name by which its keys can be replaced; none where they are fixed, as those of menus and prompts are.
    pub fn name(&self) -> Option<&'static str> {
        let is_fixed = self.views.iter().all(|view: &View| view.is_prompt() || view.is_menu());
        self.action.name().filter(|_| !is_fixed)
    }
}

/// Each name once, in the order of the table of keys, with the first binding that has it.
pub fn named() -> impl Iterator<Item = (&'static str, &'static Binding)> {
    let named =
        || BINDINGS.iter().enumerate().filter_map(|(at, binding)| Some((at, binding.name()?, binding)));
    named()
        .filter(move |(at, name, _)| !named().any(|(other, same, _)| other < *at && same == *name))
        .map(|(_, name, binding)| (name, binding))
}

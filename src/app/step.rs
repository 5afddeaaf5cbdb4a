//! One step back: what it takes away, the nearest first.

use super::{Action, App, Pane};
use crate::table::Rows;

/// What a step back takes away from the table or the detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Banner,
    FullScreen,
    Detail,
    Tags,
    /// With the columns of the view that it may be of.
    Filter,
    /// Columns of a view that has no filter.
    View,
    /// Other rows than the sockets of now.
    Rows,
    Mark,
}

impl Step {
    const ALL: [Self; 8] = [
        Self::Banner,
        Self::FullScreen,
        Self::Detail,
        Self::Tags,
        Self::Filter,
        Self::View,
        Self::Rows,
        Self::Mark,
    ];

    /// Its word in the hint line.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Banner => "hide",
            Self::FullScreen => "back",
            Self::Detail => "close",
            Self::Tags => "untag",
            Self::Filter => "clear",
            Self::View => "leave view",
            Self::Rows => "all sockets",
            Self::Mark => "unmark",
        }
    }

    /// What the key does, in a sentence that says it after another step or after what it is about.
    fn does(self, after: Option<Self>) -> &'static str {
        match (self, after) {
            (Self::Banner, _) => "hides the message",
            (Self::FullScreen, _) => "shrinks the detail",
            (Self::Detail, Some(Self::FullScreen)) => "closes it",
            (Self::Detail, _) => "closes the detail",
            (Self::Tags, _) => "drops the tags",
            (Self::Filter, None) => "clears it",
            (Self::Filter, Some(_)) => "clears the filter",
            // Behind all that anybody asks the way to.
            (Self::View | Self::Rows | Self::Mark, _) => self.hint(),
        }
    }
}

impl App {
    /// Steps that there are to go back, one for each press of the key.
    pub fn steps_back(&self) -> impl Iterator<Item = Step> {
        Step::ALL.into_iter().filter(|step| match step {
            Step::Banner => self.banner.is_some(),
            Step::FullScreen => self.pane == Pane::Full,
            Step::Detail => self.pane != Pane::Closed,
            Step::Tags => !self.tags.is_empty(),
            Step::Filter => !self.filter.text().is_empty(),
            Step::View => self.filter.text().is_empty() && self.view_columns.is_some(),
            Step::Rows => self.rows != Rows::Sockets,
            Step::Mark => self.mark.is_some(),
        })
    }

    /// What the key does until that is taken away: `Esc closes the detail, then drops the tags`.
    pub fn way_back(&self, to: Step) -> String {
        let mut way = self.keys().called(&Action::Back);
        let mut before = None;
        for step in self.steps_back() {
            way.push_str(if before.is_some() { ", then " } else { " " });
            way.push_str(step.does(before));
            if step == to {
                break;
            }
            before = Some(step);
        }
        way
    }

    pub(super) fn step_back(&mut self) {
        let Some(step) = self.steps_back().next() else { return };
        match step {
            Step::Banner => self.banner = None,
            Step::FullScreen => self.pane = Pane::Open,
            Step::Detail => self.pane = Pane::Closed,
            Step::Tags => self.drop_tags(),
            Step::Filter | Step::View => {
                self.view_columns = None;
                self.set_filter("");
            }
            Step::Rows => self.show_rows(self.rows),
            Step::Mark => self.drop_mark(),
        }
    }
}

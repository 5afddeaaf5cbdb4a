//! Colours and their cues without colour.

use ratatui::style::{Color, Modifier, Style};

use crate::analyze::Change;
use crate::model::Level;
use crate::table::Row;

pub(super) const TITLE: Style = Style::new().add_modifier(Modifier::BOLD);

/// What is there for orientation only.
pub(super) const FAINT: Style = Style::new().add_modifier(Modifier::DIM);

pub(super) const REVERSED: Style = Style::new().add_modifier(Modifier::REVERSED);

/// Styles of the terminal's own 16 colours, or of none (`NO_COLOR`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Theme {
    pub(super) colour: bool,
}

impl Theme {
    fn either(self, colour: Style, plain: Style) -> Style {
        if self.colour { colour } else { plain }
    }

    /// Keys in hints and help.
    pub(super) fn key(self) -> Style {
        self.either(Style::new().fg(Color::Cyan), Style::new()).add_modifier(Modifier::BOLD)
    }

    /// What the reader should know before trusting the screen.
    pub(super) fn warning(self) -> Style {
        self.either(Style::new().fg(Color::Yellow), Style::new().add_modifier(Modifier::BOLD))
    }

    /// The mark of an alert, and the strip.
    pub(super) fn alert(self, level: Level) -> Style {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        match level {
            Level::High => {
                self.either(bold.fg(Color::White).bg(Color::Red), bold.add_modifier(Modifier::REVERSED))
            }
            Level::Medium => self.either(bold.fg(Color::Yellow), bold),
            Level::Low => self.either(Style::new().fg(Color::Yellow), Style::new()),
        }
    }

    /// The mark of an alert that is muted.
    pub(super) fn muted(self) -> Style {
        self.either(FAINT.fg(Color::Yellow), FAINT)
    }

    /// A whole row, but for its selection.
    pub(super) fn row(self, row: &Row<'_>) -> Style {
        let dim = Style::new().add_modifier(Modifier::DIM);
        let under = Style::new().add_modifier(Modifier::UNDERLINED);
        match (row.entry.change, row.alerts.first()) {
            (Change::Closed, _) => dim,
            (_, Some(alert)) if alert.unmuted() == Some(Level::High) && !self.colour => TITLE,
            (_, Some(alert)) if alert.is_loud() => self.alert(alert.level),
            // Low: only where the row is shown under a shell that has the connection itself.
            (_, Some(_)) if is_shell_of_alert(row) => self.alert(Level::Low),
            (Change::New, _) => self.either(Style::new().fg(Color::LightBlue), under),
            (Change::State, _) => self.either(Style::new().fg(Color::Cyan), under),
            (Change::Same, _) => Style::new(),
        }
    }
}

fn is_shell_of_alert(row: &Row<'_>) -> bool {
    let Some(process) = row.process() else { return false };
    row.alerts.iter().any(|alert| alert.muted.is_none() && alert.process == process.key)
        && row.analysis.judging.shells.is_shell(process)
}

/// What each mark means, for help.
pub(super) const MARKS: [(&str, &str); 10] = [
    ("!!", "alert: high"),
    ("!", "alert: medium"),
    (".", "alert: low"),
    ("m", "alert: muted"),
    ("+", "new since last snapshot"),
    ("~", "state changed"),
    ("-", "closed"),
    ("?", "no known owner"),
    ("*", "tagged"),
    ("(+8)", "8 more processes hold it"),
];

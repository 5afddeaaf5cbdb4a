//! Colours and their cues without colour.

use ratatui::style::{Color, Modifier, Style};

use crate::analyze::Change;
use crate::app;
use crate::model::Level;
use crate::table::Row;

pub(super) const TITLE: Style = Style::new().add_modifier(Modifier::BOLD);

/// What is there for orientation only.
pub(super) const FAINT: Style = Style::new().add_modifier(Modifier::DIM);

pub(super) const REVERSED: Style = Style::new().add_modifier(Modifier::REVERSED);

/// The styles of the theme that was chosen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Theme(pub(super) app::Theme);

/// Foregrounds, on the terminal's own background, and the one that is painted.
#[derive(Clone, Copy, Debug)]
struct Colours {
    key: Color,
    warning: Color,
    /// Of a high alert, and what it stands on.
    high: [Color; 2],
    medium: Color,
    low: Color,
    new: Color,
    changed: Color,
}

const TERMINAL: Colours = Colours {
    key: Color::Cyan,
    warning: Color::Yellow,
    high: [Color::White, Color::Red],
    medium: Color::Yellow,
    low: Color::Yellow,
    new: Color::LightBlue,
    changed: Color::Cyan,
};

/// Each at least 7 to 1 on black.
const DARK: Colours = Colours {
    key: Color::Rgb(0x7a, 0xd0, 0xf5),
    warning: Color::Rgb(0xff, 0xc7, 0x77),
    high: [Color::Rgb(0xff, 0xff, 0xff), Color::Rgb(0xb4, 0x1c, 0x2b)],
    medium: Color::Rgb(0xff, 0xc7, 0x77),
    low: Color::Rgb(0xd7, 0xae, 0x7a),
    new: Color::Rgb(0x8a, 0xb4, 0xff),
    changed: Color::Rgb(0x5f, 0xd7, 0xc0),
};

/// Each at least 5 to 1 on white.
const LIGHT: Colours = Colours {
    key: Color::Rgb(0x00, 0x5a, 0x87),
    warning: Color::Rgb(0x8a, 0x4b, 0x00),
    high: [Color::Rgb(0xff, 0xff, 0xff), Color::Rgb(0xb4, 0x1c, 0x2b)],
    medium: Color::Rgb(0x8a, 0x4b, 0x00),
    low: Color::Rgb(0x6e, 0x59, 0x1c),
    new: Color::Rgb(0x0a, 0x4f, 0xc4),
    changed: Color::Rgb(0x00, 0x66, 0x70),
};

impl Theme {
    /// None where no colour may be used.
    fn colours(self) -> Option<Colours> {
        match self.0 {
            app::Theme::Terminal => Some(TERMINAL),
            app::Theme::Dark => Some(DARK),
            app::Theme::Light => Some(LIGHT),
            app::Theme::Mono => None,
        }
    }

    fn either(self, colour: impl FnOnce(Colours) -> Style, plain: Style) -> Style {
        self.colours().map_or(plain, colour)
    }

    /// Keys in hints and help.
    pub(super) fn key(self) -> Style {
        self.either(|colours| Style::new().fg(colours.key), Style::new()).add_modifier(Modifier::BOLD)
    }

    /// What the reader should know before trusting the screen.
    pub(super) fn warning(self) -> Style {
        self.either(|colours| Style::new().fg(colours.warning), TITLE)
    }

    /// What is wrong in a text that is typed.
    pub(super) fn wrong(self) -> Style {
        self.either(|colours| Style::new().fg(colours.warning), Style::new())
            .add_modifier(Modifier::UNDERLINED)
    }

    /// The mark of an alert, and the strip.
    pub(super) fn alert(self, level: Level) -> Style {
        match level {
            Level::High => self.either(
                |Colours { high: [on, under], .. }| TITLE.fg(on).bg(under),
                TITLE.add_modifier(Modifier::REVERSED),
            ),
            Level::Medium => self.either(|colours| TITLE.fg(colours.medium), TITLE),
            Level::Low => self.either(|colours| Style::new().fg(colours.low), Style::new()),
        }
    }

    /// The mark of an alert that is muted.
    pub(super) fn muted(self) -> Style {
        self.either(|colours| FAINT.fg(colours.low), FAINT)
    }

    /// A whole row, but for its selection.
    pub(super) fn row(self, row: &Row<'_>) -> Style {
        let under = Style::new().add_modifier(Modifier::UNDERLINED);
        match (row.change(), row.alerts.first()) {
            (Change::Closed, _) => FAINT,
            (_, Some(alert)) if alert.unmuted() == Some(Level::High) && self.colours().is_none() => TITLE,
            (_, Some(alert)) if alert.is_loud() => self.alert(alert.level),
            // Low: only where the row is shown under a shell that has the connection itself.
            (_, Some(_)) if is_shell_of_alert(row) => self.alert(Level::Low),
            (Change::New, _) => self.either(|colours| Style::new().fg(colours.new), under),
            (Change::State, _) => self.either(|colours| Style::new().fg(colours.changed), under),
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
    ("+", "new since last, or mark"),
    ("~", "state changed"),
    ("-", "closed"),
    ("?", "no known owner"),
    ("*", "tagged"),
    ("(+8)", "8 more processes hold it"),
];

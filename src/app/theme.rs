//! Which colours the screen may use.

use std::str::FromStr;

/// A set of colours; what each means has a text cue, too, so that none of them is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The terminal's own 16 colours, as its user has chosen them.
    #[default]
    Terminal,
    /// True colours, for a dark background.
    Dark,
    /// True colours, for a light background.
    Light,
    /// No colours: bold, dim, underlined and reversed.
    Mono,
}

/// A name that means no theme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are the themes {}", Theme::ALL.map(Theme::name).join(", "))]
pub struct UnknownTheme;

impl Theme {
    pub const ALL: [Self; 4] = [Self::Terminal, Self::Dark, Self::Light, Self::Mono];

    /// As `--theme` and the config file take it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Mono => "mono",
        }
    }
}

impl FromStr for Theme {
    type Err = UnknownTheme;

    fn from_str(name: &str) -> Result<Self, UnknownTheme> {
        Self::ALL.into_iter().find(|theme| theme.name() == name).ok_or(UnknownTheme)
    }
}

//! Which columns a screen shows, and from which width on.

use std::fmt;

use super::{Column, ColumnError, SCREEN};

/// Between a column's name and the width.
const AT: char = '@';

/// A column of the screen. As text `user`, or `user@100`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub column: &'static Column,
    /// Cells of the terminal from which it is shown; 0: whatever the width.
    pub from: u16,
}

/// A text that means no column of the screen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChosenError {
    #[error(transparent)]
    Column(#[from] ColumnError),
    #[error("\"{0}\" is no width of a terminal: a column is NAME or NAME@CELLS")]
    Width(String),
}

impl Chosen {
    /// Whatever the width.
    pub fn always(column: &'static Column) -> Self {
        Self { column, from: 0 }
    }

    /// As the column is shown where nothing was chosen; none where it is not.
    pub fn by_itself(column: &'static Column) -> Option<Self> {
        Some(Self { column, from: column.screen? })
    }

    /// What a screen shows where nothing was chosen.
    pub fn usual() -> Vec<Self> {
        SCREEN.iter().filter_map(|column| Self::by_itself(column)).collect()
    }

    /// Reads `NAME` or `NAME@CELLS`.
    ///
    /// # Errors
    ///
    /// Where no column, or more than one, has that name, and where the width is no number.
    pub fn parse(text: &str) -> Result<Self, ChosenError> {
        let Some((name, width)) = text.split_once(AT) else { return Ok(Self::always(Column::find(text)?)) };
        let from = width.parse().map_err(|_| ChosenError::Width(width.to_owned()))?;
        Ok(Self { column: Column::find(name)?, from })
    }

    /// Whether a terminal is wide enough for it.
    pub fn is_shown_at(self, width: u16) -> bool {
        self.from <= width
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.column.name)?;
        if self.from > 0 { write!(f, "{AT}{}", self.from) } else { Ok(()) }
    }
}

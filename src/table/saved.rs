//! A view that the user gave a name.

use super::Sort;

/// A filter, and an order, by a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The user's words: escape them before showing them.
    pub name: String,
    /// The filter's text; all of its terms are right.
    pub filter: String,
    /// None: whatever the order is.
    pub sort: Option<Sort>,
}

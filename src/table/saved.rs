//! A view that the user gave a name.

use super::{Chosen, Sort};

/// A filter, an order and columns, by a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The user's words: escape them before showing them.
    pub name: String,
    /// The filter's text; all of its terms are right.
    pub filter: String,
    /// None: whatever the order is.
    pub sort: Option<Sort>,
    /// Of the screen while it shows the view; none: those that it has without.
    pub columns: Option<Vec<Chosen>>,
}

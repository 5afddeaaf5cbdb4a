//! Status and newest analysis of one source.

use crate::model::{SourceId, Status};
use crate::table::Input;

/// A source as the user sees it.
#[derive(Debug)]
pub struct SourceView {
    pub id: SourceId,
    pub status: Status,
    /// None until its first snapshot.
    pub newest: Option<Input>,
}

impl SourceView {
    pub fn new(id: SourceId) -> Self {
        Self { id, status: Status::Running, newest: None }
    }
}

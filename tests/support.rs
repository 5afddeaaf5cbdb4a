//! What several test modules build their input with.

pub(crate) mod proc_tree;
pub mod snapshot;

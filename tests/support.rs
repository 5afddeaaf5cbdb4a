//! What several test modules build their input with.

pub mod proc_tree;
pub mod snapshot;

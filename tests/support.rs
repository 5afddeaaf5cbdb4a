//! What several test modules build their input with.

pub mod alerts;
pub mod proc_tree;
pub mod pty;
pub mod screen;
pub mod skip;
pub mod snapshot;
pub mod tcp;

pub use skip::{lacking, skip};

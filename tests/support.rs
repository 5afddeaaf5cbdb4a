//! What several test modules build their input with.

pub mod screen;
pub mod snapshot;

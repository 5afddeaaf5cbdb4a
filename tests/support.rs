//! What several test modules build their input with.

pub mod snapshot;

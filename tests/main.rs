//! The tests: data in and data out at the program's borders. One crate, so that it links once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod collect;
mod live;
mod support;

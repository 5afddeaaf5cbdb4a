//! The tests: data in and data out at the program's borders. One crate, so that it links once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
#![expect(unreachable_pub, reason = "a test crate has no callers outside")]

mod analyze;
mod bpf;
mod cli;
mod collect;
mod config;
mod diag;
mod live;
mod report;
mod resolve;
mod rules;
mod screens;
mod support;
mod table;
mod terminal;
mod text;
mod tidy;

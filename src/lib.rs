//! `top` for sockets: every open socket of every process in every network namespace, live, in one table.
//!
//! The library exists for the program's own tests and benches; its interface is not stable.
//! How the layers fit together is in `docs/architecture.md`.

pub mod analyze;
pub mod app;
pub mod cli;
pub mod collect;
pub mod config;
pub mod manual;
pub mod model;
pub mod report;
pub mod resolve;
pub mod run;
pub mod table;
pub mod ui;

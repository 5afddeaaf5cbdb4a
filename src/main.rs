//! Parses arguments, builds the configuration, runs, exits.

fn main() {}

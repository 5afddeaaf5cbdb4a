//! The tests: data in and data out at the program's borders. One crate, so that it links once.

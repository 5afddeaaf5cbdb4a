//! Builders that several modules of the tests share.

pub(crate) mod proc_tree;

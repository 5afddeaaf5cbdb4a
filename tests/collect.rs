//! Fake proc trees in, snapshots out.

use sockeye::collect::{Live, LiveOptions};
use sockeye::model::{Address, Gap, GapReason, GapScope, Inode, Shells, Snapshot, Socket};

use crate::support::proc_tree::ProcTree;

mod any_bytes;
mod links;
mod namespaces;
mod probe;
mod processes;
mod roots;
mod tables;
mod unix_names;

pub(crate) fn live(tree: &ProcTree) -> Live {
    let options = LiveOptions { links: Some(Shells::default()), ..LiveOptions::default() };
    Live::open(tree.path(), &options).unwrap()
}

pub(crate) fn look(tree: &ProcTree) -> Snapshot {
    live(tree).snapshot()
}

fn gap(scope: GapScope, reason: GapReason, count: u32) -> Gap {
    Gap { scope, reason, count }
}

fn inet(text: &str) -> Address {
    Address::Inet(text.parse().unwrap())
}

fn inodes(sockets: &[Socket]) -> Vec<u64> {
    sockets.iter().map(|Socket { id, .. }| id.inode).map(|Inode(number)| number).collect()
}

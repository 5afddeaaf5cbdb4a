//! Chooses how sockets and their owners are read.

use super::diag;
use super::root::ProcRoot;
use crate::model::{Collector, Way};

/// The way that is used, and why not the better ones.
#[derive(Debug)]
pub(super) struct Ways(Way);

impl Ways {
    /// The best way that works, from `first` on.
    pub(super) fn choose(root: &ProcRoot, first: Collector) -> Self {
        let mut ways = Self(Way { used: first, failed: Vec::new() });
        ways.settle(root);
        ways
    }

    fn settle(&mut self, root: &ProcRoot) {
        while self.0.used != Collector::Text && !root.is_default() {
            self.give_up("another proc root has text only");
        }
        while let Err(why) = try_out(self.0.used) {
            self.give_up(&why);
        }
    }

    pub(super) fn used(&self) -> Collector {
        self.0.used
    }

    /// Goes on with the next way, from the next reading on.
    pub(super) fn give_up(&mut self, why: &str) {
        let next = match self.0.used {
            Collector::Bpf => Collector::Diag,
            Collector::Diag | Collector::Text => Collector::Text,
        };
        self.0.failed.push((self.0.used, why.to_owned()));
        self.0.used = next;
    }

    /// As a snapshot says it, in which so many namespaces had to be read as text.
    pub(super) fn way(&self, not_entered: u32) -> Way {
        let mut way = self.0.clone();
        if not_entered > 0 && way.used == Collector::Diag {
            let why = format!("{not_entered} namespaces could not be entered and were read as text");
            way.failed.push((Collector::Diag, why));
        }
        way
    }
}

/// Whether a way works at all, as far as can be told without using it.
fn try_out(way: Collector) -> Result<(), String> {
    match way {
        Collector::Bpf => Err("not built in".to_owned()),
        Collector::Diag => diag::Reader::probe().map_err(|errno| format!("netlink is refused: {errno}")),
        Collector::Text => Ok(()),
    }
}

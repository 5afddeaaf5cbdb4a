//! Chooses how sockets and their owners are read.

use std::error::Error;

use super::bpf::Bpf;
use super::diag;
use super::root::ProcRoot;
use crate::model::{Collector, Way};

/// The way that is used, and why not the better ones.
#[derive(Debug)]
pub(super) struct Ways {
    way: Way,
    /// The loaded programs, while that is the way.
    bpf: Option<Bpf>,
}

impl Ways {
    /// The best way that works, from `first` on.
    pub(super) fn choose(root: &ProcRoot, first: Collector) -> Self {
        let mut ways = Self { way: Way { used: first, failed: Vec::new() }, bpf: None };
        ways.settle(root);
        ways
    }

    fn settle(&mut self, root: &ProcRoot) {
        while self.way.used != Collector::Text && !root.is_default() {
            self.give_up("another proc root has text only");
        }
        while let Err(why) = self.try_out() {
            self.give_up(&why);
        }
    }

    pub(super) fn used(&self) -> Collector {
        self.way.used
    }

    /// Goes on with the next way, from the next reading on.
    pub(super) fn give_up(&mut self, why: &str) {
        let next = match self.way.used {
            Collector::Bpf => Collector::Diag,
            Collector::Diag | Collector::Text => Collector::Text,
        };
        self.way.failed.push((self.way.used, why.to_owned()));
        self.way.used = next;
        self.bpf = None;
    }

    /// As a snapshot says it, in which so many namespaces had to be read as text.
    pub(super) fn way(&self, not_entered: u32) -> Way {
        let mut way = self.way.clone();
        if not_entered > 0 && way.used == Collector::Diag {
            let why = format!("{not_entered} namespaces could not be entered and were read as text");
            way.failed.push((Collector::Diag, why));
        }
        way
    }

    /// Whether the way works at all, as far as can be told without using it.
    fn try_out(&mut self) -> Result<(), String> {
        match self.way.used {
            Collector::Bpf => self.bpf = Some(Bpf::load().map_err(|error| told(&error))?),
            Collector::Diag => {
                diag::Reader::probe().map_err(|errno| format!("netlink is refused: {errno}"))?;
            }
            Collector::Text => {}
        }
        Ok(())
    }

    /// The loaded programs.
    pub(super) fn bpf(&mut self) -> Option<&mut Bpf> {
        self.bpf.as_mut()
    }
}

/// An error with its causes.
pub(super) fn told(error: &dyn Error) -> String {
    let mut words = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push(error.to_string());
        cause = error.source();
    }
    words.join(": ")
}

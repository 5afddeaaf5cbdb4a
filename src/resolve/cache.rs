//! What lookups answered, for a while.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::model::Lookup;

/// How long a name holds. Reverse DNS changes rarely, and the numbers stay on screen beside it.
const NAME_HOLDS: Duration = Duration::from_mins(10);
/// How long "has no name" holds: shorter, since a server that was down answers the same.
const NAMELESS_HOLDS: Duration = Duration::from_mins(1);
/// Answers that are kept. A scan of the whole internet must not fill the memory.
const MOST_KEPT: usize = 8192;

/// The answers, by what was asked.
#[derive(Debug, Default)]
pub struct Cache {
    entries: BTreeMap<Lookup, Entry>,
    pending: usize,
}

#[derive(Debug)]
enum Entry {
    Pending,
    Done { name: Option<String>, until: Instant },
}

/// What the cache says about a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    Name(&'a str),
    /// It was looked up a short while ago, and has no name.
    Nameless,
    /// Somebody looks it up already.
    Pending,
    /// Not known: look it up, and `store` the answer. It is pending from now on.
    LookUp,
    /// Not known, and too much is pending.
    Full,
}

impl Cache {
    /// What is known of it; makes it pending where nothing is and less than `most_pending` are.
    pub fn ask(&mut self, lookup: Lookup, now: Instant, most_pending: usize) -> Answer<'_> {
        let fresh = match self.entries.get(&lookup) {
            Some(Entry::Pending) => return Answer::Pending,
            Some(Entry::Done { until, .. }) => *until > now,
            None => false,
        };
        if !fresh {
            if self.pending >= most_pending {
                return Answer::Full;
            }
            self.pending += 1;
            self.entries.insert(lookup, Entry::Pending);
            return Answer::LookUp;
        }
        match self.entries.get(&lookup) {
            Some(Entry::Done { name: Some(name), .. }) => Answer::Name(name),
            Some(Entry::Done { name: None, .. } | Entry::Pending) | None => Answer::Nameless,
        }
    }

    /// Keeps the answer to a pending lookup; makes room by forgetting what is too old, or else all answers.
    pub fn store(&mut self, lookup: Lookup, name: Option<String>, now: Instant) {
        if self.entries.len() >= MOST_KEPT {
            self.forget(|until| until <= now);
        }
        if self.entries.len() >= MOST_KEPT {
            self.forget(|_| true);
        }
        let until = now + if name.is_some() { NAME_HOLDS } else { NAMELESS_HOLDS };
        if let Some(Entry::Pending) = self.entries.insert(lookup, Entry::Done { name, until }) {
            self.pending = self.pending.saturating_sub(1);
        }
    }

    fn forget(&mut self, old: impl Fn(Instant) -> bool) {
        self.entries.retain(|_, entry| match entry {
            Entry::Pending => true,
            Entry::Done { until, .. } => !old(*until),
        });
    }

    /// How many lookups are pending or answered.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

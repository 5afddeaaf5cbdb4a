//! A set of processes that is asked far more often than it is built.

use crate::model::Pid;

/// One bit for each pid; the kernel numbers them up to 4,194,304 (`PID_MAX_LIMIT`).
#[derive(Clone, Debug, Default)]
pub(super) struct Pids {
    words: Vec<u64>,
}

impl Pids {
    pub(super) fn insert(&mut self, pid: Pid) {
        let (word, bit) = place(pid);
        // A recording can say anything.
        if word <= place(Pid(1 << 22)).0 {
            if self.words.len() <= word {
                self.words.resize(word + 1, 0);
            }
            if let Some(word) = self.words.get_mut(word) {
                *word |= bit;
            }
        }
    }

    pub(super) fn contains(&self, pid: Pid) -> bool {
        let (word, bit) = place(pid);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }
}

impl Extend<Pid> for Pids {
    fn extend<I: IntoIterator<Item = Pid>>(&mut self, pids: I) {
        for pid in pids {
            self.insert(pid);
        }
    }
}

impl FromIterator<Pid> for Pids {
    fn from_iter<I: IntoIterator<Item = Pid>>(pids: I) -> Self {
        let mut set = Self::default();
        set.extend(pids);
        set
    }
}

fn place(Pid(pid): Pid) -> (usize, u64) {
    (usize::try_from(pid / 64).unwrap_or(usize::MAX), 1 << (pid % 64))
}

//! Counts what could not be seen, by what it was and why.

use std::collections::BTreeMap;

use rustix::io::Errno;

use crate::model::{Gap, GapReason, GapScope};

/// The gaps of one snapshot.
#[derive(Debug, Default)]
pub(super) struct Gaps(BTreeMap<(GapScope, GapReason), u32>);

impl Gaps {
    pub(super) fn add(&mut self, scope: GapScope, reason: GapReason) {
        let count = self.0.entry((scope, reason)).or_default();
        *count = count.saturating_add(1);
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (key, more) in other.0 {
            let count = self.0.entry(key).or_default();
            *count = count.saturating_add(more);
        }
    }

    /// Whether something of one of the scopes is missing.
    pub(super) fn any(&self, scopes: &[GapScope]) -> bool {
        self.0.keys().any(|(scope, _)| scopes.contains(scope))
    }

    /// Whether there are tables that were not read, so that a socket in none of those that were may be in one of
    /// them. What went away meanwhile took its sockets along.
    pub(super) fn hides_sockets(&self) -> bool {
        let scopes = [GapScope::Namespace, GapScope::Table];
        self.0.keys().any(|(scope, reason)| scopes.contains(scope) && *reason != GapReason::Vanished)
    }

    /// Whether anything was refused.
    pub(super) fn refused(&self) -> bool {
        self.0.keys().any(|&(_, reason)| reason == GapReason::Permission)
    }

    pub(super) fn into_sorted(self) -> Vec<Gap> {
        self.0.into_iter().map(|((scope, reason), count)| Gap { scope, reason, count }).collect()
    }
}

/// What an error of a system call means for who wanted to look.
pub(super) fn reason(errno: Errno) -> GapReason {
    match errno {
        Errno::ACCESS | Errno::PERM => GapReason::Permission,
        Errno::NOENT | Errno::SRCH => GapReason::Vanished,
        Errno::MFILE | Errno::NFILE | Errno::NOMEM => GapReason::Exhausted,
        Errno::NOSYS | Errno::OPNOTSUPP | Errno::AFNOSUPPORT => GapReason::Unsupported,
        _ => GapReason::Failed,
    }
}

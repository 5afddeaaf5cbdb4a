//! Time as the kernel shows it to programs: in clock ticks.

use std::time::Duration;

/// Clock ticks per second (`USER_HZ`), 100 on most machines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticks(u64);

impl Ticks {
    pub(super) fn of_this_machine() -> Self {
        Self(rustix::param::clock_ticks_per_second().max(1))
    }

    pub(super) fn duration(self, count: u64) -> Duration {
        let rest = (count % self.0).saturating_mul(1_000_000_000) / self.0;
        Duration::from_secs(count / self.0).saturating_add(Duration::from_nanos(rest))
    }

    /// Nanoseconds in ticks, as the kernel's `nsec_to_clock_t()` rounds.
    pub(super) fn count(self, nanoseconds: u64) -> u64 {
        u64::try_from(u128::from(nanoseconds) * u128::from(self.0) / 1_000_000_000).unwrap_or(u64::MAX)
    }
}

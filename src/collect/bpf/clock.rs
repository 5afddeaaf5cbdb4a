//! Turns the kernel's times into those that programs see.

use std::fs;
use std::time::Duration;

use rustix::time::{ClockId, clock_getres};

use crate::collect::ticks::Ticks;

/// How the kernel counts time, and how it shows it to sockeye.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Length of a tick of the kernel (`1/CONFIG_HZ`), in nanoseconds.
    jiffy: u64,
    ticks: Ticks,
    /// What sockeye's time namespace adds to the time since boot, in nanoseconds.
    offset: i64,
}

impl Clock {
    pub(super) fn of_this_machine() -> Self {
        // The coarse clock moves once each tick.
        let jiffy = clock_getres(ClockId::MonotonicCoarse);
        let offsets = fs::read("/proc/self/timens_offsets").unwrap_or_default();
        Self {
            jiffy: u64::try_from(jiffy.tv_nsec).unwrap_or(0),
            ticks: Ticks::of_this_machine(),
            offset: boot_offset(&offsets).unwrap_or(0),
        }
    }

    pub(super) fn jiffies(self, count: u64) -> Duration {
        Duration::from_nanos(count.saturating_mul(self.jiffy))
    }

    /// Nanoseconds after boot, as `/proc/PID/stat` shows a start.
    pub(super) fn start(self, nanoseconds: u64) -> u64 {
        self.ticks.count(nanoseconds.saturating_add_signed(self.offset))
    }
}

/// `/proc/PID/timens_offsets`, in seconds and nanoseconds; not there on a kernel without time namespaces.
///
/// ```text
/// monotonic           0         0
/// boottime            0         0
/// ```
fn boot_offset(file: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(file).ok()?;
    let mut fields = text.lines().find_map(|line| line.strip_prefix("boottime"))?.split_ascii_whitespace();
    let seconds: i64 = fields.next()?.parse().ok()?;
    let nanoseconds: i64 = fields.next()?.parse().ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(nanoseconds)
}

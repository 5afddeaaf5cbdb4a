//! Numbers, sizes and times: as they are typed, and of cells.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::analyze::Age;
use crate::table::Value;

/// What a number counts; times are in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Number,
    Time,
}

/// As [`crate::table::format::amount`] has them, and by 1024.
const SIZES: [(&str, i128); 12] = [
    ("k", 1_000),
    ("kb", 1_000),
    ("ki", 1 << 10),
    ("kib", 1 << 10),
    ("m", 1_000_000),
    ("mb", 1_000_000),
    ("mi", 1 << 20),
    ("mib", 1 << 20),
    ("g", 1_000_000_000),
    ("gb", 1_000_000_000),
    ("gi", 1 << 30),
    ("gib", 1 << 30),
];

const SECOND: i128 = 1_000_000_000;

/// The largest first.
const TIMES: [(&str, i128); 7] = [
    ("d", 86_400 * SECOND),
    ("h", 3_600 * SECOND),
    ("m", 60 * SECOND),
    ("s", SECOND),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

impl Unit {
    /// An example, for messages.
    pub(super) fn example(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Time => "a time such as 5m",
        }
    }

    /// What is exactly this.
    pub(super) fn exact(self, text: &str) -> Option<i128> {
        match self {
            Self::Number => number(text),
            Self::Time => time(text).map(|(time, _)| time),
        }
    }

    /// All that is this: `80`, `8000-8099`, `10k`; `5m` is from 5 to less than 6 minutes, as a cell shows it.
    pub(super) fn range(self, text: &str) -> Option<RangeInclusive<i128>> {
        if let Some((first, last)) = self.whole(text) {
            return Some(first..=last);
        }
        // The first may be negative.
        let (at, _) = text.match_indices('-').find(|(at, _)| *at > 0)?;
        let (first, last) = text.split_at_checked(at)?;
        let (first, _) = self.whole(first)?;
        let (_, last) = self.whole(last.strip_prefix('-')?)?;
        Some(first..=last)
    }

    fn whole(self, text: &str) -> Option<(i128, i128)> {
        match self {
            Self::Number => number(text).map(|number| (number, number)),
            Self::Time => time(text).map(|(time, unit)| (time, time + unit - 1)),
        }
    }
}

fn number(text: &str) -> Option<i128> {
    if let Ok(number) = text.parse::<i64>() {
        return Some(number.into());
    }
    if let Ok(number) = text.parse::<u64>() {
        return Some(number.into());
    }
    let text = text.strip_suffix("/s").unwrap_or(text);
    let (number, unit) = text.split_at_checked(text.find(|c: char| !c.is_ascii_digit() && c != '.')?)?;
    let unit = unit.to_ascii_lowercase();
    let (_, size) = SIZES.into_iter().find(|(name, _)| *name == unit).or((unit == "b").then_some(("b", 1)))?;
    scaled(number, size)
}

/// Nanoseconds, and how many the last part of it is exact to: `1h30m` to a minute. Without a unit seconds.
fn time(text: &str) -> Option<(i128, i128)> {
    let mut rest = text;
    let (mut sum, mut last) = (0, i128::MAX);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, behind) = rest.split_at_checked(end)?;
        let end = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at_checked(end)?;
        let is_bare = unit.is_empty() && last == i128::MAX;
        let (_, size) = TIMES.into_iter().find(|(name, _)| *name == unit || (is_bare && *name == "s"))?;
        if size >= last {
            return None;
        }
        sum += scaled(number, size)?;
        last = size;
        if let Some((_, decimals)) = number.split_once('.') {
            // 0.2ms is as exact as it is shown.
            last = decimals.bytes().fold(size, |size, _| (size / 10).max(1));
        }
        rest = behind;
    }
    (last < i128::MAX).then_some((sum, last))
}

/// A decimal number times a size.
fn scaled(number: &str, size: i128) -> Option<i128> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    if decimals.contains('.') || (whole.is_empty() && decimals.is_empty()) {
        return None;
    }
    // So many digits cannot overflow.
    let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i128>().ok() };
    if whole.len() > 18 || decimals.len() > 9 {
        return None;
    }
    let unit = decimals.bytes().fold(1, |unit: i128, _| unit * 10);
    Some(digits(whole)? * size + digits(decimals)? * size / unit)
}

/// What of a cell is counted: of descriptors each, of queues the sum. A bound of an age counts as the age.
#[expect(clippy::wildcard_enum_match_arm, reason = "all others are no quantity")]
pub(super) fn of(value: &Value<'_>, mut is: impl FnMut(i128) -> bool) -> bool {
    match value {
        Value::Number(number) => is(*number),
        Value::Amount(number) | Value::Rate(number) => is((*number).into()),
        Value::Fds(owners) => owners.iter().any(|owner| is(owner.fd.0.into())),
        Value::Queues { receive, send } => is(i128::from(*receive) + i128::from(*send)),
        Value::Age(Age::Exactly(time) | Age::AtMost(time)) | Value::Duration(time) | Value::Latency(time) => {
            is(nanoseconds(*time))
        }
        _ => false,
    }
}

fn nanoseconds(time: Duration) -> i128 {
    i128::try_from(time.as_nanos()).unwrap_or(i128::MAX)
}

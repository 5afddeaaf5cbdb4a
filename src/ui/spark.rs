//! Rates over the last snapshots as a line of bars.

use ratatui::symbols::bar::NINE_LEVELS;

use crate::analyze::Rates;
use crate::app::Trace;
use crate::table::format;

/// Most bars.
const MOST: usize = 60;

/// Cells of what stands beside the bars.
const BESIDE: usize = 40;

/// A line for what was sent and one for what was received; nothing before there are two snapshots of them. Each has a
/// scale of its own, whose top is said.
pub(super) fn lines(trace: &Trace, width: usize) -> Vec<String> {
    let samples = trace.last(width.saturating_sub(BESIDE).clamp(8, MOST));
    if samples.len() < 2 {
        return Vec::new();
    }
    let of = |name: &str, rate: fn(&Rates) -> u64| {
        let rates: Vec<Option<u64>> = samples.iter().map(|rates| rates.as_ref().map(rate)).collect();
        let top = rates.iter().flatten().max().copied().unwrap_or_default();
        let bars: String = rates.iter().map(|rate| rate.map_or(" ", |rate| bar(rate, top))).collect();
        format!("{name:8} {bars}  at most {}/s", format::amount(top))
    };
    vec![of("sent", |rates| rates.sent), of("received", |rates| rates.received)]
}

/// Nothing is the lowest bar, so that it differs from what is not known.
fn bar(rate: u64, top: u64) -> &'static str {
    let steps = [
        NINE_LEVELS.one_eighth,
        NINE_LEVELS.one_quarter,
        NINE_LEVELS.three_eighths,
        NINE_LEVELS.half,
        NINE_LEVELS.five_eighths,
        NINE_LEVELS.three_quarters,
        NINE_LEVELS.seven_eighths,
        NINE_LEVELS.full,
    ];
    let most = steps.len() as u128 - 1;
    let step = (u128::from(rate) * most).div_ceil(u128::from(top.max(1))).min(most);
    usize::try_from(step).ok().and_then(|step| steps.get(step)).copied().unwrap_or(NINE_LEVELS.full)
}

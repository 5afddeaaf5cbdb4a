//! Line 3: the alerts of medium and high, as many as fit.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::line;
use super::theme::{FAINT, Theme};
use crate::app::{Action, App, totals::Loud};
use crate::model::Level;

/// From this width on each level says how many alerts it has, and medium has a place beside high.
const WIDE: usize = 100;

/// Between the levels.
const GAP: &str = "   ";

pub(super) fn strip(app: &App, width: usize, theme: Theme) -> Line<'static> {
    let loud = &app.totals().loud;
    let high = loud.partition_point(|alert| alert.level == Level::High);
    let (high, medium) = loud.split_at(high);
    let [next, only] = [Action::NextAlert, Action::AlertsOnly].map(|action| app.keys().called(&action));
    let keys = match (loud.len(), width >= WIDE) {
        (0 | 1, _) => String::new(),
        (_, true) => format!("{GAP}({next} next, {only} only)"),
        (all, false) => format!("  ({only} all {all})"),
    };
    let room = width.saturating_sub(keys.width());
    let parts: Vec<(Level, String)> = match (high, medium) {
        ([], medium) => vec![(Level::Medium, level("!", medium, room, width))],
        (high, medium) if medium.is_empty() || width < WIDE => {
            vec![(Level::High, level("!!", high, room, width))]
        }
        (high, medium) => {
            // High has all that it needs, medium the rest: at least its number.
            let least = head("!", medium);
            let first = level("!!", high, room.saturating_sub(GAP.len() + least.width()), width);
            let rest = room.saturating_sub(first.width() + GAP.len());
            let second = level("!", medium, rest, width);
            vec![(Level::High, first), (Level::Medium, second)]
        }
    };
    let mut spans = Vec::new();
    let mut used = keys.width();
    for (level, text) in parts {
        if !spans.is_empty() {
            spans.push(Span::raw(GAP));
            used += GAP.len();
        }
        used += text.width();
        spans.push(Span::styled(text, theme.alert(level)));
    }
    spans.push(Span::styled(format!("{}{keys}", " ".repeat(width.saturating_sub(used))), FAINT));
    Line::from(spans)
}

/// `!! 2 high`
fn head(mark: &str, alerts: &[Loud]) -> String {
    let name = alerts.first().map(|alert| alert.level.name()).unwrap_or_default();
    format!("{mark} {} {name}", alerts.len())
}

/// The alerts of one level, by name while they fit; the first may be cut.
fn level(mark: &str, alerts: &[Loud], room: usize, width: usize) -> String {
    let Some((first, others)) = alerts.split_first() else { return String::new() };
    let head = if width < WIDE { mark.to_owned() } else { format!("{}:", head(mark, alerts)) };
    let text = format!("{head} {}", named(first));
    if text.width() > room && room < head.width() + LEAST {
        return line::cut(head.trim_end_matches(':'), room);
    }
    let mut text = line::cut(&text, room);
    for alert in others {
        let longer = format!("{text};  {}", named(alert));
        if longer.width() > room {
            break;
        }
        text = longer;
    }
    text
}

/// A name that is cut to fewer cells says nothing.
const LEAST: usize = 12;

fn named(alert: &Loud) -> String {
    if alert.is_new { format!("new {}", alert.summary) } else { alert.summary.clone() }
}

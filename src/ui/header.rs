//! Status and coverage.

use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::Line;
use unicode_width::UnicodeWidthStr;

use super::line::{self, Piece, left, right};
use super::outline;
use super::theme::{FAINT, REVERSED, TITLE, Theme};
use crate::analyze::Analysis;
use crate::app::{Action, App, Totals};
use crate::model::{Collector, Snapshot, Status};
use crate::table::Rows;
use crate::table::format::{clock, time_of_day};

/// Line 1: which host, when, how often, how many.
pub(super) fn status(app: &App, width: usize, theme: Theme) -> Line<'static> {
    let plain = Style::new();
    let mut pieces = vec![left(9, "sockeye", TITLE)];
    let Some(analysis) = app.analysis() else {
        let waiting = match app.status() {
            Some(Status::Failed(_)) => "FAILED",
            Some(Status::Retrying { .. }) => "RETRYING",
            Some(Status::Running) | None => "waiting for the first snapshot",
        };
        pieces.push(left(9, waiting, plain));
        return line::line(width, pieces);
    };
    let snapshot = &analysis.snapshot;
    pieces.push(left(8, line::cut(&snapshot.host.name.to_string(), (width / 5).max(8)), TITLE));
    pieces.push(left(5, clock(snapshot.taken_at), plain));
    pieces.push(left(3, format!("every {}", interval(app.interval())), plain));
    pieces.push(life(app, snapshot));
    pieces.extend(since(app));
    pieces.extend(counts(app, width));
    pieces.push(alerts(app, theme));
    line::line(width, pieces)
}

fn life(app: &App, snapshot: &Snapshot) -> Piece {
    if let Some(missed) = app.frozen() {
        let newest = app.newest().map_or(snapshot.uptime, |input| input.analysis.snapshot.uptime);
        let seconds = newest.saturating_sub(snapshot.uptime).as_secs();
        let text = format!("FROZEN {:02}:{:02}, {missed} missed", seconds / 60, seconds % 60);
        return left(9, text, REVERSED);
    }
    match app.status() {
        Some(Status::Failed(_)) => left(9, "FAILED", REVERSED),
        Some(Status::Retrying { .. }) => left(9, "RETRYING", REVERSED),
        Some(Status::Running) | None => left(9, "LIVE", Style::new()),
    }
}

/// Which sockets the rows are, where they are not just those of now; and since when they are called new.
fn since(app: &App) -> Option<Piece> {
    if let Some(moment) = app.differences_since() {
        return Some(left(8, format!("DIFFERENCES since {}", time_of_day(moment.taken_at)), REVERSED));
    }
    if app.shown_rows() == Rows::History {
        return Some(left(8, "CLOSED LATELY", REVERSED));
    }
    app.mark().map(|mark| left(6, format!("new since {}", time_of_day(mark.taken_at)), Style::new()))
}

fn counts(app: &App, width: usize) -> Vec<Piece> {
    let plain = Style::new();
    let totals = app.totals();
    match app.shown_rows() {
        Rows::Sockets => {}
        Rows::Differences => {
            let Totals { new, changed, closed, .. } = totals;
            let text = if width < 100 {
                format!("+{new} ~{changed} -{closed}")
            } else {
                format!("{new} new, {changed} changed, {closed} closed")
            };
            return vec![right(7, text, plain)];
        }
        Rows::History => {
            let shown = app.table().len();
            let kept = app.analysis().map_or(0, |analysis| analysis.history.len());
            return vec![right(7, format!("{shown} of {kept} closed"), plain)];
        }
    }
    let shown = app.table().open_rows();
    let key = app.keys().called(&Action::LocalFamilies);
    let key = if app.local_families() { String::new() } else { format!(" ({key})") };
    let mut pieces = vec![if shown == totals.sockets {
        right(7, outline::sockets(shown), plain)
    } else {
        right(7, format!("{shown} of {} sockets{key}", totals.sockets), plain)
    }];
    if width < 120 {
        return pieces;
    }
    for (protocol, count) in &totals.protocols {
        pieces.push(left(1, format!("{} {count}", protocol.name()), plain));
    }
    let more = [
        ("established", totals.established, 0),
        ("listen", totals.listening, 0),
        ("new", totals.new, 2),
        ("changed", totals.changed, 0),
        ("closed", totals.closed, 2),
    ];
    pieces.extend(more.map(|(name, count, weight)| left(weight, format!("{name} {count}"), plain)));
    pieces
}

fn alerts(app: &App, theme: Theme) -> Piece {
    let loud = &app.totals().loud;
    let text = match loud.len() {
        0 => "no alerts".to_owned(),
        1 => "1 alert".to_owned(),
        more => format!("{more} alerts"),
    };
    let style = loud.first().map_or(Style::new(), |first| theme.alert(first.level));
    right(8, text, style)
}

/// Line 2: how much of the host was seen.
pub(super) fn coverage(app: &App, width: usize, theme: Theme) -> Line<'static> {
    let Some(analysis) = app.analysis() else {
        return Line::default();
    };
    let snapshot = &analysis.snapshot;
    let seen = &snapshot.seen;
    let who = viewer(snapshot);
    let cost = right(1, cost(analysis, width), FAINT);
    if let Some(advice) = &analysis.coverage.advice {
        let share = share(analysis);
        let [read, all] = [seen.processes_read, seen.processes];
        let text = format!("as {who}: {read}/{all} procs; owners of {share} % of sockets: ");
        let text = match advice.split_once(',') {
            // The first way, and where the others are.
            Some((first, _)) if text.width() + advice.width() > width => {
                format!("{text}{first} ({})", app.keys().called(&Action::Coverage))
            }
            _ => format!("{text}{advice}"),
        };
        return line::line(width, vec![left(9, text, theme.warning()), cost]);
    }
    let plain = Style::new();
    let saw = format!(
        "saw {}/{} procs, {}/{} netns, as {who}",
        seen.processes_read, seen.processes, seen.namespaces_read, seen.namespaces
    );
    let text = match analysis.coverage.sockets.saturating_sub(analysis.coverage.owned) {
        0 => "every socket has an owner".to_owned(),
        without => {
            let key = app.keys().called(&Action::Coverage);
            format!("{} % with owner, {without} without ({key})", share(analysis))
        }
    };
    // Asked for, it is no news.
    let poor = snapshot.way.used == Collector::Text && !snapshot.way.failed.is_empty();
    let (saw, style) = if poor { (format!("{saw}, as text only"), theme.warning()) } else { (saw, plain) };
    line::line(width, vec![left(9, saw, style), right(5, text, plain), cost])
}

/// How many of a hundred sockets have a known owner; 100 only where all have one.
pub(super) fn share(analysis: &Analysis) -> usize {
    (analysis.coverage.owned * 100).checked_div(analysis.coverage.sockets).unwrap_or(100)
}

/// The name of who looked.
pub(super) fn viewer(snapshot: &Snapshot) -> String {
    let uid = snapshot.viewer.uid;
    snapshot.users.get(&uid).map_or_else(|| format!("uid {uid}"), ToString::to_string)
}

/// An interval in the shortest unit that is exact.
pub(super) fn interval(interval: Duration) -> String {
    if interval.subsec_millis() == 0 && interval >= Duration::from_secs(1) {
        format!("{}s", interval.as_secs())
    } else if interval >= Duration::from_secs(1) {
        format!("{:.1}s", interval.as_secs_f64())
    } else {
        format!("{}ms", interval.as_millis())
    }
}

/// What watching costs: time of a snapshot, share of a processor, memory, and the way it is read.
fn cost(analysis: &Analysis, width: usize) -> String {
    let snapshot = &analysis.snapshot;
    let mut cost = format!("{}ms", snapshot.cost.as_millis());
    if width < 120 {
        return cost;
    }
    if let Some(share) = analysis.cpu_share {
        cost = format!("{cost}  cpu {:.1}%", share * 100.0);
    }
    if let Some(memory) = snapshot.own.memory.filter(|_| width >= 160) {
        cost = format!("{cost}  {} MB", memory / 1_000_000);
    }
    format!("{cost}  {}", snapshot.way.used.name())
}

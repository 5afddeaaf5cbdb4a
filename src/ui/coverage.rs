//! What was seen, what was not, and why.

use ratatui::style::Style;
use ratatui::text::Line;

use super::header::{share, viewer};
use super::line;
use super::theme::{FAINT, TITLE, Theme};
use crate::app::{Action, App};
use crate::model::{Way, printable};

pub(super) fn lines(app: &App, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = of_file(app, width, theme);
    lines.extend(of_snapshot(app, width, theme));
    lines
}

/// What is wrong with the config file, with the place; nothing where it is right.
fn of_file(app: &App, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let Some(trouble) = app.trouble() else { return Vec::new() };
    let (said, place) = trouble.split_once('\n').unwrap_or((trouble, ""));
    let wrapped = hanging(&format!("config      {said}; the defaults hold"), width);
    let mut lines: Vec<_> = wrapped.into_iter().map(|line| Line::styled(line, theme.warning())).collect();
    lines.extend(place.lines().map(|line| Line::raw(line::cut(line, width))));
    lines.push(Line::default());
    lines
}

fn of_snapshot(app: &App, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let Some(analysis) = app.analysis() else {
        return vec![Line::raw("no snapshot yet")];
    };
    let (snapshot, coverage) = (&analysis.snapshot, &analysis.coverage);
    let seen = &snapshot.seen;
    let plain = Style::new();
    let mut text = vec![(TITLE, format!("as {}", viewer(snapshot)))];
    if !snapshot.viewer.lacks.is_empty() {
        text.push((plain, format!("without {}", snapshot.viewer.lacks.join(", "))));
    }
    text.push((
        plain,
        format!("processes   {} of {} with all their descriptors", seen.processes_read, seen.processes),
    ));
    text.push((
        plain,
        format!("namespaces  {} of {} network namespaces", seen.namespaces_read, seen.namespaces),
    ));
    text.push((
        plain,
        format!(
            "sockets     {} of {} with a known owner ({} %)",
            coverage.owned,
            coverage.sockets,
            share(analysis)
        ),
    ));
    if let Some(unfollowed) = coverage.unfollowed_in_words() {
        text.push((theme.warning(), format!("shells      {unfollowed}")));
    }
    if let Some(advice) = &coverage.advice {
        text.push((theme.warning(), format!("more        {advice}")));
    }
    text.extend(way(&snapshot.way).map(|line| (plain, line)));
    text.push((plain, String::new()));
    text.push((TITLE, "sockets without owner".to_owned()));
    if coverage.unowned.is_empty() {
        text.push((plain, "   none".to_owned()));
    }
    for (why, count) in &coverage.unowned {
        text.push((plain, format!("{count:6}  [{}] {}", why.number(), why.words())));
    }
    text.push((plain, String::new()));
    text.push((TITLE, "not seen".to_owned()));
    if snapshot.gaps.is_empty() {
        text.push((plain, "   nothing".to_owned()));
    }
    for gap in &snapshot.gaps {
        text.push((plain, format!("{:6}  {}: {}", gap.count, gap.scope.name(), gap.reason.name())));
        text.push((FAINT, format!("        {}", gap.mend(&snapshot.viewer))));
    }
    if !app.mutes().is_empty() {
        text.push((plain, String::new()));
        let key = app.keys().called(&Action::Mute);
        text.push((TITLE, format!("muted alerts: {key} on one, or the config file, undoes it")));
    }
    for mute in app.mutes() {
        let line = format!("   {mute}: {}", mute.reason);
        text.push((plain, printable(line.as_bytes()).into_owned()));
    }
    text.into_iter()
        .flat_map(|(style, text)| {
            hanging(&text, width).into_iter().map(move |line| Line::styled(line, style))
        })
        .collect()
}

/// Cells before which what a line says begins, behind its name or count.
const LABELS: usize = 12;

/// A text in lines of at most so many cells, at least one; under a name or count go only names and counts.
fn hanging(text: &str, width: usize) -> Vec<String> {
    let head = line::prefix(text, LABELS);
    let indent = head.rfind("  ").map_or(0, |at| at + 2).min(width / 4);
    let (head, said) = text.split_at(line::prefix(text, indent).len());
    let mut lines = line::wrap(said, width.saturating_sub(indent));
    if lines.is_empty() {
        lines.push(String::new());
    }
    let blank = " ".repeat(indent);
    lines
        .iter()
        .enumerate()
        .map(|(at, line)| format!("{}{line}", if at == 0 { head } else { &blank }))
        .collect()
}

/// How the snapshot was read, what that way lacks, why it was not a better one.
fn way(way: &Way) -> impl Iterator<Item = String> {
    let lacks = way.used.lacks().map_or_else(String::new, |lacks| format!("; without {lacks}"));
    let failed = way
        .failed
        .iter()
        .map(|(way, why)| format!("not by      {}: {}", way.name(), printable(why.as_bytes())));
    std::iter::once(format!("read by     {}: {}{lacks}", way.used.name(), way.used.reads())).chain(failed)
}

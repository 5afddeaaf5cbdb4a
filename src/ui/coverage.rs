//! What was seen, what was not, and why.

use ratatui::style::Style;
use ratatui::text::Line;

use super::header::{share, viewer};
use super::line;
use super::theme::{TITLE, Theme};
use crate::analyze::Unowned;
use crate::app::App;
use crate::model::{GapReason, GapScope};

pub(super) fn lines(app: &App, width: usize, theme: Theme) -> Vec<Line<'static>> {
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
    if let Some(advice) = &coverage.advice {
        text.push((theme.warning(), format!("more        {advice}")));
    }
    text.push((plain, String::new()));
    text.push((TITLE, "sockets without owner".to_owned()));
    if coverage.unowned.is_empty() {
        text.push((plain, "   none".to_owned()));
    }
    for (why, count) in &coverage.unowned {
        text.push((plain, format!("{count:6}  {}", unowned(*why))));
    }
    text.push((plain, String::new()));
    text.push((TITLE, "not seen".to_owned()));
    if snapshot.gaps.is_empty() {
        text.push((plain, "   nothing".to_owned()));
    }
    for gap in &snapshot.gaps {
        text.push((plain, format!("{:6}  {}: {}", gap.count, scope(gap.scope), reason(gap.reason))));
    }
    text.into_iter()
        .flat_map(|(style, text)| {
            let mut lines = line::wrap(&text, width);
            if lines.is_empty() {
                lines.push(String::new());
            }
            lines.into_iter().map(move |line| Line::styled(line, style))
        })
        .collect()
}

fn unowned(why: Unowned) -> &'static str {
    match why {
        Unowned::TimeWait => "in TIME_WAIT: kept by the kernel, no process",
        Unowned::Handshake => "in SYN_RECV: the handshake is not finished",
        Unowned::NotAccepted => "established, not accepted by a process yet",
        Unowned::Closing => "closed by their process, the kernel finishes",
        Unowned::NotPermitted => "owner not visible: some descriptors may not be read",
        Unowned::NoDescriptor => "no descriptor: the kernel's own, in flight, or just opened",
    }
}

fn scope(scope: GapScope) -> &'static str {
    match scope {
        GapScope::Processes => "list of processes",
        GapScope::Descriptors => "processes' descriptors",
        GapScope::Descriptor => "single descriptors",
        GapScope::ProcessFacts => "processes' facts (exe, cwd, …)",
        GapScope::ProcessNamespace => "processes' network namespaces",
        GapScope::Namespace => "network namespaces",
        GapScope::Table => "tables of sockets",
        GapScope::TableLine => "lines of tables",
        GapScope::UnixRow => "unix rows that no visible descriptor holds",
        GapScope::Links => "links between shells and other processes",
        GapScope::Users => "user database",
        GapScope::Host => "host name, boot id or uptime",
    }
}

fn reason(reason: GapReason) -> &'static str {
    match reason {
        GapReason::Permission => "not permitted",
        GapReason::Vanished => "gone while being read",
        GapReason::Malformed => "not of the form that proc(5) gives",
        GapReason::Unsupported => "this kernel does not have it",
        GapReason::TooLarge => "too large, cut",
        GapReason::Unverified => "nothing vouches for it (names can imitate rows)",
        GapReason::Exhausted => "out of descriptors or memory",
        GapReason::Failed => "error of a system call",
    }
}

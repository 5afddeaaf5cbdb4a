//! The line of candidates below the prompt.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::line;
use super::theme::{FAINT, REVERSED};
use crate::app::completion::Completion;
use crate::model::printable;

/// Between candidates.
const GAP: usize = 2;

/// As many as fit, with the one that was taken among them.
pub(super) fn line(completion: &Completion, width: usize) -> Line<'static> {
    let words: Vec<String> =
        completion.candidates().iter().map(|word| printable(word.as_bytes()).into_owned()).collect();
    if words.is_empty() {
        return Line::styled("nothing that is there begins so", FAINT);
    }
    let at = completion.at().unwrap_or_default();
    let cells = |first: usize| {
        let shown = words.iter().take(at + 1).skip(first);
        shown.map(|word| word.width() + GAP).sum::<usize>()
    };
    let first = (0..at).find(|first| cells(*first) <= width).unwrap_or(at);
    let mut used = 0;
    let mut spans = Vec::new();
    for (place, word) in words.iter().enumerate().skip(first) {
        if used >= width {
            break;
        }
        let word = line::cut(word, width - used);
        used += word.width() + GAP;
        let is_taken = completion.at() == Some(place);
        spans.push(if is_taken { Span::styled(word, REVERSED) } else { Span::raw(word) });
        spans.push(Span::raw(" ".repeat(GAP)));
    }
    Line::from(spans)
}

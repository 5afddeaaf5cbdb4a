//! A line that is wrong, and one with carets under the part of it that is.

use unicode_width::UnicodeWidthStr;

use crate::model::printable;

/// Most characters of a line that are shown.
const MOST_SHOWN: usize = 100;

/// Both, safe to show, of as much of a line as fits around the `length` characters from `at` on that are wrong.
pub(super) fn excerpt(line: &str, at: usize, length: usize) -> [String; 2] {
    let first = at.saturating_sub(MOST_SHOWN / 2);
    let part = |from: usize, most: usize| {
        let part: String = line.chars().skip(from).take(most).collect();
        printable(part.as_bytes()).into_owned()
    };
    let indent = " ".repeat(part(first, at - first).width());
    let carets = "^".repeat(part(at, length.min(first + MOST_SHOWN - at)).width().max(1));
    [part(first, MOST_SHOWN), format!("{indent}{carets}")]
}

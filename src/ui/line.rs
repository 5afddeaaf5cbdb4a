//! Lines made of pieces, the least important of which give way.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Blanks between pieces.
const GAP: usize = 2;

/// A part of a line that is shown whole or not at all.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    text: String,
    style: Style,
    /// The lowest gives way first.
    weight: u8,
    right: bool,
    /// Bytes of the text, in their order, that have a style of their own.
    marked: Vec<(Range<usize>, Style)>,
}

impl Piece {
    /// With these bytes of its text in another style.
    pub(super) fn marked(self, places: impl Iterator<Item = Range<usize>>, style: Style) -> Self {
        Self { marked: places.map(|place| (place, style)).collect(), ..self }
    }

    pub(super) fn width(&self) -> usize {
        cells(&self.text)
    }

    /// In at most so many cells.
    fn spans(&self, cells: usize) -> Vec<Span<'static>> {
        let shown = cut(&self.text, cells);
        // Where the ellipsis is.
        let other = shown.char_indices().zip(self.text.chars()).find(|((_, shown), whole)| shown != whole);
        let whole = other.map_or(shown.len(), |((at, _), _)| at);
        let mut done = 0;
        let mut spans = Vec::new();
        let mut put = |bytes: Range<usize>, style| {
            let text = shown.get(bytes).filter(|text| !text.is_empty());
            spans.extend(text.map(|text| Span::styled(text.to_owned(), style)));
        };
        for (place, style) in &self.marked {
            let Range { start, end } = *place;
            if start < whole && start >= done {
                put(done..start, self.style);
                done = end.min(whole);
                put(start..done, self.style.patch(*style));
            }
        }
        put(done..shown.len(), self.style);
        spans
    }
}

/// A piece at the left.
pub(super) fn left(weight: u8, text: impl Into<String>, style: Style) -> Piece {
    Piece { text: text.into(), style, weight, right: false, marked: Vec::new() }
}

/// A piece at the right.
pub(super) fn right(weight: u8, text: impl Into<String>, style: Style) -> Piece {
    Piece { right: true, ..left(weight, text, style) }
}

/// The pieces that fit into a width; the last one that is left is cut where it has to be.
pub(super) fn line(width: usize, mut pieces: Vec<Piece>) -> Line<'static> {
    pieces.retain(|piece| !piece.text.is_empty());
    let used = |pieces: &[Piece]| {
        pieces.iter().map(|piece| cells(&piece.text)).sum::<usize>() + GAP * pieces.len().saturating_sub(1)
    };
    while pieces.len() > 1 && used(&pieces) > width {
        let weakest = pieces.iter().enumerate().rev().min_by_key(|(_, piece)| piece.weight);
        let Some((at, _)) = weakest else { break };
        pieces.remove(at);
    }
    let mut spare = width.saturating_sub(used(&pieces));
    let mut spans = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let gap = if at == 0 { 0 } else { GAP };
        let fill = if piece.right { std::mem::take(&mut spare) } else { 0 };
        spans.push(Span::raw(" ".repeat(gap + fill)));
        spans.extend(piece.spans(width));
    }
    Line::from(spans)
}

/// Whether each byte is a character in a cell of its own.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// How many cells the text takes.
pub(super) fn cells(text: &str) -> usize {
    if is_plain(text) { text.len() } else { text.width() }
}

/// The text in at most so many cells, with an ellipsis where it is cut.
pub(super) fn cut(text: &str, cells: usize) -> String {
    if self::cells(text) <= cells {
        return text.to_owned();
    }
    let mut out = prefix(text, cells.saturating_sub(1)).to_owned();
    if cells > 0 {
        out.push('…');
    }
    out
}

/// The longest start of the text that takes at most so many cells.
pub(super) fn prefix(text: &str, cells: usize) -> &str {
    if is_plain(text) {
        return text.get(..cells).unwrap_or(text);
    }
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += character.width().unwrap_or_default();
        if used > cells {
            return text.split_at(at).0;
        }
    }
    text
}

/// The text without so many cells at its start.
pub(super) fn suffix(text: &str, skipped: usize) -> &str {
    text.split_at(prefix(text, skipped).len()).1
}

/// A text in lines of at most so many cells, broken at a blank where there is one in the second half:
/// paths have none.
pub(super) fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(2);
    let mut rest = text;
    let mut lines = Vec::new();
    while !rest.is_empty() {
        let mut end = prefix(rest, cells).len();
        if end < rest.len() {
            end =
                rest.get(..=end).and_then(|line| line.rfind(' ')).filter(|at| *at > cells / 2).unwrap_or(end);
        }
        let (line, after) = rest.split_at(end);
        lines.push(line.to_owned());
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    lines
}

/// Writes a line into the row `y` of an area, where there is such a row.
pub(super) fn put(buffer: &mut Buffer, area: Rect, y: usize, line: &Line<'_>) {
    let Ok(offset) = u16::try_from(y) else { return };
    if offset < area.height {
        let mut x = area.x;
        for span in line {
            let room = area.right().saturating_sub(x);
            x = write(buffer, (x, area.y + offset), &span.content, room, line.style.patch(span.style));
        }
    }
}

/// Writes a text into at most so many cells; gives the column behind it.
///
/// As [`Buffer::set_stringn`], which searches every text for characters that share a cell.
pub(super) fn write(buffer: &mut Buffer, (x, y): (u16, u16), text: &str, most: u16, style: Style) -> u16 {
    if !is_plain(text) {
        return buffer.set_stringn(x, y, text, most.into(), style).0;
    }
    let end = x.saturating_add(most).min(buffer.area.right());
    let mut behind = x;
    for (column, byte) in (x..end).zip(text.bytes()) {
        if let Some(cell) = buffer.cell_mut((column, y)) {
            cell.set_char(byte.into()).set_style(style);
        }
        behind = column + 1;
    }
    behind
}

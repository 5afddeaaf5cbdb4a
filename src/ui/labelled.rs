//! Labelled text, wrapped, in one column or two.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::line;
use super::theme::{FAINT, Theme};

/// Cells of the labels at the left.
const LABEL: usize = 8;

/// Blanks between two columns of text.
const GAP: usize = 3;

/// Lines of at most so many cells, growing.
pub(super) struct Lines {
    all: Vec<Line<'static>>,
    width: usize,
    pub(super) theme: Theme,
}

impl Lines {
    pub(super) fn new(width: usize, theme: Theme) -> Self {
        Self { all: Vec::new(), width, theme }
    }

    pub(super) fn into_lines(self) -> Vec<Line<'static>> {
        self.all
    }

    /// Cells of a line beside its label.
    fn room(&self) -> usize {
        self.width.saturating_sub(LABEL)
    }

    /// Whether there is room for two columns.
    pub(super) fn is_wide(&self) -> bool {
        self.width >= 100
    }

    /// A heading, and what stands at the right end of its line.
    pub(super) fn title(&mut self, text: String, style: Style, aside: &str) {
        let pieces = vec![line::left(9, text, style), line::right(1, aside, FAINT)];
        self.all.push(line::line(self.width, pieces));
    }

    /// A line with nothing on it.
    pub(super) fn blank(&mut self) {
        self.all.push(Line::default());
    }

    /// A text beside its label.
    pub(super) fn put(&mut self, label: &str, text: &str) {
        self.beside(label, text, Style::new());
    }

    /// The same, of what is there for orientation only.
    pub(super) fn put_faint(&mut self, text: &str) {
        self.beside("", text, FAINT);
    }

    fn beside(&mut self, label: &str, text: &str, style: Style) {
        for (nth, part) in line::wrap(text, self.room()).into_iter().enumerate() {
            self.all.push(Line::from(vec![head(label, nth), Span::styled(part, style)]));
        }
    }

    /// Labelled pairs in two columns: the first has the room that it needs while the second gets as much, too.
    pub(super) fn pairs(&mut self, pairs: &[(String, &str, String)]) {
        let widest = |texts: &mut dyn Iterator<Item = &str>| texts.map(str::width).max().unwrap_or_default();
        let room = self.room().saturating_sub(GAP);
        let most = widest(&mut pairs.iter().map(|pair| &*pair.2)).min(room / 2);
        let first = widest(&mut pairs.iter().map(|pair| pair.1)).min(room.saturating_sub(most));
        for (label, left, right) in pairs {
            let (left, right) = (line::wrap(left, first), line::wrap(right, room.saturating_sub(first)));
            for nth in 0..left.len().max(right.len()) {
                let [left, right] = [&left, &right].map(|part| part.get(nth).cloned().unwrap_or_default());
                let blanks = " ".repeat(first.saturating_sub(left.width()) + GAP);
                let spans = vec![head(label, nth), Span::raw(left + &blanks), Span::styled(right, FAINT)];
                self.all.push(Line::from(spans));
            }
        }
    }
}

/// The label, on the first line of its text.
fn head(label: &str, nth: usize) -> Span<'static> {
    Span::styled(format!("{:LABEL$}", if nth == 0 { label } else { "" }), FAINT)
}

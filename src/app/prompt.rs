//! One line of input, with what was entered before.

use tui_input::{Input, InputRequest};

/// Most lines that are remembered.
const REMEMBERED: usize = 100;

/// A line that is being typed.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    input: Input,
    /// The first thing typed replaces what the prompt was filled with.
    proposed: bool,
    /// Place in the history that is shown, counted from the newest, and the line typed before it.
    recalled: Option<(usize, String)>,
}

impl Prompt {
    /// Starts with a text to go on from.
    pub fn new(text: &str) -> Self {
        Self { input: Input::new(text.to_owned()), proposed: false, recalled: None }
    }

    /// Starts with a text that the first character typed replaces.
    pub fn proposing(text: &str) -> Self {
        Self { proposed: true, ..Self::new(text) }
    }

    /// Starts with the cursor between two texts.
    pub fn at(before: &str, behind: &str) -> Self {
        let input = Input::new(format!("{before}{behind}")).with_cursor(before.chars().count());
        Self { input, proposed: false, recalled: None }
    }

    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// The part before the cursor.
    pub fn before_cursor(&self) -> &str {
        let text = self.input.value();
        let end = text.char_indices().nth(self.input.cursor()).map_or(text.len(), |(at, _)| at);
        text.get(..end).unwrap_or(text)
    }

    /// Applies one edit.
    pub fn edit(&mut self, request: InputRequest) {
        if std::mem::take(&mut self.proposed) && matches!(request, InputRequest::InsertChar(_)) {
            self.input.reset();
        }
        self.input.handle(request);
        self.recalled = None;
    }

    /// Types a text at once; of several lines the first.
    pub fn paste(&mut self, text: &str) {
        for character in text.lines().next().unwrap_or_default().chars().filter(|typed| !typed.is_control()) {
            self.edit(InputRequest::InsertChar(character));
        }
    }

    /// Shows the next older line that is another one.
    pub fn older(&mut self, history: &History) {
        let shown = self.input.value().to_owned();
        let first = self.recalled.as_ref().map_or(0, |(place, _)| place + 1);
        let Some((place, line)) = history.older(first).find(|(_, line)| *line != shown) else { return };
        self.input = Input::new(line.to_owned());
        let draft = self.recalled.take().map_or(shown, |(_, draft)| draft);
        self.recalled = Some((place, draft));
    }

    /// Shows the next newer line, at last the one that was being typed.
    pub fn newer(&mut self, history: &History) {
        let Some((place, draft)) = self.recalled.take() else { return };
        match place.checked_sub(1).and_then(|place| history.older(place).next()) {
            Some((place, line)) => {
                self.input = Input::new(line.to_owned());
                self.recalled = Some((place, draft));
            }
            None => self.input = Input::new(draft),
        }
    }
}

/// Lines entered before, oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    lines: Vec<String>,
}

impl History {
    /// Remembers a line once, as the newest.
    pub fn remember(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        self.lines.retain(|known| known != line);
        self.lines.push(line.to_owned());
        if self.lines.len() > REMEMBERED {
            self.lines.remove(0);
        }
    }

    /// Lines from a place on, counted from the newest.
    fn older(&self, place: usize) -> impl Iterator<Item = (usize, &str)> {
        self.lines.iter().rev().map(String::as_str).enumerate().skip(place)
    }
}

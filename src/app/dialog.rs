//! Dialogs, prompts and the filter terms that keys write.

use super::action::Motion;
use super::{App, Chooser, Clip, Document, Effect, Focus, Kill, Mode, Pane, Prompt};
use crate::model::{Level, Signal};
use crate::table::{COLUMNS, Column, SCREEN, Shape, Sort};

/// A choice of the state menu: its letter, what it says, the word of the filter term; none for all.
pub const STATES: [(char, &str, Option<&str>); 6] = [
    ('E', "ESTABLISHED", Some("established")),
    ('L', "LISTEN", Some("listen")),
    ('S', "SYN_SENT, SYN_RECV", Some("syn")),
    ('T', "TIME_WAIT", Some("time_wait")),
    ('C', "CLOSE_WAIT", Some("close_wait")),
    ('A', "all states", None),
];

/// What the sort picker offers: alerts, then age; then each column, those of a screen first.
pub fn sorts() -> impl Iterator<Item = Option<&'static Column>> {
    let others = COLUMNS.iter().filter(|column| !SCREEN.contains(column));
    // The mark is what comes first by itself.
    let columns = SCREEN.iter().chain(others).filter(|column| column.name != "mark");
    std::iter::once(None).chain(columns.copied().map(Some))
}

/// Terms of alerts only: medium and high; low too.
const LOUD: &str = "alert:high,medium";
const ANY: &str = "alert:high,medium,low";

impl App {
    pub(super) fn open(&mut self, mode: Mode) {
        self.mode = mode;
        self.text_top = 0;
    }

    pub(super) fn step(&mut self, motion: Motion) {
        // Lines of a menu; none where a text or the table moves.
        let in_detail = self.is_in_detail();
        let lines = match &mut self.mode {
            Mode::States { .. } => STATES.len(),
            Mode::Sorts { .. } => sorts().count(),
            Mode::Columns(chooser) => chooser.lines.len(),
            Mode::Menu { choices, .. } => choices.len(),
            Mode::Copy { .. } => Clip::MENU.len(),
            Mode::Write { .. } => Document::MENU.len(),
            Mode::Groups { .. } => super::fold::GROUPS.len(),
            Mode::Kill(kill) if !kill.is_list() => Signal::MENU.len(),
            Mode::Filter { prompt, .. } => {
                if motion == Motion::Up {
                    prompt.older(&self.history);
                } else if motion == Motion::Down {
                    prompt.newer(&self.history);
                }
                return self.edit(|_| ());
            }
            Mode::Pid { .. } | Mode::Mute { .. } => return,
            Mode::Normal if self.pane != Pane::Full && !in_detail => {
                self.refresh();
                return self.cursor.step(motion, &self.table);
            }
            Mode::Normal | Mode::Kill(_) | Mode::Close(_) | Mode::Coverage | Mode::Help { .. } => {
                self.text_top = moved(self.text_top, motion, self.page.text, self.page.hidden);
                return;
            }
        };
        if let Mode::States { at }
        | Mode::Sorts { at }
        | Mode::Columns(Chooser { at, .. })
        | Mode::Menu { at, .. }
        | Mode::Copy { at, .. }
        | Mode::Write { at, .. }
        | Mode::Groups { at }
        | Mode::Kill(Kill { at, .. }) = &mut self.mode
        {
            *at = moved(*at, motion, self.page.text, lines.saturating_sub(1));
        }
    }

    pub(super) fn enter(&mut self) -> Option<Effect> {
        if let Mode::Copy { at, .. } = self.mode {
            return Clip::MENU.get(at).and_then(|(_, _, clip)| self.copy(*clip));
        }
        if let Mode::Write { at, .. } = self.mode {
            return Document::MENU.get(at).and_then(|(_, _, document)| self.write(*document));
        }
        match std::mem::take(&mut self.mode) {
            Mode::Normal if self.pane == Pane::Closed && self.turn_heading() => {}
            Mode::Normal => {
                self.text_top = 0;
                self.pane = match self.pane {
                    Pane::Closed if self.table.is_empty() => Pane::Closed,
                    Pane::Closed => Pane::Open,
                    Pane::Open => Pane::Full,
                    Pane::Full => Pane::Closed,
                };
                self.focus = Focus::Rows;
            }
            Mode::Filter { prompt, .. } => self.history.remember(prompt.text().trim_end()),
            Mode::Pid { prompt } => {
                let pids = prompt.text().trim_matches(',');
                let term = (!pids.is_empty()).then(|| format!("pid:{pids}"));
                self.write_term("pid:", term.as_deref());
            }
            Mode::States { at } => {
                if let Some((_, _, state)) = STATES.get(at) {
                    self.write_state(*state);
                }
            }
            Mode::Sorts { at } => {
                if let Some(column) = sorts().nth(at) {
                    self.sort_by(column);
                }
            }
            Mode::Menu { menu, choices, at } => self.choose(menu, choices, at),
            Mode::Groups { at } => {
                if let Some((_, by)) = super::fold::GROUPS.get(at) {
                    self.group_by(*by);
                }
            }
            Mode::Copy { .. } | Mode::Write { .. } | Mode::Coverage => {}
            Mode::Help { of, .. } => self.mode = *of,
            Mode::Columns(chooser) => return self.take_columns(&chooser),
            Mode::Mute { prompt, mute } => return self.take_mute(&prompt, mute),
            Mode::Kill(kill) => return self.take_kill(kill),
            Mode::Close(_) => return Some(Effect::Close),
        }
        None
    }

    pub(super) fn back(&mut self) -> Option<Effect> {
        self.text_top = 0;
        match std::mem::take(&mut self.mode) {
            Mode::Normal => self.step_back(),
            Mode::Filter { before: (text, selected), .. } => {
                self.set_filter(&text);
                self.cursor.set_key(selected);
            }
            Mode::Help { of, .. } => self.mode = *of,
            Mode::Pid { .. }
            | Mode::Mute { .. }
            | Mode::States { .. }
            | Mode::Sorts { .. }
            | Mode::Columns(_)
            | Mode::Menu { .. }
            | Mode::Copy { .. }
            | Mode::Write { .. }
            | Mode::Groups { .. }
            | Mode::Coverage => {}
            Mode::Kill(_) | Mode::Close(_) => return Some(Effect::LetGo),
        }
        None
    }

    /// Keys that move belong to the detail that is open, or to the rows. Opens it where it is not.
    pub(super) fn turn_focus(&mut self) {
        self.refresh();
        if self.selected().is_none() {
            return self.notify("no socket is selected".to_owned());
        }
        self.focus = if self.is_in_detail() { Focus::Rows } else { Focus::Detail };
        if self.pane == Pane::Closed {
            self.pane = Pane::Open;
        }
        self.text_top = 0;
    }

    pub(super) fn help(&mut self) {
        self.text_top = 0;
        let mode = std::mem::take(&mut self.mode);
        self.mode = if let Mode::Help { of, all } = mode {
            Mode::Help { of, all: !all }
        } else {
            Mode::Help { of: Box::new(mode), all: false }
        };
    }

    pub(super) fn open_filter(&mut self) {
        let text = self.filter().text().to_owned();
        // What is typed is a further term, not the rest of the last one.
        let blank = if text.is_empty() { "" } else { " " };
        let prompt = Prompt::new(&format!("{text}{blank}"));
        let before = (text, self.cursor.line().cloned());
        self.open(Mode::Filter { prompt, before });
    }

    pub(super) fn open_pid(&mut self) {
        if self.filter().has_term("pid:") {
            return self.write_term("pid:", None);
        }
        self.refresh();
        let pid = self.selected().and_then(|row| Some(row.process()?.key.pid.to_string()));
        self.open(Mode::Pid { prompt: Prompt::proposing(&pid.unwrap_or_default()) });
    }

    pub(super) fn open_states(&mut self) {
        let at = STATES.iter().position(|(_, _, state)| match state {
            Some(state) => self.filter().has_term(&format!("state:{state}")),
            None => true,
        });
        self.open(Mode::States { at: at.unwrap_or_default() });
    }

    pub(super) fn open_sorts(&mut self) {
        let sort = self.sort();
        let at = sorts().position(|column| column == sort.column).unwrap_or_default();
        self.open(Mode::Sorts { at });
    }

    /// A state chosen by its letter: from the menu, or on and off by its own key.
    pub(super) fn choose_state(&mut self, state: Option<&'static str>) {
        let from_menu = matches!(std::mem::take(&mut self.mode), Mode::States { .. });
        let shown = state.is_some_and(|state| self.filter().has_term(&format!("state:{state}")));
        self.write_state(state.filter(|_| from_menu || !shown));
    }

    pub(super) fn alerts_only(&mut self) {
        let next = if self.filter().has_term(ANY) {
            None
        } else if self.filter().has_term(LOUD) {
            Some(ANY)
        } else {
            Some(LOUD)
        };
        self.write_term("alert:", next);
    }

    pub(super) fn edit(&mut self, change: impl FnOnce(&mut Prompt)) {
        match &mut self.mode {
            Mode::Filter { prompt, .. } => {
                change(prompt);
                let text = prompt.text().to_owned();
                self.set_filter(&text);
            }
            Mode::Pid { prompt } => {
                let before = prompt.clone();
                change(prompt);
                if !prompt.text().bytes().all(|byte| byte.is_ascii_digit() || byte == b',') {
                    *prompt = before;
                }
            }
            Mode::Mute { prompt, .. } => change(prompt),
            Mode::Normal
            | Mode::States { .. }
            | Mode::Sorts { .. }
            | Mode::Columns(_)
            | Mode::Menu { .. }
            | Mode::Copy { .. }
            | Mode::Write { .. }
            | Mode::Groups { .. }
            | Mode::Kill(_)
            | Mode::Close(_)
            | Mode::Coverage
            | Mode::Help { .. } => {}
        }
    }

    /// Sorts by the column before or after, through those that the screen shows; groups by what they have sums of.
    pub(super) fn step_column(&mut self, forward: bool) {
        let choices: Vec<_> = match self.shape() {
            Shape::Groups(by) => by.sorts(),
            Shape::Flat | Shape::Tree => {
                let shown = self.columns().into_iter().filter(|column| column.name != "mark");
                std::iter::once(None).chain(shown.map(Some)).collect()
            }
        };
        let now = self.sort().column;
        let at = choices.iter().position(|column| *column == now).unwrap_or_default();
        let next = if forward { at + 1 } else { at + choices.len() - 1 } % choices.len().max(1);
        self.sort_by(choices.get(next).copied().flatten());
        if let Mode::Sorts { at } = &mut self.mode {
            let now = self.options.sort.column;
            *at = sorts().position(|column| column == now).unwrap_or_default();
        }
    }

    /// Turns the order round; in the picker that of the chosen column.
    pub(super) fn invert_sort(&mut self) {
        let now = self.sort();
        let column = if let Mode::Sorts { at } = self.mode { sorts().nth(at).flatten() } else { now.column };
        let sort = if column == now.column { now } else { Sort::by(column) };
        self.set_sort(sort.inverted());
    }

    /// Selects the next row with an alert of medium or high, else of low; goes round at the end.
    pub(super) fn go_to_alert(&mut self, forward: bool) {
        self.refresh();
        let graded: Vec<(usize, Level)> = (0..self.table.len())
            .filter_map(|at| Some((at, self.table.row(at, self.names())?.alerts.first()?.unmuted()?)))
            .collect();
        let least =
            if graded.iter().any(|(_, level)| *level > Level::Low) { Level::Medium } else { Level::Low };
        let mut places = graded.iter().filter(|(_, level)| *level >= least).map(|(at, _)| *at);
        // None where the line is none of a row: then the first of all is the next.
        let now = self.cursor.key().and_then(|key| self.table.position(key));
        let next = if forward {
            places.clone().find(|at| now.is_none_or(|now| *at > now)).or_else(|| places.next())
        } else {
            places.clone().rfind(|at| now.is_none_or(|now| *at < now)).or_else(|| places.next_back())
        };
        match next {
            Some(at) => {
                if let Some(key) = self.table.key(at) {
                    self.reveal(key);
                }
            }
            None if self.totals.loud.is_empty() => self.notify("no alerts".to_owned()),
            None => self.notify("the filter hides all alerts".to_owned()),
        }
    }

    /// Puts a term in the place of those that begin so.
    fn write_term(&mut self, prefix: &str, term: Option<&str>) {
        self.write_terms(&[prefix], term);
    }

    pub(super) fn write_terms(&mut self, prefixes: &[&str], term: Option<&str>) {
        let start = self.filter().clone();
        let mut filter = prefixes.iter().fold(start, |filter, prefix| filter.without_term(prefix));
        if let Some(term) = term {
            filter = filter.with_term(term);
        }
        self.history.remember(filter.text());
        self.set_filter(filter.text());
    }

    fn write_state(&mut self, state: Option<&str>) {
        let term = state.map(|state| format!("state:{state}"));
        self.write_term("state:", term.as_deref());
    }

    fn sort_by(&mut self, column: Option<&'static Column>) {
        self.set_sort(Sort::by(column));
    }
}

/// A place after a motion, from 0 to `last`.
fn moved(at: usize, motion: Motion, page: usize, last: usize) -> usize {
    let (page, half) = (page.max(1), (page / 2).max(1));
    let moved = match motion {
        Motion::Up => at.saturating_sub(1),
        Motion::Down => at + 1,
        Motion::PageUp => at.saturating_sub(page),
        Motion::PageDown => at + page,
        Motion::HalfUp => at.saturating_sub(half),
        Motion::HalfDown => at + half,
        Motion::First => 0,
        Motion::Last => last,
    };
    moved.min(last)
}

//! Analyses and keys in, screen out, through the real loop on a terminal in memory.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::{Backend, TestBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use sockeye::analyze::{Analysis, Analyzer};
use sockeye::app::{App, Effect, Options, Reply};
use sockeye::model::{Snapshot, SourceId};
use sockeye::run::{Event, tui};
use unicode_width::UnicodeWidthStr;

/// A program that runs in memory.
pub struct Screen {
    terminal: Terminal<TestBackend>,
    pub app: App,
    /// What the loop asked to be done outside.
    pub effects: Vec<Effect>,
    /// What is answered to it.
    outside: Box<Outside>,
}

/// What is answered to an effect, or why it cannot be.
pub type Outside = dyn Fn(&Effect) -> Result<Option<Reply>, String>;

/// Analyses of snapshots that follow each other.
pub fn analyses(snapshots: &[Arc<Snapshot>]) -> Vec<Arc<Analysis>> {
    let mut analyzer = Analyzer::default();
    snapshots.iter().map(|snapshot| analyzer.analyze(Arc::clone(snapshot))).collect()
}

impl Screen {
    pub fn new((width, height): (u16, u16), options: Options) -> Self {
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        Self { terminal, app: App::new(options), effects: Vec::new(), outside: Box::new(|_| Ok(None)) }
    }

    /// With a world outside that answers so.
    pub fn answering(&mut self, outside: impl Fn(&Effect) -> Option<Reply> + 'static) -> &mut Self {
        self.outside = Box::new(move |effect| Ok(outside(effect)));
        self
    }

    /// With a world outside in which nothing can be done, for this reason.
    pub fn failing(&mut self, why: &str) -> &mut Self {
        let why = why.to_owned();
        self.outside = Box::new(move |_| Err(why.clone()));
        self
    }

    /// Lets the loop take these events, then draws once more.
    pub fn take(&mut self, events: impl IntoIterator<Item = Event>) -> &mut Self {
        let (sender, receiver) = sync_channel(4096);
        for event in events {
            sender.send(event).unwrap();
        }
        drop(sender);
        let (effects, outside) = (&mut self.effects, &self.outside);
        let perform = &mut |effect, _: &App| {
            let reply = outside(&effect);
            effects.push(effect);
            reply
        };
        tui::run(&mut self.terminal, &mut self.app, &receiver, perform).unwrap();
        self.cover();
        self
    }

    /// A wide character covers the cell behind it on a terminal; in memory that would keep what was there.
    fn cover(&mut self) {
        let buffer = self.buffer();
        let is_wide = |cell: &Cell| cell.symbol().width() > 1;
        let places: Vec<_> = buffer.area.positions().filter(|place| is_wide(&buffer[*place])).collect();
        let blank = Cell::default();
        let covered = places.iter().map(|place| (place.x + 1, place.y, &blank));
        self.terminal.backend_mut().draw(covered).unwrap();
    }

    pub fn receive(&mut self, analyses: &[Arc<Analysis>]) -> &mut Self {
        self.take(analyses.iter().map(|one| Event::Analysis(SourceId(0), Arc::clone(one))))
    }

    /// Presses keys one after the other: `/`, `Down`, `C-c`, `F4`, `"a text typed"`.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        self.take(events(keys).into_iter().map(Event::Terminal))
    }

    pub fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        self.terminal.backend_mut().resize(width, height);
        self.take([Event::Terminal(Input::Resize(width, height))])
    }

    pub fn buffer(&self) -> &Buffer {
        self.terminal.backend().buffer()
    }

    /// Column and line of the cursor.
    pub fn cursor(&mut self) -> (u16, u16) {
        let place = self.terminal.backend_mut().get_cursor_position().unwrap();
        (place.x, place.y)
    }

    /// What a reader sees, without blanks at the ends of lines.
    pub fn text(&self) -> String {
        let buffer = self.buffer();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += u16::try_from(symbol.width().max(1)).unwrap();
            }
            writeln!(out, "{}", line.trim_end()).unwrap();
        }
        out
    }

    /// Where the screen is not drawn plainly: `row: from-to style` in its order.
    pub fn styles(&self) -> String {
        let buffer = self.buffer();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let mut run: Option<(u16, String)> = None;
            let mut parts = Vec::new();
            for x in 0..=buffer.area.width {
                let style = if x < buffer.area.width { style(buffer, x, y) } else { String::new() };
                if run.as_ref().is_none_or(|(_, before)| *before != style) {
                    if let Some((from, before)) = run.take().filter(|(_, before)| !before.is_empty()) {
                        parts.push(format!("{from}-{} {before}", x - 1));
                    }
                    run = Some((x, style));
                }
            }
            if !parts.is_empty() {
                writeln!(out, "{y}: {}", parts.join(", ")).unwrap();
            }
        }
        out
    }
}

fn style(buffer: &Buffer, x: u16, y: u16) -> String {
    let cell = &buffer[(x, y)];
    let mut parts = Vec::new();
    for (modifier, name) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::UNDERLINED, "underlined"),
        (Modifier::REVERSED, "reversed"),
    ] {
        if cell.modifier.contains(modifier) {
            parts.push(name.to_owned());
        }
    }
    if cell.fg != Color::Reset {
        parts.push(cell.fg.to_string().to_lowercase());
    }
    if cell.bg != Color::Reset {
        parts.push(format!("on {}", cell.bg.to_string().to_lowercase()));
    }
    parts.join(" ")
}

/// Terminal events of keys by their names, separated by blanks; text between quotation marks is typed.
pub fn events(keys: &str) -> Vec<Input> {
    let mut out = Vec::new();
    for (nth, part) in keys.split('"').enumerate() {
        if nth % 2 == 1 {
            out.extend(part.chars().map(|typed| key(KeyCode::Char(typed), KeyModifiers::NONE)));
        } else {
            out.extend(part.split_whitespace().map(named));
        }
    }
    out
}

fn named(name: &str) -> Input {
    let code = |name: &str| match name {
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Tab" => KeyCode::Tab,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "PgUp" => KeyCode::PageUp,
        "PgDn" => KeyCode::PageDown,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "BackTab" => KeyCode::BackTab,
        "Backspace" => KeyCode::Backspace,
        "Space" => KeyCode::Char(' '),
        _ => match name.strip_prefix('F').and_then(|number| number.parse().ok()) {
            Some(number) => KeyCode::F(number),
            None => KeyCode::Char(name.chars().next().unwrap()),
        },
    };
    match name.strip_prefix("C-") {
        Some(rest) => key(code(rest), KeyModifiers::CONTROL),
        None => key(code(name), KeyModifiers::NONE),
    }
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Input {
    Input::Key(KeyEvent::new(code, modifiers))
}

/// The screen of a size after some snapshots and keys.
pub fn screen(size: (u16, u16), snapshots: &[Arc<Snapshot>], keys: &str) -> String {
    Screen::new(size, Options::default()).receive(&analyses(snapshots)).press(keys).text()
}

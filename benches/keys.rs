//! From a key to its frame while snapshots come in without pause: `cargo bench --bench keys`.
//!
//! Through the real loop, on a made-up busy host: a source analyzes and sends as fast as it can, a key that moves or
//! opens something, or is typed into the filter, comes every 10 ms. Printed are the times until the frame that shows it
//! is drawn.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark may panic, prints, and has a clock"
)]
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::time::{Duration, Instant};

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use sockeye::analyze::Analyzer;
use sockeye::app::{App, Options};
use sockeye::model::SourceId;
use sockeye::run::{Event, tui};

mod synthetic;

const KEYS: usize = 1_000;
const BETWEEN: Duration = Duration::from_millis(10);
/// Keys that move, and that open and close.
const PRESSED: [KeyCode; 8] = [
    KeyCode::Down,
    KeyCode::PageDown,
    KeyCode::Up,
    KeyCode::Enter,
    KeyCode::Esc,
    KeyCode::End,
    KeyCode::Char('?'),
    KeyCode::Esc,
];

/// Filters that are typed letter by letter.
const TYPED: [&str; 8] = [
    "ssh",
    "4242",
    "9.9.9.",
    "not worker",
    "state:est port:443",
    "dst:10.0.0.0/8",
    "command~'^x'",
    "nothing or nowhere or never",
];

fn main() {
    for sockets in [1_000, 10_000, 100_000] {
        for (refreshing, typing) in [(false, false), (true, false), (false, true), (true, true)] {
            let presses = if typing { typed() } else { moves() };
            let mut times = times(sockets, refreshing, &presses);
            times.sort_unstable();
            let at = |share: usize| times[(times.len() - 1) * share / 1000].as_secs_f64() * 1e3;
            let what = if refreshing { "refreshing" } else { "idle" };
            let keys = if typing { "filter" } else { "moves" };
            println!(
                "{sockets:6} sockets, {what:10} {keys:6}  median {:5.2} ms  p90 {:5.2}  p99 {:5.2}  most {:5.2}",
                at(500),
                at(900),
                at(990),
                at(1000)
            );
        }
    }
}

/// Each is followed by a key whose effect tells that all were taken.
fn moves() -> Vec<Vec<KeyEvent>> {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    let press = |at: usize| {
        let key = PRESSED[at % PRESSED.len()];
        // Where a key opened something that takes all others, the second shuts it again.
        let shuts = (key == KeyCode::Char('?')).then_some(KeyCode::Esc);
        [Some(key), shuts, Some(KeyCode::Char('r'))].into_iter().flatten().map(plain).collect()
    };
    (0..KEYS).map(press).collect()
}

/// In a prompt, what redraws has an effect.
fn typed() -> Vec<Vec<KeyEvent>> {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    let redraw = KeyEvent::new(KeyCode::Char('l'), KeyModifiers::CONTROL);
    let opened = |first: bool| if first { vec![KeyCode::Esc, KeyCode::Char('/')] } else { vec![] };
    let letter = |(at, letter): (usize, char)| {
        let codes = opened(at == 0).into_iter().chain([KeyCode::Char(letter)]);
        codes.map(plain).chain([redraw]).collect()
    };
    TYPED.iter().flat_map(|text| text.chars().enumerate().map(letter)).collect()
}

fn times(sockets: u32, refreshing: bool, presses: &[Vec<KeyEvent>]) -> Vec<Duration> {
    let (events, received) = sync_channel(256);
    let (done, taken) = channel();
    let (flushed, frames) = channel();
    let ended = Arc::new(AtomicBool::new(false));
    let turns = [0, 1].map(|turn| synthetic::snapshot(sockets, turn));
    events
        .send(Event::Analysis(SourceId(0), Analyzer::default().analyze(Arc::clone(&turns[0]))))
        .expect("room");
    let screen = std::thread::spawn(move || show(&received, &done, flushed));
    let source = {
        let (events, ended) = (events.clone(), Arc::clone(&ended));
        std::thread::spawn(move || {
            let mut analyzer = Analyzer::default();
            for snapshot in turns.iter().cycle() {
                if ended.load(Ordering::Relaxed) || !refreshing {
                    return;
                }
                events
                    .send(Event::Analysis(SourceId(0), analyzer.analyze(Arc::clone(snapshot))))
                    .expect("a screen");
            }
        })
    };
    let times = presses.iter().map(|keys| press(&events, keys, &taken, &frames)).collect();
    ended.store(true, Ordering::Relaxed);
    source.join().expect("the source ends");
    events.send(Event::Terminate).expect("a screen");
    screen.join().expect("the screen ends");
    times
}

fn press(
    events: &std::sync::mpsc::SyncSender<Event>,
    keys: &[KeyEvent],
    taken: &Receiver<Instant>,
    frames: &Receiver<Instant>,
) -> Duration {
    std::thread::sleep(BETWEEN);
    let pressed = Instant::now();
    for key in keys {
        events.send(Event::Terminal(Input::Key(*key))).expect("a screen");
    }
    let taken = taken.recv().expect("a screen");
    let shown = std::iter::repeat_with(|| frames.recv().expect("a screen")).find(|frame| *frame >= taken);
    shown.expect("frames go on") - pressed
}

fn show(events: &Receiver<Event>, done: &Sender<Instant>, flushed: Sender<Instant>) {
    let options = Options::default();
    let backend = Watched { cells: TestBackend::new(120, 30), flushed };
    let mut terminal = Terminal::new(backend).expect("memory");
    let mut app = App::new(options);
    tui::run(&mut terminal, &mut app, events, &mut |_, _| {
        done.send(Instant::now()).map_err(|error| error.to_string())?;
        Ok(None)
    })
    .expect("memory");
}

/// Tells when each frame is complete.
struct Watched {
    cells: TestBackend,
    flushed: Sender<Instant>,
}

impl Backend for Watched {
    type Error = Infallible;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> Result<(), Infallible> {
        self.cells.draw(content)
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.cells.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        self.cells.show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        self.cells.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.cells.set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.cells.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> Result<(), Infallible> {
        self.cells.clear_region(clear_type)
    }

    fn size(&self) -> Result<Size, Infallible> {
        self.cells.size()
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        self.cells.window_size()
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        self.flushed.send(Instant::now()).ok(); // at the end nobody waits for frames
        self.cells.flush()
    }
}

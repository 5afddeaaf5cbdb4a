//! One stage, once, on a made-up host: what `instructions.sh` counts the instructions of.
//!
//! `instructions STAGE [SOCKETS]`; without a known stage it names all.
#![expect(clippy::expect_used, clippy::print_stdout, reason = "a benchmark may panic, and prints")]

use std::env;
use std::hint::black_box;
use std::sync::Arc;

use asked::{analysis, inputs, query};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;
use sockeye::analyze::Analyzer;
use sockeye::app::{App, Options};
use sockeye::model::{Names, Snapshot, SourceId};
use sockeye::report::{self, Format, Place};
use sockeye::table::{Table, Unit};
use sockeye::ui;

mod asked;
mod piped;
mod synthetic;

/// What is counted, by name.
type Stage = (&'static str, fn(u32));

const STAGES: &[Stage] = &[
    ("analyze-first", |sockets| {
        let snapshot = synthetic::snapshot(sockets, 0);
        let mut analyzer = Analyzer::default();
        counted(|| analyzer.analyze(snapshot));
    }),
    ("analyze", |sockets| {
        let [first, second] = [0, 1].map(|turn| synthetic::snapshot(sockets, turn));
        let mut analyzer = Analyzer::default();
        drop(analyzer.analyze(first));
        counted(|| analyzer.analyze(second));
    }),
    ("judge", |sockets| judge(piped::host(sockets))),
    ("judge-hub", |_| judge(piped::hub())),
    ("table", |sockets| build(sockets, Unit::Socket, "", None)),
    ("table-owners", |sockets| build(sockets, Unit::Owner, "", None)),
    ("table-remote", |sockets| build(sockets, Unit::Socket, "", Some("remote"))),
    ("filter-word", |sockets| build(sockets, Unit::Socket, "nowhere", None)),
    ("filter-digits", |sockets| build(sockets, Unit::Socket, "9.9.9.", None)),
    ("filter-terms", |sockets| {
        build(sockets, Unit::Socket, "state:listen command:nobody remote:nowhere", None);
    }),
    ("draw", |sockets| {
        let options = Options::default();
        let (mut app, mut terminal) =
            (App::new(options), Terminal::new(TestBackend::new(200, 50)).expect("memory"));
        app.receive(SourceId(0), analysis(sockets));
        let area = Rect::new(0, 0, 200, 50);
        drop(app.settle(ui::regions(area, &app).page()));
        counted(|| {
            let regions = ui::regions(area, &app);
            terminal.draw(|frame| ui::draw(frame, &regions, &app)).expect("memory");
        });
    }),
    ("json", |sockets| write(sockets, Format::Json)),
    ("csv", |sockets| write(sockets, Format::Csv)),
    ("osquery", |sockets| write(sockets, Format::Osquery)),
    ("aligned", |sockets| write(sockets, Format::Table)),
];

fn main() {
    let mut arguments = env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let sockets = arguments.next().and_then(|sockets| sockets.parse().ok()).unwrap_or(10_000);
    match STAGES.iter().find(|(stage, _)| *stage == name) {
        Some((_, run)) => run(sockets),
        None => STAGES.iter().for_each(|(stage, _)| println!("{stage}")),
    }
}

/// Only what happens in here is counted: `--toggle-collect` knows it by its name.
#[inline(never)]
fn counted<T>(stage: impl FnOnce() -> T) {
    // What is given is dropped after it.
    let given = black_box(stage());
    drop(given);
}

/// All of the analysis; less "analyze-first" it is what judging costs.
fn judge(snapshot: Arc<Snapshot>) {
    let mut analyzer = Analyzer::default();
    counted(|| analyzer.analyze(snapshot));
}

fn build(sockets: u32, unit: Unit, filter: &str, sort: Option<&str>) {
    let (inputs, query) = (inputs(sockets), query(unit, filter, sort));
    counted(|| Table::build(inputs, &Names::default(), &query));
}

fn write(sockets: u32, format: Format) {
    let table = Table::build(inputs(sockets), &Names::default(), &query(Unit::Owner, "", None));
    let mut out = Vec::with_capacity(64 << 20);
    counted(|| {
        report::write(&mut out, &table, &Names::default(), None, format, Place::Only).expect("memory");
    });
    if env::var_os("SHOW").is_some() {
        println!("{}", String::from_utf8_lossy(&out));
    }
}

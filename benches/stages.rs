//! What each stage costs: collecting on this machine as it is, all others by the number of sockets: `cargo bench`.
#![expect(clippy::expect_used, reason = "a benchmark may panic")]

use std::path::Path;
use std::sync::Arc;

use asked::{analysis, inputs, query};
use divan::Bencher;
use divan::counter::ItemsCount;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;
use sockeye::analyze::Analyzer;
use sockeye::app::{App, Options};
use sockeye::collect::{Live, LiveOptions};
use sockeye::model::{Collector, Names, Shells, Snapshot, SourceId};
use sockeye::report::{self, Format, Place};
use sockeye::table::{By, Folds, LineKey, Query, Shape, Sort, Table, Unit};
use sockeye::ui;

mod asked;
mod piped;
mod synthetic;

const SIZES: [u32; 3] = [1_000, 10_000, 100_000];

fn main() {
    divan::main();
}

fn live(collector: Collector) -> Live {
    let options = LiveOptions { collector, links: Some(Shells::default()), ..LiveOptions::default() };
    Live::open(Path::new("/proc"), &options).expect("a proc file system")
}

/// What `--once` does first; a way that is not allowed here is the next one.
#[divan::bench(args = Collector::ALL, sample_count = 20)]
fn collect_once(bencher: Bencher<'_, '_>, collector: Collector) {
    bencher.bench_local(|| live(collector).snapshot());
}

#[divan::bench(args = Collector::ALL, sample_count = 20)]
fn collect_again(bencher: Bencher<'_, '_>, collector: Collector) {
    let mut live = live(collector);
    drop(live.snapshot());
    bencher.bench_local(|| live.snapshot());
}

/// A snapshot of the same sockets two seconds later: what each refresh costs.
#[divan::bench(args = SIZES, sample_count = 20)]
fn analyze(bencher: Bencher<'_, '_>, sockets: u32) {
    let [first, second] = [0, 1].map(|turn| synthetic::snapshot(sockets, turn));
    bencher
        .counter(ItemsCount::new(sockets))
        .with_inputs(|| {
            let mut analyzer = Analyzer::default();
            let before = analyzer.analyze(Arc::clone(&first));
            (analyzer, before, Arc::clone(&second))
        })
        .bench_local_values(|(mut analyzer, before, second)| (analyzer.analyze(second), analyzer, before));
}

/// With shells, tools and pipes; less the first analysis without, it is what judging costs.
#[divan::bench(args = SIZES, sample_count = 20)]
fn judge(bencher: Bencher<'_, '_>, sockets: u32) {
    first(bencher, &piped::host(sockets));
}

/// 5,000 shells on a process with 20,000 pipes.
#[divan::bench(sample_count = 20)]
fn judge_hub(bencher: Bencher<'_, '_>) {
    first(bencher, &piped::hub());
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn analyze_first(bencher: Bencher<'_, '_>, sockets: u32) {
    first(bencher, &synthetic::snapshot(sockets, 0));
}

fn first(bencher: Bencher<'_, '_>, snapshot: &Arc<Snapshot>) {
    bencher.bench_local(|| Analyzer::default().analyze(Arc::clone(snapshot)));
}

fn build(bencher: Bencher<'_, '_>, sockets: u32, query: &Query) {
    let inputs = inputs(sockets);
    bencher
        .counter(ItemsCount::new(sockets))
        .with_inputs(|| inputs.clone())
        .bench_local_values(|inputs| Table::build(inputs, &Names::default(), query));
}

/// Rows put on lines as a tree or in groups, as after each refresh, and the selected one found again.
fn lines(bencher: Bencher<'_, '_>, sockets: u32, shape: Shape) {
    let query = query(Unit::Socket, "", None);
    let mut table = Table::build(inputs(sockets), &Names::default(), &query);
    let key = table.key(table.len() - 1).map(LineKey::Row).expect("a row");
    bencher.counter(ItemsCount::new(sockets)).bench_local(|| {
        table.arrange(shape, &Folds::default(), Sort::default());
        table.find_line(&key)
    });
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn lines_tree(bencher: Bencher<'_, '_>, sockets: u32) {
    lines(bencher, sockets, Shape::Tree);
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn lines_groups(bencher: Bencher<'_, '_>, sockets: u32) {
    lines(bencher, sockets, Shape::Groups(By::Remote));
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn table_by_alerts_and_age(bencher: Bencher<'_, '_>, sockets: u32) {
    build(bencher, sockets, &query(Unit::Socket, "", None));
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn table_by_remote(bencher: Bencher<'_, '_>, sockets: u32) {
    build(bencher, sockets, &query(Unit::Socket, "", Some("remote")));
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn table_by_command(bencher: Bencher<'_, '_>, sockets: u32) {
    build(bencher, sockets, &query(Unit::Socket, "", Some("command")));
}

/// One row per descriptor, as batch output has them.
#[divan::bench(args = SIZES, sample_count = 20)]
fn table_of_owners(bencher: Bencher<'_, '_>, sockets: u32) {
    build(bencher, sockets, &query(Unit::Owner, "", None));
}

/// A word that is nowhere: every text cell is looked at.
#[divan::bench(args = SIZES, sample_count = 20)]
fn filter_word(bencher: Bencher<'_, '_>, sockets: u32) {
    build(bencher, sockets, &query(Unit::Socket, "nowhere", None));
}

/// A word that could be part of an address, so that addresses are looked at as well.
#[divan::bench(args = SIZES, sample_count = 20)]
fn filter_digits(bencher: Bencher<'_, '_>, sockets: u32) {
    build(bencher, sockets, &query(Unit::Socket, "9.9.9.", None));
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn filter_terms(bencher: Bencher<'_, '_>, sockets: u32) {
    build(bencher, sockets, &query(Unit::Socket, "state:listen command:nobody remote:nowhere", None));
}

/// Terms that the language has for people who know it, each nowhere.
#[divan::bench(args = FILTERS, sample_count = 20)]
fn filter_of_100_000(bencher: Bencher<'_, '_>, filter: &str) {
    build(bencher, 100_000, &query(Unit::Socket, filter, None));
}

const FILTERS: [&str; 8] = [
    "4",
    "not worker",
    "dst:10.0.0.0/8",
    "dst~'^9.*:1$'",
    "command~'^x'",
    "is:unowned age<1s",
    "nowhere or (sent>10G rtt>5m)",
    "nowhere or elsewhere or 9.9.9.",
];

/// From a new analysis to the frame: totals, table, visible cells.
#[divan::bench(args = SIZES, sample_count = 20)]
fn refresh_and_draw(bencher: Bencher<'_, '_>, sockets: u32) {
    let analysis = analysis(sockets);
    let (mut app, mut terminal) = screen();
    bencher.bench_local(|| {
        app.receive(SourceId(0), Arc::clone(&analysis));
        frame(&mut app, &mut terminal);
    });
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn draw(bencher: Bencher<'_, '_>, sockets: u32) {
    let (mut app, mut terminal) = screen();
    app.receive(SourceId(0), analysis(sockets));
    bencher.bench_local(|| frame(&mut app, &mut terminal));
}

fn screen() -> (App, Terminal<TestBackend>) {
    let options = Options::default();
    (App::new(options), Terminal::new(TestBackend::new(200, 50)).expect("memory"))
}

fn frame(app: &mut App, terminal: &mut Terminal<TestBackend>) {
    let page = ui::regions(Rect::new(0, 0, 200, 50), app).page();
    drop(app.settle(page));
    let regions = ui::regions(Rect::new(0, 0, 200, 50), app);
    terminal.draw(|frame| ui::draw(frame, &regions, app)).expect("memory");
}

fn written(bencher: Bencher<'_, '_>, sockets: u32, format: Format) {
    let table = Table::build(inputs(sockets), &Names::default(), &query(Unit::Owner, "", None));
    let mut out = Vec::new();
    bencher.counter(ItemsCount::new(sockets)).bench_local(|| {
        out.clear();
        report::write(&mut out, &table, &Names::default(), None, format, Place::Only).expect("memory");
        out.len()
    });
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn json(bencher: Bencher<'_, '_>, sockets: u32) {
    written(bencher, sockets, Format::Json);
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn csv(bencher: Bencher<'_, '_>, sockets: u32) {
    written(bencher, sockets, Format::Csv);
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn osquery(bencher: Bencher<'_, '_>, sockets: u32) {
    written(bencher, sockets, Format::Osquery);
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn aligned_table(bencher: Bencher<'_, '_>, sockets: u32) {
    written(bencher, sockets, Format::Table);
}

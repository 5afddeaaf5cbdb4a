//! What is shown: data, query, selection and dialogs; wishes in, effects out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::analyze::Analysis;
use crate::model::{Mute, Names, Request, SourceId, Status, without_number};
use crate::table::{Chosen, Filter, FilterError, Folds, Input, Rows, Saved, Shape, Sort, Table, Unit};

pub mod act;
pub mod action;
mod apply;
pub mod chooser;
pub mod completion;
pub mod cursor;
pub mod dialog;
pub mod export;
pub mod fold;
mod jump;
pub mod keymap;
pub mod lookup;
pub mod menu;
pub mod mode;
mod moment;
pub mod mouse;
mod mute;
pub mod prompt;
mod shown;
pub mod source;
mod step;
pub mod tags;
mod theme;
pub mod totals;
mod trace;

pub use act::{Close, Kill, Person};
pub use action::{Action, Effect, Motion, Reply};
pub use chooser::Chooser;
use completion::Completion;
pub use cursor::Cursor;
pub use export::{Clip, Document};
pub use fold::Fold;
pub use keymap::{Keys, View};
pub use menu::Menu;
pub use mode::{Focus, Mode, Pane};
pub use moment::Moment;
pub use mouse::Click;
pub use prompt::{History, Prompt};
pub use source::SourceView;
pub use step::Step;
pub use tags::Tag;
pub use theme::{Theme, UnknownTheme};
pub use totals::Totals;
pub use trace::Trace;

/// What is decided before the first frame.
#[derive(Clone, Debug)]
pub struct Options {
    /// Time between snapshots.
    pub interval: Duration,
    /// The filter's text at start.
    pub filter: String,
    pub sort: Sort,
    /// None: those that the width has room for.
    pub columns: Option<Vec<Chosen>>,
    /// Names from the start.
    pub names: bool,
    pub theme: Theme,
    /// Whether a new loud alert rings the bell.
    pub bell: bool,
    /// What is muted from the start.
    pub mutes: Vec<Mute>,
    pub keys: Keys,
    /// Views that can be chosen by name.
    pub views: Vec<Saved>,
    /// Nothing is done to processes and sockets: there are no keys for it.
    pub read_only: bool,
    /// What is wrong with the config file, so that the defaults hold: a line, and below it the place. Safe to show, and
    /// shown until the user puts it away.
    pub trouble: Option<String>,
}

impl Default for Options {
    /// As without any configuration: two seconds, no filter, alerts first, numbers, colours.
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(2),
            filter: String::new(),
            sort: Sort::default(),
            columns: None,
            names: false,
            theme: Theme::default(),
            bell: false,
            mutes: Vec::new(),
            keys: Keys::default(),
            views: Vec::new(),
            read_only: false,
            trouble: None,
        }
    }
}

/// What a frame has room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Cells of a line.
    pub width: u16,
    /// Rows of the table.
    pub rows: usize,
    /// Rows of the open text (help, coverage, full detail).
    pub text: usize,
    /// How many lines of that text do not fit.
    pub hidden: usize,
}

/// Intervals that slower and faster go through.
const INTERVALS: [Duration; 9] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(3),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(30),
    Duration::from_mins(1),
];

/// All that a screen is drawn from.
#[derive(Debug)]
pub struct App {
    options: Options,
    sources: BTreeMap<SourceId, SourceView>,
    table: Table,
    /// Inputs, names or query changed since the table was built.
    stale: bool,
    /// Its rows stand on lines as is wished.
    is_arranged: bool,
    shape: Shape,
    folds: Folds,
    traces: trace::Traces,
    totals: Totals,
    /// Found so far; shown only while `options.names` is on.
    names: Names,
    /// No names at all: what the table gets while they are off.
    numbers: Names,
    /// The columns of the screen, in its order, where no view has its own.
    chosen: Vec<Chosen>,
    /// Those of the saved view that was taken.
    view_columns: Option<Vec<Chosen>>,
    filter: Filter,
    errors: Vec<FilterError>,
    local_families: bool,
    /// Which sockets are shown, and the moment that was marked.
    rows: Rows,
    mark: Option<Moment>,
    /// Snapshots that came since the display was frozen.
    frozen: Option<u32>,
    cursor: Cursor,
    /// Cells that are left out at the left of cells that are too narrow.
    scrolled: usize,
    mode: Mode,
    pane: Pane,
    focus: Focus,
    /// First visible line of the open text.
    text_top: usize,
    page: Page,
    history: History,
    /// Digits of a pid, typed just now.
    jump: Option<String>,
    /// What Tab offered just now.
    completion: Option<Completion>,
    notice: Option<String>,
    /// What is in the message line until the user puts it away.
    banner: Option<String>,
    /// The click on a row that a double click would begin with.
    clicked: Option<Click>,
    tags: Vec<Tag>,
    /// What the world outside was asked about.
    asked: Vec<Person>,
    closing: Option<Close>,
}

impl App {
    pub fn new(options: Options) -> Self {
        let (filter, errors) = Filter::parse(&options.filter);
        let mut history = History::default();
        history.remember(&options.filter);
        let trouble = options.trouble.as_ref().and_then(|trouble| trouble.lines().next());
        let banner = trouble.map(|line| format!("the defaults hold: {line}"));
        let chosen = options.columns.clone().unwrap_or_else(Chosen::usual);
        Self {
            options,
            sources: BTreeMap::new(),
            table: Table::default(),
            stale: false,
            is_arranged: true,
            shape: Shape::default(),
            folds: Folds::default(),
            traces: trace::Traces::default(),
            totals: Totals::default(),
            names: Names::default(),
            numbers: Names::default(),
            chosen,
            view_columns: None,
            filter,
            errors,
            local_families: false,
            rows: Rows::default(),
            mark: None,
            frozen: None,
            cursor: Cursor::default(),
            scrolled: 0,
            mode: Mode::Normal,
            pane: Pane::Closed,
            focus: Focus::default(),
            text_top: 0,
            page: Page::default(),
            history,
            jump: None,
            completion: None,
            notice: None,
            banner,
            clicked: None,
            tags: Vec::new(),
            asked: Vec::new(),
            closing: None,
        }
    }

    /// Takes a new analysis; while frozen it is only kept and counted. May ring, but not for what was there at first.
    pub fn receive(&mut self, source: SourceId, analysis: Arc<Analysis>) -> Option<Effect> {
        let name: Arc<str> = analysis.snapshot.host.name.to_string().into();
        if let Some(missed) = &mut self.frozen {
            *missed = missed.saturating_add(1);
        } else {
            self.totals = Totals::of(&analysis, self.newest().map(|_| &self.totals), self.scope().since);
            self.stale = true;
        }
        let rings = self.options.bell;
        let view = self.source_mut(source);
        view.status = Status::Running;
        let before = view.newest.take().filter(|_| rings);
        let is_new = before.is_some_and(|before| totals::has_new(&before.analysis, &analysis));
        view.newest = Some(Input { source, name, analysis });
        is_new.then_some(Effect::Bell)
    }

    pub fn set_status(&mut self, source: SourceId, status: Status) {
        self.source_mut(source).status = status;
    }

    /// Takes names that were found.
    pub fn learn(&mut self, names: Names) {
        self.names.merge(names);
        self.stale |= self.options.names;
    }

    /// Shows a message until the next key.
    pub fn notify(&mut self, mut message: String) {
        message.truncate(without_number(&message).len());
        self.notice = Some(message);
    }

    /// Once per frame: brings the table up to date and the selection into the page. May ask for names.
    pub fn settle(&mut self, page: Page) -> Option<Effect> {
        self.page = page;
        self.text_top = self.text_top.min(page.hidden);
        self.refresh();
        self.cursor.resize(page.rows, &self.table);
        self.keep_traces();
        let wanted = if self.options.names { lookup::in_view(self) } else { Vec::new() };
        (!wanted.is_empty()).then_some(Effect::Resolve(wanted))
    }

    fn source_id(&self) -> SourceId {
        self.sources.keys().next().copied().unwrap_or_default()
    }

    fn source_mut(&mut self, id: SourceId) -> &mut SourceView {
        self.sources.entry(id).or_insert_with(|| SourceView::new(id))
    }

    fn change_interval(&mut self, slower: bool) -> Option<Effect> {
        let now = self.options.interval;
        let next = if slower {
            INTERVALS.into_iter().find(|interval| *interval > now)
        } else {
            INTERVALS.into_iter().rev().find(|interval| *interval < now)
        };
        let Some(next) = next else {
            self.notify(format!("{} is the limit", if slower { "slowest" } else { "fastest" }));
            return None;
        };
        self.options.interval = next;
        Some(Effect::Request(self.source_id(), Request::SetInterval(next)))
    }

    fn freeze(&mut self) {
        if self.frozen.take().is_some() {
            let since = self.scope().since;
            let newest = self.newest().map(|input| Totals::of(&input.analysis, Some(&self.totals), since));
            self.totals = newest.unwrap_or_default();
            self.stale = true;
        } else {
            // What was asked for before the freeze is still to be shown.
            self.refresh();
            self.frozen = Some(0);
        }
    }

    /// Builds the table anew where it is stale, and puts its rows on lines.
    fn refresh(&mut self) {
        if !std::mem::take(&mut self.stale) {
            if !std::mem::replace(&mut self.is_arranged, true) {
                self.table.arrange(self.shape, &self.folds, self.options.sort);
                self.cursor.follow(&self.table);
            }
            return;
        }
        self.is_arranged = true;
        let shown = std::mem::take(&mut self.table).into_inputs();
        let inputs = if self.frozen.is_some() {
            shown
        } else {
            self.sources.values().filter_map(|source| source.newest.clone()).collect()
        };
        let query = self.query(Unit::Socket);
        let names = if self.options.names { &self.names } else { &self.numbers };
        self.table = Table::build(inputs, names, &query);
        self.table.arrange(self.shape, &self.folds, query.sort);
        self.cursor.follow(&self.table);
    }

    fn set_filter(&mut self, text: &str) {
        (self.filter, self.errors) = Filter::parse(text);
        self.stale = true;
    }

    fn set_sort(&mut self, sort: Sort) {
        self.options.sort = sort;
        self.stale = true;
    }
}

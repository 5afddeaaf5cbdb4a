//! What is shown: data, query, selection and dialogs; wishes in, effects out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::analyze::Analysis;
use crate::model::{Mute, Names, Request, SourceId, Status};
use crate::table::{Column, Filter, FilterError, Input, Sort, Table, Unit};

pub mod act;
pub mod action;
pub mod cursor;
pub mod dialog;
pub mod export;
pub mod keymap;
pub mod lookup;
pub mod mode;
mod mute;
pub mod prompt;
mod shown;
pub mod source;
pub mod tags;
pub mod totals;

pub use act::{Close, Kill, Person};
pub use action::{Action, Effect, Motion, Reply};
pub use cursor::Cursor;
pub use export::{Clip, Document};
pub use keymap::View;
pub use mode::{Mode, Pane};
pub use prompt::{History, Prompt};
pub use source::SourceView;
pub use tags::Tag;
pub use totals::Totals;

/// What is decided before the first frame.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Options {
    /// Time between snapshots.
    pub interval: Duration,
    /// The filter's text at start.
    pub filter: String,
    pub sort: Sort,
    /// These columns whatever the width; none: those that the width has room for.
    pub columns: Option<Vec<&'static Column>>,
    /// Names from the start.
    pub names: bool,
    /// Whether colours may be used (`NO_COLOR`).
    pub colour: bool,
    /// Whether a new loud alert rings the bell.
    pub bell: bool,
    /// What is muted from the start.
    pub mutes: Vec<Mute>,
    /// Nothing is done to processes and sockets: there are no keys for it.
    pub read_only: bool,
}

/// What a frame has room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page {
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

/// Cells by which cut cells move at once.
const SCROLL: usize = 8;

/// All that a screen is drawn from.
#[derive(Debug)]
pub struct App {
    options: Options,
    sources: BTreeMap<SourceId, SourceView>,
    table: Table,
    /// Inputs, names or query changed since the table was built.
    stale: bool,
    totals: Totals,
    /// Found so far; shown only while `options.names` is on.
    names: Names,
    /// No names at all: what the table gets while they are off.
    numbers: Names,
    filter: Filter,
    errors: Vec<FilterError>,
    local_families: bool,
    /// Snapshots that came since the display was frozen.
    frozen: Option<u32>,
    cursor: Cursor,
    /// Cells that are left out at the left of cells that are too narrow.
    scrolled: usize,
    mode: Mode,
    pane: Pane,
    /// First visible line of the open text.
    text_top: usize,
    page: Page,
    history: History,
    notice: Option<String>,
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
        Self {
            options,
            sources: BTreeMap::new(),
            table: Table::default(),
            stale: false,
            totals: Totals::default(),
            names: Names::default(),
            numbers: Names::default(),
            filter,
            errors,
            local_families: false,
            frozen: None,
            cursor: Cursor::default(),
            scrolled: 0,
            mode: Mode::Normal,
            pane: Pane::Closed,
            text_top: 0,
            page: Page::default(),
            history,
            notice: None,
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
            self.totals = Totals::of(&analysis, self.newest().map(|_| &self.totals));
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
    pub fn notify(&mut self, message: String) {
        self.notice = Some(message);
    }

    /// Once per frame: brings the table up to date and the selection into the page. May ask for names.
    pub fn settle(&mut self, page: Page) -> Option<Effect> {
        self.page = page;
        self.text_top = self.text_top.min(page.hidden);
        self.refresh();
        self.cursor.resize(page.rows, &self.table);
        let wanted = if self.options.names { lookup::in_view(self) } else { Vec::new() };
        (!wanted.is_empty()).then_some(Effect::Resolve(wanted))
    }

    /// Does what the user wishes; what is outside the state comes back as an effect.
    pub fn apply(&mut self, action: Action) -> Option<Effect> {
        self.notice = None;
        match action {
            Action::Quit => return Some(Effect::Quit),
            Action::Suspend => return Some(Effect::Suspend),
            Action::Redraw => return Some(Effect::Redraw),
            Action::Refresh => return Some(Effect::Request(self.source_id(), Request::Refresh)),
            Action::Slower => return self.change_interval(true),
            Action::Faster => return self.change_interval(false),
            Action::Move(motion) => self.step(motion),
            Action::Left => self.scrolled = self.scrolled.saturating_sub(SCROLL),
            Action::Right => self.scrolled = (self.scrolled + SCROLL).min(lookup::longest_cell(self)),
            Action::Enter => return self.enter(),
            Action::Mute => return self.mute(),
            Action::Back => return self.back(),
            Action::OpenFilter => self.open_filter(),
            Action::OpenPid => self.open_pid(),
            Action::OpenStates => self.open_states(),
            Action::OpenSorts => self.open_sorts(),
            Action::OpenCopy => self.open_copy(),
            Action::OpenWrite => self.open_write(),
            Action::Copy(clip) => return self.copy(clip),
            Action::Write(document) => return self.write(document),
            Action::State(state) => self.choose_state(state),
            Action::LocalFamilies => {
                self.local_families = !self.local_families;
                self.stale = true;
            }
            Action::AlertsOnly => self.alerts_only(),
            Action::NextAlert => self.go_to_alert(true),
            Action::PreviousAlert => self.go_to_alert(false),
            Action::PreviousColumn => self.step_column(false),
            Action::NextColumn => self.step_column(true),
            Action::InvertSort => self.invert_sort(),
            Action::Freeze => self.freeze(),
            Action::Names => {
                self.options.names = !self.options.names;
                self.stale = true;
                if self.options.names {
                    self.notify("names on: name servers are asked about remote addresses".to_owned());
                }
            }
            Action::Coverage => self.open(Mode::Coverage),
            Action::OpenKill => return self.open_kill(),
            Action::OpenClose => return self.open_close(),
            Action::Tag => self.tag(),
            Action::Help => self.help(),
            Action::Edit(request) => self.edit(|prompt| prompt.edit(request)),
            Action::Paste(text) => self.edit(|prompt| prompt.paste(&text)),
        }
        None
    }

    /// Takes what the world outside answers.
    pub fn answer(&mut self, reply: Reply) {
        match reply {
            Reply::Notice(message) => self.notify(message),
            Reply::Held(found) => self.held(&found),
            Reply::Delivered(signal, deliveries) => self.delivered(signal, &deliveries),
            Reply::Found(found) => self.found(found),
            Reply::Closed(closed) => self.closed(closed),
        }
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
            let newest = self.newest().map(|input| Totals::of(&input.analysis, Some(&self.totals)));
            self.totals = newest.unwrap_or_default();
            self.stale = true;
        } else {
            // What was asked for before the freeze is still to be shown.
            self.refresh();
            self.frozen = Some(0);
        }
    }

    /// Builds the table anew where it is stale.
    fn refresh(&mut self) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        let shown = std::mem::take(&mut self.table).into_inputs();
        let inputs = if self.frozen.is_some() {
            shown
        } else {
            self.sources.values().filter_map(|source| source.newest.clone()).collect()
        };
        let query = self.query(Unit::Socket);
        let names = if self.options.names { &self.names } else { &self.numbers };
        self.table = Table::build(inputs, names, &query);
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

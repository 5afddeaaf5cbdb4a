//! Analyses in, ordered rows out.

use std::slice;
use std::sync::Arc;

use crate::analyze::{Analysis, Entry};
use crate::model::{Alert, Fd, Names, Pid, Small, SocketId, SourceId};

mod apart;
pub mod arrange;
mod basis;
mod cgroup;
pub mod chosen;
pub mod column;
pub mod describe;
pub mod filter;
pub mod format;
mod found;
mod order;
mod outline;
pub mod row;
mod saved;
mod scope;
pub mod sort;
pub mod value;

use apart::Apart;
pub use arrange::{By, Folds, GroupKey, LineKey, Shape};
pub use basis::Basis;
pub use chosen::Chosen;
pub use column::{COLUMNS, Column, ColumnError, HISTORY, SCREEN, Width};
pub use filter::{Filter, FilterError, Kept};
use found::{Found, is_local};
use outline::Outline;
pub use outline::{Group, Label, Located, RECEIVE_RATE, SEND_RATE, Shown};
pub use row::{Peer, Row, RowKey};
pub use saved::Saved;
pub use scope::{Rows, Scope};
pub use sort::Sort;
pub use value::{Mark, Missing, Value};

/// What a row is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// One per socket, with its lead owner: the screen.
    #[default]
    Socket,
    /// One per (pid, fd, socket), and one per socket without owner: batch output.
    Owner,
}

/// What to show.
#[derive(Clone, Debug)]
pub struct Query {
    pub unit: Unit,
    pub filter: Filter,
    pub sort: Sort,
    /// Unix, packet and netlink sockets too. Without it only those with an alert of medium or high.
    pub local_families: bool,
    /// In `Unit::Owner` what has closed, too, as a screen shows it; in `Unit::Socket` it always is.
    pub closed: bool,
    pub scope: Scope,
}

/// The newest analysis of one source.
#[derive(Clone, Debug)]
pub struct Input {
    pub source: SourceId,
    /// Name of the source, for the column that tells hosts apart.
    pub name: Arc<str>,
    pub analysis: Arc<Analysis>,
}

/// Rows in order. Owns its inputs, so what it shows cannot change under it.
#[derive(Debug, Default)]
pub struct Table {
    inputs: Vec<Input>,
    unit: Unit,
    scope: Scope,
    lines: Vec<Line>,
    /// How rows stand on the lines of a screen.
    outline: Outline,
    /// In `Unit::Owner`: alerts by whom they are about.
    apart: Apart,
    hidden: usize,
}

/// Where to find what a row is made of.
#[derive(Clone, Copy, Debug)]
struct Line {
    input: Small,
    place: Place,
    /// In `Unit::Socket` the lead as a place among the socket's owners, in `Unit::Owner` the one owner likewise.
    lead: Option<Small>,
}

/// Place in an analysis.
#[derive(Clone, Copy, Debug)]
enum Place {
    Entry(Small),
    Closed(Small),
    /// In its history.
    Past(Small),
    /// In what is apart: a process that holds none of the sockets that its alerts are about.
    Alone(Small),
}

/// What comes of a line.
enum Verdict {
    Wanted,
    /// Not looked at further: it is of a local family, which was not asked for.
    Hidden,
    Unwanted,
}

impl Table {
    /// Filters and sorts. Formats nothing.
    pub fn build(inputs: Vec<Input>, names: &Names, query: &Query) -> Self {
        let apart = match query.unit {
            Unit::Socket => Apart::default(),
            Unit::Owner => Apart::new(&inputs),
        };
        let mut table = Self {
            inputs,
            unit: query.unit,
            scope: query.scope,
            lines: Vec::new(),
            outline: Outline::default(),
            apart,
            hidden: 0,
        };
        let (mut lines, hidden) = table.matching(names, query);
        if lines.is_empty() {
            table.hidden = table.count_matching(&hidden, names, query);
        }
        table.lines = match query.sort.column {
            // As it is kept: the newest first.
            None if query.scope.rows == Rows::History => {
                if query.sort.descending {
                    lines.reverse();
                }
                lines
            }
            None => table.by_urgency(&lines, query.sort),
            Some(column) => table.by_column(&lines, column, query.sort, names),
        };
        table
    }

    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Where there are no rows: those of sockets that the filter matches, but which are of local families, not asked for.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// Rows of sockets that are still there; the others are closed.
    pub fn open_rows(&self) -> usize {
        self.lines.iter().filter(|line| matches!(line.place, Place::Entry(_))).count()
    }

    /// Key of the row at a place.
    pub fn key(&self, at: usize) -> Option<RowKey> {
        let line = *self.lines.get(at)?;
        let found = self.found(line)?;
        Some(RowKey { source: found.input.source, socket: found.id.clone(), owner: self.owner(line, &found) })
    }

    /// Place of a row.
    pub fn position(&self, key: &RowKey) -> Option<usize> {
        // A scan that looks at one socket a line: at 100,000 lines it costs less than an index would.
        self.lines.iter().position(|line| {
            self.socket(*line).is_some_and(|socket| *socket == key.socket)
                && self.found(*line).is_some_and(|found| {
                    found.input.source == key.source && self.owner(*line, &found) == key.owner
                })
        })
    }

    /// The row at a place, with the names that are known.
    pub fn row<'a>(&'a self, at: usize, names: &'a Names) -> Option<Row<'a>> {
        self.at(*self.lines.get(at)?, names)
    }

    /// The row of a socket, whether the filter wants it or not; none where it is gone.
    pub fn find<'a>(&'a self, key: &RowKey, names: &'a Names) -> Option<Row<'a>> {
        if let Some(at) = self.position(key) {
            return self.row(at, names);
        }
        let at = self.inputs.iter().position(|input| input.source == key.source)?;
        let analysis = &self.inputs.get(at)?.analysis;
        let place = analysis.snapshot.sockets.iter().position(|socket| socket.id == key.socket)?;
        let lead = analysis.entries.get(place).and_then(|entry| entry.lead);
        self.at(Line { input: Small::new(at), place: Place::Entry(Small::new(place)), lead }, names)
    }

    /// Leaves only the rows of these sockets.
    pub fn retain(&mut self, sockets: &[SocketId]) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.retain(|line| self.socket(*line).is_some_and(|socket| sockets.contains(socket)));
        self.lines = lines;
    }

    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Gives the inputs back, for building anew.
    pub fn into_inputs(self) -> Vec<Input> {
        self.inputs
    }

    /// Every line that the query wants, in no order; of the history in its own. And those that it does not look at, as
    /// they are of sockets of local families.
    fn matching(&self, names: &Names, query: &Query) -> (Vec<Line>, Vec<Line>) {
        let most = self.inputs.iter().map(|input| self.scope.of(&input.analysis).most());
        let (mut lines, mut hidden) = (Vec::with_capacity(most.sum()), Vec::new());
        let mut kept = Kept::default();
        for (input, Input { analysis, .. }) in self.inputs.iter().enumerate() {
            let input = Small::new(input);
            let wanted = self.scope.of(analysis);
            let mut take = |place: Place, entry: &Entry| {
                let line = Line { input, place, lead: None };
                match self.unit {
                    Unit::Socket => {
                        let line = Line { lead: entry.lead, ..line };
                        match self.judge(line, names, query, &mut kept) {
                            Verdict::Wanted => lines.push(line),
                            Verdict::Hidden => hidden.push(line),
                            Verdict::Unwanted => {
                                lines.extend(self.matching_others(line, entry, names, query, &mut kept));
                            }
                        }
                    }
                    Unit::Owner => lines.extend(self.matching_owners(line, entry, names, query, &mut kept)),
                }
            };
            wanted.entries().for_each(|(at, entry)| take(Place::Entry(Small::new(at)), entry));
            if self.unit == Unit::Socket || query.closed {
                wanted.closed().for_each(|(at, closed)| take(Place::Closed(Small::new(at)), &closed.entry));
                wanted.history().for_each(|(at, closed)| take(Place::Past(Small::new(at)), &closed.entry));
            }
        }
        // What is different, and what has closed, are sockets.
        let alone = if query.scope.rows == Rows::Sockets { self.apart.alone.len() } else { 0 };
        let alone = (0..alone).filter_map(|at| {
            let input = Small::new(self.apart.alone.get(at)?.input);
            Some(Line { input, place: Place::Alone(Small::new(at)), lead: None })
        });
        lines.extend(alone.filter(|line| self.is_wanted(*line, names, query, &mut kept)));
        (lines, hidden)
    }

    /// How many of these the query would want if it asked for local families, too.
    fn count_matching(&self, hidden: &[Line], names: &Names, query: &Query) -> usize {
        let every = Query { local_families: true, ..query.clone() };
        let mut kept = Kept::default();
        let is_wanted = |&&line: &&Line| {
            self.is_wanted(line, names, &every, &mut kept)
                || self.found(line).is_some_and(|found| {
                    self.matching_others(line, found.entry, names, &every, &mut kept).is_some()
                })
        };
        hidden.iter().filter(is_wanted).count()
    }

    /// The lines of a socket, one for each owner; one without, where it has none.
    fn matching_owners(
        &self,
        line: Line,
        entry: &Entry,
        names: &Names,
        query: &Query,
        kept: &mut Kept,
    ) -> impl Iterator<Item = Line> {
        let owners = entry.owners.len();
        let leads = (0..owners).map(|lead| Some(Small::new(lead))).chain((owners == 0).then_some(None));
        let all = leads.map(move |lead| Line { lead, ..line });
        all.filter(move |line| self.is_wanted(*line, names, query, kept))
    }

    /// The line of a socket under the first further owner that the filter matches.
    fn matching_others(
        &self,
        line: Line,
        entry: &Entry,
        names: &Names,
        query: &Query,
        kept: &mut Kept,
    ) -> Option<Line> {
        if entry.owners.len() < 2 {
            return None;
        }
        let row = self.at(line, names)?;
        let mut tried = row.pid();
        for (other, owner) in row.owners.iter().enumerate() {
            // Another descriptor of the same process gives the same row.
            if tried.replace(owner.pid) != Some(owner.pid)
                && query.filter.matches(&Row { lead: Some(other), ..row }, kept)
            {
                return Some(Line { lead: Some(Small::new(other)), ..line });
            }
        }
        None
    }

    fn is_wanted(&self, line: Line, names: &Names, query: &Query, kept: &mut Kept) -> bool {
        matches!(self.judge(line, names, query, kept), Verdict::Wanted)
    }

    fn judge(&self, line: Line, names: &Names, query: &Query, kept: &mut Kept) -> Verdict {
        if query.filter.is_empty() && query.local_families {
            return Verdict::Wanted;
        }
        let Some(found) = self.found(line) else { return Verdict::Unwanted };
        let alerts = self.alerts(line, &found);
        if !query.local_families && found.socket.is_some_and(|socket| is_local(socket, alerts)) {
            return Verdict::Hidden;
        }
        let is_wanted = query.filter.is_empty()
            || self.at(line, names).is_some_and(|row| query.filter.matches(&row, kept));
        if is_wanted { Verdict::Wanted } else { Verdict::Unwanted }
    }

    /// Alerts about the line's socket; in `Unit::Owner` those about its owner.
    fn alerts<'a>(&'a self, line: Line, found: &Found<'a>) -> &'a [Alert] {
        match (self.unit, line.place) {
            (Unit::Owner, Place::Entry(at)) if !found.alerts.is_empty() => {
                let owner = found.lead(line);
                owner.map_or(&[], |owner| self.apart.of(line.input.place(), at.place(), owner.pid))
            }
            _ => found.alerts,
        }
    }

    fn at<'a>(&'a self, line: Line, names: &'a Names) -> Option<Row<'a>> {
        let found = self.found(line)?;
        let mut row = Row {
            source: found.input.source,
            source_name: &found.input.name,
            analysis: &found.input.analysis,
            socket: found.socket,
            entry: found.entry,
            owners: found.owners,
            lead: line.lead.map(Small::place),
            alerts: self.alerts(line, &found),
            processes: found.processes,
            closed: found.closed,
            alone: match line.place {
                Place::Alone(_) => found.alerts.first().map(|alert| alert.process.pid),
                Place::Entry(_) | Place::Closed(_) | Place::Past(_) => None,
            },
            since: self.scope.since,
            names,
        };
        if self.unit == Unit::Owner
            && let Some(owner) = found.lead(line)
        {
            row.owners = slice::from_ref(owner);
            row.lead = Some(0);
        }
        Some(row)
    }

    /// The owner in the line's key.
    fn owner(&self, line: Line, found: &Found<'_>) -> Option<(Pid, Option<Fd>)> {
        match (self.unit, line.place) {
            (Unit::Socket, _) => None,
            (Unit::Owner, Place::Alone(_)) => found.alerts.first().map(|alert| (alert.process.pid, None)),
            (Unit::Owner, _) => found.lead(line).map(|owner| (owner.pid, Some(owner.fd))),
        }
    }
}

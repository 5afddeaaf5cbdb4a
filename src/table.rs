//! Analyses in, ordered rows out.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::slice;
use std::sync::Arc;

use crate::analyze::{Analysis, Entry};
use crate::model::{Alert, Fd, Names, Owner, Pid, Process, Protocol, Socket, SocketId, SourceId};

mod cgroup;
pub mod column;
pub mod filter;
pub mod format;
pub mod row;
pub mod sort;
pub mod value;

pub use column::{COLUMNS, Column, ColumnError, SCREEN, Width};
pub use filter::{Filter, FilterError};
pub use row::{Peer, Row, RowKey};
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
    lines: Vec<Line>,
    /// In `Unit::Owner`: alerts by place of input and entry, and by the process that they are about.
    apart: BTreeMap<(usize, usize, Pid), Vec<Alert>>,
}

/// Where to find what a row is made of.
#[derive(Clone, Copy, Debug)]
struct Line {
    input: usize,
    place: Place,
    /// In `Unit::Socket` the lead as a place among the socket's owners, in `Unit::Owner` the one owner likewise.
    lead: Option<usize>,
}

/// Place in an analysis.
#[derive(Clone, Copy, Debug)]
enum Place {
    Entry(usize),
    Closed(usize),
}

/// A row on its way into the table: what it is sorted by, what settles ties, where it is.
type Candidate<'a, K> = (K, (SourceId, &'a SocketId, Option<(Pid, Fd)>), Line);

impl Table {
    /// Filters and sorts. Formats nothing.
    pub fn build(inputs: Vec<Input>, names: &Names, query: &Query) -> Self {
        let apart = match query.unit {
            Unit::Socket => BTreeMap::new(),
            Unit::Owner => alerts_by_process(&inputs),
        };
        let mut table = Self { inputs, unit: query.unit, lines: Vec::new(), apart };
        let lines = table.matching(names, query);
        table.lines = match query.sort.column {
            None => {
                let rows = lines.into_iter().filter_map(|line| Some((line, table.at(line, names)?)));
                let keyed = rows.map(|(line, row)| (sort::Urgency::of(&row), table.tie(line, &row), line));
                ordered(keyed.collect(), |a, b| query.sort.urgency(a, b))
            }
            Some(column) => {
                // Cells borrow from their rows, so the rows have to live as long.
                let rows: Vec<(Line, Row<'_>)> =
                    lines.into_iter().filter_map(|line| Some((line, table.at(line, names)?))).collect();
                let keyed =
                    rows.iter().map(|(line, row)| ((column.value)(row), table.tie(*line, row), *line));
                ordered(keyed.collect(), |a, b| query.sort.cells(a, b))
            }
        };
        table
    }

    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Rows of sockets that are still there; the others are closed.
    pub fn open_rows(&self) -> usize {
        self.lines.iter().filter(|line| matches!(line.place, Place::Entry(_))).count()
    }

    /// Key of the row at a place.
    pub fn key(&self, at: usize) -> Option<RowKey> {
        let line = *self.lines.get(at)?;
        let found = self.found(line)?;
        Some(RowKey {
            source: found.input.source,
            socket: found.socket.id.clone(),
            owner: self.owner(line, found.owners),
        })
    }

    /// Place of a row.
    pub fn position(&self, key: &RowKey) -> Option<usize> {
        // A scan that looks at one socket a line: at 100,000 lines it costs less than an index would.
        self.lines.iter().position(|line| {
            self.socket(*line).is_some_and(|socket| *socket == key.socket)
                && self.found(*line).is_some_and(|found| {
                    found.input.source == key.source && self.owner(*line, found.owners) == key.owner
                })
        })
    }

    /// The row at a place, with the names that are known.
    pub fn row<'a>(&'a self, at: usize, names: &'a Names) -> Option<Row<'a>> {
        self.at(*self.lines.get(at)?, names)
    }

    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Gives the inputs back, for building anew.
    pub fn into_inputs(self) -> Vec<Input> {
        self.inputs
    }

    /// Every line that the query wants, in no order.
    fn matching(&self, names: &Names, query: &Query) -> Vec<Line> {
        let mut lines = Vec::new();
        for (input, Input { analysis, .. }) in self.inputs.iter().enumerate() {
            lines.reserve(analysis.entries.len());
            for (at, entry) in analysis.entries.iter().enumerate() {
                let line = Line { input, place: Place::Entry(at), lead: None };
                match self.unit {
                    Unit::Socket => lines.extend(self.matching_socket(line, entry, names, query)),
                    Unit::Owner => self.matching_owners(line, entry, names, query, &mut lines),
                }
            }
            let closed = if self.unit == Unit::Socket { &*analysis.closed } else { &[] };
            for (at, closed) in closed.iter().enumerate() {
                let line = Line { input, place: Place::Closed(at), lead: None };
                lines.extend(self.matching_socket(line, &closed.entry, names, query));
            }
        }
        lines
    }

    /// The line of a socket, under the first owner that the filter matches, the analysis's lead before others.
    fn matching_socket(&self, line: Line, entry: &Entry, names: &Names, query: &Query) -> Option<Line> {
        let lead = entry.lead.and_then(|lead| lead.checked_sub(entry.owners.start));
        let line = Line { lead, ..line };
        let row = self.at(line, names)?;
        if !query.local_families && is_local(&row) {
            return None;
        }
        if query.filter.is_empty() || query.filter.matches(&row) {
            return Some(line);
        }
        let mut tried = row.pid();
        for (other, owner) in row.owners.iter().enumerate() {
            // Another descriptor of the same process gives the same row.
            if tried.replace(owner.pid) != Some(owner.pid)
                && query.filter.matches(&Row { lead: Some(other), ..row })
            {
                return Some(Line { lead: Some(other), ..line });
            }
        }
        None
    }

    fn matching_owners(
        &self,
        line: Line,
        entry: &Entry,
        names: &Names,
        query: &Query,
        lines: &mut Vec<Line>,
    ) {
        let owners = entry.owners.len();
        let leads = (0..owners).map(Some).chain((owners == 0).then_some(None));
        lines.extend(leads.map(|lead| Line { lead, ..line }).filter(|line| {
            self.at(*line, names).is_some_and(|row| {
                (query.local_families || !is_local(&row))
                    && (query.filter.is_empty() || query.filter.matches(&row))
            })
        }));
    }

    fn socket(&self, line: Line) -> Option<&SocketId> {
        let analysis = &self.inputs.get(line.input)?.analysis;
        let socket = match line.place {
            Place::Entry(at) => analysis.snapshot.sockets.get(at),
            Place::Closed(at) => analysis.closed.get(at).map(|closed| &closed.socket),
        };
        socket.map(|socket| &socket.id)
    }

    fn found(&self, line: Line) -> Option<Found<'_>> {
        let input = self.inputs.get(line.input)?;
        let analysis = &*input.analysis;
        Some(match line.place {
            Place::Entry(at) => {
                let entry = analysis.entries.get(at)?;
                Found {
                    input,
                    socket: analysis.snapshot.sockets.get(at)?,
                    entry,
                    owners: analysis.owners.get(entry.owners.clone()).unwrap_or_default(),
                    alerts: analysis.alerts.get(entry.alerts.clone()).unwrap_or_default(),
                    processes: &analysis.snapshot.processes,
                }
            }
            Place::Closed(at) => {
                let closed = analysis.closed.get(at)?;
                let entry = &closed.entry;
                Found {
                    input,
                    socket: &closed.socket,
                    entry,
                    owners: closed.owners.get(entry.owners.clone()).unwrap_or_default(),
                    alerts: closed.alerts.get(entry.alerts.clone()).unwrap_or_default(),
                    processes: &closed.processes,
                }
            }
        })
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
            lead: line.lead,
            alerts: found.alerts,
            processes: found.processes,
            names,
        };
        if self.unit == Unit::Owner
            && let Some(owner) = line.lead.and_then(|lead| found.owners.get(lead))
        {
            row.owners = slice::from_ref(owner);
            row.lead = Some(0);
            if let (Place::Entry(entry), false) = (line.place, found.alerts.is_empty()) {
                row.alerts = self.apart.get(&(line.input, entry, owner.pid)).map_or(&[], Vec::as_slice);
            }
        }
        Some(row)
    }

    fn tie<'a>(&self, line: Line, row: &Row<'a>) -> (SourceId, &'a SocketId, Option<(Pid, Fd)>) {
        let owner = match self.unit {
            Unit::Socket => None,
            Unit::Owner => line.lead.and(row.owners.first()).map(|owner| (owner.pid, owner.fd)),
        };
        (row.source, &row.socket.id, owner)
    }

    /// The owner in the line's key.
    fn owner(&self, line: Line, owners: &[Owner]) -> Option<(Pid, Fd)> {
        match self.unit {
            Unit::Socket => None,
            Unit::Owner => owners.get(line.lead?).map(|owner| (owner.pid, owner.fd)),
        }
    }
}

/// What a line stands for.
struct Found<'a> {
    input: &'a Input,
    socket: &'a Socket,
    entry: &'a Entry,
    owners: &'a [Owner],
    alerts: &'a [Alert],
    processes: &'a BTreeMap<Pid, Process>,
}

/// What is hidden unless asked for.
fn is_local(row: &Row<'_>) -> bool {
    matches!(row.socket.id.protocol, Protocol::Unix | Protocol::Packet | Protocol::Netlink)
        && !row.alerts.iter().any(|alert| alert.level.is_loud())
}

fn ordered<K>(mut rows: Vec<Candidate<'_, K>>, compare: impl Fn(&K, &K) -> Ordering) -> Vec<Line> {
    rows.sort_unstable_by(|a, b| compare(&a.0, &b.0).then_with(|| a.1.cmp(&b.1)));
    rows.into_iter().map(|(_, _, line)| line).collect()
}

fn alerts_by_process(inputs: &[Input]) -> BTreeMap<(usize, usize, Pid), Vec<Alert>> {
    let mut apart: BTreeMap<_, Vec<Alert>> = BTreeMap::new();
    for (place, input) in inputs.iter().enumerate() {
        for (at, entry) in input.analysis.entries.iter().enumerate() {
            for alert in input.analysis.alerts.get(entry.alerts.clone()).unwrap_or_default() {
                apart.entry((place, at, alert.process.pid)).or_default().push(alert.clone());
            }
        }
    }
    apart
}

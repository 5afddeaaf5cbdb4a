//! The order in which the rows of a table stand.

use super::{Line, Place, Small, Table, Value};
use crate::analyze::Age;
use crate::model::{Alert, Fd, Inode, Level, Names, Netns, Pid, Protocol, SocketId, SourceId};
use crate::table::sort::{self, Sort};
use crate::table::{Column, Row};

/// What settles nearly all ties, and what settles the others.
type Tie = (SourceId, Netns, Protocol, Inode);
type LastTie<'a> = (&'a SocketId, Option<(Pid, Option<Fd>)>);

/// Lines beside each other that are equally urgent, as the sockets of a process mostly are.
struct Equal {
    /// As bytes it need not be aligned to its own size, which would be a third more to be moved about.
    urgency: [u8; 16],
    first: Small,
    count: u32,
}

/// What the urgency of an open socket follows from: its input, owner, alert and age.
type Urgent = (Small, Option<Pid>, Option<Level>, Age);

/// Reckons urgencies, and remembers the last, which the next line mostly has, too.
struct Urgencies<'t> {
    table: &'t Table,
    sort: Sort,
    /// Of each input the starts of its processes, by number.
    starts: Vec<Vec<(Pid, u64)>>,
    last: Option<(Urgent, [u8; 16])>,
}

impl<'t> Urgencies<'t> {
    fn new(table: &'t Table, sort: Sort) -> Self {
        let processes = table.inputs.iter().map(|input| input.analysis.snapshot.processes.values());
        let starts = processes.map(|all| all.map(|process| (process.key.pid, process.key.start)).collect());
        Self { table, sort, starts: starts.collect(), last: None }
    }

    fn start(&self, input: Small, pid: Pid) -> Option<u64> {
        let starts = self.starts.get(input.place())?;
        let at = starts.binary_search_by_key(&pid, |known| known.0).ok()?;
        starts.get(at).map(|known| known.1)
    }

    fn of(&mut self, line: Line) -> [u8; 16] {
        let Some(found) = self.table.found(line) else { return [u8::MAX; 16] };
        let pid = match line.place {
            Place::Alone(_) => found.alerts.first().map(|alert| alert.process.pid),
            Place::Entry(_) | Place::Closed(_) | Place::Past(_) => found.lead(line).map(|owner| owner.pid),
        };
        let level = self.table.alerts(line, &found).first().and_then(Alert::unmuted);
        let of = (line.input, pid, level, found.entry.age);
        // A closed socket has processes of its own.
        let last = self.last.filter(|(last, _)| *last == of && found.closed.is_none());
        let urgency = last.map_or_else(
            || {
                let start = pid.and_then(|pid| match found.closed {
                    Some(closed) => closed.processes.get(&pid).map(|process| process.key.start),
                    None => self.start(line.input, pid),
                });
                self.sort.urgency(level, pid.is_some(), found.entry.age, start).to_ne_bytes()
            },
            |(_, urgency)| urgency,
        );
        if found.closed.is_none() {
            self.last = Some((of, urgency));
        }
        urgency
    }
}

impl Table {
    /// Lines by urgency: numbers first, and only where they are equal what settles ties.
    pub(super) fn by_urgency(&self, lines: &[Line], sort: Sort) -> Vec<Line> {
        let mut urgencies = Urgencies::new(self, sort);
        let mut runs: Vec<Equal> = Vec::new();
        for (at, &line) in lines.iter().enumerate() {
            let urgency = urgencies.of(line);
            match runs.last_mut() {
                Some(run) if run.urgency == urgency => run.count += 1,
                _ => runs.push(Equal { urgency, first: Small::new(at), count: 1 }),
            }
        }
        runs.sort_unstable_by_key(|run| u128::from_ne_bytes(run.urgency));
        let of_run = |run: &Equal| {
            let rest = lines.get(run.first.place()..).unwrap_or_default();
            rest.iter().take(usize::try_from(run.count).unwrap_or(usize::MAX)).copied()
        };
        let mut sorted = Vec::with_capacity(lines.len());
        let mut tied: Vec<(Option<Tie>, Line)> = Vec::new();
        for same in runs.chunk_by(|a, b| a.urgency == b.urgency) {
            tied.clear();
            tied.extend(same.iter().flat_map(of_run).map(|line| (self.tie(line), line)));
            tied.sort_by_key(|(tie, _)| *tie); // in runs, too: inodes of a process rise
            for same in tied.chunk_by_mut(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
                same.sort_by_key(|(_, line)| self.last_tie(*line));
            }
            sorted.extend(tied.iter().map(|(_, line)| *line));
        }
        sorted
    }

    /// Lines by the cells of a column.
    pub(super) fn by_column(&self, lines: &[Line], column: &Column, sort: Sort, names: &Names) -> Vec<Line> {
        // Cells borrow from their rows, so the rows have to live as long.
        let rows: Vec<(Line, Row<'_>)> =
            lines.iter().filter_map(|&line| Some((line, self.at(line, names)?))).collect();
        let keyed = rows
            .iter()
            .filter_map(|(line, row)| Some((sort::comparable((column.value)(row)), self.tie(*line)?, *line)));
        let mut keyed: Vec<(Value<'_>, Tie, Line)> = keyed.collect();
        keyed.sort_unstable_by(|a, b| {
            let ties = || a.1.cmp(&b.1).then_with(|| self.last_tie(a.2).cmp(&self.last_tie(b.2)));
            sort.cells(&a.0, &b.0).then_with(ties)
        });
        keyed.into_iter().map(|(_, _, line)| line).collect()
    }

    fn tie(&self, line: Line) -> Option<Tie> {
        let found = self.found(line)?;
        Some((found.input.source, found.id.netns, found.id.protocol, found.id.inode))
    }

    fn last_tie(&self, line: Line) -> Option<LastTie<'_>> {
        let found = self.found(line)?;
        Some((found.id, self.owner(line, &found)))
    }
}

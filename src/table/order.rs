//! The order in which the rows of a table stand.

use super::{Line, Place, Small, Table, Value};
use crate::model::{Alert, Fd, Inode, Names, Netns, Pid, Protocol, SocketId, SourceId};
use crate::table::sort::{self, Sort};
use crate::table::{Column, Row};

/// What settles ties. Its first parts stand before the whole identity, as they nearly always suffice.
type Tie<'a> = (SourceId, Netns, Protocol, Inode, &'a SocketId, Option<(Pid, Option<Fd>)>);

impl Table {
    /// Lines by urgency: numbers first, and only where they are equal what settles ties.
    pub(super) fn by_urgency(&self, mut lines: Vec<Line>, sort: Sort) -> Vec<Line> {
        let starts: Vec<Vec<(Pid, u64)>> = self
            .inputs
            .iter()
            .map(|input| input.analysis.snapshot.processes.values().map(|process| process.key))
            .map(|keys| keys.map(|key| (key.pid, key.start)).collect())
            .collect();
        let start = |input: usize, pid: Pid| {
            let starts = starts.get(input)?;
            let at = starts.binary_search_by_key(&pid, |known| known.0).ok()?;
            starts.get(at).map(|known| known.1)
        };
        // As bytes they need not be aligned to their own size, which would be a third more to be moved about.
        let keyed = lines.iter().enumerate().map(|(at, &line)| {
            let at = Small::new(at);
            let Some(found) = self.found(line) else { return ([u8::MAX; 16], at) };
            let pid = match line.place {
                Place::Alone(_) => found.alerts.first().map(|alert| alert.process.pid),
                Place::Entry(_) | Place::Closed(_) | Place::Past(_) => {
                    line.lead.and_then(|lead| found.owners.get(lead.place())).map(|owner| owner.pid)
                }
            };
            let start = pid.and_then(|pid| match found.closed {
                Some(closed) => closed.processes.get(&pid).map(|process| process.key.start),
                None => start(line.input.place(), pid),
            });
            let level = self.alerts(line, &found).first().and_then(Alert::unmuted);
            (sort.urgency(level, pid.is_some(), found.entry.age, start).to_be_bytes(), at)
        });
        // Places and not lines: half of what there would be to move about.
        let mut keyed: Vec<([u8; 16], Small)> = keyed.collect();
        keyed.sort_unstable_by_key(|(urgency, _)| *urgency);
        let mut equal: Vec<(Option<Tie<'_>>, Small)> = Vec::new();
        for same in keyed.chunk_by_mut(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
            equal.clear();
            equal.extend(
                same.iter().map(|&(_, at)| (lines.get(at.place()).and_then(|&line| self.tie(line)), at)),
            );
            equal.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            for (place, (_, at)) in same.iter_mut().zip(&equal) {
                place.1 = *at;
            }
        }
        // In place: the lines are the largest part of a table.
        for place in 0..keyed.len() {
            let mut at = keyed.get(place).map_or(place, |keyed| keyed.1.place());
            while at < place {
                // What stood there was moved away, to where its place's own had been.
                at = keyed.get(at).map_or(place, |keyed| keyed.1.place());
            }
            lines.swap(place, at);
            if let Some(keyed) = keyed.get_mut(place) {
                keyed.1 = Small::new(at);
            }
        }
        lines
    }

    /// Lines by the cells of a column.
    pub(super) fn by_column(&self, lines: &[Line], column: &Column, sort: Sort, names: &Names) -> Vec<Line> {
        // Cells borrow from their rows, so the rows have to live as long.
        let rows: Vec<(Line, Row<'_>)> =
            lines.iter().filter_map(|&line| Some((line, self.at(line, names)?))).collect();
        let keyed = rows
            .iter()
            .filter_map(|(line, row)| Some((sort::comparable((column.value)(row)), self.tie(*line)?, *line)));
        let mut keyed: Vec<(Value<'_>, Tie<'_>, Line)> = keyed.collect();
        keyed.sort_unstable_by(|a, b| sort.cells(&a.0, &b.0).then_with(|| a.1.cmp(&b.1)));
        keyed.into_iter().map(|(_, _, line)| line).collect()
    }

    fn tie(&self, line: Line) -> Option<Tie<'_>> {
        let found = self.found(line)?;
        let id = found.id;
        let owner = self.owner(line, &found);
        Some((found.input.source, id.netns, id.protocol, id.inode, id, owner))
    }
}

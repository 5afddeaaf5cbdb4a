//! What can be copied or written to a file, and the choice among it.

use super::{App, Effect, Mode, Step};
use crate::model::Address;
use crate::table::{Filter, Query, Row, RowKey, Rows, Scope, Table, Unit};

/// What of the selected row can be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clip {
    Remote,
    Pid,
    /// The cells that the screen may show, whole.
    Row,
    /// All that is known of the socket and its alerts.
    Evidence,
    /// What to type into a shell to check it.
    Commands,
}

impl Clip {
    /// The menu: letter, what it is called, what it is.
    pub const MENU: [(char, &str, Self); 5] = [
        ('R', "remote", Self::Remote),
        ('P', "pid", Self::Pid),
        ('L', "line", Self::Row),
        ('E', "evidence", Self::Evidence),
        ('C', "commands", Self::Commands),
    ];

    pub fn name(self) -> &'static str {
        Self::MENU.iter().find(|(_, _, clip)| *clip == self).map_or("", |(_, name, _)| name)
    }
}

/// What can be written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// All that is known of the selected socket and its alerts.
    EvidenceText,
    EvidenceJson,
    /// The rows of the screen, as they stand there.
    TableText,
    /// The same sockets as batch output has them: a row per owner and descriptor.
    TableJson,
    TableCsv,
}

impl Document {
    /// The menu: letter, in which form, what it is.
    pub const MENU: [(char, &str, Self); 5] = [
        ('E', "text", Self::EvidenceText),
        ('D', "JSON data", Self::EvidenceJson),
        ('T', "text", Self::TableText),
        ('O', "JSON objects", Self::TableJson),
        ('C', "CSV", Self::TableCsv),
    ];

    /// Of what it tells.
    pub fn subject(self, is_of_tagged: bool) -> &'static str {
        match (self.is_evidence(), is_of_tagged) {
            (true, false) => "this socket's evidence",
            (true, true) => "evidence of the tagged sockets",
            (false, false) => "the table",
            (false, true) => "the tagged rows",
        }
    }

    pub fn is_evidence(self) -> bool {
        matches!(self, Self::EvidenceText | Self::EvidenceJson)
    }
}

impl App {
    pub(super) fn open_copy(&mut self) {
        self.refresh();
        let tagged = self.tags.first().map(|tag| tag.row.clone());
        match tagged.or_else(|| self.cursor.key().cloned()) {
            Some(row) => self.open(Mode::Copy { at: 0, row }),
            None => self.notify("no socket is selected".to_owned()),
        }
    }

    pub(super) fn open_write(&mut self) {
        self.refresh();
        let row = self.cursor.key().cloned();
        self.open(Mode::Write { at: 0, row });
    }

    /// Takes a line of the copy menu.
    pub(super) fn copy(&mut self, clip: Clip) -> Option<Effect> {
        let Mode::Copy { row, .. } = std::mem::take(&mut self.mode) else { return None };
        if !self.is_still_selected(Some(&row)) {
            return None;
        }
        if clip != Clip::Evidence && self.clip(clip).is_none() {
            self.notify(format!("nothing to copy: this socket has no {}", clip.name()));
            return None;
        }
        Some(Effect::Copy(clip))
    }

    /// Takes a line of the menu of files.
    pub(super) fn write(&mut self, document: Document) -> Option<Effect> {
        let Mode::Write { row, .. } = std::mem::take(&mut self.mode) else { return None };
        let is_any = !document.is_evidence() && self.tags.is_empty();
        let is_there = is_any || self.is_still_selected(row.as_ref());
        is_there.then_some(Effect::Write(document))
    }

    /// The socket that a menu was opened for can go away meanwhile, and another one be selected in its place.
    fn is_still_selected(&mut self, row: Option<&RowKey>) -> bool {
        if !self.tags.is_empty() {
            let is_there = !self.chosen_rows().is_empty();
            if !is_there {
                self.notify(format!("the tagged rows are gone: {}", self.way_back(Step::Tags)));
            }
            return is_there;
        }
        let is_there = row.is_some() && self.cursor.key() == row;
        if !is_there {
            let why = if row.is_some() { "this socket is gone" } else { "no socket is selected" };
            self.notify(why.to_owned());
        }
        is_there
    }

    /// What would be copied of the chosen rows; none where they have no such thing, and for evidence, which is
    /// a report.
    pub fn clip(&self, clip: Clip) -> Option<String> {
        let mut texts: Vec<String> = Vec::new();
        for text in self.chosen_rows().iter().filter_map(|row| self.clip_of(row, clip)) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        (!texts.is_empty()).then(|| texts.join("\n"))
    }

    fn clip_of(&self, row: &Row<'_>, clip: Clip) -> Option<String> {
        match clip {
            Clip::Remote => match &row.socket?.id.remote {
                remote @ Address::Inet(peer) => remote.is_peer().then(|| peer.to_string()),
                Address::Unix(path) => Some(path.to_string()),
                Address::None | Address::Unbound | Address::Packet { .. } | Address::Netlink { .. } => None,
            },
            Clip::Pid => row.pid().map(|pid| pid.to_string()),
            Clip::Row => {
                let cells = self.columns().into_iter().map(|column| (column.value)(row).text().into_owned());
                Some(cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join("  "))
            }
            Clip::Evidence => None,
            Clip::Commands => {
                let mut commands = Vec::new();
                for command in row.alerts_in_order().iter().flat_map(|alert| alert.commands()) {
                    if !commands.contains(&command) {
                        commands.push(command);
                    }
                }
                if commands.is_empty() {
                    let links =
                        row.held().iter().map(|held| format!("readlink /proc/{}/fd/{}", held.pid, held.fd));
                    commands.extend(links);
                }
                (!commands.is_empty()).then(|| commands.join("\n"))
            }
        }
    }

    /// What the table is asked for.
    pub fn query(&self, unit: Unit) -> Query {
        Query {
            unit,
            filter: self.filter.clone(),
            sort: self.options.sort,
            local_families: self.local_families,
            closed: true,
            scope: self.scope(),
        }
    }

    /// The rows that are written as a table: those that are tagged, whatever the filter; else those of the screen.
    pub fn chosen_table(&self, unit: Unit) -> Table {
        let mut query = self.query(unit);
        if self.tags.is_empty() {
            return Table::build(self.table.inputs().to_vec(), self.names(), &query);
        }
        (query.filter, query.local_families) = (Filter::default(), true);
        if self.shown_rows() != Rows::History {
            query.scope = Scope::default();
        }
        let mut table = Table::build(self.table.inputs().to_vec(), self.names(), &query);
        let sockets: Vec<_> = self.tags.iter().map(|tag| tag.row.socket.clone()).collect();
        table.retain(&sockets);
        table
    }
}

//! What a line of a table stands for.

use std::collections::BTreeMap;

use super::{Input, Line, Place, Table, apart};
use crate::analyze::{Closed, Entry};
use crate::model::{Alert, Owner, Pid, Process, Protocol, Socket, SocketId};

/// All that its row is made from.
pub(super) struct Found<'a> {
    pub(super) input: &'a Input,
    /// Of its socket; where it has none, of the one that its first alert is about.
    pub(super) id: &'a SocketId,
    pub(super) socket: Option<&'a Socket>,
    pub(super) entry: &'a Entry,
    pub(super) owners: &'a [Owner],
    pub(super) alerts: &'a [Alert],
    pub(super) processes: &'a BTreeMap<Pid, Process>,
    pub(super) closed: Option<&'a Closed>,
}

impl<'a> Found<'a> {
    /// The owner that the line names.
    pub(super) fn lead(&self, line: Line) -> Option<&'a Owner> {
        self.owners.get(line.lead?.place())
    }
}

impl Table {
    pub(super) fn socket(&self, line: Line) -> Option<&SocketId> {
        match line.place {
            Place::Entry(at) => {
                let analysis = &self.inputs.get(line.input.place())?.analysis;
                analysis.snapshot.sockets.get(at.place()).map(|socket| &socket.id)
            }
            Place::Closed(_) | Place::Past(_) => self.closed(line).map(|closed| &closed.socket.id),
            Place::Alone(at) => self.apart.alone.get(at.place())?.socket(),
        }
    }

    /// The closed socket that a line stands for.
    fn closed(&self, line: Line) -> Option<&Closed> {
        let analysis = &self.inputs.get(line.input.place())?.analysis;
        match line.place {
            Place::Closed(at) => analysis.closed.get(at.place()).map(|closed| &**closed),
            Place::Past(at) => analysis.history.get(at.place()).map(|closed| &**closed),
            Place::Entry(_) | Place::Alone(_) => None,
        }
    }

    pub(super) fn found(&self, line: Line) -> Option<Found<'_>> {
        let input = self.inputs.get(line.input.place())?;
        let analysis = &*input.analysis;
        Some(match line.place {
            Place::Entry(at) => {
                let entry = analysis.entries.get(at.place())?;
                let socket = analysis.snapshot.sockets.get(at.place())?;
                Found {
                    input,
                    id: &socket.id,
                    socket: Some(socket),
                    entry,
                    owners: entry.owners.of(&analysis.owners),
                    alerts: entry.alerts.of(&analysis.alerts),
                    processes: &analysis.snapshot.processes,
                    closed: None,
                }
            }
            Place::Closed(_) | Place::Past(_) => {
                let closed = self.closed(line)?;
                let entry = &closed.entry;
                Found {
                    input,
                    id: &closed.socket.id,
                    socket: Some(&closed.socket),
                    entry,
                    owners: entry.owners.of(&closed.owners),
                    alerts: entry.alerts.of(&closed.alerts),
                    processes: &closed.processes,
                    closed: Some(closed),
                }
            }
            Place::Alone(at) => {
                let alone = self.apart.alone.get(at.place())?;
                Found {
                    input,
                    id: alone.socket()?,
                    socket: None,
                    entry: &apart::NOTHING,
                    owners: &[],
                    alerts: &alone.alerts,
                    processes: &analysis.snapshot.processes,
                    closed: None,
                }
            }
        })
    }
}

/// What is hidden unless asked for.
pub(super) fn is_local(socket: &Socket, alerts: &[Alert]) -> bool {
    matches!(socket.id.protocol, Protocol::Unix | Protocol::Packet | Protocol::Netlink)
        && !alerts.iter().any(Alert::is_loud)
}

//! What `is:` asks of a row.

use crate::analyze::{Change, Direction};
use crate::model::{Alert, State, TcpState, UnixState};
use crate::table::Row;

/// A word behind `is:`.
#[derive(Debug)]
pub struct Property {
    pub name: &'static str,
    /// Of a row, for the manual page.
    pub meaning: &'static str,
    pub(super) holds: fn(&Row<'_>) -> bool,
}

impl PartialEq for Property {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Property {}

const fn property(name: &'static str, meaning: &'static str, holds: fn(&Row<'_>) -> bool) -> Property {
    Property { name, meaning, holds }
}

/// All of them.
pub static PROPERTIES: [Property; 11] = [
    property("outbound", "this side connected", |row| directed(row, Direction::Outbound)),
    property("inbound", "the other side connected", |row| directed(row, Direction::Inbound)),
    property("listen", "it waits for connections", |row| {
        let state = row.socket.and_then(|socket| socket.state).filter(|_| !row.is_closed());
        matches!(state, Some(State::Tcp(TcpState::Listen) | State::Unix(UnixState::Listen)))
    }),
    property("loopback", "an end of it is in 127.0.0.0/8 or ::1", |row| {
        row.socket.is_some_and(|socket| socket.id.local.is_loopback() || socket.id.remote.is_loopback())
    }),
    property("shell", "its process is a shell", |row| {
        row.process().is_some_and(|process| row.analysis.judging.shells.is_shell(process))
    }),
    property("alert", "it has an alert of any level that is not muted", |row| {
        row.alerts.iter().any(|alert| Alert::unmuted(alert).is_some())
    }),
    property("unowned", "no known process holds it", |row| row.socket.is_some() && row.pid().is_none()),
    property("new", "it was not there in the snapshot before, or at the mark", |row| {
        row.change() == Change::New
    }),
    property("changed", "its state was another one", |row| row.change() == Change::State),
    property("closed", "it is gone, and shown a little longer", |row| row.change() == Change::Closed),
    property("deleted", "the file that its process executes has no name any more", |row| {
        row.process().and_then(|process| process.exe.known()).is_some_and(|exe| exe.deleted)
    }),
];

fn directed(row: &Row<'_>, wanted: Direction) -> bool {
    row.entry.direction.is_some_and(|(direction, _)| direction == wanted)
}

/// The one that begins so.
pub(super) fn find(name: &str) -> Result<&'static Property, String> {
    let name = name.to_ascii_lowercase();
    let begins: Vec<&Property> =
        PROPERTIES.iter().filter(|property| !name.is_empty() && property.name.starts_with(&name)).collect();
    let names = |found: &mut dyn Iterator<Item = &Property>| {
        found.map(|property| property.name).collect::<Vec<_>>().join(", ")
    };
    match begins.as_slice() {
        [one] => Ok(one),
        [] => Err(format!("is: no \"{name}\"; there are {}", names(&mut PROPERTIES.iter()))),
        several => Err(format!("is:{name} can mean {}", names(&mut several.iter().copied()))),
    }
}

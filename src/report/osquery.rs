//! osquery's table `process_open_sockets`, with `cwd` and `cmdline` of its table `processes`.

use std::borrow::Cow;
use std::io;

use super::{Place, json};
use crate::model::{Names, Protocol};
use crate::table::{COLUMNS, Column, Row, Table, Value};

/// The last of osquery's columns, which come first in records.
const LAST: &str = "cmdline";

pub(super) fn write(out: &mut dyn io::Write, table: &Table, names: &Names, place: Place) -> io::Result<()> {
    let after = COLUMNS.iter().position(|column| column.name == LAST).map_or(0, |last| last + 1);
    let columns = COLUMNS.get(..after).unwrap_or_default();
    let known = json::rows(table, names)
        .filter(|row| !matches!(row.socket.id.protocol, Protocol::Packet | Protocol::Netlink));
    let objects = known.map(|row| {
        let members = columns.iter().map(|column| {
            let value = (column.value)(&row);
            (column.name.into(), json::string(&cell(&row, column, &value)))
        });
        json::braced(members.collect())
    });
    json::array(out, objects, place)
}

/// Every value is a string; what is not known or does not apply is empty, but a port is 0.
fn cell<'v>(row: &Row<'_>, column: &Column, value: &'v Value<'_>) -> Cow<'v, str> {
    match column.name {
        "state" if row.socket.id.protocol != Protocol::Tcp => "".into(),
        "local_port" | "remote_port" if matches!(value, Value::Missing(_)) => "0".into(),
        _ if matches!(value, Value::Missing(_)) => "".into(),
        _ => json::plain(value).map_or_else(|| json::words(value), Cow::Owned),
    }
}

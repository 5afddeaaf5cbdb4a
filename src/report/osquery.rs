//! osquery's table `process_open_sockets`, with `cwd` and `cmdline` of its table `processes`.

use std::io;

use super::kept::Kept;
use super::{Place, json};
use crate::model::{Names, Protocol};
use crate::table::{COLUMNS, Column, Row, Table, Value};

/// The last of osquery's columns, which come first in records.
const LAST: &str = "cmdline";

pub(super) fn write(out: &mut dyn io::Write, table: &Table, names: &Names, place: Place) -> io::Result<()> {
    let after = COLUMNS.iter().position(|column| column.name == LAST).map_or(0, |last| last + 1);
    let columns = COLUMNS.get(..after).unwrap_or_default();
    let known = json::rows(table, names).filter(|row| {
        protocol(row).is_some_and(|protocol| !matches!(protocol, Protocol::Packet | Protocol::Netlink))
    });
    let keys: Vec<String> = columns.iter().map(|column| format!("\"{}\":", column.name)).collect();
    let mut kept = Kept::new(columns);
    json::array(out, known, place, |row, line| {
        line.push(b'{');
        kept.add(row, line, |at, column, value, line| {
            line.extend_from_slice(keys.get(at).map_or(&[], String::as_bytes));
            cell(column, value, line);
            line.push(b',');
        });
        line.pop(); // the comma behind the last member
        line.push(b'}');
    })
}

/// Every value is a string; what is not known or does not apply is empty, but a port is 0.
fn cell(column: &Column, value: &Value<'_>, out: &mut Vec<u8>) {
    match (column.name, value) {
        (_, Value::State(_, protocol)) if *protocol != Protocol::Tcp => out.extend_from_slice(b"\"\""),
        ("local_port" | "remote_port", Value::Missing(_)) => out.extend_from_slice(b"\"0\""),
        (_, Value::Missing(_)) => out.extend_from_slice(b"\"\""),
        (_, value) => {
            let start = out.len();
            out.push(b'"');
            if json::plain(value, out) {
                out.push(b'"');
            } else {
                out.truncate(start);
                json::string(&json::words(value), out);
            }
        }
    }
}

fn protocol(row: &Row<'_>) -> Option<Protocol> {
    row.socket.map(|socket| socket.id.protocol)
}

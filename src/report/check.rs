//! Alerts alone, for people or for programs.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::io::{self, Write as _};

use super::{Format, Place, alert, json};
use crate::model::{Alert, Evidence, Level, Names, Owner};
use crate::table::{Column, Row, Table, format};

/// Columns of the process that an alert is about.
const PROCESS: &[&str] = &[
    "exe",
    "exe_deleted",
    "cwd",
    "cmdline",
    "uid",
    "user",
    "ppid",
    "chain",
    "tty",
    "started",
    "cgroup",
    "unit",
    "container",
];

/// Columns of the connection that it is about.
const CONNECTION: &[&str] = &[
    "socket",
    "family",
    "protocol",
    "local_address",
    "remote_address",
    "local_port",
    "remote_port",
    "path",
    "state",
    "net_namespace",
    "netns",
    "direction",
    "direction_by",
    "age",
    "age_exact",
    "sent",
    "received",
];

/// An alert and a row of its process.
type Found<'t> = (Row<'t>, &'t Alert);

/// Writes each alert of the table's rows once, the gravest first. As JSON all of them; else those of `level` and
/// above that are not muted, and how many others there are. True where there is one of those.
///
/// # Errors
///
/// Only those of `out`; a closed pipe among them.
pub fn write(
    out: &mut dyn io::Write,
    table: &Table,
    names: &Names,
    level: Level,
    format: Format,
) -> (bool, io::Result<()>) {
    let mut known = BTreeSet::new();
    let rows = json::rows(table, names).flat_map(|row| row.alerts.iter().map(move |alert| (row, alert)));
    let mut found: Vec<Found<'_>> =
        rows.filter(|(_, alert)| known.insert((alert.rule, alert.process, &alert.socket))).collect();
    found.sort_by_key(|(_, alert)| (Reverse(alert.unmuted()), Reverse(alert.level)));
    let listed = found.iter().take_while(|(_, alert)| alert.unmuted() >= Some(level)).count();
    let written = match format {
        Format::Json => json::array(out, found.iter(), Place::Only, |one, line| object(one, false, line)),
        Format::Jsonl => found.iter().try_for_each(|one| {
            let mut line = Vec::new();
            object(one, true, &mut line);
            line.push(b'\n');
            out.write_all(&line)
        }),
        Format::Table | Format::Csv | Format::Osquery => text(out, &found, listed, level),
    };
    (listed > 0, written)
}

fn text(out: &mut dyn io::Write, found: &[Found<'_>], listed: usize, level: Level) -> io::Result<()> {
    let (shown, others) = found.split_at_checked(listed).unwrap_or((found, &[]));
    for one in shown {
        block(out, one)?;
    }
    let muted = others.iter().filter(|(_, alert)| alert.muted.is_some()).count();
    let below = others.len() - muted;
    let counts = [(below, format!("below {}", level.name())), (muted, "muted".to_owned())];
    let counts =
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    let rest = counts.collect::<Vec<_>>().join(", ");
    match (listed, rest.as_str()) {
        (0, "") => writeln!(out, "no alerts"),
        (0, rest) => writeln!(out, "no alert at or above {}; not listed: {rest}", level.name()),
        (_, "") => Ok(()),
        (_, rest) => writeln!(out, "not listed: {rest}"),
    }
}

/// One alert, ended by an empty line.
fn block(out: &mut dyn io::Write, (row, alert): &Found<'_>) -> io::Result<()> {
    writeln!(out, "{} {}: {}", alert.level.name().to_uppercase(), alert.rule, alert.summary)?;
    let mut line = |label: &str, text: &str| writeln!(out, "  {label:8} {text}");
    if !alert.chain.is_empty() {
        line("way", &alert.chain)?;
    }
    let cell = |name: &str| {
        Column::find(name).map_or_else(|_| String::new(), |found| (found.value)(row).text().into_owned())
    };
    line(
        "process",
        &format!("{}, user {}, in {}: {}", cell("pid"), cell("user"), cell("cwd"), cell("cmdline")),
    )?;
    let checked = |evidence: &Evidence| match &evidence.check {
        Some(check) => format!("{} ({check})", evidence.fact),
        None => evidence.fact.clone(),
    };
    for (nth, evidence) in alert.evidence.iter().enumerate() {
        line(&(nth + 1).to_string(), &checked(evidence))?;
    }
    for evidence in &alert.against {
        line("against", &checked(evidence))?;
    }
    for (nth, command) in alert.commands().iter().enumerate() {
        line(if nth == 0 { "check by" } else { "" }, command)?;
    }
    writeln!(out)
}

/// An alert as rows have it, with more of the process, and with the connection.
fn object((row, alert): &Found<'_>, timed: bool, out: &mut Vec<u8>) {
    if timed {
        out.extend_from_slice(b"{\"taken_at\":");
        json::string(&format::rfc3339(row.snapshot().taken_at), out);
        out.push(b',');
        let from = out.len();
        alert::begin(alert, out);
        out.remove(from); // the brace is there already
    } else {
        alert::begin(alert, out);
    }
    let (pid, start) = (alert.process.pid, alert.process.start);
    write!(out, ",\"process\":{{\"pid\":{pid},\"start\":{start}").ok(); // writing to a Vec cannot fail
    member("name", "process", row, out);
    for name in PROCESS {
        member(name, name, row, out);
    }
    out.extend_from_slice(b"},\"connection\":");
    match row.connection(alert) {
        None => out.extend_from_slice(b"null"),
        Some(connection) => {
            let from = out.len();
            for name in CONNECTION {
                member(name, name, &connection, out);
            }
            if let Some(first) = out.get_mut(from) {
                *first = b'{'; // in the place of a comma
            }
            out.extend_from_slice(b",\"owners\":");
            alert::list(connection.owners, out, |Owner { pid, fd, .. }, out| {
                write!(out, "{{\"pid\":{pid},\"fd\":{fd}}}").ok(); // as above
            });
            out.push(b'}');
        }
    }
    alert::end(alert, out);
}

/// `,"name":value`
fn member(name: &str, column: &str, row: &Row<'_>, out: &mut Vec<u8>) {
    if let Ok(column) = Column::find(column) {
        out.push(b',');
        json::member(name, column, row, out);
    }
}

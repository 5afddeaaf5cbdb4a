//! Columns about the process that holds the socket.

use super::{Column, Kind};
use crate::model::{Fact, Lookup, Process, Text};
use crate::table::{Basis, Missing, Row, Value, cgroup};

pub(super) static PID: Column =
    Column::record("pid", "PID", Kind::Number, "process that holds the socket; -1: none", |row| {
        row.pid().map_or(Value::NoOwner, |pid| Value::Number(pid.0.into()))
    })
    .on_screen(0, 7, 7);

pub(super) static FD: Column =
    Column::record("fd", "FD", Kind::Number, "its descriptors of the socket; -1: none", |row| {
        match row.held() {
            [] if row.socket.is_none() => Value::Missing(Missing::NotApplicable),
            [] => Value::NoOwner,
            held => Value::Fds(held),
        }
    })
    .on_screen(100, 2, 7);

pub(super) static CWD: Column = Column::record("cwd", "CWD", Kind::Text, "working directory", |row| {
    fact(row, |process| &process.cwd, |cwd| Value::Bytes(cwd.as_bytes()))
})
.on_screen(160, 8, 24)
.by(Basis::Process);

pub(super) static CMDLINE: Column =
    Column::record("cmdline", "CMDLINE", Kind::Text, "arguments, joined by blanks", |row| {
        fact(
            row,
            |process| &process.cmdline,
            |arguments| {
                let bytes = arguments.as_bytes();
                Value::Arguments(bytes.strip_suffix(b"\0").unwrap_or(bytes))
            },
        )
    })
    .on_screen(120, 8, u16::MAX)
    .by(Basis::Process);

pub(super) static PROCESS: Column =
    Column::record("process", "PROCESS", Kind::Aside, "name of the process (comm)", |row| {
        of(row, |process| Value::Bytes(process.comm.as_bytes()))
    })
    .by(Basis::Process);

pub(super) static EXE: Column = Column::record("exe", "EXE", Kind::Text, "path of what it executes", |row| {
    fact(row, |process| &process.exe, |exe| Value::Bytes(exe.path.as_bytes()))
})
.by(Basis::Process);

pub(super) static EXE_DELETED: Column =
    Column::record("exe_deleted", "DELETED", Kind::Aside, "whether that file has no name any more", |row| {
        fact(row, |process| &process.exe, |exe| Value::Flag(exe.deleted))
    })
    .by(Basis::Process);

pub(super) static UID: Column = Column::record(
    "uid",
    "UID",
    Kind::Number,
    "user id of the process, else of the socket's creator",
    |row| uid(row, |uid| Value::Number(uid.into())),
)
.by(Basis::Process);

pub(super) static USER: Column =
    Column::record("user", "USER", Kind::Text, "user of the process, else of the socket's creator", |row| {
        uid(row, |uid| {
            let known = row.names.get(Lookup::User(uid)).map(str::as_bytes);
            let name = known.or_else(|| row.snapshot().users.get(&uid).map(Text::as_bytes));
            Value::User { uid, name }
        })
    })
    .on_screen(100, 4, 8)
    .by(Basis::Process);

pub(super) static PPID: Column =
    Column::record("ppid", "PPID", Kind::Number, "parent of the process", |row| {
        of(row, |process| {
            process
                .parent
                .map_or(Value::Missing(Missing::NotApplicable), |parent| Value::Number(parent.0.into()))
        })
    })
    .by(Basis::Process);

pub(super) static CHAIN: Column =
    Column::record("chain", "CHAIN", Kind::Aside, "the process and its ancestors, oldest first", |row| {
        of(row, |_| Value::Chain(row))
    })
    .by(Basis::Process);

pub(super) static TTY: Column = Column::record("tty", "TTY", Kind::Aside, "controlling terminal", |row| {
    of(row, |process| process.tty.map_or(Value::Missing(Missing::NotApplicable), Value::Terminal))
})
.by(Basis::Process);

pub(super) static STARTED: Column =
    Column::record("started", "STARTED", Kind::Moment, "start of the process, UTC", |row| {
        of(row, |process| {
            let ago = row.snapshot().uptime.saturating_sub(process.started);
            let started = row.snapshot().taken_at.checked_sub(ago);
            started.map_or(Value::Missing(Missing::NotYet), Value::Time)
        })
    })
    .by(Basis::Process);

pub(super) static CGROUP: Column =
    Column::record("cgroup", "CGROUP", Kind::Aside, "control group of the process", |row| {
        fact(row, |process| &process.cgroup, |path| Value::Bytes(path.as_bytes()))
    })
    .by(Basis::Process);

pub(super) static UNIT: Column =
    Column::record("unit", "UNIT", Kind::Text, "systemd unit of the process", |row| {
        within(row, cgroup::unit)
    })
    .on_screen(180, 8, 18)
    .by(Basis::Process);

pub(super) static CONTAINER: Column = Column::record(
    "container",
    "CONTAINER",
    Kind::Text,
    "id of the container that the process is in",
    |row| within(row, cgroup::container),
)
.by(Basis::Process);

/// What the path of the process's control group names.
fn within<'r>(row: &'r Row<'_>, name: fn(&'r [u8]) -> Option<&'r [u8]>) -> Value<'r> {
    fact(
        row,
        |process| &process.cgroup,
        |path| name(path.as_bytes()).map_or(Value::Missing(Missing::NotApplicable), Value::Id),
    )
}

/// A value of the lead's process.
fn of<'r>(row: &'r Row<'_>, value: impl FnOnce(&'r Process) -> Value<'r>) -> Value<'r> {
    match row.process() {
        Some(process) => value(process),
        None if row.pid().is_none() => Value::Missing(Missing::NotApplicable),
        None => Value::Missing(Missing::NotYet),
    }
}

/// A fact of the lead's process that can be refused.
fn fact<'r, T: 'r>(
    row: &'r Row<'_>,
    fact: impl FnOnce(&'r Process) -> &'r Fact<T>,
    value: impl FnOnce(&'r T) -> Value<'r>,
) -> Value<'r> {
    of(row, |process| match fact(process) {
        Fact::Known(known) => value(known),
        Fact::Absent => Value::Missing(Missing::NotApplicable),
        Fact::Refused => Value::Missing(Missing::NotPermitted),
    })
}

fn uid<'r>(row: &'r Row<'_>, value: impl FnOnce(u32) -> Value<'r>) -> Value<'r> {
    match row.uid() {
        Some(uid) => value(uid),
        None if row.pid().is_none() => Value::Missing(Missing::NotApplicable),
        None => Value::Missing(Missing::NotYet),
    }
}

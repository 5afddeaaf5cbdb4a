//! Cells of limited width: each type's own shorter forms, then an ellipsis.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Command, End, Endpoint, Value};
use crate::model::{Owner, printable};
use crate::table::{cgroup, format};

/// The value in at most so many cells.
#[expect(clippy::wildcard_enum_match_arm, reason = "a type without shorter forms of its own is cut")]
pub(super) fn fit<'v>(value: &'v Value<'_>, cells: usize) -> Cow<'v, str> {
    match value {
        Value::State(state, protocol) => {
            let [_, word, short] = format::state(*state, *protocol);
            first_that_fits([word, short], cells)
        }
        Value::Protocol(protocol, family) => first_that_fits(format::protocol(*protocol, *family), cells),
        Value::Age(age) => {
            let units = if cells < TWO_UNITS { 1 } else { 2 };
            cut(format::age(*age, units).into(), cells)
        }
        Value::Id(name) => cut(cgroup::short(&printable(name)).into(), cells),
        Value::Endpoint(endpoint) => self::endpoint(endpoint, cells),
        Value::Fds(owners) => fds(owners, cells),
        Value::Command(command) => self::command(*command, cells),
        _ => cut(value.text(), cells),
    }
}

/// `<59m59s`: where ages are narrower, all of them have one unit.
const TWO_UNITS: usize = 7;

fn first_that_fits<const N: usize>(forms: [&'static str; N], cells: usize) -> Cow<'static, str> {
    let fitting = forms.iter().find(|form| form.width() <= cells).or(forms.last());
    cut(fitting.copied().unwrap_or_default().into(), cells)
}

fn endpoint(endpoint: &Endpoint<'_>, cells: usize) -> Cow<'static, str> {
    let whole = endpoint.text();
    if whole.width() <= cells {
        return whole.into();
    }
    let (address, port) = (endpoint.short_address(), endpoint.port());
    let short = format!("{address}:{port}");
    if short.width() <= cells {
        return short.into();
    }
    let room = cells.saturating_sub(port.width() + 1);
    let address = match endpoint.end() {
        End::Local => "".into(),
        End::Remote => cut(address, room),
    };
    cut(format!("{address}:{port}").into(), cells)
}

fn fds(owners: &[Owner], cells: usize) -> Cow<'static, str> {
    let whole = format::fds(owners);
    if whole.width() <= cells {
        return whole.into();
    }
    let fits = |shown: &usize| {
        owners.get(..*shown).map(|shown| format::fds(shown) + "+").filter(|text| text.width() <= cells)
    };
    let least = owners.get(..1).unwrap_or_default();
    (1..owners.len())
        .rev()
        .find_map(|shown| fits(&shown))
        .map_or_else(|| cut(format::fds(least).into(), cells), Cow::Owned)
}

fn command(command: Command<'_>, cells: usize) -> Cow<'static, str> {
    let [head, tail] = command.parts();
    let room = cells.saturating_sub(tail.width());
    if head.width() > room && room > 0 && room >= cells / 2 {
        return (cut(head.into(), room).into_owned() + &tail).into();
    }
    cut((head + &tail).into(), cells)
}

/// As many characters as fit, with an ellipsis where some do not.
pub(super) fn cut(text: Cow<'_, str>, cells: usize) -> Cow<'_, str> {
    if text.width() <= cells {
        return text;
    }
    let Some(room) = cells.checked_sub(1) else { return "".into() };
    let mut used = 0;
    let mut kept: String = text
        .chars()
        .take_while(|character| {
            used += character.width().unwrap_or(0);
            used <= room
        })
        .collect();
    kept.push('…');
    kept.into()
}

//! What a word of a filter can go on as.

use std::collections::BTreeSet;

use super::lex::{Kind, Token, tokens};
use super::property::PROPERTIES;
use super::term::{columns, field, split_list};
use super::{Filter, quoted, states};
use crate::analyze::Age;
use crate::model::{Level, printable};
use crate::table::column::Kind as ColumnKind;
use crate::table::{COLUMNS, Row, SCREEN, Value, format};

/// More are no help.
const MOST: usize = 200;

/// The part of a filter's text that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'t> {
    /// Byte where its whole word begins.
    pub word: usize,
    /// Byte where what is to be replaced begins.
    pub start: usize,
    /// The field whose value it is.
    field: Option<&'t str>,
    /// What is there of it.
    typed: &'t str,
}

/// What is being typed at the end of the text; none in a regular expression.
pub fn part(text: &str) -> Option<Part<'_>> {
    let last = tokens(text).pop().filter(|token| token.span.end == text.len());
    let word =
        last.filter(|token| matches!(token.kind, Kind::Word { .. } | Kind::And | Kind::Or | Kind::Not));
    let word = word.filter(|token| token.text != "!").map_or("", |token| token.text);
    let at = text.len() - word.len();
    let Some(found) = field(word) else {
        return Some(Part { word: at, start: at, field: None, typed: word });
    };
    if found.operator.contains('~') || found.operator == "!" {
        return None;
    }
    let typed = split_list(found.values).pop().unwrap_or_default();
    let typed_bare = typed.trim_start_matches(['"', '\'']);
    Some(Part { word: at, start: text.len() - typed.len(), field: Some(found.name), typed: typed_bare })
}

/// What rows have to fit besides the part that is typed; where an `or` or a bracket is near, nothing.
pub fn others(text: &str) -> Filter {
    let is_alternative = |token: &Token<'_>| matches!(token.kind, Kind::Or | Kind::Open);
    if tokens(text).iter().any(is_alternative) { Filter::default() } else { Filter::parse(text).0 }
}

/// What it can go on as: fields, or values of these rows.
pub fn candidates<'r>(part: &Part<'_>, rows: impl Iterator<Item = Row<'r>>) -> Vec<String> {
    let typed = part.typed.to_lowercase();
    let fits = |word: &str| word.to_lowercase().starts_with(&typed) && word.to_lowercase() != typed;
    let Some(name) = part.field else { return names(&typed, fits, rows) };
    if name == "is" {
        return PROPERTIES
            .iter()
            .map(|property| property.name.to_owned())
            .filter(|name| fits(name))
            .collect();
    }
    let Ok(columns) = columns(name, false) else { return Vec::new() };
    if columns.iter().any(|column| column.kind == ColumnKind::State) {
        return states().into_iter().filter(|state| fits(state)).collect();
    }
    let mut seen: BTreeSet<(usize, String)> = BTreeSet::new();
    for row in rows {
        for column in &columns {
            let words = words(&(column.value)(&row)).into_iter().filter(|word| fits(word));
            // Numbers in their order: the short ones first.
            let is_number = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
            seen.extend(words.map(|word| (if is_number(&word) { word.len() } else { 0 }, word)));
        }
        if seen.len() >= MOST {
            break;
        }
    }
    seen.into_iter().filter_map(|(_, word)| quoted(&word)).collect()
}

/// Fields, those of the screen first; names of processes behind them.
fn names<'r>(typed: &str, fits: impl Fn(&str) -> bool, rows: impl Iterator<Item = Row<'r>>) -> Vec<String> {
    let others = COLUMNS.iter().filter(|column| !SCREEN.contains(column));
    let screen = SCREEN.iter().filter(|column| column.name != "mark").map(|column| column.name);
    let all = screen.chain(["is", "port"]).chain(others.map(|column| column.name));
    let mut names: Vec<String> = all.map(|name| format!("{name}:")).filter(|name| fits(name)).collect();
    if !typed.is_empty() {
        let mut seen = BTreeSet::new();
        for row in rows {
            let name = row.process().map(|process| printable(process.comm.as_bytes()).into_owned());
            seen.extend(name.filter(|name| fits(name)));
        }
        names.extend(seen.iter().filter_map(|name| quoted(name)));
    }
    names.truncate(MOST);
    names
}

/// What a term could want of a cell.
#[expect(clippy::wildcard_enum_match_arm, reason = "any other type is wanted by its text")]
fn words(value: &Value<'_>) -> Vec<String> {
    match value {
        Value::Missing(_) | Value::NoOwner | Value::Closed => Vec::new(),
        Value::Amount(number) | Value::Rate(number) => vec![number.to_string()],
        Value::Age(Age::Exactly(age) | Age::AtMost(age)) => vec![format::age(Age::Exactly(*age), 1)],
        Value::Fds(owners) => owners.iter().map(|owner| owner.fd.to_string()).collect(),
        Value::Queues { receive, send } => vec![receive.saturating_add(*send).to_string()],
        Value::Endpoint(endpoint) => {
            vec![endpoint.address().to_string(), endpoint.text()]
        }
        Value::Command(command) => {
            command.name().map(|name| printable(name).into_owned()).into_iter().collect()
        }
        Value::Peer(peer) => peer.process.map(|process| process.comm.to_string()).into_iter().collect(),
        Value::Alerts(alerts) => {
            let words =
                |alert: &crate::model::Alert| [alert.unmuted().map_or("muted", Level::name), alert.rule];
            alerts.iter().flat_map(words).map(str::to_owned).collect()
        }
        other => vec![other.text().into_owned()],
    }
}

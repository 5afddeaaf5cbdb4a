//! One word of a filter to what it asks of a row.

use std::net::{IpAddr, SocketAddr};

use super::lex::opens_quote;
use super::needle::{Mode, Needle, is_state};
use super::pattern::Pattern;
use super::quantity::Unit;
use super::{Ask, Node, Relation, Test, property};
use crate::model::Peer;
use crate::table::Column;
use crate::table::column::Kind;

/// What is between a name and its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Is(Mode),
    Than(Relation),
    Regex,
}

/// All, those that begin others before these.
const OPERATORS: [(&str, Operator, bool); 10] = [
    (":", Operator::Is(Mode::Like), false),
    ("=", Operator::Is(Mode::Exactly), false),
    ("!=", Operator::Is(Mode::Exactly), true),
    ("!~", Operator::Regex, true),
    ("~", Operator::Regex, false),
    ("<=", Operator::Than(Relation::AtMost), false),
    (">=", Operator::Than(Relation::AtLeast), false),
    ("<", Operator::Than(Relation::Less), false),
    (">", Operator::Than(Relation::More), false),
    ("!", Operator::Is(Mode::Like), true),
];

/// Columns whose cells are ends of connections.
const ENDS: [&str; 4] = ["local", "remote", "local_address", "remote_address"];

/// Reads a word whose quotes are closed; the `place`th of its filter.
pub(super) fn test(text: &str, place: usize) -> Result<Node, String> {
    let (ask, negated) = match field(text) {
        None => match (unquoted(text), text.parse()) {
            (_, Ok(number)) => (Ask::Number(number), false),
            (word, Err(_)) => (Ask::Word(Needle::new(word)), false),
        },
        Some(Field { operator: "!", .. }) => return Err(format!("{text} is not known; != and !~ are")),
        Some(field) => field.ask()?,
    };
    let node = Node::Test(Test { place, ask });
    Ok(if negated { Node::Not(Box::new(node)) } else { node })
}

/// A name, what follows it, and the rest.
pub(super) struct Field<'t> {
    pub(super) name: &'t str,
    pub(super) operator: &'static str,
    pub(super) values: &'t str,
}

/// None where the word is no field: `10.0.0.5:443`, `/dev/tcp/x:1`, `"a:b"`.
pub(super) fn field(text: &str) -> Option<Field<'_>> {
    if text.parse::<IpAddr>().is_ok() || text.parse::<SocketAddr>().is_ok() {
        return None;
    }
    let end = text.find(|c: char| !c.is_ascii_alphabetic() && c != '_' && c != '-').filter(|end| *end > 0)?;
    let (name, rest) = text.split_at_checked(end)?;
    let (operator, ..) = OPERATORS.into_iter().find(|(operator, ..)| rest.starts_with(operator))?;
    Some(Field { name, operator, values: rest.strip_prefix(operator)? })
}

impl Field<'_> {
    /// What it asks, and whether for the opposite.
    fn ask(&self) -> Result<(Ask, bool), String> {
        let Self { name, operator, values } = *self;
        let said = OPERATORS.into_iter().find(|(text, ..)| *text == operator);
        let (_, meaning, negated) = said.ok_or_else(|| format!("{operator} is not known"))?;
        let what = || format!("{name}{operator}{values} what?");
        let ask = if meaning == Operator::Regex {
            let pattern = unquoted(values);
            if pattern.is_empty() {
                return Err(what());
            }
            Ask::Regex(columns(name, false)?, Pattern::new(&pattern)?)
        } else {
            let values: Vec<String> =
                split_list(values).into_iter().filter(|value| !value.is_empty()).map(unquoted).collect();
            if values.is_empty() {
                return Err(what());
            }
            match meaning {
                Operator::Is(_) if name == "is" => {
                    Ask::Is(values.iter().map(|value| property::find(value)).collect::<Result<_, _>>()?)
                }
                Operator::Is(mode) => is(name, mode, values)?,
                Operator::Than(relation) => than(name, operator, relation, &values)?,
                Operator::Regex => return Err(what()),
            }
        };
        Ok((ask, negated))
    }
}

/// At commas that are in no quotes.
pub(super) fn split_list(values: &str) -> Vec<&str> {
    let mut quote = None;
    let mut before = ',';
    values
        .split(|character| {
            match quote {
                Some(open) if open == character => quote = None,
                None if matches!(character, '"' | '\'') && opens_quote(before) => quote = Some(character),
                Some(_) | None => {}
            }
            before = character;
            character == ',' && quote.is_none()
        })
        .collect()
}

/// Without the quotes around it.
fn unquoted(text: &str) -> String {
    let inner = ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    inner.unwrap_or(text).to_owned()
}

/// What a name stands for: nearly always one column.
pub(super) fn columns(name: &str, is_number: bool) -> Result<Vec<&'static Column>, String> {
    // A port of either end has no column of its own; protocols have a column of numbers and one of names.
    let names: &[&str] = match name {
        "port" => &["local_port", "remote_port"],
        "protocol" if !is_number => &["proto"],
        name => &[name],
    };
    let found: Result<_, _> = names.iter().map(|name| Column::find(name)).collect();
    found.map_err(|error| error.to_string())
}

/// What the numbers of a column count.
fn unit(column: &Column) -> Option<Unit> {
    match column.kind {
        Kind::Number => Some(Unit::Number),
        Kind::Time => Some(Unit::Time),
        Kind::Text | Kind::State | Kind::Protocol | Kind::Moment | Kind::Aside => None,
    }
}

fn is(name: &str, mode: Mode, values: Vec<String>) -> Result<Ask, String> {
    let columns = columns(name, values.iter().all(|value| Unit::Number.range(value).is_some()))?;
    let Some(first) = columns.first() else { return Err(format!("{name} what?")) };
    if let Some(unit) = unit(first) {
        let range = |value: &String| {
            let range = unit.range(value);
            let range = range.ok_or_else(|| format!("{name} is {}, not \"{value}\"", unit.example()))?;
            if range.is_empty() { Err(format!("{value} goes backwards")) } else { Ok(range) }
        };
        let ranges = values.iter().map(range).collect::<Result<_, _>>()?;
        return Ok(Ask::Quantity(columns, ranges));
    }
    for value in &values {
        if first.kind == Kind::State && !is_state(value) {
            return Err(format!("no state begins with \"{value}\""));
        }
        let address = value.split('/').next().and_then(|address| address.parse::<IpAddr>().ok());
        let is_network = || matches!(value.parse(), Ok(Peer::Network { .. }));
        if ENDS.contains(&first.name) && value.contains('/') && address.is_some() && !is_network() {
            return Err(format!("{value} is no network"));
        }
    }
    Ok(Ask::Text(columns, mode, values.into_iter().map(Needle::new).collect()))
}

fn than(name: &str, operator: &str, relation: Relation, values: &[String]) -> Result<Ask, String> {
    let columns = columns(name, true)?;
    let ([value], Some(first)) = (values, columns.first()) else {
        return Err(format!("{name}{operator} takes one value"));
    };
    if first.kind == Kind::Moment {
        let is_moment = value.chars().all(|c| c.is_ascii_digit() || "-:.TZ".contains(c)) && value.len() >= 4;
        if !is_moment {
            return Err(format!("{name} is a time such as 2026-07-28T14:41, not \"{value}\""));
        }
        return Ok(Ask::Moment(columns, relation, value.clone()));
    }
    let unit = unit(first).ok_or_else(|| format!("{name} has no order; it takes : = != or ~"))?;
    let bound = unit.exact(value);
    let bound = bound.ok_or_else(|| format!("{name} is {}, not \"{value}\"", unit.example()))?;
    Ok(Ask::Than(columns, relation, bound))
}

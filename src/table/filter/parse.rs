//! Text to terms, each with its place.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use super::needle::{Mode, Needle, is_state};
use super::{FilterError, Term, Test};
use crate::table::Column;
use crate::table::column::Kind;

/// A run of characters between blanks that no quotes hold together.
struct Token<'t> {
    text: &'t str,
    /// Bytes of the whole text.
    span: Range<usize>,
    /// Every quote was closed.
    closed: bool,
}

/// What a token says, before it is known which column it means.
enum Said<'t> {
    Word(String),
    Field { name: &'t str, mode: Mode, negated: bool, values: Vec<String> },
}

/// The terms that can be understood, and what is wrong with the others.
pub(super) fn terms(text: &str) -> (Vec<Term>, Vec<FilterError>) {
    let mut terms = Vec::new();
    let mut errors = Vec::new();
    for (span, negated, token) in groups(text) {
        let term = match token {
            Some(token) => term(&token, negated),
            None => Err("\"not\" what?".to_owned()),
        };
        match term {
            Ok(term) => terms.push(term),
            Err(message) => {
                let before = text.get(..span.start).unwrap_or_default();
                errors.push(FilterError { at: before.chars().count(), message });
            }
        }
    }
    (terms, errors)
}

/// The text of each term that nothing behind it can change.
pub(super) fn finished(text: &str) -> impl Iterator<Item = &str> {
    let closed =
        groups(text).into_iter().filter(|(_, _, token)| token.as_ref().is_some_and(|token| token.closed));
    closed.filter_map(|(span, _, _)| text.get(span))
}

/// Tokens with the `not`s before them: span of all, whether they negate, the token that they stand before.
fn groups(text: &str) -> Vec<(Range<usize>, bool, Option<Token<'_>>)> {
    let mut groups = Vec::new();
    let mut pending: Option<(usize, bool)> = None;
    for token in tokens(text) {
        let (start, negated) = pending.take().unwrap_or((token.span.start, false));
        if token.text == "not" {
            pending = Some((start, !negated));
        } else {
            groups.push((start..token.span.end, negated, Some(token)));
        }
    }
    groups.extend(pending.map(|(start, negated)| (start..text.len(), negated, None)));
    groups
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut before = ' ';
    for (at, character) in text.char_indices().chain([(text.len(), ' ')]) {
        let ends_here = at == text.len() || (character.is_whitespace() && quote.is_none());
        if ends_here {
            if let Some(start) = start.take() {
                let span = start..at;
                let text = text.get(span.clone()).unwrap_or_default();
                tokens.push(Token { text, span, closed: quote.take().is_none() });
            }
        } else {
            start.get_or_insert(at);
            match quote {
                Some(open) if open == character => quote = None,
                None if matches!(character, '"' | '\'') && opens_quote(before) => quote = Some(character),
                Some(_) | None => {}
            }
        }
        before = character;
    }
    tokens
}

/// A quote inside a word is an apostrophe.
fn opens_quote(before: char) -> bool {
    before.is_whitespace() || matches!(before, ':' | '=' | ',' | '!')
}

fn term(token: &Token<'_>, negated: bool) -> Result<Term, String> {
    if !token.closed {
        return Err(format!("{} has no closing quote", token.text));
    }
    let bare = token.text.trim_start_matches('!');
    let negated = negated != ((token.text.len() - bare.len()) % 2 == 1);
    if bare.is_empty() {
        return Err("\"!\" what?".to_owned());
    }
    if bare == "or" || bare == "and" {
        return Err(format!("\"{bare}\" between terms is not known; quote it to look for the word"));
    }
    let (test, opposite) = match said(bare)? {
        Said::Word(word) => match word.parse() {
            Ok(number) if word == bare => (Test::Number(number), false),
            Ok(_) | Err(_) => (Test::Word(Needle::new(word)), false),
        },
        Said::Field { name, mode, negated, values } => (field(name, mode, values)?, negated),
    };
    Ok(Term { negated: negated != opposite, test })
}

fn said(bare: &str) -> Result<Said<'_>, String> {
    let is_address = bare.parse::<IpAddr>().is_ok() || bare.parse::<SocketAddr>().is_ok();
    let operator =
        bare.find([':', '=', '<', '>', '~']).filter(|_| !is_address && !bare.starts_with(['"', '\'']));
    let Some((name, rest)) = operator.and_then(|at| bare.split_at_checked(at)) else {
        return Ok(Said::Word(unquoted(bare)));
    };
    let (name, negated) = match (name.strip_suffix('!'), rest.starts_with('=')) {
        (Some(name), true) => (name, true),
        (Some(_) | None, _) => (name, false),
    };
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphabetic() || c == '_' || c == '-') {
        return Ok(Said::Word(unquoted(bare))); // 10.0.0.5:443, /dev/tcp/x:1
    }
    let (mode, values) = if let Some(values) = rest.strip_prefix(':') {
        (Mode::Like, values)
    } else if let Some(values) = rest.strip_prefix('=') {
        (Mode::Exactly, values)
    } else {
        return Err(format!("{bare} is not known; a column takes : = or !="));
    };
    let values: Vec<String> =
        split_list(values).into_iter().filter(|value| !value.is_empty()).map(unquoted).collect();
    if values.is_empty() {
        return Err(format!("{bare} what?"));
    }
    Ok(Said::Field { name, mode, negated, values })
}

/// At commas that are in no quotes.
fn split_list(values: &str) -> Vec<&str> {
    let mut quote = None;
    let mut before = ',';
    values
        .split(|character| {
            match quote {
                Some(open) if open == character => quote = None,
                None if matches!(character, '"' | '\'') && before == ',' => quote = Some(character),
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

fn field(name: &str, mode: Mode, values: Vec<String>) -> Result<Test, String> {
    let are_numbers = values.iter().all(|value| value.parse::<i128>().is_ok());
    // A port of either end has no column of its own; protocols have a column of numbers and one of names.
    let names: &[&str] = match name {
        "port" => &["local_port", "remote_port"],
        "protocol" if !are_numbers => &["proto"],
        name => &[name],
    };
    let columns: Vec<_> = names
        .iter()
        .map(|name| Column::find(name))
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    for value in &values {
        let fits = columns.iter().all(|column| match column.kind {
            Kind::Number => value.parse::<i128>().is_ok(),
            Kind::State => is_state(value),
            Kind::Text | Kind::Protocol | Kind::Aside => true,
        });
        if !fits {
            return Err(match columns.first() {
                Some(column) if column.kind == Kind::State => format!("no state begins with \"{value}\""),
                Some(_) | None => format!("{name} is a number, not \"{value}\""),
            });
        }
    }
    Ok(Test::Field { columns, mode, wanted: values.into_iter().map(Needle::new).collect() })
}

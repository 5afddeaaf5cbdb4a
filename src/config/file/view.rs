//! `[[view]]` of the config file.

use serde::Deserialize;
use toml::Spanned;

use super::screen::{SortText, Texts, Wrong, columns};
use crate::table::{Filter, FilterError, Saved};

/// A view as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct View {
    name: Name,
    filter: Spanned<String>,
    sort: Option<SortText>,
    #[serde(default)]
    columns: Texts,
}

impl View {
    /// From the text of the file. Fails at the first of its terms and columns that is none.
    pub(super) fn saved(self, text: &str) -> Result<Saved, Wrong> {
        let Self { name, filter, sort, columns: list } = self;
        Ok(Saved {
            name: name.0,
            filter: terms(&filter, text)?,
            sort: sort.map(|sort| sort.0),
            columns: columns(&list)?,
        })
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Name(String);

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        if name.trim().is_empty() { Err("a view needs a name") } else { Ok(Self(name)) }
    }
}

/// The terms, all of which are right.
///
/// Fails at the first that is wrong; where something of the value is escaped, as a whole.
fn terms(filter: &Spanned<String>, text: &str) -> Result<String, Wrong> {
    let (value, span) = (filter.get_ref(), filter.span());
    let Some(error) = Filter::parse(value).1.into_iter().next() else { return Ok(value.clone()) };
    let FilterError { at, length, message } = error;
    let first = span.start + 1;
    if text.get(first..first + value.len()) != Some(value) {
        return Err((format!("filter, at {}: {message}", at + 1), Some(span)));
    }
    let byte =
        |characters: usize| first + value.char_indices().nth(characters).map_or(value.len(), |(at, _)| at);
    Err((format!("filter: {message}"), Some(byte(at)..byte(at + length))))
}

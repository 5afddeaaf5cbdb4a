//! `[[view]]` of the config file.

use serde::Deserialize;

use super::screen::{SortText, Texts, Wrong, columns};
use crate::table::{Filter, Saved};

/// A view as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct View {
    name: Name,
    filter: Terms,
    sort: Option<SortText>,
    #[serde(default)]
    columns: Texts,
}

impl View {
    /// Fails at the first of its columns that is none.
    pub(super) fn saved(self) -> Result<Saved, Wrong> {
        let Self { name, filter, sort, columns: list } = self;
        Ok(Saved { name: name.0, filter: filter.0, sort: sort.map(|sort| sort.0), columns: columns(&list)? })
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

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Terms(String);

impl TryFrom<String> for Terms {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match Filter::parse(&text).1.into_iter().next() {
            Some(error) => Err(format!("filter, at {}: {}", error.at + 1, error.message)),
            None => Ok(Self(text)),
        }
    }
}

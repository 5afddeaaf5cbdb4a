//! `[[view]]` of the config file.

use serde::Deserialize;

use super::screen::SortText;
use crate::table::{Filter, Saved};

/// A view as the file has it, checked.
#[derive(Deserialize)]
#[serde(from = "ViewTable")]
pub(super) struct View(pub(super) Saved);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewTable {
    name: Name,
    filter: Terms,
    sort: Option<SortText>,
}

impl From<ViewTable> for View {
    fn from(table: ViewTable) -> Self {
        let ViewTable { name, filter, sort } = table;
        Self(Saved { name: name.0, filter: filter.0, sort: sort.map(|sort| sort.0) })
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

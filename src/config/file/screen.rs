//! What a config file says of the screen: columns, order, colours, keys, mouse.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use toml::Spanned;

use crate::app::keymap::{Key, Keys, UnknownKey};
use crate::app::{Theme, UnknownTheme};
use crate::config::delay;
use crate::table::{Chosen, ColumnError, Sort};

/// What is of the screen alone: it changes nothing that is printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    /// None: those that the width has room for.
    pub columns: Option<Vec<Chosen>>,
    pub sort: Option<Sort>,
    pub interval: Option<Duration>,
    /// None: the terminal's own colours, or none where the environment has `NO_COLOR`.
    pub theme: Option<Theme>,
    /// Names of hosts, services and users from the start.
    pub names: bool,
    /// The mouse is the terminal's own: none of its clicks is taken.
    pub no_mouse: bool,
    pub keys: Keys,
}

/// What is wrong, and at which bytes.
pub(super) type Wrong = (String, Option<Range<usize>>);

/// A list of texts, each with its place, so that the one that is wrong can be named.
pub(super) type Texts = Vec<Spanned<String>>;

/// What each of the texts means.
///
/// Fails at the first that means nothing.
pub(super) fn each<T, E: fmt::Display>(
    texts: &Texts,
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, Wrong> {
    let read =
        |text: &Spanned<String>| read(text.get_ref()).map_err(|error| (error.to_string(), Some(text.span())));
    texts.iter().map(read).collect()
}

/// Columns of a screen; none where the list is empty.
pub(super) fn columns(texts: &Texts) -> Result<Option<Vec<Chosen>>, Wrong> {
    Ok(Some(each(texts, Chosen::parse)?).filter(|columns| !columns.is_empty()))
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct SortText(pub(super) Sort);

impl TryFrom<String> for SortText {
    type Error = ColumnError;

    fn try_from(text: String) -> Result<Self, ColumnError> {
        Sort::parse(&text).map(Self)
    }
}

#[derive(Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Seconds(pub(super) Duration);

impl TryFrom<f64> for Seconds {
    type Error = String;

    fn try_from(seconds: f64) -> Result<Self, String> {
        delay("interval", seconds).map(Self).map_err(|error| error.to_string())
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct ThemeText(pub(super) Theme);

impl TryFrom<String> for ThemeText {
    type Error = UnknownTheme;

    fn try_from(text: String) -> Result<Self, UnknownTheme> {
        text.parse().map(Self)
    }
}

/// `[keys]`: names of actions, each with a key or several.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(super) struct KeyTable(BTreeMap<Spanned<String>, Spanned<KeyList>>);

impl KeyTable {
    /// The keys as bound.
    ///
    /// Fails at the first name that no action has, at a key that the terminal does not send, and at one that would
    /// do two things in one view.
    pub(super) fn keys(&self) -> Result<Keys, Wrong> {
        let mut keys = Keys::default();
        let mut places: Vec<(&str, Key, Range<usize>)> = Vec::new();
        for (name, list) in &self.0 {
            let parsed = list.get_ref().0.iter().map(|text| {
                let place = text.span();
                // A key that stands alone, not in a list, has no place of its own.
                let place = if place.is_empty() { list.span() } else { place };
                let key =
                    text.get_ref().parse().map_err(|error: UnknownKey| (error.to_string(), place.clone()));
                key.map(|key: Key| (key, place))
            });
            let parsed = parsed.collect::<Result<Vec<_>, _>>().map_err(|(why, place)| (why, Some(place)))?;
            if !keys.bind(name.get_ref(), parsed.iter().map(|(key, _)| *key).collect()) {
                let why = format!("no action \"{}\"; --print-config lists them", name.get_ref());
                return Err((why, Some(name.span())));
            }
            places.extend(parsed.into_iter().map(|(key, place)| (name.get_ref().as_str(), key, place)));
        }
        let Some(conflict) = keys.conflict() else { return Ok(keys) };
        let is_of =
            |(name, key, _): &&(&str, Key, _)| *key == conflict.key && conflict.names.contains(&Some(*name));
        let last = places.iter().filter(is_of).max_by_key(|(_, _, place)| place.start);
        Err((conflict.to_string(), last.map(|(_, _, place)| place.clone())))
    }
}

/// One text, or a list of texts.
struct KeyList(Vec<Spanned<String>>);

impl<'de> Deserialize<'de> for KeyList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeyListVisitor)
    }
}

struct KeyListVisitor;

impl<'de> Visitor<'de> for KeyListVisitor {
    type Value = KeyList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key or a list of keys")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<KeyList, E> {
        Ok(KeyList(vec![Spanned::new(0..0, key.to_owned())]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<KeyList, A::Error> {
        let mut keys = Vec::new();
        while let Some(key) = list.next_element()? {
            keys.push(key);
        }
        Ok(KeyList(keys))
    }
}

//! The config file with a mute more or less, or other columns, and all else as it was.

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use crate::model::Mute;
use crate::table::Chosen;

/// The text with the mute behind the others.
///
/// Fails, in words, where the text is no TOML, or has its mutes in another form than `[[mute]]`.
pub fn with_mute(text: &str, mute: &Mute) -> Result<String, String> {
    let mut document = parsed(text)?;
    let item = document.entry("mute").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let mutes = item.as_array_of_tables_mut().ok_or("its mutes are not written as [[mute]]")?;
    let mut table = Table::new();
    let peer = mute.peer.map(|peer| peer.to_string());
    let reason = Some(mute.reason.clone());
    for (name, text) in [
        ("rule", &mute.rule),
        ("exe", &mute.exe),
        ("peer", &peer),
        ("parent", &mute.parent),
        ("reason", &reason),
    ] {
        if let Some(text) = text {
            table.insert(name, value(text));
        }
    }
    if !text.is_empty() {
        table.decor_mut().set_prefix("\n");
    }
    mutes.push(table);
    Ok(document.to_string())
}

/// The text without that mute; none where it is not in it.
///
/// Fails, in words, where the text is no TOML.
pub fn without_mute(text: &str, mute: &Mute) -> Result<Option<String>, String> {
    let mut document = parsed(text)?;
    let Some(mutes) = document.get_mut("mute").and_then(Item::as_array_of_tables_mut) else {
        return Ok(None);
    };
    let Some(at) = mutes.iter().position(|table| is(table, mute)) else {
        return Ok(None);
    };
    let above =
        mutes.get(at).and_then(|table| table.decor().prefix()?.as_str()).unwrap_or_default().to_owned();
    mutes.remove(at);
    if mutes.is_empty() {
        document.remove("mute");
    }
    // A comment above it may be about what follows.
    if above.contains('#') {
        let trailing = document.trailing().as_str().unwrap_or_default().to_owned();
        document.set_trailing(above + &trailing);
    }
    Ok(Some(document.to_string()))
}

/// The text with these columns; without any where there are none.
///
/// Fails, in words, where the text is no TOML.
pub fn with_columns(text: &str, columns: Option<&[Chosen]>) -> Result<String, String> {
    let mut document = parsed(text)?;
    let Some(columns) = columns else {
        document.remove("columns");
        return Ok(document.to_string());
    };
    let list: Array = columns.iter().map(ToString::to_string).collect();
    if let Some(known) = document.get_mut("columns").and_then(Item::as_value_mut) {
        let decor = known.decor().clone();
        *known = list.into();
        *known.decor_mut() = decor;
    } else {
        document.insert("columns", value(list));
    }
    Ok(document.to_string())
}

fn parsed(text: &str) -> Result<DocumentMut, String> {
    text.parse::<DocumentMut>().map_err(|error| format!("it is wrong: {}", error.message()))
}

fn is(table: &Table, mute: &Mute) -> bool {
    let text = |name: &str| table.get(name).and_then(Item::as_str).map(str::to_owned);
    let found = Mute {
        rule: text("rule"),
        exe: text("exe"),
        peer: text("peer").and_then(|peer| peer.parse().ok()),
        parent: text("parent"),
        reason: text("reason").unwrap_or_default(),
    };
    found == *mute
}

//! Keys by their names, as a config file has them.

use std::str::FromStr;

use crossterm::event::KeyCode;

use super::{Key, control, key};

/// Keys that are no characters; each is called as help shows it.
const CODES: [KeyCode; 15] = [
    KeyCode::Enter,
    KeyCode::Esc,
    KeyCode::Tab,
    KeyCode::BackTab,
    KeyCode::Backspace,
    KeyCode::Insert,
    KeyCode::Delete,
    KeyCode::Up,
    KeyCode::Down,
    KeyCode::Left,
    KeyCode::Right,
    KeyCode::PageUp,
    KeyCode::PageDown,
    KeyCode::Home,
    KeyCode::End,
];

/// Function keys that terminals send.
const FUNCTIONS: std::ops::RangeInclusive<u8> = 1..=24;

/// Letters that a terminal sends as another key when Ctrl is held: Tab and Enter.
const OTHERS: [char; 2] = ['i', 'm'];

/// A text that names no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no key is called so: it is a character, Ctrl and a letter (Ctrl-X), F1 to F24, Space, {}", names())]
pub struct UnknownKey;

fn names() -> String {
    CODES.map(|code| key(code).to_string()).join(", ")
}

impl FromStr for Key {
    type Err = UnknownKey;

    fn from_str(name: &str) -> Result<Self, UnknownKey> {
        if let Some(letter) = name.strip_prefix("Ctrl-") {
            let letter = one(letter).map(|letter| letter.to_ascii_lowercase());
            let sent = letter.filter(|letter| letter.is_ascii_lowercase() && !OTHERS.contains(letter));
            return sent.map(control).ok_or(UnknownKey);
        }
        if name == "Space" {
            return Ok(key(KeyCode::Char(' ')));
        }
        if let Some(character) = one(name).filter(|character| !character.is_control() && *character != ' ') {
            return Ok(key(KeyCode::Char(character)));
        }
        let mut codes = CODES.into_iter().chain(FUNCTIONS.map(KeyCode::F)).map(key);
        codes.find(|key| key.to_string() == name).ok_or(UnknownKey)
    }
}

/// The only character of a text.
fn one(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

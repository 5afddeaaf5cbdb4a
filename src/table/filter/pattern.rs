//! Regular expressions of terms.

use regex::bytes::{Regex, RegexBuilder};

use crate::model::printable;
use crate::table::value::Command;
use crate::table::{Value, format};

/// More memory than this a pattern does not get: it is compiled with each key.
const LARGEST: usize = 1 << 20;

/// A regular expression; case matters only if a capital is typed.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}

impl Pattern {
    /// Fails, in words, where it is none.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let mut capitals = false;
        let mut escaped = false;
        for character in text.chars() {
            // \S is no capital.
            capitals |= character.is_uppercase() && !escaped;
            escaped = character == '\\' && !escaped;
        }
        let built = RegexBuilder::new(text)
            .case_insensitive(!capitals)
            .size_limit(LARGEST)
            .dfa_size_limit(LARGEST)
            .build();
        built.map(Self).map_err(|error| {
            if let regex::Error::CompiledTooBig(_) = error {
                return "the regular expression is too large".to_owned();
            }
            let said = error.to_string();
            let why = said.lines().last().unwrap_or_default().trim();
            format!("no regular expression: {}", why.strip_prefix("error: ").unwrap_or(why))
        })
    }

    fn is_in(&self, text: &[u8]) -> bool {
        self.0.is_match(text)
    }

    /// In the bytes as they are, or as they are shown.
    fn is_in_foreign(&self, bytes: &[u8]) -> bool {
        self.is_in(bytes)
            || (bytes.iter().any(|byte| !matches!(byte, b' '..=b'~'))
                && self.is_in(printable(bytes).as_bytes()))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "any other type is compared by its text")]
    pub(super) fn matches(&self, value: &Value<'_>) -> bool {
        match value {
            Value::Missing(_) | Value::NoOwner => false,
            Value::State(state, protocol) => {
                format::state(*state, *protocol).into_iter().any(|name| self.is_in(name.as_bytes()))
            }
            Value::Command(command) => self.is_command(*command),
            Value::Alerts(alerts) => alerts.iter().any(|alert| self.is_in(format::alert(alert).as_bytes())),
            Value::Endpoint(endpoint) => {
                let mut buffer = [0; 64];
                self.is_in(endpoint.numeric(&mut buffer))
                    || (endpoint.has_names() && self.is_in(endpoint.text().as_bytes()))
            }
            other => match other.bytes() {
                Some(bytes) => self.is_in_foreign(&bytes),
                None => self.is_in(other.text().as_bytes()),
            },
        }
    }

    fn is_command(&self, command: Command<'_>) -> bool {
        command.name().is_some_and(|name| self.is_in_foreign(name)) || self.is_in(command.text().as_bytes())
    }
}

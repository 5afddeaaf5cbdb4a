//! The whole config file as it would be with nothing changed.

use toml_edit::Array;

use super::{KEYS, Key};
use crate::app::keymap::{self, Binding};

/// What stands above `[keys]`; also what documentation says of it.
pub const ABOUT_KEYS: [&str; 2] = [
    "Keys of actions, one or a list: a character, Ctrl-X, F5, Space, Enter, PgUp; [] is none.",
    "Those of prompts and menus stay, and Ctrl-C always quits.",
];

/// A default config file in TOML: each key with what it is for. What has no value by default is a comment.
pub fn default_config() -> String {
    let mut lines = vec![
        "# sockeye's config file, with the values that hold without one. What is set in a comment here"
            .to_owned(),
        "# is an example: by default there is no such thing.".to_owned(),
    ];
    for key @ Key { example, default, help, .. } in KEYS.iter().filter(|key| key.table.is_none()) {
        let line =
            default.map_or_else(|| format!("# {example}"), |value| format!("{} = {value}", key.name()));
        lines.extend([String::new(), format!("# {help}"), line]);
    }
    lines.push(String::new());
    lines.extend(ABOUT_KEYS.map(|line| format!("# {line}")));
    lines.push("[keys]".to_owned());
    let bound =
        |(name, binding): (_, &Binding)| format!("{:40} # {}", bound(name, binding.keys), binding.help);
    lines.extend(keymap::named().map(bound));
    let tables = KEYS.iter().filter(|key| key.table.is_some()).collect::<Vec<_>>();
    for same in tables.chunk_by(|a, b| a.table == b.table) {
        let name = same.first().and_then(|key| key.table).unwrap_or_default();
        lines.extend([String::new(), format!("# [[{name}]]")]);
        lines.extend(same.iter().map(|Key { example, help, .. }| format!("# {example:32} # {help}")));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// `filter = ["/", "F4", "F3"]`
pub fn bound(name: &str, keys: &[keymap::Key]) -> String {
    let list: Array = keys.iter().map(ToString::to_string).collect();
    format!("{name} = {list}")
}

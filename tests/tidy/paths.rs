//! Paths in Rust code, with the groups of `use` written out.

/// Every path that begins with `root`: `use std::{fs, io::{self, Write}}` gives `std::fs`, `std::io::self` and
/// `std::io::Write`.
pub fn paths(code: &str, root: &str) -> Vec<String> {
    let mut found = Vec::new();
    let start = format!("{root}::");
    for (at, _) in code.match_indices(&start) {
        let before = code[..at].chars().next_back();
        if !before.is_some_and(|before| is_in_name(before) || before == ':') {
            write_out(&code[at + start.len()..], root, &mut found);
        }
    }
    found
}

fn is_in_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Adds what follows `before`: one path, or those of a group.
fn write_out(rest: &str, before: &str, found: &mut Vec<String>) {
    if let Some(group) = rest.strip_prefix('{') {
        for item in items(group) {
            write_out(item.trim(), before, found);
        }
        return;
    }
    let end = rest.find(|character| !is_in_name(character)).unwrap_or(rest.len());
    let path = format!("{before}::{}", &rest[..end]);
    match rest[end..].strip_prefix("::") {
        Some(more) if more.starts_with(|first| is_in_name(first) || first == '{') => {
            write_out(more, &path, found);
        }
        _ => found.push(path),
    }
}

/// The parts of a group, up to its closing bracket.
fn items(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.retain(|item| !item.trim().is_empty());
    items
}

//! The keys as the user has bound them.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent};

use super::{Action, Binding, DIGITS, Key, View, bindings, control, name};

/// Keys that the user bound in place of those of the table; by default none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(BTreeMap<&'static str, Vec<Key>>);

/// A key that means two things in one view.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} would be bound twice in the view \"{}\": to \"{}\" and to \"{}\"", .view.name(), .helps[0], .helps[1])]
pub struct Conflict {
    pub key: Key,
    pub view: View,
    /// The names of both actions, where they have one.
    pub names: [Option<&'static str>; 2],
    helps: [&'static str; 2],
}

/// What quits whatever is bound: nobody is to be caught in a full screen.
const QUITS: Key = control('c');

impl Keys {
    /// Replaces the keys of an action; false where none has that name.
    pub fn bind(&mut self, name: &str, mut keys: Vec<Key>) -> bool {
        let Some((name, binding)) = name::named().find(|(known, _)| *known == name) else { return false };
        if binding.action == Action::Quit && !keys.contains(&QUITS) {
            keys.push(QUITS);
        }
        if *keys == *binding.keys {
            self.0.remove(name);
        } else {
            self.0.insert(name, keys);
        }
        true
    }

    /// The keys of a binding in a view; in a prompt, where characters are text, always those of the table.
    pub fn of(&self, view: View, binding: &'static Binding) -> &[Key] {
        let own = binding.name().filter(|_| !view.is_prompt()).and_then(|name| self.0.get(name));
        own.map_or(binding.keys, Vec::as_slice)
    }

    /// The bindings of a view that have a key, in the order of hints and help.
    pub fn bindings(&self, view: View) -> impl Iterator<Item = (&'static Binding, &[Key])> {
        let bound = bindings(view).map(move |binding| (binding, self.of(view, binding)));
        bound.filter(|(_, keys)| !keys.is_empty())
    }

    /// What to call the key that does this in the table, where a text speaks of it.
    pub fn called(&self, action: &Action) -> String {
        let bound = self.bindings(View::Table).find(|(binding, _)| binding.action == *action);
        bound.and_then(|(_, keys)| keys.first()).map_or("(no key)".to_owned(), Key::to_string)
    }

    /// What a key does in a view.
    pub fn action(&self, view: View, event: &KeyEvent) -> Option<Action> {
        let pressed = Key::pressed(event)?;
        let mut bound = self.bindings(view).filter(|(_, keys)| keys.contains(&pressed));
        let (binding, _) = bound.next()?;
        Some(match (&binding.action, pressed.code) {
            (Action::Digit(_), KeyCode::Char(digit)) => Action::Digit(digit),
            (action, _) => action.clone(),
        })
    }

    /// The first key that is bound twice in a view.
    pub fn conflict(&self) -> Option<Conflict> {
        View::ALL.into_iter().find_map(|view| {
            let mut seen: Vec<(Key, &'static Binding)> = Vec::new();
            self.bindings(view).find_map(|(binding, keys)| {
                keys.iter().find_map(|key| {
                    if let Some((_, other)) = seen.iter().find(|(known, _)| known == key) {
                        let both = [*other, binding];
                        let (names, helps) = (both.map(Binding::name), both.map(|binding| binding.help));
                        return Some(Conflict { key: *key, view, names, helps });
                    }
                    seen.push((*key, binding));
                    None
                })
            })
        })
    }
}

/// Keys by their names, separated by blanks.
pub fn listed(keys: &[Key]) -> String {
    if keys == DIGITS {
        return "0-9".to_owned();
    }
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}

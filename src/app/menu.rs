//! Menus that write into the filter: users, namespaces, saved views.

use std::collections::{BTreeMap, BTreeSet};

use super::{App, Mode};
use crate::model::{Netns, printable};
use crate::table::filter::quoted;
use crate::table::{Column, Row, Table, Unit, Value};

/// What a menu offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Menu {
    Users,
    Namespaces,
    Views,
}

/// A line of a menu, safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub name: String,
    /// How many rows there are, or what the filter is.
    pub note: String,
    /// The term to write, or the filter; none: without.
    pub term: Option<String>,
    /// The filter says so already.
    pub is_on: bool,
}

impl Menu {
    pub fn title(self) -> &'static str {
        match self {
            Self::Users => "User",
            Self::Namespaces => "Network namespace",
            Self::Views => "Saved views",
        }
    }

    /// Beginnings of the terms that it replaces.
    fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Users => &["user=", "user:"],
            Self::Namespaces => &["netns=", "netns:", "net_namespace="],
            Self::Views => &[],
        }
    }
}

impl App {
    pub(super) fn open_menu(&mut self, menu: Menu) {
        self.refresh();
        let choices = match menu {
            Menu::Users => self.users(),
            Menu::Namespaces => self.namespaces(),
            Menu::Views if self.options.views.is_empty() => {
                return self.notify("no saved views: [[view]] in the config file makes one".to_owned());
            }
            Menu::Views => self.views(),
        };
        let at = choices.iter().position(|choice| choice.is_on).unwrap_or_default();
        self.open(Mode::Menu { menu, choices, at });
    }

    /// Does what the line says.
    pub(super) fn choose(&mut self, menu: Menu, choices: Vec<Choice>, at: usize) {
        let Some(choice) = choices.into_iter().nth(at) else { return };
        if menu != Menu::Views {
            return self.write_terms(menu.prefixes(), choice.term.as_deref());
        }
        // The first line is without a view.
        let saved = at.checked_sub(1).and_then(|at| self.options.views.get(at)).cloned();
        if let Some(sort) = saved.as_ref().and_then(|saved| saved.sort) {
            self.set_sort(sort);
        }
        let (text, columns) = saved.map(|saved| (saved.filter, saved.columns)).unwrap_or_default();
        self.view_columns = columns;
        self.history.remember(&text);
        self.set_filter(&text);
    }

    fn users(&self) -> Vec<Choice> {
        let Ok(column) = Column::find("user") else { return Vec::new() };
        let table = self.without(Menu::Users);
        let mut users: BTreeMap<u32, (String, usize)> = BTreeMap::new();
        for row in self.rows(&table) {
            let mut seen = BTreeSet::new();
            let others = row.owners.chunk_by(|one, next| one.pid == next.pid).scan(0, |at, same| {
                let lead = *at;
                *at += same.len();
                Some(Some(lead))
            });
            let leads: Vec<Option<usize>> = if row.owners.is_empty() { vec![None] } else { others.collect() };
            for lead in leads {
                let row = Row { lead, ..row };
                if let Value::User { uid, name } = (column.value)(&row)
                    && seen.insert(uid)
                {
                    let name = || name.and_then(|name| std::str::from_utf8(name).ok()).map(str::to_owned);
                    users.entry(uid).or_insert_with(|| (name().unwrap_or(uid.to_string()), 0)).1 += 1;
                }
            }
        }
        self.lines(users.into_iter().map(|(uid, (name, count))| {
            let word = Some(&*name).filter(|name| printable(name.as_bytes()) == *name).and_then(quoted);
            (name, count, format!("user={}", word.unwrap_or(uid.to_string())))
        }))
    }

    fn namespaces(&self) -> Vec<Choice> {
        let Ok(column) = Column::find("netns") else { return Vec::new() };
        let table = self.without(Menu::Namespaces);
        let mut spaces: BTreeMap<Netns, (String, usize)> = BTreeMap::new();
        for row in self.rows(&table) {
            let Some(socket) = row.socket else { continue };
            let name = || ((column.value)(&row).text().into_owned(), 0);
            spaces.entry(socket.id.netns).or_insert_with(name).1 += 1;
        }
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for (name, _) in spaces.values() {
            *times.entry(name.clone()).or_default() += 1;
        }
        self.lines(spaces.into_iter().map(|(netns, (name, count))| {
            let word = quoted(&name).filter(|_| times.get(&name) == Some(&1) && netns.number() != 0);
            let term = match word {
                Some(word) => format!("netns={word}"),
                None => format!("net_namespace={}", netns.number()),
            };
            (name, count, term)
        }))
    }

    fn views(&self) -> Vec<Choice> {
        let text = self.filter().text();
        let is_on = |filter: &str, columns: &Option<_>| filter == text && *columns == self.view_columns;
        let none = Choice { is_on: is_on("", &None), ..without("no filter") };
        let views = self.options.views.iter().map(|saved| Choice {
            name: printable(saved.name.as_bytes()).into_owned(),
            note: printable(saved.filter.as_bytes()).into_owned(),
            term: Some(saved.filter.clone()),
            is_on: is_on(&saved.filter, &saved.columns),
        });
        std::iter::once(none).chain(views).collect()
    }

    /// Lines of names with their numbers of rows and terms, the most rows first.
    fn lines(&self, counted: impl Iterator<Item = (String, usize, String)>) -> Vec<Choice> {
        let mut counted: Vec<_> = counted.collect();
        counted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut lines: Vec<Choice> = counted
            .into_iter()
            .map(|(name, count, term)| Choice {
                name: printable(name.as_bytes()).into_owned(),
                note: format!("{count:6}"),
                is_on: self.filter().is_term(&term),
                term: Some(term),
            })
            .collect();
        let none = Choice { is_on: lines.iter().all(|line| !line.is_on), ..without("all") };
        lines.insert(0, none);
        lines
    }

    /// The rows that there would be without the terms of a menu.
    fn without(&self, menu: Menu) -> Table {
        let mut query = self.query(Unit::Socket);
        for prefix in menu.prefixes() {
            query.filter = query.filter.without_term(prefix);
        }
        Table::build(self.table.inputs().to_vec(), self.names(), &query)
    }

    fn rows<'t>(&'t self, table: &'t Table) -> impl Iterator<Item = Row<'t>> {
        (0..table.len()).filter_map(|at| table.row(at, self.names()))
    }
}

fn without(name: &str) -> Choice {
    Choice { name: name.to_owned(), note: String::new(), term: None, is_on: false }
}

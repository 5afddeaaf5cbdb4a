//! Who holds a socket, in a few words.

use std::borrow::Cow;

use crate::model::{NetNamespace, Process, printable};
use crate::table::Row;

/// `bash < php @ns2 (+8)`: name, the ancestor that explains it, namespace, further processes.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a>(&'a Row<'a>);

impl<'a> Command<'a> {
    pub fn new(row: &'a Row<'a>) -> Self {
        Self(row)
    }

    pub(super) fn row(self) -> &'a Row<'a> {
        self.0
    }

    /// Name of the process, as it set it.
    pub fn name(&self) -> Option<&'a [u8]> {
        self.0.process().map(|process| process.comm.as_bytes())
    }

    /// The ancestor that explains the process: of a shell the nearest that is none, of any other
    /// program the shell that started it.
    pub fn ancestor(&self) -> Option<&'a Process> {
        let chain = self.0.ancestry();
        let (process, parents) = chain.split_first()?;
        let shells = &self.0.analysis.judging.shells;
        if shells.is_shell(process) {
            parents.iter().find(|parent| !shells.is_shell(parent)).copied()
        } else {
            parents.first().filter(|parent| shells.is_shell(parent)).copied()
        }
    }

    /// Its socket's namespace, where that is not the host's: by its name, else its place in the snapshot's list.
    pub fn namespace(&self) -> Option<Cow<'a, str>> {
        self.0.socket?;
        match self.0.namespace() {
            Some((_, namespace)) if namespace.is_host => None,
            Some((_, NetNamespace { name: Some(name), .. })) => Some(printable(name.as_bytes())),
            Some((place, _)) => Some(format!("ns{place}").into()),
            None => Some("?".into()),
        }
    }

    pub fn text(&self) -> String {
        self.parts().concat()
    }

    /// `bash(20117) @ns2 (+8)`: without the ancestor, which a tree shows by itself.
    pub(in crate::table) fn alone(self) -> String {
        let pid = self.0.pid().map(|pid| format!("({pid})")).unwrap_or_default();
        format!("{}{pid}{}", self.name().map_or("?".into(), printable), self.tail())
    }

    /// Name with ancestor, and what follows; the first may be cut.
    pub(super) fn parts(self) -> [String; 2] {
        let row = self.0;
        let head = match (row.pid(), self.ancestor()) {
            (None, _) => "no owner".to_owned(),
            (Some(_), None) => self.name().map_or("?".into(), printable).into_owned(),
            (Some(_), Some(ancestor)) => {
                format!("{} < {}", self.name().map_or("?".into(), printable), ancestor.comm)
            }
        };
        [head, self.tail()]
    }

    /// ` @ns2 (+8)`: what follows the name.
    pub(in crate::table) fn tail(self) -> String {
        let row = self.0;
        let why = row.unowned().map(|(number, _)| format!(" [{number}]"));
        let namespace = self.namespace().map(|name| format!(" @{name}"));
        let further = row.further_processes();
        let further = (further > 0).then(|| format!(" (+{further})"));
        [why, namespace, further].into_iter().flatten().collect()
    }
}

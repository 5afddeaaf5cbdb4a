//! What the lead owner's process belongs to and holds.

use super::{Labelled, cell, labelled};
use crate::model::{Fd, Process, Target};
use crate::table::Row;

/// Most descriptors that are listed.
const MOST: usize = 32;

/// Unit, container and control group, where it is in any.
pub(super) fn unit(row: &Row<'_>) -> Option<Labelled> {
    let named = ["unit", "container", "cgroup"].map(|name| (name, cell(row, name)));
    let words: Vec<_> = named
        .iter()
        .filter(|(_, value)| !matches!(value.as_str(), "" | "-"))
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let (first, _) = words.first()?.split_once(' ')?;
    let label = if first == "unit" { "unit" } else { "group" };
    let text = words.join("  ");
    Some(labelled(label, text.strip_prefix("unit ").unwrap_or(&text).to_owned()))
}

/// Its descriptors in short, and which are not listed.
pub(super) fn descriptors(row: &Row<'_>, process: &Process) -> Option<Labelled> {
    if row.is_closed() {
        return None;
    }
    let pid = process.key.pid;
    let sockets = row.snapshot().owners.iter().filter(|owner| owner.pid == pid);
    let mut all: Vec<(Fd, Target)> = sockets.map(|owner| (owner.fd, Target::Socket(owner.inode))).collect();
    let linked = row.snapshot().descriptors.iter().filter(|descriptor| descriptor.pid == pid);
    let before = all.len();
    all.extend(linked.map(|descriptor| (descriptor.fd, descriptor.target)));
    let rest = if all.len() == before {
        "sockets only: others are read of shells and of what is linked to them"
    } else {
        "files and the like beyond 0, 1 and 2 are not listed"
    };
    all.sort_unstable();
    all.dedup_by_key(|(fd, _)| *fd);
    let mut words: Vec<String> =
        all.iter().take(MOST).map(|(fd, target)| format!("{fd} {}", name(*target))).collect();
    if all.len() > MOST {
        words.push(format!("and {} more", all.len() - MOST));
    }
    if words.is_empty() {
        words.push("none known".to_owned());
    }
    Some(labelled("fds", format!("{}  ({rest})", words.join("  "))))
}

fn name(target: Target) -> String {
    match target {
        Target::Socket(inode) => format!("socket {inode}"),
        Target::Pipe(inode) => format!("pipe {inode}"),
        Target::Fifo { inode, .. } => format!("fifo {inode}"),
        Target::PtySlave { index, .. } => format!("pts/{index}"),
        Target::PtyMaster { index, .. } => format!("master of pts/{index}"),
        Target::Terminal => "terminal".to_owned(),
        Target::Null => "/dev/null".to_owned(),
        Target::File => "file".to_owned(),
        Target::Anonymous => "no file".to_owned(),
    }
}

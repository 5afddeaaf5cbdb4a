//! Knows which process holds which end, by the texts of links alone.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::collect::bpf::OpenFile;
use crate::collect::root::link_number;
use crate::model::{Access, Fd, Inode, Pid, Shells, Target};

/// What two ends have in common, as far as a link's text says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::collect) enum Key {
    Pipe(u64),
    /// Any other file with a path, which may be a fifo: hash of the text, as far as it was read.
    Named(u64),
    /// Index of the pseudo-terminal.
    Slave(u32),
    Master,
    /// Nothing that links: the controlling terminal, whichever it is, and what of standard files is known anyway.
    Other,
}

/// A descriptor that may link its process to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::collect) struct End {
    pub(super) key: Key,
    pub(super) pid: Pid,
    pub(super) fd: Fd,
    /// All that there is to tell, where it need not be read.
    pub(super) known: Option<(Access, Target)>,
}

impl End {
    /// None where the link is to something that nobody reads what another writes into.
    ///
    /// ```text
    /// pipe:[9172]   /tmp/f   /tmp/f (deleted)   /dev/pts/3   /dev/pts/ptmx   /dev/ptmx   /dev/tty
    /// ```
    pub(in crate::collect) fn of(link: &[u8], pid: Pid, fd: Fd) -> Option<Self> {
        let key = match link.strip_prefix(b"/dev/") {
            _ if link.first() != Some(&b'/') => Key::Pipe(link_number(link, b"pipe")?),
            _ if link.ends_with(b"/ptmx") => Key::Master,
            Some(b"tty") => Key::Other,
            Some(name) if name.starts_with(b"pts/") => Key::Slave(slave(link)?),
            Some(b"null" | b"zero" | b"random" | b"urandom" | b"full") => return None,
            Some(_) | None => Key::Named(hash(link)),
        };
        Some(Self { key, pid, fd, known: None })
    }

    /// What BPF found.
    pub(in crate::collect) fn of_file(file: &OpenFile) -> Self {
        let &OpenFile { pid, fd, access, target, is_exact } = file;
        let key = match target {
            Some(Target::Pipe(Inode(inode))) => Key::Pipe(inode),
            Some(Target::Fifo { device, inode }) => Key::Named(hash(&(device, inode))),
            Some(Target::PtySlave { index, .. }) => Key::Slave(index),
            Some(Target::PtyMaster { .. }) => Key::Master,
            Some(Target::Socket(_) | Target::Terminal | Target::Null | Target::File | Target::Anonymous)
            | None => Key::Other,
        };
        let known = target.filter(|target| is_exact || !matches!(target, Target::Fifo { .. }));
        Self { key, pid, fd, known: known.map(|target| (access, target)) }
    }
}

fn hash(what: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// Standard input, output or error.
pub(super) fn is_stdio(fd: Fd) -> bool {
    fd.0 <= 2
}

/// One of these, or where a shell may have moved it ([`crate::model::Shells::standard`]).
pub(super) fn can_be_standard(fd: Fd) -> bool {
    is_stdio(fd) || Shells::MOVED.contains(&fd.0)
}

/// Index of the pseudo-terminal in `/dev/pts/3`, wherever that is mounted.
pub(super) fn slave(link: &[u8]) -> Option<u32> {
    let at = link.iter().rposition(|&byte| byte == b'/')?;
    let (dir, name) = link.split_at_checked(at)?;
    let digits = name.strip_prefix(b"/").filter(|name| name.iter().all(u8::is_ascii_digit))?;
    if !dir.ends_with(b"/pts") {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// All ends of the machine, by what they have in common and by process.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_key: Vec<End>,
    by_pid: Vec<End>,
}

impl Index {
    pub(super) fn new(mut ends: Vec<End>) -> Self {
        ends.sort_by_key(|end| (end.pid, end.fd)); // in this order nearly
        let mut by_key: Vec<End> = ends.iter().filter(|end| end.key != Key::Other).copied().collect();
        by_key.sort_unstable();
        Self { by_key, by_pid: ends }
    }

    /// The other places where the same may be open, of any process.
    pub(super) fn with_key(&self, key: Key) -> &[End] {
        within(&self.by_key, |end| end.key, key)
    }

    pub(super) fn of_process(&self, pid: Pid) -> &[End] {
        within(&self.by_pid, |end| end.pid, pid)
    }

    pub(super) fn find(&self, pid: Pid, fd: Fd) -> Option<&End> {
        let at = self.by_pid.binary_search_by_key(&(pid, fd), |end| (end.pid, end.fd)).ok()?;
        self.by_pid.get(at)
    }

    /// Whether another process has the same open, as far as the text says.
    pub(super) fn is_shared(&self, end: &End) -> bool {
        self.with_key(end.key).iter().any(|other| other.pid != end.pid)
    }

    pub(super) fn processes(&self) -> impl Iterator<Item = &[End]> {
        self.by_pid.chunk_by(|one, other| one.pid == other.pid)
    }
}

/// Those with this key, in a list that is sorted by it.
pub(in crate::collect) fn within<T, K: Ord + Copy>(sorted: &[T], key: impl Fn(&T) -> K, wanted: K) -> &[T] {
    let rest = sorted.get(sorted.partition_point(|one| key(one) < wanted)..).unwrap_or_default();
    rest.get(..rest.partition_point(|one| key(one) == wanted)).unwrap_or_default()
}

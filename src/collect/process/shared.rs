//! Facts that many processes have in common, as the workers of a service do, and that are read of two.
//!
//! BPF tells of each process what it executes, where it works and which control group it is in, by addresses in the
//! kernel: the same address is the same file. It tells so before the reading and after it ([`Shared::doubtful`]). Where
//! it says the same both times of the process that was read and of the one that has its facts from there, they were
//! true of both: the executable does not change without another number of its execution, a directory not without
//! another number of changes; for the control group, which counts nothing, two processes were read and say the same.

use std::collections::BTreeMap;

use crate::collect::bpf::{Holder, Places};
use crate::model::{Exe, Fact, Pid, Process, Text, base_name, is_loader};

/// What is the same, and the user: of another's process a file may be refused.
type Key = ([[u8; 16]; 3], u64, u32);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) exe: Exe,
    pub(super) cwd: Text,
    pub(super) cgroup: Text,
}

/// What was read in this pass, and of whom.
#[derive(Debug, Default)]
pub(super) struct Shared {
    before: Vec<Holder>,
    /// By what was told before: who was read last, and whether another said the same.
    known: BTreeMap<Key, (Pid, Facts, bool)>,
    /// Who has facts of whom.
    taken: Vec<(Pid, Pid)>,
}

impl Shared {
    /// Begins anew with what BPF tells before the reading, by number.
    pub(super) fn begin(&mut self, processes: Vec<Holder>) {
        *self = Self { before: processes, ..Self::default() };
    }

    /// What BPF told of a process before the reading.
    pub(super) fn told_before(&self, pid: Pid) -> Option<Holder> {
        of(&self.before, pid)
    }

    /// The facts of a process that two others were found to have.
    pub(super) fn take(&mut self, holder: &Holder) -> Option<Facts> {
        let (giver, facts, is_certain) = self.known.get(&self.key(holder)?)?;
        is_certain.then(|| {
            self.taken.push((holder.pid, *giver));
            facts.clone()
        })
    }

    /// Adds what was read of a process.
    pub(super) fn add(&mut self, holder: &Holder, process: &Process) {
        let Process { exe: Fact::Known(exe), cwd: Fact::Known(cwd), cgroup: Fact::Known(cgroup), .. } =
            process
        else {
            return;
        };
        // What a loader executes is told by more than its file.
        let names = [Some(&exe.path), exe.same_as.as_ref()];
        if names.into_iter().flatten().any(|path| is_loader(base_name(path.as_bytes()))) {
            return;
        }
        if let Some(key) = self.key(holder) {
            let facts = Facts { exe: exe.clone(), cwd: cwd.clone(), cgroup: cgroup.clone() };
            let is_certain = self.known.get(&key).is_some_and(|(_, known, _)| *known == facts);
            self.known.insert(key, (holder.pid, facts, is_certain));
        }
    }

    /// Those that have facts of another, of which BPF tells something else after the reading.
    pub(super) fn doubtful(&mut self, after: &[Holder]) -> Vec<Pid> {
        let stays = |pid| {
            let told = |all| of(all, pid).map(|found| (found.start, found.execution, found.places));
            told(&self.before).is_some_and(|before| told(after) == Some(before))
        };
        let changed = self.taken.iter().filter(|&&(taker, giver)| !stays(taker) || !stays(giver));
        let doubtful = changed.map(|&(taker, _)| taker).collect();
        self.begin(Vec::new());
        doubtful
    }

    /// None where that was not told of a process that executes what it did then.
    fn key(&self, holder: &Holder) -> Option<Key> {
        let before = self.told_before(holder.pid)?;
        let Places { exe, root, directory, cgroup, .. } = before.places;
        let is_told = [exe, root, directory].iter().all(|place| *place != [0; 16]) && cgroup != 0;
        ((before.start, before.execution) == (holder.start, holder.execution) && is_told).then_some((
            [exe, root, directory],
            cgroup,
            before.told?.uid,
        ))
    }
}

/// What is told of a process, by number.
pub(super) fn of(told: &[Holder], pid: Pid) -> Option<Holder> {
    let at = told.binary_search_by_key(&pid, |holder| holder.pid).ok()?;
    told.get(at).copied()
}

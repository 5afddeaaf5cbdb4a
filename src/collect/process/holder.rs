//! Reads what BPF does not tell of the processes that it found.

use std::collections::BTreeSet;
use std::os::fd::AsFd;

use super::shared::{Facts, of};
use super::{Known, Missing, Reader, exe, fact};
use crate::collect::bpf::Holder;
use crate::collect::gaps::Gaps;
use crate::collect::root::{ProcRoot, is_gone};
use crate::model::{Fact, GapReason, Pid, Process, ProcessKey, Shells, base_name};

impl Reader {
    /// Whether there is so little to read of these processes that to share it is not worth another pass.
    pub(in crate::collect) fn knows_most(&mut self, holders: &[Holder]) -> bool {
        let unknown = holders.iter().filter(|holder| !self.knows(holder)).count();
        unknown <= holders.len() / 4
    }

    /// Takes what BPF tells of all processes before they are met.
    pub(in crate::collect) fn expect(&mut self, mut processes: Vec<Holder>) {
        processes.sort_unstable_by_key(|process| process.pid); // the kernel's order already
        self.shared.begin(processes);
    }

    /// Reads what changes seldom, unless that is known.
    pub(in crate::collect) fn meet(&mut self, root: &ProcRoot, holder: &Holder) -> Result<(), Missing> {
        if self.knows(holder) {
            return Ok(());
        }
        let (process, cut, unjudged) = if let Some(Facts { exe, cwd, cgroup }) = self.shared.take(holder) {
            let mut cut = false;
            let read = self.cmdline(root, format!("{}/cmdline", holder.pid).as_str(), &mut cut);
            if let Err(errno) = read
                && is_gone(errno)
            {
                return Err(Missing::Gone);
            }
            let [cwd, cgroup] = [cwd, cgroup].map(Fact::Known);
            let cmdline = fact(read, |arguments| arguments);
            (Process { exe: Fact::Known(exe), cmdline, cwd, cgroup, ..self.process(key(holder)) }, cut, None)
        } else {
            let dir = root.process(holder.pid)?;
            let facts = self.facts(dir.as_fd(), key(holder));
            if facts.2.is_none() {
                self.shared.add(holder, &facts.0);
            }
            facts
        };
        let (execution, pass) = (Some(holder.execution), self.pass);
        self.known.insert(holder.pid, Known { process, image: None, cut, unjudged, execution, pass });
        Ok(())
    }

    /// The same of their ancestors, as far as BPF told of them. What cannot be read is a gap once it is looked for.
    pub(in crate::collect) fn meet_ancestors(&mut self, root: &ProcRoot, holders: &[Holder]) {
        let mut children: Vec<Pid> = holders.iter().map(|holder| holder.pid).collect();
        let mut met: BTreeSet<Pid> = children.iter().copied().collect();
        while let Some(child) = children.pop() {
            let parent = self.shared.told_before(child).and_then(|child| child.told?.parent);
            if let Some(parent) = parent.filter(|&parent| met.insert(parent))
                && let Some(holder) = self.shared.told_before(parent)
            {
                self.meet(root, &holder).ok();
                children.push(parent);
            }
        }
    }

    /// Takes what BPF tells of all processes after they were met; it holds until the next pass.
    pub(in crate::collect) fn tell(&mut self, mut processes: Vec<Holder>) {
        processes.sort_unstable_by_key(|process| process.pid); // the kernel's order already
        for pid in self.shared.doubtful(&processes) {
            self.known.remove(&pid);
        }
        self.told = processes;
    }

    /// All facts of a process that was met, with what was told since.
    pub(in crate::collect) fn complete(&mut self, holder: &Holder, gaps: &mut Gaps) -> Option<Process> {
        let told = holder.told?;
        let known = self.known.get_mut(&holder.pid).filter(|known| known.process.key == key(holder))?;
        known.tell(gaps);
        let process = &mut known.process;
        if process.comm.as_bytes() != told.comm() {
            process.comm = told.comm().into();
        }
        process.uid = told.uid;
        process.parent = told.parent;
        process.session = told.session;
        process.group = told.group;
        process.foreground = told.foreground;
        process.tty = told.tty;
        Some(process.clone())
    }

    /// All facts of a process; nothing is read of one that BPF told of and that is known.
    pub(in crate::collect) fn find(
        &mut self,
        root: &ProcRoot,
        pid: Pid,
        gaps: &mut Gaps,
    ) -> Result<Process, Missing> {
        let told = self.told(pid);
        if let Some(holder) = told
            && self.knows(&holder)
            && let Some(process) = self.complete(&holder, gaps)
        {
            return Ok(process);
        }
        let dir = root.process(pid)?;
        let process = self.read(dir.as_fd(), pid, gaps)?;
        if let Some(holder) = told
            && let Some(known) = self.known.get_mut(&pid)
            && known.process.key == key(&holder)
        {
            // It was read later: if it executed another program in between, the next pass tells.
            known.execution = Some(holder.execution);
        }
        Ok(process)
    }

    /// Whether what a process executes can be a shell: by its name, or by its content.
    ///
    /// # Errors
    ///
    /// As of [`crate::collect::exe::Contents::shell`].
    pub(in crate::collect) fn can_be_shell(
        &mut self,
        root: &ProcRoot,
        pid: Pid,
        shells: &Shells,
    ) -> Result<bool, GapReason> {
        let told = self.told(pid);
        let (is_turn, pass) = (self.is_turn(pid), self.pass);
        if let Some(holder) = told
            && !is_turn
            && let Some((known, can_be, asked)) = self.judged.get_mut(&pid)
            && (known.start, known.execution) == (holder.start, holder.execution)
        {
            *asked = pass;
            return Ok(*can_be);
        }
        let Ok(dir) = root.process(pid) else { return Ok(false) };
        let can_be = match fact(self.link(dir.as_fd(), c"exe"), exe) {
            Fact::Known(exe) if shells.can_be(base_name(exe.path.as_bytes())) => true,
            Fact::Known(exe) => {
                let copied = self.contents.as_mut().map(|contents| contents.shell(dir.as_fd(), &exe));
                copied.transpose()?.flatten().is_some()
            }
            Fact::Absent | Fact::Refused => false,
        };
        self.judged.extend(told.map(|holder| (pid, (holder, can_be, pass))));
        Ok(can_be)
    }

    /// Whether the process is known, executes what it did, and it is not its turn.
    fn knows(&mut self, holder: &Holder) -> bool {
        let (is_turn, pass) = (self.is_turn(holder.pid), self.pass);
        let known = self.known.get_mut(&holder.pid).filter(|known| {
            !is_turn && (known.process.key, known.execution) == (key(holder), Some(holder.execution))
        });
        known.is_some_and(|known| {
            known.pass = pass;
            true
        })
    }

    fn told(&self, pid: Pid) -> Option<Holder> {
        of(&self.told, pid)
    }
}

fn key(holder: &Holder) -> ProcessKey {
    ProcessKey { pid: holder.pid, start: holder.start }
}

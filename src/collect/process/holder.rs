//! Reads what BPF does not tell of the processes that it found.

use std::os::fd::AsFd;

use super::{Known, Missing, Reader, TURNS};
use crate::collect::bpf::Holder;
use crate::collect::gaps::Gaps;
use crate::collect::root::ProcRoot;
use crate::model::{Process, ProcessKey};

impl Reader {
    /// Reads what changes seldom, unless the process is known, executes what it did, and it is not its turn.
    pub(in crate::collect) fn meet(&mut self, root: &ProcRoot, holder: &Holder) -> Result<(), Missing> {
        let (pass, key) = (self.pass, key(holder));
        let is_turn = pass.wrapping_add(holder.pid.0).is_multiple_of(TURNS);
        let execution = Some(holder.execution);
        if !is_turn
            && let Some(known) = self.known.get_mut(&holder.pid)
            && (known.process.key, known.execution) == (key, execution)
        {
            known.pass = pass;
            return Ok(());
        }
        let dir = root.process(holder.pid)?;
        let (process, cut, unjudged) = self.facts(dir.as_fd(), key);
        self.known.insert(holder.pid, Known { process, image: None, cut, unjudged, execution, pass });
        Ok(())
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
}

fn key(holder: &Holder) -> ProcessKey {
    ProcessKey { pid: holder.pid, start: holder.start }
}

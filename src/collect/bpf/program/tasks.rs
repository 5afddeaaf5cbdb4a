//! The program for threads, and for the process that each first one stands for.

use super::super::BpfError;
use super::super::assembler::{Register, Width};
use super::super::row::{self, Slot};
use super::TASK;
use super::writer::{Writer, cast, place, span};
use Register::{Argument1, Argument2, Argument3, Frame};

/// The thread that its process is named after.
const LEADER: Register = Register::Kept9;
/// Of a process: what its threads share, and its terminal.
const SIGNAL: Register = Register::Kept8;
const TTY: Register = Register::Kept9;

/// `enum pid_type` of `include/linux/pid_types.h`.
const PIDTYPE_PGID: i16 = 2;
const PIDTYPE_SID: i16 = 3;

impl Writer<'_> {
    /// A thread.
    pub(super) fn tasks(&mut self) -> Result<(), BpfError> {
        let [end, write, thread] = std::array::from_fn(|_| self.assembler.label());
        self.begin(end)?;
        self.ease(TASK, "task_struct")?;
        self.zero(0, row::TASK);
        self.load("task_struct", "tgid", TASK, row::TASK_TGID)?;
        self.load("task_struct", "pid", TASK, row::TASK_TID)?;
        self.netns(TASK, row::TASK_NETNS)?; // one that ends has none
        self.assembler.load(Width::Word, Argument1, Frame, place(row::TASK_TGID));
        self.assembler.load(Width::Word, Argument2, Frame, place(row::TASK_TID));
        self.assembler.jump_unless_same(Argument1, Argument2, thread);
        self.holder()?;
        self.assembler.jump(write);
        self.assembler.place(thread);
        let leader = self.kernel.offset("task_struct", "group_leader")?;
        self.read_pointer(LEADER, TASK, leader);
        self.netns(LEADER, row::LEADERS_NETNS)?;
        self.assembler.place(write);
        self.assembler.set(Argument3, cast(row::TASK).into());
        self.write_out(end);
        Ok(())
    }

    /// Which of the programs that it executed this is; the low half of the number.
    pub(super) fn execution(&mut self, slot: Slot) -> Result<(), BpfError> {
        let execution = self.kernel.offset("task_struct", "self_exec_id")?;
        self.assembler.load(Width::Double, Argument1, TASK, execution);
        self.assembler.store(Width::Word, Frame, place(slot), Argument1);
        Ok(())
    }

    /// What is known of the process that is named after this thread.
    fn holder(&mut self) -> Result<(), BpfError> {
        self.load("task_struct", "start_boottime", TASK, row::TASK_START)?;
        self.execution(row::TASK_EXECUTION)?;
        let comm = self.kernel.offset("task_struct", "comm")?;
        self.read(row::COMM, TASK, comm);
        let cred = self.kernel.offset("task_struct", "real_cred")?;
        let euid = self.kernel.offset("cred", "euid")?;
        self.read_pointer(Argument3, TASK, cred);
        self.read(span(row::EUID), Argument3, euid);
        let parent = self.kernel.offset("task_struct", "real_parent")?;
        let tgid = self.kernel.offset("task_struct", "tgid")?;
        self.read_pointer(Argument3, TASK, parent);
        self.read(span(row::PARENT), Argument3, tgid);
        self.terminal()?;
        self.places();
        Ok(())
    }

    /// What its links in `/proc` lead to, as addresses in the kernel; 0 where this kernel has them elsewhere.
    fn places(&mut self) {
        let find = |structure, member| self.kernel.find(structure, member);
        let exe = [("task_struct", "mm"), ("mm_struct", "exe_file"), ("file", "f_path")];
        let exe = exe.map(|(structure, member)| find(structure, member));
        // What counts changes is the first in `seq`, whatever its type is called.
        let fs = ["seq", "root", "pwd"].map(|member| find("fs_struct", member));
        let (fs_of_task, cgroups) = (find("task_struct", "fs"), find("task_struct", "cgroups"));
        let cgroup = find("css_set", "dfl_cgrp");
        if let [Some(mm), Some(file), Some(path)] = exe {
            self.read_pointer(Argument3, TASK, mm);
            self.read_pointer(Argument3, Argument3, file);
            self.read(row::EXE, Argument3, path);
        }
        if let (Some(of_task), [Some(changes), Some(root), Some(directory)]) = (fs_of_task, fs) {
            self.read_pointer(Argument3, TASK, of_task);
            self.read(span(row::CHANGES), Argument3, changes);
            for (span, offset) in [(row::ROOT, root), (row::DIRECTORY, directory)] {
                self.read_again(Argument3);
                self.read(span, Argument3, offset);
            }
        }
        if let (Some(of_task), Some(cgroup)) = (cgroups, cgroup) {
            self.read_pointer(Argument3, TASK, of_task);
            self.read(span(row::CGROUP), Argument3, cgroup);
        }
    }

    /// Session, group and controlling terminal of the process that is named after this thread.
    fn terminal(&mut self) -> Result<(), BpfError> {
        let signal = self.kernel.offset("task_struct", "signal")?;
        let pids = self.kernel.offset("signal_struct", "pids")?;
        // `struct upid numbers[]`, that of the initial namespace first, and in it the number first.
        let number = self.kernel.offset("pid", "numbers")?;
        self.read_pointer(SIGNAL, TASK, signal);
        for (at, slot) in [(PIDTYPE_PGID, row::GROUP), (PIDTYPE_SID, row::SESSION)] {
            self.read_pointer(Argument3, SIGNAL, pids + 8 * at);
            self.read(span(slot), Argument3, number);
        }
        let tty = self.kernel.offset("signal_struct", "tty")?;
        self.read_pointer(TTY, SIGNAL, tty);
        let index = self.kernel.offset("tty_struct", "index")?;
        self.read(span(row::TTY_INDEX), TTY, index);
        let driver = self.kernel.offset("tty_struct", "driver")?;
        let major = self.kernel.offset("tty_driver", "major")?;
        let minor = self.kernel.offset("tty_driver", "minor_start")?;
        self.read_pointer(Argument3, TTY, driver);
        self.read(span(row::TTY_MAJOR), Argument3, major);
        self.read_again(Argument3);
        self.read(span(row::TTY_MINOR), Argument3, minor);
        // Until 5.13 by itself.
        let group = self.kernel.find("tty_struct", "ctrl.pgrp");
        let group = group.map_or_else(|| self.kernel.offset("tty_struct", "pgrp"), Ok)?;
        self.read_pointer(Argument3, TTY, group);
        self.read(span(row::FOREGROUND), Argument3, number);
        Ok(())
    }

    fn netns(&mut self, task: Register, slot: Slot) -> Result<(), BpfError> {
        let proxy = self.kernel.offset("task_struct", "nsproxy")?;
        let net = self.kernel.offset("nsproxy", "net_ns")?;
        let number = self.kernel.offset("net", "ns.inum")?;
        self.read_pointer(Argument3, task, proxy);
        self.read_pointer(Argument3, Argument3, net);
        self.read(span(slot), Argument3, number);
        Ok(())
    }
}

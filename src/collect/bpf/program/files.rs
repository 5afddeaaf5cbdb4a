//! The part of the program for files that are no sockets.

use super::super::BpfError;
use super::super::assembler::{Label, Register, Width};
use super::super::row::{self, Kind, Slot};
use super::writer::{Writer, place, span};
use super::{CONTEXT, FILE, INODE};
use Register::{Argument1, Argument3, Frame};

/// `S_IFMT` and what it leaves (`include/uapi/linux/stat.h`).
const TYPE_OF_FILE: i32 = 0o170_000;
const FIFO: i32 = 0o010_000;
const CHARACTER_DEVICE: i32 = 0o020_000;
const REGULAR: i32 = 0o100_000;

impl Writer<'_> {
    /// A file that is no socket. Ends where it can link its process to none and is no standard file.
    pub(super) fn file(&mut self, end: Label) -> Result<(), BpfError> {
        let [counts, is_file, no_device, nameless] = std::array::from_fn(|_| self.assembler.label());
        self.zero(0, Kind::File.length());
        let inode = self.kernel.offset("file", "f_inode")?;
        self.probe_pointer(INODE, FILE, inode, end);
        self.assembler.load(
            Width::Word,
            Argument1,
            CONTEXT,
            self.kernel.offset("bpf_iter__task_file", "fd")?,
        );
        self.assembler.jump_if_at_most(Argument1, 2, counts);
        self.probe_inode("i_mode", row::MODE)?;
        self.assembler.load(Width::Half, Argument1, Frame, place(row::MODE));
        self.assembler.and_value(Argument1, TYPE_OF_FILE);
        self.assembler.jump_if_equal(Argument1, FIFO, counts);
        self.assembler.jump_unless_equal(Argument1, CHARACTER_DEVICE, no_device);
        self.probe_inode("i_rdev", row::RDEV)?;
        self.assembler.load(Width::Word, Argument1, Frame, place(row::RDEV));
        self.assembler.jump_if_equal(Argument1, row::PTMX, counts);
        self.assembler.jump_if_equal(Argument1, row::TTY, counts);
        self.assembler.jump_if_at_most(Argument1, row::FIRST_SLAVE - 1, end);
        self.assembler.jump_if_at_most(Argument1, row::LAST_SLAVE, counts);
        self.assembler.jump(end);
        self.assembler.place(no_device);
        self.assembler.jump_unless_equal(Argument1, REGULAR, end);
        self.file_system(end)?;
        self.assembler.load(Width::Double, Argument1, Frame, place(row::MAGIC));
        self.assembler.jump_unless_equal(Argument1, row::NSFS, end);

        self.assembler.place(counts);
        self.task(end)?;
        self.probe_inode("i_mode", row::MODE)?;
        self.probe_inode("i_rdev", row::RDEV)?;
        self.probe_inode("i_ino", row::INODE)?;
        self.file_system(end)?;
        let flags = self.kernel.offset("file", "f_flags")?;
        self.probe(span(row::FLAGS), FILE, flags);
        self.assembler.load(Width::Word, Argument1, Frame, place(row::RDEV));
        self.assembler.jump_unless_equal(Argument1, row::PTMX, is_file);
        // The slave's entry in its devpts is the only way from the master to the file system.
        let private = self.kernel.offset("file", "private_data")?;
        self.probe_pointer(Argument3, FILE, private, is_file);
        let tty = self.kernel.offset("tty_file_private", "tty")?;
        self.probe_pointer(INODE, Argument3, tty, is_file);
        let index = self.kernel.offset("tty_struct", "index")?;
        self.probe(span(row::INDEX), INODE, index);
        self.assembler.store_value(Width::Word, Frame, place(row::HAS_INDEX), 1);
        let link = self.kernel.offset("tty_struct", "link")?;
        self.probe_pointer(Argument3, INODE, link, nameless);
        let entry = self.kernel.offset("tty_struct", "driver_data")?;
        self.probe_pointer(Argument3, Argument3, entry, nameless);
        let system = self.kernel.offset("dentry", "d_sb")?;
        self.probe_pointer(Argument3, Argument3, system, nameless);
        let device = self.kernel.offset("super_block", "s_dev")?;
        self.probe(span(row::DEVPTS), Argument3, device);
        self.assembler.place(nameless);
        self.assembler.place(is_file);
        self.finish(Kind::File, end);
        Ok(())
    }

    /// `row.slot = inode->member`
    fn probe_inode(&mut self, member: &'static str, slot: Slot) -> Result<(), BpfError> {
        let offset = self.kernel.offset("inode", member)?;
        self.probe(span(slot), INODE, offset);
        Ok(())
    }

    fn file_system(&mut self, end: Label) -> Result<(), BpfError> {
        let system = self.kernel.offset("inode", "i_sb")?;
        for (member, slot) in [("s_magic", row::MAGIC), ("s_dev", row::SUPER)] {
            let offset = self.kernel.offset("super_block", member)?;
            self.probe_pointer(Argument3, INODE, system, end);
            self.probe(span(slot), Argument3, offset);
        }
        Ok(())
    }
}

//! The part of the program for files that are no sockets.

use super::super::BpfError;
use super::super::assembler::{Register, Width};
use super::super::row::{self, Kind, Slot};
use super::writer::{Writer, place, span};
use super::{Ends, FILE, INODE};
use Register::{Argument1, Argument3, Frame};

/// `S_IFMT` and what it leaves (`include/uapi/linux/stat.h`).
const TYPE_OF_FILE: i32 = 0o170_000;
const FIFO: i32 = 0o010_000;
const CHARACTER_DEVICE: i32 = 0o020_000;
const REGULAR: i32 = 0o100_000;
/// Standard error.
const LAST_STANDARD: i32 = 2;

impl Writer<'_> {
    /// A file that is no socket. Ends where it can link its process to none and is no standard file.
    pub(super) fn file(&mut self, ends: Ends) -> Result<(), BpfError> {
        let [may_count, counts, is_file] = std::array::from_fn(|_| self.label());
        self.zero(0, row::TGID.at);
        self.zero(row::SUPER.at, Kind::File.length());
        self.ease(FILE, "file")?;
        let inode = self.kernel.offset("file", "f_inode")?;
        self.read_pointer(INODE, FILE, inode);
        self.read_inode("i_mode", row::MODE)?;
        self.read_inode("i_rdev", row::RDEV)?;
        self.assembler.load(Width::Word, Argument1, Frame, place(row::FD));
        self.assembler.jump_if_at_most(Argument1, LAST_STANDARD, may_count);
        self.assembler.load(Width::Half, Argument1, Frame, place(row::MODE));
        self.assembler.and_value(Argument1, TYPE_OF_FILE);
        self.assembler.jump_if_equal(Argument1, FIFO, may_count);
        self.assembler.jump_if_equal(Argument1, REGULAR, may_count);
        self.assembler.jump_unless_equal(Argument1, CHARACTER_DEVICE, ends.end);
        self.assembler.load(Width::Word, Argument1, Frame, place(row::RDEV));
        self.assembler.jump_if_equal(Argument1, row::PTMX, may_count);
        self.assembler.jump_if_equal(Argument1, row::TTY, may_count);
        self.assembler.jump_if_at_most(Argument1, row::FIRST_SLAVE - 1, ends.end);
        self.assembler.jump_unless_at_most(Argument1, row::LAST_SLAVE, ends.end);

        self.assembler.place(may_count);
        let system = self.kernel.offset("inode", "i_sb")?;
        let magic = self.kernel.offset("super_block", "s_magic")?;
        let device = self.kernel.offset("super_block", "s_dev")?;
        self.read_pointer(Argument3, INODE, system);
        self.read(span(row::MAGIC), Argument3, magic);
        self.assembler.load(Width::Word, Argument1, Frame, place(row::FD));
        self.assembler.jump_if_at_most(Argument1, LAST_STANDARD, counts);
        self.assembler.load(Width::Half, Argument1, Frame, place(row::MODE));
        self.assembler.and_value(Argument1, TYPE_OF_FILE);
        self.assembler.jump_unless_equal(Argument1, REGULAR, counts);
        self.assembler.load(Width::Double, Argument1, Frame, place(row::MAGIC));
        self.assembler.jump_unless_equal(Argument1, row::NSFS, ends.end);

        self.assembler.place(counts);
        self.read_again(Argument3);
        self.read(span(row::SUPER), Argument3, device);
        self.read_inode("i_ino", row::INODE)?;
        let flags = self.kernel.offset("file", "f_flags")?;
        self.read(span(row::FLAGS), FILE, flags);
        self.assembler.load(Width::Word, Argument1, Frame, place(row::RDEV));
        self.assembler.jump_unless_equal(Argument1, row::PTMX, is_file);
        // The slave's entry in its devpts is the only way from the master to the file system.
        let private = self.kernel.offset("file", "private_data")?;
        self.probe_pointer(Argument3, FILE, private);
        let tty = self.kernel.offset("tty_file_private", "tty")?;
        self.probe_pointer(INODE, Argument3, tty);
        self.assembler.jump_if_equal(INODE, 0, is_file);
        let index = self.kernel.offset("tty_struct", "index")?;
        self.probe(span(row::INDEX), INODE, index);
        self.assembler.store_value(Width::Word, Frame, place(row::HAS_INDEX), 1);
        let link = self.kernel.offset("tty_struct", "link")?;
        self.probe_pointer(Argument3, INODE, link);
        let entry = self.kernel.offset("tty_struct", "driver_data")?;
        self.probe_pointer(Argument3, Argument3, entry);
        let system = self.kernel.offset("dentry", "d_sb")?;
        self.probe_pointer(Argument3, Argument3, system);
        self.probe(span(row::DEVPTS), Argument3, device);
        self.assembler.place(is_file);
        self.finish(Kind::File, ends);
        Ok(())
    }

    /// `row.slot = inode->member`
    fn read_inode(&mut self, member: &'static str, slot: Slot) -> Result<(), BpfError> {
        let offset = self.kernel.offset("inode", member)?;
        self.read(span(slot), INODE, offset);
        Ok(())
    }
}

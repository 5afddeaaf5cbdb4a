//! The part of the program that has on its way from memory what the next rows need.
//!
//! With many sockets nothing of the next one is in any cache, and each step to it (file, socket, the protocol's
//! structure) waits for memory, half of the time that a row takes. So with each row the file of the third descriptor
//! after it is read, the socket of the second and the protocol's structure of the next, all at once, and for nothing
//! but that: no result depends on it. What is read may be closed by then; a socket's memory is not given back before
//! the program has ended, and where there is no memory a load through such a pointer gives 0.

use super::super::BpfError;
use super::super::assembler::{Label, Register, Width};
use super::members::{OF_ALL, OF_TCP};
use super::writer::{NEXT, Writer};
use super::{AF_UNIX, CONTEXT, FILE, TASK};
use Register::{Argument1, Argument2, Argument3, Frame, Result as Answer};

/// Bytes that come from memory together, on most processors.
const LINE: i16 = 64;

/// Where the files of the next three descriptors are, and what can be done with a socket's file.
const FIRST: i16 = NEXT;
const SECOND: i16 = NEXT + 8;
const THIRD: i16 = NEXT + 16;
const OPERATIONS: i16 = NEXT + 24;

impl Writer<'_> {
    /// Reads ahead; the descriptor itself is a socket.
    pub(super) fn ahead(&mut self) -> Result<(), BpfError> {
        let none = self.assembler.label();
        self.cast(FILE, "file")?;
        self.assembler.load(Width::Double, Argument1, Answer, self.kernel.offset("file", "f_op")?);
        self.assembler.store(Width::Double, Frame, OPERATIONS, Argument1);
        self.next_files(none)?;

        self.assembler.load(Width::Double, Argument1, Frame, THIRD);
        self.cast(Argument1, "file")?;
        // The last has two names.
        self.touch("file", &["f_op", "private_data", "f_inode", "f_ref", "f_count"].map(double));

        self.socket_of(SECOND, none)?;
        let uid = ("vfs_inode.i_uid", Width::Word);
        self.touch("socket_alloc", &[double("socket.sk"), uid, double("vfs_inode.i_ino")]);

        self.socket_of(FIRST, none)?;
        let sock = self.kernel.offset("socket_alloc", "socket.sk")?;
        self.assembler.load(Width::Double, Argument1, Answer, sock);
        self.cast(Argument1, "tcp_sock")?;
        let family = self.kernel.offset("sock", "__sk_common.skc_family")?;
        self.assembler.load(Width::Half, Argument1, Answer, family);
        self.assembler.jump_if_equal(Argument1, AF_UNIX, none); // whose structure is far shorter
        let of_all = OF_ALL.map(|(path, slot)| (path, slot.width));
        let of_tcp = OF_TCP.map(|(path, slot)| (path, slot.width));
        self.touch("sock", &of_all);
        self.touch("tcp_sock", &of_tcp);
        self.assembler.place(none);
        Ok(())
    }

    /// Reads which files the next descriptors refer to, as far as the table goes.
    fn next_files(&mut self, none: Label) -> Result<(), BpfError> {
        self.cast(TASK, "task_struct")?;
        for (structure, member) in [("task_struct", "files"), ("files_struct", "fdt")] {
            self.assembler.load(Width::Double, Answer, Answer, self.kernel.offset(structure, member)?);
        }
        self.assembler.load(Width::Word, Argument2, Answer, self.kernel.offset("fdtable", "max_fds")?);
        self.assembler.load(Width::Double, Argument3, Answer, self.kernel.offset("fdtable", "fd")?);
        let fd = self.kernel.offset("bpf_iter__task_file", "fd")?;
        self.assembler.load(Width::Word, Argument1, CONTEXT, fd);
        self.assembler.add_value(Argument1, 3);
        self.assembler.jump_unless_less(Argument1, Argument2, none);
        self.assembler.shift_left(Argument1, 3);
        self.assembler.add(Argument3, Argument1);
        self.probe_to(NEXT, OPERATIONS - NEXT, Argument3, FIRST - THIRD);
        Ok(())
    }

    /// `result = file->private_data`, the socket, and away where the file that lies there is none.
    fn socket_of(&mut self, file: i16, none: Label) -> Result<(), BpfError> {
        self.assembler.load(Width::Double, Argument1, Frame, file);
        self.cast(Argument1, "file")?;
        self.assembler.load(Width::Double, Argument1, Answer, self.kernel.offset("file", "private_data")?);
        self.assembler.load(Width::Double, Argument2, Answer, self.kernel.offset("file", "f_op")?);
        self.assembler.load(Width::Double, Argument3, Frame, OPERATIONS);
        self.assembler.jump_unless_same(Argument2, Argument3, none);
        self.cast(Argument1, "socket_alloc")
    }

    /// Loads from each line that these members of the result are in.
    fn touch(&mut self, structure: &'static str, members: &[(&'static str, Width)]) {
        let mut lines = Vec::new();
        for &(path, width) in members {
            if let Some(offset) = self.kernel.find(structure, path).filter(|at| !lines.contains(&(at / LINE)))
            {
                lines.push(offset / LINE);
                self.assembler.load(width, Argument1, Answer, offset);
            }
        }
    }
}

fn double(member: &'static str) -> (&'static str, Width) {
    (member, Width::Double)
}

//! Steps of the program that are used again and again: loads from the kernel's structures into the row.

use super::super::assembler::{Assembler, Call, Label, Register, Width};
use super::super::btf::{Btf, Named, TypeId};
use super::super::row::{LONGEST, Slot, Span};
use super::super::{BpfError, Reading};
use super::members::{CAST, FUNCTIONS, ITERATORS, STRUCTURES};
use super::{CONTEXT, SOCK, TASK};
use Register::{Argument1, Argument2, Argument3, Frame, Result as Answer};

/// Where on the stack the row is put together, a pointer that is followed, and where rows are written to.
pub(super) const ROW: i16 = -cast(LONGEST);
const SCRATCH: i16 = ROW - 8;
const OUTPUT: i16 = ROW - 16;
/// Where it is read ahead to, four addresses.
pub(super) const NEXT: i16 = OUTPUT - 32;

/// Where the kernel keeps what.
pub(in crate::collect::bpf) struct Kernel<'a> {
    btf: Btf<'a>,
    named: Named,
}

impl<'a> Kernel<'a> {
    /// What reading ahead needs is looked for where it is asked for.
    ///
    /// None where the description of the kernel's types cannot be read.
    pub(in crate::collect::bpf) fn new(types: &'a [u8], reading: Reading) -> Option<Self> {
        let functions = match reading {
            Reading::Copies => ITERATORS.as_slice(),
            Reading::EachAlone | Reading::Ahead => &FUNCTIONS,
        };
        let (btf, named) = Btf::parse(types, &STRUCTURES, functions)?;
        Some(Self { btf, named })
    }

    pub(super) fn function(&self, name: &str) -> Option<TypeId> {
        self.named.functions.iter().find(|&&(known, _)| known == name).map(|&(_, id)| id)
    }

    pub(super) fn offset(&self, structure: &'static str, path: &'static str) -> Result<i16, BpfError> {
        self.find(structure, path).ok_or(BpfError::Lacks { structure, member: path })
    }

    pub(super) fn find(&self, structure: &str, path: &str) -> Option<i16> {
        i16::try_from(self.btf.offset(self.structure(structure)?, path)?).ok()
    }

    pub(super) fn structure(&self, name: &str) -> Option<TypeId> {
        self.named.structures.iter().find(|&&(known, _)| known == name).map(|&(_, id)| id)
    }

    pub(super) fn has(&self, structure: &str) -> bool {
        self.structure(structure).is_some()
    }
}

/// Writes a program, step by step.
pub(super) struct Writer<'a> {
    pub(super) assembler: Assembler,
    pub(super) kernel: &'a Kernel<'a>,
    /// Structure of what the program is called with.
    context: &'static str,
}

impl<'a> Writer<'a> {
    pub(super) fn new(kernel: &'a Kernel<'a>, context: &'static str) -> Self {
        Self { assembler: Assembler::default(), kernel, context }
    }

    /// Keeps what the program is called with; ends where the iterator is through.
    pub(super) fn begin(&mut self, end: Label) -> Result<(), BpfError> {
        self.assembler.copy(CONTEXT, Argument1);
        self.follow(TASK, CONTEXT, (self.context, "task"), end)?;
        self.pointer(Argument1, CONTEXT, (self.context, "meta"))?;
        self.pointer(Argument1, Argument1, ("bpf_iter_meta", "seq"))?;
        self.assembler.store(Width::Double, Frame, OUTPUT, Argument1);
        Ok(())
    }

    /// Gives so much of the row as the third argument says to whoever reads the iterator, and ends.
    pub(super) fn write_out(&mut self, end: Label) {
        self.assembler.load(Width::Double, Argument1, Frame, OUTPUT);
        self.address(Argument2, Frame, ROW);
        self.assembler.call(Call::SeqWrite);
        self.assembler.place(end);
        self.assembler.set(Answer, 0);
        self.assembler.exit();
    }

    pub(super) fn label(&mut self) -> Label {
        self.assembler.label()
    }

    /// `to = from->member`
    pub(super) fn pointer(
        &mut self,
        to: Register,
        from: Register,
        (structure, member): (&'static str, &'static str),
    ) -> Result<(), BpfError> {
        self.assembler.load(Width::Double, to, from, self.kernel.offset(structure, member)?);
        Ok(())
    }

    /// The same, and away where it is null.
    pub(super) fn follow(
        &mut self,
        to: Register,
        from: Register,
        member: (&'static str, &'static str),
        null: Label,
    ) -> Result<(), BpfError> {
        self.pointer(to, from, member)?;
        self.assembler.jump_if_equal(to, 0, null);
        Ok(())
    }

    /// `row.slot = from->member`
    pub(super) fn load(
        &mut self,
        structure: &'static str,
        path: &'static str,
        from: Register,
        slot: Slot,
    ) -> Result<(), BpfError> {
        self.assembler.load(slot.width, Argument1, from, self.kernel.offset(structure, path)?);
        self.assembler.store(slot.width, Frame, place(slot), Argument1);
        Ok(())
    }

    /// `row.slot = ((structure)socket)->member`, of a structure that the kernel does not know this socket to be.
    pub(super) fn probe_sock(
        &mut self,
        structure: &'static str,
        path: &'static str,
        slot: Slot,
    ) -> Result<(), BpfError> {
        let offset = self.kernel.offset(structure, path)?;
        self.probe(span(slot), SOCK, offset);
        Ok(())
    }

    /// `result = (structure)from`, whatever is there: it can be read through and not be trusted.
    pub(super) fn cast(&mut self, from: Register, structure: &'static str) -> Result<(), BpfError> {
        let lacks = |member| BpfError::Lacks { structure, member };
        let function = self.kernel.function(CAST).ok_or(lacks("a cast"))?;
        let structure = self.kernel.structure(structure).ok_or(lacks("BTF"))?;
        if from != Argument1 {
            self.assembler.copy(Argument1, from);
        }
        self.assembler.set(Argument2, structure.0.cast_signed());
        self.assembler.call_kernel(function);
        Ok(())
    }

    /// Makes it and all pointers out of it such that [`Writer::read`] needs no call, where this kernel can.
    pub(super) fn ease(&mut self, pointer: Register, structure: &'static str) -> Result<(), BpfError> {
        if self.is_eased() {
            self.cast(pointer, structure)?;
            self.assembler.copy(pointer, Answer);
        }
        Ok(())
    }

    fn is_eased(&self) -> bool {
        self.kernel.function(CAST).is_some()
    }

    /// Takes to the row what lies in a structure that was eased.
    pub(super) fn read(&mut self, to: Span, from: Register, offset: i16) {
        if !self.is_eased() {
            return self.probe(to, from, offset);
        }
        let width = [Width::Double, Width::Word, Width::Half, Width::Byte];
        let width = width.into_iter().find(|width| to.length.is_multiple_of(width.bytes()));
        let width = width.unwrap_or(Width::Byte);
        for at in (0..to.length).step_by(width.bytes()) {
            self.assembler.load(width, Argument1, from, offset + cast(at));
            self.assembler.store(width, Frame, ROW + cast(to.at + at), Argument1);
        }
    }

    /// `to = *(from + offset)`, likewise.
    pub(super) fn read_pointer(&mut self, to: Register, from: Register, offset: i16) {
        if self.is_eased() {
            self.assembler.load(Width::Double, to, from, offset);
        } else {
            self.probe_pointer(to, from, offset);
        }
    }

    /// `to` = the pointer that was read last, which it still is where reading needed no call.
    pub(super) fn read_again(&mut self, to: Register) {
        if !self.is_eased() {
            self.pointer_again(to);
        }
    }

    /// `to = *(from + offset)`
    pub(super) fn probe_pointer(&mut self, to: Register, from: Register, offset: i16) {
        self.probe_to(SCRATCH, 8, from, offset);
        self.pointer_again(to);
    }

    /// `to` = the pointer that was read last.
    pub(super) fn pointer_again(&mut self, to: Register) {
        self.assembler.load(Width::Double, to, Frame, SCRATCH);
    }

    /// Copies to the row what lies at an address.
    pub(super) fn probe(&mut self, to: Span, from: Register, offset: i16) {
        self.probe_to(ROW + cast(to.at), cast(to.length), from, offset);
    }

    pub(super) fn probe_to(&mut self, to: i16, length: i16, from: Register, offset: i16) {
        self.address(Argument3, from, offset);
        self.address(Argument1, Frame, to);
        self.assembler.set(Argument2, length.into());
        self.assembler.call(Call::ProbeReadKernel);
    }

    /// `to = from + offset`
    pub(super) fn address(&mut self, to: Register, from: Register, offset: i16) {
        if to != from {
            self.assembler.copy(to, from);
        }
        self.assembler.add_value(to, offset.into());
    }

    /// The kernel wants all of what is written out to be set.
    pub(super) fn zero(&mut self, from: usize, to: usize) {
        for at in (from..to).step_by(8) {
            self.assembler.store_value(Width::Double, Frame, ROW + cast(at), 0);
        }
    }
}

/// Where a slot is on the stack.
pub(super) const fn place(slot: Slot) -> i16 {
    ROW + cast(slot.at)
}

/// The first word of a span.
pub(super) const fn word(span: Span) -> Slot {
    Slot { at: span.at, width: Width::Word }
}

pub(super) const fn span(slot: Slot) -> Span {
    Span { at: slot.at, length: slot.width.bytes() }
}

/// Places and lengths in a row, which are all below [`LONGEST`].
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "checked before")]
pub(super) const fn cast(length: usize) -> i16 {
    if length > LONGEST { i16::MAX } else { length as i16 }
}

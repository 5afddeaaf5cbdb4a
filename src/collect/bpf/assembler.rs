//! Puts a BPF program together, one instruction a call (`Documentation/bpf/standardization/instruction-set.rst`).

use super::btf::TypeId;

/// Registers: the result of a call, its arguments, and those that a call keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Register {
    Result = 0,
    Argument1 = 1,
    Argument2 = 2,
    Argument3 = 3,
    Kept6 = 6,
    Kept7 = 7,
    Kept8 = 8,
    Kept9 = 9,
    /// End of the stack, which grows downwards.
    Frame = 10,
}

/// Sizes of a load or store, with the bits of the instruction that stand for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Word = 0x00,
    Half = 0x08,
    Byte = 0x10,
    Double = 0x18,
}

impl Width {
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::Byte => 1,
            Self::Half => 2,
            Self::Word => 4,
            Self::Double => 8,
        }
    }
}

/// Functions of the kernel (`enum bpf_func_id`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    ProbeReadKernel = 113,
    Jiffies64 = 118,
    SeqWrite = 127,
    SkcToTcpSock = 137,
    SockFromFile = 162,
}

/// A place to jump to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label(usize);

/// A program as far as it is written.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    instructions: Vec<u64>,
    /// Where the labels are, once that is known.
    places: Vec<Option<usize>>,
    /// Instructions that jump, and where to.
    jumps: Vec<(usize, Label)>,
}

impl Assembler {
    fn push(&mut self, code: u8, to: u8, from: u8, offset: i16, value: i32) {
        // Two bit fields, which processors number from their own end.
        let registers = if cfg!(target_endian = "little") { to | from << 4 } else { to << 4 | from };
        let mut bytes = [code, registers, 0, 0, 0, 0, 0, 0];
        let (head, tail) = bytes.split_at_mut(4);
        tail.copy_from_slice(&value.to_ne_bytes());
        head.split_at_mut(2).1.copy_from_slice(&offset.to_ne_bytes());
        self.instructions.push(u64::from_ne_bytes(bytes));
    }

    /// `to = *(from + offset)`
    pub(super) fn load(&mut self, width: Width, to: Register, from: Register, offset: i16) {
        self.push(0x61 | width as u8, to as u8, from as u8, offset, 0);
    }

    /// `*(to + offset) = from`
    pub(super) fn store(&mut self, width: Width, to: Register, offset: i16, from: Register) {
        self.push(0x63 | width as u8, to as u8, from as u8, offset, 0);
    }

    /// `*(to + offset) = value`
    pub(super) fn store_value(&mut self, width: Width, to: Register, offset: i16, value: i32) {
        self.push(0x62 | width as u8, to as u8, 0, offset, value);
    }

    /// `to = from`
    pub(super) fn copy(&mut self, to: Register, from: Register) {
        self.push(0xbf, to as u8, from as u8, 0, 0);
    }

    /// `to = value`
    pub(super) fn set(&mut self, to: Register, value: i32) {
        self.push(0xb7, to as u8, 0, 0, value);
    }

    /// `to += value`
    pub(super) fn add_value(&mut self, to: Register, value: i32) {
        self.push(0x07, to as u8, 0, 0, value);
    }

    /// `to += from`
    pub(super) fn add(&mut self, to: Register, from: Register) {
        self.push(0x0f, to as u8, from as u8, 0, 0);
    }

    /// `to <<= value`
    pub(super) fn shift_left(&mut self, to: Register, value: i32) {
        self.push(0x67, to as u8, 0, 0, value);
    }

    /// `to &= value`
    pub(super) fn and_value(&mut self, to: Register, value: i32) {
        self.push(0x57, to as u8, 0, 0, value);
    }

    /// `result = function(arguments)`; the registers of the arguments are lost.
    pub(super) fn call(&mut self, function: Call) {
        self.push(0x85, 0, 0, 0, function as i32);
    }

    /// The same, with a function that is known by its place in BTF (`BPF_PSEUDO_KFUNC_CALL`).
    pub(super) fn call_kernel(&mut self, function: TypeId) {
        self.push(0x85, 0, 2, 0, function.0.cast_signed());
    }

    pub(super) fn jump(&mut self, label: Label) {
        self.jumps.push((self.instructions.len(), label));
        self.push(0x05, 0, 0, 0, 0);
    }

    pub(super) fn jump_if_equal(&mut self, register: Register, value: i32, label: Label) {
        self.jumps.push((self.instructions.len(), label));
        self.push(0x15, register as u8, 0, 0, value);
    }

    pub(super) fn jump_unless_equal(&mut self, register: Register, value: i32, label: Label) {
        self.jumps.push((self.instructions.len(), label));
        self.push(0x55, register as u8, 0, 0, value);
    }

    pub(super) fn jump_if_same(&mut self, one: Register, other: Register, label: Label) {
        self.jumps.push((self.instructions.len(), label));
        self.push(0x1d, one as u8, other as u8, 0, 0);
    }

    pub(super) fn jump_unless_same(&mut self, one: Register, other: Register, label: Label) {
        self.jumps.push((self.instructions.len(), label));
        self.push(0x5d, one as u8, other as u8, 0, 0);
    }

    /// Compares without sign.
    pub(super) fn jump_unless_less(&mut self, one: Register, other: Register, label: Label) {
        self.jumps.push((self.instructions.len(), label));
        self.push(0x3d, one as u8, other as u8, 0, 0);
    }

    /// Likewise.
    pub(super) fn jump_if_at_most(&mut self, register: Register, value: i32, label: Label) {
        self.jumps.push((self.instructions.len(), label));
        self.push(0xb5, register as u8, 0, 0, value);
    }

    /// Compares without sign.
    pub(super) fn jump_unless_at_most(&mut self, register: Register, value: i32, label: Label) {
        self.jumps.push((self.instructions.len(), label));
        self.push(0x25, register as u8, 0, 0, value);
    }

    pub(super) fn exit(&mut self) {
        self.push(0x95, 0, 0, 0, 0);
    }

    /// A label whose place is said later.
    pub(super) fn label(&mut self) -> Label {
        self.places.push(None);
        Label(self.places.len() - 1)
    }

    /// Says that the label is here.
    pub(super) fn place(&mut self, label: Label) {
        if let Some(place) = self.places.get_mut(label.0) {
            *place = Some(self.instructions.len());
        }
    }

    /// The program; none where a label has no place, or one too far away.
    pub(super) fn finish(mut self) -> Option<Vec<u64>> {
        for (at, Label(label)) in self.jumps {
            let place = (*self.places.get(label)?)?;
            let distance = i16::try_from(place.checked_sub(at + 1)?).ok()?;
            let instruction = self.instructions.get_mut(at)?;
            let mut bytes = instruction.to_ne_bytes();
            let [_, _, low, high, ..] = &mut bytes;
            [*low, *high] = distance.to_ne_bytes();
            *instruction = u64::from_ne_bytes(bytes);
        }
        Some(self.instructions)
    }
}

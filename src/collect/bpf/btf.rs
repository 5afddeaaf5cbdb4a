//! Finds members of the kernel's structures, by its own description of its types: BTF
//! (`Documentation/bpf/btf.rst`).

use std::cell::Cell;

mod walk;

use walk::{Head, Walk, walk};

/// Kinds of types (`BTF_KIND_*`).
const STRUCT: u32 = 4;
const UNION: u32 = 5;
const FUNC: u32 = 12;

/// Members that one look-up passes; the kernel's deepest takes a few hundred. Ends those in circles.
const PATIENCE: u32 = 100_000;
/// Anonymous structures in each other; the kernel has a handful. More would take the stack.
const MOST_NESTED: u32 = 64;

/// Place of a type in the description, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeId(pub u32);

/// Types by their names; of several of one name the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub structures: Vec<(&'static str, TypeId)>,
    pub functions: Vec<(&'static str, TypeId)>,
}

/// The description of all types of a kernel.
#[derive(Debug)]
pub struct Btf<'a> {
    types: &'a [u8],
    strings: &'a [u8],
    /// Some of the types by number, and where each begins; `void` has no place.
    marks: Vec<(usize, usize)>,
}

impl<'a> Btf<'a> {
    /// Goes over the types once, until all is found, and gives the structures and the functions of these names that
    /// there are.
    ///
    /// None where it has not the form of BTF, or has kinds of types that are not known here.
    ///
    /// ```text
    /// 0 magic 0xeb9f  2 version  3 flags  4 length of this  8 types at, 12 length  16 strings at, 20 length
    /// ```
    pub fn parse(
        bytes: &'a [u8],
        structures: &[&'static str],
        functions: &[&'static str],
    ) -> Option<(Self, Named)> {
        if bytes.get(..2)? != 0xeb9f_u16.to_ne_bytes() {
            return None;
        }
        let section = |at: usize| -> Option<&'a [u8]> {
            let start = word(bytes, 4)?.checked_add(word(bytes, at)?)?;
            let end = start.checked_add(word(bytes, at + 4)?)?;
            bytes.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
        };
        let mut btf = Self { types: section(8)?, strings: section(16)?, marks: Vec::new() };
        let (of_structures, of_functions) = (Names::new(structures), Names::new(functions));
        let look = |head: Head| {
            let (letters, names) = match head.kind() {
                STRUCT => (&of_structures, structures),
                _ => (&of_functions, functions),
            };
            if !letters.may_have(btf.letters(head.name)) {
                return None;
            }
            let name = names.iter().find(|name| btf.is_name(head.name, name))?;
            Some((head.kind(), *name))
        };
        let is_all = |met: &[&(u32, &str)]| {
            let has = |kind| move |&name: &&'static str| met.iter().any(|&&found| found == (kind, name));
            functions.iter().all(has(FUNC)) && structures.iter().all(has(STRUCT))
        };
        let Walk { met, marks } = walk(btf.types, look, is_all)?;
        let mut named = Named::default();
        for (id, (kind, name)) in met {
            let all = if kind == STRUCT { &mut named.structures } else { &mut named.functions };
            if all.iter().all(|&(known, _)| known != name) {
                all.push((name, TypeId(u32::try_from(id).ok()?)));
            }
        }
        btf.marks = marks;
        Some((btf, named))
    }

    /// The first of a name, as far as there are so many.
    fn letters(&self, name: u32) -> [u8; 4] {
        let letters = usize::try_from(name).ok().and_then(|at| self.strings.get(at..)?.first_chunk());
        letters.copied().unwrap_or_default()
    }

    /// Distance in bytes of a member from the start of a structure. The path names it and the members that it
    /// lies in, with a dot between; anonymous ones are passed through.
    ///
    /// None where there is none of that name, or it does not begin at a byte.
    pub fn offset(&self, structure: TypeId, path: &str) -> Option<u32> {
        let patience = Cell::new(PATIENCE);
        let mut within = structure;
        let mut bits = 0_u32;
        for name in path.split('.') {
            let (offset, kind) = self.member(within, name, MOST_NESTED, &patience)?;
            bits = bits.checked_add(offset)?;
            within = kind;
        }
        bits.is_multiple_of(8).then_some(bits / 8)
    }

    /// Distance in bits of a member, and its type.
    ///
    /// ```text
    /// 0 name  4 type  8 distance in bits, with bit fields in bits 0 to 23
    /// ```
    fn member(
        &self,
        structure: TypeId,
        name: &str,
        nested: u32,
        patience: &Cell<u32>,
    ) -> Option<(u32, TypeId)> {
        let nested = nested.checked_sub(1)?;
        let (found, members) = self.at(structure)?;
        if !matches!(found.kind(), STRUCT | UNION) {
            return None;
        }
        for member in members.chunks_exact(12).take(found.count()) {
            patience.set(patience.get().checked_sub(1)?);
            let kind = TypeId(word(member, 4)?);
            let offset = word(member, 8)? & if found.has_bit_fields() { 0x00ff_ffff } else { u32::MAX };
            let called = word(member, 0)?;
            if self.is_name(called, name) {
                return Some((offset, kind));
            }
            if self.is_name(called, "")
                && let Some((within, kind)) = self.member(kind, name, nested, patience)
            {
                return Some((offset.checked_add(within)?, kind));
            }
        }
        None
    }

    /// The type, and what follows its head; far behind the last mark this takes long.
    fn at(&self, id: TypeId) -> Option<(Head, &'a [u8])> {
        let id = usize::try_from(id.0).ok()?;
        let behind = self.marks.partition_point(|&(mark, _)| mark <= id);
        let &(mark, mut at) = self.marks.get(behind.checked_sub(1)?)?;
        for _ in mark..id {
            let length = Head::at(self.types, at).length();
            at = at.checked_add(length).filter(|_| length != 0)?;
        }
        Some((Head::at(self.types, at), self.types.get(at + 12..)?))
    }

    #[inline]
    fn is_name(&self, at: u32, name: &str) -> bool {
        let text = usize::try_from(at).ok().and_then(|at| self.strings.get(at..)).unwrap_or_default();
        // Most differ in the first letter.
        text.first().copied() == Some(name.as_bytes().first().copied().unwrap_or(0))
            && text.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.first() == Some(&0))
    }
}

/// Names that are looked for, by their first letters: a bit for what those of each come to.
#[derive(Debug)]
struct Names([u64; 16]);

impl Names {
    fn new(names: &[&'static str]) -> Self {
        let mut all = Self([0; 16]);
        for name in names {
            match *name.as_bytes() {
                [a, b, c, d, ..] => all.add([a, b, c, d]),
                [a, b, c] => all.add([a, b, c, 0]), // with the NUL byte behind it
                _ => all.0 = [u64::MAX; 16],
            }
        }
        all
    }

    fn add(&mut self, letters: [u8; 4]) {
        let (word, bit) = place(letters);
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << bit;
        }
    }

    fn may_have(&self, letters: [u8; 4]) -> bool {
        let (word, bit) = place(letters);
        self.0.get(word).is_none_or(|word| word >> bit & 1 != 0)
    }
}

/// A word of 16, and a bit in it.
fn place(letters: [u8; 4]) -> (usize, u32) {
    let [.., low, high] = u32::from_le_bytes(letters).wrapping_mul(0x9e37_79b9).to_le_bytes();
    (usize::from(high & 15), u32::from(low & 63))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_ne_bytes)
}

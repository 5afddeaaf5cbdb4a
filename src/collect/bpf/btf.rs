//! Finds members of the kernel's structures, by its own description of its types: BTF
//! (`Documentation/bpf/btf.rst`).

use std::cell::Cell;

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
    /// Where each type begins, without the first, which is `void` and has no place.
    starts: Vec<u32>,
}

/// ```text
/// 0 name  4 kind in bits 24 to 28, number of members in bits 0 to 15, bit 31: members may be bit fields
/// ```
#[derive(Clone, Copy, Debug)]
struct Type {
    at: usize,
    name: u32,
    kind: u32,
    count: u32,
    bit_fields: bool,
}

impl<'a> Btf<'a> {
    /// None where it has not the form of BTF, or has kinds of types that are not known here.
    ///
    /// ```text
    /// 0 magic 0xeb9f  2 version  3 flags  4 length of this  8 types at, 12 length  16 strings at, 20 length
    /// ```
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        if bytes.get(..2)? != 0xeb9f_u16.to_ne_bytes() {
            return None;
        }
        let section = |at: usize| -> Option<&'a [u8]> {
            let start = word(bytes, 4)?.checked_add(word(bytes, at)?)?;
            let end = start.checked_add(word(bytes, at + 4)?)?;
            bytes.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
        };
        // A kernel has about 30 bytes of them for each type.
        let types = section(8)?;
        let mut btf = Self { types, strings: section(16)?, starts: Vec::with_capacity(types.len() / 24) };
        let mut at = 0;
        while at < types.len() {
            btf.starts.push(u32::try_from(at).ok()?);
            let Type { kind, count, .. } = btf.at(at)?;
            let count = usize::try_from(count).ok()?;
            at += 12
                + match kind {
                    1 | 14 | 17 => 4,                       // integer, variable, tag of a declaration
                    3 => 12,                                // array
                    STRUCT | UNION | 15 | 19 => 12 * count, // and section of data, enum of 64 bits
                    6 | 13 => 8 * count,                    // enum, prototype of a function
                    // Pointer, forward, typedef, volatile, const, restrict, function, float, tag of a type.
                    2 | 7..=FUNC | 16 | 18 => 0,
                    _ => return None,
                };
        }
        Some(btf)
    }

    /// The structures and the functions of these names that there are, in one search.
    pub fn find(&self, structures: &[&'static str], functions: &[&'static str]) -> Named {
        let mut all = Named::default();
        for (&start, id) in self.starts.iter().zip(1..) {
            let Some(here) = usize::try_from(start).ok().and_then(|start| self.at(start)) else { continue };
            let (names, found) = match here.kind {
                STRUCT => (structures, &mut all.structures),
                FUNC => (functions, &mut all.functions),
                _ => continue,
            };
            if let Some(&name) = names.iter().find(|name| self.is_name(here.name, name))
                && found.iter().all(|&(known, _)| known != name)
            {
                found.push((name, TypeId(id)));
            }
        }
        all
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
        let index = usize::try_from(structure.0.checked_sub(1)?).ok()?;
        let found = self.at(usize::try_from(*self.starts.get(index)?).ok()?)?;
        if !matches!(found.kind, STRUCT | UNION) {
            return None;
        }
        let members = self.types.get(found.at + 12..)?.chunks_exact(12);
        for member in members.take(usize::try_from(found.count).ok()?) {
            patience.set(patience.get().checked_sub(1)?);
            let kind = TypeId(word(member, 4)?);
            let offset = word(member, 8)? & if found.bit_fields { 0x00ff_ffff } else { u32::MAX };
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

    fn at(&self, at: usize) -> Option<Type> {
        let head = self.types.get(at..at.checked_add(12)?)?;
        let shape = word(head, 4)?;
        Some(Type {
            at,
            name: word(head, 0)?,
            kind: shape >> 24 & 31,
            count: shape & 0xffff,
            bit_fields: shape >> 31 == 1,
        })
    }

    fn is_name(&self, at: u32, name: &str) -> bool {
        let text = usize::try_from(at).ok().and_then(|at| self.strings.get(at..));
        text.and_then(|text| text.strip_prefix(name.as_bytes())).is_some_and(|rest| rest.first() == Some(&0))
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_ne_bytes)
}

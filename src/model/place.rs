//! Places in lists, in half of the room or less: there are as many of them as sockets.

use std::num::NonZeroU32;
use std::ops::Range;

/// A place in a list; no list is ever so long that it would not do. Whether there is one costs no room.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Small(NonZeroU32);

impl Small {
    pub fn new(place: usize) -> Self {
        Self(NonZeroU32::MIN.saturating_add(short(place)))
    }

    pub fn place(self) -> usize {
        index(self.0.get() - 1)
    }
}

impl std::fmt::Debug for Small {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.place().fmt(f)
    }
}

/// Places beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    start: u32,
    end: u32,
}

impl Run {
    pub const NONE: Self = Self { start: 0, end: 0 };

    pub fn len(self) -> usize {
        self.range().len()
    }

    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// What stands there in its list; nothing in one that is too short.
    pub fn of<T>(self, list: &[T]) -> &[T] {
        list.get(self.range()).unwrap_or_default()
    }

    fn range(self) -> Range<usize> {
        index(self.start)..index(self.end)
    }
}

impl From<Range<usize>> for Run {
    fn from(range: Range<usize>) -> Self {
        Self { start: short(range.start), end: short(range.end) }
    }
}

fn index(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

fn short(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

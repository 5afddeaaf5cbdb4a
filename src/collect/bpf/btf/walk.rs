//! Goes once over the types of a kernel, for those that are looked for.
//!
//! Where a type begins is known once the one before it was read, and a processor has little else to do meanwhile. So
//! several runs go side by side, each over a part. Only the first begins where a type does for certain. What another one
//! found counts from the first of its marks on that the run before it comes to, too: from there on both are the same.

use super::word;

/// Types from one mark to the next: a kernel has 130,000, of which a few hundred are looked at.
const STRIDE: usize = 64;
/// Runs, and how many parts there are for them to begin at: a third to a half of all are functions, which come last and
/// by name, and those that are looked for are among the first of them.
const RUNS: usize = 4;
const PARTS: usize = 6;
/// So many have to be types in a row where a run begins.
const PLAUSIBLE: usize = 32;

/// What is known of a type before its members are read.
///
/// ```text
/// 0 name  4 kind in bits 24 to 28, number of members in bits 0 to 15, bit 31: members may be bit fields
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head {
    pub(super) name: u32,
    shape: u32,
}

impl Head {
    /// All zero, which is no type, where there is none.
    #[inline]
    pub(super) fn at(types: &[u8], at: usize) -> Self {
        let head = types.get(at..).unwrap_or_default();
        let Some(&head) = head.first_chunk::<8>() else { return Self::default() };
        let [name, shape] = [0, 4].map(|at| word(&head, at).unwrap_or(0));
        Self { name, shape }
    }

    pub(super) fn kind(self) -> u32 {
        self.shape >> 24 & 31
    }

    pub(super) fn count(self) -> usize {
        usize::try_from(self.shape & 0xffff).unwrap_or(0)
    }

    pub(super) fn has_bit_fields(self) -> bool {
        self.shape >> 31 == 1
    }

    /// In bytes; 0 for a kind that is not known here.
    #[inline]
    pub(super) fn length(self) -> usize {
        let Form { whole, each, .. } = self.form();
        usize::from(whole) + usize::from(each) * self.count()
    }

    #[inline]
    fn form(self) -> Form {
        usize::try_from(self.kind()).ok().and_then(|kind| FORMS.get(kind)).copied().unwrap_or_default()
    }
}

/// Lengths of a type of some kind and of each of its members; and whether the kind is one that is looked for.
#[derive(Clone, Copy, Debug, Default)]
struct Form {
    whole: u8,
    each: u8,
    may_be_met: bool,
}

/// By kind; a table, as what comes next cannot be foreseen.
const FORMS: [Form; 20] = {
    const fn form(whole: u8, each: u8, may_be_met: bool) -> Form {
        Form { whole, each, may_be_met }
    }
    [
        form(0, 0, false),
        form(16, 0, false),  // integer
        form(12, 0, false),  // pointer
        form(24, 0, false),  // array
        form(12, 12, true),  // structure
        form(12, 12, false), // union
        form(12, 8, false),  // enum
        form(12, 0, false),  // forward
        form(12, 0, false),  // typedef
        form(12, 0, false),  // volatile
        form(12, 0, false),  // const
        form(12, 0, false),  // restrict
        form(12, 0, true),   // function
        form(12, 8, false),  // prototype of a function
        form(16, 0, false),  // variable
        form(12, 12, false), // section of data
        form(12, 0, false),  // float
        form(16, 0, false),  // tag of a declaration
        form(12, 0, false),  // tag of a type
        form(12, 12, false), // enum of 64 bits
    ]
};

/// What was met, and some of the types that were passed and where each begins; both with the types' numbers, in order.
#[derive(Debug)]
pub(super) struct Walk<T> {
    pub(super) met: Vec<(usize, T)>,
    pub(super) marks: Vec<(usize, usize)>,
}

/// Goes on until all is met, or to the end. `look` tells what a structure or function is, if it is looked for.
///
/// None where there is something that is no type.
pub(super) fn walk<T>(
    types: &[u8],
    look: impl Fn(Head) -> Option<T>,
    is_all: impl Fn(&[&T]) -> bool,
) -> Option<Walk<T>> {
    let starts: [usize; RUNS] = std::array::from_fn(|part| plausible(types, types.len() / PARTS * part));
    let mut ends = starts.into_iter().skip(1).chain([types.len()]);
    let mut runs = starts.map(|at| Run::new(at, ends.next().unwrap_or(at)));
    let mut heads = [[(Head::default(), 0); STRIDE]; RUNS];
    let mut before = 0;
    while side_by_side(types, &mut runs, &mut heads, &look) {
        let met: Vec<&T> = runs.iter().flat_map(Run::met).collect();
        if met.len() != before && is_all(&met) {
            break;
        }
        before = met.len();
    }
    let [mut first, others @ ..] = runs;
    for other in others {
        first.join(types, other, &look);
    }
    let mut before = None;
    loop {
        let met: Vec<&T> = first.met().collect();
        if before != Some(met.len()) && is_all(&met) {
            return Some(first.walk);
        }
        before = Some(met.len());
        if !first.step(types, &look) {
            return (first.at == types.len()).then_some(first.walk);
        }
    }
}

/// The first place from there on where several types in a row can be; the end where there is none.
fn plausible(types: &[u8], from: usize) -> usize {
    let is_plausible = |&start: &usize| {
        let mut at = start;
        (0..PLAUSIBLE).all(|_| {
            let length = Head::at(types, at).length();
            at += length;
            length != 0
        })
    };
    let mut words = (from / 4 * 4..types.len()).step_by(4);
    if from == 0 { 0 } else { words.find(is_plausible).unwrap_or(types.len()) }
}

/// Takes each run over as many types as are between two marks; false once all are at their ends.
#[inline]
fn side_by_side<T>(
    types: &[u8],
    runs: &mut [Run<T>; RUNS],
    heads: &mut [[(Head, usize); STRIDE]; RUNS],
    look: &impl Fn(Head) -> Option<T>,
) -> bool {
    let mut places = [types.len(); RUNS];
    for (run, at) in runs.iter_mut().zip(&mut places).filter(|(run, _)| run.at < run.end) {
        run.walk.marks.push((run.id, run.at));
        *at = run.at;
    }
    let mut many = [0; RUNS];
    for nth in 0..STRIDE {
        for ((at, heads), many) in places.iter_mut().zip(&mut *heads).zip(&mut many) {
            let head = Head::at(types, *at);
            // Without a branch, which could not be foreseen.
            if let Some(slot) = heads.get_mut(*many) {
                *slot = (head, nth);
            }
            *many += usize::from(head.form().may_be_met);
            *at += head.length(); // nothing, in front of what is no type
        }
    }
    let mut is_any = false;
    for (((run, at), heads), many) in runs.iter_mut().zip(places).zip(&*heads).zip(many) {
        if run.at >= run.end {
            continue;
        }
        let met = heads.iter().take(many).filter_map(|&(head, nth)| Some((run.id + nth, look(head)?)));
        run.walk.met.extend(met);
        if Head::at(types, at).length() == 0 {
            run.end = at;
        }
        (run.at, run.id) = (at, run.id + STRIDE);
        is_any |= at < run.end;
    }
    is_any
}

/// One of several that go on by themselves.
#[derive(Debug)]
struct Run<T> {
    at: usize,
    end: usize,
    /// Number of the type at `at`, as if that where it began were the first.
    id: usize,
    walk: Walk<T>,
}

impl<T> Run<T> {
    fn new(at: usize, end: usize) -> Self {
        Self { at, end, id: 1, walk: Walk { met: Vec::new(), marks: Vec::new() } }
    }

    fn met(&self) -> impl Iterator<Item = &T> {
        self.walk.met.iter().map(|(_, what)| what)
    }

    /// Passes one type; false where there is none.
    fn step(&mut self, types: &[u8], look: &impl Fn(Head) -> Option<T>) -> bool {
        let head = Head::at(types, self.at);
        if head.length() == 0 {
            return false;
        }
        if self.walk.marks.last().is_none_or(|&(id, _)| id + STRIDE <= self.id) {
            self.walk.marks.push((self.id, self.at));
        }
        if head.form().may_be_met {
            self.walk.met.extend(look(head).map(|what| (self.id, what)));
        }
        self.at += head.length();
        self.id += 1;
        true
    }

    /// Goes on to where the other one was, by itself where it does not come to one of its marks.
    fn join(&mut self, types: &[u8], other: Self, look: &impl Fn(Head) -> Option<T>) {
        loop {
            let nth = other.walk.marks.partition_point(|&(_, at)| at < self.at);
            match other.walk.marks.get(nth) {
                Some(&(same, at)) if at == self.at => {
                    let number = |id: usize| self.id + (id - same);
                    let marks = other.walk.marks.iter().skip(nth);
                    self.walk.marks.extend(marks.map(|&(id, at)| (number(id), at)));
                    let met = other.walk.met.into_iter().filter(|&(id, _)| id >= same);
                    self.walk.met.extend(met.map(|(id, what)| (number(id), what)));
                    (self.at, self.id) = (other.at, number(other.id));
                    return;
                }
                Some(_) if self.step(types, look) => {}
                Some(_) | None => return,
            }
        }
    }
}

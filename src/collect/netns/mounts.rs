//! Network namespaces that are mounted somewhere, by which they have a name.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;

use crate::collect::gaps::{Gaps, reason};
use crate::collect::root::{Extent, ProcRoot, is_gone, link_number, open_file, read_open};
use crate::model::{GapReason, GapScope, Text};

/// Longest mountinfo that is read; a machine with 10,000 mounts has 2 MiB.
const LIMIT: usize = 16 * 1024 * 1024;

/// Mounts of network namespaces, in the order of mountinfo.
#[derive(Debug, Default)]
pub(in crate::collect) struct Mounts {
    found: Vec<(u64, PathBuf)>,
    /// Our own mountinfo as it was read, by which the kernel tells of changes.
    table: Option<OwnedFd>,
}

impl Mounts {
    /// Reads our own mounts, below another root those of its process 1; not again as long as they stay the same.
    pub(in crate::collect) fn refresh(&mut self, root: &ProcRoot, buffer: &mut Vec<u8>, gaps: &mut Gaps) {
        if self.table.as_ref().is_some_and(is_unchanged) {
            return;
        }
        *self = Self::default();
        let path = if root.is_default() { c"self/mountinfo" } else { c"1/mountinfo" };
        let read = open_file(root, path).and_then(|table| Ok((read_open(&table, LIMIT, buffer)?, table)));
        match read {
            Ok((extent, table)) => {
                if extent == Extent::Cut {
                    gaps.add(GapScope::Namespace, GapReason::TooLarge);
                }
                self.found = buffer.split(|&byte| byte == b'\n').filter_map(mounted).collect();
                self.table = (extent == Extent::Whole && root.is_default()).then_some(table);
            }
            Err(errno) => {
                if !is_gone(errno) {
                    gaps.add(GapScope::Namespace, reason(errno));
                }
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &PathBuf)> {
        self.found.iter().map(|(number, path)| (*number, path))
    }

    /// Last component of the first place where the namespace is mounted.
    pub(super) fn name(&self, number: u64) -> Option<Text> {
        let (_, path) = self.iter().find(|&(mounted, _)| mounted == number)?;
        path.file_name().map(|name| name.as_bytes().into())
    }
}

/// Whether nothing was mounted or unmounted since the table was opened (`mounts_poll()`).
fn is_unchanged(table: &OwnedFd) -> bool {
    let mut change = [PollFd::new(table, PollFlags::PRI)];
    retry_on_intr(|| poll(&mut change, Some(&Timespec::default()))) == Ok(0)
}

/// One line of mountinfo; the number of optional fields before `-` varies:
///
/// ```text
/// 612 25 0:4 net:[4026532210] /run/netns/blue rw shared:5 - nsfs nsfs rw
/// 0   1  2   3 root           4 mount point   5  6        - type source options
/// ```
fn mounted(line: &[u8]) -> Option<(u64, PathBuf)> {
    let mut fields = line.split(|&byte| byte == b' ');
    let number = link_number(fields.nth(3)?, b"net")?;
    let path = unescape(fields.next()?);
    fields.find(|&field| field == b"-")?;
    (fields.next()? == b"nsfs").then(|| (number, PathBuf::from(OsString::from_vec(path))))
}

/// Blank, tab, newline and backslash are `\040`, `\011`, `\012` and `\134` there.
pub(in crate::collect) fn unescape(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, after @ ..] = rest {
        if *first == b'\\'
            && let Some((digits, after)) = after.split_at_checked(3)
            && let Some(byte) = octal(digits)
        {
            out.push(byte);
            rest = after;
        } else {
            out.push(*first);
            rest = after;
        }
    }
    out
}

fn octal(digits: &[u8]) -> Option<u8> {
    let value =
        digits.iter().try_fold(0, |value, &digit| Some(value * 8 + char::from(digit).to_digit(8)?))?;
    u8::try_from(value).ok()
}

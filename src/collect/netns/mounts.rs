//! Network namespaces that are mounted somewhere, by which they have a name.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use crate::collect::gaps::{Gaps, reason};
use crate::collect::root::{Extent, ProcRoot, is_gone, link_number, read};
use crate::model::{GapReason, GapScope, Text};

/// Longest mountinfo that is read; a machine with 10,000 mounts has 2 MiB.
const LIMIT: usize = 16 * 1024 * 1024;

/// Mounts of network namespaces, in the order of mountinfo.
#[derive(Debug, Default)]
pub(in crate::collect) struct Mounts(Vec<(u64, PathBuf)>);

impl Mounts {
    /// Reads our own mounts, below another root those of its process 1.
    pub(in crate::collect) fn read(root: &ProcRoot, buffer: &mut Vec<u8>, gaps: &mut Gaps) -> Self {
        let path = if root.is_default() { c"self/mountinfo" } else { c"1/mountinfo" };
        match read(root, path, LIMIT, buffer) {
            Ok(extent) => {
                if extent == Extent::Cut {
                    gaps.add(GapScope::Namespace, GapReason::TooLarge);
                }
                Self(buffer.split(|&byte| byte == b'\n').filter_map(mounted).collect())
            }
            Err(errno) => {
                if !is_gone(errno) {
                    gaps.add(GapScope::Namespace, reason(errno));
                }
                Self::default()
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &PathBuf)> {
        self.0.iter().map(|(number, path)| (*number, path))
    }

    /// Last component of the first place where the namespace is mounted.
    pub(super) fn name(&self, number: u64) -> Option<Text> {
        let (_, path) = self.iter().find(|&(mounted, _)| mounted == number)?;
        path.file_name().map(|name| name.as_bytes().into())
    }
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

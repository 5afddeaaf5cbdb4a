//! Room for as many sockets as there can be.

use super::bpf::prefer_large_pages;
use crate::model::Socket;

/// Bytes from which on pages of 2 MB are worth what the last of them takes in vain.
const LARGE: usize = 8 * 1024 * 1024;
/// More are not expected, whatever else is open; for them room is made as they come.
const MOST: usize = 256 * 1024;

/// Makes room for so many further sockets. It is taken only as they come.
pub(super) fn reserve(sockets: &mut Vec<Socket>, expected: usize) {
    let expected = expected.min(MOST);
    // Where there is none, adding them says so.
    if sockets.try_reserve_exact(expected).is_ok() && expected.saturating_mul(size_of::<Socket>()) >= LARGE {
        prefer_large_pages(sockets.spare_capacity_mut());
    }
}

//! Decides which rows of the tables count, and numbers those that are alike.

use crate::model::{
    Address, Detail, GapReason, GapScope, Inode, Owner, Protocol, Socket, SocketId, UnixDetail, UnixKind,
};

use super::gaps::Gaps;

/// Sorts the rows by inode, leaves out what nothing vouches for, numbers rows of equal identity.
///
/// In a text table the name of a unix socket can hold newlines, hence whole lines that look like rows, written
/// by any user. So a unix row of text counts only
///
/// 1. where a descriptor that was seen holds its inode. Where not all descriptors could be seen
///    (`all_seen` false), the others are kept, and counted as unverified all the same;
/// 2. where nothing that cannot be forged, another table or `sock_diag(7)`, has its inode;
/// 3. where it is the only one of its inode. Of several, nothing tells which is true: one stays, without name
///    and state.
///
/// Only rows of text name the kernel's structure (`pointer`).
///
/// A row that the kernel listed twice, because others went while the table was read, is left out too.
pub(super) fn settle(sockets: &mut Vec<Socket>, owners: &[Owner], all_seen: bool, gaps: &mut Gaps) {
    let mut held = None; // inodes of the owners, sorted, once it matters
    sockets.sort_by_cached_key(|socket| socket.id.inode);
    let mut keep = Vec::with_capacity(sockets.len());
    for group in sockets.chunk_by_mut(|one, other| one.id.inode == other.id.inode) {
        if let [socket] = group
            && !can_be_forged(socket)
        {
            keep.push(true);
            continue;
        }
        group.sort_by(|one, other| (&one.id, one.pointer).cmp(&(&other.id, other.pointer)));
        let verdicts = keep.len();
        keep_first_listed(group, &mut keep);
        let verdicts = keep.get_mut(verdicts..).unwrap_or_default();
        let inode = group.first().map_or(Inode::NONE, |socket| socket.id.inode);
        let is_held = !inode.is_none() && group.iter().any(can_be_forged) && {
            let held: &mut Vec<Inode> = held.get_or_insert_with(|| {
                let mut inodes: Vec<Inode> = owners.iter().map(|owner| owner.inode).collect();
                inodes.sort_unstable();
                inodes
            });
            held.binary_search(&inode).is_ok()
        };
        for _ in 0..judge_unix(group, verdicts, is_held, all_seen) {
            gaps.add(GapScope::UnixRow, GapReason::Unverified);
        }
        number(group, verdicts);
    }
    let mut keep = keep.into_iter();
    sockets.retain(|_| keep.next().unwrap_or(true));
}

/// Whether the row is of the text table of unix sockets.
fn can_be_forged(socket: &Socket) -> bool {
    socket.id.protocol == Protocol::Unix && socket.pointer.is_some()
}

/// Pushes a verdict for each row of a sorted group: false for one that was listed before.
fn keep_first_listed(group: &[Socket], keep: &mut Vec<bool>) {
    let mut before: Option<&Socket> = None;
    for socket in group {
        let again = before.is_some_and(|before| {
            let same =
                before.id == socket.id && before.pointer == socket.pointer && socket.pointer != Some(0);
            if can_be_forged(socket) {
                same && before == socket // to the last field, lest a forged one take the place of a true one
            } else {
                // Unix sockets without inode wait for accept(2), any number of them on one listener.
                same && (socket.id.protocol != Protocol::Unix || !socket.id.inode.is_none())
            }
        });
        keep.push(!again);
        before = Some(socket);
    }
}

/// Judges the unix rows of one inode; gives how many of them nothing vouches for.
fn judge_unix(group: &mut [Socket], verdicts: &mut [bool], is_held: bool, all_seen: bool) -> usize {
    let is_none = group.first().is_none_or(|socket| socket.id.inode.is_none());
    let elsewhere = !is_none && group.iter().any(|socket| !can_be_forged(socket));
    let mut rows: Vec<(&mut Socket, &mut bool)> =
        group.iter_mut().zip(verdicts).filter(|(socket, keep)| can_be_forged(socket) && **keep).collect();
    let count = rows.len();
    if elsewhere || (!is_held && all_seen) {
        for (_, keep) in rows {
            *keep = false;
        }
        return count;
    }
    if is_none {
        return count;
    }
    if let [(first, _), others @ ..] = rows.as_mut_slice()
        && !others.is_empty()
    {
        first.id.local = Address::None;
        first.state = None;
        first.references = None;
        first.pointer = None;
        first.detail = Detail::Unix(UnixDetail { kind: UnixKind::Unknown(0), flags: 0, shutdown: None });
        for (_, keep) in others {
            **keep = false;
        }
    }
    if is_held { count.saturating_sub(1) } else { count }
}

/// Numbers the rows that stay and are equal in all of their identity.
fn number(group: &mut [Socket], verdicts: &[bool]) {
    let mut before: Option<(SocketId, u16)> = None;
    for (socket, _) in group.iter_mut().zip(verdicts).filter(|(_, keep)| **keep) {
        match &mut before {
            Some((id, nth)) if *id == socket.id => {
                *nth = nth.saturating_add(1);
                socket.id.nth = *nth;
            }
            _ => before = Some((socket.id.clone(), 0)),
        }
    }
}

//! Names of unix sockets: any bytes, and what they imitate.

use sockeye::model::{Address, Detail, GapReason, GapScope, Protocol, Snapshot, Text, UnixDetail, UnixKind};

use super::{gap, look};
use crate::support::proc_tree::ProcTree;

fn row(inode: u64, name: &[u8]) -> Vec<u8> {
    let row = format!("000000008a2e1d4f: 00000002 00000000 00010000 0001 01 {inode:>5} ");
    [row.as_bytes(), name, b"\n"].concat()
}

/// A tree whose process 100 holds the sockets, with those lines as the table.
fn tree(held: &[u64], table: &[Vec<u8>]) -> ProcTree {
    let tree = ProcTree::new();
    tree.table("unix", table.concat());
    for (fd, &inode) in (3..).zip(held) {
        tree.process(100).socket(fd, inode);
    }
    tree
}

fn found(snapshot: &Snapshot) -> Vec<(u64, Address)> {
    snapshot.sockets.iter().map(|socket| (socket.id.inode.0, socket.id.local.clone())).collect()
}

fn named(inode: u64, name: &[u8]) -> (u64, Address) {
    (inode, Address::Unix(Text::from(name)))
}

const UNVERIFIED: GapScope = GapScope::UnixRow;

#[test]
fn names_keep_every_byte() {
    let long = [b'a'; 108];
    let names: [&[u8]; 14] = [
        b"/run/x",
        b"/a b",
        b" ",
        b"  two ",
        b"@",
        b"@\xff\xfe",
        b"\x1b[31m",
        b"a\nb",
        b"a\n",
        b"\n",
        b"\n\n\n",
        b"a\n\xe2\x80\xae b\n@",
        b"@a\0b",
        &long,
    ];
    let table: Vec<_> = (1..).zip(names).map(|(inode, name)| row(inode, name)).collect();
    let held: Vec<u64> = (1..=14).collect();
    let snapshot = look(&tree(&held, &table));
    let expected: Vec<_> = (1..).zip(names).map(|(inode, name)| named(inode, name)).collect();
    assert_eq!(found(&snapshot), expected);
    assert_eq!(snapshot.gaps, []);
}

#[test]
fn a_name_is_at_most_108_bytes_and_the_lines_after_are_malformed() {
    let whole = [&[b'a'; 100][..], b"\n", &[b'b'; 7]].concat();
    let over = [&[b'a'; 100][..], b"\n", &[b'b'; 8], b"\nc"].concat();
    let snapshot = look(&tree(&[1, 2], &[row(1, &whole), row(2, &over)]));
    assert_eq!(found(&snapshot), [named(1, &whole), named(2, &[b'a'; 100])]);
    assert_eq!(snapshot.gaps, [gap(GapScope::TableLine, GapReason::Malformed, 2)]);
}

#[test]
fn a_line_after_a_row_without_name_belongs_to_nothing() {
    let bare = b"000000008a2e1d4f: 00000002 00000000 00010000 0001 01     1\nx\n".to_vec();
    let snapshot = look(&tree(&[1], &[bare]));
    assert_eq!(found(&snapshot), [(1, Address::None)]);
    assert_eq!(snapshot.gaps, [gap(GapScope::TableLine, GapReason::Malformed, 1)]);
}

#[test]
fn only_the_exact_form_of_a_row_starts_one() {
    let almost: [&[u8]; 12] = [
        b"00: 2 0 10000 0001 01 9 @x",
        b"0000000: 00000002 00000000 00010000 0001 01     9 @x",
        b"00000000000000000: 00000002 00000000 00010000 0001 01     9 @x",
        b"000000008a2e1d4g: 00000002 00000000 00010000 0001 01     9 @x",
        b"000000008a2e1d4f:  0000002 00000000 00010000 0001 01     9 @x",
        b"000000008a2e1d4f: 00000002 00000000 0001000a 0001 01     9 @x",
        b"000000008a2e1d4f: 00000002 00000000 00010000 00001 01    9 @x",
        b"000000008a2e1d4f: 00000002 00000000 00010000 0001 01    9 @x",
        b"000000008a2e1d4f: 00000002 00000000 00010000 0001 01       9 @x",
        b"000000008a2e1d4f: 00000002 00000000 00010000 0001 01 18446744073709551616",
        b"000000008a2e1d4f: 00000002 00000000 00010000 0001 01     9\t@x",
        b" 000000008a2e1d4f: 00000002 00000000 00010000 0001 01     9",
    ];
    for line in almost {
        let name = [&b"n\n"[..], line].concat();
        let snapshot = look(&tree(&[1, 9], &[row(1, &name)]));
        assert_eq!(found(&snapshot), [named(1, &name)], "{}", Text::from(line));
    }
}

#[test]
fn a_row_that_no_descriptor_holds_is_dropped_where_all_were_seen() {
    let snapshot = look(&tree(
        &[1],
        &[row(1, b"a\n000000008a2e1d4f: 00000002 00000000 00010000 0001 01  9999 @x"), row(0, b"b")],
    ));
    assert_eq!(found(&snapshot), [named(1, b"a")]);
    assert_eq!(snapshot.gaps, [gap(UNVERIFIED, GapReason::Unverified, 2)]);
}

#[test]
fn a_row_that_no_descriptor_holds_is_kept_and_counted_where_not_all_were_seen() {
    let tree = tree(&[1], &[row(1, b"a"), row(7, b"b"), row(0, b"c")]);
    tree.process(200).without("fd").link("fd", "fd");
    let snapshot = look(&tree);
    assert_eq!(found(&snapshot), [named(0, b"c"), named(1, b"a"), named(7, b"b")]);
    assert_eq!(
        snapshot.gaps,
        [gap(GapScope::Descriptors, GapReason::Failed, 1), gap(UNVERIFIED, GapReason::Unverified, 2)]
    );
}

#[test]
fn another_table_with_the_inode_shows_that_the_unix_row_is_forged() {
    let tree = tree(&[7], &[row(7, b"x")]);
    tree.table("netlink", "00000000a1 0   0          00000000 0        0        0     2        0        7\n");
    let snapshot = look(&tree);
    assert_eq!(found(&snapshot), [(7, Address::Netlink { family: 0, port: 0 })]);
    assert_eq!(snapshot.gaps, [gap(UNVERIFIED, GapReason::Unverified, 1)]);
}

#[test]
fn of_several_rows_of_an_inode_one_stays_without_what_may_be_false() {
    let forged = b"mine\n000000008a2e1d4e: 00000002 00000000 00000000 0002 03     7 /run/other";
    let snapshot = look(&tree(&[7, 8], &[row(7, b"/run/true"), row(8, forged)]));
    assert_eq!(found(&snapshot), [(7, Address::None), named(8, b"mine")]);
    let [socket, _] = &snapshot.sockets[..] else { panic!("{:?}", snapshot.sockets) };
    assert_eq!((socket.id.protocol, socket.state), (Protocol::Unix, None));
    assert_eq!(
        socket.detail,
        Detail::Unix(UnixDetail { kind: UnixKind::Unknown(0), flags: 0, shutdown: None })
    );
    assert_eq!(snapshot.gaps, [gap(UNVERIFIED, GapReason::Unverified, 1)]);
}

#[test]
fn a_row_that_was_listed_twice_counts_once() {
    let snapshot = look(&tree(&[7], &[row(7, b"x"), row(7, b"x")]));
    assert_eq!(found(&snapshot), [named(7, b"x")]);
    assert_eq!(snapshot.gaps, []);
}

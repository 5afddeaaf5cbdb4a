//! Any bytes as any file: no panic, and no more rows than lines.

use proptest::prelude::*;

use super::look;
use crate::support::proc_tree::{HOST_NETNS, ProcTree};

const TABLES: [&str; 13] = [
    "tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6", "unix", "packet",
    "netlink",
];

/// What parsers look for.
const FIELDS: [&[u8]; 24] = [
    b" ",
    b"\n",
    b":",
    b"0:",
    b"0100007F:1F90",
    b"01",
    b"0A",
    b"00000000:00000000",
    b"00:00000000",
    b"00000000",
    b"7",
    b"-1",
    b"0",
    b"99999999999999999999",
    b"000000008a2e1d4f: 00000002 00000000 00010000 0001 01     7",
    b"(",
    b")",
    b") S 1 1 1 0 -1 4194304",
    b"net:[7]",
    b"- nsfs",
    b"Uid:",
    b"\xff",
    b"\0",
    b"\xe2\x80\xae",
];

/// Bytes with the shapes that parsers look for: true fields and lines among noise.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let field = prop_oneof![
        9 => proptest::sample::select(&FIELDS[..]).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
    ];
    proptest::collection::vec((field, any::<bool>()), 0..200).prop_map(|fields| {
        let spaced = fields.into_iter().map(|(mut field, blank)| {
            field.extend(blank.then_some(b' '));
            field
        });
        spaced.collect::<Vec<_>>().concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_are_at_most_as_many_as_lines(content in bytes()) {
        let tree = ProcTree::new();
        tree.process(100).socket(3, 7).link("ns/net", "net:[1]");
        for table in TABLES {
            tree.file(&format!("net-{HOST_NETNS}/{table}"), &content);
        }
        let lines = content.split(|&byte| byte == b'\n').count();
        prop_assert!(look(&tree).sockets.len() <= 2 * TABLES.len() * lines);
    }

    #[test]
    fn any_bytes_may_be_the_facts_of_a_process(content in bytes()) {
        let tree = ProcTree::new();
        let process = tree.process(100).socket(3, 7);
        process.file("stat", &content).file("cmdline", &content);
        tree.process(101).socket(3, 7).file("status", &content);
        tree.process(102).socket(3, 7).name(&content);
        prop_assert_eq!(look(&tree).owners.len(), 3);
    }

    #[test]
    fn any_bytes_may_be_facts_of_the_host(content in bytes()) {
        let tree = ProcTree::new();
        tree.file("1/mountinfo", &content).file("1/root/etc/passwd", &content);
        tree.file("sys/kernel/hostname", &content);
        let snapshot = look(&tree);
        let lines = content.split(|&byte| byte == b'\n').count();
        prop_assert!(snapshot.users.len() <= lines && snapshot.namespaces.len() <= lines + 1);
    }
}

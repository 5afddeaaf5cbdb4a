//! Which network namespaces there are, and through whom each is read.

use std::collections::BTreeMap;

use sockeye::model::{GapReason, GapScope, NetNamespace, Netns, Seen, Snapshot};

use super::{gap, look};
use crate::support::proc_tree::{HOST_NETNS, ProcTree};

const OTHER: u64 = 4_026_532_200;

fn row(inode: u64) -> String {
    format!("0: 0100007F:1F90 0100007F:C7AE 06 0:0 00:0 0     0        0 {inode} 2 {inode:x}\n")
}

/// Inodes of the sockets in each namespace.
fn found(snapshot: &Snapshot) -> BTreeMap<Netns, Vec<u64>> {
    let mut found: BTreeMap<Netns, Vec<u64>> = BTreeMap::new();
    for socket in &snapshot.sockets {
        found.entry(socket.id.netns).or_default().push(socket.id.inode.0);
    }
    found
}

fn namespace(number: u64, name: Option<&str>) -> NetNamespace {
    NetNamespace { netns: Netns::Inode(number), name: name.map(Into::into), is_host: number == HOST_NETNS }
}

#[test]
fn each_namespace_is_read_once() {
    let tree = ProcTree::new();
    tree.table("tcp", row(7)).table_of(OTHER, "tcp", row(8));
    for pid in [100, 101] {
        tree.process(pid).netns(OTHER);
        tree.process(pid + 100);
    }
    let snapshot = look(&tree);
    let expected = [(Netns::Inode(HOST_NETNS), vec![7]), (Netns::Inode(OTHER), vec![8])];
    assert_eq!(found(&snapshot), expected.into());
    assert_eq!(snapshot.namespaces, [namespace(HOST_NETNS, None), namespace(OTHER, None)]);
    assert_eq!(snapshot.seen, Seen { processes: 5, processes_read: 5, namespaces: 2, namespaces_read: 2 });
    assert_eq!(snapshot.gaps, []);
}

#[test]
fn a_socket_keeps_its_namespace_whoever_holds_it() {
    let tree = ProcTree::new();
    tree.table_of(OTHER, "tcp", row(8));
    tree.process(100).netns(OTHER);
    tree.process(200).socket(3, 8);
    let snapshot = look(&tree);
    assert_eq!(found(&snapshot), [(Netns::Inode(OTHER), vec![8])].into());
    assert_eq!(snapshot.owners[0].pid.0, 200);
}

#[test]
fn the_next_process_stands_in_for_one_whose_tables_are_gone() {
    let tree = ProcTree::new();
    tree.table_of(OTHER, "tcp", row(8));
    tree.process(100).netns(OTHER).without("net");
    tree.process(101).netns(OTHER);
    let snapshot = look(&tree);
    assert_eq!(found(&snapshot), [(Netns::Inode(OTHER), vec![8])].into());
    assert_eq!(snapshot.gaps, []);
}

#[test]
fn a_namespace_whose_tables_are_all_gone_is_a_gap() {
    let tree = ProcTree::new();
    tree.process(100).netns(OTHER).without("net");
    let snapshot = look(&tree);
    assert_eq!(snapshot.seen, Seen { processes: 2, processes_read: 2, namespaces: 2, namespaces_read: 1 });
    assert_eq!(snapshot.gaps, [gap(GapScope::Namespace, GapReason::Vanished, 1)]);
}

#[test]
fn one_table_that_cannot_be_read_does_not_hide_the_others() {
    let tree = ProcTree::new();
    tree.table("tcp", row(7)).file(&format!("net-{HOST_NETNS}/udp/x"), "a folder cannot be read");
    let snapshot = look(&tree);
    assert_eq!(found(&snapshot), [(Netns::Inode(HOST_NETNS), vec![7])].into());
    assert_eq!(snapshot.gaps, [gap(GapScope::Table, GapReason::Failed, 1)]);
}

// Root may read every link, so what a kernel refuses is staged as links that lead in a circle, or are missing.

#[test]
fn a_process_without_number_is_in_the_namespace_of_the_same_table_file() {
    let tree = ProcTree::new();
    tree.table_of(OTHER, "tcp", row(8));
    tree.process(100).netns(OTHER);
    tree.process(200).netns(OTHER).without("ns/net");
    let snapshot = look(&tree);
    assert_eq!(found(&snapshot), [(Netns::Inode(OTHER), vec![8])].into());
    assert_eq!(snapshot.gaps, []);
}

#[test]
fn namespaces_without_numbers_are_told_apart_by_their_table_file() {
    let tree = ProcTree::new();
    tree.table("tcp", row(7)).table_of(11, "tcp", row(8)).table_of(12, "tcp", row(9));
    for (pid, number) in [(100, 11), (101, 11), (102, 12)] {
        tree.process(pid).netns(number).without("ns/net");
    }
    let snapshot = look(&tree);
    let sockets: Vec<Vec<u64>> = found(&snapshot).into_values().collect();
    assert_eq!(sockets.len(), 3);
    for inode in [7, 8, 9] {
        assert!(sockets.contains(&vec![inode]), "{sockets:?}");
    }
    let numbers: Vec<u64> = snapshot.namespaces.iter().map(|namespace| namespace.netns.number()).collect();
    assert_eq!(numbers, [HOST_NETNS, 0, 0]);
    assert_eq!(snapshot.gaps, [gap(GapScope::ProcessNamespace, GapReason::Unsupported, 3)]);
}

#[test]
fn links_that_fail_or_lie_do_not_hide_the_namespace() {
    for (pid, broken) in [(100, "ns"), (200, "net:[x]"), (300, "mnt:[5]")] {
        let tree = ProcTree::new();
        tree.table_of(OTHER, "tcp", row(8));
        let process = tree.process(pid).netns(OTHER);
        if broken == "ns" {
            process.without("ns/net").without("ns").link("ns", "ns");
        } else {
            process.link("ns/net", broken);
        }
        let snapshot = look(&tree);
        let sockets: Vec<Vec<u64>> = found(&snapshot).into_values().collect();
        assert_eq!(sockets, [vec![8]], "{broken}");
        let reason = if broken == "ns" { GapReason::Failed } else { GapReason::Malformed };
        assert_eq!(snapshot.gaps, [gap(GapScope::ProcessNamespace, reason, 1)], "{broken}");
    }
}

#[test]
fn mounts_give_namespaces_their_names() {
    let tree = ProcTree::new();
    tree.process(100).netns(OTHER);
    tree.file(
        "1/mountinfo",
        format!(
            "22 27 0:21 / /proc rw,relatime - proc proc rw\n\
             612 25 0:4 net:[{OTHER}] /run/netns/a\\040b\\134 rw shared:5 master:1 - nsfs nsfs rw\n\
             613 25 0:4 net:[{OTHER}] /run/netns/second rw - nsfs nsfs rw\n\
             614 25 0:4 net:[{HOST_NETNS}] /fake rw - tmpfs nsfs rw\n\
             615 25 0:4 mnt:[{HOST_NETNS}] /fake rw - nsfs nsfs rw\n\
             616 25 0:4 net:[{HOST_NETNS}\n"
        ),
    );
    let snapshot = look(&tree);
    assert_eq!(snapshot.namespaces, [namespace(HOST_NETNS, None), namespace(OTHER, Some("a b\\"))]);
    assert_eq!(snapshot.gaps, []);
}

#[test]
fn namespaces_without_process_are_never_entered_below_another_root() {
    let tree = ProcTree::new();
    tree.file("1/mountinfo", format!("612 25 0:4 net:[{OTHER}] /run/netns/blue rw - nsfs nsfs rw\n"));
    tree.process(100)
        .link("fd/4", format!("net:[{}]", OTHER + 1))
        .link("fd/5", format!("net:[{HOST_NETNS}]"));
    let snapshot = look(&tree);
    let expected = [namespace(HOST_NETNS, None), namespace(OTHER, Some("blue")), namespace(OTHER + 1, None)];
    assert_eq!(snapshot.namespaces, expected);
    assert_eq!(snapshot.seen, Seen { processes: 2, processes_read: 2, namespaces: 3, namespaces_read: 1 });
    assert_eq!(snapshot.gaps, [gap(GapScope::Namespace, GapReason::Unsupported, 2)]);
}

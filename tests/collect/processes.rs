//! Descriptors and facts of processes.

use std::collections::BTreeMap;
use std::time::Duration;

use sockeye::model::{
    Exe, Fact, Fd, GapReason, GapScope, Inode, Owner, Pid, Process, ProcessKey, Seen, Text,
};

use super::{gap, look};
use crate::support::proc_tree::ProcTree;

fn owner(pid: u32, fd: u32, inode: u64) -> Owner {
    Owner { inode: Inode(inode), pid: Pid(pid), fd: Fd(fd), tid: None }
}

fn owners(tree: &ProcTree) -> Vec<Owner> {
    let mut owners = look(tree).owners;
    owners.sort_by_key(|owner| (owner.pid, owner.fd));
    owners
}

fn process(tree: &ProcTree, pid: u32) -> Process {
    look(tree).processes[&Pid(pid)].clone()
}

#[test]
fn every_descriptor_of_a_socket_has_its_owner() {
    let tree = ProcTree::new();
    tree.process(100)
        .socket(0, 7)
        .socket(3, 7)
        .socket(4, 8)
        .link("fd/5", "/dev/null")
        .link("fd/6", "pipe:[7]");
    tree.process(200).socket(9, 7).link("fd/10", "socket:[x]").link("fd/11", "socket:[5");
    tree.process(300).link("fd/1", "/socket:[7]");
    assert_eq!(owners(&tree), [owner(100, 0, 7), owner(100, 3, 7), owner(100, 4, 8), owner(200, 9, 7)]);
    let pids: Vec<u32> = look(&tree).processes.keys().map(|pid| pid.0).collect();
    assert_eq!(pids, [1, 100, 200], "holders and their ancestors");
}

#[test]
fn facts_of_a_process_are_all_there() {
    let tree = ProcTree::new();
    let shell = tree.process(100).socket(0, 7).name(b"bash").parent(1).start(4250).tty(34816).uid(1000);
    shell
        .link("exe", "/usr/bin/bash")
        .arguments(&[b"bash", b"-i"])
        .link("cwd", "/home/x")
        .file("cgroup", "1:cpu:/y\n0::/user.slice/x\n");
    let expected = Process {
        key: ProcessKey { pid: Pid(100), start: 4250 },
        parent: Some(Pid(1)),
        comm: "bash".into(),
        exe: Fact::Known(Exe { path: "/usr/bin/bash".into(), deleted: false, same_as: None }),
        cmdline: Fact::Known("bash\0-i\0".into()),
        cwd: Fact::Known("/home/x".into()),
        uid: 1000,
        tty: Some(34816),
        session: Some(Pid(100)),
        group: Some(Pid(100)),
        foreground: None,
        started: Duration::from_millis(42_500),
        cgroup: Fact::Known("/user.slice/x".into()),
    };
    assert_eq!(process(&tree, 100), expected);
    let init = process(&tree, 1);
    assert_eq!((init.parent, init.tty), (None, None));
}

#[test]
fn a_deleted_executable_is_marked() {
    let tree = ProcTree::new();
    tree.process(100).socket(0, 7).link("exe", "/tmp/a (deleted)");
    let expected = Exe { path: "/tmp/a".into(), deleted: true, same_as: None };
    assert_eq!(process(&tree, 100).exe, Fact::Known(expected));
}

#[test]
fn kernel_threads_and_zombies_have_no_executable_and_no_arguments() {
    let tree = ProcTree::new();
    tree.process(2).socket(0, 7).parent(0).without("exe").without("cwd").arguments(&[]);
    let thread = process(&tree, 2);
    assert_eq!((thread.exe, thread.cmdline, thread.cwd), (Fact::Absent, Fact::Absent, Fact::Absent));
}

#[test]
fn a_name_may_hold_any_bytes() {
    for name in
        [&b") R 1 (x"[..], b"\x1b[31m\x9b\xff\n)x (\xe6\xbc", b"", b" ", b"(", b")", b"((", b"))", b")("]
    {
        let tree = ProcTree::new();
        tree.process(100).socket(0, 7).name(name).start(4250);
        let found = process(&tree, 100);
        assert_eq!((found.comm, found.key.start), (Text::from(name), 4250));
    }
}

#[test]
fn a_long_command_line_is_cut_and_counted() {
    let tree = ProcTree::new();
    tree.process(100).socket(0, 7).file("cmdline", vec![b'a'; 200_000]);
    let snapshot = look(&tree);
    let cmdline = snapshot.processes[&Pid(100)].cmdline.known().unwrap();
    assert_eq!(cmdline.as_bytes(), vec![b'a'; 128 * 1024]);
    assert_eq!(snapshot.gaps, [gap(GapScope::ProcessFacts, GapReason::TooLarge, 1)]);
}

#[test]
fn the_chain_of_parents_is_read_to_its_end() {
    let tree = ProcTree::new();
    tree.process(100).socket(0, 7).parent(90);
    tree.process(90).parent(80);
    tree.process(80).parent(1);
    tree.process(70).parent(1);
    let snapshot = look(&tree);
    let parents: BTreeMap<u32, Option<u32>> = snapshot
        .processes
        .values()
        .map(|process| (process.key.pid.0, process.parent.map(|parent| parent.0)))
        .collect();
    let expected = [(1, None), (80, Some(1)), (90, Some(80)), (100, Some(90))];
    assert_eq!(parents, expected.into());
    assert_eq!(snapshot.gaps, []);
}

#[test]
fn a_parent_younger_than_its_child_is_a_recycled_pid() {
    let tree = ProcTree::new();
    tree.process(100).socket(0, 7).parent(300).start(500);
    tree.process(200).socket(0, 8).parent(300).start(600);
    tree.process(300).start(600);
    let snapshot = look(&tree);
    assert_eq!(snapshot.processes[&Pid(100)].parent, None);
    assert_eq!(snapshot.processes[&Pid(200)].parent, Some(Pid(300)), "it started in the same tick");
}

#[test]
fn parents_in_a_circle_end_the_chain() {
    let tree = ProcTree::new();
    tree.process(100).socket(0, 7).parent(200).start(500);
    tree.process(200).parent(100).start(500);
    let pids: Vec<u32> = look(&tree).processes.keys().map(|pid| pid.0).collect();
    assert_eq!(pids, [100, 200]);
}

#[test]
fn processes_and_descriptors_that_vanish_are_no_gap() {
    let tree = ProcTree::new();
    tree.process(100).socket(0, 7).without("stat");
    tree.process(200).without("fd");
    tree.process(300).socket(0, 8).parent(299);
    let snapshot = look(&tree);
    assert_eq!(snapshot.owners, [owner(300, 0, 8)]);
    assert_eq!(snapshot.gaps, []);
}

#[test]
fn what_cannot_be_read_is_counted_by_cause() {
    let tree = ProcTree::new();
    tree.process(100).without("fd").link("fd", "fd");
    tree.process(200).socket(0, 7).file("stat", "200 (x");
    tree.process(300).socket(0, 8).file("status", "Name: x\n");
    tree.process(400).socket(0, 9).file("fd/1", "no link");
    let snapshot = look(&tree);
    assert_eq!(
        snapshot.gaps,
        [
            gap(GapScope::Descriptors, GapReason::Failed, 1),
            gap(GapScope::Descriptor, GapReason::Failed, 1),
            gap(GapScope::ProcessFacts, GapReason::Malformed, 2),
        ]
    );
    let seen = Seen { processes: 5, processes_read: 3, namespaces: 1, namespaces_read: 1 };
    assert_eq!(snapshot.seen, seen);
    let mut held: Vec<u64> = snapshot.owners.iter().map(|owner| owner.inode.0).collect();
    held.sort_unstable();
    assert_eq!(held, [7, 8, 9], "what is unknown of a process does not hide what it holds");
}

#[test]
fn zombies_and_kernel_threads_hold_nothing_that_could_be_missed() {
    let tree = ProcTree::new();
    tree.process(100).state('Z').without("fd").link("fd", "fd");
    tree.process(2).flags(0x0020_8040).without("fd").link("fd", "fd");
    let snapshot = look(&tree);
    assert_eq!(snapshot.gaps, []);
    assert_eq!((snapshot.seen.processes, snapshot.seen.processes_read), (3, 3));
}

#[test]
fn stat_of_another_shape_is_malformed() {
    let shapes: [&[u8]; 12] = [
        b"",
        b"(",
        b")",
        b"()",
        b"(x) S 1",
        b"100(x) S 1",
        b"100 (x)",
        b"100 (x) ",
        b"100 (x)  \n",
        b") 100 (",
        b"100 (x) S 1 1",
        b"\xe2\x80 (x) S 1",
    ];
    for shape in shapes {
        let tree = ProcTree::new();
        tree.process(100).socket(0, 7).file("stat", shape);
        let snapshot = look(&tree);
        assert_eq!(snapshot.gaps, [gap(GapScope::ProcessFacts, GapReason::Malformed, 1)], "{shape:?}");
    }
}

#[test]
fn sockets_of_a_process_whose_first_thread_ended_are_found() {
    let tree = ProcTree::new();
    tree.process(100).name(b"leader");
    for task in [100, 101] {
        std::fs::create_dir_all(tree.path().join(format!("100/task/{task}/fd"))).unwrap();
    }
    let thread = tree.path().join("100/task/101");
    std::os::unix::fs::symlink("socket:[7]", thread.join("fd/5")).unwrap();
    std::fs::create_dir(thread.join("ns")).unwrap();
    std::os::unix::fs::symlink("net:[4026532200]", thread.join("ns/net")).unwrap();
    tree.process(100).without("ns/net").without("net");
    // A thread has such a directory too, which is not listed on a real system.
    tree.process(101).netns(4_026_532_200);
    let snapshot = look(&tree);
    assert!(snapshot.owners.contains(&owner(100, 5, 7)), "{:?}", snapshot.owners);
    assert_eq!((snapshot.seen.namespaces_read, snapshot.gaps), (2, Vec::new()));
}

//! Descriptors of shells and of what is linked to them, from files that say anything.

use sockeye::model::{Access, Descriptor, Device, Fd, GapReason, GapScope, Inode, Pid, Snapshot, Target};

use super::{gap, look};
use crate::support::proc_tree::{ProcTree, ProcessDir};

const MOUNTS: &str = "22 1 0:5 / /dev rw,nosuid shared:2 - devtmpfs udev rw\n\
    25 22 0:22 / /dev/pts rw,nosuid shared:3 master:1 - devpts devpts rw,gid=5\n";
const DEVPTS: Option<Device> = Some(Device { major: 0, minor: 22 });

trait Links {
    fn end(self, fd: u32, link: &str, fdinfo: &str) -> Self;
    fn shell(self) -> Self;
}

impl Links for ProcessDir {
    fn end(self, fd: u32, link: &str, fdinfo: &str) -> Self {
        std::fs::create_dir_all(self.path().join("fdinfo")).unwrap();
        self.link(&format!("fd/{fd}"), link).file(&format!("fdinfo/{fd}"), fdinfo)
    }

    fn shell(self) -> Self {
        self.link("exe", "/bin/dash").arguments(&[b"sh"]).file("mountinfo", MOUNTS)
    }
}

fn info(flags: &str) -> String {
    format!("pos:\t0\nflags:\t{flags}\nmnt_id:\t15\nino:\t9\n")
}

fn found(snapshot: &Snapshot) -> Vec<(u32, u32, Access, Target)> {
    let each = snapshot.descriptors.iter();
    each.map(|&Descriptor { pid: Pid(pid), fd: Fd(fd), access, target }| (pid, fd, access, target)).collect()
}

fn pipe(inode: u64) -> Target {
    Target::Pipe(Inode(inode))
}

#[test]
fn flags_are_octal_and_their_lowest_bits_say_what_a_descriptor_is_for() {
    let tree = ProcTree::new();
    let shell = tree.process(100).shell();
    let shell = shell.end(0, "pipe:[7]", &info("00")).end(1, "pipe:[8]", &info("0100001"));
    shell.end(2, "/dev/null", &info("0100002")).end(5, "pipe:[9]", &info("010000000"));
    let expected = [
        (100, 0, Access::Read, pipe(7)),
        (100, 1, Access::Write, pipe(8)),
        (100, 2, Access::Both, Target::Null),
        (100, 5, Access::Neither, pipe(9)),
    ];
    assert_eq!(found(&look(&tree)), expected);
}

#[test]
fn malformed_fdinfo_is_a_gap() {
    for text in ["", "pos:\t0\n", "pos:\t0\nflags:\t8\n", "pos:\t0\nflags:\t+1\n", "flags:\t0\n", "\u{1}\0"] {
        let tree = ProcTree::new();
        tree.process(100).shell().end(0, "pipe:[7]", text).end(1, "pipe:[8]", &info("01"));
        let snapshot = look(&tree);
        assert_eq!(found(&snapshot), [(100, 1, Access::Write, pipe(8))], "{text:?}");
        assert!(snapshot.gaps.contains(&gap(GapScope::Links, GapReason::Malformed, 1)), "{text:?}");
    }
}

#[test]
fn a_terminal_leads_to_the_master_of_its_own_devpts_and_not_back() {
    let tree = ProcTree::new();
    let slave = "pos:\t0\nflags:\t02\nmnt_id:\t25\n";
    tree.process(100).shell().end(0, "/dev/pts/3", slave);
    let master = "pos:\t0\nflags:\t02\nmnt_id:\t22\ntty-index:\t3\n";
    tree.process(200).file("mountinfo", MOUNTS).end(9, "/dev/ptmx", master).end(10, "pipe:[5]", &info("00"));
    let other = MOUNTS.replace("0:22", "0:99").replace("25 22", "45 42").replace("22 1", "42 1");
    tree.process(300).file("mountinfo", other).end(9, "/dev/ptmx", &master.replace("22", "42"));
    tree.process(400).file("mountinfo", MOUNTS).end(9, "/dev/ptmx", &master.replace('3', "4"));
    let expected = [
        (100, 0, Access::Both, Target::PtySlave { devpts: DEVPTS, index: 3 }),
        (200, 9, Access::Both, Target::PtyMaster { devpts: DEVPTS, index: 3 }),
        (200, 10, Access::Read, pipe(5)),
    ];
    assert_eq!(found(&look(&tree)), expected);
}

#[test]
fn of_a_shell_only_standard_files_lead_on_and_of_others_each_pipe() {
    let tree = ProcTree::new();
    let shell = tree.process(100).shell().end(0, "pipe:[7]", &info("0")).end(1, "pipe:[92]", &info("01"));
    shell.end(4, "pipe:[90]", &info("0"));
    tree.process(200).end(8, "pipe:[7]", &info("01")).end(9, "pipe:[91]", &info("0"));
    tree.process(300).end(8, "pipe:[91]", &info("01"));
    tree.process(400).end(8, "pipe:[90]", &info("01"));
    tree.process(500).end(8, "pipe:[92]", &info("01"));
    let pids: Vec<u32> = look(&tree).descriptors.iter().map(|found| found.pid.0).collect();
    assert_eq!(pids, [100, 100, 100, 200, 200, 300]);
}

#[test]
fn a_shell_that_moved_its_standard_files_and_closed_the_first_leads_on_from_where_they_are() {
    let tree = ProcTree::new();
    let shell = tree.process(100).shell().link("exe", "/bin/tcsh");
    let shell = shell.end(16, "pipe:[7]", &info("0")).end(17, "pipe:[92]", &info("01"));
    shell.end(5, "pipe:[90]", &info("0"));
    tree.process(200).end(8, "pipe:[7]", &info("01"));
    tree.process(300).end(8, "pipe:[92]", &info("0"));
    tree.process(400).end(8, "pipe:[90]", &info("01"));
    // Of another shell these are any descriptors.
    tree.process(500).shell().end(16, "pipe:[93]", &info("0"));
    let expected = [
        (100, 5, Access::Read, pipe(90)),
        (100, 16, Access::Read, pipe(7)),
        (100, 17, Access::Write, pipe(92)),
        (200, 8, Access::Write, pipe(7)),
        (300, 8, Access::Read, pipe(92)),
    ];
    assert_eq!(found(&look(&tree)), expected);
}

#[test]
fn what_is_no_shell_is_read_only_where_one_leads_to_it() {
    let tree = ProcTree::new();
    for pid in [100, 200] {
        tree.process(pid).end(0, "pipe:[7]", &info("0")).end(1, "pipe:[7]", &info("01"));
    }
    tree.process(300).end(0, "/dev/pts/3", "pos:\t0\nflags:\t02\nmnt_id:\t25\n");
    assert_eq!(found(&look(&tree)), []);
}

#[test]
fn more_descriptors_than_are_read_are_a_gap() {
    let tree = ProcTree::new();
    for pid in 2..=4200 {
        tree.process(pid).shell().end(0, "pipe:[7]", &info("0"));
    }
    let snapshot = look(&tree);
    assert_eq!(snapshot.descriptors.len(), 4096);
    assert!(snapshot.gaps.contains(&gap(GapScope::Links, GapReason::TooLarge, 103)));
}

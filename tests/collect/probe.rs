//! What shells wait for, from files that say anything.

use std::io::{Seek as _, SeekFrom, Write as _};

use sockeye::model::{Fd, Pid};

use super::look;
use crate::support::lacking;
use crate::support::proc_tree::ProcTree;

/// Where the list is in the memory of the shell: no file may be as large as addresses are.
const AT: u64 = 0x5a40;

const NONE: [u32; 0] = [];

/// What a shell in that system call, with such memory, waits for.
fn waits_for(syscall: &str, memory: &[u8]) -> Vec<u32> {
    let tree = ProcTree::new();
    let shell = tree.process(100).link("exe", "/bin/dash").arguments(&[b"sh"]);
    std::fs::create_dir(shell.path().join("fdinfo")).unwrap();
    let shell = shell.link("fd/0", "pipe:[7]").file("fdinfo/0", "pos:\t0\nflags:\t0\nmnt_id:\t15\n");
    let shell = shell.file("syscall", syscall);
    let mut file = std::fs::File::create(shell.path().join("mem")).unwrap();
    file.seek(SeekFrom::Start(AT)).unwrap();
    file.write_all(memory).unwrap();
    let probes = look(&tree).probes;
    probes.get(&Pid(100)).map_or_else(Vec::new, |probe| probe.waits_for.iter().map(|&Fd(fd)| fd).collect())
}

/// By x86-64, or by the numbers that all later architectures share.
fn number(x86_64: u32, generic: u32) -> Option<u32> {
    if cfg!(target_arch = "x86_64") {
        Some(x86_64)
    } else if cfg!(target_arch = "aarch64") {
        Some(generic)
    } else {
        lacking("numbers of system calls of this architecture");
        None
    }
}

fn polled(fd: i32, events: u16) -> Vec<u8> {
    [&fd.to_ne_bytes()[..], &events.to_ne_bytes(), &[0; 2]].concat()
}

#[test]
fn reading_waits_for_the_first_argument() {
    let calls = [(0, 63), (17, 67), (19, 65), (45, 207), (47, 212)];
    for call in calls.into_iter().filter_map(|(x86_64, generic)| number(x86_64, generic)) {
        let line = format!("{call} 0x7 0x55d0c7b5e6b0 0x1 0x0 0x0 0x0 0x7ffd0f0b5a48 0x7f8a3c114a1d\n");
        assert_eq!(waits_for(&line, &[]), [7]);
        assert_eq!(waits_for(&line.replace("0x7 ", "0xffffffff00000003 "), &[]), [3]);
    }
}

#[test]
fn polling_waits_for_those_that_are_asked_whether_they_can_be_read() {
    let Some(call) = number(7, 73) else { return };
    let list = [polled(9, 1), polled(-1, 1), polled(4, 4), polled(5, 0x45), polled(9, 1)].concat();
    assert_eq!(waits_for(&format!("{call} {AT:#x} 0x5 0x0 0x0 0x0 0x0 0x1 0x1\n"), &list), [5, 9]);
    // No more than 64 are read.
    let list: Vec<u8> = (100..200).flat_map(|fd| polled(fd, 1)).collect();
    let found = waits_for(&format!("{call} {AT:#x} 0xffffffffffffffff 0x0 0x0 0x0 0x0 0x1 0x1\n"), &list);
    assert_eq!(found, (100..164).collect::<Vec<u32>>());
}

#[test]
fn selecting_waits_for_the_set_up_to_the_number() {
    let Some(call) = number(270, 72) else { return };
    let set = [1_u64 << 3 | 1 << 63, 1 << 5 | 1 << 6].map(u64::to_ne_bytes).concat();
    assert_eq!(waits_for(&format!("{call} 0x46 {AT:#x} 0x0 0x0 0x0 0x0 0x1 0x1\n"), &set), [3, 63, 69]);
    let set = [0xff; 4096];
    let found = waits_for(&format!("{call} 0xffffffff {AT:#x} 0x0 0x0 0x0 0x0 0x1 0x1\n"), &set);
    assert_eq!(found, (0..1024).collect::<Vec<u32>>());
    assert_eq!(waits_for(&format!("{call} 0x8 0x0 0x0 0x0 0x0 0x0 0x1 0x1\n"), &set), NONE);
}

#[test]
fn anything_else_waits_for_nothing() {
    let others = [
        "running\n",
        "-1 0x7ffd 0x7f8a\n",
        "61 0x1 0x0\n",
        "",
        "0",
        "0 0x1",
        "0 7 7",
        "\u{1}\0",
        "0 0xx 0x1",
    ];
    for line in others {
        assert_eq!(waits_for(line, &[]), NONE, "{line:?}");
    }
    let Some(call) = number(7, 73) else { return };
    assert_eq!(waits_for(&format!("{call} 0xffffffffffffffff 0x1 0x0\n"), &[]), NONE);
}

//! Threads that do not share all with their process.

use crate::support::skip;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use sockeye::model::{Collector, Fd, Inode, Netns, Owner, Pid};

use super::children::Guard;
use super::look_by;

/// A process whose second thread leaves what the first argument says by unshare(2), then listens and tells inode,
/// descriptor, thread and namespace. Then the first thread does as the second argument says.
const PROGRAM: &str = r#"
import ctypes, os, platform, socket, sys, threading
libc, ready, done = ctypes.CDLL(None), threading.Event(), threading.Event()
def work():
    if libc.unshare(int(sys.argv[1], 16)):
        print("refused", flush=True)
    listener = socket.socket()
    listener.bind(("0.0.0.0", 0))
    listener.listen()
    ready.set()
    done.wait()
    netns = os.stat("/proc/thread-self/ns/net").st_ino
    print(os.fstat(listener.fileno()).st_ino, listener.fileno(), threading.get_native_id(), netns, flush=True)
    os.read(0, 1)
thread = threading.Thread(target=work)
thread.start()
ready.wait()
if sys.argv[2] == "opens": kept = os.open("/dev/null", os.O_RDONLY)
done.set()
if sys.argv[2] == "exits": libc.syscall({"x86_64": 60, "aarch64": 93}[platform.machine()], 0)
thread.join()
"#;

const FILES: &str = "400"; // CLONE_FILES
const FILES_AND_NETNS: &str = "40000400";
const NETNS: &str = "40000000"; // CLONE_NEWNET
const NOTHING: &str = "0";

struct Staged {
    _process: Guard,
    owner: Owner,
    netns: Netns,
}

fn stage(leaves: &str, first_thread: &str) -> Option<Staged> {
    let mut python = Command::new("python3");
    python.args(["-c", PROGRAM, leaves, first_thread]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut process) = python.spawn().map(Guard) else {
        skip("no python3");
        return None;
    };
    let mut line = String::new();
    BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let &[inode, fd, tid, netns] = &numbers[..] else {
        skip(&format!("unshare or python3 {line}"));
        return None;
    };
    let pid = Pid(process.0.id());
    let tid = Some(Pid(u32::try_from(tid).unwrap()));
    let owner = Owner { inode: Inode(inode), pid, fd: Fd(u32::try_from(fd).unwrap()), tid };
    Some(Staged { _process: process, owner, netns: Netns::Inode(netns) })
}

fn assert_found(staged: Option<Staged>, is_own_table: bool) {
    let Some(Staged { _process, mut owner, netns }) = staged else { return };
    owner.tid = owner.tid.filter(|_| is_own_table);
    for collector in Collector::ALL {
        let snapshot = look_by(collector);
        let owners = snapshot.owners.iter().filter(|found| found.inode == owner.inode);
        assert_eq!(owners.copied().collect::<Vec<_>>(), [owner], "{collector:?}");
        let rows = snapshot.sockets.iter().filter(|row| row.id.inode == owner.inode);
        assert_eq!(rows.map(|row| row.id.netns).collect::<Vec<_>>(), [netns], "{collector:?}");
        assert!(snapshot.processes.contains_key(&owner.pid));
    }
}

#[test]
fn a_thread_with_its_own_descriptors_is_their_owner() {
    assert_found(stage(FILES, "waits"), true);
}

#[test]
fn a_table_of_a_thread_as_long_as_that_of_its_process_is_found_by_its_sockets() {
    assert_found(stage(FILES, "opens"), true);
}

#[test]
fn a_thread_that_shares_its_table_is_no_owner_of_its_own() {
    assert_found(stage(NOTHING, "waits"), false);
}

#[test]
fn a_namespace_that_only_a_thread_is_in_is_read() {
    if !super::is_root() {
        skip("a network namespace needs root");
        return;
    }
    assert_found(stage(NETNS, "waits"), false);
    assert_found(stage(FILES_AND_NETNS, "waits"), true);
}

#[test]
fn sockets_of_a_process_whose_first_thread_ended_have_an_owner() {
    assert_found(stage(NOTHING, "exits"), false);
}

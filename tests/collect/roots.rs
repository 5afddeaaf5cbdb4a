//! What a proc root must be, what it says of the host, and the pace of a source.

use std::error::Error as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use sockeye::collect::{LiveOptions, Source as _, SourceSpec, open};
use sockeye::model::{GapReason, GapScope, Host, Request, Text, Update};

use super::{gap, live, look};
use crate::support::proc_tree::ProcTree;

fn refused(path: &Path) -> (String, bool) {
    let spec = SourceSpec::Live { proc: path.to_owned() };
    let Err(error) = open(&spec, &LiveOptions::default()) else { panic!("it opens") };
    (error.to_string(), error.source().is_some())
}

#[test]
fn what_lists_no_process_is_no_proc_file_system() {
    let dir = tempfile::tempdir().unwrap();
    let message = |path: &Path| format!("{} is not a proc file system", path.display());
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    std::fs::create_dir(dir.path().join("x1")).unwrap();
    assert_eq!(refused(dir.path()), (message(dir.path()), false));
    assert_eq!(refused(&file), (message(&file), true));
    let missing = dir.path().join("missing");
    assert_eq!(refused(&missing), (message(&missing), true));
    let circle = dir.path().join("circle");
    std::os::unix::fs::symlink("circle", &circle).unwrap();
    assert_eq!(refused(&circle), (format!("cannot list {}", circle.display()), true));
}

#[test]
fn facts_of_the_host_come_from_the_root() {
    let tree = ProcTree::new();
    tree.file("sys/kernel/hostname", "web1\n").file("sys/kernel/random/boot_id", "1-2\n").file(
        "1/root/etc/passwd",
        b"root:x:0:0::/root:/bin/sh\nsecond:x:0:0::/:\n\nno line\n#x:x:y:1\n:x:5:5\nb\xff:x:1000:0\nc:x:4294967296:0\n+d:x:-1:0\n",
    );
    let snapshot = look(&tree);
    assert_eq!(snapshot.host, Host { name: "web1".into(), boot_id: "1-2".into() });
    assert_eq!(snapshot.users, [(0, "root".into()), (1000, Text::from(&b"b\xff"[..]))].into());
    assert_eq!(snapshot.gaps, []);
}

#[test]
fn a_root_without_facts_of_the_host_has_none() {
    let snapshot = look(&ProcTree::new());
    assert_eq!(snapshot.host, Host::default());
    assert_eq!(snapshot.users, [].into());
    assert_eq!(snapshot.viewer.lacks, [""; 0]);
    assert_eq!(snapshot.gaps, []);
}

#[test]
fn links_below_another_root_stay_below_it() {
    let tree = ProcTree::new();
    tree.file("1/root/etc/there", "inside:x:7:7\n");
    std::os::unix::fs::symlink("/etc/there", tree.path().join("1/root/etc/passwd")).unwrap();
    assert_eq!(look(&tree).users, [(7, "inside".into())].into());
}

#[test]
fn facts_of_the_host_that_cannot_be_read_are_gaps() {
    let tree = ProcTree::new();
    tree.file("sys/kernel/hostname/x", "").file("1/root/etc/passwd/x", "").file("1/mountinfo/x", "");
    assert_eq!(
        look(&tree).gaps,
        [
            gap(GapScope::Namespace, GapReason::Failed, 1),
            gap(GapScope::Users, GapReason::Failed, 1),
            gap(GapScope::Host, GapReason::Failed, 1),
        ]
    );
}

#[test]
fn a_pipe_in_place_of_a_table_does_not_block() {
    let tree = ProcTree::new();
    let path = tree.path().join("net-4026531840/udp");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
        .unwrap();
    assert_eq!(look(&tree).gaps, []);
}

/// Runs a source, and sends the requests when the first snapshot is there. Gives the number of snapshots.
fn run(interval: Duration, requests: &[Request], enough: usize) -> usize {
    let tree = ProcTree::new();
    let mut source = Box::new(live(&tree));
    let (sender, receiver) = mpsc::channel();
    sender.send(Request::SetInterval(interval)).unwrap();
    let mut sender = Some(sender);
    let mut count = 0;
    source.snapshot();
    source.run(receiver, &mut |update| {
        assert!(matches!(update, Update::Snapshot(_)));
        count += 1;
        if let Some(sender) = sender.take_if(|_| count == 1) {
            for &request in requests {
                sender.send(request).unwrap();
            }
            if enough > 0 {
                std::mem::forget(sender); // stays open
            }
        }
        if count == enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    count
}

const DAY: Duration = Duration::from_hours(24);

#[test]
fn a_source_ends_when_its_requests_are_closed() {
    assert_eq!(run(DAY, &[], 0), 1);
}

#[test]
fn a_source_ends_when_nobody_listens() {
    assert_eq!(run(DAY, &[], 1), 1);
}

#[test]
fn a_request_is_answered_before_the_interval_is_over() {
    assert_eq!(run(DAY, &[Request::Refresh, Request::Refresh], 3), 3);
}

#[test]
fn a_new_interval_counts_from_the_start_of_the_last_snapshot() {
    assert_eq!(run(DAY, &[Request::SetInterval(Duration::ZERO)], 4), 4);
}

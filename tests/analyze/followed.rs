//! How far ways from shells are followed, and that what is left out is counted.

use std::sync::Arc;

use sockeye::analyze::Analysis;
use sockeye::model::{Access, Descriptor, Fd, Inode, Pid, Target, TcpState};

use super::analyze;
use crate::support::snapshot::{Builder, snapshot};

fn pipe(pid: u32, fd: u32, access: Access, number: u32) -> Descriptor {
    Descriptor { pid: Pid(pid), fd: Fd(fd), access, target: Target::Pipe(Inode(number.into())) }
}

/// A process with an outbound connection.
fn relay(to: Builder, pid: u32) -> Builder {
    to.process(pid, 1, "/usr/bin/nc", "nc 203.0.113.80 443").tcp(
        pid.into(),
        &[3],
        TcpState::Established,
        "10.0.0.5:33894",
        "203.0.113.80:443",
    )
}

fn judged(host: Builder, mut files: Vec<Descriptor>) -> Arc<Analysis> {
    files.sort();
    analyze(host.adjust(|snapshot| snapshot.descriptors = files))
}

/// Pids that alerts are about, and shells that were not followed to the end.
fn found(analysis: &Analysis) -> (Vec<u32>, usize) {
    let mut pids: Vec<u32> = analysis.alerts.iter().map(|alert| alert.process.pid.0).collect();
    pids.sort_unstable();
    (pids, analysis.coverage.unfollowed)
}

/// A shell reads from cat, which shares so many pipes with tee; behind the last pipe of cat is the relay.
fn behind(pipes: u32) -> (Vec<u32>, usize) {
    let host = snapshot()
        .process(10, 1, "/usr/bin/bash", "bash")
        .process(11, 1, "/opt/mux", "mux")
        .process(12, 1, "/opt/mux", "mux");
    let mut files = vec![pipe(10, 0, Access::Read, 1), pipe(11, 1, Access::Write, 1)];
    for number in 0..pipes {
        files.push(pipe(11, 3 + number, Access::Read, 100 + number));
        files.push(pipe(12, 3 + number, Access::Write, 100 + number));
    }
    files.extend([pipe(11, 3 + pipes, Access::Read, 2), pipe(13, 1, Access::Write, 2)]);
    found(&judged(relay(host, 13), files))
}

#[test]
fn a_shell_that_leads_too_far_is_counted() {
    assert_eq!(behind(1_000), (vec![10, 13], 0));
    assert_eq!(behind(30_000), (vec![], 1));
}

#[test]
fn pipes_that_no_other_process_has_cost_no_step() {
    let host = snapshot().process(10, 1, "/usr/bin/bash", "bash").process(11, 1, "/opt/mux", "mux");
    let mut files = vec![pipe(10, 0, Access::Read, 1), pipe(11, 1, Access::Write, 1)];
    files.extend((0..30_000).map(|number| pipe(11, 3 + number, Access::Read, 100 + number)));
    files.extend([pipe(11, 40_000, Access::Read, 2), pipe(13, 1, Access::Write, 2)]);
    assert_eq!(found(&judged(relay(host, 13), files)), (vec![10, 13], 0));
}

#[test]
fn of_a_chain_without_end_the_nearest_part_is_followed() {
    let chain = |length: u32| {
        let mut host = snapshot().process(10, 1, "/usr/bin/bash", "bash");
        let mut files = vec![pipe(10, 0, Access::Read, 10)];
        for pid in 11..10 + length {
            host = host.process(pid, 1, "/usr/bin/socat", "socat");
            files.extend([pipe(pid, 1, Access::Write, pid - 1), pipe(pid, 0, Access::Read, pid)]);
        }
        files.push(pipe(10 + length, 1, Access::Write, 9 + length));
        found(&judged(relay(host, 10 + length), files))
    };
    assert_eq!(chain(64), (vec![10, 74], 0));
    assert_eq!(chain(65), (vec![], 1));
}

/// A process that holds the connection and both ends of the standard files of 5,000 shells; then one more with a
/// connection, that it writes to and never reads from.
#[test]
fn what_is_next_to_a_shell_is_always_found() {
    let mut host = relay(snapshot(), 50);
    let mut files = Vec::new();
    for nth in 0..5_000 {
        host = host.process(1_000 + nth, 1, "/usr/bin/bash", "bash");
        for (fd, shell, hub) in [(0, Access::Read, Access::Write), (1, Access::Write, Access::Read)] {
            files.push(pipe(1_000 + nth, fd, shell, 2 * nth + fd));
            files.push(pipe(50, 10 + 2 * nth + fd, hub, 2 * nth + fd));
        }
    }
    let alerts: Vec<u32> = std::iter::once(50).chain(1_000..6_000).collect();
    assert_eq!(found(&judged(host.clone(), files.clone())), (alerts.clone(), 0));
    files.extend([pipe(50, 20_000, Access::Write, 20_000), pipe(51, 0, Access::Read, 20_000)]);
    let (pids, unfollowed) = found(&judged(relay(host, 51), files));
    assert_eq!(pids, alerts);
    assert!((4_000..=5_000).contains(&unfollowed), "{unfollowed}");
}

//! What has closed is remembered with who had it.

use sockeye::analyze::Analysis;
use sockeye::model::TcpState;

use super::{PEER, analyze_all};
use crate::support::snapshot::{Builder, snapshot};

fn app() -> Builder {
    snapshot().process(40, 1, "/usr/bin/app", "app")
}

fn one(inode: u64, state: TcpState) -> Builder {
    let fds: &[u32] = if inode == 0 { &[] } else { &[3] };
    app().tcp(inode, fds, state, "10.0.0.5:40000", PEER)
}

/// Inode, state when seen last, pids of owners, number of the first snapshot without it.
fn history(analysis: &Analysis) -> Vec<(u64, Option<TcpState>, Vec<u32>, u32)> {
    let told = |closed: &sockeye::analyze::Closed| {
        let owners = closed.owners.iter().map(|owner| owner.pid.0).collect();
        (closed.socket.id.inode.0, closed.socket.tcp_state(), owners, closed.gone)
    };
    analysis.history.iter().map(|closed| told(closed)).collect()
}

#[test]
fn a_connection_is_told_of_once_when_its_process_closes_it() {
    use TcpState::{Established, TimeWait};
    let told = [(7, Some(Established), vec![40], 2)];
    assert_eq!(history(&analyze_all([one(7, Established), one(0, TimeWait)])), told);
    assert_eq!(history(&analyze_all([one(7, Established), one(0, TimeWait), app(), app(), app()])), told);
    assert_eq!(history(&analyze_all([one(7, Established), app(), app(), app(), app()])), told);
    // What the kernel alone went on with from the beginning is no news.
    assert_eq!(history(&analyze_all([one(0, TimeWait), app()])), []);
}

#[test]
fn a_row_that_a_table_missed_once_is_not_told_of() {
    use TcpState::Established;
    let series = [app(), one(7, Established), app(), one(7, Established)];
    assert_eq!(history(&analyze_all(series)), []);
}

#[test]
fn the_newest_come_first_and_a_thousand_are_kept() {
    let nth = |first: u64| {
        (first..first + 700).fold(app(), |host, inode| {
            host.tcp(inode, &[3], TcpState::Established, &format!("10.0.0.5:{inode}"), PEER)
        })
    };
    let last = analyze_all([nth(1_000), nth(2_000), app()]);
    let inodes: Vec<u64> = last.history.iter().map(|closed| closed.socket.id.inode.0).collect();
    let expected: Vec<u64> = (2_000..2_700).chain(1_000..1_300).collect();
    assert_eq!(inodes, expected);
}

#[test]
fn each_entry_knows_when_it_was_first_seen_and_changed() {
    use TcpState::{CloseWait, Established};
    let numbers = |series: Vec<Builder>| {
        let last = analyze_all(series);
        (last.number, last.entries[0].first, last.entries[0].changed)
    };
    assert_eq!(numbers(vec![one(7, Established)]), (1, 1, 1));
    assert_eq!(numbers(vec![one(7, Established), one(7, Established)]), (2, 1, 1));
    assert_eq!(numbers(vec![app(), one(7, Established), one(7, Established)]), (3, 2, 2));
    let changed = vec![one(7, Established), one(7, CloseWait), one(7, CloseWait)];
    assert_eq!(numbers(changed), (3, 1, 2));
}

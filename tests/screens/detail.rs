//! The detail: all that is known of a socket, its rates as bars, and scrolling it beside the rows.

use sockeye::app::Options;
use std::time::Duration;

use sockeye::model::{
    Access, Descriptor, Detail, Exe, Fact, Fd, Inode, Pid, Snapshot, Target, TcpCounters, TcpState, UnixState,
};
use std::sync::Arc;

use super::{busy, snapshot};
use crate::support::screen::{Screen, analyses, screen};

/// A connection whose bytes grow by these amounts between snapshots, two seconds apart.
fn growing(amounts: &[u64]) -> Vec<Arc<Snapshot>> {
    let mut sent = 0;
    let host = |(nth, amount): (u64, &u64)| {
        sent += amount;
        let counters = TcpCounters { sent, received: nth * 10, ..TcpCounters::default() };
        snapshot()
            .process(1, 0, "/usr/lib/systemd/systemd", "/sbin/init")
            .process(10, 1, "/usr/bin/curl", "curl -T -")
            .with(|process| {
                process.cgroup = Fact::Known("/system.slice/upload.service".into());
                process.exe = Fact::Known(Exe { path: "/usr/bin/curl".into(), deleted: true, same_as: None });
                process.tty = Some(0x8803);
            })
            .tcp(1, &[3], TcpState::Established, "10.0.0.5:40001", "192.0.2.1:443")
            .counters(counters)
            .adjust(|snapshot| {
                let descriptor =
                    |fd, target| Descriptor { pid: Pid(10), fd: Fd(fd), access: Access::Both, target };
                snapshot.descriptors = vec![
                    descriptor(0, Target::Pipe(Inode(77))),
                    descriptor(1, Target::PtySlave { devpts: None, index: 3 }),
                    descriptor(2, Target::Null),
                    descriptor(3, Target::Socket(Inode(1))),
                ];
                if let Some(Detail::Tcp(tcp)) = snapshot.sockets.last_mut().map(|socket| &mut socket.detail) {
                    (tcp.cwnd, tcp.ssthresh) = (Some(10), Some(-1)); // none is set yet
                }
            })
            .later(Duration::from_secs(2 * nth))
            .build()
    };
    (0..).zip(amounts).map(host).collect()
}

#[test]
fn the_whole_detail_says_all_that_is_known() {
    let all = growing(&[0, 100, 4_000, 0, 60_000, 30_000]);
    for (name, size) in [("whole", (80, 40)), ("whole_wide", (120, 30)), ("whole_small", (60, 12))] {
        let mut screen = Screen::new(size, Options::default());
        for analysis in analyses(&all) {
            screen.receive(&[analysis]);
        }
        insta::assert_snapshot!(name, screen.press("Enter Enter").text());
    }
}

#[test]
fn rates_are_bars_of_the_snapshots_in_which_it_was_on_the_screen() {
    let all = analyses(&growing(&[0, 100, 4_000, 0, 60_000, 30_000]));
    let mut screen = Screen::new((80, 40), Options::default());
    let bars = |screen: &Screen| {
        let text = screen.text();
        let lines = text.lines().filter(|line| line.contains("at most"));
        lines.map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    for analysis in &all {
        screen.receive(std::slice::from_ref(analysis));
    }
    screen.press("Enter Enter");
    assert_eq!(bars(&screen), ["sent     ▂▂▁█▅  at most 30 kB/s", "received █████  at most 5 B/s"]);
    // Before there are two, there is nothing to compare.
    let mut screen = Screen::new((80, 40), Options::default());
    screen.receive(&all[..1]).receive(&all[1..2]).press("Enter Enter");
    assert_eq!(bars(&screen), Vec::<String>::new());
}

#[test]
fn a_unix_socket_names_its_peer() {
    let host = snapshot()
        .process(10, 0, "/usr/bin/server", "server")
        .unix(1, &[3], UnixState::Connected, b"/run/x.sock")
        .process(11, 0, "/usr/bin/client", "client")
        .unix(2, &[4], UnixState::Connected, b"")
        .adjust(|snapshot| {
            snapshot.sockets[0].peer = Some(Inode(2));
            snapshot.sockets[1].peer = Some(Inode(1));
        });
    let text = screen((80, 30), &[host.build()], "x Enter Enter");
    assert!(text.contains("\npeer    server(10) /run/x.sock  inode 1\n"), "{text}");
}

#[test]
fn a_socket_tells_since_when_it_is_known() {
    let told = |snapshots: &[Arc<Snapshot>], keys: &str| {
        let text = screen((120, 40), snapshots, keys);
        text.lines().find(|line| line.starts_with("seen")).unwrap()[8..].to_owned()
    };
    let all = growing(&[0, 0, 0]);
    assert_eq!(
        told(&all, "Enter Enter"),
        "first 1970-01-01T14:00:00Z or before, 3 snapshots, state never changed"
    );
    let empty = snapshot().process(10, 0, "/usr/bin/curl", "curl");
    let mut later = vec![empty.clone().build()];
    later.extend(all[1..].iter().cloned());
    Arc::make_mut(&mut later[2]).sockets[0].state = Some(sockeye::model::State::Tcp(TcpState::CloseWait));
    assert_eq!(
        told(&later, "Enter Enter"),
        "first 1970-01-01T14:00:02Z, 2 snapshots, in this state for 1 of them"
    );
    later.push(empty.later(Duration::from_secs(6)).build());
    assert_eq!(
        told(&later, "H Enter Enter"),
        "first 1970-01-01T14:00:02Z, last 1970-01-01T14:00:04Z, 2 snapshots, in this state for 1 of them"
    );
}

#[test]
fn tab_scrolls_the_open_detail_beside_the_rows() {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.receive(&analyses(&[busy().build()])).press("Enter");
    let opened = screen.text();
    insta::assert_snapshot!("focus", screen.press("Tab Down Down Down").text());
    let at = screen.app.cursor().at();
    // Back to the rows: the detail starts anew, and keys move rows again.
    assert_eq!(screen.press("Tab").text(), opened);
    screen.press("Down");
    assert_ne!(screen.app.cursor().at(), at);
    // With the detail shut, it opens.
    screen.press("Esc Up BackTab");
    assert!(screen.text().contains("Up Down scroll, Tab rows"), "{}", screen.text());
    assert_eq!(screen.press("Esc").app.pane(), sockeye::app::Pane::Closed);
}

#[test]
fn a_socket_that_is_standard_input_alone_says_so() {
    let host = snapshot().process(7, 0, "/usr/bin/cat", "cat").tcp(
        1,
        &[0],
        TcpState::Established,
        "10.0.0.5:40001",
        "192.0.2.1:443",
    );
    let mut screen = Screen::new((80, 24), Options::default());
    let text = screen.receive(&analyses(&[host.build()])).text();
    assert!(text.contains("── 7 cat ── root ── fd 0 ── inode 1 ──"), "{text}");
}

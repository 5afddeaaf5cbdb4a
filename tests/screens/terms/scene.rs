//! A host that has, of all that a filter can ask for, sockets that are so and sockets that are not.

use std::sync::Arc;
use std::time::Duration;

use sockeye::analyze::{Analysis, Analyzer};
use sockeye::app::Options;
use sockeye::model::{
    Collector, Detail, Exe, Fact, Inode, Netns, Socket, TcpCounters, TcpDetail, TcpState, Timer, TimerKind,
    UnixDetail, UnixKind, UnixState,
};
use sockeye::table::{Chosen, Column};

use crate::support::screen::Screen;
use crate::support::snapshot::{Builder, NETNS, snapshot};

/// Each socket belongs to a process whose name says what it is for, but one, which nobody holds.
fn host(seconds: u64) -> Builder {
    use TcpState::{Established, Listen, TimeWait};
    let grown = 1 + seconds;
    snapshot()
        .later(Duration::from_secs(seconds))
        .process(1, 0, "/sbin/init", "init")
        .process(100, 1, "/usr/sbin/server", "server --port 443")
        .with(|process| process.cgroup = Fact::Known("/system.slice/web.service".into()))
        .tcp(10, &[3], Listen, "0.0.0.0:443", "0.0.0.0:0")
        .adjust(|snapshot| {
            let listener = snapshot.sockets.last_mut().unwrap();
            (listener.receive_queue, listener.send_queue, listener.device) = (Some(2), Some(511), Some(7));
        })
        .process(101, 100, "/usr/sbin/worker", "worker of server")
        .with(|process| process.uid = 33)
        .tcp(11, &[14], Established, "10.0.0.5:443", "192.0.2.77:50812")
        .process(102, 1, "/usr/bin/client", "client -v")
        .with(|process| (process.tty, process.started) = (Some(0x8803), Duration::from_hours(23)))
        .tcp(12, &[5, 6], Established, "10.0.0.5:40001", "198.51.100.7:4444")
        .adjust(move |snapshot| measured(snapshot.sockets.last_mut().unwrap(), grown))
        .process(103, 1, "/usr/sbin/timed", "timed")
        .udp(13, &[5], "127.0.0.1:323", "0.0.0.0:0")
        .adjust(|snapshot| snapshot.sockets.last_mut().unwrap().detail = Detail::Datagram { drops: 9 })
        .process(104, 101, "/usr/bin/bash", "bash -i")
        .with(|process| {
            process.uid = 33;
            process.cwd = Fact::Known("/var/www".into());
        })
        .tcp(14, &[0, 1], Established, "10.0.0.5:33894", "203.0.113.80:443")
        .process(105, 1, "/opt/erased", "erased")
        .with(|process| {
            process.exe = Fact::Known(Exe { path: "/opt/erased".into(), deleted: true, same_as: None });
        })
        .tcp(15, &[3], Listen, "[::]:22", "[::]:0")
        .netns(4_026_532_000, Some("app"))
        .process(106, 1, "/usr/bin/boxed", "boxed")
        .with(|process| {
            process.cgroup = Fact::Known(format!("/docker/{}", "ab12".repeat(16)).into_bytes().into());
        })
        .tcp(16, &[3], Listen, "0.0.0.0:8080", "0.0.0.0:0")
        .netns(number(NETNS), None)
        .process(107, 1, "/usr/bin/bus", "bus")
        .unix(17, &[4], UnixState::Listen, b"/run/bus")
        .adjust(|snapshot| snapshot.sockets.last_mut().unwrap().detail = unix(UnixKind::SeqPacket, 0x10000))
        .process(108, 1, "/usr/bin/caller", "caller")
        .unix(18, &[4], UnixState::Connected, b"")
        .adjust(|snapshot| snapshot.sockets.last_mut().unwrap().peer = Some(Inode(17)))
        .tcp(0, &[], TimeWait, "10.0.0.5:44120", "151.101.1.6:443")
        .adjust(|snapshot| snapshot.sockets.last_mut().unwrap().uid = None)
        // What text tables lack is there.
        .adjust(|snapshot| snapshot.way.used = Collector::Diag)
}

fn number(netns: Netns) -> u64 {
    let Netns::Inode(number) = netns else { panic!("{netns:?}") };
    number
}

fn unix(kind: UnixKind, flags: u32) -> Detail {
    Detail::Unix(UnixDetail { kind, flags, shutdown: None })
}

/// All that the kernel tells of a connection.
fn measured(socket: &mut Socket, grown: u64) {
    (socket.send_queue, socket.receive_queue) = (Some(1448), Some(90));
    (socket.uid, socket.references, socket.pointer) = (Some(1000), Some(5), Some(0xabc));
    (socket.mark, socket.device) = (Some(99), Some(0));
    socket.detail = Detail::Tcp(TcpDetail {
        timer: Some(Timer { kind: TimerKind::Probe, left: Duration::from_secs(3).into() }),
        retransmits: 4,
        probes: 6,
        rto: Some(Duration::from_millis(204).into()),
        ato: Some(Duration::from_millis(40).into()),
        quick_ack: Some(8),
        ping_pong: Some(true),
        cwnd: Some(11),
        ssthresh: Some(70),
        counters: Some(TcpCounters {
            sent: 10_000 * grown,
            received: 2_000 * grown,
            retransmitted: 12,
            rtt: Duration::from_millis(31).into(),
            idle_sent: Duration::from_mins(1).into(),
            idle_received: Duration::from_secs(75).into(),
            ..TcpCounters::default()
        }),
    });
}

/// Two snapshots, two seconds apart: between them one socket was opened, one changed its state, one was closed.
pub fn scene() -> Vec<Arc<Analysis>> {
    use TcpState::{Established, SynSent};
    let turned = |host: Builder, state| {
        host.process(110, 1, "/usr/bin/turned", "turned").tcp(
            20,
            &[3],
            state,
            "10.0.0.5:40010",
            "192.0.2.10:25",
        )
    };
    let before = turned(host(0), SynSent).process(111, 1, "/usr/bin/gone", "gone").tcp(
        21,
        &[3],
        Established,
        "10.0.0.5:40011",
        "192.0.2.11:25",
    );
    let after = turned(host(2), Established).process(112, 1, "/usr/bin/fresh", "fresh").tcp(
        22,
        &[3],
        SynSent,
        "10.0.0.5:40012",
        "192.0.2.12:25",
    );
    let mut analyzer = Analyzer::default();
    [before, after].map(|host| analyzer.analyze(host.build())).into()
}

/// It on a screen that shows only names of processes, local sockets too, after these keys.
pub fn screen(scene: &[Arc<Analysis>], keys: &str) -> Screen {
    let columns = Some(vec![Chosen::always(Column::find("process").unwrap())]);
    let mut screen = Screen::new((160, 40), Options { columns, ..Options::default() });
    screen.receive(scene).press("x").press(keys);
    screen
}

/// The rows that are left: the names in their lines, in the order of the alphabet.
pub fn rows(screen: &Screen) -> Vec<String> {
    let text = screen.text();
    let below = text.lines().skip_while(|line| line.trim() != "PROCESS").skip(1);
    let lines = below.take_while(|line| !line.starts_with('─') && !line.is_empty());
    let mut names: Vec<_> = lines.map(|line| line.trim().to_owned()).collect();
    if names.iter().any(|name| name.starts_with("no socket matches")) {
        names.clear();
    }
    names.sort();
    names
}

/// The message line.
pub fn message(screen: &Screen) -> String {
    screen.text().lines().nth_back(1).unwrap().to_owned()
}

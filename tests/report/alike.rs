//! Rows that are alike but for one fact: what was written for one must not be taken over by the next.

use std::sync::Arc;
use std::time::Duration;

use sockeye::analyze::{Age, Analysis, DirectedBy, Direction, Entry, Rates, Unowned};
use sockeye::model::{
    Address, Detail, Family, Names, Netns, Protocol, Small, Socket, State, TcpCounters, TcpDetail, TcpState,
    Timer, TimerKind, UnixDetail, UnixKind,
};
use sockeye::report::{self, Format, Place};
use sockeye::table::{Filter, Query, Unit};

use crate::support::snapshot::snapshot;
use crate::table::{analysis, everything, table_of};

type Change = fn(&mut Socket, &mut Entry);

/// Each fact of a socket, and what is derived of it.
const CHANGES: &[Change] = &[
    |socket, _| socket.id.netns = Netns::Inode(7),
    |socket, _| socket.id.netns = Netns::Hidden(7),
    |socket, _| socket.id.protocol = Protocol::Udp,
    |socket, _| socket.id.local = Address::Unix("/path".into()),
    |socket, _| socket.id.local = Address::Inet("[::1]:7".parse().unwrap()),
    |socket, _| socket.id.remote = Address::Inet("10.0.0.7:7".parse().unwrap()),
    |socket, _| socket.id.local = Address::Unbound,
    |socket, _| {
        socket.id.protocol = Protocol::Packet;
        socket.id.local = Address::Packet { interface: 7, protocol: 8 };
        socket.detail = Detail::Packet { kind: 3 };
    },
    |socket, _| {
        socket.id.protocol = Protocol::Netlink;
        socket.id.local = Address::Netlink { family: 7, port: 8 };
    },
    |socket, _| socket.family = Family::Inet6,
    |socket, _| socket.state = Some(State::Tcp(TcpState::Listen)),
    |socket, _| socket.state = Some(State::Unknown(77)),
    |socket, _| socket.state = None,
    |socket, _| socket.send_queue = Some(7),
    |socket, _| socket.receive_queue = Some(7),
    |socket, _| socket.uid = Some(7),
    |socket, _| socket.references = Some(7),
    |socket, _| socket.pointer = Some(7),
    |socket, _| socket.mark = Some(7),
    |socket, _| socket.device = Some(7),
    |socket, _| socket.detail = Detail::Datagram { drops: 0 },
    |socket, _| socket.detail = Detail::Datagram { drops: 7 },
    |socket, _| {
        socket.detail = Detail::Unix(UnixDetail { kind: UnixKind::Stream, flags: 7, shutdown: None });
    },
    |socket, _| {
        let timer = Timer { kind: TimerKind::KeepAlive, left: Duration::from_secs(7).into() };
        tcp(socket).timer = Some(timer);
    },
    |socket, _| {
        let timer = Timer { kind: TimerKind::KeepAlive, left: Duration::from_secs(8).into() };
        tcp(socket).timer = Some(timer);
    },
    |socket, _| tcp(socket).retransmits = 7,
    |socket, _| tcp(socket).probes = 7,
    |socket, _| tcp(socket).rto = Some(Duration::from_millis(7).into()),
    |socket, _| tcp(socket).ato = Some(Duration::from_millis(7).into()),
    |socket, _| tcp(socket).quick_ack = Some(7),
    |socket, _| tcp(socket).ping_pong = Some(true),
    |socket, _| tcp(socket).cwnd = Some(7),
    |socket, _| tcp(socket).ssthresh = Some(7),
    |socket, _| tcp(socket).counters = None,
    |socket, _| counters(socket).sent = 7,
    |socket, _| counters(socket).received = 7,
    |socket, _| counters(socket).retransmitted = 7,
    |socket, _| counters(socket).rtt = Duration::from_millis(7).into(),
    |socket, _| counters(socket).idle_sent = Duration::ZERO.into(),
    |_, entry| entry.direction = None,
    |_, entry| entry.direction = Some((Direction::Inbound, DirectedBy::NoListener)),
    |_, entry| entry.direction = Some((Direction::Outbound, DirectedBy::State)),
    |_, entry| entry.unowned = Some(Unowned::Closing),
    |_, entry| entry.age = Age::Exactly(Duration::from_secs(7)),
    |_, entry| entry.age = Age::Unknown,
    |_, entry| entry.rates = Some(Rates { sent: 7, received: 8 }),
    |_, entry| entry.peer = Some(Small::new(0)),
    |_, entry| entry.alerts = (0..1).into(),
];

fn tcp(socket: &mut Socket) -> &mut TcpDetail {
    let Detail::Tcp(tcp) = &mut socket.detail else { panic!("no TCP socket") };
    tcp
}

fn counters(socket: &mut Socket) -> &mut TcpCounters {
    tcp(socket).counters.as_mut().unwrap()
}

/// Sockets of one process, beginning with one that rules find; of the others each second one is changed.
fn staged() -> Arc<Analysis> {
    let mut host = snapshot().process(30, 0, "/usr/bin/bash", "bash -i");
    for inode in 0..=2 * CHANGES.len() as u64 {
        let idle = Duration::from_secs(1).into();
        let counters = TcpCounters { idle_sent: idle, idle_received: idle, ..TcpCounters::default() };
        let fd = u32::try_from(inode).unwrap();
        host = host
            .tcp(1_000 + inode, &[fd], TcpState::Established, "10.0.0.5:40000", "203.0.113.80:443")
            .counters(counters);
    }
    let mut analysis = Arc::unwrap_or_clone(analysis([host.build()]));
    let mut snapshot = (*analysis.snapshot).clone();
    for entry in analysis.entries.iter_mut().skip(1) {
        entry.alerts = (0..0).into();
    }
    let twins = snapshot.sockets.iter_mut().zip(&mut analysis.entries).skip(2).step_by(2);
    for (change, (socket, entry)) in CHANGES.iter().zip(twins) {
        change(socket, entry);
    }
    analysis.snapshot = snapshot.into();
    analysis.into()
}

fn written(analysis: &Arc<Analysis>, filter: &str, format: Format) -> String {
    let query = Query { filter: Filter::parse(filter).0, ..everything(Unit::Owner) };
    let table = table_of(Arc::clone(analysis), &Names::default(), &query);
    let mut out = Vec::new();
    report::write(&mut out, &table, &Names::default(), None, format, Place::Following).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_row_is_the_same_whatever_is_written_before_it() {
    let analysis = staged();
    for format in [Format::Jsonl, Format::Csv] {
        let all = written(&analysis, "", format);
        let inode = |line: &str| {
            let inode = if format == Format::Csv {
                line.split(',').nth(2)
            } else {
                line.split_once("\"socket\":").and_then(|(_, rest)| rest.split(',').next())
            };
            inode.unwrap().to_owned()
        };
        let alone = all.lines().map(|line| written(&analysis, &format!("socket:{}", inode(line)), format));
        let alone: Vec<String> = alone.collect();
        assert_eq!(
            all.lines().collect::<Vec<_>>(),
            alone.iter().map(|line| line.trim_end()).collect::<Vec<_>>()
        );
        assert_eq!(alone.len(), 2 * CHANGES.len() + 1);
    }
}

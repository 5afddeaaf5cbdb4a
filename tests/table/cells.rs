//! What cells say.

use std::sync::Arc;
use std::time::Duration;

use sockeye::analyze::{Analyzer, Judging};
use sockeye::model::{
    Address, Detail, Exe, Fact, Family, Inode, Lookup, Names, Netns, Protocol, Shells, Socket, SocketId,
    State, TcpDetail, TcpState, Timer, TimerKind, UnixState,
};
use sockeye::table::{COLUMNS, SCREEN, Unit};

use super::{everything, host, lines, table, table_of};
use crate::support::snapshot::{Builder, NETNS, snapshot};

fn shown(host: &Builder, columns: &str) -> Vec<String> {
    lines(&table(host, &everything(Unit::Socket)), &Names::default(), columns)
}

/// A socket with an address of its own kind.
fn socket(protocol: Protocol, family: Family, local: Address, detail: Detail) -> Socket {
    let id = SocketId { netns: NETNS, protocol, inode: Inode(5), local, remote: Address::None, nth: 0 };
    Socket {
        id,
        family,
        state: None,
        send_queue: None,
        receive_queue: Some(7),
        uid: Some(1000),
        references: Some(3),
        pointer: Some(0xffff_8881_0000_1000),
        peer: None,
        mark: None,
        device: None,
        detail,
    }
}

#[test]
fn a_screen_shows_who_what_and_where() {
    let columns: Vec<_> = SCREEN.iter().map(|column| column.name).collect();
    assert_eq!(
        columns.join(" "),
        "mark pid user command fd proto state queues local remote age rtt netns unit cwd cmdline"
    );
    assert_eq!(
        shown(&host(), &columns.join(" ")),
        [
            "!!|90|www-data|bash < nginx|0,1,2,255|tcp|ESTABLISHED|0/0|10.0.0.5:33894|203.0.113.80:443|<23h58m|-|host|-|/|bash -i|",
            "|95|root|sleep < bash|3|udp|UNCONN|0/0|127.0.0.1:323|-|<23h58m|-|host|-|/|sleep 3000|",
            "|95|root|sleep < bash|4|unix|LISTEN|-|/run/a b.sock|-|<23h58m|-|host|-|/|sleep 3000|",
            "|41|www-data|nginx|14|tcp6|ESTABLISHED|0/0|[::ffff:10.0.0.5]:443|[::ffff:192.0.2.77]:50812|<23h59m|-|host|-|/|nginx: worker process|",
            "|40|root|nginx (+1)|6|tcp6|LISTEN|0/0|[::]:443|-|<23h59m|-|host|-|/|nginx: master process|",
            "|1|root|systemd|7|tcp|LISTEN|0/0|0.0.0.0:22|-|<23h59m|-|host|-|/|/sbin/init|",
            "?|-|-|no owner [1]|-|tcp|TIME_WAIT|0/0|10.0.0.5:44120|151.101.1.6:443|-|-|host|-|-|-|",
        ]
    );
}

#[test]
fn records_come_in_the_order_of_osquery_first() {
    let names: Vec<_> = COLUMNS.iter().filter(|column| column.record).map(|column| column.name).collect();
    assert_eq!(
        names.join(" "),
        "pid fd socket family protocol local_address remote_address local_port remote_port path state net_namespace \
         cwd cmdline process exe exe_deleted uid user ppid chain tty started cgroup unit container direction direction_by unowned age \
         age_exact netns type send_queue receive_queue timer timer_left retransmits probes socket_uid references \
         socket_address rto ato quick_ack ping_pong cwnd ssthresh rtt retransmits_total sent received send_rate \
         receive_rate idle backlog backlog_limit drops flags fwmark device peer_pid peer_process peer_path alert"
    );
}

#[test]
fn every_field_of_a_tcp_line_has_its_column() {
    let detail = TcpDetail {
        timer: Some(Timer { kind: TimerKind::KeepAlive, left: Duration::from_millis(7_190_120).into() }),
        retransmits: 2,
        probes: 1,
        rto: Some(Duration::from_millis(204).into()),
        ato: Some(Duration::from_millis(40).into()),
        quick_ack: Some(15),
        ping_pong: Some(true),
        cwnd: Some(10),
        ssthresh: Some(-1),
        counters: None,
    };
    let host = host().adjust(|snapshot| {
        snapshot.sockets.retain(|socket| socket.id.inode.0 == 410);
        let socket = &mut snapshot.sockets[0];
        (socket.send_queue, socket.receive_queue, socket.uid) = (Some(5), Some(6), Some(1000));
        (socket.pointer, socket.detail) = (Some(0x1f), Detail::Tcp(detail));
    });
    assert_eq!(
        shown(
            &host,
            "send_queue receive_queue timer timer_left retransmits probes uid socket_uid references socket_address \
             rto ato quick_ack ping_pong cwnd ssthresh drops flags type"
        ),
        ["5|6|keepalive|7190.12s|2|1|33|1000|1|000000000000001f|0.204s|0.04s|15|yes|10|-1|-|-|-|"]
    );
}

#[test]
fn sockets_of_other_families_say_what_they_are_bound_to() {
    let columns =
        "proto family protocol local remote local_address local_port state receive_queue drops type";
    for (socket, cells) in [
        (
            socket(
                Protocol::Packet,
                Family::Packet,
                Address::Packet { interface: 2, protocol: 3 },
                Detail::Packet { kind: 3 },
            ),
            "packet|17|3|all:if2|-|-|-|-|7|-|raw|",
        ),
        (
            socket(
                Protocol::Packet,
                Family::Packet,
                Address::Packet { interface: 0, protocol: 0x88cc },
                Detail::Packet { kind: 2 },
            ),
            "packet|17|35020|0x88cc:*|-|-|-|-|7|-|dgram|",
        ),
        (
            socket(
                Protocol::Netlink,
                Family::Netlink,
                Address::Netlink { family: 15, port: 4242 },
                Detail::Datagram { drops: 9 },
            ),
            "netlink|16|15|uevent:4242|-|-|-|-|7|9|-|",
        ),
        (
            Socket {
                state: Some(State::Tcp(TcpState::Close)),
                ..socket(
                    Protocol::Raw,
                    Family::Inet,
                    Address::Inet("0.0.0.0:1".parse().unwrap()),
                    Detail::Datagram { drops: 0 },
                )
            },
            "raw|2|255|0.0.0.0:1|-|0.0.0.0|1|UNCONN|7|0|-|",
        ),
    ] {
        let host = snapshot().process(1, 0, "/sbin/init", "init").socket(socket, &[3]);
        assert_eq!(shown(&host, columns), [cells]);
    }
}

#[test]
fn empty_cells_say_why() {
    let host = snapshot().process(1, 0, "/sbin/init", "init").unix(5, &[3], UnixState::Listen, b"").with(
        |process| {
            process.exe = Fact::Refused;
            process.cwd = Fact::Refused;
            process.cmdline = Fact::Absent;
        },
    );
    assert_eq!(shown(&host, "exe cwd cmdline local remote ppid tty uid"), ["?|?|-|-|-|-|-|0|"]);
}

#[test]
fn a_process_is_described_by_its_facts() {
    let host = host().process(97, 90, "/tmp/x", "x --flag").tcp(
        970,
        &[3],
        TcpState::Listen,
        "0.0.0.0:1",
        "0.0.0.0:0",
    );
    let host = host.with(|process| {
        process.exe = Fact::Known(Exe { path: "/tmp/x".into(), deleted: true, same_as: None });
        process.cwd = Fact::Known("/var/tmp".into());
        process.uid = 4711;
        process.tty = Some(0x8803); // 136, 3
    });
    assert_eq!(
        shown(&host, "process exe exe_deleted cwd uid user ppid chain tty started")[1],
        "x|/tmp/x|yes|/var/tmp|4711|4711|90|systemd(1) > nginx(40) > nginx(41) > bash(90) > x(97)|pts/3|\
         1970-01-01T00:00:00.000Z|"
    );
}

#[test]
fn moments_are_in_utc_by_the_calendar() {
    // 14:00 of the second day, a day after boot, is when the snapshot was taken.
    for (day, text) in [
        (1, "1970-01-02T00:00:10.000Z"),
        (11_016, "2000-02-29T00:00:10.000Z"),
        (11_017, "2000-03-01T00:00:10.000Z"),
        (20_513, "2026-03-01T00:00:10.000Z"),
        (20_787, "2026-11-30T00:00:10.000Z"),
        (47_540, "2100-02-28T00:00:10.000Z"),
        (47_541, "2100-03-01T00:00:10.000Z"),
    ] {
        let host = snapshot()
            .process(10, 0, "/sbin/init", "init")
            .udp(5, &[3], "0.0.0.0:1", "0.0.0.0:0")
            .adjust(|snapshot| snapshot.taken_at += Duration::from_hours(10 + 24 * day));
        assert_eq!(shown(&host, "started"), [format!("{text}|")]);
    }
}

#[test]
fn other_namespaces_are_named() {
    let listen = |host: Builder, inode| host.tcp(inode, &[3], TcpState::Listen, "0.0.0.0:1", "0.0.0.0:0");
    let host = listen(snapshot().process(1, 0, "/sbin/init", "init"), 1);
    let host = listen(host.netns(4_026_532_001, Some("app-1")), 2);
    let host = listen(host.netns(4_026_532_002, None), 3);
    let host = host.adjust(|snapshot| {
        let mut hidden = snapshot.sockets[2].clone();
        (hidden.id.netns, hidden.id.inode) = (Netns::Hidden(77), Inode(4));
        snapshot.sockets.push(hidden);
    });
    let mut cells = shown(&host, "socket command netns net_namespace");
    cells.sort();
    assert_eq!(
        cells,
        [
            "1|init|host|4026531840|",
            "2|init @app-1|app-1|4026532001|",
            "3|init @ns2|4026532002|4026532002|",
            "4|no owner [6] @?|?|0|",
        ]
    );
}

#[test]
fn names_stand_in_for_numbers_where_they_are_known() {
    let mut names = Names::default();
    names.learn(Lookup::Host("192.0.2.77".parse().unwrap()), "client\u{1b}.example".into());
    names.learn(Lookup::Host("203.0.113.80".parse().unwrap()), "evil.example".into());
    names.learn(Lookup::Service { protocol: Protocol::Tcp, port: 443 }, "https".into());
    names.learn(Lookup::User(33), "webmaster".into());
    let table = table(&host(), &everything(Unit::Socket));
    assert_eq!(
        lines(&table, &names, "user local remote local_port remote_address"),
        [
            "webmaster|10.0.0.5:33894|evil.example:https|33894|203.0.113.80|",
            "root|127.0.0.1:323|-|323|0.0.0.0|",
            "root|/run/a b.sock|-|-|-|",
            "webmaster|[::ffff:10.0.0.5]:https|client\\x1b.example:50812|443|::ffff:192.0.2.77|",
            "root|[::]:https|-|443|::|",
            "root|0.0.0.0:22|-|22|0.0.0.0|",
            "-|10.0.0.5:44120|151.101.1.6:https|44120|151.101.1.6|",
        ]
    );
}

#[test]
fn foreign_text_is_escaped_in_every_column() {
    let evil = "\u{1b}]0;x\u{7}\u{202e}\n\u{9b}2J";
    let host = snapshot()
        .adjust(|snapshot| {
            snapshot.users.insert(5, evil.into());
        })
        .netns(7, Some(evil))
        .process(1, 0, "/sbin/init", "init")
        .with(|process| process.comm = evil.into())
        .process(2, 1, "/bin/sh", "sh")
        .with(|process| {
            process.comm = evil.into();
            process.exe = Fact::Known(Exe {
                path: format!("/bin/{evil}/sh").as_str().into(),
                deleted: false,
                same_as: None,
            });
            process.cwd = Fact::Known(evil.into());
            process.cmdline = Fact::Known([evil.as_bytes(), b"\0\xff\0"].concat().into());
            process.uid = 5;
        })
        .unix(9, &[3], UnixState::Listen, evil.as_bytes());
    let mut names = Names::default();
    for names in [Names::default(), {
        names.learn(Lookup::User(5), evil.into());
        names
    }] {
        let table = table(&host, &everything(Unit::Socket));
        let row = table.row(0, &names).unwrap();
        for column in COLUMNS {
            let text = (column.value)(&row).text().into_owned();
            let safe = |c: char| !c.is_control() && c != '\u{202e}';
            assert!(text.chars().all(safe), "{}: {text:?}", column.name);
        }
    }
    let escaped = "\\x1b]0;x\\x07\\u{202e}\\n\\x9b2J";
    assert_eq!(
        shown(&host, "command cmdline user path"),
        [format!("{escaped} < {escaped} @{escaped}|{escaped} \\xff|{escaped}|{escaped}|")]
    );
}

#[test]
fn command_knows_the_shells_that_the_user_added() {
    let host = snapshot()
        .process(40, 0, "/usr/bin/php", "php")
        .process(41, 40, "/opt/vendorsh", "vendorsh")
        .tcp(1, &[0], TcpState::Established, "10.0.0.5:33894", "203.0.113.80:443")
        .build();
    let command = |extra: Vec<String>| {
        let judging = Judging { shells: Shells::new(extra), ..Judging::default() };
        let analysis = Analyzer::new(judging).analyze(Arc::clone(&host));
        let table = table_of(analysis, &Names::default(), &everything(Unit::Socket));
        lines(&table, &Names::default(), "command")
    };
    assert_eq!(command(Vec::new()), ["vendorsh|"]);
    assert_eq!(command(vec!["vendorsh".into()]), ["vendorsh < php|"]);
}

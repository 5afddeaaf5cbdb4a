//! Cells of counters, control groups and unix peers.

use std::time::Duration;

use sockeye::model::{Collector, Detail, Fact, Inode, Names, TcpCounters, TcpState, UnixState};
use sockeye::table::{Column, Filter, Query, Unit};

use super::{analysis, everything, lines, table, table_of};
use crate::support::snapshot::{Builder, snapshot};

const COLUMNS: &str =
    "rtt retransmits_total sent received send_rate receive_rate idle backlog backlog_limit fwmark device";

fn server(sent: u64) -> Builder {
    let counters = TcpCounters {
        sent,
        received: 999,
        retransmitted: 3,
        rtt: Duration::from_micros(31_449).into(),
        idle_sent: Duration::from_secs(90).into(),
        idle_received: Duration::from_secs(4).into(),
        ..TcpCounters::default()
    };
    snapshot()
        .process(40, 1, "/usr/sbin/server", "server")
        .tcp(7, &[3], TcpState::Established, "10.0.0.5:80", "192.0.2.7:8888")
        .counters(counters)
        .tcp(8, &[4], TcpState::Listen, "0.0.0.0:80", "0.0.0.0:0")
        .adjust(|snapshot| {
            let listener = &mut snapshot.sockets[1];
            (listener.receive_queue, listener.send_queue) = (Some(2), Some(511));
            (listener.mark, listener.device) = (Some(0x10), Some(2));
        })
}

#[test]
fn counters_have_their_columns() {
    let none = Names::default();
    assert_eq!(
        lines(&table(&server(8_100), &everything(Unit::Socket)), &none, COLUMNS),
        ["31ms|3|8.1 kB|999 B|||4s|-|-|-|-|", "-|-|-|-|-|-|-|2|-|16|2|"]
    );
    let listed = |one: Builder| one.adjust(|snapshot| snapshot.way.used = Collector::Diag);
    let later = server(1_008_100).later(Duration::from_secs(2));
    let both = [listed(server(8_100)).build(), listed(later).build()];
    assert_eq!(
        lines(&table_of(analysis(both), &none, &everything(Unit::Socket)), &none, COLUMNS),
        ["31ms|3|1.0 MB|999 B|500 kB/s|0 B/s|4s|-|-|-|-|", "-|-|-|-|-|-|-|2|511|16|2|"]
    );
}

#[test]
fn bytes_and_short_times_have_at_most_three_digits() {
    let shown = |column: &str, change: &dyn Fn(&mut TcpCounters)| {
        let host = server(0).adjust(|snapshot| {
            if let Detail::Tcp(tcp) = &mut snapshot.sockets[0].detail {
                change(tcp.counters.as_mut().unwrap());
            }
        });
        lines(&table(&host, &everything(Unit::Socket)), &Names::default(), column)[0].clone()
    };
    for (bytes, text) in [
        (0, "0 B|"),
        (999, "999 B|"),
        (1_000, "1.0 kB|"),
        (9_999, "9.9 kB|"),
        (10_000, "10 kB|"),
        (999_999, "999 kB|"),
        (1_000_000, "1.0 MB|"),
        (12_345_678_901, "12 GB|"),
    ] {
        assert_eq!(shown("sent", &|counters| counters.sent = bytes), text);
    }
    for (micros, text) in
        [(0, "0.0ms|"), (180, "0.2ms|"), (9_949, "9.9ms|"), (9_950, "10ms|"), (1_500_000, "1500ms|")]
    {
        assert_eq!(shown("rtt", &|counters| counters.rtt = Duration::from_micros(micros).into()), text);
    }
}

#[test]
fn units_and_containers_are_read_from_the_control_group() {
    let id = "3fa9c1".repeat(10) + "abcd";
    for (path, unit, container) in [
        ("/".to_owned(), "-", "-"),
        ("/system.slice/ssh.service".into(), "ssh.service", "-"),
        ("/user.slice/user-0.slice/session-3.scope".into(), "session-3.scope", "-"),
        ("/user.slice/user-1.slice/user@1.service/app.slice/x.scope".into(), "user@1.service", "-"),
        ("/init.scope".into(), "init.scope", "-"),
        ("/user.slice".into(), "-", "-"),
        (format!("/docker/{id}"), "-", &*id),
        (format!("/docker/{id}/init.scope"), "-", &*id),
        (format!("/system.slice/docker-{id}.scope"), &*format!("docker-{id}.scope"), &*id),
        (format!("/machine.slice/libpod-{id}.scope/container"), &*format!("libpod-{id}.scope"), &*id),
        (format!("/machine.slice/libpod-conmon-{id}.scope"), &*format!("libpod-conmon-{id}.scope"), "-"),
        (format!("/kubepods/burstable/podd1a2/{id}"), "-", &*id),
        (
            format!("/kubepods.slice/kubepods-pod1.slice/cri-containerd-{id}.scope"),
            &*format!("cri-containerd-{id}.scope"),
            &*id,
        ),
        (
            format!("/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:{id}"),
            "containerd.service",
            &*id,
        ),
        (format!("/docker/{}", &id[1..]), "-", "-"),
        (format!("/docker/0{id}"), "-", "-"),
    ] {
        let host = server(0).with(|process| process.cgroup = Fact::Known(path.as_str().into()));
        let shown =
            lines(&table(&host, &everything(Unit::Socket)), &Names::default(), "cgroup unit container");
        assert_eq!(shown[0], format!("{path}|{unit}|{container}|"));
    }
    let scope = format!("/system.slice/docker-{id}.scope");
    let host = server(0).with(|process| process.cgroup = Fact::Known(scope.as_str().into()));
    let table = table(&host, &everything(Unit::Socket));
    let names = Names::default();
    let row = table.row(0, &names).unwrap();
    let fitted =
        ["unit", "container"].map(|name| (Column::find(name).unwrap().value)(&row).fit(24).into_owned());
    assert_eq!(fitted, ["docker-3fa9c13fa9c1", "3fa9c13fa9c1"]);
}

#[test]
fn a_unix_row_says_who_is_at_the_other_end() {
    let host = snapshot()
        .process(60, 1, "/usr/bin/dbus-daemon", "dbus-daemon")
        .unix(1, &[8], UnixState::Connected, b"/run/dbus/socket")
        .process(70, 1, "/usr/bin/app", "app")
        .unix(2, &[4], UnixState::Connected, b"")
        .adjust(|snapshot| {
            snapshot.sockets[0].peer = Some(Inode(2));
            snapshot.sockets[1].peer = Some(Inode(1));
        });
    let none = Names::default();
    let columns = "pid remote peer_pid peer_process peer_path";
    let rows =
        ["70|dbus-daemon(60) /run/dbus/socket|60|dbus-daemon|/run/dbus/socket|", "60|app(70)|70|app|-|"];
    assert_eq!(lines(&table(&host, &everything(Unit::Socket)), &none, columns), rows);
    // Its words are found, by whoever asks for either end.
    let found = |filter: &str| {
        let query = Query { filter: Filter::parse(filter).0, ..everything(Unit::Socket) };
        lines(&table(&host, &query), &none, "pid")
    };
    assert_eq!(found("dbus-daemon"), ["70|", "60|"]);
    assert_eq!(found("remote:dbus"), ["70|"]);
    assert_eq!(found("remote:app"), ["60|"]);
    let alone = host.adjust(|snapshot| snapshot.owners.retain(|owner| owner.pid.0 == 70));
    let rows = lines(&table(&alone, &everything(Unit::Socket)), &none, columns);
    assert_eq!(rows, ["70|no owner /run/dbus/socket|-|-|/run/dbus/socket|", "-|app(70)|70|app|-|"]);
}

//! Which rows there are, and who leads them.

use std::sync::Arc;
use std::time::Duration;

use sockeye::analyze::Analysis;
use sockeye::model::{Fd, Level, Names, Pid, ProcessKey};
use sockeye::table::{COLUMNS, Filter, Query, Table, Unit};

use super::{analysis, everything, host, lines, table, table_of};

#[test]
fn a_socket_is_one_row_and_an_owner_is_one_row() {
    let none = Names::default();
    assert_eq!(
        lines(&table(&host(), &everything(Unit::Socket)), &none, "pid fd socket command alert"),
        [
            "90|0,1,2,255|900|bash < nginx|high shell-outbound|",
            "95|3|950|sleep < bash|-|",
            "95|4|951|sleep < bash|-|",
            "41|14|410|nginx|-|",
            "40|6|400|nginx (+1)|-|",
            "1|7|100|systemd|-|",
            "-|-|0|no owner [1]|-|",
        ]
    );
    assert_eq!(
        lines(&table(&host(), &everything(Unit::Owner)), &none, "pid fd socket command alert"),
        [
            "90|0|900|bash < nginx|high shell-outbound|",
            "90|1|900|bash < nginx|high shell-outbound|",
            "90|2|900|bash < nginx|high shell-outbound|",
            "90|255|900|bash < nginx|high shell-outbound|",
            "95|3|950|sleep < bash|-|",
            "95|4|951|sleep < bash|-|",
            "41|14|410|nginx|-|",
            "41|6|400|nginx|-|",
            "40|6|400|nginx|-|",
            "1|7|100|systemd|-|",
            "-|-|0|no owner [1]|-|",
        ]
    );
}

#[test]
fn an_alert_stays_with_its_process() {
    let shared = host().process(96, 90, "/usr/bin/cat", "cat").held(900, &[0]);
    let shown = lines(&table(&shared, &everything(Unit::Owner)), &Names::default(), "pid fd alert");
    assert!(shown.contains(&"90|0|high shell-outbound|".to_owned()), "{shown:?}");
    assert!(shown.contains(&"96|0|medium stdio-outbound|".to_owned()), "{shown:?}");
}

#[test]
fn a_filter_that_another_owner_matches_shows_that_owner() {
    let shown = |filter: &str| {
        let query = Query { filter: Filter::parse(filter).0, ..everything(Unit::Socket) };
        lines(&table(&host(), &query), &Names::default(), "pid fd socket")
    };
    assert_eq!(shown("port:443 pid:41"), ["41|14|410|", "41|6|400|"]);
    assert_eq!(shown("port:443 nginx state:listen"), ["40|6|400|"]);
    assert_eq!(shown("41"), ["41|14|410|", "41|6|400|"]);
}

#[test]
fn local_families_are_hidden_unless_they_alert_loudly() {
    let shown = |analysis| {
        let query = Query { local_families: false, ..everything(Unit::Socket) };
        lines(&table_of(analysis, &Names::default(), &query), &Names::default(), "socket")
    };
    let quiet = analysis([host().build()]);
    assert_eq!(shown(quiet.clone()), ["900|", "950|", "410|", "400|", "100|", "0|"]);
    let mut loud = (*quiet).clone();
    let unix = loud.snapshot.sockets.iter().position(|socket| socket.id.inode.0 == 951).unwrap();
    loud.entries[unix].alerts = (0..loud.alerts.len()).into();
    assert_eq!(shown(loud.into()), ["951|", "900|", "950|", "410|", "400|", "100|", "0|"]);
}

#[test]
fn closed_sockets_keep_their_command_and_stay_out_of_batch() {
    let before = host();
    let after = host().later(Duration::from_secs(2)).adjust(|snapshot| {
        snapshot.sockets.retain(|socket| socket.id.inode.0 != 410);
        snapshot.owners.retain(|owner| owner.inode.0 != 410 && owner.pid != Pid(41));
        snapshot.processes.remove(&Pid(41));
    });
    let both = analysis([before.build(), after.build()]);
    let names = Names::default();
    let query = Query { filter: Filter::parse("port:50812").0, ..everything(Unit::Socket) };
    assert_eq!(
        lines(&table_of(both.clone(), &names, &query), &names, "mark pid command state remote user"),
        ["-|41|nginx|CLOSED|[::ffff:192.0.2.77]:50812|www-data|"]
    );
    let query = Query { unit: Unit::Owner, ..query };
    assert!(table_of(both, &names, &query).is_empty());
}

#[test]
fn every_key_finds_its_row() {
    for unit in [Unit::Socket, Unit::Owner] {
        let table = table(&host(), &everything(unit));
        let places: Vec<_> = (0..table.len()).map(|at| table.position(&table.key(at).unwrap())).collect();
        assert_eq!(places, (0..table.len()).map(Some).collect::<Vec<_>>());
        assert_eq!(table.key(table.len()), None);
    }
    let owners = table(&host(), &everything(Unit::Owner));
    assert_eq!(owners.key(1).unwrap().owner, Some((Pid(90), Some(Fd(1)))));
    let sockets = table(&host(), &everything(Unit::Socket));
    assert_eq!(sockets.position(&owners.key(1).unwrap()), None);
}

#[test]
fn a_key_whose_inode_turned_zero_is_gone() {
    let before = table(&host(), &everything(Unit::Socket));
    let key = before.key(3).unwrap();
    let after = host().adjust(|snapshot| {
        let socket = snapshot.sockets.iter_mut().find(|socket| socket.id == key.socket).unwrap();
        socket.id.inode.0 = 0;
    });
    assert_eq!(table(&after, &everything(Unit::Socket)).position(&key), None);
}

#[test]
fn two_sources_are_told_apart() {
    let mut inputs = table(&host(), &everything(Unit::Socket)).into_inputs();
    let mut other = inputs[0].clone();
    (other.source.0, other.name) = (1, "db01".into());
    inputs.push(other);
    let query = Query { filter: Filter::parse("host:db pid:1").0, ..everything(Unit::Socket) };
    let table = Table::build(inputs, &Names::default(), &query);
    assert_eq!(lines(&table, &Names::default(), "host pid"), ["db01|1|"]);
    let key = table.key(0).unwrap();
    assert_eq!(key.source.0, 1);
    let first = table.into_inputs().remove(0);
    let query = everything(Unit::Socket);
    assert_eq!(Table::build(vec![first], &Names::default(), &query).position(&key), None);
}

#[test]
fn owners_of_an_unknown_process_keep_their_pid() {
    let lost = host().adjust(|snapshot| {
        snapshot.processes.remove(&Pid(1));
    });
    let query = Query { filter: Filter::parse("pid:1").0, ..everything(Unit::Socket) };
    assert_eq!(lines(&table(&lost, &query), &Names::default(), "pid fd command user cwd"), ["1|7|?|||"]);
}

/// The host with a shell that holds no socket; the alert about the other shell's connection is about it.
fn behind_a_relay() -> Analysis {
    let host = host().process(99, 40, "/usr/bin/bash", "bash -i").with(|process| process.uid = 33);
    let mut analysis = Arc::unwrap_or_clone(analysis([host.build()]));
    analysis.alerts[0].process = ProcessKey { pid: Pid(99), start: 9900 };
    analysis
}

#[test]
fn a_process_that_does_not_hold_its_alerts_socket_has_a_row_of_its_own() {
    let names = Names::default();
    let shown = |analysis: Analysis, filter: &str, columns: &str| {
        let query = Query { filter: Filter::parse(filter).0, ..everything(Unit::Owner) };
        lines(&table_of(analysis.into(), &names, &query), &names, columns)
    };
    let all = shown(behind_a_relay(), "", "pid fd alert");
    assert_eq!((all.len(), &*all[0]), (12, "99|-|high shell-outbound|"), "{all:?}");
    assert_eq!(all.iter().filter(|line| line.contains("high")).count(), 1);
    let mut quiet = behind_a_relay();
    quiet.alerts[0].level = Level::Low;
    let quiet = shown(quiet, "", "pid alert");
    assert_eq!((&*quiet[10], &*quiet[11]), ("99|low shell-outbound|", "-|-|"), "it has an owner, and no age");
    let process = "pid mark command user ppid cwd cmdline exe chain";
    assert_eq!(
        shown(behind_a_relay(), "pid:99", process),
        ["99|!!|bash < nginx|www-data|40|/|bash -i|/usr/bin/bash|systemd(1) > nginx(40) > bash(99)|"]
    );
    let of_process = ["pid", "mark", "command", "host", "alert"];
    let others = COLUMNS.iter().filter(|column| !column.by_process() && !of_process.contains(&column.name));
    for name in others.map(|column| column.name) {
        assert_eq!(shown(behind_a_relay(), "pid:99", name), ["-|"], "{name}");
    }
    for filter in
        ["alert:high", "shell-outbound", "user:www-data cmdline:-i alert:high", "not port:443 alert:high"]
    {
        assert_eq!(shown(behind_a_relay(), filter, "pid"), ["99|"], "{filter}");
    }
    assert_eq!(shown(behind_a_relay(), "alert:high state:estab", "pid"), Vec::<String>::new());
}

#[test]
fn rows_of_a_process_that_holds_other_sockets_stay_as_they_are() {
    let mut analysis = behind_a_relay();
    analysis.alerts[0].process = ProcessKey { pid: Pid(95), start: 9500 };
    let mut again = analysis.alerts[0].clone();
    again.level = Level::Medium;
    analysis.alerts.insert(0, again);
    let entry = analysis.entries.iter_mut().find(|entry| !entry.alerts.is_empty()).unwrap();
    entry.alerts = (0..2).into();
    let query = Query { filter: Filter::parse("pid:95").0, ..everything(Unit::Owner) };
    let table = table_of(analysis.into(), &Names::default(), &query);
    assert_eq!(
        lines(&table, &Names::default(), "pid fd socket alert"),
        ["95|-|-|high shell-outbound, medium shell-outbound|", "95|3|950|-|", "95|4|951|-|"]
    );
    let key = table.key(0).unwrap();
    assert_eq!((key.socket.inode.0, key.owner, table.position(&key)), (900, Some((Pid(95), None)), Some(0)));
}

//! Tables in, text of each format out.

mod alert;
mod alike;

use sockeye::model::{
    Address, Detail, Family, Inode, Lookup, Names, Netns, Protocol, Socket, SocketId, State, TcpDetail,
    TcpState, UnixState,
};
use sockeye::report::{self, Format, Place};
use sockeye::table::{Column, Unit};

use crate::support::snapshot::{Builder, snapshot};
use crate::table::{everything, table};

fn written(host: &Builder, columns: Option<&str>, format: Format, places: &[Place]) -> String {
    let table = table(host, &everything(Unit::Owner));
    let columns: Option<Vec<&'static Column>> =
        columns.map(|names| names.split(' ').map(|name| Column::find(name).unwrap()).collect());
    let mut out = Vec::new();
    for place in places {
        report::write(&mut out, &table, &Names::default(), columns.as_deref(), format, *place).unwrap();
    }
    String::from_utf8(out).unwrap()
}

/// A shell that calls out, a unix listener, and a socket that the kernel keeps.
fn small() -> Builder {
    snapshot()
        .process(30, 0, "/usr/bin/bash", "bash -i")
        .with(|process| process.cwd = sockeye::model::Fact::Known("/tmp/ü".into()))
        .tcp(300, &[0, 1], TcpState::Established, "10.0.0.5:33894", "203.0.113.80:443")
        .process(40, 30, "/usr/bin/x", "x  y")
        .unix(400, &[3], UnixState::Listen, b"@abstract")
        .tcp(0, &[], TcpState::TimeWait, "[::ffff:10.0.0.5]:22", "[2001:db8::1]:443")
        .adjust(|snapshot| snapshot.sockets.last_mut().unwrap().uid = None)
}

/// Text that nobody should obey, and bytes that are no text.
fn hostile() -> Builder {
    snapshot()
        .process(50, 0, "/usr/bin/x", "x")
        .with(|process| {
            process.comm = b"a\xffb".as_slice().into();
            process.cmdline =
                sockeye::model::Fact::Known("=cmd|' /C calc'!A0\0\u{1b}[2J\u{9b}\u{202e}\n\0".into());
            process.cwd = sockeye::model::Fact::Known(b"/\xff\"\\".as_slice().into());
        })
        .unix(500, &[3], UnixState::Connected, b"/a,\"b\"\n")
}

#[test]
fn json_is_an_array_of_rows_with_typed_values() {
    let columns = "pid fd socket family protocol local_address remote_address local_port remote_port path state \
                   net_namespace cwd cmdline unowned age exe_deleted alert";
    let shown = written(&small(), Some(columns), Format::Json, &[Place::Only]);
    let alert = |rows: &str| rows.split("\"summary\":").next().unwrap().to_owned();
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(lines.len(), 6, "{shown}");
    assert_eq!((lines[0], lines[5]), ("[", "]"));
    let bash = |fd| {
        format!(
            "  {{\"pid\":30,\"fd\":{fd},\"socket\":300,\"family\":2,\"protocol\":6,\"local_address\":\"10.0.0.5\",\
             \"remote_address\":\"203.0.113.80\",\"local_port\":33894,\"remote_port\":443,\"path\":null,\
             \"state\":\"ESTABLISHED\",\"net_namespace\":4026531840,\"cwd\":\"/tmp/ü\",\"cmdline\":\"bash -i\",\
             \"unowned\":null,\"age\":86370.000,\"exe_deleted\":false,\
             \"alert\":{{\"rule\":\"shell-outbound\",\"level\":\"high\","
        )
    };
    assert_eq!(alert(lines[1]), bash(0));
    assert_eq!(alert(lines[2]), bash(1));
    assert_eq!(
        lines[3],
        "  {\"pid\":40,\"fd\":3,\"socket\":400,\"family\":1,\"protocol\":0,\"local_address\":null,\
         \"remote_address\":null,\"local_port\":null,\"remote_port\":null,\"path\":\"@abstract\",\"state\":\"LISTEN\",\
         \"net_namespace\":4026531840,\"cwd\":\"/\",\"cmdline\":\"x  y\",\"unowned\":null,\"age\":86360.000,\
         \"exe_deleted\":false,\"alert\":null},"
    );
    assert_eq!(
        lines[4],
        "  {\"pid\":-1,\"fd\":-1,\"socket\":0,\"family\":10,\"protocol\":6,\"local_address\":\"::ffff:10.0.0.5\",\
         \"remote_address\":\"2001:db8::1\",\"local_port\":22,\"remote_port\":443,\"path\":null,\
         \"state\":\"TIME_WAIT\",\"net_namespace\":4026531840,\"cwd\":null,\"cmdline\":null,\
         \"unowned\":\"time-wait\",\"age\":null,\"exe_deleted\":null,\"alert\":null}"
    );
}

#[test]
fn every_record_is_json_with_every_column_and_its_evidence() {
    let shown = written(&small(), None, Format::Json, &[Place::Only]);
    let rows: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let rows = rows.as_array().unwrap();
    let names: Vec<_> =
        sockeye::table::COLUMNS.iter().filter(|column| column.record).map(|column| column.name).collect();
    for row in rows {
        assert_eq!(row.as_object().unwrap().len(), names.len());
        assert!(names.iter().all(|name| row.get(name).is_some()));
    }
    let evidence = rows[0]["alert"]["evidence"].as_array().unwrap();
    assert!(evidence[0]["fact"].as_str().unwrap().contains("203.0.113.80:443"), "{evidence:?}");
}

#[test]
fn several_snapshots_are_an_array_a_line() {
    let columns = Some("pid fd");
    assert_eq!(
        written(&small(), columns, Format::Json, &[Place::First, Place::Following]),
        "[{\"pid\":30,\"fd\":0},{\"pid\":30,\"fd\":1},{\"pid\":40,\"fd\":3},{\"pid\":-1,\"fd\":-1}]\n"
            .repeat(2)
    );
    assert_eq!(written(&snapshot(), columns, Format::Json, &[Place::First, Place::Following]), "[]\n[]\n");
    assert_eq!(written(&snapshot(), columns, Format::Json, &[Place::Only]), "[\n]\n");
}

#[test]
fn jsonl_is_a_row_a_line_with_its_time() {
    assert_eq!(
        written(&small(), Some("pid fd"), Format::Jsonl, &[Place::First, Place::Following]),
        "{\"taken_at\":\"1970-01-01T14:00:00.000Z\",\"pid\":30,\"fd\":0}\n\
         {\"taken_at\":\"1970-01-01T14:00:00.000Z\",\"pid\":30,\"fd\":1}\n\
         {\"taken_at\":\"1970-01-01T14:00:00.000Z\",\"pid\":40,\"fd\":3}\n\
         {\"taken_at\":\"1970-01-01T14:00:00.000Z\",\"pid\":-1,\"fd\":-1}\n"
            .repeat(2)
    );
}

#[test]
fn osquery_has_its_columns_in_its_order_and_strings_only() {
    let tail = "\"net_namespace\":\"4026531840\"";
    let bash = |fd| {
        format!(
            "{{\"pid\":\"30\",\"fd\":\"{fd}\",\"socket\":\"300\",\"family\":\"2\",\"protocol\":\"6\",\
             \"local_address\":\"10.0.0.5\",\"remote_address\":\"203.0.113.80\",\"local_port\":\"33894\",\
             \"remote_port\":\"443\",\"path\":\"\",\"state\":\"ESTABLISHED\",{tail},\"cwd\":\"/tmp/ü\",\
             \"cmdline\":\"bash -i\"}}"
        )
    };
    let x = format!(
        "{{\"pid\":\"40\",\"fd\":\"3\",\"socket\":\"400\",\"family\":\"1\",\"protocol\":\"0\",\"local_address\":\"\",\
         \"remote_address\":\"\",\"local_port\":\"0\",\"remote_port\":\"0\",\"path\":\"@abstract\",\"state\":\"\",\
         {tail},\"cwd\":\"/\",\"cmdline\":\"x  y\"}}"
    );
    let none = format!(
        "{{\"pid\":\"-1\",\"fd\":\"-1\",\"socket\":\"0\",\"family\":\"10\",\"protocol\":\"6\",\
         \"local_address\":\"::ffff:10.0.0.5\",\"remote_address\":\"2001:db8::1\",\"local_port\":\"22\",\
         \"remote_port\":\"443\",\"path\":\"\",\"state\":\"TIME_WAIT\",{tail},\"cwd\":\"\",\"cmdline\":\"\"}}"
    );
    let expected = format!("[\n  {},\n  {},\n  {x},\n  {none}\n]\n", bash(0), bash(1));
    assert_eq!(written(&small(), None, Format::Osquery, &[Place::Only]), expected);
    assert_eq!(written(&small(), Some("user"), Format::Osquery, &[Place::Only]), expected);
}

#[test]
fn osquery_knows_no_packet_and_netlink_sockets_and_states_of_tcp_only() {
    let other = |protocol, family, local, detail, state| Socket {
        id: SocketId {
            netns: Netns::Hidden(3),
            protocol,
            inode: Inode(9),
            local,
            remote: Address::unspecified(),
            nth: 0,
        },
        family,
        state,
        send_queue: None,
        receive_queue: None,
        uid: None,
        references: None,
        pointer: None,
        peer: None,
        mark: None,
        device: None,
        detail,
    };
    let datagram = || Detail::Datagram { drops: 0 };
    let end = Address::Inet("0.0.0.0:58".parse().unwrap());
    let close = Some(State::Tcp(TcpState::Close));
    let host = snapshot()
        .process(50, 0, "/usr/bin/x", "x")
        .socket(
            other(
                Protocol::Packet,
                Family::Packet,
                Address::Packet { interface: 1, protocol: 3 },
                Detail::Packet { kind: 3 },
                None,
            ),
            &[3],
        )
        .socket(
            other(
                Protocol::Netlink,
                Family::Netlink,
                Address::Netlink { family: 4, port: 1 },
                datagram(),
                None,
            ),
            &[],
        )
        .socket(other(Protocol::Raw, Family::Inet, end.clone(), datagram(), close), &[])
        .socket(other(Protocol::Icmp, Family::Inet, end.clone(), datagram(), close), &[])
        .socket(other(Protocol::UdpLite, Family::Inet, end.clone(), datagram(), close), &[])
        .socket(
            other(
                Protocol::Tcp,
                Family::Inet,
                end,
                Detail::Tcp(TcpDetail::default()),
                Some(State::Unknown(99)),
            ),
            &[],
        );
    let shown = written(&host, None, Format::Osquery, &[Place::Only]);
    let rows: Vec<std::collections::BTreeMap<String, String>> = serde_json::from_str(&shown).unwrap();
    let mut facts: Vec<_> = rows
        .iter()
        .map(|row| ["protocol", "state", "local_port", "net_namespace"].map(|name| row[name].as_str()))
        .collect();
    facts.sort_unstable();
    assert_eq!(
        facts,
        [["1", "", "58", "0"], ["136", "", "58", "0"], ["255", "", "58", "0"], ["6", "UNKNOWN", "58", "0"]]
    );
}

#[test]
fn csv_has_one_header_and_no_formulas() {
    assert_eq!(
        written(&small(), Some("pid fd path state exe_deleted"), Format::Csv, &[Place::First, Place::Following]),
        "pid,fd,path,state,exe_deleted\n".to_owned()
            + &"30,0,,ESTABLISHED,false\n30,1,,ESTABLISHED,false\n40,3,'@abstract,LISTEN,false\n-1,-1,,TIME_WAIT,\n"
                .repeat(2)
    );
    assert_eq!(
        written(&hostile(), Some("process path cmdline"), Format::Csv, &[Place::Only]),
        "process,path,cmdline\n\
         a\\xffb,\"/a,\"\"b\"\"\\n\",'=cmd|' /C calc'!A0 \\x1b[2J\\x9b\\u{202e}\\n\n"
    );
    // An empty line would be no record.
    assert_eq!(
        written(&small(), Some("path"), Format::Csv, &[Place::Only]),
        "path\n\"\"\n\"\"\n'@abstract\n\"\"\n"
    );
    let alert = written(&small(), Some("alert"), Format::Csv, &[Place::Only]);
    assert!(alert.starts_with("alert\nhigh shell-outbound: bash (30) holds"), "{alert}");
}

#[test]
fn a_table_is_aligned_and_whole() {
    assert_eq!(
        written(&small(), Some("pid fd user state local cmdline"), Format::Table, &[Place::Only]),
        "\
PID  FD  USER  STATE        LOCAL                 CMDLINE
 30   0  root  ESTABLISHED  10.0.0.5:33894        bash -i
 30   1  root  ESTABLISHED  10.0.0.5:33894        bash -i
 40   3  root  LISTEN       @abstract             x  y
  -   -  -     TIME_WAIT    [::ffff:10.0.0.5]:22  -
"
    );
    assert_eq!(
        written(&small(), Some("pid"), Format::Table, &[Place::First, Place::Following]),
        "PID\n 30\n 30\n 40\n  -\n\nPID\n 30\n 30\n 40\n  -\n"
    );
    let usual = written(&small(), None, Format::Table, &[Place::Only]);
    let titles: Vec<_> = usual.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(titles.join(" "), "PID USER COMMAND FD PROTO STATE LOCAL REMOTE AGE NETNS ALERT CWD CMDLINE");
}

#[test]
fn hostile_text_is_whole_in_json_and_safe_everywhere() {
    let columns = Some("process cwd cmdline path");
    assert_eq!(
        written(&hostile(), columns, Format::Json, &[Place::First]),
        "[{\"process\":\"a\\\\xffb\",\"process_bytes\":\"61ff62\",\"cwd\":\"/\\\\xff\\\"\\\\\",\
         \"cwd_bytes\":\"2fff225c\",\"cmdline\":\"=cmd|' /C calc'!A0 \\u001b[2J\\u009b\\u202e\\n\",\
         \"path\":\"/a,\\\"b\\\"\\n\"}]\n"
    );
    for format in [Format::Table, Format::Json, Format::Jsonl, Format::Csv, Format::Osquery] {
        let shown = written(&hostile(), None, format, &[Place::Only]);
        let bad = shown.chars().find(|&c| (c.is_control() && c != '\n') || c == '\u{202e}');
        assert_eq!(bad, None, "{format:?}");
        let lines = if format == Format::Json || format == Format::Osquery { 3 } else { 2 };
        assert_eq!(
            shown.lines().count(),
            lines.min(if format == Format::Jsonl { 1 } else { lines }),
            "{shown}"
        );
    }
    let osquery = written(&hostile(), None, Format::Osquery, &[Place::Only]);
    assert!(osquery.contains("\"cwd\":\"/\\\\xff\\\"\\\\\""), "{osquery}");
}

#[test]
fn names_reach_output_for_people_and_leave_numbers_to_programs() {
    let mut names = Names::default();
    names.learn(Lookup::Host("203.0.113.80".parse().unwrap()), "evil.example".into());
    names.learn(Lookup::User(0), "chief".into());
    let table = table(&small(), &everything(Unit::Owner));
    let columns = ["remote", "remote_address", "user", "uid"].map(|name| Column::find(name).unwrap());
    let mut out = Vec::new();
    report::write(&mut out, &table, &names, Some(&columns), Format::Csv, Place::Only).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert_eq!(out.lines().nth(1), Some("evil.example:443,203.0.113.80,chief,0"));
}

#[test]
fn a_closed_pipe_is_an_error_to_the_caller() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let table = table(&small(), &everything(Unit::Owner));
    for format in [Format::Table, Format::Json, Format::Jsonl, Format::Csv, Format::Osquery] {
        let error =
            report::write(&mut Closed, &table, &Names::default(), None, format, Place::Only).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe, "{format:?}");
    }
}

#[test]
fn counters_are_plain_numbers_to_programs() {
    let counters = sockeye::model::TcpCounters {
        sent: 8_100,
        rtt: std::time::Duration::from_micros(180).into(),
        ..Default::default()
    };
    let host = snapshot()
        .process(30, 0, "/usr/bin/x", "x")
        .tcp(300, &[3], TcpState::Established, "10.0.0.5:80", "192.0.2.7:8888")
        .counters(counters);
    let columns = Some("sent send_rate rtt idle container");
    assert_eq!(
        written(&host, columns, Format::Json, &[Place::First]),
        "[{\"sent\":8100,\"send_rate\":null,\"rtt\":0.000180,\"idle\":0.000,\"container\":null}]\n"
    );
    assert_eq!(
        written(&host, columns, Format::Csv, &[Place::Only]),
        "sent,send_rate,rtt,idle,container\n8100,,0.000180,0.000,\n"
    );
}

/// What is written once for a process must not be taken over by rows of another, or without one.
#[test]
fn facts_of_a_process_stay_with_its_rows() {
    let host = snapshot()
        .process(30, 0, "/usr/bin/x", "x")
        .tcp(1, &[3], TcpState::Listen, "0.0.0.0:1", "0.0.0.0:0")
        .process(40, 0, "/usr/bin/y", "y")
        .tcp(2, &[3, 4], TcpState::Listen, "0.0.0.0:2", "0.0.0.0:0")
        .tcp(3, &[], TcpState::Listen, "0.0.0.0:3", "0.0.0.0:0")
        .held(1, &[9]);
    let mut lines: Vec<String> =
        written(&host, Some("process socket cmdline"), Format::Jsonl, &[Place::Only])
            .lines()
            .map(|line| line.split_once(',').unwrap().1.to_owned())
            .collect();
    lines.sort();
    let row = |name: &str, socket: u32| {
        format!("\"process\":\"{name}\",\"socket\":{socket},\"cmdline\":\"{name}\"}}")
    };
    let unowned = "\"process\":null,\"socket\":3,\"cmdline\":null}".to_owned();
    assert_eq!(lines, [row("x", 1), row("y", 1), row("y", 2), row("y", 2), unowned]);
}

//! The order of rows.

use std::time::Duration;

use sockeye::model::Names;
use sockeye::table::{COLUMNS, Query, Sort, Unit};

use super::{analysis, everything, host, lines, table, table_of};

fn sorted(sort: &str, columns: &str) -> Vec<String> {
    let query = Query { sort: Sort::parse(sort).unwrap(), ..everything(Unit::Socket) };
    lines(&table(&host(), &query), &Names::default(), columns)
}

#[test]
fn missing_cells_sort_last_both_ways() {
    assert_eq!(
        sorted("remote", "remote socket"),
        [
            "151.101.1.6:443|0|",
            "[::ffff:192.0.2.77]:50812|410|",
            "203.0.113.80:443|900|",
            "-|100|",
            "-|400|",
            "-|950|",
            "-|951|",
        ]
    );
    assert_eq!(
        sorted("-remote", "remote socket"),
        [
            "203.0.113.80:443|900|",
            "[::ffff:192.0.2.77]:50812|410|",
            "151.101.1.6:443|0|",
            "-|100|",
            "-|400|",
            "-|950|",
            "-|951|",
        ]
    );
    assert_eq!(sorted("pid", "pid"), ["1|", "40|", "41|", "90|", "95|", "95|", "-|"]);
    assert_eq!(sorted("-pid", "pid"), ["95|", "95|", "90|", "41|", "40|", "1|", "-|"]);
    assert_eq!(sorted("-command", "command").last().unwrap(), "no owner [1]|");
}

#[test]
fn ties_are_never_reversed() {
    assert_eq!(sorted("pid", "pid socket")[4..6], ["95|950|", "95|951|"]);
    assert_eq!(sorted("-pid", "pid socket")[..2], ["95|950|", "95|951|"]);
}

#[test]
fn numbers_sort_as_numbers_and_ends_by_family() {
    assert_eq!(sorted("local_port", "local_port"), ["22|", "323|", "443|", "443|", "33894|", "44120|", "-|"]);
    assert_eq!(
        sorted("local", "local"),
        [
            "0.0.0.0:22|",
            "10.0.0.5:443|".replace("10.0.0.5", "[::ffff:10.0.0.5]").as_str(),
            "10.0.0.5:33894|",
            "10.0.0.5:44120|",
            "127.0.0.1:323|",
            "[::]:443|",
            "/run/a b.sock|",
        ]
    );
    assert_eq!(sorted("user", "user"), ["root|", "root|", "root|", "root|", "www-data|", "www-data|", "-|"]);
    assert_eq!(sorted("-fd", "fd"), ["14|", "7|", "6|", "4|", "3|", "0,1,2,255|", "-|"]);
}

#[test]
fn without_a_column_alerts_lead_and_what_has_no_owner_trails() {
    let new = host().process(20, 1, "/usr/bin/curl", "curl").tcp(
        200,
        &[3],
        sockeye::model::TcpState::SynSent,
        "10.0.0.5:40000",
        "151.101.1.6:443",
    );
    let later = new.clone().later(Duration::from_secs(2));
    let both = analysis([host().build(), new.build(), later.build()]);
    let shown = |descending| {
        let query = Query { sort: Sort { column: None, descending }, ..everything(Unit::Socket) };
        lines(&table_of(both.clone(), &Names::default(), &query), &Names::default(), "mark pid age")
    };
    assert_eq!(
        shown(false),
        [
            "!!|90|<23h58m|",
            "|20|2s|",
            "|95|<23h58m|",
            "|95|<23h58m|",
            "|41|<23h59m|",
            "|40|<23h59m|",
            "|1|<1d|",
            "?|-|-|",
        ]
    );
    assert_eq!(
        shown(true),
        [
            "!!|90|<23h58m|",
            "|1|<1d|",
            "|40|<23h59m|",
            "|41|<23h59m|",
            "|95|<23h58m|",
            "|95|<23h58m|",
            "|20|2s|",
            "?|-|-|",
        ]
    );
}

#[test]
fn the_same_rows_in_any_order_give_the_same_table() {
    let turned = host().adjust(|snapshot| snapshot.sockets.reverse());
    for column in COLUMNS {
        for descending in [false, true] {
            let sort = Sort { column: Some(column), descending };
            let query = Query { sort, ..everything(Unit::Owner) };
            let shown = |host| lines(&table(host, &query), &Names::default(), "pid fd socket");
            assert_eq!(shown(&host()), shown(&turned), "{}", column.name);
        }
    }
}

#[test]
fn a_sort_is_read_by_column_names_short_ones_and_beginnings() {
    let read = |text: &str| Sort::parse(text).map(|sort| sort.to_string());
    assert_eq!(read("pid").as_deref(), Ok("pid"));
    assert_eq!(read("-pid").as_deref(), Ok("-pid"));
    assert_eq!(read("-cmd").as_deref(), Ok("-cmdline"));
    assert_eq!(read("INODE").as_deref(), Ok("socket"));
    assert_eq!(read("dir").as_deref(), Ok("direction"));
    assert_eq!(read("loc").as_deref(), Ok("local"));
    for (wrong, why) in [
        ("bogus", "no column \"bogus\"; see --list-columns"),
        ("-", "no column \"\"; see --list-columns"),
        ("prto", "no column \"prto\"; there is proto"),
        ("-user_name", "no column \"user_name\"; there is user"),
        ("sta", "\"sta\" can mean state, started"),
    ] {
        assert_eq!(read(wrong).unwrap_err().to_string(), why);
    }
    assert_eq!(Sort::default().to_string(), "alerts, then age");
}

#[test]
fn every_column_has_a_name_of_its_own_and_words_about_it() {
    for (at, column) in COLUMNS.iter().enumerate() {
        assert!(COLUMNS[..at].iter().all(|other| other.name != column.name), "{} comes twice", column.name);
        assert!(!column.help.is_empty() && column.width.least <= column.width.most, "{}", column.name);
        assert!(column.name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", column.name);
    }
}

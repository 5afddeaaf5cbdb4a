//! Cells of limited width.

use proptest::prelude::*;
use sockeye::model::{Lookup, Names, Protocol, TcpState};
use sockeye::table::{COLUMNS, Column, Filter, Query, Unit};
use unicode_width::UnicodeWidthStr;

use super::{everything, host, table};
use crate::support::snapshot::{Builder, snapshot};

/// The cell of the row that a filter finds, in each of the widths.
fn fitted(host: &Builder, names: &Names, filter: &str, column: &str, widths: &[usize]) -> Vec<String> {
    let query = Query { filter: Filter::parse(filter).0, ..everything(Unit::Socket) };
    let table = table(host, &query);
    let row = table.row(0, names).unwrap();
    let value = (Column::find(column).unwrap().value)(&row);
    widths.iter().map(|&cells| value.fit(cells).into_owned()).collect()
}

/// A filter that finds a row, a column, and its cell in several widths.
type Case = (&'static str, &'static str, &'static [(usize, &'static str)]);

#[test]
fn each_type_has_its_own_shorter_forms() {
    let cases: &[Case] = &[
        ("inode:900", "state", &[(20, "ESTAB"), (5, "ESTAB"), (4, "EST…"), (1, "…"), (0, "")]),
        ("tw", "state", &[(9, "TIME-WAIT"), (8, "TIME-W"), (6, "TIME-W"), (5, "TIME…")]),
        ("inode:900", "fd", &[(9, "0,1,2,255"), (8, "0,1,2+"), (5, "0,1+"), (3, "0+"), (2, "0+"), (1, "0")]),
        ("inode:900", "local", &[(14, "10.0.0.5:33894"), (13, ":33894"), (6, ":33894"), (5, ":338…")]),
        ("inode:100", "local", &[(10, "0.0.0.0:22"), (9, "*:22"), (4, "*:22"), (3, ":22"), (2, ":…")]),
        ("inode:400", "local", &[(8, "[::]:443"), (7, "*:443"), (4, ":443")]),
        ("inode:410", "local", &[(21, "[::ffff:10.0.0.5]:443"), (20, "10.0.0.5:443"), (11, ":443")]),
        (
            "inode:900",
            "remote",
            &[(16, "203.0.113.80:443"), (15, "203.0.113.…:443"), (6, "2…:443"), (5, "…:443")],
        ),
        ("inode:900", "age", &[(7, "<23h58m"), (6, "<23h"), (4, "<23h"), (3, "<2…")]),
        ("inode:900", "command", &[(12, "bash < nginx"), (11, "bash < ngi…"), (4, "bas…")]),
        ("inode:400", "command", &[(10, "nginx (+1)"), (9, "ngi… (+1)"), (5, "ngin…"), (4, "ngi…")]),
        ("inode:900", "user", &[(8, "www-data"), (7, "www-da…")]),
        ("inode:900", "pid", &[(2, "90"), (1, "…")]),
        ("tw", "pid", &[(2, "-"), (1, "-"), (0, "")]),
        ("inode:951", "path", &[(13, "/run/a b.sock"), (7, "/run/a…")]),
    ];
    for (filter, column, forms) in cases {
        let widths: Vec<_> = forms.iter().map(|(cells, _)| *cells).collect();
        let texts: Vec<_> = forms.iter().map(|(_, text)| (*text).to_owned()).collect();
        assert_eq!(fitted(&host(), &Names::default(), filter, column, &widths), texts, "{column}");
    }
}

#[test]
fn a_name_of_a_host_is_cut_before_its_port() {
    let mut names = Names::default();
    names.learn(Lookup::Host("203.0.113.80".parse().unwrap()), "evil.example".into());
    names.learn(Lookup::Service { protocol: Protocol::Tcp, port: 443 }, "https".into());
    assert_eq!(
        fitted(&host(), &names, "inode:900", "remote", &[18, 17, 8]),
        ["evil.example:https", "evil.examp…:https", "e…:https"]
    );
}

#[test]
fn wide_characters_count_as_two_cells() {
    let host = snapshot()
        .process(1, 0, "/sbin/init", "init")
        .with(|process| process.comm = "日本語".into())
        .tcp(5, &[3], TcpState::Listen, "0.0.0.0:1", "0.0.0.0:0");
    assert_eq!(
        fitted(&host, &Names::default(), "", "process", &[6, 5, 4, 3, 2, 1]),
        ["日本語", "日本…", "日…", "日…", "…", "…"]
    );
}

proptest! {
    #[test]
    fn no_value_is_ever_wider_than_its_cells(
        comm in prop::collection::vec(any::<u8>(), 0..20),
        argument in "\\PC*",
        path in prop::collection::vec(any::<u8>(), 1..30),
        name in "\\PC{0,20}",
        address in any::<std::net::IpAddr>(),
        port in any::<u16>(),
        fds in prop::collection::btree_set(0..2000_u32, 1..6),
        cells in 0..40_usize,
    ) {
        let fds: Vec<_> = fds.into_iter().collect();
        let end = std::net::SocketAddr::new(address, port).to_string();
        let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let host = host()
            .process(200, 90, "/usr/bin/x", &argument)
            .with(|process| process.comm = comm.into())
            .tcp(2000, &fds, TcpState::Established, &end, &end)
            .tcp(2001, &fds, TcpState::SynRecv, any, &end)
            .unix(2002, &fds, sockeye::model::UnixState::Disconnecting, &path);
        let mut names = Names::default();
        names.learn(Lookup::Host(address.to_canonical()), name.clone());
        for names in [Names::default(), names] {
            let table = table(&host, &everything(Unit::Socket));
            for at in 0..table.len() {
                let row = table.row(at, &names).unwrap();
                for column in COLUMNS {
                    let value = (column.value)(&row);
                    let fitted = value.fit(cells).into_owned();
                    prop_assert!(fitted.width() <= cells, "{} in {cells}: {fitted:?}", column.name);
                    prop_assert!(!fitted.is_empty() || cells == 0 || value.text().is_empty());
                }
            }
        }
    }
}

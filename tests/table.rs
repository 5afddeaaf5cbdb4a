//! Analyses in; rows, their order and their cells out.

use std::sync::Arc;

use sockeye::analyze::{Analysis, Analyzer};
use sockeye::model::{Names, Snapshot, SourceId, TcpState, UnixState};
use sockeye::table::{Column, Filter, Input, Query, Scope, Sort, Table, Unit};

use crate::support::snapshot::{Builder, snapshot};

mod cells;
mod counters;
mod filter;
mod fit;
mod naive;
mod rows;
mod sort;

/// A query for everything, in the order without a column.
pub fn everything(unit: Unit) -> Query {
    Query {
        unit,
        filter: Filter::default(),
        sort: Sort::default(),
        local_families: true,
        closed: false,
        scope: Scope::default(),
    }
}

/// The last analysis of snapshots of one host, taken one after the other.
pub fn analysis(snapshots: impl IntoIterator<Item = Arc<Snapshot>>) -> Arc<Analysis> {
    let mut analyzer = Analyzer::default();
    snapshots.into_iter().map(|snapshot| analyzer.analyze(snapshot)).last().unwrap()
}

pub fn table_of(analysis: Arc<Analysis>, names: &Names, query: &Query) -> Table {
    Table::build(vec![Input { source: SourceId(0), name: "web01".into(), analysis }], names, query)
}

pub fn table(host: &Builder, query: &Query) -> Table {
    table_of(analysis([host.clone().build()]), &Names::default(), query)
}

/// Cells of all rows, each ended by `|`.
pub fn lines(table: &Table, names: &Names, columns: &str) -> Vec<String> {
    let columns: Vec<_> = columns.split(' ').map(|name| Column::find(name).unwrap()).collect();
    let line = |at| {
        let row = table.row(at, names).unwrap();
        let cells: Vec<_> =
            columns.iter().map(|column| (column.value)(&row).text().into_owned() + "|").collect();
        cells.concat()
    };
    (0..table.len()).map(line).collect()
}

/// A web server with a shell that calls out, a listener shared by workers, and sockets without owner.
pub fn host() -> Builder {
    use TcpState::{Established, Listen, TimeWait};
    snapshot()
        .process(1, 0, "/usr/lib/systemd/systemd", "/sbin/init")
        .tcp(100, &[7], Listen, "0.0.0.0:22", "0.0.0.0:0")
        .process(40, 1, "/usr/sbin/nginx", "nginx: master process")
        .tcp(400, &[6], Listen, "[::]:443", "[::]:0")
        .process(41, 40, "/usr/sbin/nginx", "nginx: worker process")
        .with(|process| process.uid = 33)
        .held(400, &[6])
        .tcp(410, &[14], Established, "[::ffff:10.0.0.5]:443", "[::ffff:192.0.2.77]:50812")
        .process(90, 41, "/usr/bin/bash", "bash -i")
        .with(|process| process.uid = 33)
        .tcp(900, &[0, 1, 2, 255], Established, "10.0.0.5:33894", "203.0.113.80:443")
        .process(95, 90, "/usr/bin/sleep", "sleep 3000")
        .udp(950, &[3], "127.0.0.1:323", "0.0.0.0:0")
        .unix(951, &[4], UnixState::Listen, b"/run/a b.sock")
        .tcp(0, &[], TimeWait, "10.0.0.5:44120", "151.101.1.6:443")
        .adjust(|snapshot| snapshot.sockets.last_mut().unwrap().uid = None)
}

//! What stages are measured with: the made-up host as they take it, and what is asked of it.

use std::sync::Arc;

use sockeye::analyze::{Analysis, Analyzer};
use sockeye::model::SourceId;
use sockeye::table::{Filter, Input, Query, Scope, Sort, Unit};

use super::synthetic;

pub(crate) fn analysis(sockets: u32) -> Arc<Analysis> {
    Analyzer::default().analyze(synthetic::snapshot(sockets, 0))
}

pub(crate) fn inputs(sockets: u32) -> Vec<Input> {
    vec![Input { source: SourceId(0), name: "synthetic".into(), analysis: analysis(sockets) }]
}

pub(crate) fn query(unit: Unit, filter: &str, sort: Option<&str>) -> Query {
    Query {
        unit,
        filter: Filter::parse(filter).0,
        sort: sort.map_or_else(Sort::default, |sort| Sort::parse(sort).expect("a column")),
        local_families: true,
        closed: false,
        scope: Scope::default(),
    }
}

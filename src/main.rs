//! Parses arguments, builds the configuration, runs, exits.

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use sockeye::analyze::Judging;
use sockeye::collect::SourceSpec;
use sockeye::config::{Config, What};
use sockeye::table::{Filter, Query, Sort, Unit};

fn main() -> ExitCode {
    let query = Query {
        unit: Unit::Socket,
        filter: Filter::default(),
        sort: Sort { column: None, descending: false },
        local_families: false,
    };
    let config = Config {
        source: SourceSpec::Live { proc: "/proc".into() },
        interval: Duration::from_secs(2),
        judging: Judging::default(),
        query,
        columns: None,
        names: false,
        what: What::Tui,
    };
    match sockeye::run::run(config) {
        Ok(code) => code.into(),
        Err(error) => {
            report(&error);
            error.code().into()
        }
    }
}

/// The error and its causes in one line. Where stderr is closed nobody wants to know.
fn report(error: &dyn Error) {
    let mut line = format!("sockeye: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    writeln!(std::io::stderr(), "{line}").ok();
}

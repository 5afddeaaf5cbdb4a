//! Parses arguments, builds the configuration, runs, exits.

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::process;

use sockeye::cli::{Cli, Stop};
use sockeye::config::Config;
use sockeye::config::file::default_config;
use sockeye::manual::{self, Kind};
use sockeye::run::{self, ExitCode};

fn main() -> process::ExitCode {
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(Stop::Show(text)) => return shown(io::stdout().write_all(text.as_bytes())).into(),
        Err(Stop::Usage(line)) => return fail(&line, ExitCode::Usage).into(),
    };
    if let Some(name) = &cli.generate {
        let code = match Kind::find(name) {
            Ok(kind) => shown(manual::write(kind, &mut io::stdout())),
            Err(error) => fail(&chain(&error), ExitCode::Usage),
        };
        return code.into();
    }
    if cli.print_config {
        return shown(io::stdout().write_all(default_config().as_bytes())).into();
    }
    let file = run::file::find(cli.config.as_deref());
    let config = match Config::resolve(cli, file, io::stdout().is_terminal()) {
        Ok(config) => config,
        Err(error) => {
            let code = fail(&chain(&error), ExitCode::Usage);
            for line in error.excerpt().into_iter().flat_map(str::lines) {
                drop(writeln!(io::stderr(), "{line}"));
            }
            return code.into();
        }
    };
    match run::run(config) {
        Ok(code) => code.into(),
        Err(error) => fail(&chain(&error), error.code()).into(),
    }
}

/// Of help, version and manual; a reader that does not want it to the end is no failure.
fn shown(written: io::Result<()>) -> ExitCode {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            fail(&format!("write: {}", plain(&error)), ExitCode::Failed)
        }
        Ok(()) | Err(_) => ExitCode::Done,
    }
}

/// One line on stderr, whatever the arguments that it repeats have in them. Where that is closed nobody wants
/// to know.
fn fail(line: &str, code: ExitCode) -> ExitCode {
    let escape = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    let line: String = line.chars().map(escape).collect();
    drop(writeln!(io::stderr(), "sockeye: {line}"));
    code
}

/// The error and its causes.
fn chain(error: &dyn Error) -> String {
    let mut line = plain(error);
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {}", plain(error));
        cause = error.source();
    }
    line
}

/// Without the number that Rust puts behind what the system says.
fn plain(error: &dyn Error) -> String {
    let said = error.to_string();
    said.split_once(" (os error ").map_or(said.as_str(), |(words, _)| words).to_owned()
}

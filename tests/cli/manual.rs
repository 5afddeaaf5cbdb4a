//! The manual page and completions: what each table of the program has is in them, and their readers take them.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use clap::{Arg, CommandFactory};
use sockeye::analyze::rules::RULES;
use sockeye::app::keymap;
use sockeye::app::{Theme, View};
use sockeye::cli::{Cli, EXIT_STATUSES};
use sockeye::config::collectors;
use sockeye::config::file::{KEYS, bound};
use sockeye::manual::Kind;
use sockeye::model::Level;
use sockeye::report::Format;
use sockeye::run::ExitCode;
use sockeye::table::COLUMNS;
use sockeye::table::filter::{PROPERTIES, TERMS, states};

use super::{command, sockeye};
use crate::support::skip;

fn made(kind: Kind) -> String {
    let (code, stdout, stderr) = sockeye(&["--generate", kind.name()]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{kind:?}");
    stdout
}

/// The lines of the page as a reader sees them.
fn page() -> Vec<String> {
    let escapes = [("\\-", "-"), ("\\fB", ""), ("\\fI", ""), ("\\fR", ""), ("\\*(Aq", "'"), ("\\&", "")];
    let plain = escapes.iter().fold(made(Kind::Man), |text, (from, to)| text.replace(from, to));
    plain.lines().map(|line| line.replace("\\\\", "\\")).collect()
}

/// Options with what clap adds.
fn options() -> Vec<Arg> {
    let mut command = Cli::command();
    command.build();
    command.get_arguments().filter(|option| !option.is_positional()).cloned().collect()
}

#[test]
fn the_page_has_all_that_the_tables_of_the_program_have() {
    let lines = page();
    let mut wanted: Vec<(String, String)> = Vec::new();
    let mut want = |name: &str, meaning: &str| wanted.push((name.to_owned(), meaning.to_owned()));
    for binding in View::ALL.into_iter().flat_map(keymap::bindings) {
        want(&binding.names(), binding.help);
    }
    for term in &TERMS {
        want(term.form, term.meaning);
    }
    let properties: Vec<_> = PROPERTIES.iter().map(|property| property.name).collect();
    assert!(TERMS.iter().any(|term| term.meaning.ends_with(&properties.join(", "))));
    for property in &PROPERTIES {
        want(&format!("is:{}", property.name), property.meaning);
    }
    for column in COLUMNS {
        want(column.name, column.help);
    }
    for rule in RULES {
        want(rule.name, rule.summary);
    }
    for key in &KEYS {
        want(key.example, key.help);
    }
    for (name, binding) in keymap::named() {
        want(&bound(name, binding.keys), binding.help);
    }
    for (status, meaning) in EXIT_STATUSES {
        want(status, meaning);
    }
    let has = |(name, meaning): &(String, String)| {
        lines.windows(2).any(|pair| pair[0] == *name && pair[1] == *meaning)
    };
    let missing: Vec<_> = wanted.iter().filter(|pair| !has(pair)).collect();
    assert!(missing.is_empty(), "{missing:?}\n{}", lines.join("\n"));
    for level in RULES.iter().flat_map(|rule| rule.levels.split("; ")) {
        assert!(lines.iter().any(|line| line == level), "{level}");
    }
    for option in options() {
        let long = option.get_long().unwrap();
        let tag = option.get_short().map_or(format!("--{long}"), |short| format!("-{short}, --{long}"));
        let is = |line: &&String| **line == tag || line.starts_with(&format!("{tag} "));
        assert_eq!(lines.iter().filter(is).count(), 1, "{tag}");
    }
    for table in KEYS.iter().filter_map(|key| key.table) {
        assert!(lines.contains(&format!(".SS [[{table}]]")), "{table}");
    }
    for name in
        ["$XDG_CONFIG_HOME/sockeye/config.toml", "ss(8), lsof(8), proc(5), sock_diag(7), capabilities(7)"]
    {
        assert!(lines.iter().any(|line| line == name), "{name}");
    }
}

#[test]
fn every_exit_status_is_told() {
    let told = EXIT_STATUSES.map(|(status, _)| status);
    let signal = |number: u8| number.checked_sub(128).map(|_| "128+N".to_owned());
    let codes = [
        ExitCode::Done,
        ExitCode::Failed,
        ExitCode::Usage,
        ExitCode::Alert,
        ExitCode::Bug,
        ExitCode::Signal(15),
    ];
    let numbers = codes.map(|code| match code {
        ExitCode::Signal(_) => signal(code.number()).unwrap(),
        ExitCode::Done | ExitCode::Failed | ExitCode::Usage | ExitCode::Alert | ExitCode::Bug => {
            code.number().to_string()
        }
    });
    assert_eq!(told.map(str::to_owned), numbers);
}

/// What each option that takes one of a few words takes.
fn values() -> Vec<(&'static str, Vec<String>)> {
    let columns = || COLUMNS.iter().map(|column| column.name.to_owned()).collect();
    vec![
        ("--state", states().into_iter().collect()),
        ("--sort", columns()),
        ("--columns", columns()),
        ("--output", Format::ALL.map(|format| format.name().to_owned()).to_vec()),
        ("--collector", collectors().map(str::to_owned).collect()),
        ("--theme", Theme::ALL.map(|theme| theme.name().to_owned()).to_vec()),
        ("--level", Level::ALL.map(|level| level.name().to_owned()).to_vec()),
        ("--generate", Kind::ALL.map(|kind| kind.name().to_owned()).to_vec()),
    ]
}

/// How a program ended that is given the text as a file, and what it printed to stdout and stderr; none where the
/// machine has no such program.
fn read_by(program: &str, arguments: &[&str], kind: Kind) -> Option<(bool, String)> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("made");
    fs::write(&file, made(kind)).unwrap();
    let home = dir.path();
    let mut reader = Command::new(program);
    reader.env("HOME", home).env("XDG_CONFIG_HOME", home).env("XDG_DATA_HOME", home);
    let Ok(output) = reader.args(arguments).arg(&file).stdin(Stdio::null()).output() else {
        skip(&format!("{program} is not there"));
        return None;
    };
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8(said).unwrap()))
}

#[test]
fn each_reader_takes_its_file() {
    for (program, arguments, kind) in [
        ("groff", &["-ww", "-man", "-Tutf8", "-z"][..], Kind::Man),
        ("bash", &["-n"], Kind::Bash),
        ("zsh", &["-n"], Kind::Zsh),
        ("fish", &["-n"], Kind::Fish),
    ] {
        let Some(outcome) = read_by(program, arguments, kind) else { continue };
        assert_eq!(outcome, (true, String::new()), "{program}");
    }
}

#[test]
fn completions_have_every_option() {
    let (bash, zsh, fish) = (made(Kind::Bash), made(Kind::Zsh), made(Kind::Fish));
    let words = bash.lines().find_map(|line| line.trim().strip_prefix("opts=\"-")).unwrap();
    let words: Vec<&str> = words.trim_end_matches('"').split(' ').collect();
    for option in options() {
        let long = option.get_long().unwrap();
        assert!(words.contains(&format!("--{long}").as_str()), "{long}\n{bash}");
        let is_zsh = |line: &str| ["[", "=["].iter().any(|end| line.contains(&format!("--{long}{end}")));
        assert!(zsh.lines().any(is_zsh), "{long}\n{zsh}");
        assert!(fish.lines().any(|line| line.contains(&format!(" -l {long} "))), "{long}\n{fish}");
    }
}

/// Words that the shell offers behind an option.
fn offered(program: &str, script: &str, kind: Kind) -> Option<Vec<String>> {
    let (done, said) = read_by(program, &["-c", script], kind)?;
    assert!(done, "{script}\n{said}");
    let mut words: Vec<String> =
        said.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect();
    words.sort();
    Some(words)
}

#[test]
fn values_complete() {
    for (option, mut wanted) in values() {
        wanted.sort();
        let bash = format!(
            "source \"$0\"; COMP_WORDS=(sockeye {option} ''); COMP_CWORD=2; _sockeye sockeye '' {option}; \
            printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        if let Some(words) = offered("bash", &bash, Kind::Bash) {
            assert_eq!(words, wanted, "bash {option}");
        }
        let fish = format!("source $argv[1]; complete -C 'sockeye {option} '");
        if let Some(words) = offered("fish", &fish, Kind::Fish) {
            assert_eq!(words, wanted, "fish {option}");
        }
    }
}

#[test]
fn a_page_that_is_not_read_to_its_end_is_no_failure_and_a_full_disk_is_one() {
    for kind in Kind::ALL {
        let arguments = ["--generate", kind.name()];
        let mut child = command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()), "{kind:?}");
        if Path::new("/dev/full").exists() {
            let full = File::options().write(true).open("/dev/full").unwrap();
            let output = command(&arguments).stdout(full).stderr(Stdio::piped()).output().unwrap();
            let line = b"sockeye: write: No space left on device\n".to_vec();
            assert_eq!((output.status.code(), output.stderr), (Some(1), line), "{kind:?}");
        } else {
            skip("there is no /dev/full");
        }
    }
}

#[test]
fn it_needs_no_proc() {
    let script = "mount -t tmpfs none /proc && exec \"$0\" --generate man";
    let unshare = ["-r", "-m", "sh", "-c", script, env!("CARGO_BIN_EXE_sockeye")];
    match Command::new("unshare").args(unshare).stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => {
            assert_eq!(String::from_utf8(output.stdout).unwrap(), made(Kind::Man));
        }
        Ok(output) if String::from_utf8_lossy(&output.stderr).starts_with("sockeye: ") => {
            panic!("{}", String::from_utf8_lossy(&output.stderr))
        }
        Ok(_) | Err(_) => skip("no mount namespace can be made"),
    }
}

//! Cases of `tests/rules/*.toml`: processes and sockets in, alerts out.

use sockeye::analyze::Analyzer;
use sockeye::analyze::rules::RULES;
use sockeye::model::{Exe, Fact, Pid, Shells, TcpState};

use crate::support::snapshot::snapshot;

mod cases;

use cases::{Cases, Process};

/// One file for each rule.
const FILES: &[(&str, &str)] = &[
    ("shell-outbound", include_str!("rules/shell-outbound.toml")),
    ("shell-relay", include_str!("rules/shell-relay.toml")),
    ("shell-inbound", include_str!("rules/shell-inbound.toml")),
    ("stdio-outbound", include_str!("rules/stdio-outbound.toml")),
    ("mute-tool-outbound", include_str!("rules/mute-tool-outbound.toml")),
];

#[test]
fn each_rule_finds_what_its_cases_say_and_no_more() {
    let mut wrong = Vec::new();
    for (rule, text) in FILES {
        let cases: Cases = toml::from_str(text).unwrap_or_else(|error| panic!("{rule}: {error}"));
        wrong.extend(cases.case.iter().filter_map(|case| case.wrong(rule)));
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn each_rule_has_cases() {
    let named: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
    assert_eq!(named, RULES.iter().map(|rule| rule.name).collect::<Vec<_>>());
}

#[test]
fn shells_are_known_by_their_executables_name() {
    let cases: Cases = toml::from_str(FILES[0].1).unwrap();
    let shells = Shells::new(vec!["mysh".into(), "python3".into()]);
    let called = |process: &Process| (process.exe.clone(), process.comm.clone(), process.cmdline.clone());
    let missed = cases.shells.iter().filter(|process| !process.is_shell(&shells)).map(called);
    assert_eq!(missed.collect::<Vec<_>>(), []);
    let mistaken = cases.not_shells.iter().filter(|process| process.is_shell(&shells)).map(called);
    assert_eq!(mistaken.collect::<Vec<_>>(), []);
}

#[test]
fn a_shell_that_got_commands_at_its_start_is_told() {
    let cases: Cases = toml::from_str(FILES[1].1).unwrap();
    let is_told = |process: &Process| {
        let snapshot = process.add(snapshot()).build();
        Shells::default().told(&snapshot.processes[&Pid(process.pid)]).is_some()
    };
    let called = |process: &Process| process.cmdline.clone();
    let missed = cases.told.iter().filter(|process| !is_told(process)).map(called);
    assert_eq!(missed.collect::<Vec<_>>(), []);
    let mistaken = cases.not_told.iter().filter(|process| is_told(process)).map(called);
    assert_eq!(mistaken.collect::<Vec<_>>(), []);
}

#[test]
fn the_documentation_has_each_rule_as_it_is_declared() {
    let documented: Vec<&str> =
        include_str!("../docs/detection.md").lines().filter(|line| line.starts_with("| `")).collect();
    let declared: Vec<String> = RULES
        .iter()
        .map(|rule| format!("| `{}` | {} | {} |", rule.name, rule.summary, rule.levels))
        .collect();
    assert_eq!(documented, declared);
}

#[test]
fn commands_are_ready_to_be_typed() {
    let copy = Exe { path: "/tmp/x".into(), deleted: false, same_as: Some("/opt/my shells/bash".into()) };
    let host = snapshot()
        .process(50, 0, "/tmp/x", "kworker -i")
        .with(|process| process.exe = Fact::Known(copy))
        .netns(4_026_533_000, Some("ns2"))
        .tcp(70, &[0, 1], TcpState::Established, "10.0.0.5:33894", "192.0.2.7:443")
        .build();
    let analysis = Analyzer::default().analyze(host);
    assert_eq!(
        analysis.alerts[0].commands(),
        [
            "readlink /proc/50/fd/0",
            "readlink /proc/50/fd/1",
            "cmp /proc/50/exe '/opt/my shells/bash' && echo same",
            "nsenter --net=/run/netns/ns2 ss -Htn 'sport = :33894'",
            "ps -o tty= -p 50",
            "tr '\\0' '\\n' < /proc/50/cmdline | head -n 1",
            "readlink /proc/50/cwd",
        ]
    );
}

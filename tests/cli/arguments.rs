//! Arguments that mean nothing, help, version, the list of columns.

use sockeye::table::COLUMNS;

use super::sockeye;

#[test]
fn a_wrong_argument_is_one_line_and_status_2() {
    for (arguments, line) in [
        (&["--onec"][..], "unexpected argument '--onec' found; tip: a similar argument exists: '--once'"),
        (&["--check", "-n", "2"], "the argument '--check' cannot be used with '--count <N>'"),
        (&["--check", "--level", "loud"], "--level takes low, medium or high, not \"loud\""),
        (&["--check", "-o", "csv"], "--check prints table, json or jsonl, not csv"),
        (&["--level", "low"], "the following required arguments were not provided: --check"),
        (
            &["--list-columns", "--require-full"],
            "--require-full goes with output: --check, --doctor, --once, -n or -o",
        ),
        (&["--once", "-n", "2"], "the argument '--once' cannot be used with '--count <N>'"),
        (
            &["--generate", "man\x1b"],
            "no kind \"man\\x1b\" to generate; there are man, complete-bash, complete-zsh, complete-fish",
        ),
        (
            &["--generate", "man", "--once"],
            "the argument '--generate <KIND>' cannot be used with one or more of the other specified arguments",
        ),
        (&["-o"], "a value is required for '--output <FORMAT>' but none was supplied"),
        (&["-o", "jsn"], "no format \"jsn\"; there are table, json, jsonl, csv, osquery"),
        (&["-d", "soon"], "invalid value 'soon' for '--delay <SECS>': invalid float literal"),
        (&["-d", "0"], "--delay takes 0.1 to 86400 seconds, not 0"),
        (&["--collector", "x\x1b"], "--collector takes auto, bpf, diag or text, not \"x\\x1b\""),
        (&["-d", "nan"], "--delay takes 0.1 to 86400 seconds, not NaN"),
        (&["-d", "1e30"], "--delay takes 0.1 to 86400 seconds, not 1000000000000000000000000000000"),
        (&["-n", "0"], "--count takes a number from 1 on"),
        (&["-p", "sshd"], "--pid takes numbers, not \"sshd\""),
        (&["-p", "1,"], "--pid takes numbers, not \"\""),
        (&["-s", "open"], "--state: no state begins with \"open\""),
        (&["-s", "listen x"], "--state: no state begins with \"listen x\""),
        (&["-s", ""], "--state: no state begins with \"\""),
        (&["--sort", "-nothing"], "--sort: no column \"nothing\"; see --list-columns"),
        (&["--columns", "pid,nothing"], "--columns: no column \"nothing\"; see --list-columns"),
        (&["--columns", "local_"], "--columns: \"local_\" can mean local_address, local_port"),
        (
            &["-o", "osquery", "--columns", "pid"],
            "--columns does not go with --output osquery, which has osquery's own",
        ),
        (&["--theme", "x\x1b"], "--theme: no \"x\\x1b\"; there are the themes terminal, dark, light, mono"),
        (
            &["--print-config", "-d", "1"],
            "the argument '--print-config' cannot be used with one or more of the other specified arguments",
        ),
        (&["--shells", "/bin/mysh"], "--shells takes names of executables, not \"/bin/mysh\""),
        (&["--\u{1b}[31m"], "unexpected argument '--\\u{1b}[31m' found"),
    ] {
        let (code, stdout, stderr) = sockeye(arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert_eq!(stderr, format!("sockeye: {line}\n"), "{arguments:?}");
    }
}

#[test]
fn a_wrong_filter_is_shown_whole_with_carets_below_the_place() {
    for (arguments, said) in [
        (
            &["--once", "nothing:x"][..],
            "no column \"nothing\"; see --list-columns\n  nothing:x\n  ^^^^^^^^^\n",
        ),
        // Words are joined, and what other options ask for stands behind them.
        (
            &["--once", "tcp", "(ssh or", "pid:x)", "-p", "5"],
            "pid is a number, not \"x\"\n  tcp (ssh or pid:x) pid:5\n              ^^^^^\n",
        ),
        (&["-o", "json", "a", "not"], "\"not\" what?\n  a not\n    ^^^\n"),
        (&["--check", "a (b"], "\"(\" has no \")\"\n  a (b\n    ^\n"),
        (
            &["é state:\u{1b}\u{202e} 1"],
            "no state begins with \"\\x1b\\u{202e}\"\n  é state:\\x1b\\u{202e} 1\n    ^^^^^^^^^^^^^^^^^^\n",
        ),
    ] {
        let (code, stdout, stderr) = sockeye(arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert_eq!(stderr, format!("sockeye: filter: {said}"), "{arguments:?}");
    }
    // Of a long one the part around the place.
    let long = format!("{} pid:x {}", "a".repeat(200), "b".repeat(200));
    let (_, _, stderr) = sockeye(&["--once", &long]);
    let shown = format!("  {} pid:x {}\n  {}^^^^^\n", "a".repeat(49), "b".repeat(44), " ".repeat(50));
    assert_eq!(stderr, format!("sockeye: filter: pid is a number, not \"x\"\n{shown}"));
}

#[test]
fn help_goes_to_stdout_and_names_every_option() {
    let (code, help, stderr) = sockeye(&["--help"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    for option in [
        "-d, --delay <SECS>",
        "--once",
        "-n, --count <N>",
        "-o, --output <FORMAT>",
        "-p, --pid <PID[,PID]>",
        "-s, --state <STATE[,STATE]>",
        "--sort <[-]COLUMN>",
        "--columns <LIST>",
        "--list-columns",
        "--names",
        "--shells <NAME[,NAME]>",
        "--check",
        "--doctor",
        "--level <LEVEL>",
        "--require-full",
        "--config <FILE>",
        "--bell",
        "--print-config",
        "--theme <NAME>",
        "--proc <DIR>",
        "--generate <KIND>",
        "-h, --help",
        "-V, --version",
        "[FILTER]...",
        "Exit status: 0 done, 1 failed, 2 wrong command line, 3 alert found",
    ] {
        assert!(help.contains(option), "{option}\n{help}");
    }
    assert_eq!(sockeye(&["-h"]), (Some(0), help, String::new()));
}

#[test]
fn version_is_that_of_the_package() {
    let line = format!("sockeye {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(sockeye(&["-V"]), (Some(0), line.clone(), String::new()));
    assert_eq!(sockeye(&["--version"]), (Some(0), line, String::new()));
}

#[test]
fn every_column_is_listed_with_its_help() {
    let (code, stdout, stderr) = sockeye(&["--list-columns"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let listed: Vec<(&str, &str)> = stdout.lines().filter_map(|line| line.split_once("  ")).collect();
    let listed: Vec<(&str, &str)> = listed.iter().map(|(name, help)| (*name, help.trim_start())).collect();
    let wanted: Vec<(&str, &str)> = COLUMNS.iter().map(|column| (column.name, column.help)).collect();
    assert_eq!(listed, wanted);
}

//! Alerts in formats for programs.

use std::sync::Arc;

use sockeye::analyze::Analysis;
use sockeye::model::{Check, Evidence, Names, Pid, ProcessKey};
use sockeye::report::{self, Format, Place};
use sockeye::table::{Column, Unit};

use super::small;
use crate::table::{analysis, everything, table_of};

/// The small host, with an alert that has one of everything.
fn whole() -> Analysis {
    let mut analysis = Arc::unwrap_or_clone(analysis([small().build()]));
    let alert = &mut analysis.alerts[0];
    alert.chain = "bash(30) fd 0,1 -> 203.0.113.80:443".into();
    alert.pids = vec![Pid(30), Pid(40)];
    let link = Check::Link { path: "/proc/30/fd/0".into(), target: "socket:[300]".into() };
    let command = Check::Command { command: "ss -tn".into(), shows: "203.0.113.80:443".into() };
    let evidence = |fact: &str, check: &Check| Evidence { fact: fact.into(), check: Some(check.clone()) };
    alert.evidence = vec![evidence("its stdin is \"it\"", &link), String::from("seen before").into()];
    alert.against = vec![evidence("a user typed it", &command), evidence("twice", &link)];
    analysis
}

fn written(analysis: Analysis, format: Format) -> String {
    let table = table_of(analysis.into(), &Names::default(), &everything(Unit::Owner));
    let columns = ["fd", "alert"].map(|name| Column::find(name).unwrap());
    let mut out = Vec::new();
    report::write(&mut out, &table, &Names::default(), Some(&columns), format, Place::Following).unwrap();
    String::from_utf8(out).unwrap().replace("},{\"fd\":1", "},\n{\"fd\":1")
}

#[test]
fn an_alert_is_an_object_with_its_facts_and_their_checks() {
    let alert = "{\"rule\":\"shell-outbound\",\"level\":\"high\",\
        \"summary\":\"bash 30 stdin+stdout are a socket to 203.0.113.80:443, no tty\",\
        \"process\":{\"pid\":30,\"start\":3000},\
        \"chain\":\"bash(30) fd 0,1 -> 203.0.113.80:443\",\"pids\":[30,40],\
        \"evidence\":[{\"fact\":\"its stdin is \\\"it\\\"\",\
        \"check\":{\"command\":\"readlink /proc/30/fd/0\",\"shows\":\"socket:[300]\"}},\
        {\"fact\":\"seen before\",\"check\":null}],\
        \"against\":[{\"fact\":\"a user typed it\",\"check\":{\"command\":\"ss -tn\",\"shows\":\"203.0.113.80:443\"}},\
        {\"fact\":\"twice\",\"check\":{\"command\":\"readlink /proc/30/fd/0\",\"shows\":\"socket:[300]\"}}],\
        \"commands\":[\"readlink /proc/30/fd/0\",\"ss -tn\"],\"muted\":null}";
    assert_eq!(
        written(whole(), Format::Json),
        format!(
            "[{{\"fd\":0,\"alert\":{alert}}},\n{{\"fd\":1,\"alert\":{alert}}},{{\"fd\":3,\"alert\":null}},\
             {{\"fd\":-1,\"alert\":null}}]\n"
        )
    );
}

#[test]
fn a_muted_alert_says_why_and_is_one_line_of_csv() {
    let mut analysis = whole();
    analysis.alerts[0].muted = Some("known, \"ours\"".into());
    let json = written(analysis.clone(), Format::Json);
    assert!(
        json.contains("\"level\":\"high\"") && json.contains(",\"muted\":\"known, \\\"ours\\\"\"}"),
        "{json}"
    );
    let line = "high shell-outbound (muted): its stdin is \"\"it\"\"; seen before";
    assert_eq!(
        written(analysis, Format::Csv),
        format!("3,\n0,\"{line}\"\n1,\"{line}\"\n-1,\n"),
        "and it does not sort first"
    );
}

#[test]
fn a_process_without_the_socket_is_a_row_in_all_formats_but_osquerys() {
    let mut analysis = whole();
    analysis.alerts[0].process = ProcessKey { pid: Pid(40), start: 4000 };
    analysis.alerts[0].muted = None;
    let table = table_of(analysis.into(), &Names::default(), &everything(Unit::Owner));
    let written = |format| {
        let columns = ["pid", "fd", "socket", "protocol", "cmdline"].map(|name| Column::find(name).unwrap());
        let mut out = Vec::new();
        report::write(&mut out, &table, &Names::default(), Some(&columns), format, Place::Following).unwrap();
        String::from_utf8(out).unwrap()
    };
    let json = "{\"pid\":40,\"fd\":null,\"socket\":null,\"protocol\":null,\"cmdline\":\"x  y\"}";
    let first = |format| {
        written(format).trim_start().lines().nth(usize::from(format == Format::Table)).unwrap().to_owned()
    };
    assert!(first(Format::Json).starts_with(&format!("[{json},")), "{}", first(Format::Json));
    assert!(first(Format::Jsonl).ends_with(&json[1..]), "{}", first(Format::Jsonl));
    assert_eq!(first(Format::Csv), "40,,,,x  y");
    assert_eq!(first(Format::Table), " 40   -      -         -  x  y");
    assert_eq!(written(Format::Osquery).matches("\"pid\":\"40\"").count(), 1, "{}", written(Format::Osquery));
}

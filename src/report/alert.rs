//! An alert as JSON: what was found about whom, the facts, how each can be checked.

use std::io::Write as _;

use super::json::string;
use crate::model::{Alert, Evidence};

/// The whole object, as the column `alert` of a row has it.
pub(super) fn object(alert: &Alert, out: &mut Vec<u8>) {
    begin(alert, out);
    let (pid, start) = (alert.process.pid, alert.process.start);
    write!(out, ",\"process\":{{\"pid\":{pid},\"start\":{start}}}").ok(); // writing to a Vec cannot fail
    end(alert, out);
}

/// `{"rule":…,"level":…,"summary":…`
pub(super) fn begin(alert: &Alert, out: &mut Vec<u8>) {
    for (name, text) in
        [("{\"rule\":", alert.rule), (",\"level\":", alert.level.name()), (",\"summary\":", &alert.summary)]
    {
        out.extend_from_slice(name.as_bytes());
        string(text, out);
    }
}

/// `,"chain":…,"pids":…,"evidence":…,"against":…,"commands":…,"muted":…}`
pub(super) fn end(alert: &Alert, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"chain\":");
    string(&alert.chain, out);
    out.extend_from_slice(b",\"pids\":");
    list(&alert.pids, out, |pid, out| out.extend_from_slice(pid.to_string().as_bytes()));
    out.extend_from_slice(b",\"evidence\":");
    list(&alert.evidence, out, fact);
    out.extend_from_slice(b",\"against\":");
    list(&alert.against, out, fact);
    out.extend_from_slice(b",\"commands\":");
    list(&alert.commands(), out, |command, out| string(command, out));
    out.extend_from_slice(b",\"muted\":");
    match &alert.muted {
        Some(reason) => string(reason, out),
        None => out.extend_from_slice(b"null"),
    }
    out.push(b'}');
}

fn fact(evidence: &Evidence, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"fact\":");
    string(&evidence.fact, out);
    out.extend_from_slice(b",\"check\":");
    match &evidence.check {
        Some(check) => {
            out.extend_from_slice(b"{\"command\":");
            string(&check.command(), out);
            out.extend_from_slice(b",\"shows\":");
            string(check.shows(), out);
            out.push(b'}');
        }
        None => out.extend_from_slice(b"null"),
    }
    out.push(b'}');
}

pub(super) fn list<T>(items: &[T], out: &mut Vec<u8>, mut item: impl FnMut(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (at, one) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        item(one, out);
    }
    out.push(b']');
}

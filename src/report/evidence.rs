//! A row with its alerts as a file that can be handed on: as text, and as JSON.

use serde_json::{Value, json};

use crate::model::{Alert, Check, Evidence, Process, Socket, printable};
use crate::table::describe::{self, Labelled, cell};
use crate::table::{Row, format};

/// Cells of the labels at the left.
const LABEL: usize = 8;

/// What the detail shows, nothing wrapped or cut; which host it is from, when it was seen and by what.
pub fn text(row: &Row<'_>) -> String {
    let snapshot = row.snapshot();
    let (version, host) = (env!("CARGO_PKG_VERSION"), &snapshot.host.name);
    let mut lines =
        vec![format!("sockeye {version}  host {host}  seen {}", format::rfc3339(snapshot.taken_at))];
    for found in row.alerts_in_order() {
        lines.push(String::new());
        alert(found, &mut lines);
    }
    lines.push(String::new());
    lines.extend(describe::whole(row).iter().map(|Labelled { label, text }| format!("{label:LABEL$}{text}")));
    // Once more for what rules wrote: a line must stay one.
    lines.iter().flat_map(|line| [printable(line.trim_end().as_bytes()), "\n".into()]).collect()
}

fn alert(alert: &Alert, lines: &mut Vec<String>) {
    lines.push(format!("{:LABEL$}{}  {}", "WHY", alert.level.name().to_uppercase(), alert.rule));
    lines.push(format!("{:LABEL$}{}", "", alert.summary));
    if !alert.chain.is_empty() {
        lines.push(format!("{:LABEL$}{}", "chain", alert.chain));
    }
    let mut fact = |label: &str, evidence: &Evidence| {
        lines.push(format!("{label:LABEL$}{}", evidence.fact));
        lines.extend(evidence.check.as_ref().map(|check| format!("{:LABEL$}  {check}", "")));
    };
    for (nth, evidence) in alert.evidence.iter().enumerate() {
        fact(&format!("  {}", nth + 1), evidence);
    }
    for (nth, evidence) in alert.against.iter().enumerate() {
        fact(if nth == 0 { "against" } else { "" }, evidence);
    }
    if alert.against.is_empty() {
        lines.push(format!("{:LABEL$}nothing found", "against"));
    }
    let commands = alert.commands();
    if !commands.is_empty() {
        lines.push("check it yourself:".to_owned());
    }
    lines.extend(commands.iter().map(|command| format!("{:LABEL$}{command}", "")));
}

/// The same as one object. Foreign text is escaped as on the screen.
pub fn json(row: &Row<'_>) -> String {
    let snapshot = row.snapshot();
    let mut pids: Vec<_> = row.owners.iter().map(|owner| owner.pid).collect();
    pids.extend(row.alerts.iter().flat_map(|alert| &alert.pids));
    pids.sort_unstable();
    pids.dedup();
    let processes =
        pids.iter().filter_map(|pid| row.processes.get(pid)).map(|process| self::process(row, process));
    let owners = row.owners.iter().map(|owner| json!({"pid": owner.pid.0, "fd": owner.fd.0}));
    let whole = json!({
        "sockeye": env!("CARGO_PKG_VERSION"),
        "host": snapshot.host.name.to_string(),
        "taken_at": format::rfc3339(snapshot.taken_at),
        "alerts": row.alerts_in_order().into_iter().map(alert_json).collect::<Vec<_>>(),
        "socket": row.socket.map(|Socket { id, .. }| json!({
            "inode": id.inode.0,
            "netns": id.netns.number(),
            "protocol": id.protocol.name(),
            "state": cell(row, "state"),
            "local": cell(row, "local"),
            "remote": cell(row, "remote"),
            "direction": cell(row, "direction"),
            "owners": owners.collect::<Vec<_>>(),
        })),
        "processes": processes.collect::<Vec<_>>(),
    });
    format!("{whole:#}\n")
}

fn process(row: &Row<'_>, process: &Process) -> Value {
    json!({
        "pid": process.key.pid.0,
        "start": process.key.start,
        "name": process.comm.to_string(),
        "uid": process.uid,
        "exe": describe::exe(process),
        "cwd": describe::cwd(process),
        "cmdline": describe::cmdline(process),
        "ancestry": describe::from(row, process),
    })
}

/// An alert as an object: `rule`, `level`, `pid`, `summary`, `chain`, `pids`, `evidence`, `against`, `commands`.
fn alert_json(alert: &Alert) -> Value {
    let facts = |facts: &[Evidence]| facts.iter().map(fact_json).collect::<Vec<_>>();
    json!({
        "rule": alert.rule,
        "level": alert.level.name(),
        "pid": alert.process.pid.0,
        "summary": alert.summary,
        "chain": alert.chain,
        "pids": alert.pids.iter().map(|pid| pid.0).collect::<Vec<_>>(),
        "evidence": facts(&alert.evidence),
        "against": facts(&alert.against),
        "commands": alert.commands(),
    })
}

fn fact_json(evidence: &Evidence) -> Value {
    let check = match &evidence.check {
        None => Value::Null,
        Some(Check::Link { path, target }) => json!({"path": path, "target": target}),
        Some(Check::Command { command, shows }) => json!({"command": command, "shows": shows}),
    };
    json!({"fact": evidence.fact, "check": check})
}

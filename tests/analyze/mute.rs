//! Which alerts mutes and allows match, and what becomes of them.

use sockeye::analyze::{Analysis, Analyzer, Judging, mute};
use sockeye::model::{Alert, Allow, Exe, Fact, Level, Mute, Names, Peer, Pid, TcpState};
use sockeye::table::{Filter, Query, Table, Unit};

use crate::support::snapshot::{Builder, snapshot};
use crate::table::{everything, lines, table_of};

/// Two shells that call out, one by way of IPv6.
fn host() -> Builder {
    snapshot()
        .process(40, 1, "/usr/sbin/nginx", "nginx: worker")
        .process(90, 40, "/usr/bin/bash", "bash -i")
        .with(|process| process.uid = 33)
        .tcp(900, &[0, 1], TcpState::Established, "10.0.0.5:33894", "203.0.113.80:443")
        .process(91, 40, "/opt/tools/mysh", "bash -i")
        .with(|process| process.exe = exe("/opt/tools/bash"))
        .tcp(910, &[3], TcpState::Established, "[::ffff:10.0.0.5]:33895", "[::ffff:198.51.100.7]:4444")
}

fn exe(path: &str) -> Fact<Exe> {
    Fact::Known(Exe { path: path.into(), deleted: false, same_as: None })
}

fn judged(mutes: &[Mute], allowed: &[Allow]) -> Analysis {
    let judging = Judging { mutes: mutes.to_vec(), allowed: allowed.to_vec(), ..Judging::default() };
    (*Analyzer::new(judging).analyze(host().build())).clone()
}

/// Pids of the alerts that it matches.
fn muted(change: impl FnOnce(&mut Mute)) -> Vec<u32> {
    let mut mute = Mute { reason: "ours".into(), ..Mute::default() };
    change(&mut mute);
    let analysis = judged(&[mute], &[]);
    let muted = analysis.alerts.iter().filter(|alert| alert.muted.as_deref() == Some("ours"));
    muted.map(|alert| alert.process.pid.0).collect()
}

fn allowed(change: impl FnOnce(&mut Allow)) -> Vec<u32> {
    let mut allow = Allow::default();
    change(&mut allow);
    let analysis = judged(&[], &[allow]);
    let low = analysis.alerts.iter().filter(|alert| alert.level == Level::Low);
    low.map(|alert| alert.process.pid.0).collect()
}

fn peer(text: &str) -> Peer {
    text.parse().unwrap()
}

#[test]
fn a_mute_matches_by_what_an_alert_is_about() {
    assert_eq!(muted(|mute| mute.rule = Some("shell-outbound".into())), [90, 91]);
    assert_eq!(muted(|mute| mute.rule = Some("other-rule".into())), [0; 0]);
    assert_eq!(muted(|mute| mute.exe = Some("/usr/bin/bash".into())), [90]);
    assert_eq!(muted(|mute| mute.exe = Some("/usr/bin/bas".into())), [0; 0]);
    assert_eq!(muted(|mute| mute.exe = Some("/opt/*".into())), [91]);
    assert_eq!(muted(|mute| mute.parent = Some("/usr/sbin/nginx".into())), [90, 91]);
    assert_eq!(muted(|mute| mute.parent = Some("nginx".into())), [90, 91]);
    assert_eq!(muted(|mute| mute.parent = Some("bash".into())), [0; 0]);
    let and =
        |mute: &mut Mute| (mute.exe, mute.peer) = (Some("/usr/bin/bash".into()), Some(peer("198.51.100.7")));
    assert_eq!(muted(and), [0; 0], "all of its conditions have to match");
}

#[test]
fn peers_are_addresses_networks_or_both_ends_of_a_port() {
    let matched = |wanted: &str| muted(|mute| mute.peer = Some(peer(wanted)));
    for of_90 in
        ["203.0.113.80", "203.0.113.80:443", "203.0.113.0/24", "::ffff:203.0.113.80", "203.0.113.80/32"]
    {
        assert_eq!(matched(of_90), [90], "{of_90}");
    }
    for of_91 in
        ["198.51.100.7", "198.51.100.7:4444", "[::ffff:198.51.100.7]:4444", "::ffff:198.51.100.0/120"]
    {
        assert_eq!(matched(of_91), [91], "{of_91}");
    }
    for of_none in ["203.0.113.80:80", "203.0.113.0/26", "2001:db8::/32", "::/0", "203.0.113.8"] {
        assert_eq!(matched(of_none), [0; 0], "{of_none}");
    }
    assert_eq!(matched("0.0.0.0/0"), [90, 91]);
    for wrong in
        ["", "x", "203.0.113.0/33", "::/129", "::ffff:10.0.0.0/95", "203.0.113.80:", ":443", "10.0.0.0/-1"]
    {
        assert!(wrong.parse::<Peer>().is_err(), "{wrong}");
    }
    for text in ["192.0.2.7", "192.0.2.0/24", "[2001:db8::7]:443", "2001:db8::/32"] {
        assert_eq!(text.parse::<Peer>().unwrap().to_string(), text);
    }
}

#[test]
fn a_process_on_the_way_can_be_what_a_mute_is_about() {
    let analysis = judged(&[], &[]);
    let mut alert = analysis.alerts[0].clone();
    alert.pids = vec![Pid(90), Pid(40), Pid(4_000_000)];
    let mutes = [Mute { exe: Some("/usr/sbin/nginx".into()), ..Mute::default() }];
    assert_eq!(mute::matching(&alert, &analysis.snapshot, &mutes), Some(&mutes[0]));
    assert_eq!(mute::matching(&analysis.alerts[1], &analysis.snapshot, &mutes), None);
}

#[test]
fn a_mute_of_a_relay_is_one_of_its_shell() {
    let analysis = judged(&[], &[]);
    // About nginx, on whose way is bash, its child.
    let mut alert = analysis.alerts[0].clone();
    alert.process = analysis.snapshot.processes[&Pid(40)].key;
    alert.pids = vec![Pid(40), Pid(90)];
    let matches = |exe: &str, parent: &str| {
        let mutes = [Mute { exe: Some(exe.to_owned()), parent: Some(parent.to_owned()), ..Mute::default() }];
        mute::matching(&alert, &analysis.snapshot, &mutes).is_some()
    };
    assert!(matches("/usr/bin/bash", "nginx"));
    // Both are of one process: not the parent of another.
    assert!(!matches("/usr/sbin/nginx", "nginx"));
}

#[test]
fn a_muted_alert_keeps_its_level_and_is_in_nobodys_way() {
    let mute = Mute { exe: Some("/usr/bin/bash".into()), reason: "drill\u{1b}".into(), ..Mute::default() };
    let analysis = judged(&[mute], &[]);
    let shown: Vec<_> =
        analysis.alerts.iter().map(|alert| (alert.level, alert.muted.as_deref(), alert.is_loud())).collect();
    assert_eq!(shown, [(Level::High, Some("drill\\x1b"), false), (Level::Medium, None, true)]);
    let names = Names::default();
    let table = table_of(analysis.into(), &names, &everything(Unit::Socket));
    assert_eq!(
        lines(&table, &names, "mark pid alert"),
        ["!|91|medium shell-outbound|", "m|90|high shell-outbound (muted)|"]
    );
    for (filter, pids) in [
        ("alert:muted", &["90|"][..]),
        ("alert:high", &[]),
        ("alert:shell", &["91|", "90|"]),
        ("muted", &["90|"]),
    ] {
        let query = Query { filter: Filter::parse(filter).0, ..everything(Unit::Socket) };
        let table = Table::build(table.inputs().to_vec(), &names, &query);
        assert_eq!(lines(&table, &names, "pid"), pids, "{filter}");
    }
}

#[test]
fn an_allow_lowers_and_says_so() {
    assert_eq!(allowed(|allow| allow.user = Some("www-data".into())), [90]);
    assert_eq!(allowed(|allow| allow.user = Some("33".into())), [90]);
    assert_eq!(allowed(|allow| allow.user = Some("root".into())), [91]);
    assert_eq!(allowed(|allow| allow.exe = Some("/opt/tools/bash".into())), [91]);
    assert_eq!(allowed(|allow| allow.peer = Some(peer("203.0.113.80:443"))), [90]);
    assert_eq!(allowed(|allow| allow.parent = Some("/usr/sbin/*".into())), [90, 91]);
    let against = |reason: Option<&str>| {
        let allow = Allow { user: Some("33".into()), reason: reason.map(str::to_owned), ..Allow::default() };
        let analysis = judged(&[], &[allow]);
        let alert = analysis.alerts.iter().find(|alert| alert.level == Level::Low).unwrap();
        alert.against.iter().map(|evidence| evidence.fact.clone()).collect::<Vec<_>>()
    };
    assert_eq!(against(None), ["allowed by the config"]);
    assert_eq!(against(Some("our \u{9b}scanner")), ["allowed by the config: our \\x9bscanner"]);
}

#[test]
fn a_mute_like_an_alert_is_about_its_rule_executable_peer_and_parent() {
    let like = |host: Builder| {
        let analysis = Analyzer::default().analyze(host.build());
        let about = |alert: &&Alert| alert.process.pid == Pid(91);
        let alert = analysis.alerts.iter().find(about).unwrap();
        mute::like(alert, &analysis.snapshot, "why").inspect(|mute| {
            assert_eq!(mute::matching(alert, &analysis.snapshot, std::slice::from_ref(mute)), Some(mute));
        })
    };
    assert_eq!(
        like(host()),
        Ok(Mute {
            rule: Some("shell-outbound".into()),
            exe: Some("/opt/tools/bash".into()),
            peer: Some(peer("198.51.100.7")),
            parent: Some("/usr/sbin/nginx".into()),
            reason: "why".into()
        })
    );
    let comm = |host: Builder| {
        host.adjust(|snapshot| snapshot.processes.get_mut(&Pid(91)).unwrap().comm = "bash".into())
    };
    let hidden = host().with(|process| process.exe = Fact::Refused);
    assert_eq!(like(comm(hidden)), Err("its executable is not known"));
    let wide = host().with(|process| process.exe = exe("/opt/*/bash-1-*"));
    assert_eq!(
        like(wide.adjust(|snapshot| {
            let Fact::Known(exe) = &mut snapshot.processes.get_mut(&Pid(91)).unwrap().exe else { panic!() };
            exe.same_as = Some("/usr/bin/bash".into());
        })),
        Err("the name of an executable ends in *, which would stand for any")
    );
    let parent = |host: Builder, exe: Fact<Exe>| {
        host.adjust(|snapshot| snapshot.processes.get_mut(&Pid(40)).unwrap().exe = exe)
    };
    assert_eq!(like(parent(host(), Fact::Refused)).unwrap().parent, Some("nginx".into()));
    let bytes = Fact::Known(Exe { path: b"/\xff".as_slice().into(), deleted: false, same_as: None });
    assert_eq!(like(parent(host(), bytes)), Err("the name of an executable is no text"));
}

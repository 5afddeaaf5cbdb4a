//! Filter texts, what they let through, what is wrong with them.

use proptest::prelude::*;
use sockeye::model::{Lookup, Names, Protocol};
use sockeye::table::{Filter, FilterError, Query, Unit};

use super::{analysis, everything, host, table, table_of};
use crate::support::snapshot::Builder;

/// Inodes of the matching sockets, in order.
fn matching(host: &Builder, names: &Names, text: &str) -> Vec<u64> {
    let (filter, errors) = Filter::parse(text);
    assert_eq!(errors, [], "{text}");
    let query = Query { filter, ..everything(Unit::Socket) };
    let table = table_of(analysis([host.clone().build()]), names, &query);
    let mut inodes: Vec<_> = (0..table.len()).map(|at| table.key(at).unwrap().socket.inode.0).collect();
    inodes.sort_unstable();
    inodes
}

/// A filter and the sockets that it lets through.
type Case = (&'static str, &'static [u64]);

const WORDS_AND_NUMBERS: &[Case] = &[
    ("", &[0, 100, 400, 410, 900, 950, 951]),
    // words
    ("nginx", &[400, 410, 900]),
    ("NGINX", &[]),
    ("Nginx", &[]),
    ("worker", &[400, 410]),
    ("\"worker process\"", &[400, 410]),
    ("'master pro'", &[400]),
    ("master pro", &[400]),
    ("203.0.113", &[900]),
    ("203.0.113.80:443", &[900]),
    ("[::]:443", &[400]),
    ("www-data", &[400, 410, 900]),
    ("b.sock", &[951]),
    ("/run/a", &[951]),
    ("wait", &[0]),
    ("outbound", &[0, 900]),
    ("systemd", &[100]),
    ("high", &[900]),
    ("nothing-like-this", &[]),
    // numbers: a pid or a port
    ("443", &[0, 400, 410, 900]),
    ("41", &[400, 410]),
    ("4", &[]),
    ("900", &[]),
    ("\"900\"", &[]),
    ("\"3000\"", &[950, 951]),
];

const FIELDS: &[Case] = &[
    ("pid:1", &[100]),
    ("pid:1,95", &[100, 950, 951]),
    ("pid=1,95", &[100, 950, 951]),
    ("pid:-1", &[0]),
    ("fd:255", &[900]),
    ("fd:0,6", &[400, 900]),
    ("inode:900", &[900]),
    ("port:443", &[0, 400, 410, 900]),
    ("lport:443", &[400, 410]),
    ("dport:443", &[0, 900]),
    ("proto:tcp", &[0, 100, 400, 410, 900]),
    ("proto=tcp", &[0, 100, 900]),
    ("proto:tcp6,udp", &[400, 410, 950]),
    ("protocol:17", &[950]),
    ("protocol:udp", &[950]),
    ("family:1", &[951]),
    ("cmd:\"nginx: worker\"", &[400, 410]),
    ("cmdline:'-i'", &[900]),
    ("cmdline=\"bash -i\"", &[900]),
    ("cmdline=bash", &[]),
    ("cmdline:\"a,b\"", &[]),
    ("cmdline:\"nothing,nginx\",'3000,'", &[]),
    ("cmdline:\"master process\",3000", &[400, 950, 951]),
    ("cmdline:it's !nginx", &[]),
    ("command:bash", &[900, 950, 951]),
    ("process:bash", &[900]),
    ("exe:/usr/bin", &[900, 950, 951]),
    ("usr:www", &[400, 410, 900]),
    ("user:0", &[100, 400, 950, 951]),
    ("user=www-data", &[400, 410, 900]),
    ("user=www", &[]),
    ("uid:33", &[400, 410, 900]),
    ("chain:systemd", &[100, 400, 410, 900, 950, 951]),
    ("local:10.0.0.5", &[0, 410, 900]),
    ("local=10.0.0.5", &[0, 410, 900]),
    ("local=10.0.0.5:33894", &[900]),
    ("local:10.0.0.", &[0, 410, 900]),
    ("local=10.0.0.", &[]),
    ("remote_address=192.0.2.77", &[410]),
    ("path:sock", &[951]),
    ("ns:host", &[0, 100, 400, 410, 900, 950, 951]),
    ("net_namespace:4026531840", &[0, 100, 400, 410, 900, 950, 951]),
    ("alert:medium,high", &[900]),
    ("alert:low", &[]),
    ("alert:shell-outbound", &[900]),
    ("unowned:time", &[0]),
];

const STATES_AND_COMBINATIONS: &[Case] = &[
    ("state:estab", &[410, 900]),
    ("state:ESTABLISHED", &[410, 900]),
    ("state:tw", &[0]),
    ("state:time-wait", &[0]),
    ("state:time_wait", &[0]),
    ("state:TIME-W", &[0]),
    ("state:listen,unconn", &[100, 400, 950, 951]),
    ("state=listen", &[100, 400, 951]),
    ("state=list", &[]),
    ("state:syn", &[]),
    // numbers, sizes, times, networks, expressions, properties
    ("pid<41", &[100, 400]),
    ("pid>=90", &[900, 950, 951]),
    ("pid:40-90", &[400, 410, 900]),
    ("port:400-500,22", &[0, 100, 400, 410, 900]),
    ("port<100", &[100, 400, 950]),
    ("lport<100", &[100]),
    ("fd>200", &[900]),
    ("queues>0", &[]),
    ("age>1h", &[100, 400, 410, 900, 950, 951]),
    ("age<1s", &[]),
    ("started<1970", &[]),
    ("started>1970", &[100, 400, 410, 900, 950, 951]),
    ("dst:203.0.113.0/24", &[900]),
    ("dst:192.0.2.0/24", &[410]),
    ("dst:::ffff:192.0.2.0/120", &[410]),
    ("src:10.0.0.0/8", &[0, 410, 900]),
    ("src:::/0", &[400]),
    ("remote!=203.0.113.0/24 is:outbound", &[0]),
    ("cmd~'^nginx: (master|x)'", &[400]),
    ("cmd~^NGINX", &[]),
    ("cmd!~n.inx pid>1", &[900, 950, 951]),
    ("dst~:443$", &[0, 900]),
    ("state~^lis", &[100, 400, 951]),
    ("command~'^bash < nginx$'", &[900]),
    ("is:outbound", &[0, 900]),
    ("is:in", &[410]),
    ("is:listen", &[100, 400, 951]),
    ("is:loopback,unowned", &[0, 950]),
    ("is:shell", &[900]),
    ("is:alert", &[900]),
    ("is!=alert is:new", &[]),
    // or, brackets
    ("pid:1 or pid:41", &[100, 400, 410]),
    ("pid:1 or proto:tcp6 state:listen", &[100, 400]),
    ("(pid:1 or proto:tcp6) state:listen", &[100, 400]),
    ("(pid:1 or proto:tcp6) state:estab", &[410]),
    ("not (pid:1 or proto:tcp6)", &[0, 900, 950, 951]),
    ("!(pid:1 or nginx)", &[0, 950, 951]),
    ("nginx and state:listen", &[400]),
    ("\"or\"", &[400, 410]),
    // not
    ("not nginx", &[0, 100, 950, 951]),
    ("!nginx", &[0, 100, 950, 951]),
    ("not not nginx", &[400, 410, 900]),
    ("not !nginx", &[400, 410, 900]),
    ("!\"worker process\"", &[0, 100, 400, 900, 950, 951]),
    ("pid!=95 proto!=tcp", &[400, 410]),
    ("!pid!=1", &[100]),
    ("not pid:-1 not proto:tcp", &[950, 951]),
    // and
    ("nginx state:listen", &[400]),
    ("!it's pid:1", &[100]),
    ("  proto:tcp   443  !tw ", &[400, 410, 900]),
];

#[test]
fn terms_let_through_what_they_say() {
    for (text, inodes) in [WORDS_AND_NUMBERS, FIELDS, STATES_AND_COMBINATIONS].concat() {
        assert_eq!(matching(&host(), &Names::default(), text), inodes, "{text}");
    }
}

#[test]
fn names_are_found_too_and_numbers_still() {
    let mut names = Names::default();
    names.learn(Lookup::Host("203.0.113.80".parse().unwrap()), "evil.example".into());
    names.learn(Lookup::Service { protocol: Protocol::Tcp, port: 443 }, "https".into());
    names.learn(Lookup::User(33), "Webmaster".into());
    for (text, inodes) in [
        ("evil", &[900][..]),
        ("remote:evil.example:https", &[900]),
        ("remote=evil.example", &[900]),
        ("remote=203.0.113.80", &[900]),
        ("203.0.113.80", &[900]),
        ("https", &[0, 400, 410, 900]),
        ("443", &[0, 400, 410, 900]),
        ("remote:443", &[0, 900]),
        ("user:webm", &[400, 410, 900]),
        ("uid:33", &[400, 410, 900]),
    ] {
        assert_eq!(matching(&host(), &names, text), inodes, "{text}");
    }
}

#[test]
fn escaped_text_is_found_as_it_is_shown_and_as_it_is() {
    let hostile = host().process(99, 1, "/usr/bin/x", "x").unix(
        990,
        &[3],
        sockeye::model::UnixState::Listen,
        "@\u{1b}[2J-Größe".as_bytes(),
    );
    for text in ["\\x1b[2j", "\u{1b}[2j", "größe", "Größe", "ROSSE-", "@"] {
        let found: &[u64] = if text == "ROSSE-" { &[] } else { &[990] };
        assert_eq!(matching(&hostile, &Names::default(), text), found, "{text}");
    }
}

/// Where it is, what is wrong, what is said of it.
type Wrong = (usize, &'static str, &'static str);

#[test]
fn wrong_and_unfinished_terms_are_named_and_left_out() {
    let cases: &[(&str, &[Wrong])] = &[
        ("bogus:x", &[(0, "bogus:x", "no column \"bogus\"; see --list-columns")]),
        ("é bogus:x 1", &[(2, "bogus:x", "no column \"bogus\"; see --list-columns")]),
        ("sta:x", &[(0, "sta:x", "\"sta\" can mean state, started")]),
        ("pid:", &[(0, "pid:", "pid: what?")]),
        ("a pid:,,", &[(2, "pid:,,", "pid:,, what?")]),
        ("pid:x", &[(0, "pid:x", "pid is a number, not \"x\"")]),
        ("port:http", &[(0, "port:http", "port is a number, not \"http\"")]),
        ("state:foo", &[(0, "state:foo", "no state begins with \"foo\"")]),
        ("a not", &[(2, "not", "\"not\" what?")]),
        ("a !", &[(2, "!", "\"!\" what?")]),
        ("a \"b c", &[(2, "\"b c", "\"b c has no closing quote")]),
        ("cmdline:\"b c", &[(0, "cmdline:\"b c", "cmdline:\"b c has no closing quote")]),
        ("pid>x", &[(0, "pid>x", "pid is a number, not \"x\"")]),
        ("pid>1,2", &[(0, "pid>1,2", "pid> takes one value")]),
        ("user>5", &[(0, "user>5", "user has no order; it takes : = != or ~")]),
        ("port:80,9-5", &[(0, "port:80,9-5", "9-5 goes backwards")]),
        ("age>soon", &[(0, "age>soon", "age is a time such as 5m, not \"soon\"")]),
        ("started>soon", &[(0, "started>soon", "started is a time such as 2026-07-28T14:41, not \"soon\"")]),
        ("dst:10.0.0.0/33", &[(0, "dst:10.0.0.0/33", "10.0.0.0/33 is no network")]),
        ("a cmd~'('", &[(2, "cmd~'('", "no regular expression: unclosed group")]),
        ("cmd~''", &[(0, "cmd~''", "cmd~'' what?")]),
        ("cmd~'\\w{1000}{1000}'", &[(0, "cmd~'\\w{1000}{1000}'", "the regular expression is too large")]),
        ("pid!5", &[(0, "pid!5", "pid!5 is not known; != and !~ are")]),
        ("is:", &[(0, "is:", "is: what?")]),
        ("is:s,l", &[(0, "is:s,l", "is:l can mean listen, loopback")]),
        (
            "is:odd",
            &[(
                0,
                "is:odd",
                "is: no \"odd\"; there are outbound, inbound, listen, loopback, shell, alert, unowned, new, \
                changed, closed, deleted",
            )],
        ),
        ("a or", &[(2, "or", "\"or\" what?")]),
        ("or a", &[(0, "or", "\"or\" what?")]),
        ("a or or b", &[(5, "or", "\"or\" what?")]),
        ("a and", &[(2, "and", "\"and\" what?")]),
        ("a or not", &[(5, "not", "\"not\" what?")]),
        ("(a or b", &[(0, "(", "\"(\" has no \")\"")]),
        ("a)", &[(1, ")", "\")\" has no \"(\"")]),
        ("a ( )", &[(2, "( )", "\"()\" what?")]),
        (
            "é (bogus:x or pid:",
            &[
                (2, "(", "\"(\" has no \")\""),
                (3, "bogus:x", "no column \"bogus\"; see --list-columns"),
                (14, "pid:", "pid: what?"),
            ],
        ),
        (
            "pid:x port: !",
            &[
                (0, "pid:x", "pid is a number, not \"x\""),
                (6, "port:", "port: what?"),
                (12, "!", "\"!\" what?"),
            ],
        ),
    ];
    for (text, expected) in cases {
        let (filter, errors) = Filter::parse(text);
        let expected: Vec<_> = expected
            .iter()
            .map(|&(at, wrong, message)| {
                let rest: String = text.chars().skip(at).collect();
                assert!(rest.starts_with(wrong), "{text}: {wrong}");
                FilterError { at, length: wrong.chars().count(), message: message.into() }
            })
            .collect();
        assert_eq!(errors, expected, "{text}");
        assert_eq!(filter.text(), *text);
    }
    let query = |text| Query { filter: Filter::parse(text).0, ..everything(Unit::Socket) };
    assert_eq!(table(&host(), &query("nginx bogus:x")).len(), table(&host(), &query("nginx")).len());
    assert!(Filter::parse("bogus:x pid:").0.is_empty());
}

#[test]
fn terms_come_and_go_by_their_beginning() {
    let filter = Filter::parse("  ssh pid:5 not  pid:7 cmdline:\"pid: 9\"").0;
    assert!(filter.has_term("pid:") && filter.has_term("cmdline:") && !filter.has_term("state:"));
    assert_eq!(filter.without_term("pid:").text(), "ssh not  pid:7 cmdline:\"pid: 9\"");
    assert_eq!(
        filter.with_term("state:listen").text(),
        "ssh pid:5 not  pid:7 cmdline:\"pid: 9\" state:listen"
    );
    assert_eq!(filter.with_term("state:listen"), Filter::parse(filter.with_term("state:listen").text()).0);
    assert_eq!(Filter::default().with_term("pid:5").text(), "pid:5");
    assert_eq!(Filter::parse("pid:5").0.without_term("pid:"), Filter::default());
    assert_eq!(Filter::parse("a \"b").0.with_term("pid:5").text(), "a pid:5");
    assert_eq!(Filter::parse("a not").0.with_term("pid:5").text(), "a pid:5");
    let either = Filter::parse("a or pid:7").0;
    assert!(!either.has_term("pid:"));
    assert_eq!(either.without_term("pid:").text(), "a or pid:7");
    assert_eq!(either.with_term("pid:5").text(), "(a or pid:7) pid:5");
    assert_eq!(either.with_term("pid:5").without_term("pid:").text(), "(a or pid:7)");
    assert_eq!(Filter::parse("x !(a or (b").0.with_term("pid:5").text(), "x !(a or (b)) pid:5");
    assert_eq!(Filter::parse("x (").0.with_term("pid:5").text(), "x pid:5");
}

proptest! {
    #[test]
    fn any_text_is_read_and_each_error_lies_in_it(text in "(\\PC|[\"':=!, \n()<>~]| or |not|pid:|state=|age>|cmd~)*") {
        let (filter, errors) = Filter::parse(&text);
        let count = text.chars().count();
        prop_assert!(errors.iter().all(|error| error.length > 0 && error.at + error.length <= count));
        prop_assert_eq!(filter.text(), &text);
        let query = Query { filter: filter.without_term("x").with_term("pid:1"), ..everything(Unit::Owner) };
        prop_assert!(query.filter.has_term("pid:1"));
        table(&host(), &query);
    }
}

#[test]
fn sizes_and_times_are_compared_in_their_units() {
    use sockeye::model::{TcpCounters, TcpState};
    let counters = TcpCounters {
        sent: 1_500,
        received: 2_048,
        rtt: std::time::Duration::from_micros(31_449).into(),
        ..TcpCounters::default()
    };
    // Its process started a second before a day and 90 minutes ago: its age is at most that.
    let host = crate::support::snapshot::snapshot()
        .process(7, 0, "/bin/x", "x")
        .with(|process| process.started = std::time::Duration::from_secs(86_400 - 5_401))
        .tcp(1, &[3], TcpState::Established, "10.0.0.5:1", "192.0.2.7:2")
        .counters(counters);
    for (text, fits) in [
        ("sent:1500", true),
        ("sent=1.5k", true),
        ("sent>1.4kB", true),
        ("sent>=1.5K", true),
        ("sent>1.5k", false),
        ("received=2KiB", true),
        ("received<2k", false),
        ("received:1k-3k", true),
        ("rtt:31ms", true),
        ("rtt=31.4ms", true),
        ("rtt=31.5ms", false),
        ("rtt:30ms", false),
        ("rtt<0.1", true),
        ("rtt>31ms", true),
        ("age:1h", true),
        ("age=90m", true),
        ("age=1h30m", true),
        ("age=1h31m", false),
        ("age=5401s", true),
        ("age=5400", false),
        ("age>1h30m", true),
        ("age<=1h30m", false),
        ("age:1h-2h", true),
        ("age:2h-3h", false),
    ] {
        let (filter, errors) = Filter::parse(text);
        assert_eq!(errors, [], "{text}");
        let found = table(&host, &Query { filter, ..everything(Unit::Socket) });
        assert_eq!(found.len() == 1, fits, "{text}");
    }
    for text in
        ["age:5x", "age:m", "age:5m5m", "age:1.2.3m", "sent:1q", "sent:k", "sent:99999999999999999999k"]
    {
        assert_eq!(Filter::parse(text).1.len(), 1, "{text}");
    }
}

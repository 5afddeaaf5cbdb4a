//! Each term of the filter, typed and taken: the rows that are left.

use std::collections::BTreeSet;
use std::sync::Arc;

use sockeye::analyze::Analysis;
use sockeye::table::filter::{PROPERTIES, TERMS};
use sockeye::table::{COLUMNS, Column};

use crate::support::screen::Screen;
use scene::{message, rows, scene, screen};

pub(super) mod scene;
mod wrong;

/// What is typed, or what it is behind, and the rows that are left.
type Case = (&'static str, &'static str, &'static [&'static str]);

/// Of each word behind `is:`.
const PROPERTY: &[(&str, &[&str])] = &[
    ("outbound", &["-", "bash", "client", "fresh", "gone", "turned"]),
    ("inbound", &["worker"]),
    ("listen", &["boxed", "bus", "erased", "server"]),
    ("loopback", &["timed"]),
    ("shell", &["bash"]),
    ("alert", &["bash"]),
    ("unowned", &["-"]),
    ("new", &["fresh"]),
    ("changed", &["turned"]),
    ("closed", &["gone"]),
    ("deleted", &["erased"]),
];

/// Of each column.
const FIELD: &[Case] = &[
    ("pid", "=104", &["bash"]),
    ("fd", ":6", &["client"]),
    ("socket", "<12", &["-", "server", "worker"]),
    ("family", ":10", &["erased"]),
    ("protocol", ":17", &["timed"]),
    ("local_address", "=127.0.0.1", &["timed"]),
    ("remote_address", ":192.0.2.1", &["fresh", "gone", "turned"]),
    ("local_port", ":443", &["server", "worker"]),
    ("remote_port", ":443,4444", &["-", "bash", "client"]),
    ("path", "=/run/bus", &["bus"]),
    ("state", ":syn", &["fresh"]),
    ("net_namespace", "=4026532000", &["boxed"]),
    ("cwd", ":www", &["bash"]),
    ("cmdline", ":server", &["server", "worker"]),
    ("process", "=server", &["server"]),
    ("exe", ":/sbin/", &["server", "timed", "worker"]),
    ("exe_deleted", ":yes", &["erased"]),
    ("uid", ":33", &["bash", "worker"]),
    ("user", "=www-data", &["bash", "worker"]),
    ("ppid", ">1", &["bash", "worker"]),
    ("chain", ":worker", &["bash", "worker"]),
    ("tty", ":pts/3", &["client"]),
    ("started", ">=1970-01-01T13:00", &["client"]),
    ("cgroup", ":docker", &["boxed"]),
    ("unit", "=web.service", &["server"]),
    ("container", ":ab12ab12", &["boxed"]),
    ("direction", "=inbound", &["worker"]),
    ("direction_by", ":listener", &["-", "bash", "client", "gone", "worker"]),
    ("unowned", ":time", &["-"]),
    ("age", "<2h", &["client", "fresh"]),
    ("age_exact", ":yes", &["fresh"]),
    ("netns", "=app", &["boxed"]),
    ("type", ":seq", &["bus"]),
    ("send_queue", ">=511", &["client", "server"]),
    ("receive_queue", ":2", &["server"]),
    ("timer", ":probe", &["client"]),
    ("timer_left", "=3s", &["client"]),
    ("retransmits", ">3", &["client"]),
    ("probes", ":6", &["client"]),
    ("socket_uid", "!=0", &["-", "bus", "caller", "client"]),
    ("references", ":2-5", &["bus", "caller", "client"]),
    ("socket_address", ":abc", &["client"]),
    ("rto", ">200ms", &["client"]),
    ("ato", "=40ms", &["client"]),
    ("quick_ack", ":8", &["client"]),
    ("ping_pong", ":yes", &["client"]),
    ("cwnd", ":11", &["client"]),
    ("ssthresh", "<=70", &["client"]),
    ("rtt", ":31ms", &["client"]),
    ("retransmits_total", "=12", &["client"]),
    ("sent", "=30k", &["client"]),
    ("received", ">5kB", &["client"]),
    ("send_rate", ">=10k", &["client"]),
    ("receive_rate", "=2k/s", &["client"]),
    ("idle", ":1m", &["client"]),
    ("backlog", ">1", &["server"]),
    ("backlog_limit", ":511", &["server"]),
    ("drops", ">0", &["timed"]),
    ("flags", ":65536", &["bus"]),
    ("fwmark", ":99", &["client"]),
    ("device", "=7", &["server"]),
    ("peer_pid", ":107", &["caller"]),
    ("peer_process", "=bus", &["caller"]),
    ("peer_path", ":/run", &["caller"]),
    ("alert", ":high", &["bash"]),
    ("mark", "=~", &["turned"]),
    ("command", ":worker", &["bash", "worker"]),
    ("proto", ":tcp6,unix", &["bus", "caller", "erased"]),
    ("local", ":127.", &["timed"]),
    ("remote", "=203.0.113.80:443", &["bash"]),
    ("queues", ">500", &["client", "server"]),
    ("host", "!=web01", &[]),
    ("was", ":estab", &["gone"]),
    ("gone", "=2s", &["gone"]),
];

/// Of each form that help lists, and of all that is said of it.
const FORM: &[Case] = &[
    ("word", "worker", &["bash", "worker"]),
    ("word", "WORKER", &[]),
    ("word", "198.51.100", &["client"]),
    ("word", "seqpacket", &["bus"]),
    ("word", "\"of server\"", &["worker"]),
    ("4242", "443", &["-", "bash", "server", "worker"]),
    ("4242", "104", &["bash"]),
    ("4242", "44", &[]),
    ("name:text", "cmdline:port", &["server"]),
    ("name:text", "state:time", &["-"]),
    ("name:text", "state:clos", &["gone"]),
    ("name:text", "state:l", &["boxed", "bus", "erased", "server"]),
    ("name:text", "pid:10", &[]),
    ("name:text", "rtt:31ms", &["client"]),
    ("name=v !=v", "process=bus", &["bus"]),
    ("name=v !=v", "process=bu", &[]),
    ("name=v !=v", "proto!=tcp", &["bus", "caller", "erased", "timed"]),
    ("name<v >=v", "pid<101", &["server"]),
    ("name<v >=v", "pid<=101", &["server", "worker"]),
    ("name<v >=v", "pid>111", &["fresh"]),
    ("name<v >=v", "pid>=111", &["fresh", "gone"]),
    ("name<v >=v", "sent>29k", &["client"]),
    ("name<v >=v", "age<=1h1m", &["client", "fresh"]),
    ("name:a,1-9", "process:bus,timed", &["bus", "timed"]),
    ("name:a,1-9", "pid:100-102,112", &["client", "fresh", "server", "worker"]),
    ("port:443", "port:25", &["fresh", "gone", "turned"]),
    ("port:443", "sport:443", &["server", "worker"]),
    ("port:443", "lport:443", &["server", "worker"]),
    ("port:443", "dport:443", &["-", "bash"]),
    ("port:443", "rport:443", &["-", "bash"]),
    ("dst:net/8", "dst:192.0.2.0/24", &["fresh", "gone", "turned", "worker"]),
    ("dst:net/8", "src:127.0.0.0/8", &["timed"]),
    ("dst:net/8", "remote:203.0.113.80/32", &["bash"]),
    ("dst:net/8", "src:::/0", &["erased"]),
    ("name~'re'", "cmd~'^(client|bus)'", &["bus", "client"]),
    ("name~'re'", "cmd~'of (SERVER|x)'", &[]),
    ("name~'re'", "exe!~'^/usr/'", &["-", "erased"]),
    ("is:shell", "is:shell,new", &["bash", "fresh"]),
    ("is:shell", "is:out not is:closed", &["-", "bash", "client", "fresh", "turned"]),
    ("is:shell", "is!=out proto:tcp", &["boxed", "erased", "server", "worker"]),
    ("not t !t", "not proto:tcp", &["bus", "caller", "timed"]),
    ("not t !t", "!proto:tcp", &["bus", "caller", "timed"]),
    ("not t !t", "not (proto:tcp or is:loopback)", &["bus", "caller"]),
    ("a or (b c)", "is:closed or is:new", &["fresh", "gone"]),
    ("a or (b c)", "bus proto:unix is:listen", &["bus"]),
    ("a or (b c)", "is:new or is:listen proto:unix", &["bus", "fresh"]),
    ("a or (b c)", "(is:new or is:listen) and proto:unix", &["bus"]),
];

/// Short and usual names of columns, beginnings, and words for states.
const SHORT: &[(&str, &[&str])] = &[
    ("alerts:high", &["bash"]),
    ("cmd:port", &["server"]),
    ("args:port", &["server"]),
    ("comm=bus", &["bus"]),
    ("daddr:198", &["client"]),
    ("saddr=127.0.0.1", &["timed"]),
    ("ino:14", &["bash"]),
    ("inode:14", &["bash"]),
    ("ns:app", &["boxed"]),
    ("peer:198", &["client"]),
    ("recv-q:90", &["client"]),
    ("recvq:90", &["client"]),
    ("send-q:1448", &["client"]),
    ("sendq:1448", &["client"]),
    ("usr:www", &["bash", "worker"]),
    ("contai:ab", &["boxed"]),
    ("state:est", &["bash", "caller", "client", "turned", "worker"]),
    ("state:ESTAB", &["bash", "caller", "client", "turned", "worker"]),
    ("state:tw", &["-"]),
    ("state:time-wait", &["-"]),
    ("state:listening", &["boxed", "bus", "erased", "server"]),
    ("state=closed", &["gone"]),
];

/// The screen after a text was typed and taken.
fn filtered(scene: &[Arc<Analysis>], text: &str) -> Screen {
    let screen = screen(scene, &format!("/ \"{}\" Enter", text.replace('"', "'")));
    assert!(!message(&screen).contains("left out"), "{}", message(&screen));
    screen
}

/// What differs from what is expected, all of it.
fn differences<'c>(cases: impl Iterator<Item = (String, &'c [&'c str])>) -> Vec<String> {
    let scene = scene();
    let differs = |(text, wanted): (String, &[&str])| {
        let left = rows(&filtered(&scene, &text));
        (left != wanted).then(|| format!("{text}: {left:?}, not {wanted:?}"))
    };
    cases.filter_map(differs).collect()
}

#[test]
fn each_word_behind_is_keeps_the_rows_that_are_so() {
    let declared: Vec<_> = PROPERTIES.iter().map(|property| property.name).collect();
    assert_eq!(PROPERTY.iter().map(|(name, _)| *name).collect::<Vec<_>>(), declared);
    let all = rows(&screen(&scene(), ""));
    assert!(PROPERTY.iter().all(|(_, left)| !left.is_empty() && left.len() < all.len()));
    let asked = PROPERTY.iter().map(|(name, left)| (format!("is:{name}"), *left));
    assert_eq!(differences(asked), [""; 0]);
    let is_so = |left: &[&str], name: &String| left.contains(&name.as_str());
    for (name, left) in PROPERTY {
        let others: Vec<_> = all.iter().filter(|row| !is_so(left, row)).cloned().collect();
        assert_eq!(rows(&filtered(&scene(), &format!("not is:{name}"))), others, "{name}");
    }
}

#[test]
fn each_column_is_a_field_that_keeps_the_rows_whose_cells_are_so() {
    let declared: BTreeSet<_> = COLUMNS.iter().map(|column| column.name).collect();
    assert_eq!(FIELD.iter().map(|(name, ..)| *name).collect::<BTreeSet<_>>(), declared);
    // Each of them is so in a row and not in another; but there is only one host.
    let all = rows(&screen(&scene(), "")).len();
    for (name, _, left) in FIELD.iter().filter(|(name, ..)| *name != "host") {
        assert!(!left.is_empty() && left.len() < all, "{name}");
    }
    assert_eq!(differences(FIELD.iter().map(|(name, rest, left)| (format!("{name}{rest}"), *left))), [""; 0]);
}

#[test]
fn each_form_of_a_term_keeps_the_rows_that_it_means() {
    let declared: BTreeSet<_> = TERMS.iter().map(|term| term.form).collect();
    assert_eq!(FORM.iter().map(|(form, ..)| *form).collect::<BTreeSet<_>>(), declared);
    assert_eq!(differences(FORM.iter().map(|(_, text, left)| ((*text).to_owned(), *left))), [""; 0]);
}

#[test]
fn short_and_usual_names_are_taken_for_whole_ones() {
    assert_eq!(differences(SHORT.iter().map(|(text, left)| ((*text).to_owned(), *left))), [""; 0]);
    let beginning = |text: &str| text.split([':', '=']).next().unwrap().to_owned();
    for (text, _) in SHORT {
        assert!(Column::find(&beginning(text)).is_ok(), "{text}");
    }
}

#[test]
fn a_menu_of_states_and_its_keys_keep_the_rows_in_that_state() {
    let scene = scene();
    for (keys, left) in [
        ("s E", &["bash", "caller", "client", "turned", "worker"][..]),
        ("s l", &["boxed", "bus", "erased", "server"]),
        ("s S", &["fresh"]),
        ("s t", &["-"]),
        ("s C", &[]),
        ("e", &["bash", "caller", "client", "turned", "worker"]),
        ("l", &["boxed", "bus", "erased", "server"]),
    ] {
        assert_eq!(rows(&screen(&scene, keys)), left, "{keys}");
    }
    assert_eq!(rows(&screen(&scene, "s T s A")).len(), rows(&screen(&scene, "")).len());
}

#[test]
fn tab_offers_each_word_behind_is_and_each_field() {
    let scene = scene();
    let offered = |typed: &str| {
        let mut screen = screen(&scene, &format!("/ \"{typed}\""));
        let mut offered = Vec::new();
        loop {
            let prompt = message(screen.press("Tab"));
            let shown =
                prompt.strip_prefix("filter:").unwrap().split("  left out").next().unwrap().trim().to_owned();
            if shown == typed {
                return offered; // what was typed, after the last
            }
            offered.push(shown);
        }
    };
    let words = PROPERTIES.iter().map(|property| format!("is:{}", property.name));
    assert_eq!(offered("is:"), words.collect::<Vec<_>>());
    let fields: BTreeSet<_> = offered("").into_iter().collect();
    let columns = COLUMNS.iter().map(|column| column.name).filter(|name| *name != "mark");
    assert_eq!(fields, columns.chain(["is", "port"]).map(|name| format!("{name}:")).collect());
}

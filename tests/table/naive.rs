//! Filters against an evaluation that knows nothing of them: each term beside what it means of the facts.

use std::collections::BTreeSet;
use std::net::IpAddr;

use proptest::prelude::*;
use sockeye::model::{Names, Pid, Process, Protocol, Snapshot, Socket, State, TcpState, UnixState};
use sockeye::table::{Filter, Query, Unit};

use super::{everything, host, table};

/// A socket under one of its owners.
struct Facts<'s> {
    socket: &'s Socket,
    pid: Option<u32>,
    process: Option<&'s Process>,
}

impl Facts<'_> {
    fn comm(&self) -> &str {
        self.process.map_or("", |process| std::str::from_utf8(process.comm.as_bytes()).unwrap())
    }

    fn cmdline(&self) -> String {
        let bytes = self.process.and_then(|process| process.cmdline.known());
        bytes.map_or_else(String::new, |bytes| {
            String::from_utf8(bytes.as_bytes().to_vec()).unwrap().trim_end_matches('\0').replace('\0', " ")
        })
    }

    fn ports(&self) -> Vec<u16> {
        [&self.socket.id.local, &self.socket.id.remote]
            .iter()
            .filter_map(|end| Some(end.inet()?.port()))
            .collect()
    }

    fn remote(&self) -> Option<IpAddr> {
        self.socket.id.remote.inet().filter(|end| end.port() != 0).map(|end| end.ip())
    }

    fn listens(&self) -> bool {
        matches!(self.socket.state, Some(State::Tcp(TcpState::Listen) | State::Unix(UnixState::Listen)))
    }

    fn in_state(&self, state: TcpState) -> bool {
        self.socket.state == Some(State::Tcp(state))
    }
}

type Meaning = (&'static str, fn(&Facts<'_>) -> bool);

const TERMS: &[Meaning] = &[
    ("443", |facts| facts.ports().contains(&443) || facts.pid == Some(443)),
    ("41", |facts| facts.pid == Some(41)),
    ("pid:40,90-100", |facts| facts.pid.is_some_and(|pid| pid == 40 || (90..=100).contains(&pid))),
    ("pid=-1", |facts| facts.pid.is_none()),
    ("pid!=95", |facts| facts.pid != Some(95)),
    ("pid<90", |facts| facts.pid.is_some_and(|pid| pid < 90)),
    ("pid>=90", |facts| facts.pid.is_some_and(|pid| pid >= 90)),
    ("port:22,400-500", |facts| facts.ports().iter().any(|port| *port == 22 || (400..=500).contains(port))),
    ("sport>1k", |facts| facts.socket.id.local.inet().is_some_and(|end| end.port() > 1000)),
    ("dport<=443", |facts| facts.socket.id.remote.inet().is_some_and(|end| end.port() <= 443)),
    ("process:'bash'", |facts| facts.comm().contains("bash")),
    ("process=nginx", |facts| facts.comm() == "nginx"),
    ("cmd:worker", |facts| facts.cmdline().contains("worker")),
    ("cmd~'^nginx: .*r'", |facts| {
        facts.cmdline().strip_prefix("nginx: ").is_some_and(|rest| rest.contains('r'))
    }),
    ("cmd!~'[0-9]'", |facts| !facts.cmdline().bytes().any(|byte| byte.is_ascii_digit())),
    ("dst:203.0.0.0/8", |facts| matches!(facts.remote(), Some(IpAddr::V4(ip)) if ip.octets()[0] == 203)),
    (
        "dst=192.0.2.0/24",
        |facts| matches!(facts.remote(), Some(IpAddr::V4(ip)) if ip.octets()[..3] == [192, 0, 2]),
    ),
    ("state:list", |facts| facts.listens()),
    ("state=time-wait", |facts| facts.in_state(TcpState::TimeWait)),
    ("st:est", |facts| facts.in_state(TcpState::Established)),
    ("proto:udp", |facts| facts.socket.id.protocol == Protocol::Udp),
    ("is:listen", |facts| facts.listens()),
    ("is:unowned", |facts| facts.pid.is_none()),
    ("is:shell", |facts| facts.comm() == "bash"),
    ("is:loop", |facts| facts.socket.id.local.is_loopback()),
];

/// A filter as a tree; what is tightest binds first.
#[derive(Clone, Debug)]
enum Tree {
    Term(usize),
    Not(Box<Tree>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

impl Tree {
    fn text(&self, bang: bool) -> String {
        let inner = |tree: &Self| match tree {
            Self::Any(_) | Self::All(_) => format!("({})", tree.text(bang)),
            Self::Term(_) | Self::Not(_) => tree.text(bang),
        };
        let all = |trees: &[Self], between: &str| trees.iter().map(inner).collect::<Vec<_>>().join(between);
        match self {
            Self::Term(at) => TERMS[*at].0.replace("st:est", "state:est"),
            Self::Not(tree) if bang => format!("!{}", inner(tree)),
            Self::Not(tree) => format!("not {}", inner(tree)),
            Self::All(trees) => all(trees, if bang { " " } else { " and " }),
            // Without brackets of their own: or binds weaker.
            Self::Any(trees) => {
                let side = |tree: &Self| match tree {
                    Self::All(_) => tree.text(bang),
                    Self::Any(_) | Self::Term(_) | Self::Not(_) => inner(tree),
                };
                trees.iter().map(side).collect::<Vec<_>>().join(" or ")
            }
        }
    }

    fn holds(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Term(at) => TERMS[*at].1(facts),
            Self::Not(tree) => !tree.holds(facts),
            Self::All(trees) => trees.iter().all(|tree| tree.holds(facts)),
            Self::Any(trees) => trees.iter().any(|tree| tree.holds(facts)),
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    (0..TERMS.len()).prop_map(Tree::Term).prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|tree| Tree::Not(Box::new(tree))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::All),
            prop::collection::vec(inner, 2..4).prop_map(Tree::Any),
        ]
    })
}

/// Inodes of the sockets that fit under one of their owners.
fn naive(snapshot: &Snapshot, tree: &Tree) -> BTreeSet<u64> {
    let fits = |socket: &&Socket| {
        let inode = socket.id.inode;
        let pids = snapshot.owners.iter().filter(|owner| owner.inode == inode && !inode.is_none());
        let mut pids: Vec<Option<Pid>> = pids.map(|owner| Some(owner.pid)).collect();
        if pids.is_empty() {
            pids.push(None);
        }
        pids.into_iter().any(|pid| {
            let process = pid.and_then(|pid| snapshot.processes.get(&pid));
            tree.holds(&Facts { socket, pid: pid.map(|pid| pid.0), process })
        })
    };
    snapshot.sockets.iter().filter(fits).map(|socket| socket.id.inode.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]
    #[test]
    fn filters_let_through_what_a_naive_reading_does(tree in trees(), bang: bool) {
        let text = tree.text(bang);
        let (filter, errors) = Filter::parse(&text);
        prop_assert_eq!(errors, [], "{}", &text);
        let host = host();
        let found = table(&host, &Query { filter, ..everything(Unit::Socket) });
        let found: BTreeSet<u64> = (0..found.len()).map(|at| found.key(at).unwrap().socket.inode.0).collect();
        prop_assert_eq!(found, naive(&host.build(), &tree), "{}", &text);
    }
}

#[test]
fn each_term_alone_is_read_as_it_is_meant() {
    for (at, (term, _)) in TERMS.iter().enumerate() {
        let tree = Tree::Term(at);
        let query = Query { filter: Filter::parse(&tree.text(false)).0, ..everything(Unit::Socket) };
        let found = table(&host(), &query);
        let found: BTreeSet<u64> = (0..found.len()).map(|at| found.key(at).unwrap().socket.inode.0).collect();
        assert_eq!(found, naive(&host().build(), &tree), "{term}");
        assert!(table(&host(), &query).row(0, &Names::default()).is_some(), "{term}");
    }
}

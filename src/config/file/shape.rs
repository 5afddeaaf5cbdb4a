//! Keys and values of the config file, as TOML has them.

use serde::Deserialize;

use super::screen::{KeyTable, Screen, Seconds, SortText, Texts, ThemeText, Wrong, columns, each};
use super::{Settings, view};
use crate::config::{BEST, collector, is_executable_name};
use crate::model::{Allow, Collector, Mute, Peer};

/// A key, for documentation.
#[derive(Debug)]
pub struct Key {
    /// The table it is in; none at the top.
    pub table: Option<&'static str>,
    /// A line that sets it.
    pub example: &'static str,
    /// The value that holds without it, where there is one.
    pub default: Option<&'static str>,
    pub help: &'static str,
}

impl Key {
    pub fn name(&self) -> &'static str {
        self.example.split_once(" = ").map_or(self.example, |(name, _)| name)
    }

    const fn by_default(self, value: &'static str) -> Self {
        Self { default: Some(value), ..self }
    }
}

/// All keys, each table's together.
pub const KEYS: [Key; 25] = [
    key("shells = [\"mysh\"]", "names of executables that count as shells, too").by_default("[]"),
    key("tools = [\"mytool\"]", "names of further programs that have no business with sockets")
        .by_default("[]"),
    key("collector = \"auto\"", "the way of reading to try first, as --collector takes it")
        .by_default("\"auto\""),
    key("bell = true", "a new alert of medium or high rings the terminal's bell").by_default("false"),
    key(
        "columns = [\"mark\", \"pid\", \"command\", \"remote\", \"cwd@140\"]",
        "columns of the screen, @ from which width on; []: those that the width has room for",
    )
    .by_default("[]"),
    key(
        "sort = \"-received\"",
        "column that sorts the screen, with - the largest or last first; without: alerts, then age",
    ),
    key(
        "interval = 2.0",
        "seconds between the screen's snapshots; without: 2, or more where a snapshot is dear",
    ),
    key(
        "theme = \"dark\"",
        "terminal (its own 16 colours), dark, light (true colours) or mono; without: as NO_COLOR says",
    ),
    key(
        "names = true",
        "the screen begins with names of services, users and hosts; asks DNS, which sends packets",
    )
    .by_default("false"),
    key("mouse = false", "clicks and the wheel are for the table; false: for the terminal, to select text")
        .by_default("true"),
    key("read-only = true", "as --read-only: no keys that do something to a process or a socket")
        .by_default("false"),
    of("mute", "rule = \"shell-outbound\"", "the rule of the alert"),
    of("mute", "exe = \"/usr/bin/bash\"", EXE),
    of("mute", "peer = \"192.0.2.10:443\"", PEER),
    of("mute", "parent = \"/usr/sbin/cron\"", PARENT),
    of("mute", "reason = \"the nightly report\"", "why; shown with the alert"),
    of("allow", "exe = \"/opt/backup/*\"", EXE),
    of("allow", "peer = \"10.0.0.0/8\"", PEER),
    of("allow", "parent = \"cron\"", PARENT),
    of("allow", "user = \"backup\"", "name or number of the user"),
    of("allow", "reason = \"our backup\"", "why; not needed"),
    of("view", "name = \"web\"", "what the menu of V calls it"),
    of("view", "filter = \"port:80,443 is:inbound\"", "its terms"),
    of("view", "sort = \"-received\"", "its order, as --sort takes it; not needed"),
    of("view", "columns = [\"pid\", \"cwd@140\"]", "its columns, as above; without: those of the screen"),
];

const EXE: &str = "executable of the alert's process, or of one on its way to the connection; a * at its end stands for any rest";
const PEER: &str = "the other end: an address, a network or address:port";
const PARENT: &str = "executable or name of the process's parent; a * at its end stands for any rest";

const fn key(example: &'static str, help: &'static str) -> Key {
    Key { table: None, example, default: None, help }
}

const fn of(table: &'static str, example: &'static str, help: &'static str) -> Key {
    Key { table: Some(table), example, default: None, help }
}

/// The settings, or what is wrong and at which bytes.
pub(super) fn parse(text: &str) -> Result<Settings, Wrong> {
    // serde's words are others than TOML's.
    let why = |said: &str| {
        let words = [
            ("unknown field", "unknown key"),
            ("missing field", "missing key"),
            ("expected f64", "expected a number"),
            ("expected a sequence", "expected a list"),
            ("expected a map", "expected a table"),
        ];
        words.iter().fold(said.to_owned(), |said, (from, to)| said.replacen(from, to, 1))
    };
    let shape: Shape = toml::from_str(text).map_err(|error| (why(error.message()), error.span()))?;
    Ok(Settings {
        shells: each(&shape.shells, name)?,
        tools: each(&shape.tools, name)?,
        collector: shape.collector.map(|way| way.0).filter(|way| *way != BEST),
        bell: shape.bell,
        screen: Screen {
            columns: columns(&shape.columns)?,
            sort: shape.sort.map(|sort| sort.0),
            interval: shape.interval.map(|interval| interval.0),
            theme: shape.theme.map(|theme| theme.0),
            names: shape.names,
            no_mouse: shape.mouse == Some(false),
            keys: shape.keys.keys()?,
        },
        read_only: shape.read_only,
        mutes: shape.mute.into_iter().map(|mute| mute.0).collect(),
        allowed: shape.allow.into_iter().map(|allow| allow.0).collect(),
        views: shape.view.into_iter().map(|view| view.saved(text)).collect::<Result<_, _>>()?,
    })
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Shape {
    shells: Texts,
    tools: Texts,
    collector: Option<Way>,
    bell: bool,
    columns: Texts,
    sort: Option<SortText>,
    interval: Option<Seconds>,
    theme: Option<ThemeText>,
    names: bool,
    mouse: Option<bool>,
    keys: KeyTable,
    #[serde(rename = "read-only")]
    read_only: bool,
    mute: Vec<Muted>,
    allow: Vec<Allowed>,
    view: Vec<view::View>,
}

/// Name of an executable.
fn name(name: &str) -> Result<String, &'static str> {
    if is_executable_name(name) {
        Ok(name.to_owned())
    } else {
        Err("no name of an executable: it goes without its path")
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Way(Collector);

impl TryFrom<String> for Way {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        collector(&name).map(Self).ok_or("collector is auto, bpf, diag or text")
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct OtherEnd(Peer);

impl TryFrom<String> for OtherEnd {
    type Error = <Peer as std::str::FromStr>::Err;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

/// A text to compare with.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Wanted(String);

impl TryFrom<String> for Wanted {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() || text == "*" {
            Err("this would match nothing, or everything")
        } else {
            Ok(Self(text))
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MuteTable {
    rule: Option<Wanted>,
    exe: Option<Wanted>,
    peer: Option<OtherEnd>,
    parent: Option<Wanted>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(try_from = "MuteTable")]
struct Muted(Mute);

impl TryFrom<MuteTable> for Muted {
    type Error = &'static str;

    fn try_from(table: MuteTable) -> Result<Self, Self::Error> {
        let MuteTable { rule, exe, peer, parent, reason } = table;
        let [rule, exe, parent] = [rule, exe, parent].map(|text| text.map(|text| text.0));
        let mute = Mute { rule, exe, peer: peer.map(|peer| peer.0), parent, reason };
        let is_for_all = mute == Mute { reason: mute.reason.clone(), ..Mute::default() };
        if is_for_all { Err("a mute needs rule, exe, peer or parent") } else { Ok(Self(mute)) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowTable {
    exe: Option<Wanted>,
    peer: Option<OtherEnd>,
    parent: Option<Wanted>,
    user: Option<Wanted>,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(try_from = "AllowTable")]
struct Allowed(Allow);

impl TryFrom<AllowTable> for Allowed {
    type Error = &'static str;

    fn try_from(table: AllowTable) -> Result<Self, Self::Error> {
        let AllowTable { exe, peer, parent, user, reason } = table;
        let [exe, parent, user] = [exe, parent, user].map(|text| text.map(|text| text.0));
        let allow = Allow { exe, peer: peer.map(|peer| peer.0), parent, user, reason };
        let is_for_all = allow == Allow { reason: allow.reason.clone(), ..Allow::default() };
        if is_for_all { Err("an allow needs exe, peer, parent or user") } else { Ok(Self(allow)) }
    }
}

//! What a term looks for, and whether a cell is like it.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use crate::model::{Level, Peer, Process, Protocol, State, TcpState, Text, UnixState, printable};
use crate::table::value::{Command, Endpoint};
use crate::table::{Value, format};

/// How a cell has to be like what is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// A bare word: contains it.
    Contains,
    /// `name:text`: by the type of the cell.
    Like,
    /// `name=value`.
    Exactly,
}

/// What a term looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Needle {
    text: String,
    /// Case matters only if a capital was typed.
    any_case: bool,
    number: Option<i128>,
    /// As a network of addresses.
    network: Option<Peer>,
    /// As a state.
    state: String,
    /// It can be part of a state's name.
    in_state: bool,
    /// It can be part of an address in numbers.
    in_address: bool,
}

impl Needle {
    pub(super) fn new(text: String) -> Self {
        let state = plain_state(&text);
        Self {
            any_case: !text.chars().any(char::is_uppercase),
            number: text.parse().ok(),
            network: text.parse().ok().filter(|peer| matches!(peer, Peer::Network { .. })),
            in_state: state_names().any(|name| letters(name).contains(&state)),
            state,
            in_address: text.chars().all(|c| c.is_ascii_hexdigit() || ":.[]".contains(c)),
            text,
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "any other type is compared by its text")]
    pub(super) fn matches(&self, value: &Value<'_>, mode: Mode) -> bool {
        match value {
            Value::Missing(_) => false,
            Value::NoOwner => self.number == Some(-1),
            Value::Number(number) => self.number == Some(*number),
            Value::Amount(number) | Value::Rate(number) => self.number == Some((*number).into()),
            Value::Fds(owners) => owners.iter().any(|owner| self.number == Some(owner.fd.0.into())),
            Value::State(state, protocol) => self.is_state(&format::state(*state, *protocol), mode),
            Value::Closed => self.is_state(&["CLOSED"], mode),
            Value::Protocol(protocol, family) => {
                format::protocol(*protocol, *family).into_iter().any(|name| match mode {
                    Mode::Contains => self.is_in(name.as_bytes()),
                    Mode::Like => name.get(..self.text.len()).is_some_and(|begin| self.is(begin.as_bytes())),
                    Mode::Exactly => self.is(name.as_bytes()),
                })
            }
            Value::Bytes(bytes) | Value::Arguments(bytes) | Value::Id(bytes) => {
                self.is_in_foreign(bytes, mode)
            }
            Value::User { uid, name } => {
                (mode != Mode::Contains && self.number == Some((*uid).into()))
                    || name.is_some_and(|name| self.is_in_foreign(name, mode))
            }
            Value::Address(address) => self.is_address(*address, mode),
            Value::Endpoint(endpoint) => self.is_endpoint(endpoint, mode),
            Value::Command(command) => {
                self.is_process(*command, mode) || self.is_elsewhere_in(*command, mode)
            }
            Value::Peer(peer) => {
                let name = peer.process.map(|process| process.comm.as_bytes());
                let path = peer.socket.id.local.path().map(Text::as_bytes);
                [name, path].into_iter().flatten().any(|text| self.is_in_foreign(text, mode))
            }
            Value::Alerts(alerts) => alerts.iter().any(|alert| {
                let level = alert.unmuted().map_or("muted", Level::name);
                let words = [level, alert.rule];
                words.into_iter().any(|word| self.is_in_text(word.as_bytes(), mode))
                    // A shell behind a relay is in no other cell of the relay's row.
                    || (mode == Mode::Contains
                        && [&alert.summary, &alert.chain].into_iter().any(|text| self.is_in(text.as_bytes())))
            }),
            Value::Flag(flag) => {
                let words = if *flag { ["yes", "true"] } else { ["no", "false"] };
                words.into_iter().any(|word| self.is_in_text(word.as_bytes(), mode))
            }
            other => self.is_in_text(other.text().as_bytes(), mode),
        }
    }

    fn is_in_text(&self, text: &[u8], mode: Mode) -> bool {
        if mode == Mode::Exactly { self.is(text) } else { self.is_in(text) }
    }

    /// In the bytes, or in what they are shown as.
    fn is_in_foreign(&self, bytes: &[u8], mode: Mode) -> bool {
        self.is_in_text(bytes, mode)
            || (bytes.iter().any(|byte| !matches!(byte, b' '..=b'~' | 0))
                && self.is_in_text(printable(bytes).as_bytes(), mode))
    }

    fn is_state(&self, names: &[&str], mode: Mode) -> bool {
        if !self.in_state {
            return false;
        }
        let wanted = self.state.as_bytes();
        names.iter().any(|name| {
            let mut buffer = [0; 16]; // more than the longest name
            let letters = name.bytes().filter(|byte| !b"-_".contains(byte));
            let used =
                buffer.iter_mut().zip(letters).map(|(to, byte)| *to = byte.to_ascii_lowercase()).count();
            let name = buffer.get(..used).unwrap_or_default();
            match mode {
                Mode::Contains => wanted.is_empty() || name.windows(wanted.len()).any(|part| part == wanted),
                Mode::Like => name.starts_with(wanted),
                Mode::Exactly => name == wanted,
            }
        })
    }

    fn is_address(&self, address: IpAddr, mode: Mode) -> bool {
        if let Some(network) = self.network.filter(|_| mode != Mode::Contains) {
            return network.matches(SocketAddr::new(address, 0));
        }
        match mode {
            Mode::Exactly => {
                self.text.parse().is_ok_and(|wanted: IpAddr| wanted.to_canonical() == address.to_canonical())
            }
            Mode::Contains | Mode::Like => self.in_address && self.is_in(address.to_string().as_bytes()),
        }
    }

    fn is_endpoint(&self, endpoint: &Endpoint<'_>, mode: Mode) -> bool {
        if self.network.is_some() && mode != Mode::Contains {
            return self.is_address(endpoint.address(), mode);
        }
        if self.in_address {
            let mut buffer = [0; 64]; // more than the longest with zone and port
            let text = endpoint.numeric(&mut buffer);
            if self.is_in_text(text, mode) {
                return true;
            }
        }
        if mode == Mode::Exactly && self.is_address(endpoint.address(), mode) {
            return true;
        }
        let host = endpoint.host();
        host.is_some_and(|host| self.is_in_text(host.as_bytes(), mode))
            || (endpoint.has_names() && self.is_in_text(endpoint.text().as_bytes(), mode))
    }

    /// Like what of a command is the same for every socket of its process.
    pub(super) fn is_process(&self, command: Command<'_>, mode: Mode) -> bool {
        let Some(name) = command.name() else { return false };
        let is_ancestor = |process: &Process| self.is_in_foreign(process.comm.as_bytes(), mode);
        self.is_in_foreign(name, mode)
            || (mode != Mode::Exactly && command.ancestor().is_some_and(is_ancestor))
    }

    /// Like the rest of it.
    pub(super) fn is_elsewhere_in(&self, command: Command<'_>, mode: Mode) -> bool {
        match command.name() {
            None => self.is_in_text(command.text().as_bytes(), mode),
            Some(_) => {
                mode != Mode::Exactly && command.namespace().is_some_and(|name| self.is_in(name.as_bytes()))
            }
        }
    }

    fn is(&self, text: &[u8]) -> bool {
        text.len() == self.text.len() && self.is_in(text)
    }

    /// Whether the bytes contain it; a NUL byte counts as the blank that it is shown as.
    fn is_in(&self, text: &[u8]) -> bool {
        let wanted = self.text.as_bytes();
        let Some(&first) = wanted.first() else { return true };
        if self.any_case && !wanted.is_ascii() {
            return String::from_utf8_lossy(text).to_lowercase().contains(&self.text);
        }
        let same = |byte: u8, wanted: u8| {
            let byte = if byte == 0 { b' ' } else { byte };
            byte == wanted || (self.any_case && byte.to_ascii_lowercase() == wanted)
        };
        text.windows(wanted.len()).any(|window| {
            window.first().is_some_and(|&byte| same(byte, first))
                && window.iter().zip(wanted).all(|(&byte, &wanted)| same(byte, wanted))
        })
    }
}

/// Whether a state's name begins so.
pub(super) fn is_state(text: &str) -> bool {
    let wanted = plain_state(text);
    state_names().any(|name| letters(name).starts_with(&wanted))
}

/// The states, as a filter takes them.
pub fn states() -> BTreeSet<String> {
    all_states().map(|state| format::state(state, Protocol::Tcp)[0].to_ascii_lowercase()).collect()
}

fn state_names() -> impl Iterator<Item = &'static str> {
    all_states().flat_map(|state| format::state(state, Protocol::Tcp))
}

fn all_states() -> impl Iterator<Item = State> {
    let tcp = (1..=11).filter_map(TcpState::from_number).map(State::Tcp);
    let unix = [UnixState::Unconnected, UnixState::Connecting, UnixState::Disconnecting].map(State::Unix);
    tcp.chain(unix).chain([State::Unknown(0)])
}

/// A state as people type it: `time-wait`, `TIME_WAIT`, `timewait`, `tw`.
fn plain_state(text: &str) -> String {
    let letters = letters(text);
    match letters.as_str() {
        "tw" => "timewait".to_owned(),
        "cw" => "closewait".to_owned(),
        "fw1" => "finwait1".to_owned(),
        "fw2" => "finwait2".to_owned(),
        "listening" => "listen".to_owned(),
        "connected" => "estab".to_owned(),
        "unconnected" => "unconn".to_owned(),
        _ => letters,
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|character| !"-_".contains(*character)).map(|c| c.to_ascii_lowercase()).collect()
}

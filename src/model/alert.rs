//! What a rule found, how grave it is, the facts that show it.

use std::fmt;

use super::{Pid, ProcessKey, SocketId};

/// How much an alert asks for attention, lowest first. What each level means for a rule is in the
/// rule's own documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Frequent on healthy machines: marked, shown with its evidence, never in the way.
    Low,
    /// Worth a look now: sorted first, counted, named in the strip.
    Medium,
    /// All facts of a remote party at a shell are there.
    High,
}

impl Level {
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The word that output and filter terms use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// One finding of one rule about one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Name of the rule, as in `analyze::rules::RULES`.
    pub rule: &'static str,
    pub level: Level,
    /// The process that the finding is about. It need not hold the connection: a shell behind a relay does not.
    pub process: ProcessKey,
    /// The connection that it is about.
    pub socket: SocketId,
    /// The finding in a few words, for the strip: `bash 20117 stdin+stdout are a socket to …`.
    pub summary: String,
    /// The way from the process to the connection in one line:
    /// `bash(20117) fd 0,1 =pipe= nc(20116) -> 203.0.113.80:443`.
    pub chain: String,
    /// The processes of that way, the one that it is about first.
    pub pids: Vec<Pid>,
    /// What shows it, the most telling first.
    pub evidence: Vec<Evidence>,
    /// What speaks against it, or lowered the level.
    pub against: Vec<Evidence>,
    /// Why the user wants to hear no more of it, escaped already; none where it is not muted. It keeps its level.
    pub muted: Option<String>,
}

impl Alert {
    /// Its level; none, which is less than any, where it is muted.
    pub fn unmuted(&self) -> Option<Level> {
        Some(self.level).filter(|_| self.muted.is_none())
    }

    /// Whether it sorts first and fills the strip: medium or high, and not muted.
    pub fn is_loud(&self) -> bool {
        self.unmuted() >= Some(Level::Medium)
    }

    /// Commands by which the facts can be checked by hand, each once, in the order of the facts.
    pub fn commands(&self) -> Vec<String> {
        let mut commands: Vec<String> = Vec::new();
        for check in self.evidence.iter().chain(&self.against).filter_map(|fact| fact.check.as_ref()) {
            let command = check.command();
            if !commands.contains(&command) {
                commands.push(command);
            }
        }
        commands
    }
}

/// One fact in one sentence. Foreign text in it is escaped already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub fact: String,
    /// Where anybody can see it; none where it follows from what was seen over time.
    pub check: Option<Check>,
}

impl From<String> for Evidence {
    fn from(fact: String) -> Self {
        Self { fact, check: None }
    }
}

/// How a fact can be checked, and what is there then. Foreign text in it is escaped already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// A link below `/proc` and what it leads to: `/proc/20117/fd/0`, `socket:[35943]`.
    Link { path: String, target: String },
    /// A command and a part of what it prints.
    Command { command: String, shows: String },
}

impl Check {
    /// What to type into a shell.
    pub fn command(&self) -> String {
        match self {
            Self::Link { path, .. } => format!("readlink {path}"),
            Self::Command { command, .. } => command.clone(),
        }
    }

    /// What that prints, or a part of it.
    pub fn shows(&self) -> &str {
        match self {
            Self::Link { target, .. } => target,
            Self::Command { shows, .. } => shows,
        }
    }
}

/// `/proc/20117/fd/0 -> socket:[35943]`, `ss -tnp 'sport = :33894': 203.0.113.80:443`.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link { path, target } => write!(f, "{path} -> {target}"),
            Self::Command { command, shows } => write!(f, "{command}: {shows}"),
        }
    }
}

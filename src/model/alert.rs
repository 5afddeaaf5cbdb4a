//! What a rule found, how grave it is, the facts that show it.

use super::{ProcessKey, SocketId};

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
    /// The word that output and filter terms use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// Whether alerts of this level sort first and fill the strip.
    pub fn is_loud(self) -> bool {
        self >= Self::Medium
    }
}

/// One finding of one rule about one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Name of the rule, as in `analyze::rules::RULES`.
    pub rule: &'static str,
    pub level: Level,
    /// The process that the finding is about.
    pub process: ProcessKey,
    /// The socket that it is about.
    pub socket: SocketId,
    /// The finding in a few words, for the strip: `bash 20117 stdin+stdout are a socket to …`.
    pub summary: String,
    /// Facts that show it, one sentence each, the most telling first. Foreign text in it is escaped already.
    pub evidence: Vec<String>,
}

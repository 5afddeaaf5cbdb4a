//! Why sockets have no owner, in words.

/// Why a socket has no owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unowned {
    /// TIME_WAIT: kept by the kernel, no process.
    TimeWait,
    /// SYN_RECV: the handshake is not finished.
    Handshake,
    /// Established, and no process called accept(2) for it yet.
    NotAccepted,
    /// Closed by its process; the kernel finishes the conversation.
    Closing,
    /// Descriptors of some processes may not be read; one of them may hold it.
    NotPermitted,
    /// All descriptors were read and none refers to it: a socket of the kernel itself (nfsd), one in
    /// flight between processes, or one opened a moment ago.
    NoDescriptor,
}

impl Unowned {
    /// As `no owner [n]` shows it.
    pub fn number(self) -> usize {
        match self {
            Self::TimeWait => 1,
            Self::Handshake => 2,
            Self::NotAccepted => 3,
            Self::Closing => 4,
            Self::NotPermitted => 5,
            Self::NoDescriptor => 6,
        }
    }

    /// A sentence that explains it, and says what would mend it where something would.
    pub fn words(self) -> &'static str {
        match self {
            Self::TimeWait => "TIME_WAIT: kept by the kernel, no process",
            Self::Handshake => "SYN_RECV: the handshake is not finished, no process has it yet",
            Self::NotAccepted => "established, and no process called accept(2) for it yet",
            Self::Closing => "closed by its process; the kernel finishes the conversation",
            Self::NotPermitted => {
                "owner not visible: descriptors of some processes may not be read; run as root"
            }
            Self::NoDescriptor => {
                "no descriptor of any process: the kernel's own, in flight, or opened a moment ago"
            }
        }
    }
}

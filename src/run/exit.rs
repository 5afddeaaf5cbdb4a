//! The exit statuses.

/// How the program ends. Scripts depend on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    Done,
    /// It could not do what it was asked; stderr says why.
    Failed,
    /// The command line is wrong.
    Usage,
    /// `--check` found an alert.
    Alert,
    /// A bug: a panic, as Rust itself exits after one.
    Bug,
    /// Ended by this signal, as shells write it: 128 + n.
    Signal(u8),
}

impl ExitCode {
    /// The number that the parent process gets.
    pub fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Alert => 3,
            Self::Bug => 101,
            Self::Signal(signal) => signal.saturating_add(128),
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        code.number().into()
    }
}

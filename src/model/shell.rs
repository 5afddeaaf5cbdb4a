//! What a shell is called.

/// Decides whether a process is a shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shells {
    /// Names that the user added.
    pub extra: Vec<String>,
}

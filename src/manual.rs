//! What is installed beside the program: its manual page and completions of its options.

use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::model::printable;

mod completions;
mod page;

/// What can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In man(7), for section 1.
    Man,
    Bash,
    Zsh,
    Fish,
}

/// A name that means no kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no kind \"{}\" to generate; there are {}", printable(.0.as_bytes()), Kind::ALL.map(Kind::name).join(", "))]
pub struct UnknownKind(String);

impl Kind {
    pub const ALL: [Self; 4] = [Self::Man, Self::Bash, Self::Zsh, Self::Fish];

    /// As `--generate` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Man => "man",
            Self::Bash => "complete-bash",
            Self::Zsh => "complete-zsh",
            Self::Fish => "complete-fish",
        }
    }

    pub fn find(name: &str) -> Result<Self, UnknownKind> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| UnknownKind(name.to_owned()))
    }
}

/// Writes one of them: always the same bytes.
///
/// # Errors
///
/// Only those of `out`; a closed pipe among them.
pub fn write(kind: Kind, out: &mut dyn Write) -> io::Result<()> {
    let command = Cli::command();
    // Not into `out` at once: roff panics where a pipe is closed.
    let mut text = Vec::new();
    match kind {
        Kind::Man => page::write(command, &mut text),
        Kind::Bash => completions::write(command, Shell::Bash, &mut text),
        Kind::Zsh => completions::write(command, Shell::Zsh, &mut text),
        Kind::Fish => completions::write(command, Shell::Fish, &mut text),
    }?;
    out.write_all(&text)?;
    out.flush()
}

/// With what clap adds by itself, `--help` and `--version`.
fn built(mut command: Command) -> Command {
    let name = command.get_name().to_owned();
    command.set_bin_name(name);
    command.build();
    command
}

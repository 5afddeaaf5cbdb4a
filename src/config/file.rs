//! The config file: what it says, and what is wrong with one.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::excerpt::excerpt;
use crate::model::{Allow, Collector, Mute, printable};
use crate::table::Saved;

pub mod edit;
mod print;
mod screen;
mod shape;
mod view;

pub use print::{ABOUT_KEYS, bound, default_config};
pub use screen::Screen;
pub use shape::{KEYS, Key};

/// A config file as it was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Where it is, or would be written; none without a home.
    pub path: Option<PathBuf>,
    /// It was asked for: nothing goes without it.
    pub asked: bool,
    /// Its bytes; none where there is no such file; or why it cannot be read.
    pub content: Option<Result<Vec<u8>, String>>,
}

/// What it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Executables that are shells, too.
    pub shells: Vec<String>,
    /// Further programs that have no business with sockets.
    pub tools: Vec<String>,
    /// The way of reading to try first; none: the best one.
    pub collector: Option<Collector>,
    /// A new alert rings the terminal's bell.
    pub bell: bool,
    pub screen: Screen,
    /// Nothing is done to processes and sockets.
    pub read_only: bool,
    pub mutes: Vec<Mute>,
    pub allowed: Vec<Allow>,
    pub views: Vec<Saved>,
}

/// What is wrong with it, in one line, safe to show; and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}")]
pub struct FileError {
    line: String,
    excerpt: Option<String>,
}

impl FileError {
    /// The line of the file, and below it one with carets under what is wrong.
    pub fn excerpt(&self) -> Option<&str> {
        self.excerpt.as_deref()
    }
}

impl Found {
    /// What it says; where there is none, the defaults.
    ///
    /// Fails where it is asked for and not there, cannot be read, is no TOML, and at the first key that is unknown or
    /// value that means nothing.
    pub fn settings(&self) -> Result<Settings, FileError> {
        let path = self.path.as_deref().unwrap_or(Path::new("config file"));
        let name = printable(path.as_os_str().as_encoded_bytes());
        let plain = |why: &str| FileError { line: format!("{name}: {why}"), excerpt: None };
        match &self.content {
            None if self.asked => Err(plain("no such file")),
            None => Ok(Settings::default()),
            Some(Err(why)) => Err(plain(why)),
            Some(Ok(bytes)) => {
                let text = str::from_utf8(bytes).map_err(|_| plain("it is not UTF-8"))?;
                shape::parse(text).map_err(|(why, place)| wrong(&name, text, &why, place.as_ref()))
            }
        }
    }
}

/// `FILE:3:9: why`, and the line with carets under the bytes of `place`.
fn wrong(name: &str, text: &str, why: &str, place: Option<&Range<usize>>) -> FileError {
    let why = printable(why.trim().replace('\n', ", ").as_bytes()).into_owned();
    let Some(&Range { start, end }) = place else {
        return FileError { line: format!("{name}: {why}"), excerpt: None };
    };
    let before = text.get(..start).unwrap_or(text);
    let number = before.matches('\n').count() + 1;
    let from = before.rfind('\n').map_or(0, |at| at + 1);
    let row = text.get(from..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let at = row.get(..start.saturating_sub(from)).unwrap_or(row).chars().count();
    let length =
        text.get(start..end).and_then(|span| span.lines().next()).map_or(0, |span| span.chars().count());
    let [shown, carets] = excerpt(row, at, length);
    let margin = " ".repeat(number.to_string().len());
    FileError {
        line: format!("{name}:{number}:{}: {why}", at + 1),
        excerpt: Some(format!("{number} | {shown}\n{margin} | {carets}")),
    }
}

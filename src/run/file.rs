//! Where the config file is, and its bytes.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::config::file::Found;

/// More bytes than any config has.
const MOST_BYTES: u64 = 1 << 20;

/// Reads the file that was asked for, else the user's own if there is one.
pub fn find(asked: Option<&Path>) -> Found {
    let path = asked.map(Path::to_path_buf).or_else(usual);
    let content = path.as_deref().and_then(|path| match read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        result => Some(result.map_err(|error| why(&error))),
    });
    Found { path, asked: asked.is_some(), content }
}

/// `$XDG_CONFIG_HOME/sockeye/config.toml`, else `~/.config/sockeye/config.toml`.
fn usual() -> Option<PathBuf> {
    // The XDG base directory specification: a relative one is to be ignored.
    let absolute = |value: OsString| Some(PathBuf::from(value)).filter(|path| path.is_absolute());
    let config = env::var_os("XDG_CONFIG_HOME").and_then(absolute);
    let config = config.or_else(|| Some(env::var_os("HOME").and_then(absolute)?.join(".config")));
    Some(config?.join("sockeye/config.toml"))
}

pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST_BYTES) {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    Ok(bytes)
}

/// Without the number that Rust puts behind what the system says.
pub(super) fn why(error: &io::Error) -> String {
    let said = error.to_string();
    said.split_once(" (os error ").map_or(said.as_str(), |(words, _)| words).to_owned()
}

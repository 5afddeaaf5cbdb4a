//! Where the config file is; its bytes, read and written.

use std::env;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown, fchown};
use std::path::{Path, PathBuf};

use rustix::process::getuid;
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

use crate::config::file::Found;
use crate::model::{printable, without_number};

/// More bytes than any config has.
const MOST_BYTES: u64 = 1 << 20;

/// Reads the file that was asked for, else the user's own if there is one.
pub fn find(asked: Option<&Path>) -> Found {
    let path = asked.map(Path::to_path_buf).or_else(usual);
    let content = path.as_deref().and_then(|path| match as_user(|| read(path)).flatten() {
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

/// Does it with the rights of the user alone. Those that the program's file brings (setcap(8)) are for looking at
/// processes: with them anybody could have a file of somebody else's read, and a line of it shown as wrong. What root
/// may is root's own.
fn as_user<T>(work: impl FnOnce() -> T) -> io::Result<T> {
    let had = capabilities(None)?;
    if getuid().is_root() || had.effective.is_empty() {
        return Ok(work());
    }
    set_capabilities(None, CapabilitySets { effective: CapabilitySet::empty(), ..had })?;
    let done = work();
    set_capabilities(None, had)?;
    Ok(done)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST_BYTES) {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    Ok(bytes)
}

/// Without the number that Rust puts behind what the system says.
fn why(error: &io::Error) -> String {
    without_number(&error.to_string()).to_owned()
}

/// Gives the file the text that `edit` makes of its own, of none where there is no file; does nothing where that is
/// none. Whoever reads it meanwhile reads the whole old one or the whole new one. A new file is for its user only, and
/// belongs to whom the folder belongs; an old one keeps mode and owner. A link stays, and what it leads to is changed.
///
/// Fails, in words that name the file, where a link leads to nothing, and where the file cannot be read or written.
pub(super) fn change(
    path: &Path,
    edit: impl FnOnce(&str) -> Result<Option<String>, String>,
) -> Result<(), String> {
    as_user(|| change_by(path, edit)).map_err(|error| why(&error))?
}

fn change_by(path: &Path, edit: impl FnOnce(&str) -> Result<Option<String>, String>) -> Result<(), String> {
    let named = |why: String| format!("{}: {why}", printable(path.as_os_str().as_encoded_bytes()));
    let target = match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => {
            fs::canonicalize(path).map_err(|_| named("it is a link to nothing".to_owned()))?
        }
        Ok(_) | Err(_) => path.to_path_buf(),
    };
    let old = match read(&target) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| named("it is not UTF-8".to_owned()))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(named(why(&error))),
    };
    match edit(&old).map_err(named)? {
        Some(new) => replace(&target, &new).map_err(|error| named(why(&error))),
        None => Ok(()),
    }
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::NotFound)?;
    make_folder(folder)?;
    let (owner, mode) = match fs::metadata(path) {
        Ok(old) => ((old.uid(), old.gid()), old.mode() & 0o7777),
        Err(_) => (owner(folder)?, 0o600),
    };
    let new = folder.join(format!(".config.toml.{}", std::process::id()));
    // Never one that is there already, whoever put it there, and wherever it leads.
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&new)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| {
            give(owner, (file.metadata()?.uid(), file.metadata()?.gid()), |to| fchown(&file, to.0, to.1))
        })
        .and_then(|()| file.set_permissions(Permissions::from_mode(mode)))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        drop(fs::remove_file(&new)); // what went wrong before says more
    }
    written
}

/// Makes a folder for its user only, and those above it. They belong to whom the folder above belongs: of what root
/// makes in a user's home, the user is the owner.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().ok_or(io::ErrorKind::NotFound)?;
    make_folder(above)?;
    DirBuilder::new().mode(0o700).create(folder)?;
    give(owner(above)?, owner(folder)?, |to| chown(folder, to.0, to.1))
}

type Owner = (u32, u32);

/// User and group.
fn owner(path: &Path) -> io::Result<Owner> {
    fs::metadata(path).map(|found| (found.uid(), found.gid()))
}

/// Gives it to another owner; that only the group cannot be another one is no failure.
fn give(
    to: Owner,
    from: Owner,
    chown: impl FnOnce((Option<u32>, Option<u32>)) -> io::Result<()>,
) -> io::Result<()> {
    if to == from {
        return Ok(());
    }
    let given = chown((Some(to.0), Some(to.1)));
    if to.0 == from.0 { Ok(()) } else { given }
}

//! With whose rights something is done to processes and sockets.
//!
//! What the program's file brings (setuid, setgid, setcap(8)) is for looking. Whoever may start it could else end any
//! process of the machine. So deeds are done with the rights of who started it, in a thread that gave up all others, and
//! the kernel decides. [`ALLOW`] names users for whom it is otherwise.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::thread;

use rustix::fs::OFlags;
use rustix::process::{getegid, geteuid, getgid, getuid};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, capability_is_in_ambient_set, set_capabilities,
    set_thread_res_gid, set_thread_res_uid,
};

use crate::model::Text;

/// Users, by name or number, one a line, who may act with the rights of the program's file. It counts if only root
/// can have written it.
const ALLOW: &str = "/etc/sockeye.allow";

/// More bytes than the names of any machine's users take.
const MOST_BYTES: u64 = 1 << 20;

/// With whose rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rights {
    /// All that sockeye has.
    Own,
    /// Those of who started it: it has more.
    Starter,
}

impl Rights {
    /// For the user who started it, by that name.
    pub(super) fn of_starter(name: Option<&Text>) -> Self {
        if has_more() && !is_allowed(name) { Self::Starter } else { Self::Own }
    }

    /// Does it with them, or says why it was not done.
    pub(super) fn act<T: Send>(self, work: impl FnOnce() -> T + Send) -> Result<T, String> {
        if self == Self::Own {
            return Ok(work());
        }
        let limited = || {
            give_up()?;
            Ok::<T, io::Error>(work())
        };
        let done = thread::scope(|scope| {
            let thread = thread::Builder::new().name("act".to_owned()).spawn_scoped(scope, limited)?;
            thread.join().unwrap_or_else(|_| Err(io::Error::other("it panicked")))
        });
        done.map_err(|error| format!("rights cannot be given up: {error}"))
    }
}

/// Whether the program's file brought rights. Of capabilities those in the ambient set are who started it's own.
fn has_more() -> bool {
    let (uid, gid) = (getuid(), getgid());
    if uid != geteuid() || gid != getegid() {
        return true;
    }
    !uid.is_root() && !capabilities(None).is_ok_and(|had| had.permitted.difference(ambient()).is_empty())
}

fn ambient() -> CapabilitySet {
    let all = (0..u64::BITS).map(|number| CapabilitySet::from_bits_retain(1 << number));
    all.filter(|one| capability_is_in_ambient_set(*one).unwrap_or(false)).collect()
}

/// Of this thread, for good.
fn give_up() -> io::Result<()> {
    let (uid, gid) = (getuid(), getgid());
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)?;
    if !uid.is_root() {
        let left = ambient();
        let sets = CapabilitySets { effective: left, permitted: left, inheritable: CapabilitySet::empty() };
        set_capabilities(None, sets)?;
    }
    Ok(())
}

fn is_allowed(name: Option<&Text>) -> bool {
    let flags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).bits().cast_signed();
    let read = File::options().read(true).custom_flags(flags).open(ALLOW).and_then(|file| {
        let found = file.metadata()?;
        let is_roots = found.is_file() && found.uid() == 0 && found.mode() & 0o022 == 0;
        let mut text = Vec::new();
        if is_roots {
            file.take(MOST_BYTES).read_to_end(&mut text)?;
        }
        Ok(text)
    });
    let number = getuid().as_raw().to_string();
    let lines = read.unwrap_or_default();
    lines
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .any(|line| line == number.as_bytes() || name.is_some_and(|name| line == name.as_bytes()))
}

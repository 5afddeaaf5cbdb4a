//! What a shell is called.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::{Fd, Process, Text, printable};

mod told;

pub use told::Told;

/// Decides by its executable's name whether a process is a shell.
///
/// A file's name is what the kernel says (`/proc/PID/exe`), so a process cannot talk itself out of it as it
/// can with `comm` and its arguments; those count only where the executable may not be read, and only if
/// they agree. A shell that was copied to another name is known by its content ([`super::Exe::same_as`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shells {
    extra: Vec<String>,
}

/// Base names of shells' executables, case as installed.
const NAMES: &[&str] = &[
    "ash",
    "bash",
    "bosh",
    "brush",
    "bsd-csh",
    "csh",
    "dash",
    "elvish",
    "es",
    "fish",
    "fizsh",
    "hilbish",
    "hush",
    "ion",
    "ksh",
    "lksh",
    "loksh",
    "mksh",
    "mrsh",
    "murex",
    "nu",
    "oils-for-unix",
    "oksh",
    "osh",
    "pdksh",
    "posh",
    "powershell",
    "pwsh",
    "rbash",
    "rc",
    "rksh",
    "rzsh",
    "sash",
    "sh",
    "static-sh",
    "tcsh",
    "toysh",
    "xonsh",
    "yash",
    "ysh",
    "zsh",
];

/// How [`NAMES`] start: a directory of programs is thousands of names, of which this leaves a few.
const STARTS: u128 = {
    let mut starts = 0;
    let mut names = NAMES;
    while let [name, rest @ ..] = names {
        if let [first, second, ..] = *name.as_bytes() {
            starts |= start(first, second);
        }
        names = rest;
    }
    starts
};

/// One bit for two letters.
const fn start(first: u8, second: u8) -> u128 {
    1 << (first.wrapping_mul(11).wrapping_add(second) & 127)
}

/// Shells that move their standard files.
const CSH: &[&str] = &["csh", "tcsh", "bsd-csh"];

/// Executables that are many programs in one, told which by their arguments.
const MULTI_CALL: &[&str] = &["busybox", "toybox"];

/// Programs in those that are shells (busybox can be built to call its own `bash`).
const APPLETS: &[&str] = &["ash", "bash", "hush", "lash", "msh", "sh", "toysh"];

/// Words that packagers and users put behind a name without making another program of it.
const BUILD_WORDS: &[&str] = &[
    "alpha", "amd64", "arm64", "backup", "bak", "beta", "daily", "debug", "dev", "distrib", "git", "glibc",
    "i686", "lts", "musl", "new", "nightly", "old", "orig", "pre", "preview", "rc", "real", "release",
    "stable", "static", "x86",
];

/// Bytes of a name that `/proc/PID/comm` keeps (`TASK_COMM_LEN` less its NUL byte).
const COMM_BYTES: usize = 15;

impl Shells {
    /// Descriptors that are standard files of shells that move them.
    pub const MOVED: RangeInclusive<u32> = 16..=19;

    /// Further base names that count; version and build suffixes are understood of them too.
    pub fn new(extra: Vec<String>) -> Self {
        Self { extra }
    }

    pub fn is_shell(&self, process: &Process) -> bool {
        self.name(process).is_some()
    }

    /// What the shell is called, safe to show: its executable's base name, or the applet that it runs as.
    /// `None` where the process is no shell.
    pub fn name<'p>(&self, process: &'p Process) -> Option<Cow<'p, str>> {
        let mut arguments = process.arguments();
        let called = arguments.next().map(called);
        let copied = process.exe.known().and_then(|exe| exe.same_as.as_ref());
        let program = match copied.map(|shell| base_name(shell.as_bytes())).or_else(|| process.exe_name()) {
            Some(name) => name,
            None => called.filter(|name| agrees(&process.comm, name))?,
        };
        if !is_named(program, MULTI_CALL.iter().copied()) {
            return self.knows(program).then(|| printable(program));
        }
        let called = called?;
        let multi_call = is_named(called, MULTI_CALL.iter().copied());
        let applet = if multi_call { arguments.next()? } else { called };
        is_exactly(applet, APPLETS.iter().copied()).then(|| printable(applet))
    }

    /// Which standard file a descriptor of the shell is: 0, 1 or 2.
    ///
    /// csh and tcsh keep theirs on 16 to 19 and close 0 to 2 (`FSHIN`, `FSHOUT`, `FSHDIAG`, `FOLDSTD` of their `sh.h`).
    pub fn standard(&self, shell: &Process, fd: Fd) -> Option<u32> {
        let is_csh = || self.name(shell).is_some_and(|name| is_named(name.as_bytes(), CSH.iter().copied()));
        match fd.0 {
            0..=2 => Some(fd.0),
            16 | 19 if is_csh() => Some(0),
            17 if is_csh() => Some(1),
            18 if is_csh() => Some(2),
            _ => None,
        }
    }

    /// Whether an executable so named is a shell, or can be one by its arguments.
    pub fn can_be(&self, exe_name: &[u8]) -> bool {
        self.knows(exe_name) || self.is_multi_call(exe_name)
    }

    /// Whether an executable so named is many programs in one, of which some are shells.
    pub fn is_multi_call(&self, exe_name: &[u8]) -> bool {
        is_named(exe_name, MULTI_CALL.iter().copied())
    }

    fn knows(&self, name: &[u8]) -> bool {
        let may_be = matches!(*name, [first, second, ..] if STARTS & start(first, second) != 0);
        (may_be && is_named(name, NAMES.iter().copied()))
            || is_named(name, self.extra.iter().map(String::as_str))
    }
}

/// Names of dynamic loaders, which run the program that is their argument (ld.so(8)).
pub fn is_loader(name: &[u8]) -> bool {
    let is_library = name.windows(3).any(|part| part == b".so");
    is_library && [&b"ld-"[..], b"ld.so", b"ld64.so"].iter().any(|start| name.starts_with(start))
}

/// The last part of a path; the whole where it has but one.
pub fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}

/// Base name of the first argument, without the dash by which login(1) marks a login shell.
fn called(argument: &[u8]) -> &[u8] {
    let argument = argument.strip_prefix(b"-").unwrap_or(argument);
    base_name(argument)
}

/// Whether `/proc/PID/comm` is that name, as far as it keeps it.
pub fn agrees(comm: &Text, name: &[u8]) -> bool {
    name.get(..COMM_BYTES).unwrap_or(name) == comm.as_bytes()
}

fn is_exactly<'n>(name: &[u8], mut known: impl Iterator<Item = &'n str>) -> bool {
    known.any(|known| name == known.as_bytes())
}

/// Whether it is one of the names, or one with a version or build behind it: `bash-5.2`, `ksh93u+m`.
pub(super) fn is_named<'n>(name: &[u8], mut known: impl Iterator<Item = &'n str>) -> bool {
    // The first byte says no to nearly all, without a call.
    let first = name.first();
    known.any(|known| {
        known.as_bytes().first() == first
            && name.strip_prefix(known.as_bytes()).is_some_and(|rest| {
                let suffix = match rest {
                    [] => return true,
                    [b'-' | b'.' | b'_', suffix @ ..] => suffix,
                    // `zsh5` is a zsh; `es6` and `ion3` are programs of their own.
                    [b'0'..=b'9', ..] if known.ends_with("sh") => rest,
                    _ => return false,
                };
                // Any other word names another program: `sh1-server`.
                suffix.split(|byte| b"-._".contains(byte)).all(is_version_or_build)
            })
    })
}

/// `5`, `R59c`, `rc1`, `93u+m`, `static`; not `server` or `2server`.
fn is_version_or_build(part: &[u8]) -> bool {
    let has_digit = part.iter().any(u8::is_ascii_digit);
    let words = part.split(|byte| byte.is_ascii_digit() || b"+~".contains(byte));
    words.enumerate().all(|(at, word)| {
        let short = if at == 0 { [&b""[..], b"v", b"R"].contains(&word) } else { word.len() <= 2 };
        (has_digit && short && word.iter().all(u8::is_ascii_alphabetic))
            || is_exactly(word, BUILD_WORDS.iter().copied())
    })
}

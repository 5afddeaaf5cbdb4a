//! Whether a shell was given its commands when it was started.

use super::{MULTI_CALL, Shells, base_name, called, is_loader, is_named};
use crate::model::Process;

/// What the shell does, so that its commands do not come from its standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told<'p> {
    /// Commands that are an argument, behind this one: `-c`, `-lc`.
    Command(&'p [u8]),
    /// A file of commands.
    Script(&'p [u8]),
}

/// Names of files that are the standard input again.
const STDIN: &[&[u8]] = &[b"/dev/stdin", b"/dev/fd/0", b"/proc/self/fd/0"];

/// Long options without `c` among their meanings, which bash takes with one dash too.
const LONG: &[&[u8]] = &[
    b"debug",
    b"debugger",
    b"dump-po-strings",
    b"dump-strings",
    b"help",
    b"init-file",
    b"interactive",
    b"login",
    b"noediting",
    b"noprofile",
    b"norc",
    b"posix",
    b"pretty-print",
    b"protected",
    b"rcfile",
    b"restricted",
    b"verbose",
    b"version",
    b"wordexp",
];

/// Long options whose next argument is their value.
const LONG_WITH_VALUE: &[&[u8]] = &[
    b"config",
    b"emulate",
    b"env-config",
    b"execute",
    b"features",
    b"init-command",
    b"init-file",
    b"profile",
    b"rcfile",
];

/// Letters whose value is the rest of the argument, or the next one: names of options; of shells with a language of
/// their own also commands to run before they become interactive.
const WITH_VALUE: &[u8] = b"oO";
const WITH_VALUE_MODERN: &[u8] = b"oCdDpemt";

impl Shells {
    /// None where its commands may come from its standard input: no `-c` and no script, `-s`, `-i` without `-c`, or
    /// arguments that cannot be read.
    pub fn told<'p>(&self, process: &'p Process) -> Option<Told<'p>> {
        let name = self.name(process)?;
        let mut arguments = process.arguments();
        let first = called(arguments.next()?);
        // `busybox sh -c …`, `ld-linux-x86-64.so.2 /bin/sh -c …`
        if is_named(first, MULTI_CALL.iter().copied()) || is_loader(first) {
            arguments.next()?;
        }
        match base_name(name.as_bytes()) {
            b"pwsh" | b"powershell" => told_power(arguments),
            b"fish" | b"nu" => told(arguments, WITH_VALUE_MODERN),
            _ => told(arguments, WITH_VALUE),
        }
    }
}

/// As sh(1) and its kin read arguments; letters that are followed by a value are given.
fn told<'p>(mut arguments: impl Iterator<Item = &'p [u8]>, with_value: &[u8]) -> Option<Told<'p>> {
    let mut interactive = false;
    while let Some(argument) = arguments.next() {
        if matches!(argument, b"-" | b"--") {
            return script(arguments.next()?, interactive);
        }
        let short = argument.strip_prefix(b"-").filter(|name| LONG.contains(name));
        if let Some(long) = argument.strip_prefix(b"--").or(short) {
            let name = long.split(|&byte| byte == b'=').next().unwrap_or(long);
            match name {
                b"command" | b"commands" => return Some(Told::Command(argument)),
                b"interactive" => interactive = true,
                _ if LONG_WITH_VALUE.contains(&name) && name.len() == long.len() => {
                    arguments.next()?;
                }
                _ => {}
            }
            continue;
        }
        let Some((b'-' | b'+', letters)) = argument.split_first() else {
            return script(argument, interactive);
        };
        for (at, letter) in letters.iter().enumerate() {
            match letter {
                _ if with_value.contains(letter) => {
                    if at + 1 == letters.len() {
                        arguments.next()?;
                    }
                    break;
                }
                b'c' if argument.starts_with(b"-") => return Some(Told::Command(argument)),
                b's' if argument.starts_with(b"-") => return None,
                b'i' => interactive |= argument.starts_with(b"-"),
                _ => {}
            }
        }
    }
    None
}

/// As pwsh(1): options by any unambiguous beginning, in any case; `-` for commands is the standard input.
fn told_power<'p>(mut arguments: impl Iterator<Item = &'p [u8]>) -> Option<Told<'p>> {
    const STAY: &[u8] = b"noexit";
    const COMMANDS: &[&[u8]] =
        &[b"c", b"command", b"e", b"ec", b"encodedcommand", b"cwa", b"commandwithargs"];
    const FILES: &[&[u8]] = &[b"f", b"file"];
    const PLAIN: &[&[u8]] = &[
        b"nop",
        b"noprofile",
        b"nol",
        b"nologo",
        b"noni",
        b"noninteractive",
        b"i",
        b"interactive",
        b"l",
        b"login",
        b"mta",
        b"sta",
    ];
    let mut told = None;
    while let Some(argument) = arguments.next() {
        let Some(option) = argument.strip_prefix(b"-") else { return script(argument, false) };
        let option = option.strip_prefix(b"-").unwrap_or(option).to_ascii_lowercase();
        let option = option.as_slice();
        if COMMANDS.contains(&option) {
            told = arguments.next().filter(|&commands| commands != b"-").map(|_| Told::Command(argument));
            break;
        } else if FILES.contains(&option) {
            told = arguments.next().filter(|&file| file != b"-").and_then(|file| script(file, false));
            break;
        } else if option.len() >= 3 && STAY.starts_with(option) {
            return None;
        } else if !PLAIN.contains(&option) {
            arguments.next()?;
        }
    }
    told
}

fn script(file: &[u8], interactive: bool) -> Option<Told<'_>> {
    (!interactive && !STDIN.contains(&file)).then_some(Told::Script(file))
}

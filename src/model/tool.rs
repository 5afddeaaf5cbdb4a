//! Programs that have no business with sockets.

use super::Process;
use super::shell::{base_name, is_named};

/// Tools for text and files. None of them opens a connection by itself, but for gawk, whose `/inet` hardly anybody
/// uses.
const NAMES: &[&str] = &[
    "awk",
    "base32",
    "base64",
    "bc",
    "cat",
    "chmod",
    "column",
    "comm",
    "cp",
    "csplit",
    "cut",
    "date",
    "dc",
    "dd",
    "diff",
    "echo",
    "ed",
    "egrep",
    "env",
    "expand",
    "expr",
    "factor",
    "false",
    "fgrep",
    "find",
    "fmt",
    "fold",
    "gawk",
    "grep",
    "gzip",
    "head",
    "hexdump",
    "iconv",
    "join",
    "less",
    "ls",
    "m4",
    "mawk",
    "mkfifo",
    "more",
    "mv",
    "nawk",
    "nice",
    "nl",
    "nohup",
    "od",
    "original-awk",
    "paste",
    "pr",
    "printf",
    "rev",
    "rm",
    "sed",
    "seq",
    "shuf",
    "sleep",
    "sort",
    "split",
    "stdbuf",
    "strings",
    "tac",
    "tail",
    "tee",
    "test",
    "tr",
    "true",
    "tsort",
    "uniq",
    "unexpand",
    "wc",
    "xargs",
    "xxd",
    "xz",
    "yes",
    "zcat",
    "zstd",
];

/// Many of them in one executable, told which by the first argument.
const MULTI_CALL: &[&str] = &["busybox", "toybox", "coreutils"];

/// What the tool is called; none where the process is no such tool. `extra` are further names.
pub fn name(process: &Process, extra: &[String]) -> Option<String> {
    let exe = process.exe_name()?;
    let known = |name: &[u8]| {
        is_named(name, NAMES.iter().copied()) || is_named(name, extra.iter().map(String::as_str))
    };
    let name = if is_named(exe, MULTI_CALL.iter().copied()) {
        let mut arguments = process.arguments().map(base_name);
        let first = arguments.next()?;
        let multi_call = is_named(first, MULTI_CALL.iter().copied());
        if multi_call { arguments.next()? } else { first }
    } else {
        exe
    };
    known(name).then(|| super::printable(name).into_owned())
}

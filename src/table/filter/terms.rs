//! The forms that terms have, for help and documentation.

/// A form of a term.
#[derive(Debug)]
pub struct Form {
    /// At most 12 characters, as a key has in help.
    pub form: &'static str,
    /// For the screen's help: at most 24 characters.
    pub brief: &'static str,
    /// In full, for `--help`, the manual page and the README.
    pub meaning: &'static str,
}

const fn form(form: &'static str, brief: &'static str, meaning: &'static str) -> Form {
    Form { form, brief, meaning }
}

/// All forms of terms.
pub const TERMS: [Form; 12] = [
    form(
        "word",
        "in any text of the row",
        "some text of the row contains it; case matters only if a capital is typed",
    ),
    form("4242", "pid or port", "the pid, that of a process of its alert, or a port is exactly it"),
    form(
        "name:text",
        "in that column",
        "the column contains it (text), begins with it (state, protocol) or is it (number, time)",
    ),
    form("name=v !=v", "exactly; all but", "the column is exactly it; name!=v: it is not"),
    form(
        "name<v >=v",
        "less, more: 5m, 10k",
        "less, at most (<=), more, at least (>=): numbers, sizes (10k), times (5m); an age <9d counts as 9d",
    ),
    form("name:a,1-9", "one of them", "one of a list; of numbers also ranges: port:80,8000-8099"),
    form(
        "port:443",
        "either end; sport, dport",
        "the port of either end; sport or lport: of this one, dport or rport: of the other",
    ),
    form(
        "dst:net/8",
        "network: 10.0.0.0/8",
        "the other end is in the network, as dst:10.0.0.0/8; src: this end; IPv4-mapped IPv6 is IPv4",
    ),
    form(
        "name~'re'",
        "regular expression; !~",
        "the regular expression is found in the column, as cmd~'^ssh.*-R'; name!~'re': it is not",
    ),
    form(
        "is:shell",
        "and more: Tab lists them",
        "what it is: outbound, inbound, listen, loopback, shell, alert, unowned, new, changed, closed, deleted",
    ),
    form("not t !t", "all others", "rows that do not fit the term or what is in brackets"),
    form(
        "a or (b c)",
        "one of both; together",
        "rows that fit one of both; terms beside each other are bound tighter, brackets hold them together",
    ),
];

/// The forms as a table in Markdown.
pub fn markdown() -> String {
    let lines = TERMS.iter().map(|term| format!("| `{}` | {} |\n", term.form, term.meaning));
    std::iter::once("| term | means |\n|---|---|\n".to_owned()).chain(lines).collect()
}

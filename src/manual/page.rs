//! The manual page, in man(7).

use std::io::{self, Write};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use super::built;
use crate::analyze::rules::RULES;
use crate::app::View;
use crate::app::keymap::{self, Binding, Group};
use crate::cli::{EXIT_STATUSES, NOTES};
use crate::config::file::{ABOUT_KEYS, KEYS, Key, bound};
use crate::table::COLUMNS;
use crate::table::filter::{PROPERTIES, TERMS};

/// Cells that the tags of a list take.
const TAG: &str = "20";

pub(super) fn write(command: Command, out: &mut Vec<u8>) -> io::Result<()> {
    let mut command = built(command);
    let usage = command.render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default().replace('`', "");
    // What follows the options in help has sections of its own; the version is in the footer.
    let command = command
        .override_usage(usage)
        .about(env!("CARGO_PKG_DESCRIPTION"))
        .long_about(format!("sockeye is {about}.\n\n{NOTES}"))
        .after_help(None)
        .version(None);
    let mut page = Roff::new();
    filter(&mut page);
    keys(&mut page);
    columns(&mut page);
    alerts(&mut page);
    configuration(&mut page);
    exit_status(&mut page);
    see_also(&mut page);
    let mut text = Vec::new();
    Man::new(command).render(&mut text)?;
    page.to_writer(&mut text)?;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        if line.starts_with(b".TH ") { title(out)? } else { out.write_all(line)? }
    }
    Ok(())
}

/// The title, which roff cannot write: it leaves an empty date out, and what follows would be the date. No line breaks
/// inside of names.
fn title(out: &mut Vec<u8>) -> io::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    writeln!(out, ".TH SOCKEYE 1 \"\" \"sockeye {version}\" \"User Commands\"\n.nh\n.ad l")
}

fn section(page: &mut Roff, title: &str) {
    page.control("SH", [title]);
}

fn sentence(page: &mut Roff, text: &str) {
    page.text([roman(text)]);
}

/// Names with what they mean, a line each where that fits.
fn list<'e>(page: &mut Roff, entries: impl IntoIterator<Item = (impl Into<String>, &'e str)>) {
    page.control("PD", ["0"]);
    for (name, meaning) in entries {
        page.control("TP", [TAG]).text([bold(name)]).text([roman(meaning)]);
    }
    page.control("PD", []);
}

fn filter(page: &mut Roff) {
    section(page, "FILTER");
    sentence(
        page,
        "Terms beside each other must all hold. Each column is a name. Text with blanks, commas or brackets goes \
        between quotes. The key / of the table takes the same.",
    );
    page.control("PP", []);
    list(page, TERMS.iter().map(|term| (term.form, term.meaning)));
    page.control("PP", []);
    sentence(page, "What a row can be:");
    list(page, PROPERTIES.iter().map(|property| (format!("is:{}", property.name), property.meaning)));
}

/// Those of the table by what they are for; of each other view what the table does not have.
fn keys(page: &mut Roff) {
    section(page, "KEYS");
    sentence(page, "Those of the table. Many are keys of the other views, too; ? lists them there.");
    let table: Vec<&Binding> = keymap::bindings(View::Table).collect();
    for group in Group::ALL {
        let of_group = table.iter().filter(|binding| binding.group == group);
        subsection(page, group.title(), of_group.copied().collect());
    }
    for view in View::ALL {
        let is_in_table = |binding: &&Binding| table.iter().any(|other| std::ptr::eq(*other, *binding));
        let others = keymap::bindings(view).filter(|binding| !is_in_table(binding));
        subsection(page, &format!("View: {}", view.name()), others.collect());
    }
}

fn subsection(page: &mut Roff, title: &str, bindings: Vec<&Binding>) {
    if !bindings.is_empty() {
        page.control("SS", [title]);
        list(page, bindings.into_iter().map(|binding| (binding.names(), binding.help)));
    }
}

fn columns(page: &mut Roff) {
    section(page, "COLUMNS");
    sentence(
        page,
        "Of --columns, --sort, filters and output. The beginning of a name does where only one has it.",
    );
    page.control("PP", []);
    list(page, COLUMNS.iter().map(|column| (column.name, column.help)));
}

fn alerts(page: &mut Roff) {
    section(page, "ALERTS");
    sentence(
        page,
        "Each is shown with its evidence, with what speaks against it, and with the commands that check it.",
    );
    for rule in RULES {
        page.control("TP", []).text([bold(rule.name)]);
        let mut lines = vec![roman(rule.summary)];
        for level in rule.levels.split("; ") {
            lines.extend([Inline::LineBreak, roman(level)]);
        }
        page.text(lines);
    }
}

fn configuration(page: &mut Roff) {
    section(page, "FILES");
    page.control("TP", []).text([italic("$XDG_CONFIG_HOME/sockeye/config.toml")]).text([
        roman("Else "),
        italic("~/.config/sockeye/config.toml"),
        roman(". Without one the defaults hold."),
    ]);
    page.control("TP", []).text([italic("/etc/sockeye.allow")]).text([roman(
        "Users, by name or number, one a line, for whom sockeye, installed setuid, setgid or with capabilities, also acts \
        with these rights. Without it they are for looking only. It counts if only root can write it.",
    )]);
    section(page, "CONFIGURATION");
    sentence(
        page,
        "In TOML. A mute keeps alerts from being in the way, an allow makes them low. Each needs one of its keys \
        besides reason, and matches an alert that all of them match.",
    );
    for same in KEYS.chunk_by(|a, b| a.table == b.table) {
        if let Some(table) = same.first().and_then(|key| key.table) {
            page.control("SS", [format!("[[{table}]]").as_str()]);
        }
        for Key { example, help, .. } in same {
            page.control("TP", []).text([bold(*example)]).text([roman(*help)]);
        }
    }
    page.control("SS", ["[keys]"]);
    for line in ABOUT_KEYS {
        sentence(page, line);
    }
    page.control("PP", []);
    let named: Vec<(String, &str)> =
        keymap::named().map(|(name, binding)| (bound(name, binding.keys), binding.help)).collect();
    list(page, named);
}

fn exit_status(page: &mut Roff) {
    section(page, "EXIT STATUS");
    list(page, EXIT_STATUSES);
}

fn see_also(page: &mut Roff) {
    section(page, "SEE ALSO");
    let pages = [("ss", "8"), ("lsof", "8"), ("proc", "5"), ("sock_diag", "7"), ("capabilities", "7")];
    let mut line = Vec::new();
    for (at, (name, number)) in pages.into_iter().enumerate() {
        let end = if at + 1 == pages.len() { "" } else { ", " };
        line.extend([bold(name), roman(format!("({number}){end}"))]);
    }
    page.text(line);
}

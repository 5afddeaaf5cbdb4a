//! An alert: what was found, what shows it, what speaks against it, and how to check it.

use super::labelled::Lines;
use super::theme::FAINT;
use crate::model::{Alert, Evidence};

/// `is_whole`: with all that there is; else where room is short without how to check.
pub(super) fn alert(lines: &mut Lines, alert: &Alert, at_the_right: &str, is_whole: bool) {
    let style = lines.theme.alert(alert.level);
    let title = format!("WHY     {}  {}", alert.level.name().to_uppercase(), alert.rule);
    lines.title(title, style, at_the_right);
    if !alert.chain.is_empty() {
        lines.put("chain", &alert.chain);
    }
    let numbered = |(nth, evidence)| (format!("  {}", nth + 1), evidence);
    facts(lines, alert.evidence.iter().enumerate().map(numbered), is_whole);
    if alert.against.is_empty() {
        lines.put("against", "nothing found");
    }
    let labelled = |(nth, evidence)| (if nth == 0 { "against" } else { "" }.to_owned(), evidence);
    facts(lines, alert.against.iter().enumerate().map(labelled), is_whole);
    let commands = alert.commands();
    if is_whole && !commands.is_empty() {
        lines.title("check it yourself:".to_owned(), FAINT, "");
        for command in commands {
            lines.put("", &command);
        }
    }
    if is_whole {
        lines.blank();
    }
}

/// Each fact with how it can be checked: beside it, or below.
fn facts<'a>(lines: &mut Lines, facts: impl Iterator<Item = (String, &'a Evidence)>, is_whole: bool) {
    let facts = facts.map(|(label, evidence)| {
        (label, &*evidence.fact, evidence.check.as_ref().map_or_else(String::new, ToString::to_string))
    });
    if lines.is_wide() {
        return lines.pairs(&facts.collect::<Vec<_>>());
    }
    for (label, fact, check) in facts {
        lines.put(&label, fact);
        if is_whole {
            lines.put_faint(&check);
        }
    }
}

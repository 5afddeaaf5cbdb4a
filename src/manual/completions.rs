//! Completions of options and of what they take.

use std::io;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, Command, ValueHint};
use clap_complete::{Generator, Shell};

use super::{Kind, built};
use crate::app::Theme;
use crate::config;
use crate::model::Level;
use crate::report::Format;
use crate::table::{COLUMNS, Column, filter};

pub(super) fn write(command: Command, shell: Shell, out: &mut Vec<u8>) -> io::Result<()> {
    shell.try_generate(&built(command.mut_args(with_values)), out)
}

/// The values are for completions alone: what `config` says of a wrong one is better than what clap does.
fn with_values(arg: Arg) -> Arg {
    if !arg.get_action().takes_values() {
        return arg;
    }
    let values: Vec<PossibleValue> = values(&arg).collect();
    if !values.is_empty() {
        arg.value_parser(PossibleValuesParser::new(values))
    } else if arg.get_value_hint() == ValueHint::Unknown {
        arg.value_hint(ValueHint::Other) // no names of files
    } else {
        arg
    }
}

/// What an option takes, where that is one of a few words.
fn values(arg: &Arg) -> Box<dyn Iterator<Item = PossibleValue>> {
    match arg.get_long().unwrap_or_default() {
        "collector" => Box::new(config::collectors().map(PossibleValue::new)),
        "columns" | "sort" => {
            let value = |column: &&'static Column| PossibleValue::new(column.name).help(column.help);
            Box::new(COLUMNS.iter().map(value))
        }
        "generate" => Box::new(Kind::ALL.into_iter().map(|kind| PossibleValue::new(kind.name()))),
        "level" => Box::new(Level::ALL.into_iter().map(|level| PossibleValue::new(level.name()))),
        "output" => Box::new(Format::ALL.into_iter().map(|format| PossibleValue::new(format.name()))),
        "theme" => Box::new(Theme::ALL.into_iter().map(|theme| PossibleValue::new(theme.name()))),
        "state" => Box::new(filter::states().into_iter().map(PossibleValue::new)),
        _ => Box::new(std::iter::empty()),
    }
}

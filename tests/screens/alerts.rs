//! Alerts that are new, and alerts that are muted.

use std::sync::Arc;

use sockeye::app::{Effect, Options};
use sockeye::model::Snapshot;

use super::{busy, calm, later};
use crate::support::screen::{Screen, analyses, options};

/// How often the bell rings.
fn rings(bell: bool, snapshots: &[Arc<Snapshot>], keys: &str) -> usize {
    let analyses = analyses(snapshots);
    let mut screen = Screen::new((80, 24), Options { bell, ..options() });
    screen.receive(&analyses[..1]).press(keys).receive(&analyses[1..]);
    screen.effects.iter().filter(|effect| **effect == Effect::Bell).count()
}

#[test]
fn the_bell_rings_once_for_new_loud_alerts_where_it_was_asked_for() {
    assert_eq!(rings(true, &[calm(), busy().build(), later()], ""), 1);
    assert_eq!(
        rings(true, &[calm(), busy().build(), calm(), busy().build()], "Space"),
        2,
        "while frozen, too"
    );
    assert_eq!(rings(true, &[busy().build(), later(), calm()], ""), 0, "not for what was there at first");
    assert_eq!(rings(false, &[calm(), busy().build()], ""), 0);
}

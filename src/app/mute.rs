//! Mutes: asked for a reason, kept, undone.

use super::{Action, App, Effect, Mode, Prompt};
use crate::analyze::mute;
use crate::model::Mute;

impl App {
    /// The mutes that hold from the next snapshot on.
    pub fn mutes(&self) -> &[Mute] {
        &self.options.mutes
    }

    /// Asks for the reason to mute the selected row's gravest alert; undoes the mute of one that is muted.
    pub(super) fn mute(&mut self) -> Option<Effect> {
        self.refresh();
        let about = self.selected().and_then(|row| Some((row.alerts.first()?, row.snapshot())));
        let Some((alert, snapshot)) = about else {
            self.notify("no alert on this row".to_owned());
            return None;
        };
        if let Some(mute) = mute::matching(alert, snapshot, &self.options.mutes) {
            let mute = mute.clone();
            self.options.mutes.retain(|other| *other != mute);
            self.notify(format!("not muted any more: {mute}"));
            return Some(Effect::Unmute(mute));
        }
        match mute::like(alert, snapshot, "") {
            Ok(mute) => self.open(Mode::Mute { prompt: Prompt::default(), mute }),
            Err(why) => self.notify(format!("cannot be muted: {why}")),
        }
        None
    }

    /// Takes the reason.
    pub(super) fn take_mute(&mut self, prompt: &Prompt, mute: Mute) -> Option<Effect> {
        let reason = prompt.text().trim();
        if reason.is_empty() {
            self.notify("not muted: a mute needs a reason".to_owned());
            return None;
        }
        let mute = Mute { reason: reason.to_owned(), ..mute };
        self.options.mutes.push(mute.clone());
        let key = self.keys().called(&Action::Mute);
        self.notify(format!("muted, {key} undoes it: {mute}"));
        Some(Effect::Mute(mute))
    }
}

//! Does what the user wishes outside the state.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use super::spawn::Requests;
use super::stop::Stop;
use super::terminal::Tty;
use super::tui::Done;
use super::{Event, export};
use crate::app::{App, Clip, Effect};
use crate::model::{Lookup, SourceId};
use crate::resolve::Resolver;

/// What effects need. Lives on the main thread, and never waits for another.
pub(super) struct Effects {
    pub(super) tty: Arc<Tty>,
    pub(super) stop: Arc<Stop>,
    pub(super) requests: BTreeMap<SourceId, Requests>,
    pub(super) events: SyncSender<Event>,
    /// Starts with the first wish for a name: without one there are neither its threads nor its packets.
    pub(super) resolver: Option<Resolver>,
    /// Between us and the terminal is tmux(1), which has its own mind about copying.
    pub(super) in_tmux: bool,
}

impl Effects {
    /// Does it, and says what the message line is to say.
    pub(super) fn perform(&mut self, effect: Effect, app: &App) -> Done {
        match effect {
            Effect::Quit => {} // the loop ends by itself
            Effect::Suspend => self.stop.suspend()?,
            Effect::Redraw => {
                super::spawn::panic_for_tests("main");
                self.tty.renew().map_err(|error| error.to_string())?;
            }
            Effect::Request(source, request) => {
                let requests = self.requests.get(&source);
                requests.filter(|requests| requests.send(request)).ok_or("the source does not run")?;
            }
            Effect::Resolve(lookups) => self.resolve(lookups)?,
            Effect::Copy(clip) => return self.copy(clip, app).map(Some),
            Effect::Write(document) => {
                let name = export::write(Path::new("."), app, document)?;
                let folder = std::env::current_dir().map(|folder| format!(" in {}", folder.display()));
                return Ok(Some(format!("wrote {name}{}", folder.unwrap_or_default())));
            }
            Effect::Bell => self.tty.ring().map_err(|error| error.to_string())?,
        }
        Ok(None)
    }

    /// Nobody answers whether it was copied.
    fn copy(&self, clip: Clip, app: &App) -> Result<String, String> {
        let text = export::clip(app, clip).ok_or("nothing to copy")?;
        let sequence = export::osc52(&text);
        let sequence =
            sequence.ok_or_else(|| format!("{} bytes are too many to copy; w writes", text.len()))?;
        self.tty.pass(&sequence).map_err(|error| format!("not copied: {error}"))?;
        let by = if self.in_tmux { "tmux needs set-clipboard on" } else { "the terminal must allow OSC 52" };
        Ok(format!("copied {}, {} bytes: {by}", clip.name(), text.len()))
    }

    fn resolve(&mut self, lookups: Vec<Lookup>) -> Result<(), String> {
        if self.resolver.is_none() {
            let events = self.events.clone();
            let found = move |names| drop(events.send(Event::Names(names))); // fails at the end of the program
            let resolver = Resolver::new(found).map_err(|error| format!("no names: {error}"))?;
            self.resolver = Some(resolver);
        }
        if let Some(known) = self.resolver.as_ref().and_then(|resolver| resolver.ask(lookups)) {
            drop(self.events.try_send(Event::Names(known))); // lost where all is full: they are asked for again
        }
        Ok(())
    }
}

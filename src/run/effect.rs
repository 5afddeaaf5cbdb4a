//! Does what the user wishes outside the state.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use super::Event;
use super::spawn::Requests;
use super::stop::Stop;
use super::terminal::Tty;
use crate::app::Effect;
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
}

impl Effects {
    /// Does it. What fails says why, for the message line.
    pub(super) fn perform(&mut self, effect: Effect) -> Result<(), String> {
        match effect {
            Effect::Quit => Ok(()), // the loop ends by itself
            Effect::Suspend => self.stop.suspend(),
            Effect::Redraw => {
                super::spawn::panic_for_tests("main");
                self.tty.renew().map_err(|error| error.to_string())
            }
            Effect::Request(source, request) => match self.requests.get(&source) {
                Some(requests) if requests.send(request) => Ok(()),
                _ => Err("the source does not run".to_owned()),
            },
            Effect::Resolve(lookups) => self.resolve(lookups),
            Effect::Bell => self.tty.ring().map_err(|error| error.to_string()),
        }
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

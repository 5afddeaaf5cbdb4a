//! Does what the user wishes outside the state.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex};

use super::act::Act;
use super::rights::Rights;
use super::spawn::{Requests, lock};
use super::stop::Stop;
use super::terminal::Tty;
use super::tui::Done;
use super::{Event, export, file};
use crate::analyze::Judging;
use crate::app::{Action, App, Clip, Effect, Reply};
use crate::config::file::edit;
use crate::model::{Lookup, Request, SourceId, printable};
use crate::resolve::Resolver;
use crate::table::Chosen;

/// What effects need. Lives on the main thread, and waits for no other but one that it starts to ask the kernel.
pub(super) struct Effects {
    pub(super) tty: Arc<Tty>,
    pub(super) stop: Arc<Stop>,
    pub(super) judging: Arc<Mutex<Judging>>,
    /// The config file, which need not be there; none without a home.
    pub(super) file: Option<PathBuf>,
    /// What is seen are the processes of this machine; of another `--proc` nobody knows.
    pub(super) is_own_proc: bool,
    pub(super) act: Act,
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
            Effect::Copy(clip) => return self.copy(clip, app).map(Reply::Notice).map(Some),
            Effect::Write(document) => {
                let name = export::write(Path::new("."), app, document)?;
                let folder = std::env::current_dir().map(|folder| format!(" in {}", folder.display()));
                let said = format!("wrote {name}{}", folder.unwrap_or_default());
                return Ok(Some(Reply::Notice(said)));
            }
            Effect::Bell => self.tty.ring().map_err(|error| error.to_string())?,
            Effect::Hold(_) | Effect::Find { .. } if !self.is_own_proc => {
                Err("nothing is done to what another --proc shows: its pids may be others here")?;
            }
            Effect::Hold(processes) => {
                return self.act.hold(processes, &self.events).map(Reply::Held).map(Some);
            }
            Effect::Signal(signal) => {
                let sent = self.act.send(signal, rights(app))?;
                return Ok(Some(Reply::Delivered(signal, sent)));
            }
            Effect::Find { id, device, owners } => {
                return Ok(Some(Reply::Found(self.act.find(&id, device, &owners))));
            }
            Effect::Close => {
                let closed = self.act.close(rights(app));
                self.look_again();
                return Ok(Some(Reply::Closed(closed)));
            }
            Effect::LetGo => self.act.let_go(),
            Effect::Mute(mute) => {
                lock(&self.judging).mutes.push(mute.clone());
                self.look_again();
                self.keep(|text| edit::with_mute(text, &mute).map(Some))
                    .map_err(|why| format!("muted until sockeye ends: {why}"))?;
            }
            Effect::Unmute(mute) => {
                lock(&self.judging).mutes.retain(|other| *other != mute);
                self.look_again();
                self.keep(|text| edit::without_mute(text, &mute))
                    .map_err(|why| format!("not muted until sockeye ends: {why}"))?;
            }
            Effect::Columns(columns) => return self.keep_columns(columns.as_deref()),
        }
        Ok(None)
    }

    fn keep_columns(&self, columns: Option<&[Chosen]>) -> Done {
        self.keep(|text| edit::with_columns(text, columns).map(Some))
            .map_err(|why| format!("columns until sockeye ends: {why}"))?;
        let file = self.file.as_ref().map(|file| printable(file.as_os_str().as_encoded_bytes()));
        Ok(file.map(|file| Reply::Notice(format!("columns kept in {file}"))))
    }

    /// Nobody answers whether it was copied.
    fn copy(&self, clip: Clip, app: &App) -> Result<String, String> {
        let text = export::clip(app, clip).ok_or("nothing to copy")?;
        let sequence = export::osc52(&text);
        let sequence = sequence.ok_or_else(|| {
            let key = app.keys().called(&Action::OpenWrite);
            format!("{} bytes are too many to copy; {key} writes", text.len())
        })?;
        self.tty.pass(&sequence).map_err(|error| format!("not copied: {error}"))?;
        let by = if self.in_tmux { "tmux needs set-clipboard on" } else { "the terminal must allow OSC 52" };
        Ok(format!("copied {}, {} bytes: {by}", clip.name(), text.len()))
    }

    /// What was decided or done shows with a snapshot, so that one is taken. Where no source runs, the next one will
    /// know.
    fn look_again(&self) {
        for requests in self.requests.values() {
            requests.send(Request::Refresh);
        }
    }

    fn keep(&self, edit: impl FnOnce(&str) -> Result<Option<String>, String>) -> Result<(), String> {
        let file = self.file.as_ref().ok_or("there is no home for a config file")?;
        file::change(file, edit)
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

/// With whose rights who started sockeye may act.
fn rights(app: &App) -> Rights {
    let users = app.newest().map(|newest| &newest.analysis.snapshot.users);
    Rights::of_starter(users.and_then(|users| users.get(&rustix::process::getuid().as_raw())))
}

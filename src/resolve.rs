//! Names for numbers, looked up by threads of its own; off unless somebody asks.

//!
//! A dead DNS server holds a lookup for ten seconds, a directory server as long as it likes. So nobody ever
//! waits for a lookup: who asks goes on, and hears of the name when it is there.
#![expect(clippy::disallowed_methods, reason = "the clock belongs here, among a few layers")]

use std::collections::BTreeSet;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::model::{Lookup, Names};

pub mod cache;
mod system;

use cache::{Answer, Cache};

/// Threads that ask DNS: that many dead servers are borne before a live one waits.
const HOST_THREADS: usize = 3;
/// Lookups that may wait or run at once. Who asks for more asks again later.
const MOST_PENDING: usize = 512;

/// Gets each finished lookup, on a thread of the pool; no name: `None`.
type Finished = dyn Fn(Lookup, Option<String>) + Send + Sync;

/// A pool of threads that look names up, with a cache. Its threads are never waited for.
pub struct Resolver {
    cache: Arc<Mutex<Cache>>,
    hosts: Sender<Lookup>,
    /// Services and users have a queue and a thread of their own: a dead DNS server must not hold up what is
    /// nearly always in a local file.
    local: Sender<Lookup>,
}

impl Resolver {
    /// Starts the pool; `found` gets each name on a thread of the pool.
    ///
    /// Fails where no thread can be started.
    pub fn new(found: impl Fn(Names) + Send + Sync + 'static) -> io::Result<Self> {
        Self::start(move |lookup, name| {
            if let Some(name) = name {
                let mut names = Names::default();
                names.learn(lookup, name);
                found(names);
            }
        })
    }

    fn start(finished: impl Fn(Lookup, Option<String>) + Send + Sync + 'static) -> io::Result<Self> {
        let cache = Arc::new(Mutex::new(Cache::default()));
        let finished: Arc<Finished> = Arc::new(finished);
        let (hosts, host_queue) = channel();
        let (local, local_queue) = channel();
        let host_queue = Arc::new(Mutex::new(host_queue));
        for _ in 0..HOST_THREADS {
            spawn(&cache, &host_queue, &finished)?;
        }
        spawn(&cache, &Arc::new(Mutex::new(local_queue)), &finished)?;
        Ok(Self { cache, hosts, local })
    }

    /// Wishes for names. Gives those that are known, if any; the others are looked up, but for those that have
    /// no name and those that find the queue full. Never blocks.
    pub fn ask(&self, lookups: impl IntoIterator<Item = Lookup>) -> Option<Names> {
        let now = Instant::now();
        let mut known: Option<Names> = None;
        let mut cache = lock(&self.cache);
        for lookup in lookups {
            match cache.ask(lookup, now, MOST_PENDING) {
                Answer::Name(name) => {
                    known.get_or_insert_default().learn(lookup, name.to_owned());
                }
                Answer::LookUp => self.queue(lookup),
                Answer::Nameless | Answer::Pending | Answer::Full => {}
            }
        }
        known
    }

    fn queue(&self, lookup: Lookup) {
        let queue = match lookup {
            Lookup::Host(_) => &self.hosts,
            Lookup::Service { .. } | Lookup::User(_) => &self.local,
        };
        queue.send(lookup).ok(); // fails where all threads of the pool are gone: then there are no names
    }
}

/// Looks all of them up and gives what was found before the time ran out. For output that is printed once.
pub fn resolve_all(lookups: BTreeSet<Lookup>, timeout: Duration) -> io::Result<Names> {
    let mut names = Names::default();
    if lookups.is_empty() {
        return Ok(names);
    }
    let deadline = Instant::now() + timeout;
    let (finished, answers) = channel();
    let resolver = Resolver::start(move |lookup, name| drop(finished.send((lookup, name))))?;
    let mut open = lookups.len();
    for lookup in lookups {
        resolver.queue(lookup);
    }
    while open > 0 {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok((lookup, name)) = answers.recv_timeout(left) else { break };
        open -= 1;
        if let Some(name) = name {
            names.learn(lookup, name);
        }
    }
    Ok(names)
}

/// Starts a thread that takes from the queue until nobody can ask any more.
fn spawn(
    cache: &Arc<Mutex<Cache>>,
    queue: &Arc<Mutex<Receiver<Lookup>>>,
    finished: &Arc<Finished>,
) -> io::Result<()> {
    let (cache, queue, finished) = (Arc::clone(cache), Arc::clone(queue), Arc::clone(finished));
    thread::Builder::new().name("resolve".to_owned()).spawn(move || {
        loop {
            let next = lock(&queue).recv();
            let Ok(lookup) = next else { return };
            let name = system::name(lookup);
            lock(&cache).store(lookup, name.clone(), Instant::now());
            finished(lookup, name);
        }
    })?;
    Ok(())
}

/// The lock, whether or not a thread panicked with it: what is behind it is whole after every step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

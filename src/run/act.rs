//! Sends signals to exactly the processes that were chosen, and closes exactly the socket that was.

use std::io::{self, PipeWriter};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::SystemTime;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid as RawPid, PidfdFlags, getpid, pidfd_open, pidfd_send_signal};

use super::Event;
use super::rights::Rights;
use crate::collect::addressee::{Facts, Processes};
use crate::collect::diag::destroy::{Known, find};
use crate::model::{Addressee, Delivery, Pid, ProcessKey, Signal, SocketId, Standing, Unclosed};

/// What an open dialog is about.
#[derive(Debug, Default)]
pub(super) struct Act {
    recipients: Vec<Recipient>,
    /// Held while the recipients are watched.
    watch: Option<PipeWriter>,
    socket: Option<Known>,
}

#[derive(Debug)]
struct Recipient {
    process: ProcessKey,
    /// A pidfd of exactly this process; or why there is none.
    held: Result<Arc<OwnedFd>, Standing>,
}

impl Act {
    /// Takes hold of the processes, and tells when one of them ends.
    ///
    /// Fails, in words, where `/proc` does not tell of the same processes as the kernel.
    pub(super) fn hold(
        &mut self,
        keys: Vec<ProcessKey>,
        events: &SyncSender<Event>,
    ) -> Result<Vec<Addressee>, String> {
        self.let_go();
        let mut processes = Processes::open()?;
        let above = processes.above();
        let mut found = Vec::with_capacity(keys.len());
        for process in keys {
            let is_above = above.contains(&process.pid);
            let (held, addressee) = match held(process, &mut processes) {
                Ok((pidfd, Facts { descriptors, children, .. })) => {
                    let standing = Standing::Held;
                    (Ok(pidfd), Addressee { process, standing, descriptors, children, is_above })
                }
                Err(standing) => {
                    let (descriptors, children) = (None, None);
                    let addressee =
                        Addressee { process, standing: standing.clone(), descriptors, children, is_above };
                    (Err(standing), addressee)
                }
            };
            found.push(addressee);
            self.recipients.push(Recipient { process, held });
        }
        // Without it nobody is told before Enter.
        self.watch = watch(&self.recipients, events.clone()).ok();
        Ok(found)
    }

    /// Lets go of what was held.
    pub(super) fn let_go(&mut self) {
        *self = Self::default();
    }

    /// Sends the signal to all that are held. They are watched on: how they end shows with the next snapshot.
    pub(super) fn send(&self, signal: Signal, rights: Rights) -> Result<Vec<(ProcessKey, Delivery)>, String> {
        rights.act(|| {
            let each = self.recipients.iter().map(|Recipient { process, held }| {
                let delivery = match held {
                    Ok(pidfd) => send(pidfd, signal, rights),
                    Err(standing) => Delivery::Not(standing.clone()),
                };
                (*process, delivery)
            });
            each.collect()
        })
    }

    /// Finds the socket that is to be closed.
    pub(super) fn find(
        &mut self,
        id: &SocketId,
        device: Option<u32>,
        owners: &[Pid],
    ) -> Result<(), Unclosed> {
        self.let_go();
        self.socket = Some(find(id, device, owners)?);
        Ok(())
    }

    /// Closes it.
    pub(super) fn close(&mut self, rights: Rights) -> Result<(), Unclosed> {
        let socket = std::mem::take(self).socket.ok_or(Unclosed::Gone)?;
        let closed = rights.act(|| socket.close()).map_err(Unclosed::Failed)?;
        closed.map_err(|why| {
            let is_refused = why == Unclosed::NotPermitted && rights == Rights::Starter;
            if is_refused { Unclosed::OthersRefused } else { why }
        })
    }
}

/// A descriptor of the process, which stays its own whoever gets its pid later. That it is the one that the row shows is
/// known by its start, read after the descriptor was there.
fn held(process: ProcessKey, processes: &mut Processes) -> Result<(Arc<OwnedFd>, Facts), Standing> {
    let number = i32::try_from(process.pid.0).ok().and_then(RawPid::from_raw);
    let Some(number) = number else { return Err(Standing::Ended(None)) };
    if number == getpid() {
        return Err(Standing::Sockeye);
    }
    if number.is_init() {
        return Err(Standing::Init);
    }
    let pidfd = pidfd_open(number, PidfdFlags::empty()).map_err(|errno| match errno {
        Errno::SRCH => Standing::Ended(None),
        // The number is a thread's now.
        Errno::INVAL | Errno::NOENT => Standing::Replaced,
        errno => Standing::NoPidfd(errno.to_string()),
    })?;
    match processes.facts(process.pid) {
        Some(facts) if facts.start != process.start => Err(Standing::Replaced),
        Some(facts) if !has_ended(&pidfd) => Ok((Arc::new(pidfd), facts)),
        Some(_) | None => Err(Standing::Ended(None)),
    }
}

fn send(pidfd: &OwnedFd, signal: Signal, rights: Rights) -> Delivery {
    if has_ended(pidfd) {
        return Delivery::Not(Standing::Ended(Some(now())));
    }
    let number = match signal {
        Signal::Term => rustix::process::Signal::TERM,
        Signal::Kill => rustix::process::Signal::KILL,
        Signal::Stop => rustix::process::Signal::STOP,
        Signal::Hup => rustix::process::Signal::HUP,
        Signal::Int => rustix::process::Signal::INT,
    };
    match pidfd_send_signal(pidfd, number) {
        Ok(()) => Delivery::Sent,
        Err(Errno::SRCH) => Delivery::Not(Standing::Ended(Some(now()))),
        Err(Errno::NOSYS) => Delivery::Not(Standing::NoPidfd(Errno::NOSYS.to_string())),
        Err(Errno::PERM) if rights == Rights::Starter => Delivery::OthersRefused,
        Err(Errno::PERM) => Delivery::NotPermitted,
        Err(errno) => Delivery::Failed(errno.to_string()),
    }
}

/// Whether the process ended; a zombie has.
fn has_ended(pidfd: &OwnedFd) -> bool {
    let mut fds = [PollFd::new(pidfd, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

#[expect(clippy::disallowed_methods, reason = "people are told when a process ended")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// Tells when one of them ends, in a thread that ends when what this gives is closed.
fn watch(recipients: &[Recipient], events: SyncSender<Event>) -> io::Result<PipeWriter> {
    let held = recipients.iter().filter_map(|one| Some((one.process, Arc::clone(one.held.as_ref().ok()?))));
    let mut held: Vec<(ProcessKey, Arc<OwnedFd>)> = held.collect();
    let (until, end) = io::pipe()?;
    thread::Builder::new().name("act".to_owned()).spawn(move || {
        while !held.is_empty() {
            let mut fds = vec![PollFd::from_borrowed_fd(until.as_fd(), PollFlags::empty())];
            fds.extend(held.iter().map(|(_, pidfd)| PollFd::new(&**pidfd, PollFlags::IN)));
            match poll(&mut fds, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => return,
            }
            let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
            let Some((false, ready)) = ready.split_first() else { return };
            let (ended, left): (Vec<_>, Vec<_>) = held.drain(..).zip(ready).partition(|(_, ready)| **ready);
            held = left.into_iter().map(|(one, _)| one).collect();
            for ((process, _), _) in ended {
                if events.send(Event::Ended(process, now())).is_err() {
                    return; // the program ends
                }
            }
        }
    })?;
    Ok(end)
}

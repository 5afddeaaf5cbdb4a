//! What the user does not want to hear of, and what may be: a pass over the alerts of all rules.

use super::Judging;
use crate::model::{
    Address, Alert, Allow, Exe, Fact, Level, Mute, Peer, Process, Snapshot, Text, ancestry, is_path,
    printable,
};

/// Lowers alerts that an allow matches, and gives those that a mute matches its reason.
pub(super) fn settle(alerts: &mut [Alert], snapshot: &Snapshot, judging: &Judging) {
    if judging.mutes.is_empty() && judging.allowed.is_empty() {
        return;
    }
    for alert in alerts {
        let about = About::new(alert, snapshot);
        let allow = judging.allowed.iter().find(|allow| about.is_allowed(allow));
        let mute = judging.mutes.iter().find(|mute| about.is_muted(mute));
        let muted = mute.map(|mute| printable(mute.reason.as_bytes()).into_owned());
        if let Some(allow) = allow {
            let reason = allow.reason.as_ref().map(|reason| format!(": {}", printable(reason.as_bytes())));
            alert.level = Level::Low;
            alert.against.push(format!("allowed by the config{}", reason.unwrap_or_default()).into());
        }
        alert.muted = muted;
    }
}

/// The mute that an alert's reason is from.
pub fn matching<'m>(alert: &Alert, snapshot: &Snapshot, mutes: &'m [Mute]) -> Option<&'m Mute> {
    let about = About::new(alert, snapshot);
    mutes.iter().find(|mute| about.is_muted(mute))
}

/// A mute of this alert, and of those like it: the same rule, executable, address of the other end and parent.
///
/// Fails, in words, where its executable is not known, or a path of it cannot be written down without meaning others
/// as well.
pub fn like(alert: &Alert, snapshot: &Snapshot, reason: &str) -> Result<Mute, &'static str> {
    let about = About::new(alert, snapshot);
    let exe = about.process.and_then(exe).ok_or("its executable is not known")?;
    let parent = about.parent.map(|parent| exe_or_name(parent).as_bytes());
    Ok(Mute {
        rule: Some(alert.rule.to_owned()),
        exe: Some(written(exe)?),
        peer: about.peer.map(|peer| Peer::Address(peer.ip())),
        parent: parent.map(written).transpose()?,
        reason: reason.to_owned(),
    })
}

/// A path as a config file has it.
fn written(path: &[u8]) -> Result<String, &'static str> {
    match str::from_utf8(path) {
        Ok(text) if !text.ends_with('*') => Ok(text.to_owned()),
        Ok(_) => Err("the name of an executable ends in *, which would stand for any"),
        Err(_) => Err("the name of an executable is no text"),
    }
}

fn exe(process: &Process) -> Option<&[u8]> {
    process.exe.known().map(|exe| exe.path.as_bytes())
}

fn exe_or_name(process: &Process) -> &Text {
    match &process.exe {
        Fact::Known(Exe { path, .. }) => path,
        Fact::Absent | Fact::Refused => &process.comm,
    }
}

/// What conditions are compared with.
struct About<'a> {
    alert: &'a Alert,
    snapshot: &'a Snapshot,
    process: Option<&'a Process>,
    parent: Option<&'a Process>,
    peer: Option<std::net::SocketAddr>,
}

impl<'a> About<'a> {
    fn new(alert: &'a Alert, snapshot: &'a Snapshot) -> Self {
        let chain = ancestry(&snapshot.processes, alert.process.pid);
        Self {
            alert,
            snapshot,
            process: chain.first().copied(),
            parent: chain.get(1).copied(),
            peer: Some(&alert.socket.remote).filter(|remote| remote.is_peer()).and_then(Address::inet),
        }
    }

    fn is_muted(&self, mute: &Mute) -> bool {
        let Mute { rule, exe, peer, parent, reason: _ } = mute;
        rule.as_ref().is_none_or(|rule| rule == self.alert.rule)
            && self.is_program(exe.as_deref(), parent.as_deref())
            && peer.is_none_or(|peer| self.is_peer(peer))
    }

    fn is_allowed(&self, allow: &Allow) -> bool {
        let Allow { exe, peer, parent, user, reason: _ } = allow;
        self.is_program(exe.as_deref(), parent.as_deref())
            && peer.is_none_or(|peer| self.is_peer(peer))
            && user.as_ref().is_none_or(|user| self.is_user(user))
    }

    /// The process that it is about, or one on the way to the connection, executes it and has such a parent. So a mute
    /// of a relay mutes its shell, too, and the other way round.
    fn is_program(&self, wanted: Option<&str>, parent: Option<&str>) -> bool {
        let executes = |process: &Process| {
            wanted.is_none_or(|wanted| exe(process).is_some_and(|path| is_path(wanted, path)))
        };
        let way = self.alert.pids.iter().filter_map(|pid| self.snapshot.processes.get(pid));
        let mut programs = self.process.into_iter().chain(way);
        (wanted.is_none() && parent.is_none())
            || programs.any(|process| {
                executes(process) && parent.is_none_or(|parent| self.has_parent(process, parent))
            })
    }

    fn is_peer(&self, wanted: Peer) -> bool {
        self.peer.is_some_and(|peer| wanted.matches(peer))
    }

    fn has_parent(&self, process: &Process, wanted: &str) -> bool {
        ancestry(&self.snapshot.processes, process.key.pid).get(1).is_some_and(|parent| {
            exe(parent).is_some_and(|path| is_path(wanted, path))
                || parent.comm.as_bytes() == wanted.as_bytes()
        })
    }

    fn is_user(&self, wanted: &str) -> bool {
        self.process.is_some_and(|process| {
            let name = self.snapshot.users.get(&process.uid);
            wanted.parse() == Ok(process.uid) || name.is_some_and(|name| name.as_bytes() == wanted.as_bytes())
        })
    }
}

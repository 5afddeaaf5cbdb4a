//! Reads what is known of the host, and of who looks at it.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::fs::{CWD, Mode, ResolveFlags, openat2};
use rustix::io;
use rustix::thread::CapabilitySet;
use rustix::time::{ClockId, clock_gettime};

use super::gaps::{Gaps, reason};
use super::root::{Extent, ProcRoot, READ, is_gone, open_file, open_path, read_at_once, read_open};
use crate::model::{GapReason, GapScope, Host, Own, Text, Viewer};

/// Longest user database that is read.
const PASSWD_LIMIT: usize = 16 * 1024 * 1024;
const NAME_LIMIT: usize = 1024;

/// Host name, boot id and range of ports; empty where the root has none.
pub(super) fn host(root: &ProcRoot, buffer: &mut Vec<u8>, gaps: &mut Gaps) -> Host {
    let mut line = |path| match read_at_once(root, path, NAME_LIMIT, buffer) {
        Ok(_) => Text::from(buffer.strip_suffix(b"\n").unwrap_or(buffer)),
        Err(errno) => {
            if !is_gone(errno) {
                gaps.add(GapScope::Host, reason(errno));
            }
            Text::default()
        }
    };
    Host {
        name: line(c"sys/kernel/hostname"),
        boot_id: line(c"sys/kernel/random/boot_id"),
        ephemeral_ports: ports(&line(c"sys/net/ipv4/ip_local_port_range")),
    }
}

/// CPU time and memory of sockeye itself so far.
pub(super) fn own(root: &ProcRoot, buffer: &mut Vec<u8>) -> Own {
    // 2483 1021 887 …: pages in all, resident, shared.
    let is_read = root.is_default() && read_at_once(root, c"self/statm", NAME_LIMIT, buffer).is_ok();
    let field = || str::from_utf8(buffer).ok()?.split_ascii_whitespace().nth(1)?.parse::<u64>().ok();
    let pages = if is_read { field() } else { None };
    let page = u64::try_from(rustix::param::page_size()).ok();
    Own { cpu: cpu_time(), memory: pages.zip(page).and_then(|(pages, page)| pages.checked_mul(page)) }
}

/// CPU time of all threads so far.
pub(super) fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or_default(), time.tv_nsec.try_into().unwrap_or_default())
}

/// `32768 60999`, with a tab or blanks between.
fn ports(range: &Text) -> Option<(u16, u16)> {
    let mut ends = str::from_utf8(range.as_bytes()).ok()?.split_ascii_whitespace();
    Some((ends.next()?.parse().ok()?, ends.next()?.parse().ok()?))
}

/// Time since boot, suspended time included.
pub(super) fn uptime() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    Duration::new(now.tv_sec.try_into().unwrap_or_default(), now.tv_nsec.try_into().unwrap_or_default())
}

/// Who looks. Capabilities are named only where something was refused, `cap_sys_admin` only where a namespace
/// had to be entered.
pub(super) fn viewer(gaps: &Gaps, entered_namespaces: bool) -> Viewer {
    let uid = rustix::process::geteuid().as_raw();
    let mut lacks = Vec::new();
    if gaps.refused()
        && let Ok(sets) = rustix::thread::capabilities(None)
    {
        let has = |capability| sets.effective.contains(capability);
        if !has(CapabilitySet::SYS_PTRACE) {
            lacks.push("cap_sys_ptrace");
        }
        if !has(CapabilitySet::DAC_READ_SEARCH) && !has(CapabilitySet::DAC_OVERRIDE) {
            lacks.push("cap_dac_read_search");
        }
        if entered_namespaces && !has(CapabilitySet::SYS_ADMIN) {
            lacks.push("cap_sys_admin");
        }
    }
    Viewer { uid, lacks }
}

/// User names by id from `/etc/passwd`; below another root, from the one that its process 1 sees.
pub(super) fn users(root: &ProcRoot, buffer: &mut Vec<u8>, gaps: &mut Gaps) -> BTreeMap<u32, Text> {
    match open_passwd(root).and_then(|file| read_open(&file, PASSWD_LIMIT, buffer)) {
        Ok(extent) => {
            if extent == Extent::Cut {
                gaps.add(GapScope::Users, GapReason::TooLarge);
            }
            let mut users = BTreeMap::new();
            for line in buffer.split(|&byte| byte == b'\n') {
                if let Some((uid, name)) = user(line) {
                    users.entry(uid).or_insert_with(|| Text::from(name)); // as getpwuid(3): the first one
                }
            }
            users
        }
        Err(errno) => {
            if !is_gone(errno) {
                gaps.add(GapScope::Users, reason(errno));
            }
            BTreeMap::new()
        }
    }
}

fn open_passwd(root: &ProcRoot) -> io::Result<OwnedFd> {
    if root.is_default() {
        return open_file(CWD, c"/etc/passwd");
    }
    // Links in there mean places in there.
    let inside = open_path(root, c"1/root")?;
    openat2(inside, c"etc/passwd", READ, Mode::empty(), ResolveFlags::IN_ROOT)
}

/// `daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin`: name, password, uid, gid, comment, home, shell.
fn user(line: &[u8]) -> Option<(u32, &[u8])> {
    let mut fields = line.split(|&byte| byte == b':');
    let name = fields.next().filter(|name| !name.is_empty())?;
    let uid = std::str::from_utf8(fields.nth(1)?).ok()?;
    if !uid.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((uid.parse().ok()?, name))
}

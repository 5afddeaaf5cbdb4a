//! What the path of a control group says of who put a process there.

/// What systemd calls things that hold processes: `UNIT_SERVICE` … in systemd's `unit-def.h`.
const UNITS: &[&[u8]] = &[b".service", b".scope", b".socket", b".mount", b".swap"];

/// Hexadecimal digits of a container's id, as docker, podman, containerd and CRI-O make it.
const ID_DIGITS: usize = 64;

/// Digits of such an id that people use.
const SHORT_DIGITS: usize = 12;

/// The unit of the system's own systemd: `/system.slice/ssh.service`, `/user.slice/user-0.slice/session-1.scope`.
pub(super) fn unit(path: &[u8]) -> Option<&[u8]> {
    let mut parts = path.split(|&byte| byte == b'/').filter(|part| !part.is_empty());
    let unit = parts.find(|part| !part.ends_with(b".slice"))?;
    UNITS.iter().any(|suffix| unit.len() > suffix.len() && unit.ends_with(suffix)).then_some(unit)
}

/// The id of the innermost container: `/docker/ID`, `/system.slice/docker-ID.scope`, `/machine.slice/libpod-ID.scope`,
/// `/kubepods/burstable/podUID/ID`, `/kubepods.slice/…/cri-containerd-ID.scope`, `…:cri-containerd:ID`.
pub(super) fn container(path: &[u8]) -> Option<&[u8]> {
    path.rsplit(|&byte| byte == b'/').find_map(id)
}

fn id(part: &[u8]) -> Option<&[u8]> {
    let part = part.strip_suffix(b".scope").unwrap_or(part);
    let (before, id) = part.split_at_checked(part.len().checked_sub(ID_DIGITS)?)?;
    // conmon watches over a container from outside.
    let is_whole = matches!(before.last(), None | Some(b'-' | b':')) && !before.ends_with(b"conmon-");
    (is_whole && is_id(id)).then_some(id)
}

fn is_id(text: &[u8]) -> bool {
    text.len() == ID_DIGITS && text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// For a narrow column: without `.service` or `.scope`, and of an id as many digits as people use.
pub(super) fn short(name: &str) -> String {
    let name =
        [".service", ".scope"].into_iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    let digits = name.len().checked_sub(ID_DIGITS).and_then(|at| name.split_at_checked(at));
    match digits {
        Some((before, id)) if is_id(id.as_bytes()) => {
            format!("{before}{}", id.get(..SHORT_DIGITS).unwrap_or(id))
        }
        Some(_) | None => name.to_owned(),
    }
}

//! Reads what single descriptors refer to, without touching the files themselves.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, fstat, major, minor, openat, statat};
use rustix::io::{self, Errno, retry_on_intr};

use super::index::slave;
use crate::collect::root::{ProcRoot, is_gone, link_number, read, read_link};
use crate::model::{Access, Device, Fd, Inode, Target};

/// Of fdinfo only the first lines are wanted; epoll and inotify list any number of lines behind them.
const FDINFO_LIMIT: usize = 4096;
/// A machine with 10,000 mounts has 2 MiB.
pub(in crate::collect) const MOUNTS_LIMIT: usize = 4 * 1024 * 1024;

/// File systems that answer from memory or a local disk. A fifo is told from a regular file by stat(2) on a
/// descriptor opened with `O_PATH`. That does not open the file itself, but the kernel asks the file system whether
/// the name at the end of a link in `/proc` is still true (`d_weak_revalidate` in `complete_walk()`), and NFS and
/// 9p ask their server, which may be dead. Therefore only where the mount that fdinfo names is one of these. A fifo
/// on NFS is a channel within one machine all the same, and goes unseen.
const LOCAL: &[&[u8]] = &[
    b"bcachefs",
    b"btrfs",
    b"devtmpfs",
    b"erofs",
    b"ext2",
    b"ext3",
    b"ext4",
    b"f2fs",
    b"overlay",
    b"ramfs",
    b"rootfs",
    b"squashfs",
    b"tmpfs",
    b"xfs",
    b"zfs",
];

/// What a mount is.
#[derive(Clone, Copy, Debug)]
pub(in crate::collect) struct Mount {
    pub(in crate::collect) device: Device,
    pub(in crate::collect) is_local: bool,
    is_devpts: bool,
}

/// Reads descriptors; what it learned of mounts is good for one pass.
#[derive(Debug, Default)]
pub(super) struct Describer {
    buffer: Vec<u8>,
    /// By the machine-wide number of the mount.
    mounts: BTreeMap<u64, Mount>,
}

/// Why there is nothing to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// Closed, or another file since.
    Gone,
    Malformed,
    Errno(Errno),
}

impl From<Errno> for Failed {
    fn from(errno: Errno) -> Self {
        if is_gone(errno) { Self::Gone } else { Self::Errno(errno) }
    }
}

impl Describer {
    pub(super) fn next_pass(&mut self) {
        self.mounts.clear();
    }

    /// Access and target of a descriptor. `process` is the directory of its process, `tty` its controlling terminal.
    pub(super) fn describe(
        &mut self,
        root: &ProcRoot,
        process: &OwnedFd,
        fd: Fd,
        tty: Option<u32>,
    ) -> Result<(Access, Target), Failed> {
        let name = format!("fd/{fd}");
        let mut text = [0; 256];
        let link = read_link(process, name.as_str(), &mut text)?;
        let plain = match link_number(link, b"pipe") {
            _ if link == b"/dev/null" => Some(Target::Null),
            _ if link.first() == Some(&b'/') => None,
            Some(inode) => Some(Target::Pipe(Inode(inode))),
            None => {
                let socket = link_number(link, b"socket");
                Some(socket.map_or(Target::Anonymous, |inode| Target::Socket(Inode(inode))))
            }
        };
        let (access, target) = match plain {
            Some(target) if root.is_procfs() => (access_of_link(process, &name)?, target),
            _ => {
                read(process, format!("fdinfo/{fd}").as_str(), FDINFO_LIMIT, &mut self.buffer)?;
                let fields = Fields::parse(&self.buffer).ok_or(Failed::Malformed)?;
                let named = || self.named(root, process, (name.as_str(), link), &fields, tty);
                (Access::of_flags(fields.flags), plain.unwrap_or_else(named))
            }
        };
        // The number may have been closed and given to another file meanwhile.
        let mut again = [0; 256];
        if read_link(process, name.as_str(), &mut again)? == link {
            Ok((access, target))
        } else {
            Err(Failed::Gone)
        }
    }

    fn named(
        &mut self,
        root: &ProcRoot,
        process: &OwnedFd,
        (name, link): (&str, &[u8]),
        fields: &Fields,
        tty: Option<u32>,
    ) -> Target {
        if link.ends_with(b"/ptmx") {
            return match fields.tty_index {
                Some(index) => Target::PtyMaster { devpts: self.devpts(process, link, fields.mount), index },
                None => Target::File,
            };
        }
        if let Some(index) = slave(link) {
            let mount = self.mount(process, fields.mount);
            if mount.is_none_or(|mount| mount.is_devpts) {
                return Target::PtySlave { devpts: mount.map(|mount| mount.device), index };
            }
        }
        match link {
            b"/dev/tty" => match tty.and_then(pty_index) {
                Some(index) => Target::PtySlave { devpts: None, index },
                None => Target::Terminal,
            },
            b"/dev/console" => Target::Terminal,
            _ if link.starts_with(b"/dev/tty") => Target::Terminal,
            _ => self.fifo(root, process, name, fields).unwrap_or(Target::File),
        }
    }

    /// Only below a true procfs: elsewhere a link is a path to follow, which can lead anywhere.
    fn fifo(&mut self, root: &ProcRoot, process: &OwnedFd, name: &str, fields: &Fields) -> Option<Target> {
        // Nobody can seek in a fifo (`stream_open()`).
        let is_safe = root.is_procfs() && fields.pos == 0;
        if !is_safe || !self.mount(process, fields.mount)?.is_local {
            return None;
        }
        let flags = OFlags::PATH.union(OFlags::CLOEXEC);
        let file = retry_on_intr(|| openat(process, name, flags, Mode::empty())).ok()?;
        let found = fstat(&file).ok()?;
        (FileType::from_raw_mode(found.st_mode) == FileType::Fifo).then(|| Target::Fifo {
            device: Device { major: major(found.st_dev), minor: minor(found.st_dev) },
            inode: found.st_ino,
        })
    }

    /// The devpts whose master this is: the one it lies in, or the one mounted as `pts` beside it, as the kernel
    /// chose it (`devpts_acquire()`).
    fn devpts(&mut self, process: &OwnedFd, link: &[u8], mount: Option<u64>) -> Option<Device> {
        if let Some(mount) = self.mount(process, mount).filter(|mount| mount.is_devpts) {
            return Some(mount.device);
        }
        let beside = [link.strip_suffix(b"ptmx")?, b"pts"].concat();
        self.read_mounts(process).ok()?;
        let mounts = self.buffer.split(|&byte| byte == b'\n').filter_map(parse_mount);
        let last = mounts.rev().find(|&(_, path, mount)| path == beside && mount.is_devpts);
        last.map(|(_, _, mount)| mount.device)
    }

    fn mount(&mut self, process: &OwnedFd, number: Option<u64>) -> Option<Mount> {
        let number = number?;
        if let Some(mount) = self.mounts.get(&number) {
            return Some(*mount);
        }
        // What this process does not list, as what it opened before it came into its mount namespace, another may.
        self.read_mounts(process).ok()?;
        let mounts = self.buffer.split(|&byte| byte == b'\n').filter_map(parse_mount);
        self.mounts.extend(mounts.map(|(number, _, mount)| (number, mount)));
        self.mounts.get(&number).copied()
    }

    fn read_mounts(&mut self, process: &OwnedFd) -> io::Result<()> {
        read(process, c"mountinfo", MOUNTS_LIMIT, &mut self.buffer).map(|_| ())
    }
}

/// The same of a pipe that a link was read to be, as long as it is; only in a true procfs.
pub(super) fn pipe(process: &OwnedFd, fd: Fd, inode: Inode) -> Result<(Access, Target), Failed> {
    let name = format!("fd/{fd}");
    let access = access_of_link(process, &name)?;
    let mut text = [0; 64];
    match link_number(read_link(process, name.as_str(), &mut text)?, b"pipe") {
        Some(number) if number == inode.0 => Ok((access, Target::Pipe(inode))),
        _ => Err(Failed::Gone),
    }
}

/// As the kernel shows it by the permissions of a link to an open file (`tid_fd_update_inode()`), at half the price of
/// fdinfo.
fn access_of_link(process: &OwnedFd, name: &str) -> io::Result<Access> {
    let mode = statat(process, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode;
    Ok(match (mode & 0o400 != 0, mode & 0o200 != 0) {
        (true, true) => Access::Both,
        (true, false) => Access::Read,
        (false, true) => Access::Write,
        (false, false) => Access::Neither,
    })
}

/// Index of a pseudo-terminal by its device number: majors 136 to 143, `Documentation/admin-guide/devices.txt`.
fn pty_index(tty: u32) -> Option<u32> {
    let (major, minor) = ((tty >> 8) & 0xfff, (tty & 0xff) | ((tty >> 12) & 0xf_ff00));
    (136..=143).contains(&major).then(|| (major - 136) * 256 + minor)
}

/// What is read of fdinfo; a tab follows each name:
///
/// ```text
/// pos: 0
/// flags: 0100002
/// mnt_id: 25
/// ino: 2
/// tty-index: 3
/// ```
#[derive(Debug)]
struct Fields {
    pos: u64,
    flags: u32,
    mount: Option<u64>,
    tty_index: Option<u32>,
}

impl Fields {
    fn parse(text: &[u8]) -> Option<Self> {
        let value = |name: &[u8]| {
            let mut lines = text.split(|&byte| byte == b'\n');
            let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(b":"))?;
            Some(std::str::from_utf8(value).ok()?.trim_ascii())
        };
        let is_octal = |flags: &&str| flags.bytes().all(|byte| byte.is_ascii_digit());
        Some(Self {
            pos: value(b"pos")?.parse().ok()?,
            flags: u32::from_str_radix(value(b"flags").filter(is_octal)?, 8).ok()?,
            mount: value(b"mnt_id").and_then(|number| number.parse().ok()),
            tty_index: value(b"tty-index").and_then(|number| number.parse().ok()),
        })
    }
}

/// Number, place and kind of a mount; the number of optional fields before `-` varies:
///
/// ```text
/// 25 22 0:22 / /dev/pts rw,nosuid shared:3 - devpts devpts rw,gid=5
/// 0     2      4 mount point      6        - type
/// ```
pub(in crate::collect) fn parse_mount(line: &[u8]) -> Option<(u64, &[u8], Mount)> {
    let number = |field: &[u8]| std::str::from_utf8(field).ok()?.parse::<u64>().ok();
    let mut fields = line.split(|&byte| byte == b' ');
    let id = number(fields.next()?)?;
    let device = std::str::from_utf8(fields.nth(1)?).ok()?;
    let (major, minor) = device.split_once(':')?;
    let device = Device { major: major.parse().ok()?, minor: minor.parse().ok()? };
    let path = fields.nth(1)?;
    fields.find(|&field| field == b"-")?;
    let kind = fields.next()?;
    Some((id, path, Mount { device, is_local: LOCAL.contains(&kind), is_devpts: kind == b"devpts" }))
}

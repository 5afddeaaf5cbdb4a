//! What real shells and what is linked to them have open.

use std::fs::{File, Permissions};
use std::io::{BufRead as _, BufReader, PipeReader};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{CWD, FileType, MemfdFlags, Mode, OFlags, fstat, major, memfd_create, minor, mknodat, open};
use rustix::process::{PidfdFlags, getpid, pidfd_open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use sockeye::model::{Access, Collector, Descriptor, Device, Fd, Inode, Pid, Snapshot, Target};

use super::children::Guard;
use super::look_by;

/// A shell that waits for its input.
fn shell(stdin: impl Into<Stdio>, stdout: impl Into<Stdio>) -> Guard {
    let mut shell = Command::new("sh");
    Guard(shell.stdin(stdin).stdout(stdout).stderr(Stdio::null()).spawn().unwrap())
}

/// Without what the process that runs the tests has left open to all its children.
fn of(snapshot: &Snapshot, pid: u32) -> Vec<(u32, Access, Target)> {
    let link = |pid, fd| std::fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok();
    let is_own = |fd| fd <= 2 || pid == std::process::id() || link(pid, fd) != link(std::process::id(), fd);
    let own = snapshot.descriptors.iter().filter(|found| found.pid == Pid(pid) && is_own(found.fd.0));
    own.map(|&Descriptor { fd: Fd(fd), access, target, .. }| (fd, access, target)).collect()
}

fn ours(snapshot: &Snapshot, file: impl AsFd) -> Option<(Access, Target)> {
    let fd = u32::try_from(file.as_fd().as_raw_fd()).unwrap();
    let own = of(snapshot, std::process::id()).into_iter().find(|&(other, ..)| other == fd);
    own.map(|(_, access, target)| (access, target))
}

fn looks() -> [Snapshot; 3] {
    Collector::ALL.map(look_by)
}

fn pipe(pipe: &PipeReader) -> Target {
    Target::Pipe(Inode(fstat(pipe).unwrap().st_ino))
}

fn device(number: u64) -> Device {
    Device { major: major(number), minor: minor(number) }
}

#[test]
fn a_filter_between_a_shell_and_another_is_found_through_both_pipes() {
    let (from_us, to_cat) = std::io::pipe().unwrap();
    let (from_cat, to_shell) = std::io::pipe().unwrap();
    let (from_shell, to_us) = std::io::pipe().unwrap();
    let (first, second, third) = (pipe(&from_us), pipe(&from_cat), pipe(&from_shell));
    let cat =
        Guard(Command::new("cat").stdin(from_us).stdout(to_shell).stderr(Stdio::null()).spawn().unwrap());
    let shell = shell(from_cat, to_us);
    for snapshot in looks() {
        let null = (2, Access::Write, Target::Null);
        assert_eq!(of(&snapshot, shell.0.id()), [(0, Access::Read, second), (1, Access::Write, third), null]);
        assert_eq!(of(&snapshot, cat.0.id()), [(0, Access::Read, first), (1, Access::Write, second), null]);
        assert_eq!(ours(&snapshot, &to_cat), Some((Access::Write, first)));
        assert_eq!(ours(&snapshot, &from_shell), Some((Access::Read, third)));
        for pid in [shell.0.id(), cat.0.id()] {
            assert!(snapshot.processes.contains_key(&Pid(pid)), "facts of {pid}");
        }
    }
}

#[test]
fn a_shell_of_another_name_that_holds_no_socket_is_known_by_its_content() {
    let Ok(content) = std::fs::read("/bin/dash") else { return crate::support::lacking("no dash here") };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache-worker");
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    let (from_us, to_shell) = std::io::pipe().unwrap();
    let (from_shell, to_us) = std::io::pipe().unwrap();
    let (first, second) = (pipe(&from_us), pipe(&from_shell));
    let mut command = Command::new(&path);
    command.stdin(from_us).stdout(to_us).stderr(Stdio::null());
    let shell = Guard::of_copy(&mut command);
    drop(command);
    for snapshot in looks() {
        let null = (2, Access::Write, Target::Null);
        assert_eq!(of(&snapshot, shell.0.id()), [(0, Access::Read, first), (1, Access::Write, second), null]);
        assert_eq!(ours(&snapshot, &to_shell), Some((Access::Write, first)));
        assert_eq!(ours(&snapshot, &from_shell), Some((Access::Read, second)));
    }
}

#[test]
fn a_csh_that_keeps_its_input_elsewhere_leads_to_who_has_the_other_end() {
    let Some(csh) =
        ["/bin/tcsh", "/bin/csh", "/bin/bsd-csh"].into_iter().find(|path| Path::new(path).exists())
    else {
        return crate::support::lacking("no csh here");
    };
    let (from_us, to_shell) = std::io::pipe().unwrap();
    let input = pipe(&from_us);
    let shell = Guard(Command::new(csh).arg("-f").stdin(from_us).stdout(Stdio::null()).spawn().unwrap());
    let pid = shell.0.id();
    let link = |fd| std::fs::read_link(format!("/proc/{pid}/fd/{fd}")).unwrap_or_default();
    while link(0) != Path::new("/dev/null") || !link(16).to_string_lossy().starts_with("pipe:") {
        std::thread::yield_now();
    }
    for snapshot in looks() {
        assert!(of(&snapshot, pid).contains(&(16, Access::Read, input)), "{:?}", of(&snapshot, pid));
        assert_eq!(ours(&snapshot, &to_shell), Some((Access::Write, input)));
    }
}

#[test]
fn a_fifo_is_known_by_device_and_inode_whatever_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fifo");
    mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).unwrap();
    let fifo = File::options().read(true).write(true).open(&path).unwrap();
    let shell = shell(File::open(&path).unwrap(), Stdio::null());
    let found = fifo.metadata().unwrap();
    let target = Target::Fifo { device: device(found.dev()), inode: found.ino() };
    for _ in 0..2 {
        for snapshot in looks() {
            assert_eq!(of(&snapshot, shell.0.id())[0], (0, Access::Read, target));
            assert_eq!(ours(&snapshot, &fifo), Some((Access::Both, target)));
        }
        std::fs::remove_file(&path).ok(); // the second time it has no name
    }
}

/// A mount that nobody else has; on it a file that a shell opened before it came into a mount namespace of its own, where
/// all mounts have other numbers, and a fifo that a later shell reads. Each tells its number.
const TWO_NAMESPACES: &str = "\
mount -t tmpfs none \"$1\" && mkfifo \"$1/fifo\" || exit 1
exec 4<&0
unshare --mount sh -c 'echo $$ >&2; read x' <&4 >\"$1/file\" &
exec 3<>\"$1/fifo\"
sh -c 'echo $$ >&2; read x' <&3 3<&- >/dev/null &
exec 3<&-
wait";

#[test]
fn a_shell_that_does_not_list_a_mount_takes_it_from_no_other() {
    if !rustix::process::geteuid().is_root() {
        return crate::support::skip("not root: no mount namespace can be made");
    }
    let dir = tempfile::tempdir().unwrap();
    let (_from_us, to_us) = std::io::pipe().unwrap();
    let (told, tells) = std::io::pipe().unwrap();
    let mut command = Command::new("unshare");
    command.args(["--mount", "--kill-child", "--fork", "sh", "-c", TWO_NAMESPACES, "sh"]).arg(dir.path());
    let _staged = Guard(command.stdin(Stdio::piped()).stdout(to_us).stderr(tells).spawn().unwrap());
    drop(command);
    let mut pids: Vec<u32> =
        BufReader::new(told).lines().take(2).map(|pid| pid.unwrap().parse().unwrap()).collect();
    pids.sort_unstable();
    for snapshot in looks() {
        assert_eq!(of(&snapshot, pids[0])[1], (1, Access::Write, Target::File));
        let (fd, access, target) = of(&snapshot, pids[1])[0];
        assert!(
            matches!((fd, access, target), (0, Access::Both, Target::Fifo { .. })),
            "{fd} {access:?} {target:?}"
        );
    }
}

#[test]
fn the_holder_of_the_master_of_a_shells_terminal_is_found() {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let index: u32 = name.rsplit('/').next().unwrap().parse().unwrap();
    let slave: OwnedFd = File::options().read(true).write(true).open(&name).unwrap().into();
    let devpts = Some(device(std::fs::metadata("/dev/pts").unwrap().dev()));
    let shell = shell(slave.try_clone().unwrap(), slave.try_clone().unwrap());
    for snapshot in looks() {
        let slave = Target::PtySlave { devpts, index };
        let expected = [(0, Access::Both, slave), (1, Access::Both, slave), (2, Access::Write, Target::Null)];
        assert_eq!(of(&snapshot, shell.0.id()), expected);
        assert_eq!(ours(&snapshot, &master), Some((Access::Both, Target::PtyMaster { devpts, index })));
    }
}

#[test]
fn the_other_end_of_a_shells_unix_socket_is_found_where_peers_are_listed() {
    let (theirs, its) = UnixStream::pair().unwrap();
    let holder = Guard(
        Command::new("sleep")
            .arg("1000")
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let inode = Inode(fstat(&its).unwrap().st_ino);
    let shell = shell(OwnedFd::from(its), Stdio::null());
    for collector in [Collector::Bpf, Collector::Diag] {
        let snapshot = look_by(collector);
        if snapshot.way.used == Collector::Text {
            crate::support::lacking("no netlink here");
            return;
        }
        assert_eq!(of(&snapshot, shell.0.id())[0], (0, Access::Both, Target::Socket(inode)));
        let [(0, Access::Both, Target::Socket(_)), ..] = of(&snapshot, holder.0.id())[..] else {
            panic!("{:?}", of(&snapshot, holder.0.id()));
        };
    }
}

/// Files of every kind, to be the output of a shell.
fn outputs(dir: &Path) -> Vec<OwnedFd> {
    let fifo = dir.join("fifo");
    mknodat(CWD, &fifo, FileType::Fifo, Mode::RWXU, 0).unwrap();
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let slave = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let (pipe, written) = std::io::pipe().unwrap();
    let (socket, _) = UnixStream::pair().unwrap();
    let path = |path: &Path| open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).unwrap();
    let mut all = vec![
        path(&fifo),
        path("/dev/ptmx".as_ref()),
        path("/dev/null".as_ref()),
        path(dir),
        File::create(dir.join("file")).unwrap().into(),
        File::open(dir).unwrap().into(),
        File::options().read(true).write(true).open(&fifo).unwrap().into(),
        File::options().read(true).write(true).open(slave).unwrap().into(),
        master,
        pipe.into(),
        written.into(),
        socket.into(),
        memfd_create("links", MemfdFlags::CLOEXEC).unwrap(),
        eventfd(0, EventfdFlags::CLOEXEC).unwrap(),
    ];
    // What there is not on every machine.
    let others = ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/console", "/dev/tty0", "/proc/self/ns/net"];
    all.extend(others.into_iter().filter_map(|path| {
        open(path, OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK, Mode::empty()).ok()
    }));
    all.extend(pidfd_open(getpid(), PidfdFlags::empty()));
    all
}

#[test]
fn each_way_tells_the_same_of_files_of_every_kind() {
    let dir = tempfile::tempdir().unwrap();
    let outputs = outputs(dir.path());
    let shells: Vec<(Guard, std::io::PipeWriter)> = outputs
        .iter()
        .map(|output| {
            let (input, kept) = std::io::pipe().unwrap();
            (shell(input, output.try_clone().unwrap()), kept)
        })
        .collect();
    let [bpf, diag, text] = looks().map(|snapshot| {
        let found = shells.iter().map(|(shell, _)| of(&snapshot, shell.0.id()));
        found.collect::<Vec<_>>()
    });
    assert_eq!(bpf, diag);
    assert_eq!(diag, text);
    let outputs = diag.iter().filter(|found| matches!(found[..], [(0, ..), (1, ..), (2, ..)]));
    assert_eq!(outputs.count(), shells.len(), "{diag:?}");
}

/// Holds a connection and both pipes of a shell, by threads that are not the first, which ends.
const RELAY: &str = r#"
import ctypes, os, socket, subprocess, sys, threading
def relay():
    kept = socket.socket()
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    shell = subprocess.Popen(["sh"], bufsize=0, **pipes)
    print(shell.pid, flush=True)
    threading.Thread(target=os.read, args=(0, 1)).start()
    os.read(shell.stdout.fileno(), 1)
threading.Thread(target=relay).start()
ctypes.CDLL(None).pthread_exit(0)
"#;

#[test]
fn a_process_whose_first_thread_ended_is_found_by_its_pipes() {
    let mut python = Command::new("python3");
    python.args(["-c", RELAY]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut relay) = python.spawn().map(Guard) else { return crate::support::lacking("no python3 here") };
    let mut line = String::new();
    BufReader::new(relay.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let shell: u32 = line.trim().parse().unwrap();
    let pid = relay.0.id();
    let is_gone = || std::fs::read_link(format!("/proc/{pid}/exe")).is_err();
    while !is_gone() {
        std::thread::yield_now();
    }
    let ends = |snapshot: &Snapshot, pid| {
        let own = snapshot.descriptors.iter().filter(|found| found.pid == Pid(pid));
        let pipes = own.filter(|found| matches!(found.target, Target::Pipe(_)));
        pipes.map(|found| (found.access, found.target)).collect::<Vec<_>>()
    };
    for snapshot in looks() {
        let [(Access::Read, input), (Access::Write, output)] = ends(&snapshot, shell)[..] else {
            panic!("{:?}", ends(&snapshot, shell));
        };
        let found = ends(&snapshot, pid);
        for end in [(Access::Write, input), (Access::Read, output)] {
            assert!(found.contains(&end), "{:?}: {end:?} in {found:?}", snapshot.way.used);
        }
        assert!(snapshot.processes.contains_key(&Pid(pid)));
    }
}

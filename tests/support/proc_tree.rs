//! Builds fake proc file systems in a folder that goes by itself.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Number of the network namespace that processes are in unless told otherwise.
pub(crate) const HOST_NETNS: u64 = 4_026_531_840;

/// A procfs root with process 1 in it, `init`, which holds nothing.
#[derive(Debug)]
pub(crate) struct ProcTree {
    dir: TempDir,
}

impl ProcTree {
    pub(crate) fn new() -> Self {
        // In memory where there is such a place: some trees are thousands of small files.
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let tree = Self { dir: dir.unwrap() };
        tree.process(1).name(b"init").parent(0).start(1);
        tree
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file anywhere in the tree.
    pub(crate) fn file(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Writes the rows of a table of [`HOST_NETNS`], below a first line as every table has one.
    pub(crate) fn table(&self, name: &str, rows: impl AsRef<[u8]>) -> &Self {
        self.table_of(HOST_NETNS, name, rows)
    }

    pub(crate) fn table_of(&self, netns: u64, name: &str, rows: impl AsRef<[u8]>) -> &Self {
        let content = [b"  the first line is a heading\n", rows.as_ref()].concat();
        self.file(&format!("net-{netns}/{name}"), content)
    }

    /// Adds a process with usual facts: child of 1, root's, in [`HOST_NETNS`], without descriptors.
    pub(crate) fn process(&self, pid: u32) -> ProcessDir {
        let dir = self.path().join(pid.to_string());
        fs::create_dir_all(dir.join("fd")).unwrap();
        fs::create_dir_all(dir.join("ns")).unwrap();
        let name = format!("program-{pid}");
        ProcessDir {
            dir,
            pid,
            comm: Vec::new(),
            state: 'S',
            parent: 1,
            tty: 0,
            flags: 0x0040_0000,
            start: 1000 + u64::from(pid),
        }
        .name(name.as_bytes())
        .arguments(&[name.as_bytes()])
        .link("exe", format!("/usr/bin/{name}"))
        .link("cwd", "/")
        .uid(0)
        .netns(HOST_NETNS)
    }
}

/// A process of a [`ProcTree`]; each call changes the files at once.
#[derive(Debug)]
pub(crate) struct ProcessDir {
    dir: PathBuf,
    pid: u32,
    comm: Vec<u8>,
    state: char,
    parent: u32,
    tty: i32,
    flags: u32,
    start: u64,
}

impl ProcessDir {
    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn name(mut self, comm: &[u8]) -> Self {
        self.comm = comm.to_vec();
        self.stat()
    }

    pub(crate) fn parent(mut self, parent: u32) -> Self {
        self.parent = parent;
        self.stat()
    }

    /// In clock ticks after boot.
    pub(crate) fn start(mut self, start: u64) -> Self {
        self.start = start;
        self.stat()
    }

    pub(crate) fn tty(mut self, tty: i32) -> Self {
        self.tty = tty;
        self.stat()
    }

    pub(crate) fn state(mut self, state: char) -> Self {
        self.state = state;
        self.stat()
    }

    /// `PF_*` of the kernel.
    pub(crate) fn flags(mut self, flags: u32) -> Self {
        self.flags = flags;
        self.stat()
    }

    pub(crate) fn uid(self, effective: u32) -> Self {
        self.file("status", format!("Name:\tx\nUmask:\t0022\nUid:\t1\t{effective}\t3\t4\nGid:\t1\t1\t1\t1\n"))
    }

    pub(crate) fn arguments(self, arguments: &[&[u8]]) -> Self {
        let line: Vec<u8> = arguments.iter().flat_map(|argument| [argument, &b"\0"[..]].concat()).collect();
        self.file("cmdline", line)
    }

    pub(crate) fn netns(self, number: u64) -> Self {
        let tables = self.dir.parent().unwrap().join(format!("net-{number}"));
        fs::create_dir_all(&tables).unwrap();
        if !tables.join("tcp").exists() {
            fs::write(tables.join("tcp"), "  the first line is a heading\n").unwrap();
        }
        self.link("net", format!("../net-{number}")).link("ns/net", format!("net:[{number}]"))
    }

    pub(crate) fn socket(self, fd: u32, inode: u64) -> Self {
        self.link(&format!("fd/{fd}"), format!("socket:[{inode}]"))
    }

    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.dir.join(name), content).unwrap();
        self
    }

    pub(crate) fn link(self, name: &str, target: impl AsRef<[u8]>) -> Self {
        let this = self.without(name);
        symlink(OsStr::from_bytes(target.as_ref()), this.dir.join(name)).unwrap();
        this
    }

    /// Removes a file, a link or an empty folder, if it is there.
    pub(crate) fn without(self, name: &str) -> Self {
        let path = self.dir.join(name);
        if path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            fs::remove_dir(path).unwrap();
        } else if path.symlink_metadata().is_ok() {
            fs::remove_file(path).unwrap();
        }
        self
    }

    fn stat(self) -> Self {
        let Self { pid, state, parent, tty, flags, start, .. } = self;
        let head = format!("{pid} (");
        let tail = format!(
            ") {state} {parent} {pid} {pid} {tty} -1 {flags} 0 0 0 0 1 2 0 0 20 0 1 0 {start} 2527232 199 \
             18446744073709551615 1 1 0 0 0 0 0 0 65536 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
        );
        let line = [head.as_bytes(), &self.comm, tail.as_bytes()].concat();
        let comm = [&self.comm[..], b"\n"].concat();
        self.file("stat", line).file("comm", comm)
    }
}

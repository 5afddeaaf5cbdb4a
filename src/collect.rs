//! Where snapshots come from.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use crate::model::{Collector, Request, Shells, Update};

pub mod addressee;
pub mod bpf;
pub mod diag;
mod exe;
mod fds;
mod gaps;
mod host;
mod links;
mod live;
mod local;
mod netns;
mod probe;
mod process;
mod room;
mod root;
mod rows;
mod tables;
mod text;
mod threads;
mod ticks;
mod unbound;
mod walk;
mod ways;

pub use live::Live;

/// Takes what a source says; `Break` means that nobody listens any more.
pub type Emit<'a> = dyn FnMut(Update) -> ControlFlow<()> + 'a;

/// Pushes snapshots into `emit` at its own pace until nobody listens or `requests` is closed.
pub trait Source: Send {
    fn run(self: Box<Self>, requests: Receiver<Request>, emit: &mut Emit<'_>);
}

/// Which source to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceSpec {
    /// This machine, or what another procfs root shows of one.
    Live { proc: PathBuf },
}

impl SourceSpec {
    /// Whether its processes are those that the kernel knows by these pids here.
    pub fn is_own(&self) -> bool {
        let Self::Live { proc } = self;
        proc.as_path() == Path::new("/proc")
    }
}

/// How a live source works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveOptions {
    /// Time from the start of one snapshot to the start of the next.
    pub interval: Duration,
    /// Waits longer where a snapshot is dear: 20 times its CPU time, so that watching takes at most 5 % of a
    /// processor.
    pub stretch: bool,
    /// The way of reading to try first; what is not as good follows where it fails.
    pub collector: Collector,
    /// Reads what the descriptors of these shells, and of what is linked to them, are; none where nobody judges by it.
    pub links: Option<Shells>,
}

impl Default for LiveOptions {
    /// No waiting, and the best way.
    fn default() -> Self {
        Self { interval: Duration::ZERO, stretch: false, collector: Collector::Bpf, links: None }
    }
}

/// Why a source cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No directory, or one without processes.
    #[error("{path} is not a proc file system")]
    NotProc {
        path: PathBuf,
        #[source]
        cause: Option<std::io::Error>,
    },
    /// It is there and cannot be listed: refused, or no descriptor left.
    #[error("cannot list {path}")]
    Unreadable {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
}

/// Opens a source, before the first frame: what cannot work says so at once.
pub fn open(spec: &SourceSpec, options: &LiveOptions) -> Result<Box<dyn Source>, OpenError> {
    match spec {
        SourceSpec::Live { proc } => Ok(Box::new(Live::open(proc, options)?)),
    }
}

//! Facts and names: plain data without I/O, clock or knowledge of any other layer.

pub mod alert;
pub mod deed;
pub mod gap;
pub mod link;
pub mod mute;
pub mod name;
pub mod place;
pub mod process;
pub mod shell;
pub mod snapshot;
pub mod socket;
pub mod source;
pub mod text;
pub mod tool;

pub use alert::{Alert, Check, Evidence, Level};
pub use deed::{Addressee, Delivery, Signal, Standing, Unclosed};
pub use gap::{Gap, GapReason, GapScope};
pub use link::{Access, Descriptor, Device, Probe, Target};
pub use mute::{Allow, Mute, Peer, is_path};
pub use name::{Lookup, Names};
pub use place::{Run, Small};
pub use process::{Exe, Fact, Fd, Pid, Process, ProcessKey, ancestry};
pub use shell::{Shells, Told, agrees, base_name, is_loader};
pub use snapshot::{Collector, Host, NetNamespace, Own, Owner, Seen, Snapshot, Viewer, Way};
pub use socket::{
    Address, Brief, Detail, Family, Inode, Micros, Millis, Netns, Protocol, Socket, SocketId, State,
    TcpCounters, TcpDetail, TcpState, Timer, TimerKind, UnixDetail, UnixKind, UnixState,
};
pub use source::{Request, SourceId, Status, Update};
pub use text::{Text, printable, without_number};

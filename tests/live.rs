//! Real sockets of this machine in, snapshots out.

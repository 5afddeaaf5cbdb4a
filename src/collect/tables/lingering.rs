//! Connections in TIME_WAIT of the last pass, so that each of a few can be asked for by its addresses: to find one the
//! kernel looks at one bucket of its table, to find all at each.

use std::collections::BTreeMap;

use super::unheld::is_whole_tcp;
use crate::model::{Netns, Protocol, Socket, SocketId, State, TcpState};

/// To ask for more than so many costs as much as to ask for all.
const MOST: usize = 64;

/// By namespace, each with the interface that it is bound to.
#[derive(Debug, Default)]
pub(super) struct Lingering(BTreeMap<Netns, Vec<(SocketId, u32)>>);

impl Lingering {
    /// Those of a namespace, of which so many are there now. None where others must be among them, or too many were.
    pub(super) fn at_least(&self, netns: Netns, count: usize) -> Option<&[(SocketId, u32)]> {
        self.0.get(&netns).map(Vec::as_slice).filter(|known| known.len() >= count)
    }

    /// Takes those of the namespace among its sockets.
    pub(super) fn remember(&mut self, netns: Netns, sockets: &[Socket]) {
        let lingering = sockets.iter().filter(|socket| lingers(socket));
        let known: Vec<_> = lingering
            .take(MOST + 1)
            .map(|socket| (socket.id.clone(), socket.device.unwrap_or_default()))
            .collect();
        if known.len() <= MOST {
            self.0.insert(netns, known);
        }
    }
}

/// Whether the kernel counts it as in TIME_WAIT: also what is in `FIN_WAIT2` without more than that.
pub(super) fn lingers(socket: &Socket) -> bool {
    socket.id.protocol == Protocol::Tcp
        && !is_whole_tcp(socket)
        && socket.state != Some(State::Tcp(TcpState::SynRecv))
}

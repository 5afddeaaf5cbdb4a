//! What cells follow from: where that is the same, they need not be made anew.

use std::ptr;

use super::Row;
use crate::model::{Address, Detail, Socket};

/// What the values of a column follow from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Something that most rows have of their own.
    Row,
    /// The process of the lead: the same in every row whose lead it is.
    Process,
    /// What sockets of a process often have in common.
    Socket,
    /// How a TCP connection is going.
    Course,
    /// What went through a TCP connection.
    Traffic,
}

impl Basis {
    /// Whether it is the same in both rows; false, too, where that is not cheap to see. It is not asked of processes.
    pub fn is_same(self, one: &Row<'_>, other: &Row<'_>) -> bool {
        let (Some(a), Some(b)) = (one.socket, other.socket) else { return false };
        match self {
            Self::Row | Self::Process => false,
            Self::Socket => is_plain(one, a) && is_plain(other, b) && same_socket((one, a), (other, b)),
            Self::Course => match (&a.detail, &b.detail) {
                (Detail::Tcp(a), Detail::Tcp(b)) => {
                    (a.timer.map(|timer| timer.kind), a.retransmits, a.probes, a.rto, a.cwnd, a.ssthresh)
                        == (
                            b.timer.map(|timer| timer.kind),
                            b.retransmits,
                            b.probes,
                            b.rto,
                            b.cwnd,
                            b.ssthresh,
                        )
                        && (a.ato, a.quick_ack, a.ping_pong) == (b.ato, b.quick_ack, b.ping_pong)
                }
                (a, b) => !matches!(a, Detail::Tcp(_)) && !matches!(b, Detail::Tcp(_)),
            },
            Self::Traffic => {
                let counted = |socket: &Socket| {
                    socket.counters().map(|counted| (counted.sent, counted.received, counted.retransmitted))
                };
                one.entry.rates == other.entry.rates && counted(a) == counted(b)
            }
        }
    }
}

/// An internet socket of which nothing needs to be looked up.
fn is_plain(row: &Row<'_>, socket: &Socket) -> bool {
    matches!(socket.id.local, Address::Inet(_))
        && row.closed.is_none()
        && row.alerts.is_empty()
        && row.entry.peer.is_none()
}

fn same_socket((one, a): (&Row<'_>, &Socket), (other, b): (&Row<'_>, &Socket)) -> bool {
    let same_detail = match (&a.detail, &b.detail) {
        (Detail::Tcp(_), Detail::Tcp(_)) => true,
        (Detail::Datagram { drops: a }, Detail::Datagram { drops: b }) => a == b,
        _ => false,
    };
    let directed_by = |row: &Row<'_>| row.entry.direction.map(|(_, by)| by);
    same_detail
        && ptr::eq(one.analysis, other.analysis)
        && directed_by(one) == directed_by(other)
        && one.entry.unowned == other.entry.unowned
        && one.entry.age == other.entry.age
        && (a.id.netns, a.id.protocol, a.family, a.state) == (b.id.netns, b.id.protocol, b.family, b.state)
        && (a.send_queue, a.receive_queue) == (b.send_queue, b.receive_queue)
        && (a.uid, a.references, a.mark, a.device) == (b.uid, b.references, b.mark, b.device)
}

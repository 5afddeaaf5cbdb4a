//! Takes netlink messages apart: netlink(7), `include/uapi/linux/netlink.h`.

use rustix::io::Errno;

/// A request (`NLM_F_REQUEST`), and one for all sockets of a kind (`NLM_F_DUMP`).
pub(super) const REQUEST: u16 = 0x1;
pub(super) const DUMP: u16 = 0x300;
/// Something changed meanwhile: the answer may not hold together (`NLM_F_DUMP_INTR`).
const INTERRUPTED: u16 = 0x10;
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// Types below are the protocol's own (`NLMSG_MIN_TYPE`).
const LEAST_TYPE: u16 = 16;

/// `struct nlmsghdr`: length, type, flags, sequence, port.
const HEADER: usize = 16;
/// `struct nlattr`: length and type.
const ATTRIBUTE: usize = 4;

/// What a message of the kernel says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    /// One socket.
    Row(&'a [u8]),
    /// There are no more.
    Done,
    Failed(Errno),
}

/// A request around the request of a protocol.
pub(super) fn request(kind: u16, flags: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(HEADER + body.len());
    message.extend(u32::try_from(HEADER + body.len()).unwrap_or(u32::MAX).to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend(sequence.to_ne_bytes());
    message.extend(0_u32.to_ne_bytes());
    message.extend(body);
    message
}

/// The messages of one datagram that answer the request of this number.
#[derive(Clone, Debug)]
pub(super) struct Messages<'a> {
    rest: &'a [u8],
    sequence: u32,
    pub(super) interrupted: bool,
    /// The kernel said that it did what it was asked for.
    pub(super) acknowledged: bool,
}

impl<'a> Messages<'a> {
    pub(super) fn of(datagram: &'a [u8], sequence: u32) -> Self {
        Self { rest: datagram, sequence, interrupted: false, acknowledged: false }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        loop {
            let length = usize::try_from(u32_at(self.rest, 0)?).ok()?;
            let message = self.rest.get(..length)?;
            let body = message.get(HEADER..)?;
            self.rest = self.rest.get(aligned(length)..).unwrap_or_default();
            if u32_at(message, 8)? != self.sequence {
                continue;
            }
            self.interrupted |= u16_at(message, 6)? & INTERRUPTED != 0;
            match u16_at(message, 4)? {
                // An error of 0 says that all went well; a dump goes on.
                ERROR => {
                    if let Some(errno) = error(body) {
                        return Some(Message::Failed(errno));
                    }
                    self.acknowledged |= u32_at(body, 0)? == 0;
                }
                // With how it ended, on every kernel of today.
                DONE => return Some(error(body).map_or(Message::Done, Message::Failed)),
                kind if kind >= LEAST_TYPE => return Some(Message::Row(body)),
                _ => {}
            }
        }
    }
}

/// A negative error number, or 0.
fn error(body: &[u8]) -> Option<Errno> {
    let number = u32_at(body, 0)?.cast_signed().checked_neg()?;
    (number > 0).then(|| Errno::from_raw_os_error(number))
}

/// The attributes in what follows the fixed part of a message: type and value.
#[derive(Clone, Debug)]
pub(super) struct Attributes<'a>(&'a [u8]);

impl<'a> Attributes<'a> {
    pub(super) fn after(body: &'a [u8], fixed: usize) -> Self {
        Self(body.get(fixed..).unwrap_or_default())
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<(u16, &'a [u8])> {
        let length = usize::from(u16_at(self.0, 0)?);
        let kind = u16_at(self.0, 2)? & 0x3fff; // the two upper bits are flags
        let value = self.0.get(ATTRIBUTE..length)?;
        self.0 = self.0.get(aligned(length)..).unwrap_or_default();
        Some((kind, value))
    }
}

/// Messages and attributes begin at multiples of 4.
fn aligned(length: usize) -> usize {
    length.saturating_add(3) & !3
}

pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

pub(super) fn u8_at(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_ne_bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_ne_bytes)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_ne_bytes)
}

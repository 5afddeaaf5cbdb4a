//! Rows of unix, whose names may imitate rows.

use super::field::{decimal, hex};
use crate::model::{
    Address, Detail, Family, Inode, Netns, Protocol, Socket, SocketId, State, UnixDetail, UnixKind, UnixState,
};

/// Longest name: `sun_path`, with `@` for the NUL byte of an abstract one.
const NAME_LIMIT: usize = 108;
/// `__SO_ACCEPTCON` (`include/uapi/linux/net.h`).
const LISTENS: u32 = 0x1_0000;

/// Puts rows together from lines. A name may hold newlines, so a line that is no row goes on with the name of
/// the row before.
#[derive(Debug)]
pub(super) struct Rows {
    netns: Netns,
    /// The row before, where it has a name.
    named: Option<(Socket, Vec<u8>)>,
    malformed: u32,
}

impl Rows {
    pub(super) fn new(netns: Netns) -> Self {
        Self { netns, named: None, malformed: 0 }
    }

    /// Takes the next line, or that one was too long.
    pub(super) fn line(&mut self, line: Option<&[u8]>, sockets: &mut Vec<Socket>) {
        match line.and_then(|line| row(line, self.netns)) {
            Some((socket, name)) => {
                self.close(sockets);
                match name {
                    Some(name) => self.named = Some((socket, name.to_vec())),
                    None => sockets.push(socket),
                }
            }
            None => match (line, &mut self.named) {
                (Some(line), Some((_, name))) if name.len() + 1 + line.len() <= NAME_LIMIT => {
                    name.push(b'\n');
                    name.extend_from_slice(line);
                }
                _ => {
                    self.close(sockets);
                    self.malformed = self.malformed.saturating_add(1);
                }
            },
        }
    }

    /// Adds the last row; gives the number of lines that were neither a row nor part of a name.
    pub(super) fn finish(mut self, sockets: &mut Vec<Socket>) -> u32 {
        self.close(sockets);
        self.malformed
    }

    fn close(&mut self, sockets: &mut Vec<Socket>) {
        if let Some((mut socket, name)) = self.named.take() {
            socket.id.local = Address::Unix(name.into());
            sockets.push(socket);
        }
    }
}

/// `unix_seq_show()`, exactly as its format `%pK: %08X %08X %08X %04X %02X %5lu` prints it, then nothing, or one
/// blank and the name:
///
/// ```text
/// Num       RefCount Protocol Flags    Type St Inode Path
/// 00000000a16fb5e1: 00000002 00000000 00010000 0001 01 12345 /run/x y.sock
/// 0 pointer         1        2        3        4    5  6     7
/// ```
fn row(line: &[u8], netns: Netns) -> Option<(Socket, Option<&[u8]>)> {
    let colon = line.iter().take(17).position(|&byte| byte == b':')?;
    let (pointer, rest) = line.split_at_checked(colon).filter(|(pointer, _)| pointer.len() >= 8)?;
    let rest = rest.strip_prefix(b": ")?;
    let pointer = hex(pointer)?;
    let (references, rest) = fixed(rest, 8)?;
    let (_protocol, rest) = fixed(rest, 8)?;
    let (flags, rest) = fixed(rest, 8)?;
    let (kind, rest) = fixed(rest, 4)?;
    let (state, rest) = fixed(rest, 2)?;
    let (inode, name) = inode(rest)?;
    let kind = match u16::try_from(kind).ok()? {
        1 => UnixKind::Stream,
        2 => UnixKind::Datagram,
        5 => UnixKind::SeqPacket,
        other => UnixKind::Unknown(other),
    };
    let socket = Socket {
        state: Some(self::state(u8::try_from(state).ok()?, flags)),
        references: Some(references),
        pointer: Some(pointer),
        ..Socket::of(
            SocketId {
                netns,
                protocol: Protocol::Unix,
                inode,
                local: Address::None,
                remote: Address::None,
                nth: 0,
            },
            Family::Unix,
            Detail::Unix(UnixDetail { kind, flags, shutdown: None }),
        )
    };
    Some((socket, name))
}

/// A number of so many upper-case digits, and the blank after it.
fn fixed(rest: &[u8], width: usize) -> Option<(u32, &[u8])> {
    let (digits, rest) = rest.split_at_checked(width)?;
    if digits.iter().any(u8::is_ascii_lowercase) {
        return None;
    }
    Some((hex(digits)?, rest.strip_prefix(b" ")?))
}

/// `%5lu`, and what follows the blank after it.
fn inode(rest: &[u8]) -> Option<(Inode, Option<&[u8]>)> {
    let blanks = rest.iter().position(|&byte| byte != b' ')?;
    let digits = rest.iter().skip(blanks).position(|byte| !byte.is_ascii_digit());
    let width = digits.map_or(rest.len(), |digits| blanks + digits);
    if width < 5 || (blanks > 0 && width != 5) {
        return None;
    }
    let inode = Inode(decimal(rest.get(blanks..width)?)?);
    match rest.get(width..)? {
        [] => Some((inode, None)),
        [b' ', name @ ..] => Some((inode, Some(name))),
        _ => None,
    }
}

fn state(number: u8, flags: u32) -> State {
    if flags & LISTENS != 0 {
        return State::Unix(UnixState::Listen);
    }
    match number {
        1 => State::Unix(UnixState::Unconnected),
        2 => State::Unix(UnixState::Connecting),
        3 => State::Unix(UnixState::Connected),
        4 => State::Unix(UnixState::Disconnecting),
        _ => State::Unknown(number),
    }
}

//! Takes a line of a table apart.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::model::{Address, Family};

/// The fields of a line, set apart by blanks.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn of(line: &'a [u8]) -> Self {
        Self(line)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.0.iter().position(|&byte| byte != b' ')?;
        let (_, rest) = self.0.split_at(start);
        let end = rest.iter().position(|&byte| byte == b' ').unwrap_or(rest.len());
        let (field, rest) = rest.split_at(end);
        self.0 = rest;
        Some(field)
    }
}

/// A hexadecimal number of at least one digit, with no sign and no prefix.
pub(super) fn hex<T: TryFrom<u64>>(digits: &[u8]) -> Option<T> {
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let value = digits.iter().try_fold(0_u64, |value, &digit| {
        let digit = char::from(digit).to_digit(16)?;
        Some(value << 4 | u64::from(digit))
    })?;
    T::try_from(value).ok()
}

/// A decimal number of at least one digit, with no sign.
pub(super) fn decimal<T: TryFrom<u64>>(digits: &[u8]) -> Option<T> {
    if digits.is_empty() {
        return None;
    }
    let value = digits.iter().try_fold(0_u64, |value, &digit| {
        let digit = char::from(digit).to_digit(10)?;
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })?;
    T::try_from(value).ok()
}

/// A decimal number that may be negative.
pub(super) fn signed(digits: &[u8]) -> Option<i32> {
    match digits.strip_prefix(b"-") {
        Some(digits) => decimal::<i32>(digits)?.checked_neg(),
        None => decimal(digits),
    }
}

/// Two numbers with a colon between them.
pub(super) fn pair(field: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = field.iter().position(|&byte| byte == b':')?;
    Some((field.get(..colon)?, field.get(colon + 1..)?))
}

/// An address as `tcp4_seq_show()` and its kin print it: one word or four, each as the processor holds it, then
/// the port as a number. `9C02A8C0:C7AE` is 192.168.2.156:51118 on a little-endian one.
pub(super) fn address(field: &[u8], family: Family) -> Option<Address> {
    let (words, port) = pair(field)?;
    if port.len() != 4 {
        return None;
    }
    let ip = if family == Family::Inet6 { ip6(words)? } else { ip4(words)? };
    Some(Address::Inet(SocketAddr::new(ip, hex(port)?)))
}

fn ip4(words: &[u8]) -> Option<IpAddr> {
    word(words).map(|bytes| Ipv4Addr::from(bytes).into())
}

fn ip6(words: &[u8]) -> Option<IpAddr> {
    let mut bytes = [0; 16];
    if words.len() != 32 {
        return None;
    }
    for (part, digits) in bytes.chunks_exact_mut(4).zip(words.chunks_exact(8)) {
        part.copy_from_slice(&word(digits)?);
    }
    Some(Ipv6Addr::from(bytes).into())
}

fn word(digits: &[u8]) -> Option<[u8; 4]> {
    (digits.len() == 8).then(|| hex(digits).map(u32::to_ne_bytes))?
}

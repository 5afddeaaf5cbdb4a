//! Numbers of the kernel as people read them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Peer;
use crate::analyze::Age;
use crate::model::{Address, Alert, Family, Owner, Process, Protocol, State, TcpState, UnixState};

/// Names of a state: osquery's (what it lacks in its style), ss(8)'s, one of at most seven cells.
///
/// The kernel numbers UDP and raw sockets without peer as TCP's CLOSE; ss calls them UNCONN.
pub fn state(state: State, protocol: Protocol) -> [&'static str; 3] {
    match state {
        State::Tcp(TcpState::Established) | State::Unix(UnixState::Connected) => {
            ["ESTABLISHED", "ESTAB", "ESTAB"]
        }
        State::Tcp(TcpState::SynSent) => ["SYN_SENT", "SYN-SENT", "SYN-S"],
        State::Tcp(TcpState::SynRecv) => ["SYN_RECV", "SYN-RECV", "SYN-R"],
        State::Tcp(TcpState::FinWait1) => ["FIN_WAIT1", "FIN-WAIT-1", "FIN-W1"],
        State::Tcp(TcpState::FinWait2) => ["FIN_WAIT2", "FIN-WAIT-2", "FIN-W2"],
        State::Tcp(TcpState::TimeWait) => ["TIME_WAIT", "TIME-WAIT", "TIME-W"],
        State::Tcp(TcpState::Close) if protocol == Protocol::Tcp => ["CLOSED", "UNCONN", "UNCONN"],
        State::Tcp(TcpState::Close) | State::Unix(UnixState::Unconnected) => ["UNCONN"; 3],
        State::Tcp(TcpState::CloseWait) => ["CLOSE_WAIT", "CLOSE-WAIT", "CLOSE-W"],
        State::Tcp(TcpState::LastAck) => ["LAST_ACK", "LAST-ACK", "LAST-A"],
        State::Tcp(TcpState::Listen) | State::Unix(UnixState::Listen) => ["LISTEN"; 3],
        State::Tcp(TcpState::Closing) => ["CLOSING"; 3],
        State::Unix(UnixState::Connecting) => ["CONNECTING", "CONNECTING", "CONN"],
        State::Unix(UnixState::Disconnecting) => ["DISCONNECTING", "DISCONNECTING", "DISCONN"],
        State::Unknown(_) => ["UNKNOWN"; 3],
    }
}

/// Name of a protocol with its IP version, as tables of the kernel are named; a form of at most six cells.
pub fn protocol(protocol: Protocol, family: Family) -> [&'static str; 2] {
    let is_six = family == Family::Inet6;
    match protocol {
        Protocol::Tcp => [if is_six { "tcp6" } else { "tcp" }; 2],
        Protocol::Udp => [if is_six { "udp6" } else { "udp" }; 2],
        Protocol::UdpLite if is_six => ["udplite6", "udpl6"],
        Protocol::UdpLite => ["udplite", "udpl"],
        Protocol::Raw => [if is_six { "raw6" } else { "raw" }; 2],
        Protocol::Icmp => [if is_six { "icmp6" } else { "icmp" }; 2],
        Protocol::Unix => ["unix"; 2],
        Protocol::Packet => ["packet", "pkt"],
        Protocol::Netlink => ["netlink", "nl"],
    }
}

/// What a packet or netlink socket is bound to, as ss(8) words it: `arp:if2`, `route:1234`.
pub fn bound(address: &Address) -> String {
    match address {
        Address::Packet { interface, protocol } => {
            let protocol = match protocol {
                0x0003 => "all".into(), // ETH_P_ALL and the rest: linux/if_ether.h
                0x0800 => "ip".into(),
                0x0806 => "arp".into(),
                0x86dd => "ipv6".into(),
                other => format!("{other:#06x}"),
            };
            if *interface == 0 { format!("{protocol}:*") } else { format!("{protocol}:if{interface}") }
        }
        Address::Netlink { family, port } => match netlink_family(*family) {
            Some(name) => format!("{name}:{port}"),
            None => format!("{family}:{port}"),
        },
        Address::None | Address::Inet(_) | Address::Unix(_) | Address::Unbound => String::new(),
    }
}

/// `linux/netlink.h`.
fn netlink_family(family: u8) -> Option<&'static str> {
    Some(match family {
        0 => "route",
        2 => "usersock",
        3 => "firewall",
        4 => "sock_diag",
        5 => "nflog",
        6 => "xfrm",
        7 => "selinux",
        8 => "iscsi",
        9 => "audit",
        10 => "fib_lookup",
        11 => "connector",
        12 => "netfilter",
        13 => "ip6_fw",
        15 => "uevent",
        16 => "generic",
        18 => "scsitransport",
        19 => "ecryptfs",
        20 => "rdma",
        21 => "crypto",
        22 => "smc",
        _ => return None,
    })
}

/// An age in its largest units: `6m`, `6m12s`; `<9d` where only a bound is known, `-` where nothing is.
pub fn age(age: Age, units: usize) -> String {
    match age {
        Age::Exactly(age) => duration(age, units),
        Age::AtMost(age) => format!("<{}", duration(age, units)),
        Age::Unknown => "-".to_owned(),
    }
}

fn duration(duration: Duration, units: usize) -> String {
    let seconds = duration.as_secs();
    let all =
        [(seconds / 86400, 'd'), (seconds / 3600 % 24, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    let from = all.iter().position(|(count, _)| *count > 0).unwrap_or(all.len() - 1);
    let shown = all.iter().skip(from).take(units).enumerate();
    let shown = shown.filter(|(place, (count, _))| *place == 0 || *count > 0);
    let shown: Vec<String> = shown.map(|(_, (count, unit))| format!("{count}{unit}")).collect();
    shown.concat()
}

/// A short time: `0.204s`.
pub fn seconds(duration: Duration) -> String {
    format!("{}s", duration.as_secs_f64())
}

/// `31ms`; below ten with a decimal: `0.2ms`.
pub fn latency(duration: Duration) -> String {
    let tenths = (duration.as_micros() + 50) / 100;
    if tenths < 100 {
        format!("{}.{}ms", tenths / 10, tenths % 10)
    } else {
        format!("{}ms", (tenths + 5) / 10)
    }
}

/// Bytes in the unit that leaves at most three digits: `512 B`, `8.1 kB`, `64 MB`.
pub fn amount(bytes: u64) -> String {
    let mut tenths = bytes.saturating_mul(10);
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let mut unit = "B";
    for larger in ["kB", "MB", "GB", "TB", "PB"] {
        if tenths < 10_000 {
            break;
        }
        (tenths, unit) = (tenths / 1_000, larger);
    }
    if tenths < 100 {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    } else {
        format!("{} {unit}", tenths / 10)
    }
}

/// Who is at the other end of a unix socket: `dbus-daemon(602) /run/dbus/system_bus_socket`.
pub fn peer(peer: &Peer<'_>) -> String {
    let process = match (peer.process, peer.pid) {
        (Some(process), Some(pid)) => format!("{}({pid})", process.comm),
        (None, Some(pid)) => format!("?({pid})"),
        (_, None) => "no owner".to_owned(),
    };
    match peer.socket.id.local.path() {
        Some(path) => format!("{process} {path}"),
        None => process,
    }
}

/// Time of day; UTC, as the zone of a remote host is not known: `14:41:07 UTC`.
pub fn clock(time: SystemTime) -> String {
    format!("{} UTC", time_of_day(time))
}

/// The same beside a time that says its zone.
pub fn time_of_day(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() % 86_400;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A moment in UTC to the millisecond: `2026-07-28T14:41:07.123Z`.
///
/// Years before 1970 or after 9999 do not happen; a clock that says so shows the nearest that is there.
pub fn rfc3339(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs().min(253_402_300_799);
    let (year, month, day) = civil(seconds / 86400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let millisecond = since.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z")
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
///
/// Years begin in March here, so that the leap day is the last of a year.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468; // from 0000-03-01
    let (era, day_of_era) = (days / 146_097, days % 146_097); // 400 years
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153; // from March
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// Name of a terminal's device by its number (`tty_nr` of proc(5)): `pts/3`, `tty1`, else `major:minor`.
pub fn terminal(device: u32) -> String {
    let (major, minor) = (device >> 8 & 0xfff, device & 0xff | device >> 12 & 0xfff00);
    match major {
        4 if minor < 64 => format!("tty{minor}"),
        4 => format!("ttyS{}", minor - 64),
        136..=143 => format!("pts/{}", (major - 136) * 256 + minor),
        _ => format!("{major}:{minor}"),
    }
}

/// `0,1,2`.
pub fn fds(owners: &[Owner]) -> String {
    let numbers: Vec<String> = owners.iter().map(|owner| owner.fd.to_string()).collect();
    numbers.join(",")
}

/// `init(1) > sshd(911) > bash(4242)` of a chain whose nearest comes first.
pub fn chain(processes: &[&Process]) -> String {
    let links: Vec<String> =
        processes.iter().rev().map(|process| format!("{}({})", process.comm, process.key.pid)).collect();
    links.join(" > ")
}

/// `high shell-outbound`.
pub fn alerts(alerts: &[Alert]) -> String {
    let each: Vec<String> = alerts.iter().map(alert).collect();
    each.join(", ")
}

/// `high shell-outbound`, `high shell-outbound (muted)`.
pub fn alert(alert: &Alert) -> String {
    let muted = if alert.muted.is_some() { " (muted)" } else { "" };
    format!("{} {}{muted}", alert.level.name(), alert.rule)
}

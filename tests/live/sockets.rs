//! Sockets of every kind that a test may open.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixDatagram, UnixListener, UnixStream};

use rustix::net::{AddressFamily, Protocol as NetProtocol, SocketType, bind, netlink, socket};
use sockeye::model::{
    Address, Collector, Detail, Family, Fd, Inode, Protocol, Socket, State, TcpState, Text, UnixDetail,
    UnixKind, UnixState,
};

use super::{assert_ours, fd, held_by, is_root, look, look_by, look_until, row};
use crate::support::skip;

fn tcp(address: &str) -> Option<(TcpListener, TcpStream, TcpStream)> {
    let listener = TcpListener::bind(address).ok()?;
    let mut connect_to = listener.local_addr().unwrap();
    if address.starts_with("[::]") {
        connect_to.set_ip([127, 0, 0, 1].into());
    }
    let client = TcpStream::connect(connect_to).ok()?;
    let server = listener.accept().unwrap().0;
    Some((listener, client, server))
}

fn assert_connection(address: &str, unspecified: &str) {
    let Some((listener, client, server)) = tcp(address) else {
        crate::support::lacking(&format!("no {address} here"));
        return;
    };
    let snapshot = look();
    let end = Address::Inet;
    let none = Address::Inet(unspecified.parse().unwrap());
    let listening = (Protocol::Tcp, end(listener.local_addr().unwrap()), none, TcpState::Listen);
    assert_ours(&snapshot, &listener, listening);
    for socket in [&client, &server] {
        let ends = (end(socket.local_addr().unwrap()), end(socket.peer_addr().unwrap()));
        assert_ours(&snapshot, socket, (Protocol::Tcp, ends.0, ends.1, TcpState::Established));
    }
    let family = |socket: &dyn Fn() -> SocketAddr| {
        if socket().is_ipv6() { Family::Inet6 } else { Family::Inet }
    };
    assert_eq!(row(&snapshot, &client).family, family(&|| client.local_addr().unwrap()));
    assert_eq!(row(&snapshot, &server).family, family(&|| server.local_addr().unwrap()));
}

#[test]
fn tcp_over_ipv4() {
    assert_connection("127.0.0.1:0", "0.0.0.0:0");
}

#[test]
fn tcp_over_ipv6() {
    assert_connection("[::1]:0", "[::]:0");
}

#[test]
fn ipv4_connections_of_a_dual_stack_listener_are_listed_as_mapped() {
    assert_connection("[::]:0", "[::]:0");
}

#[test]
fn queues_hold_what_was_not_read() {
    let (listener, mut client, server) = tcp("127.0.0.1:0").unwrap();
    client.write_all(b"12345").unwrap();
    let waiting = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    // On a listener, the connections that wait for accept(2).
    let queued = |socket: &dyn AsFd, count| {
        let inode = super::inode(socket.as_fd());
        move |row: &Socket| row.id.inode == inode && row.receive_queue == Some(count)
    };
    let (unread, unaccepted) = (queued(&server, 5), queued(&listener, 1));
    let snapshot = look_until(|snapshot| {
        snapshot.sockets.iter().any(&unread) && snapshot.sockets.iter().any(&unaccepted)
    });
    let [local, remote] =
        [listener.local_addr(), waiting.local_addr()].map(|end| Address::Inet(end.unwrap()));
    let not_accepted: Vec<_> = snapshot
        .sockets
        .iter()
        .filter(|socket| (&socket.id.local, &socket.id.remote) == (&local, &remote))
        .map(|socket| (socket.id.inode, socket.state))
        .collect();
    assert_eq!(not_accepted, [(Inode::NONE, Some(State::Tcp(TcpState::Established)))]);
}

#[test]
fn time_wait_has_no_inode_and_no_user() {
    let (_listener, client, server) = tcp("127.0.0.1:0").unwrap();
    let (local, remote) = (client.local_addr().unwrap(), client.peer_addr().unwrap());
    drop(client);
    std::io::copy(&mut &server, &mut std::io::sink()).unwrap(); // until the end of the stream
    drop(server);
    let found = look()
        .sockets
        .into_iter()
        .find(|socket| socket.id.local == Address::Inet(local) && socket.id.remote == Address::Inet(remote));
    let found = found.unwrap();
    let expected = (Inode::NONE, Some(State::Tcp(TcpState::TimeWait)), None);
    assert_eq!((found.id.inode, found.state, found.uid), expected);
    let Detail::Tcp(detail) = found.detail else { panic!("not TCP") };
    let left = std::time::Duration::from(detail.timer.unwrap().left).as_secs();
    assert!((50..=60).contains(&left), "{left} s of the minute are left");
}

#[test]
fn udp_connected_and_not() {
    let bound = UdpSocket::bind("127.0.0.1:0").unwrap();
    let connected = UdpSocket::bind("127.0.0.1:0").unwrap();
    let end = |socket: &UdpSocket| Address::Inet(socket.local_addr().unwrap());
    connected.connect(bound.local_addr().unwrap()).unwrap();
    let snapshot = look();
    assert_ours(&snapshot, &bound, (Protocol::Udp, end(&bound), Address::unspecified(), TcpState::Close));
    assert_ours(&snapshot, &connected, (Protocol::Udp, end(&connected), end(&bound), TcpState::Established));
}

fn assert_unix(socket: impl AsFd, name: Option<&[u8]>, state: UnixState, kind: UnixKind) {
    let snapshot = look();
    let row = row(&snapshot, &socket);
    let local = name.map_or(Address::None, |name| Address::Unix(Text::from(name)));
    assert_eq!((row.id.protocol, row.id.local, row.state), (Protocol::Unix, local, Some(State::Unix(state))));
    let flags = if state == UnixState::Listen { 0x1_0000 } else { 0 };
    let shutdown = (snapshot.way.used != Collector::Text).then_some(0);
    assert_eq!(row.detail, Detail::Unix(UnixDetail { kind, flags, shutdown }));
    assert_eq!(held_by(&snapshot, std::process::id(), &socket), [fd(&socket)]);
}

#[test]
fn unix_paths_of_any_bytes() {
    let dir = tempfile::tempdir().unwrap();
    for name in [&b"plain"[..], b"a b", b"line\nline\n", b"@x", b"\x1b[31m\xff", b"  "] {
        let path = dir.path().join(std::ffi::OsStr::from_bytes(name));
        let listener = UnixListener::bind(&path).unwrap();
        assert_unix(&listener, Some(path.as_os_str().as_bytes()), UnixState::Listen, UnixKind::Stream);
    }
}

#[test]
fn unix_abstract_names_of_any_bytes() {
    let unique = format!("sockeye-test-{}", std::process::id());
    for name in [&b"\ny\xff"[..], b"a\0b", b" ", b"\n"] {
        let name = [unique.as_bytes(), name].concat();
        let socket = UnixDatagram::bind_addr(&UnixAddr::from_abstract_name(&name).unwrap()).unwrap();
        let listed = name.iter().map(|&byte| if byte == 0 { b'@' } else { byte });
        let listed: Vec<u8> = std::iter::once(b'@').chain(listed).collect();
        assert_unix(&socket, Some(&listed), UnixState::Unconnected, UnixKind::Datagram);
    }
}

#[test]
fn unix_pairs_have_no_name() {
    let (one, other) = UnixStream::pair().unwrap();
    assert_unix(&one, None, UnixState::Connected, UnixKind::Stream);
    assert_unix(&other, None, UnixState::Connected, UnixKind::Stream);
}

#[test]
fn a_name_that_imitates_rows_makes_none() {
    // An inode that nobody holds, and one that is a TCP socket's.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let inode = super::inode(&listener);
    for forged in [inode.0, u64::MAX] {
        let name =
            format!("{:04}\n00000000: 00000002 00000000 00010000 0001 01 {forged:>5} @x", forged % 9973);
        let name = UnixAddr::from_abstract_name(name.as_bytes()).unwrap();
        let _socket = UnixDatagram::bind_addr(&name).unwrap();
        let snapshot = look_by(Collector::Text);
        let forgeries = snapshot.sockets.iter().filter(|row| row.id.local == Address::Unix("@x".into()));
        let all_seen = snapshot.seen.processes == snapshot.seen.processes_read;
        let expected = usize::from(forged != inode.0 && !all_seen);
        assert_eq!(forgeries.count(), expected, "kept only where some descriptors could not be read");
        assert_eq!(row(&snapshot, &listener).id.protocol, Protocol::Tcp);
        let snapshot = look();
        let forgery = snapshot.sockets.iter().find(|row| row.id.local == Address::Unix("@x".into()));
        assert_eq!((snapshot.way.used == Collector::Text, forgery), (false, None), "netlink has no lines");
    }
}

#[test]
fn netlink_sockets() {
    let route = socket(AddressFamily::NETLINK, SocketType::RAW, None).unwrap();
    bind(&route, &netlink::SocketAddrNetlink::new(0, 0)).unwrap();
    let name = rustix::net::getsockname(&route).unwrap();
    let port = netlink::SocketAddrNetlink::try_from(name).unwrap().pid();
    let snapshot = look();
    let row = row(&snapshot, &route);
    assert_eq!((row.family, row.id.local), (Family::Netlink, Address::Netlink { family: 0, port }));
    assert_eq!(held_by(&snapshot, std::process::id(), &route), [fd(&route)]);
}

#[test]
fn packet_sockets() {
    let every = NetProtocol::from_raw(u32::from(0x0003_u16.to_be()).try_into().unwrap()); // ETH_P_ALL
    let Ok(packet) = socket(AddressFamily::PACKET, SocketType::RAW, Some(every)) else {
        skip("packet sockets need cap_net_raw");
        return;
    };
    let snapshot = look();
    let row = row(&snapshot, &packet);
    assert_eq!((row.family, row.id.local), (Family::Packet, Address::Packet { interface: 0, protocol: 3 }));
    assert_eq!(row.detail, Detail::Packet { kind: 3 });
    assert_eq!(row.uid, Some(rustix::process::geteuid().as_raw()));
    assert_eq!(held_by(&snapshot, std::process::id(), &packet), [fd(&packet)]);
}

#[test]
fn raw_sockets() {
    if !is_root() {
        skip("raw sockets need root");
        return;
    }
    for (family, address) in [(AddressFamily::INET, "0.0.0.0:253"), (AddressFamily::INET6, "[::]:253")] {
        let protocol = NetProtocol::from_raw(253.try_into().unwrap()); // for experiments (RFC 3692)
        let Ok(raw) = socket(family, SocketType::RAW, Some(protocol)) else {
            crate::support::lacking(&format!("no raw {address} here"));
            continue;
        };
        let snapshot = look();
        let mut none: SocketAddr = address.parse().unwrap();
        none.set_port(0);
        let local = Address::Inet(address.parse().unwrap());
        assert_ours(&snapshot, &raw, (Protocol::Raw, local, Address::Inet(none), TcpState::Close));
    }
}

#[test]
fn descriptors_are_found_wherever_they_stand() {
    let mut sockets: Vec<UdpSocket> = (0..100).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    let assert_found = |sockets: &[UdpSocket], far: Option<&OwnedFd>| {
        let snapshot = look_by(Collector::Diag);
        for (at, socket) in sockets.iter().enumerate() {
            let further = far.filter(|_| at == 0).map(fd);
            let held: Vec<Fd> = [fd(socket)].into_iter().chain(further).collect();
            assert_eq!(held_by(&snapshot, std::process::id(), socket), held);
        }
    };
    assert_found(&sockets, None);
    let far = rustix::io::fcntl_dupfd_cloexec(&sockets[0], 900).unwrap();
    assert_found(&sockets, Some(&far));
    drop(far);
    // Every 20th number is free, then every third.
    for each in [20, 3] {
        let mut at = 0;
        sockets.retain(|_| {
            at += 1;
            at % each != 0
        });
        assert_found(&sockets, None);
    }
}

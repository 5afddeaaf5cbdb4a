//! Sockets that are closed one by one, by the real kernel.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, socket_with};
use sockeye::collect::diag::destroy::{find, told};
use sockeye::model::{Address, Netns, Protocol, Snapshot, SocketId, Unclosed};

use super::namespaces::{inside, named};
use super::{inode, is_root, look, look_until, row};
use crate::support::tcp::from;
use crate::support::{lacking, skip};

/// What a look lists of the socket.
fn id(socket: impl AsFd) -> SocketId {
    row(&look(), socket).id
}

/// Closes it as the screen would; false where this kernel does not.
fn close(id: &SocketId) -> Result<bool, Unclosed> {
    match find(id, None, &[])?.close() {
        Err(Unclosed::NoDestroy) => {
            lacking("the kernel has no CONFIG_INET_DIAG_DESTROY");
            Ok(false)
        }
        Err(why) => Err(why),
        Ok(()) => Ok(true),
    }
}

fn may() -> bool {
    if !is_root() {
        skip("closing sockets of others needs root");
    }
    is_root()
}

fn pair(address: &str) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(address).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

fn fails_with(mut stream: TcpStream, kind: ErrorKind) {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), kind);
}

#[test]
fn a_connection_is_closed_with_an_error_for_its_owner_and_a_reset_for_its_peer() {
    if !may() {
        return;
    }
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let (client, server) = pair(address);
        let (_other, _others) = pair(address);
        if !close(&id(&client)).unwrap() {
            return;
        }
        fails_with(client, ErrorKind::ConnectionAborted);
        fails_with(server, ErrorKind::ConnectionReset);
    }
}

#[test]
fn an_ipv4_connection_of_an_ipv6_socket_is_closed() {
    if !may() {
        return;
    }
    let listener = TcpListener::bind("[::]:0").unwrap();
    let address: SocketAddr = ([127, 0, 0, 1], listener.local_addr().unwrap().port()).into();
    let client = TcpStream::connect(address).unwrap();
    let (server, _) = listener.accept().unwrap();
    if close(&id(&server)).unwrap() {
        fails_with(server, ErrorKind::ConnectionAborted);
        fails_with(client, ErrorKind::ConnectionReset);
    }
}

#[test]
fn udp_and_listeners_are_closed() {
    if !may() {
        return;
    }
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let connected = UdpSocket::bind("[::1]:0").unwrap();
    connected.connect(connected.local_addr().unwrap()).unwrap();
    for socket in [udp, connected] {
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        if !close(&id(&socket)).unwrap() {
            return;
        }
        assert_eq!(socket.recv(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionAborted);
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    assert!(close(&id(&listener)).unwrap());
    assert!(TcpStream::connect(listener.local_addr().unwrap()).is_err());
}

#[test]
fn of_listeners_that_share_an_address_none_but_the_one_is_closed() {
    if !may() {
        return;
    }
    let wanted = shared(0);
    let other = shared(wanted.local_addr().unwrap().port());
    // The kernel looks up either; it closes the wanted one, or none.
    let closed = close(&id(&wanted));
    assert!(matches!(closed, Ok(_) | Err(Unclosed::Gone)), "{closed:?}");
    assert_eq!(row(&look(), &other).id.inode, inode(&other));
}

fn shared(port: u16) -> TcpListener {
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    rustix::net::sockopt::set_socket_reuseport(&socket, true).unwrap();
    bind(&socket, &SocketAddr::from(([127, 0, 0, 1], port))).unwrap();
    rustix::net::listen(&socket, 8).unwrap();
    socket.into()
}

#[test]
fn a_second_connection_on_the_same_address_pair_survives() {
    if !may() {
        return;
    }
    let listener = TcpListener::bind("127.83.79.67:0").unwrap();
    let remote = listener.local_addr().unwrap();
    let first = from("127.83.79.68:0".parse().unwrap(), remote);
    let local = first.local_addr().unwrap();
    let (accepted, _) = listener.accept().unwrap();
    let shown = id(&first);
    let known = find(&shown, None, &[]).unwrap();
    drop((first, accepted));
    let mut second = from(local, remote);
    let (mut server, _) = listener.accept().unwrap();
    let again = id(&second);
    assert_eq!((&again.local, &again.remote), (&shown.local, &shown.remote));
    // Known before the second was there, and asked for after.
    for closed in [known.close(), find(&shown, None, &[]).map(drop)] {
        if closed == Err(Unclosed::NoDestroy) {
            lacking("the kernel has no CONFIG_INET_DIAG_DESTROY");
        } else {
            assert_eq!(closed, Err(Unclosed::Gone));
        }
    }
    server.write_all(b"x").unwrap();
    second.read_exact(&mut [0]).unwrap();
    assert!(close(&again).unwrap());
    fails_with(second, ErrorKind::ConnectionAborted);
}

#[test]
fn a_socket_in_another_namespace_is_closed_there() {
    let Some((name, file, netns)) = named("destroy") else { return };
    let up = std::process::Command::new("ip").args(["-n", name.name(), "link", "set", "lo", "up"]).status();
    assert!(up.unwrap().success());
    let (client, _server) = inside(&file, || pair("127.0.0.1:0"));
    drop(file);
    let shown = id(&client);
    assert_eq!(shown.netns, netns);
    // The same addresses here are nobody's business.
    let here = SocketId { netns: super::own_netns(), ..shown.clone() };
    assert_eq!(find(&here, None, &[]).map(drop), Err(Unclosed::Gone));
    if close(&shown).unwrap() {
        fails_with(client, ErrorKind::ConnectionAborted);
    }
    let nowhere = SocketId { netns: Netns::Inode(1), ..shown };
    assert_eq!(find(&nowhere, None, &[]).map(drop), Err(Unclosed::NoWay));
}

#[test]
fn what_has_no_inode_is_known_by_its_addresses() {
    if !may() {
        return;
    }
    let listener = TcpListener::bind("127.83.79.69:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let local = Address::Inet(client.local_addr().unwrap());
    drop((listener.accept().unwrap(), client));
    let is_it = |snapshot: &Snapshot| {
        let rows = snapshot.sockets.iter().map(|row| &row.id);
        rows.filter(|id| id.protocol == Protocol::Tcp && id.inode.is_none())
            .find(|id| id.local == local || id.remote == local)
            .cloned()
    };
    let shown = is_it(&look_until(|snapshot| is_it(snapshot).is_some())).unwrap();
    if close(&shown).unwrap() {
        assert_eq!(is_it(&look()), None);
    }
}

#[test]
fn without_the_capability_the_kernel_says_no() {
    if !may() {
        return;
    }
    let (client, _server) = pair("127.0.0.1:0");
    let known = find(&id(&client), None, &[]).unwrap();
    let closed = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let none = rustix::thread::CapabilitySet::empty();
            let sets = rustix::thread::CapabilitySets { effective: none, permitted: none, inheritable: none };
            rustix::thread::set_capabilities(None, sets).unwrap();
            known.close()
        });
        thread.join().unwrap()
    });
    assert!(matches!(closed, Err(Unclosed::NotPermitted | Unclosed::NoDestroy)), "{closed:?}");
}

/// `NLMSG_ERROR` with this number, to request 1.
fn error(number: i32, sequence: u32) -> Vec<u8> {
    let header = [&36_u32.to_ne_bytes()[..], &2_u16.to_ne_bytes(), &[0, 0], &sequence.to_ne_bytes(), &[0; 4]];
    [&header.concat()[..], &number.to_ne_bytes(), &[0; 16]].concat()
}

#[test]
fn the_kernels_answer_is_taken_at_its_word() {
    use rustix::io::Errno;
    let said = |errno: Errno| told(&error(-errno.raw_os_error(), 1));
    assert_eq!(told(&error(0, 1)), Ok(()));
    assert_eq!(said(Errno::NOENT), Err(Unclosed::Gone));
    assert_eq!(said(Errno::STALE), Err(Unclosed::Gone));
    assert_eq!(said(Errno::PERM), Err(Unclosed::NotPermitted));
    assert_eq!(said(Errno::OPNOTSUPP), Err(Unclosed::NoDestroy));
    for other in [error(0, 2), Vec::new(), error(0, 1)[..19].to_vec()] {
        assert!(matches!(told(&other), Err(Unclosed::Failed(_))), "{other:?}");
    }
}

//! Real sockets closed from the real screen.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::{SOCKEYE, wait_for_screen};
use crate::support::pty::{Pty, Running};
use crate::support::tcp::from;
use crate::support::{lacking, skip};

fn may() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        skip("closing sockets needs root");
    }
    is_root
}

/// The table of one connection, with the dialog open.
fn asked(pty: &mut Pty, client: &TcpStream) -> Running {
    let local = client.local_addr().unwrap();
    let filter = format!("local_port={} remote_port={}", local.port(), client.peer_addr().unwrap().port());
    let running = pty.start(SOCKEYE, &[&filter, "--delay=3600"]);
    wait_for_screen(pty);
    pty.wait_for(" 1 of ");
    pty.send(b"X");
    pty.wait_for("Close this socket");
    pty.wait_for(&format!("{local} > "));
    running
}

/// The answer; false where this kernel closes nothing.
fn answered(pty: &mut Pty, text: &str) -> bool {
    pty.send(b"\r");
    pty.wait("an answer", |screen| {
        let screen = screen.contents();
        screen.contains(text) || screen.contains("this kernel closes no sockets")
    });
    let closes = pty.screen().contents().contains(text);
    if !closes {
        lacking("the kernel has no CONFIG_INET_DIAG_DESTROY");
    }
    closes
}

#[test]
fn the_socket_of_the_row_is_closed_and_no_process_ends() {
    if !may() {
        return;
    }
    let listener = TcpListener::bind("127.83.79.70:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut other, mut others) = (TcpStream::connect(listener.local_addr().unwrap()).unwrap(), listener);
    let mut pty = Pty::new(80, 24);
    let _running = asked(&mut pty, &client);
    if answered(&mut pty, "closed: whoever held it reads an error") {
        client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionAborted);
        pty.wait("the row is marked", |screen| screen.contents().contains(" 0 of "));
    }
    let mut accepted = [accept(&mut others), accept(&mut others)];
    let peer = other.local_addr().unwrap();
    let peer = accepted.iter_mut().find(|one| one.peer_addr().is_ok_and(|at| at == peer)).unwrap();
    peer.write_all(b"x").unwrap();
    other.read_exact(&mut [0]).unwrap();
}

fn accept(listener: &mut TcpListener) -> TcpStream {
    listener.accept().unwrap().0
}

#[test]
fn esc_closes_nothing() {
    if !may() {
        return;
    }
    let listener = TcpListener::bind("127.83.79.71:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut pty = Pty::new(80, 24);
    let _running = asked(&mut pty, &client);
    pty.send(b"\x1b");
    pty.wait("the table", |screen| !screen.contents().contains("Close this socket"));
    listener.accept().unwrap().0.write_all(b"x").unwrap();
    client.read_exact(&mut [0]).unwrap();
}

#[test]
fn a_second_connection_on_the_same_address_pair_survives() {
    if !may() {
        return;
    }
    let listener = TcpListener::bind("127.83.79.72:0").unwrap();
    let remote = listener.local_addr().unwrap();
    let first = from("127.83.79.73:0".parse().unwrap(), remote);
    let (accepted, _) = listener.accept().unwrap();
    let local = first.local_addr().unwrap();
    let mut pty = Pty::new(80, 24);
    let _running = asked(&mut pty, &first);
    drop((first, accepted));
    let mut second = from(local, remote);
    let (mut server, _) = listener.accept().unwrap();
    answered(&mut pty, "gone already. Nothing was closed.");
    server.write_all(b"x").unwrap();
    second.read_exact(&mut [0]).unwrap();
}

//! Connections between chosen addresses.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustix::net::sockopt::{set_socket_linger, set_socket_reuseaddr};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};

/// A connection from exactly this address; it ends by a reset, so that nothing is left in TIME_WAIT.
pub fn from(local: SocketAddr, remote: SocketAddr) -> TcpStream {
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    set_socket_reuseaddr(&socket, true).unwrap();
    set_socket_linger(&socket, Some(Duration::ZERO)).unwrap();
    bind(&socket, &local).unwrap();
    connect(&socket, &remote).unwrap();
    socket.into()
}

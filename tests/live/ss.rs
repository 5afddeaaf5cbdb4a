//! The same sockets as ss(8) lists.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::Command;

use sockeye::model::{Address, Inode, Snapshot, Socket, State, TcpState};

use super::{inode, look, look_until};
use crate::support::skip;

type Row = (String, SocketAddr, SocketAddr, String, u64, u32, u32);

fn state(socket: &Socket) -> &'static str {
    match socket.state {
        Some(State::Tcp(TcpState::Established)) => "ESTAB",
        Some(State::Tcp(TcpState::Listen)) => "LISTEN",
        Some(State::Tcp(TcpState::Close)) => "UNCONN",
        Some(State::Tcp(TcpState::CloseWait)) => "CLOSE-WAIT",
        Some(State::Tcp(TcpState::FinWait2)) => "FIN-WAIT-2",
        ref other => panic!("{other:?}"),
    }
}

fn ours(snapshot: &Snapshot, inodes: &BTreeSet<Inode>) -> BTreeSet<Row> {
    let pid = std::process::id();
    let mut rows = BTreeSet::new();
    for socket in snapshot.sockets.iter().filter(|socket| inodes.contains(&socket.id.inode)) {
        let (Address::Inet(local), Address::Inet(remote)) = (&socket.id.local, &socket.id.remote) else {
            panic!("{socket:?}")
        };
        let owners = snapshot.owners.iter().filter(|owner| owner.inode == socket.id.inode);
        for owner in owners.filter(|owner| owner.pid.0 == pid) {
            let name = socket.id.protocol.name().to_owned();
            let state = state(socket).to_owned();
            rows.insert((name, *local, *remote, state, socket.id.inode.0, owner.pid.0, owner.fd.0));
        }
    }
    rows
}

/// One line is
///
/// ```text
/// tcp LISTEN 0 128 127.0.0.1:4242 0.0.0.0:* users:(("main",pid=7,fd=3),("main",pid=7,fd=4)) ino:91 sk:1 <->
/// ```
fn theirs(listing: &str, inodes: &BTreeSet<Inode>) -> BTreeSet<Row> {
    let own = std::process::id();
    let mut rows = BTreeSet::new();
    for line in listing.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let number = |field: &str, key| field.strip_prefix(key)?.parse().ok();
        let inode = fields.iter().find_map(|field| number(field, "ino:"));
        let Some(inode) = inode.filter(|&inode| inodes.contains(&Inode(inode))) else { continue };
        let end = |field: &str| field.replace(":*", ":0").replace("*:0", "[::]:0").parse().unwrap();
        let users = fields.iter().find_map(|field| field.strip_prefix("users:((")).unwrap();
        for user in users.trim_end_matches(')').split("),(") {
            let part = |key| user.split(',').find_map(|part| part.strip_prefix(key)).unwrap();
            let (pid, fd) = (part("pid=").parse().unwrap(), part("fd=").parse().unwrap());
            if pid == own {
                let (local, remote) = (end(fields[4]), end(fields[5]));
                rows.insert((fields[0].to_owned(), local, remote, fields[1].to_owned(), inode, pid, fd));
            }
        }
    }
    rows
}

#[test]
fn sockets_and_owners_are_those_that_ss_lists() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let server = listener.accept().unwrap().0;
    let half = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let closed = listener.accept().unwrap().0;
    half.shutdown(std::net::Shutdown::Write).unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let connected = UdpSocket::bind("127.0.0.1:0").unwrap();
    connected.connect(udp.local_addr().unwrap()).unwrap();
    let again = client.try_clone().unwrap();
    let v6 = TcpListener::bind("[::1]:0").ok();
    let mut inodes: BTreeSet<Inode> = [
        inode(&listener),
        inode(&client),
        inode(&server),
        inode(&half),
        inode(&closed),
        inode(&udp),
        inode(&connected),
        inode(&again),
    ]
    .into();
    inodes.extend(v6.as_ref().map(inode));
    look_until(|snapshot| {
        let state = |socket| snapshot.sockets.iter().find(|row| row.id.inode == socket)?.tcp_state();
        state(inode(&half)) == Some(TcpState::FinWait2) && state(inode(&closed)) == Some(TcpState::CloseWait)
    });
    let Ok(listing) = Command::new("ss").args(["-H", "-tunape"]).output() else {
        skip("no ss(8) here");
        return;
    };
    let listing = String::from_utf8_lossy(&listing.stdout).into_owned();
    let (ours, theirs) = (ours(&look(), &inodes), theirs(&listing, &inodes));
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), inodes.len() + 1, "one for each socket, two for the one held twice");
}

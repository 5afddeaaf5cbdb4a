//! The same sockets in each way of reading.

use crate::support::skip;
use std::collections::BTreeSet;
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixDatagram, UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;

use rustix::net::{
    AddressFamily, Protocol as NetProtocol, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketType,
    bind, netlink, sendmsg, socket,
};
use sockeye::collect::diag::destroy::find;
use sockeye::collect::{Live, LiveOptions};
use sockeye::model::{
    Address, Collector, Detail, Inode, Netns, Owner, Protocol, Snapshot, Socket, SocketId, State, TcpState,
};

use super::children::cat;
use super::namespaces::{inside, named};
use super::{inode, look, look_by, look_until, row};

/// What must be the same in each way. (Text has no counters, unix peers and queues, limits of listeners; netlink
/// no references.)
type Row = (SocketId, u8, Option<State>, Option<u32>, Option<u32>, Vec<Owner>);

fn rows(snapshot: &Snapshot, is_staged: impl Fn(&SocketId) -> bool) -> BTreeSet<Row> {
    let staged = snapshot.sockets.iter().filter(|socket| is_staged(&socket.id));
    let rows = staged.map(|socket| {
        let Socket { mut id, family, state, send_queue, receive_queue, .. } = socket.clone();
        if id.local == Address::Unbound {
            id.netns = Netns::Hidden(0); // but for bpf it is that of a process that holds it
        }
        let owners = snapshot.owners.iter().filter(|owner| !id.inode.is_none() && owner.inode == id.inode);
        let mut owners: Vec<Owner> = owners.copied().collect();
        owners.sort_unstable();
        let has_queues = matches!(id.local, Address::Inet(_));
        let receive = receive_queue.filter(|_| has_queues);
        let send = send_queue.filter(|_| has_queues && state != Some(State::Tcp(TcpState::Listen)));
        (id, family.number(), state, send, receive, owners)
    });
    rows.collect()
}

/// Sockets of every kind and state that stay as they are.
fn stage() -> Vec<OwnedFd> {
    let mut all: Vec<OwnedFd> = Vec::new();
    for address in ["127.0.0.1:0", "[::1]:0", "[::]:0"] {
        let Ok(listener) = TcpListener::bind(address) else { continue };
        let port = listener.local_addr().unwrap().port();
        let host = if address.starts_with("[::1") { "::1" } else { "127.0.0.1" };
        let client = TcpStream::connect((host, port)).unwrap();
        let server = listener.accept().unwrap().0;
        let half = TcpStream::connect((host, port)).unwrap();
        let closed = listener.accept().unwrap().0;
        half.shutdown(std::net::Shutdown::Write).unwrap();
        let unaccepted = TcpStream::connect((host, port)).unwrap();
        all.push(client.try_clone().unwrap().into());
        all.extend([client, server, half, closed, unaccepted].map(OwnedFd::from));
        all.push(listener.into());
        let (bound, connected) = (UdpSocket::bind(address).unwrap(), UdpSocket::bind(address).unwrap());
        connected.connect((host, bound.local_addr().unwrap().port())).unwrap();
        all.extend([bound, connected].map(OwnedFd::from));
    }
    let name = UnixAddr::from_abstract_name(format!("ways\0{}\n", all.len())).unwrap();
    let listener = UnixListener::bind_addr(&name).unwrap();
    all.extend(
        [UnixStream::connect_addr(&name).unwrap(), UnixStream::connect_addr(&name).unwrap()]
            .map(OwnedFd::from),
    );
    all.push(listener.accept().unwrap().0.into());
    all.push(listener.into());
    all.push(UnixDatagram::unbound().unwrap().into());
    let (one, other) = UnixStream::pair().unwrap();
    all.extend([one, other].map(OwnedFd::from));
    let route = socket(AddressFamily::NETLINK, SocketType::RAW, None).unwrap();
    bind(&route, &netlink::SocketAddrNetlink::new(0, 0)).unwrap();
    all.push(route);
    // In no table: neither bound nor connected.
    all.push(socket(AddressFamily::NETLINK, SocketType::RAW, None).unwrap());
    for family in [AddressFamily::INET, AddressFamily::INET6] {
        all.extend(socket(family, SocketType::STREAM, None));
        all.extend(socket(family, SocketType::DGRAM, None));
        all.extend(socket(family, SocketType::RAW, NetProtocol::from_raw(253.try_into().unwrap()).into()));
    }
    let every = NetProtocol::from_raw(u32::from(0x0003_u16.to_be()).try_into().unwrap()); // ETH_P_ALL
    all.extend(socket(AddressFamily::PACKET, SocketType::RAW, Some(every)));
    all
}

fn assert_same(is_staged: impl Fn(&SocketId) -> bool, least: usize) {
    // What was just opened and closed may still be on its way.
    let rows_by = |collector| rows(&look_by(collector), &is_staged);
    let all = || Collector::ALL.map(rows_by);
    let is_same = |[bpf, diag, text]: &[BTreeSet<Row>; 3]| bpf == diag && diag == text;
    let found = std::iter::repeat_with(all).take(20).find(is_same);
    let [bpf, diag, text] = found.unwrap_or_else(all);
    let none = Vec::<&Row>::new();
    for (name, one, other) in [
        ("only in bpf", &bpf, &diag),
        ("not in bpf", &diag, &bpf),
        ("only in diag", &diag, &text),
        ("only in text", &text, &diag),
    ] {
        assert_eq!(one.difference(other).collect::<Vec<_>>(), none, "{name}");
    }
    assert!(diag.len() >= least, "{} rows", diag.len());
}

#[test]
fn each_way_gives_the_same_rows() {
    if look_by(Collector::Diag).way.used != Collector::Diag {
        crate::support::lacking("netlink is refused here");
        return;
    }
    let sockets = stage();
    let inodes: BTreeSet<Inode> = sockets.iter().map(inode).collect();
    assert_same(|id| inodes.contains(&id.inode), inodes.len());
}

#[test]
fn each_way_gives_the_same_rows_of_other_namespaces() {
    let mut namespaces = Vec::new();
    for purpose in ["ways-1", "ways-2", "ways-3"] {
        let Some((name, file, netns)) = named(purpose) else { return };
        let up = Command::new("ip").args(["-n", name.name(), "link", "set", "lo", "up"]).status();
        assert!(up.unwrap().success());
        namespaces.push((name, inside(&file, stage), netns));
    }
    let inherited = cat(namespaces[1].1[0].try_clone().unwrap());
    let numbers: BTreeSet<Netns> = namespaces.iter().map(|(_, _, netns)| *netns).collect();
    // The whole of each: connections that nobody accepted and sockets of the kernel, too. Text does not vouch for
    // unix ones that nobody accepted; what is in no table is shown in the namespace of its process.
    assert_same(
        |id| {
            numbers.contains(&id.netns)
                && id.local != Address::Unbound
                && !(id.protocol == Protocol::Unix && id.inode.is_none())
        },
        3 * 40,
    );
    let inodes: BTreeSet<Inode> =
        namespaces.iter().flat_map(|(_, sockets, _)| sockets.iter().map(inode)).collect();
    assert_same(|id| inodes.contains(&id.inode), inodes.len());
    drop(inherited);
}

/// Puts sockets on their way from one process to another: until they are received, no descriptor refers to them.
fn in_flight(sockets: &[OwnedFd]) -> [OwnedFd; 2] {
    let (from, to) = UnixStream::pair().unwrap();
    let sockets: Vec<_> = sockets.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    assert!(control.push(SendAncillaryMessage::ScmRights(&sockets)));
    sendmsg(&from, &[IoSlice::new(b".")], &mut control, SendFlags::empty()).unwrap();
    [from.into(), to.into()]
}

/// Whatever state each is in, and however few the others are that no descriptor refers to.
#[test]
fn each_way_gives_the_same_rows_of_sockets_in_flight() {
    let stage = |is_closing| -> [OwnedFd; 3] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let server = listener.accept().unwrap().0;
        if is_closing {
            client.shutdown(std::net::Shutdown::Write).unwrap();
        }
        [listener.into(), client.into(), server.into()]
    };
    // Of the listener and both ends of a connection, those in flight.
    let staged = [(false, 0..1), (false, 1..2), (false, 0..2), (false, 0..3), (true, 0..3), (true, 1..3)];
    let mut namespaces = Vec::new();
    for (at, (is_closing, away)) in staged.into_iter().enumerate() {
        let Some((name, file, netns)) = named(&format!("flight-{at}")) else { return };
        let up = Command::new("ip").args(["-n", name.name(), "link", "set", "lo", "up"]).status();
        assert!(up.unwrap().success());
        let kept = inside(&file, || {
            let mut sockets = Vec::from(stage(is_closing));
            let ways = in_flight(&sockets[away.clone()]);
            sockets.drain(away);
            (sockets, ways)
        });
        namespaces.push((name, kept, netns));
    }
    let numbers: BTreeSet<Netns> = namespaces.iter().map(|(.., netns)| *netns).collect();
    assert_same(|id| numbers.contains(&id.netns) && id.protocol == Protocol::Tcp, 6 * 3);
}

/// They are looked up one by one as long as their number says that there are no others.
#[test]
fn connections_in_time_wait_come_and_go_while_it_looks() {
    let Some((name, file, netns)) = named("lingering") else { return };
    let up = Command::new("ip").args(["-n", name.name(), "link", "set", "lo", "up"]).status();
    assert!(up.unwrap().success());
    let addresses = ["127.0.0.1:0", "[::1]:0", "[::]:0"];
    let listeners: Vec<_> = inside(&file, || addresses.iter().flat_map(TcpListener::bind).collect());
    let linger = |listener: &TcpListener| {
        let mut to = listener.local_addr().unwrap();
        if to.ip().is_unspecified() {
            to.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        let client = inside(&file, || TcpStream::connect(to)).unwrap();
        let server = listener.accept().unwrap().0;
        drop(client);
        std::io::copy(&mut &server, &mut std::io::sink()).unwrap(); // until the end of the stream
    };
    let mut looks = [Collector::Bpf, Collector::Diag].map(|collector| {
        let options = LiveOptions { collector, ..LiveOptions::default() };
        Live::open(Path::new("/proc"), &options).unwrap()
    });
    // What was closed may be on its way still.
    let mut look = |count: usize| {
        let in_time_wait = |id: &SocketId| id.netns == netns && id.inode.is_none();
        let looks =
            std::iter::repeat_with(|| looks.each_mut().map(|live| rows(&live.snapshot(), in_time_wait)));
        let found = looks.take(50).find(|[bpf, diag]| bpf == diag && bpf.len() == count);
        let [bpf, _] = found.expect("the same, and as many as were closed");
        bpf.into_iter().map(|row| row.0).collect::<Vec<_>>()
    };
    look(0);
    let mut count = 0;
    for listener in &listeners {
        linger(listener);
        linger(listener);
        count += 2;
        look(count);
        look(count);
    }
    // As many as before, and not the same.
    let gone = look(count).remove(1);
    if find(&gone, None, &[]).unwrap().close().is_ok() {
        linger(&listeners[0]);
        assert!(!look(count).contains(&gone));
        assert!(!look(count).contains(&gone));
    }
}

#[test]
fn sockets_in_no_table_are_called_unbound() {
    let tcp = socket(AddressFamily::INET6, SocketType::STREAM, None).unwrap();
    let udp = socket(AddressFamily::INET, SocketType::DGRAM, None).unwrap();
    for collector in Collector::ALL {
        let snapshot = look_by(collector);
        let kind = |socket: &OwnedFd| {
            let row = row(&snapshot, socket);
            (row.id.protocol.name(), row.family.name(), row.id.local, row.id.netns)
        };
        let here = super::own_netns();
        assert_eq!(kind(&tcp), ("tcp", "inet6", Address::Unbound, here));
        assert_eq!(kind(&udp), ("udp", "inet", Address::Unbound, here));
    }
}

#[test]
fn unix_peers_are_each_others() {
    let (one, other) = UnixStream::pair().unwrap();
    let snapshot = look();
    assert_eq!(row(&snapshot, &one).peer, Some(inode(&other)));
    assert_eq!(row(&snapshot, &other).peer, Some(inode(&one)));
}

#[test]
fn counters_tell_who_connected() {
    use std::io::{Read as _, Write as _};
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut server = listener.accept().unwrap().0;
    client.write_all(b"12345").unwrap();
    server.read_exact(&mut [0; 5]).unwrap();
    let counters = |snapshot: &Snapshot, socket: &TcpStream| {
        let row = snapshot.sockets.iter().find(|row| row.id.inode == inode(socket))?;
        let Detail::Tcp(detail) = &row.detail else { return None };
        let counters = detail.counters?;
        Some((counters.sent, counters.acked, counters.received, counters.unacked))
    };
    look_until(|snapshot| counters(snapshot, &client) == Some((5, 6, 0, 0)));
    look_until(|snapshot| counters(snapshot, &server) == Some((0, 0, 5, 0)));
}

/// Runs a program that may open no netlink socket: `socket(AF_NETLINK)` fails with EPERM.
const WITHOUT_NETLINK: &str = r#"
import ctypes, os, platform, struct, sys
number = {"x86_64": 41, "aarch64": 198}[platform.machine()]
code = [(0x20, 0, 0, 0), (0x15, 0, 3, number), (0x20, 0, 0, 16), (0x15, 0, 1, 16), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7fff0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in code))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 6, ctypes.addressof(code)))
prctl = ctypes.CDLL(None, use_errno=True).prctl
if prctl(38, 1, 0, 0, 0) or prctl(22, 2, ctypes.byref(program), 0, 0): sys.exit("no seccomp")
os.execv(sys.argv[1], sys.argv[1:])
"#;

#[test]
fn where_netlink_is_refused_it_reads_text_and_says_what_is_lost() {
    let sockeye = env!("CARGO_BIN_EXE_sockeye");
    let child =
        Command::new("python3").args(["-c", WITHOUT_NETLINK, sockeye, "-o", "osquery", "-n", "1"]).output();
    let Ok(child) = child else {
        skip("no python3 to refuse netlink with");
        return;
    };
    let stderr = String::from_utf8_lossy(&child.stderr).into_owned();
    if stderr.contains("no seccomp") || stderr.contains("Traceback") {
        skip(&stderr);
        return;
    }
    assert_eq!(child.status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("read as text, netlink is refused: Operation not permitted"), "{stderr}");
    assert!(stderr.contains("names of unix sockets can be forged"), "{stderr}");
    assert!(child.stdout.len() > 200, "rows all the same");
}

#[test]
fn a_way_that_was_not_asked_for_is_not_tried() {
    let text = look_by(Collector::Text);
    assert_eq!((text.way.used, &text.way.failed[..]), (Collector::Text, &[][..]));
    let diag = look_by(Collector::Diag);
    assert_eq!((diag.way.used, &diag.way.failed[..]), (Collector::Diag, &[][..]));
}

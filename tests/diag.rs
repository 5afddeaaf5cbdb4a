//! Netlink bytes in, sockets out.

use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;
use rustix::io::Errno;
use sockeye::collect::diag::{Answer, Reading, Table};
use sockeye::model::{
    Address, Detail, Family, Inode, Netns, Protocol, Socket, SocketId, State, TcpCounters, TcpDetail,
    TcpState, Timer, TimerKind, UnixDetail, UnixKind, UnixState,
};

const NETNS: Netns = Netns::Inode(7);
const SEQUENCE: u32 = 42;
/// `SOCK_DIAG_BY_FAMILY`, and the flag of every part of a dump.
const ROW: u16 = 20;
const MULTI: u16 = 2;

fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn message(kind: u16, flags: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    let head = [length.to_ne_bytes(), [0; 4], sequence.to_ne_bytes(), [0; 4]].concat();
    let mut message = [&head, body].concat();
    message[4..6].copy_from_slice(&kind.to_ne_bytes());
    message[6..8].copy_from_slice(&flags.to_ne_bytes());
    padded(message)
}

fn row(parts: &[&[u8]]) -> Vec<u8> {
    message(ROW, MULTI, SEQUENCE, &parts.concat())
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).unwrap();
    padded([&length.to_ne_bytes()[..], &kind.to_ne_bytes(), value].concat())
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// `struct inet_diag_msg`: family, state, timer, retransmits; ports and addresses; interface; timer's time,
/// queues, uid, inode.
fn inet(head: [u8; 4], local: &str, remote: &str, interface: u32, tail: [u32; 5]) -> Vec<u8> {
    let [local, remote] = [local, remote].map(|end| end.parse::<SocketAddr>().unwrap());
    let ip = |end: SocketAddr| match end {
        SocketAddr::V4(v4) => [&v4.ip().octets()[..], &[0; 12]].concat(),
        SocketAddr::V6(v6) => v6.ip().octets().to_vec(),
    };
    let ports = [local.port().to_be_bytes(), remote.port().to_be_bytes()].concat();
    [&head[..], &ports, &ip(local), &ip(remote), &words(&[interface, 1, 2]), &words(&tail)].concat()
}

/// `struct tcp_info` with those numbers at those places: words, then pairs of words.
fn tcp_info(length: usize, bytes: &[(usize, u8)], words: &[(usize, u32)], longs: &[(usize, u64)]) -> Vec<u8> {
    let mut info = vec![0; 300];
    for &(at, byte) in bytes {
        info[at] = byte;
    }
    for &(at, word) in words {
        info[at..at + 4].copy_from_slice(&word.to_ne_bytes());
    }
    for &(at, long) in longs {
        info[at..at + 8].copy_from_slice(&long.to_ne_bytes());
    }
    info.truncate(length);
    info
}

fn read(table: Table, datagram: &[u8]) -> (Vec<Socket>, Answer, Reading) {
    let (mut sockets, mut reading) = (Vec::new(), Reading::default());
    let answer = reading.take(table, datagram, SEQUENCE, NETNS, &mut sockets);
    (sockets, answer, reading)
}

/// The only socket of a datagram in which nothing else is.
fn one(table: Table, datagram: &[u8]) -> Socket {
    let (mut sockets, answer, reading) = read(table, datagram);
    assert_eq!((answer, reading.malformed, sockets.len()), (Answer::Unfinished, 0, 1));
    sockets.remove(0)
}

fn end(address: &str) -> Address {
    Address::Inet(address.parse().unwrap())
}

fn socket(protocol: Protocol, family: Family, inode: u64, state: Option<State>, detail: Detail) -> Socket {
    let inode = Inode(inode);
    Socket {
        id: SocketId { netns: NETNS, protocol, inode, local: Address::None, remote: Address::None, nth: 0 },
        family,
        state,
        send_queue: None,
        receive_queue: None,
        uid: None,
        references: None,
        pointer: None,
        peer: None,
        mark: None,
        device: None,
        detail,
    }
}

fn established() -> Vec<u8> {
    let info = tcp_info(
        248,
        &[(2, 3), (3, 4)],
        &[
            (8, 204_000),
            (12, 40_000),
            (24, 2),
            (44, 1500),
            (52, 2500),
            (68, 333),
            (76, 0x7fff_ffff),
            (80, 10),
            (100, 5),
        ],
        &[(120, 1001), (128, 2002), (200, 1010), (208, 10)],
    );
    let fixed = inet([2, 1, 1, 3], "10.0.0.1:443", "10.0.0.2:5000", 2, [200, 11, 22, 1000, 9171]);
    // 17 is no attribute that was asked for.
    row(&[
        &fixed,
        &attribute(8, &[0]),
        &attribute(17, b"12345"),
        &attribute(2, &info),
        &attribute(15, &words(&[9])),
    ])
}

#[test]
fn tcp_rows_have_counters_and_timers() {
    let millis = Duration::from_millis;
    let detail = TcpDetail {
        timer: Some(Timer { kind: TimerKind::Retransmit, left: millis(200).into() }),
        retransmits: 3,
        probes: 4,
        rto: Some(millis(204).into()),
        ato: Some(millis(40).into()),
        quick_ack: None,
        ping_pong: None,
        cwnd: Some(10),
        ssthresh: Some(-1),
        counters: Some(TcpCounters {
            sent: 1010,
            sent_again: 10,
            acked: 1001,
            received: 2002,
            unacked: 2,
            retransmitted: 5,
            rtt: Duration::from_micros(333).into(),
            idle_sent: millis(1500).into(),
            idle_received: millis(2500).into(),
        }),
    };
    let state = Some(State::Tcp(TcpState::Established));
    let mut expected = socket(Protocol::Tcp, Family::Inet, 9171, state, Detail::Tcp(detail));
    expected.id.local = end("10.0.0.1:443");
    expected.id.remote = end("10.0.0.2:5000");
    expected.receive_queue = Some(11);
    expected.send_queue = Some(22);
    expected.uid = Some(1000);
    expected.mark = Some(9);
    expected.device = Some(2);
    assert_eq!(one(Table::Tcp, &established()), expected);
}

#[test]
fn counters_of_an_old_kernel_are_left_out() {
    let fixed = inet([10, 1, 0, 0], "[::ffff:10.0.0.1]:22", "[::ffff:10.0.0.2]:23", 0, [0, 0, 0, 0, 5]);
    let info = tcp_info(104, &[], &[(76, 7), (80, 10)], &[]);
    let found = one(Table::Tcp, &row(&[&fixed, &attribute(2, &info)]));
    assert_eq!((found.family, &found.id.local), (Family::Inet6, &end("[::ffff:10.0.0.1]:22")));
    let Detail::Tcp(detail) = found.detail else { panic!("{found:?}") };
    assert_eq!((detail.cwnd, detail.ssthresh, detail.counters), (Some(10), Some(7), None));
}

#[test]
fn time_wait_has_no_user() {
    for state in [6, 5] {
        let fixed = inet([2, state, 3, 0], "10.0.0.1:1", "10.0.0.2:2", 0, [59_990, 0, 0, 0, 0]);
        let found = one(Table::Tcp, &row(&[&fixed]));
        let timer = Timer { kind: TimerKind::TimeWait, left: Duration::from_millis(59_990).into() };
        let detail = TcpDetail { timer: Some(timer), ..TcpDetail::default() };
        assert_eq!((found.uid, found.detail), (None, Detail::Tcp(detail)));
        assert_eq!(found.state, TcpState::from_number(state).map(State::Tcp));
    }
}

#[test]
fn listeners_have_queues_and_no_counters() {
    let fixed = inet([10, 10, 0, 0], "[::]:80", "[::]:0", 0, [0, 2, 128, 33, 6]);
    let info = tcp_info(248, &[], &[(24, 2), (80, 10)], &[]);
    let found = one(Table::Tcp, &row(&[&fixed, &attribute(2, &info)]));
    assert_eq!((found.receive_queue, found.send_queue, found.uid), (Some(2), Some(128), Some(33)));
    assert_eq!(found.detail, Detail::Tcp(TcpDetail::default()));
}

#[test]
fn udp_rows_count_drops() {
    let fixed = inet([2, 7, 0, 0], "0.0.0.0:53", "0.0.0.0:0", 0, [0, 768, 0, 101, 22135]);
    let memory = words(&[1, 2, 3, 4, 5, 6, 7, 8, 99]);
    for protocol in [Protocol::Udp, Protocol::UdpLite] {
        let table = Table::Datagram(protocol, Family::Inet);
        let found = one(table, &row(&[&fixed, &attribute(7, &memory)]));
        let state = Some(State::Tcp(TcpState::Close));
        let mut expected = socket(protocol, Family::Inet, 22135, state, Detail::Datagram { drops: 99 });
        expected.id.local = end("0.0.0.0:53");
        expected.id.remote = Address::unspecified();
        (expected.receive_queue, expected.send_queue) = (Some(768), Some(0));
        (expected.uid, expected.device) = (Some(101), Some(0));
        assert_eq!(found, expected);
    }
}

fn unix(kind: u8, state: u8, inode: u32, cookie: u32, attributes: &[Vec<u8>]) -> Vec<u8> {
    row(&[&[1, kind, state, 0], &words(&[inode, cookie, 0]), &attributes.concat()])
}

#[test]
fn unix_rows_have_peers_queues_users_and_what_is_shut_down() {
    let attributes = [
        attribute(0, b"/run/x\n y\0"),
        attribute(2, &words(&[12])),
        attribute(4, &words(&[5, 6])),
        attribute(6, &[2]),
        attribute(7, &words(&[3])),
    ];
    let found = one(Table::Unix, &unix(1, 1, 11, 1, &attributes));
    let detail = Detail::Unix(UnixDetail { kind: UnixKind::Stream, flags: 0, shutdown: Some(2) });
    let state = Some(State::Unix(UnixState::Connected));
    let mut expected = socket(Protocol::Unix, Family::Unix, 11, state, detail);
    expected.id.local = Address::Unix("/run/x\n y".into());
    expected.peer = Some(Inode(12));
    (expected.receive_queue, expected.send_queue, expected.uid) = (Some(5), Some(6), Some(3));
    assert_eq!(found, expected);
}

#[test]
fn unix_names_are_those_of_the_text_table() {
    for (name, listed) in [(&b"\0a\0b"[..], "@a@b"), (b"\0", "@"), (b"/a\0", "/a"), (b"/a", "/a")] {
        let found = one(Table::Unix, &unix(2, 7, 11, 1, &[attribute(0, name)]));
        assert_eq!(found.id.local, Address::Unix(listed.into()));
    }
    assert_eq!(one(Table::Unix, &unix(2, 7, 11, 1, &[])).id.local, Address::None);
}

#[test]
fn unix_states_are_those_of_the_text_table() {
    let expected =
        [(10, UnixState::Listen, 0x1_0000), (1, UnixState::Connected, 0), (7, UnixState::Unconnected, 0)];
    for (number, state, flags) in expected {
        let found = one(Table::Unix, &unix(5, number, 5, 1, &[]));
        assert_eq!(found.state, Some(State::Unix(state)));
        assert_eq!(
            found.detail,
            Detail::Unix(UnixDetail { kind: UnixKind::SeqPacket, flags, shutdown: None })
        );
    }
}

#[test]
fn connections_that_wait_on_a_unix_listener_are_rows_of_their_own() {
    let attributes =
        [attribute(0, b"/run/x\0"), attribute(3, &words(&[21, 22])), attribute(4, &words(&[2, 9]))];
    let (sockets, _, _) = read(Table::Unix, &unix(1, 10, 11, 1, &attributes));
    let found: Vec<_> =
        sockets.iter().map(|row| (row.id.inode.0, row.peer, row.state, row.receive_queue)).collect();
    let waiting = |peer| (0, Some(Inode(peer)), Some(State::Unix(UnixState::Connecting)), None);
    assert_eq!(found, [waiting(21), waiting(22), (11, None, Some(State::Unix(UnixState::Listen)), Some(2))]);
    assert!(sockets.iter().all(|row| row.id.local == Address::Unix("/run/x".into())));
}

#[test]
fn packet_and_netlink_rows() {
    let fixed = [&[17, 3][..], &3_u16.to_ne_bytes(), &words(&[23012, 1, 2])].concat();
    let memory = words(&[832, 0, 4, 0, 0, 0, 0, 0, 9]);
    let attributes =
        [attribute(0, &words(&[2, 0, 0, 0, 0, 0])), attribute(5, &words(&[0])), attribute(6, &memory)];
    let mut expected = socket(Protocol::Packet, Family::Packet, 23012, None, Detail::Packet { kind: 3 });
    expected.id.local = Address::Packet { interface: 2, protocol: 3 };
    (expected.uid, expected.receive_queue) = (Some(0), Some(832));
    assert_eq!(one(Table::Packet, &row(&[&fixed, &attributes.concat()])), expected);

    let fixed = [&[16, 3, 15, 0][..], &words(&[612, 0, 0, 562, 1, 2])].concat();
    let mut expected = socket(Protocol::Netlink, Family::Netlink, 562, None, Detail::Datagram { drops: 9 });
    expected.id.local = Address::Netlink { family: 15, port: 612 };
    (expected.receive_queue, expected.send_queue) = (Some(832), Some(4));
    assert_eq!(one(Table::Netlink, &row(&[&fixed, &attribute(0, &memory)])), expected);
}

#[test]
fn an_answer_ends_with_how_it_ended() {
    let failed = |errno: Errno| (-errno.raw_os_error()).to_ne_bytes();
    let done = |body: &[u8]| read(Table::Tcp, &message(3, MULTI, SEQUENCE, body)).1;
    assert_eq!(done(&[0; 4]), Answer::Done);
    assert_eq!(done(&[]), Answer::Done);
    assert_eq!(done(&failed(Errno::NOBUFS)), Answer::Failed(Errno::NOBUFS.raw_os_error()));
    let error = message(2, 0, SEQUENCE, &failed(Errno::NOENT));
    assert_eq!(read(Table::Tcp, &error).1, Answer::Failed(Errno::NOENT.raw_os_error()));
    let after = [message(3, MULTI, SEQUENCE, &[0; 4]), established()].concat();
    assert_eq!(read(Table::Tcp, &after).0, [], "nothing counts behind the end");
}

#[test]
fn what_answers_another_request_does_not_count() {
    let other =
        [message(3, MULTI, SEQUENCE - 1, &[0; 4]), message(1, 0, SEQUENCE, &[]), established()].concat();
    let (sockets, answer, _) = read(Table::Tcp, &other);
    assert_eq!((sockets.len(), answer), (1, Answer::Unfinished));
}

#[test]
fn an_interrupted_answer_says_so() {
    let (_, _, reading) = read(Table::Tcp, &message(3, MULTI | 0x10, SEQUENCE, &[0; 4]));
    assert!(reading.interrupted);
    assert!(!read(Table::Tcp, &established()).2.interrupted);
}

#[test]
fn rows_that_are_cut_are_counted() {
    let (sockets, answer, reading) = read(Table::Tcp, &row(&[&[2, 1, 0, 0]]));
    assert_eq!((sockets, answer, reading.malformed), (Vec::new(), Answer::Unfinished, 1));
}

proptest! {
    #[test]
    fn any_bytes_make_no_more_rows_than_messages_fit(
        table in prop::sample::select(Table::ALL.to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        length in any::<prop::sample::Index>(),
    ) {
        let unix = unix(1, 1, 11, 1, &[attribute(0, b"\0abc"), attribute(2, &words(&[12]))]);
        let mut datagram = [established(), unix, established()].concat();
        for (at, byte) in changes {
            let at = at.index(datagram.len());
            datagram[at] = byte;
        }
        datagram.truncate(length.index(datagram.len() + 1));
        let (sockets, _, reading) = read(table, &datagram);
        prop_assert!((sockets.len() + usize::try_from(reading.malformed).unwrap()) * 4 <= datagram.len());
    }
}

//! Rows of every table, column by column.

use std::time::Duration;

use sockeye::model::{
    Address, Detail, Family, GapReason, GapScope, Inode, Netns, Protocol, Socket, SocketId, State, TcpDetail,
    TcpState, Timer, TimerKind, UnixDetail, UnixKind, UnixState,
};

use super::{gap, inet, inodes, look};
use crate::support::proc_tree::{HOST_NETNS, ProcTree};

/// A socket with the numbers that all lines here share.
fn socket(protocol: Protocol, family: Family, local: Address, remote: Address) -> Socket {
    Socket {
        id: SocketId { netns: Netns::Inode(HOST_NETNS), protocol, inode: Inode(9171), local, remote, nth: 0 },
        family,
        state: Some(State::Tcp(TcpState::Close)),
        send_queue: Some(0x10),
        receive_queue: Some(0x20),
        uid: Some(1000),
        references: Some(2),
        pointer: Some(0x8a2e_1d4f),
        peer: None,
        mark: None,
        device: None,
        detail: Detail::Datagram { drops: 7 },
    }
}

fn tcp(local: &str, remote: &str, state: TcpState, detail: TcpDetail) -> Socket {
    let local = inet(local);
    let family = if matches!(local, Address::Inet(address) if address.is_ipv6()) {
        Family::Inet6
    } else {
        Family::Inet
    };
    Socket {
        state: Some(State::Tcp(state)),
        detail: Detail::Tcp(detail),
        ..socket(Protocol::Tcp, family, local, inet(remote))
    }
}

fn only_row(table: &str, row: &str) -> Socket {
    let tree = ProcTree::new();
    tree.table(table, format!("{row}\n"));
    tree.process(100).socket(3, 9171);
    let snapshot = look(&tree);
    assert_eq!(snapshot.gaps, []);
    let [socket] = &snapshot.sockets[..] else { panic!("{:?}", snapshot.sockets) };
    socket.clone()
}

#[test]
fn tcp_row_gives_every_column() {
    let row = "   0: 9C02A8C0:C7AE 0100007F:1F90 01 00000010:00000020 02:000006F1 00000003  1000        5 9171 2 \
               000000008a2e1d4f 21 4 31 10 -1 ";
    let detail = TcpDetail {
        timer: Some(Timer { kind: TimerKind::KeepAlive, left: Duration::from_millis(17_770).into() }),
        retransmits: 3,
        probes: 5,
        rto: Some(Duration::from_millis(210).into()),
        ato: Some(Duration::from_millis(40).into()),
        quick_ack: Some(15),
        ping_pong: Some(true),
        cwnd: Some(10),
        ssthresh: Some(-1),
        counters: None,
    };
    let expected = tcp("192.168.2.156:51118", "127.0.0.1:8080", TcpState::Established, detail);
    assert_eq!(only_row("tcp", row), expected);
}

#[test]
fn tcp6_row_is_four_words() {
    let row = "   0: B80D0120000000000000000001000000:0016 0000000000000000FFFF00009C02A8C0:C7AE 01 \
               00000010:00000020 00:00000000 00000000  1000        0 9171 2 000000008a2e1d4f 20 0 0 10 7";
    let detail = TcpDetail {
        rto: Some(Duration::from_millis(200).into()),
        ato: Some(Duration::ZERO.into()),
        quick_ack: Some(0),
        ping_pong: Some(false),
        cwnd: Some(10),
        ssthresh: Some(7),
        counters: None,
        ..TcpDetail::default()
    };
    let expected = tcp("[2001:db8::1]:22", "[::ffff:192.168.2.156]:51118", TcpState::Established, detail);
    assert_eq!(only_row("tcp6", row), expected);
}

#[test]
fn tcp_lines_in_time_wait_end_early_and_name_no_user() {
    let line = |state| {
        format!(
            "   0: 0100007F:1F90 0100007F:C7AE {state} 00000010:00000020 03:00001770 00000000     0        0 \
             9171 2 000000008a2e1d4f"
        )
    };
    let timer = Some(Timer { kind: TimerKind::TimeWait, left: Duration::from_mins(1).into() });
    let expected = |state| Socket {
        uid: None,
        ..tcp("127.0.0.1:8080", "127.0.0.1:51118", state, TcpDetail { timer, ..TcpDetail::default() })
    };
    assert_eq!(only_row("tcp", &line("06")), expected(TcpState::TimeWait));
    assert_eq!(only_row("tcp", &line("05")), expected(TcpState::FinWait2));
}

#[test]
fn tcp_lines_in_syn_recv_end_early_and_name_the_user() {
    let row = "   0: 0100007F:1F90 0100007F:C7AE 03 00000010:00000020 01:00000064 00000001  1000        0 9171 2 \
               000000008a2e1d4f";
    let detail = TcpDetail {
        timer: Some(Timer { kind: TimerKind::Retransmit, left: Duration::from_secs(1).into() }),
        retransmits: 1,
        ..TcpDetail::default()
    };
    assert_eq!(only_row("tcp", row), tcp("127.0.0.1:8080", "127.0.0.1:51118", TcpState::SynRecv, detail));
}

#[test]
fn numbers_of_states_and_timers_that_are_not_known_are_kept() {
    let line = |state, timer| {
        format!(
            "   0: 0100007F:1F90 0100007F:C7AE {state} 00000010:00000020 {timer}:00000000 00000000  1000        \
             0 9171 2 000000008a2e1d4f 20 0 0 10 -1"
        )
    };
    for (text, number) in [("00", 0), ("0C", 12), ("0D", 13), ("FF", 255)] {
        assert_eq!(only_row("tcp", &line(text, "00")).state, Some(State::Unknown(number)));
        let Detail::Tcp(detail) = only_row("tcp", &line("01", text)).detail else { panic!("not TCP") };
        let kind = detail.timer.map(|timer| timer.kind);
        assert_eq!(kind, (number != 0).then_some(TimerKind::Unknown(number)));
    }
}

#[test]
fn datagram_tables_share_one_form() {
    let v4 = "  315: 3500007F:0035 00000000:0000 07 00000010:00000020 00:00000000 00000000  1000        0 9171 2 \
              000000008a2e1d4f 7 ";
    let v6 = "  315: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 \
              00000010:00000020 00:00000000 00000000  1000        0 9171 2 000000008a2e1d4f 7";
    for (name, protocol) in [
        ("udp", Protocol::Udp),
        ("udplite", Protocol::UdpLite),
        ("raw", Protocol::Raw),
        ("icmp", Protocol::Icmp),
    ] {
        let expected = socket(protocol, Family::Inet, inet("127.0.0.53:53"), Address::unspecified());
        assert_eq!(only_row(name, v4), expected, "{name}");
        let expected = socket(protocol, Family::Inet6, inet("[::1]:53"), inet("[::]:0"));
        assert_eq!(only_row(&format!("{name}6"), v6), expected, "{name}6");
    }
}

#[test]
fn packet_row_gives_every_column() {
    let row =
        |interface| format!("000000008a2e1d4f 2      3    0806   {interface:<5} 1 32     1000   9171  ");
    let expected = |interface| Socket {
        state: None,
        send_queue: None,
        detail: Detail::Packet { kind: 3 },
        ..socket(
            Protocol::Packet,
            Family::Packet,
            Address::Packet { interface, protocol: 0x806 },
            Address::None,
        )
    };
    assert_eq!(only_row("packet", &row("2")), expected(2));
    assert_eq!(only_row("packet", &row("-1")), expected(u32::MAX), "its interface is gone");
}

#[test]
fn netlink_row_gives_every_column() {
    let row = "000000008a2e1d4f 15  4294963200 00000002 32       16       0     2        7        9171    ";
    let expected = Socket {
        state: None,
        uid: None,
        ..socket(
            Protocol::Netlink,
            Family::Netlink,
            Address::Netlink { family: 15, port: 4_294_963_200 },
            Address::None,
        )
    };
    assert_eq!(only_row("netlink", row), expected);
}

#[test]
fn unix_row_gives_every_column() {
    let expected = |local, state, kind, flags| Socket {
        state: Some(state),
        send_queue: None,
        receive_queue: None,
        uid: None,
        detail: Detail::Unix(UnixDetail { kind, flags, shutdown: None }),
        ..socket(Protocol::Unix, Family::Unix, local, Address::None)
    };
    let cases = [
        ("00000000 0001 01  9171", Address::None, UnixState::Unconnected, UnixKind::Stream, 0),
        ("00000000 0002 02  9171", Address::None, UnixState::Connecting, UnixKind::Datagram, 0),
        ("00000000 0005 04  9171", Address::None, UnixState::Disconnecting, UnixKind::SeqPacket, 0),
        ("00000000 000A 03  9171", Address::None, UnixState::Connected, UnixKind::Unknown(10), 0),
        (
            "00010000 0001 01  9171 /run/a",
            Address::Unix("/run/a".into()),
            UnixState::Listen,
            UnixKind::Stream,
            65536,
        ),
        ("00010000 0001 01  9171 @a", Address::Unix("@a".into()), UnixState::Listen, UnixKind::Stream, 65536),
    ];
    for (line, local, state, kind, flags) in cases {
        let row = format!("000000008a2e1d4f: 00000002 00000000 {line}");
        assert_eq!(only_row("unix", &row), expected(local, State::Unix(state), kind, flags));
    }
    let row = "8a2e1d4f: 00000002 00000000 00000000 0001 00  9171";
    let unknown = expected(Address::None, State::Unknown(0), UnixKind::Stream, 0);
    assert_eq!(only_row("unix", row), unknown, "pointers of 32 bits");
}

#[test]
fn malformed_lines_are_counted_and_the_others_kept() {
    let good = |inode: &str, pointer: &str| {
        format!(
            "   0: 0100007F:1F90 0100007F:C7AE 01 00000010:00000020 00:00000000 00000000  1000        0 {inode} \
             2 {pointer} 20 0 0 10 -1\n"
        )
    };
    let whole = good("1", "0");
    let too_wide = good("18446744073709551616", "0");
    let no_pointer = good("1", "(null)");
    let cut_in_a_state_that_is_long = whole.replace(" 20 0 0 10 -1", "");
    let cut_in_the_last_columns = whole.replace(" 10 -1", "");
    let wide_state = whole.replace(" 01 ", " 101 ");
    let no_colon = whole.replace("   0:", "   0 ");
    let short_address = whole.replace("0100007F:1F90", "00007F:1F90");
    let sixteen_bytes = whole.replace("0100007F:1F90", "00000000000000000000000001000000:1F90");
    let huge = "0".repeat(1_000_000) + "\n";
    let bad = [
        "\n",
        "x\n",
        "   0:\n",
        "   0: 0100007F:1F90\n",
        "\0\0\0\0\n",
        "\u{1b}[31m\n",
        &too_wide,
        &no_pointer,
        &cut_in_a_state_that_is_long,
        &cut_in_the_last_columns,
        &wide_state,
        &no_colon,
        &short_address,
        &sixteen_bytes,
        &huge,
    ];
    let tree = ProcTree::new();
    let lines: Vec<String> =
        (10..).zip(bad).map(|(inode, bad)| bad.to_owned() + &good(&inode.to_string(), "0")).collect();
    tree.table("tcp", lines.concat());
    let snapshot = look(&tree);
    let expected: Vec<u64> = (10..).take(bad.len()).collect();
    assert_eq!(inodes(&snapshot.sockets), expected);
    let count = u32::try_from(bad.len()).unwrap();
    assert_eq!(snapshot.gaps, [gap(GapScope::TableLine, GapReason::Malformed, count)]);
}

#[test]
fn each_table_counts_its_malformed_lines() {
    let tables = [
        "tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6", "unix",
        "packet", "netlink",
    ];
    for table in tables {
        let tree = ProcTree::new();
        tree.table(table, "no row\n");
        let snapshot = look(&tree);
        assert_eq!(snapshot.gaps, [gap(GapScope::TableLine, GapReason::Malformed, 1)], "{table}");
    }
}

#[test]
fn ipv4_addresses_are_no_rows_of_tcp6() {
    let tree = ProcTree::new();
    let row =
        "   0: 0100007F:1F90 0100007F:C7AE 06 00000000:00000000 00:00000000 00000000     0        0 0 2 0\n";
    tree.table("tcp6", row);
    let snapshot = look(&tree);
    assert_eq!(snapshot.sockets, []);
    assert_eq!(snapshot.gaps, [gap(GapScope::TableLine, GapReason::Malformed, 1)]);
}

#[test]
fn rows_of_one_inode_are_kept_and_equal_ones_numbered() {
    let line = |remote, inode, pointer| {
        format!(
            "   0: 0100007F:1F90 0100007F:{remote} 06 00000000:00000000 00:00000000 00000000     0        0 \
             {inode} 2 {pointer}\n"
        )
    };
    let tree = ProcTree::new();
    // Subflows of one MPTCP socket, then TIME_WAIT; the last line was listed twice by the kernel.
    let lines = [
        line("0001", 7, "a1"),
        line("0002", 7, "a2"),
        line("0001", 7, "a3"),
        line("0001", 0, "b1"),
        line("0001", 0, "b2"),
        line("0003", 0, "b3"),
        line("0003", 0, "b3"),
    ];
    tree.table("tcp", lines.concat());
    let found: Vec<_> = look(&tree)
        .sockets
        .into_iter()
        .map(|socket| (socket.id.inode.0, socket.id.remote.inet().unwrap().port(), socket.id.nth))
        .collect();
    assert_eq!(found, [(0, 1, 0), (0, 1, 1), (0, 3, 0), (7, 1, 0), (7, 1, 1), (7, 2, 0)]);
}

//! Rows of a BPF iterator and the kernel's types in, sockets and owners out.

use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};
use sockeye::collect::bpf::{Bpf, BpfError, Btf, Decoder, Found, Holder, OpenFile, Reading, TypeId};
use sockeye::model::{Collector, Detail, Inode, Millis, Pid, Target, TcpCounters, TcpState};

use crate::live::{inode, look_by};

fn loaded(reading: Reading) -> Option<Bpf> {
    match Bpf::load_to_read(reading) {
        Ok(bpf) => Some(bpf),
        Err(BpfError::Refused { why, log, .. }) => panic!("{why}\n{log}"),
        Err(error) => {
            crate::support::lacking(&error.to_string());
            None
        }
    }
}

fn pass() -> Option<Found> {
    let mut found = Found::default();
    let mut bpf = loaded(Reading::EachAlone)?;
    bpf.read(&mut found).unwrap();
    bpf.read_tasks(&mut found).unwrap();
    Some(found)
}

#[test]
fn a_holder_is_what_stat_and_status_say() {
    let (_ours, theirs) = UnixStream::pair().unwrap();
    let mut child =
        Command::new("cat").stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs))).spawn().unwrap();
    let found = pass();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let Some(found) = found else { return };
    let holder = found.holders.iter().filter(|holder| holder.pid == Pid(child.id())).collect::<Vec<_>>();
    let [&Holder { start, told: Some(told), .. }] = holder[..] else { panic!("{holder:?}") };
    // `4242 (cat) S 1 …`: the name has no blank, so fields can be counted.
    let field = |at: usize| stat.split(' ').nth(at - 1).unwrap();
    let id = |at| field(at).parse().ok().filter(|&number: &u32| number != 0);
    assert_eq!((told.comm(), start), (&b"cat"[..], field(22).parse().unwrap()));
    assert_eq!((told.uid, told.tty), (rustix::process::geteuid().as_raw(), id(7)));
    let ids = [told.parent, told.group, told.session, told.foreground];
    assert_eq!(ids, [4, 5, 6, 8].map(|at| id(at).map(Pid)));
    assert_eq!(told.parent, Some(Pid(std::process::id())));
}

#[test]
fn each_way_of_reading_finds_the_same() {
    // Files of other kinds between them, a hole in the table, and a socket in its last place.
    let pair = || (UnixStream::pair().unwrap(), std::fs::File::open("/dev/null").unwrap());
    let mut pairs: Vec<_> = std::iter::repeat_with(pair).take(40).collect();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    drop(pairs.remove(7));
    let _last = rustix::io::fcntl_dupfd_cloexec(&client, 255).unwrap();
    let _others = (
        std::io::pipe().unwrap(),
        std::fs::File::open("/dev/ptmx").unwrap(),
        std::fs::File::open("/proc/self/ns/net").unwrap(),
    );
    let found = |reading| {
        let mut found = Found::default();
        let mut bpf = loaded(reading)?;
        bpf.read(&mut found).unwrap();
        bpf.read_tasks(&mut found).unwrap();
        let own = Pid(std::process::id());
        found.owners.retain(|owner| owner.pid == own);
        found.files.retain(|file| file.pid == own);
        found.processes.retain(|process| process.pid == own);
        found.namespaces.retain(|&(pid, _)| pid == own);
        let is_own = |inode| found.owners.iter().any(|owner| owner.inode == inode);
        let sockets = found.sockets.iter().filter(|socket| is_own(socket.id.inode));
        let mut sockets: Vec<_> = sockets
            .map(|socket| format!("{:?} {:?} {:?}", socket.id, socket.tcp_state(), socket.peer))
            .collect();
        sockets.sort();
        let is_master = |file: &OpenFile| matches!(file.target, Some(Target::PtyMaster { .. }));
        assert!(found.files.iter().any(is_master) && !found.namespaces.is_empty(), "{:?}", found.files);
        let [Holder { told: Some(_), .. }] = found.processes[..] else { panic!("{:?}", found.processes) };
        Some((found.owners, sockets, found.files, found.processes, found.namespaces))
    };
    let Some(copied) = found(Reading::Copies) else { return };
    assert_eq!(found(Reading::EachAlone).as_ref(), Some(&copied));
    match Bpf::load_to_read(Reading::Ahead) {
        Err(BpfError::Lacks { .. }) => crate::support::lacking("this kernel cannot read ahead"),
        _ => assert_eq!(found(Reading::Ahead), Some(copied)),
    }
}

#[test]
fn a_socket_of_many_descriptors_is_one() {
    let (one, _other) = UnixStream::pair().unwrap();
    let again: Vec<UnixStream> = (0..5).map(|_| one.try_clone().unwrap()).collect();
    let Some(found) = pass() else { return };
    let of_one = |id: Inode| id == inode(&one);
    assert_eq!(found.sockets.iter().filter(|socket| of_one(socket.id.inode)).count(), 1);
    let own = |pid: Pid| pid == Pid(std::process::id());
    let owners = found.owners.iter().filter(|owner| of_one(owner.inode) && own(owner.pid));
    assert_eq!(owners.count(), 1 + again.len());
}

#[test]
fn counters_and_timers_are_those_of_tcp_info() {
    use std::io::{Read as _, Write as _};
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut server = listener.accept().unwrap().0;
    client.write_all(&[7; 9_000]).unwrap();
    server.read_exact(&mut [0; 9_000]).unwrap();
    let tcp = |collector| {
        let mut snapshot = look_by(collector);
        if snapshot.way.used != collector {
            return None;
        }
        snapshot.sockets.retain(|socket| socket.id.inode == inode(&client));
        let Detail::Tcp(detail) = snapshot.sockets.pop()?.detail else { panic!("not TCP") };
        Some(detail)
    };
    let all = || Some((tcp(Collector::Bpf)?, tcp(Collector::Diag)?));
    // Acknowledgements are delayed; all has come when nothing changes any more.
    let is_at_rest = |found: &Option<(_, sockeye::model::TcpDetail)>| {
        found.as_ref().is_none_or(|(_, diag)| diag.timer.is_none() && diag.counters.unwrap().unacked == 0)
    };
    let Some(Some((bpf, diag))) = std::iter::repeat_with(all).take(200).find(is_at_rest) else {
        crate::support::lacking("no bpf or no netlink here");
        return;
    };
    let (idle_bpf, idle_diag) = (bpf.counters.unwrap(), diag.counters.unwrap());
    let still = |counters: TcpCounters| TcpCounters {
        idle_sent: Millis::default(),
        idle_received: Millis::default(),
        ..counters
    };
    assert_eq!(still(idle_bpf), still(idle_diag));
    assert_eq!(
        (bpf.timer, bpf.cwnd, bpf.ssthresh, bpf.rto),
        (diag.timer, diag.cwnd, diag.ssthresh, diag.rto)
    );
    let apart = idle_diag.idle_sent.0.abs_diff(idle_bpf.idle_sent.0);
    assert!(apart < 5_000, "{idle_bpf:?} {idle_diag:?}");
}

#[test]
fn a_listener_shows_what_waits_and_how_many_may() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    rustix::net::listen(&listener, 7).unwrap();
    let _waiting = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let Some(found) = pass() else { return };
    let row = found.sockets.iter().find(|socket| socket.id.inode == inode(&listener)).unwrap();
    assert_eq!((row.tcp_state(), row.send_queue), (Some(TcpState::Listen), Some(7)));
    assert_eq!(row.receive_queue, Some(1));
}

#[test]
fn without_capabilities_it_says_which_are_needed() {
    // They belong to a thread, so this one alone has none.
    let error = std::thread::spawn(|| {
        let none = CapabilitySet::empty();
        set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
            .unwrap();
        Bpf::load().map(drop).unwrap_err()
    });
    let error = error.join().unwrap();
    assert!(matches!(error, BpfError::NotPermitted | BpfError::NoBtf(_) | BpfError::PidNamespace), "{error}");
}

/// A description of one structure, `sock { int: 8 bits apart; anonymous { int deep } }`, and one function.
fn types() -> Vec<u8> {
    types_with(0)
}

/// With so many more before the last.
fn types_with(more: u32) -> Vec<u8> {
    let strings = b"\0sock\0wide\0deep\0walk\0";
    let [sock, wide, deep, walk] = [1, 6, 11, 16_u32];
    let words: [u32; 27] = [
        // 1: int of 4 bytes
        0,
        1 << 24,
        4,
        32, //
        // 2: anonymous structure with `deep` after 4 bytes
        0,
        4 << 24 | 1,
        8,
        deep,
        1,
        32, //
        // 3: `sock` with `wide` at its start and the anonymous one after 8 bytes
        sock,
        4 << 24 | 2,
        16,
        wide,
        1,
        0,
        0,
        2,
        64, //
        // 4: prototype, 5: function
        0,
        13 << 24,
        0,
        walk,
        12 << 24,
        4, //
        // 6: volatile
        0,
        9 << 24,
    ];
    let mut types: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    types.extend(1_u32.to_ne_bytes());
    types
        .extend(std::iter::repeat_n([0, 9 << 24, 1_u32], more as usize).flatten().flat_map(u32::to_ne_bytes));
    // The last: anonymous structure with a member `walk` after 8 bytes
    types.extend([0, 4 << 24 | 1, 12, walk, 1, 64].into_iter().flat_map(u32::to_ne_bytes));
    let [length, of_strings] = [types.len(), strings.len()].map(|length| u32::try_from(length).unwrap());
    let mut all = 0xeb9f_u16.to_ne_bytes().to_vec();
    all.extend([1, 0]);
    for word in [24, 0, length, length, of_strings] {
        all.extend(u32::to_ne_bytes(word));
    }
    [all, types, strings.to_vec()].concat()
}

#[test]
fn members_are_found_through_anonymous_structures() {
    let bytes = types();
    let (btf, named) = Btf::parse(&bytes, &["sock", "none"], &["walk", "sock"]).unwrap();
    assert_eq!(named.structures, [("sock", TypeId(3))]);
    assert_eq!(named.functions, [("walk", TypeId(5))]);
    let offset = |path| btf.offset(TypeId(3), path);
    assert_eq!((offset("wide"), offset("deep")), (Some(0), Some(12)));
    assert_eq!((offset("none"), offset("wide.deep"), offset("")), (None, None, Some(8)));
}

#[test]
fn types_behind_the_last_one_that_was_looked_for_are_found() {
    let more = 200;
    let mut bytes = types_with(more);
    // Type of the second member of `sock`, behind a head of 24 bytes and 17 words.
    bytes[92..96].copy_from_slice(&(7 + more).to_ne_bytes());
    for functions in [&["walk"], &["none"]] {
        let (btf, named) = Btf::parse(&bytes, &["sock"], functions).unwrap();
        assert_eq!(named.structures, [("sock", TypeId(3))]);
        assert_eq!(btf.offset(TypeId(3), "walk"), Some(16));
    }
    // The rest is not even looked at once all is found, nor believed before.
    bytes[24 + 28 * 4 + 7] = 31;
    assert!(Btf::parse(&bytes, &["sock"], &["walk"]).is_some());
    assert!(Btf::parse(&bytes, &["sock"], &["none"]).is_none());
}

/// The description, with an int of 4 bytes first, so many more types of all kinds, and where the structures are.
fn many_types(many: u32) -> (Vec<u8>, Vec<(&'static str, TypeId)>) {
    const NAMES: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
    let strings = format!("\0{}\0member\0", NAMES.join("\0"));
    let name = |name: &str| u32::try_from(strings.find(&format!("\0{name}\0")).unwrap() + 1).unwrap();
    let mut words = vec![0, 1 << 24, 4, 32];
    let mut named = Vec::new();
    let mut chance = 7_u32;
    for id in 2..many {
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [_, _, low, high] = chance.to_le_bytes().map(u32::from);
        let at = usize::try_from(id / (many / 6)).unwrap();
        if id % (many / 6) == 0 && (1..=5).contains(&at) {
            words.extend([name(NAMES[at - 1]), 4 << 24 | 1, 8, name("member"), 1, 32 * (id % 97)]);
            named.push((NAMES[at - 1], TypeId(id)));
            continue;
        }
        // Pointers, arrays, structures and prototypes; their words look like the heads of others.
        match high % 4 {
            0 => words.extend([0, 2 << 24, id / 2]),
            1 => words.extend([0, 3 << 24, 0, 1, 1, low]),
            2 => words.extend(
                [[0, 4 << 24 | (low % 40), 8].to_vec(), [0, 13 << 24 | 1, 2 << 24].repeat(low as usize % 40)]
                    .concat(),
            ),
            _ => words.extend(
                [[0, 13 << 24 | (low % 9), 1].to_vec(), [0, 10 << 24].repeat(low as usize % 9)].concat(),
            ),
        }
    }
    let [length, of_strings] = [words.len() * 4, strings.len()].map(|length| u32::try_from(length).unwrap());
    let mut all = 0xeb9f_u16.to_ne_bytes().to_vec();
    all.extend([1, 0]);
    all.extend([24, 0, length, length, of_strings].into_iter().chain(words).flat_map(u32::to_ne_bytes));
    all.extend(strings.into_bytes());
    (all, named)
}

#[test]
fn types_are_counted_from_the_first_wherever_they_are_met() {
    for many in (6..60).chain([600, 6_000, 40_007]) {
        let (bytes, expected) = many_types(many);
        let wanted: Vec<&str> = expected.iter().map(|&(name, _)| name).collect();
        for more in [None, Some("none")] {
            let (btf, named) =
                Btf::parse(&bytes, &[wanted.as_slice(), more.as_slice()].concat(), &[]).unwrap();
            assert_eq!(named.structures, expected, "of {many}");
            for (_, id) in named.structures {
                assert_eq!(btf.offset(id, "member"), Some(id.0 % 97 * 4), "of {many}");
            }
        }
        // One that is no type, in front of what is looked for last.
        let mut bytes = bytes;
        bytes[24 + 7] = 31;
        assert!(Btf::parse(&bytes, &wanted, &[]).is_none(), "of {many}");
    }
}

#[test]
fn a_structure_that_lies_in_itself_is_searched_to_an_end() {
    let mut bytes = types();
    // Name and type of the member of structure 2, behind a head of 24 bytes and 7 words.
    bytes[52..60].copy_from_slice(&[0_u32.to_ne_bytes(), 2_u32.to_ne_bytes()].concat());
    assert_eq!(Btf::parse(&bytes, &[], &[]).unwrap().0.offset(TypeId(3), "deep"), None);
}

#[test]
fn a_socket_of_which_only_the_holder_can_be_read_is_still_to_be_found_in_tables() {
    // A row without what only a kernel with the structure of such sockets built in tells.
    let row = |family: u16| {
        let mut row = [0; 112];
        row[2..4].copy_from_slice(&family.to_ne_bytes());
        row[8..16].copy_from_slice(&[42_u32.to_ne_bytes(); 2].concat());
        row[24..32].copy_from_slice(&u64::from(family).to_ne_bytes());
        row
    };
    let (unix, vsock) = (Inode(1), Inode(40));
    let mut decoder = Decoder::of_this_machine();
    let mut found = Found::default();
    assert_eq!(decoder.take(&[row(1), row(40)].concat(), &mut found), Some(224));
    let owners: Vec<_> = found.owners.iter().map(|owner| (owner.inode, owner.pid)).collect();
    assert_eq!((owners, found.sockets), (vec![(unix, Pid(42)), (vsock, Pid(42))], vec![]));
    assert!(!decoder.is_found(unix) && !decoder.is_found(Inode(7)));
}

proptest! {
    #[test]
    fn any_bytes_as_types_do_no_harm(at in 0_usize..200, with in proptest::collection::vec(any::<u8>(), 0..40)) {
        let mut bytes = types();
        let end = (at + with.len()).min(bytes.len());
        let at = at.min(end);
        bytes.splice(at..end, with);
        if let Some((btf, _)) = Btf::parse(&bytes, &["sock", ""], &["walk"]) {
            for id in 0..8 {
                btf.offset(TypeId(id), "wide.deep");
            }
        }
    }

    #[test]
    fn any_bytes_as_rows_do_no_harm(kinds in proptest::collection::vec(0_u8..7, 0..20), fill in any::<[u8; 64]>()) {
        // Rows of any kind, filled with anything, end to end as far as they may be.
        let mut bytes = Vec::new();
        for kind in kinds {
            let mut row: Vec<u8> = fill.iter().cycle().take(320).copied().collect();
            row[0] = kind;
            for (slot, family) in [(2, [1, 2, 10, 16, 17, 40, 0][usize::from(kind)]), (6, 6)] {
                row[slot..slot + 2].copy_from_slice(&u16::to_ne_bytes(family));
            }
            bytes.extend(row);
        }
        let mut found = Found::default();
        let mut decoder = Decoder::of_this_machine();
        let taken = decoder.take(&bytes, &mut found);
        prop_assert!(taken.is_none_or(|taken| taken <= bytes.len()));
        prop_assert!(found.sockets.len() <= bytes.len() / 100 && found.owners.len() <= bytes.len() / 100);
        prop_assert!(decoder.take_tasks(&bytes, &mut found) <= bytes.len());
    }
}

//! The end of a socket: what is asked, what is told.

use sockeye::app::{Effect, Reply, View};
use sockeye::model::{Pid, Protocol, TcpState, Unclosed, UnixState};

use super::{all_well, message, of, open};
use crate::screens::{busy, snapshot};

#[test]
fn the_close_dialog_says_which_socket_and_closes_that_one() {
    let mut screen = open("X");
    insta::assert_snapshot!(screen.text());
    let text = screen.text();
    let inside = text.lines().filter_map(|line| Some(line.split_once('│')?.1.split_once('│')?.0.trim()));
    let what = "It is closed for all that hold it, which read an error; the peer gets a reset. No process ends. \
        Another socket that gets its addresses meanwhile is left alone.";
    assert!(inside.collect::<Vec<_>>().join(" ").contains(what), "{text}");
    let Effect::Find { id, device, owners } = screen.effects[0].clone() else { panic!() };
    assert_eq!((id.inode.0, device, owners), (35943, None, vec![Pid(20117)]));
    assert_eq!(screen.effects.len(), 1, "nothing is closed by one press");
    screen.effects.clear();
    assert_eq!(message(screen.press("Enter")), "closed: whoever held it reads an error (ECONNABORTED)");
    assert_eq!(screen.effects, [Effect::Close]);
}

#[test]
fn of_many_holders_the_first_are_named() {
    let host = (0..20)
        .fold(busy(), |host, nth| host.process(40_000 + nth, 1, "/usr/bin/cat", "cat").held(35943, &[0]));
    let screen = of(host, "X", all_well);
    let text = screen.text();
    assert_eq!(text.matches("held by ").count(), 6, "{text}");
    assert!(text.contains("and 15 more processes"), "{text}");
}

#[test]
fn what_came_of_closing_is_told() {
    let cases = [
        (Unclosed::Gone, "gone already. Nothing was closed."),
        (
            Unclosed::NotPermitted,
            "not permitted: it takes cap_net_admin (other namespaces: cap_sys_admin too)",
        ),
        (Unclosed::OthersRefused, "not permitted: the rights of sockeye's file are for looking"),
        (Unclosed::NoDestroy, "this kernel closes no sockets: it lacks CONFIG_INET_DIAG_DESTROY"),
        (Unclosed::NoWay, "nothing leads into its network namespace. Nothing was closed."),
        (Unclosed::Failed("bad luck".into()), "not closed: bad luck"),
    ];
    for (why, told) in cases {
        let (unclosed, unfound) = (why.clone(), why);
        let closing = move |effect: &Effect| {
            let is_close = *effect == Effect::Close;
            if is_close { Some(Reply::Closed(Err(unclosed.clone()))) } else { all_well(effect) }
        };
        assert_eq!(message(&of(busy(), "X Enter", closing)), told);
        let finding = move |_: &Effect| Some(Reply::Found(Err(unfound.clone())));
        let screen = of(busy(), "X", finding);
        assert_eq!((message(&screen).as_str(), screen.app.view()), (told, View::Table));
    }
}

#[test]
fn only_tcp_and_udp_can_be_closed() {
    let host = snapshot()
        .process(5, 0, "/bin/x", "x")
        .unix(1, &[3], UnixState::Connected, b"/run/x")
        .tcp(2, &[4], TcpState::Close, "10.0.0.1:80", "0.0.0.0:0")
        .udp(3, &[5], "0.0.0.0:0", "0.0.0.0:0");
    for filter in ["socket:1", "socket:2", "socket:3"] {
        let screen = of(host.clone(), &format!("x / \"{filter}\" Enter X"), all_well);
        assert_eq!(
            message(&screen),
            "cannot be closed: only TCP and UDP that is bound or connected can",
            "{filter}"
        );
        assert_eq!(screen.effects, []);
    }
    let udp = snapshot().process(5, 0, "/bin/x", "x").udp(3, &[5], "0.0.0.0:53", "0.0.0.0:0");
    let screen = of(udp, "X Enter", all_well);
    let Effect::Find { id, .. } = &screen.effects[0] else { panic!() };
    assert_eq!(id.protocol, Protocol::Udp);
}

//! Signals and the end of a socket: what is asked, what is told.

use std::time::{Duration, SystemTime};

use sockeye::app::{Effect, Options, Reply};
use sockeye::model::{Addressee, Delivery, Pid, ProcessKey, Request, Signal, SourceId, Standing, TcpState};
use sockeye::run::Event;

use super::{busy, many};
use crate::support::screen::{Screen, analyses};
use crate::support::snapshot::Builder;

mod close;

/// Everything is found and done.
pub fn all_well(effect: &Effect) -> Option<Reply> {
    outside(&Standing::Held, &Delivery::Sent)(effect)
}

/// Each process is so when it is asked for, and this comes of the signal.
fn outside(standing: &Standing, delivery: &Delivery) -> impl Fn(&Effect) -> Option<Reply> + use<> {
    let (standing, delivery) = (standing.clone(), delivery.clone());
    move |effect| {
        if let Effect::Hold(processes) = effect {
            let found = processes.iter().map(|process| addressee(*process, standing.clone()));
            return Some(Reply::Held(found.collect()));
        }
        if let Effect::Signal(signal) = effect {
            return Some(Reply::Delivered(*signal, vec![(shell(), delivery.clone())]));
        }
        if let Effect::Find { .. } = effect {
            return Some(Reply::Found(Ok(())));
        }
        (*effect == Effect::Close).then_some(Reply::Closed(Ok(())))
    }
}

fn addressee(process: ProcessKey, standing: Standing) -> Addressee {
    let children = Some(vec![(Pid(20130), "cat".into()), (Pid(20131), "no\nisy".into())]);
    Addressee { process, standing, descriptors: Some(5), children, is_above: false }
}

/// As `busy` has it.
fn shell() -> ProcessKey {
    ProcessKey { pid: Pid(20117), start: 2_011_700 }
}

fn of(host: Builder, keys: &str, outside: impl Fn(&Effect) -> Option<Reply> + 'static) -> Screen {
    let mut screen = Screen::new((80, 24), Options::default());
    screen.answering(outside).receive(&analyses(&[host.build()])).press(keys);
    screen
}

fn open(keys: &str) -> Screen {
    of(busy(), keys, all_well)
}

/// The message line.
fn message(screen: &Screen) -> String {
    screen.text().lines().nth(22).unwrap().to_owned()
}

#[test]
fn the_kill_dialog_says_who_it_is_and_what_can_be_sent() {
    let screen = open("K");
    insta::assert_snapshot!(screen.text());
    assert_eq!(screen.effects, [Effect::Hold(vec![shell()])], "nothing is sent by one press");
    insta::assert_snapshot!("kill_end", open("K End").text());
    assert_eq!(open("F9").text(), screen.text());
}

#[test]
fn the_kill_dialog_fits_a_small_screen() {
    let mut screen = Screen::new((60, 12), Options::default());
    screen.answering(all_well).receive(&analyses(&[busy().build()])).press("K");
    insta::assert_snapshot!(screen.text());
    insta::assert_snapshot!("kill_small_end", screen.press("End").text());
}

#[test]
fn the_pid_is_seen_however_much_there_is_to_warn_of() {
    let crowded = |effect: &Effect| {
        let Effect::Hold(processes) = effect else { return None };
        let children = (0..99).map(|nth| (Pid(20200 + nth), "a-longer-name".into())).collect();
        let found = addressee(processes[0], Standing::Held);
        Some(Reply::Held(vec![Addressee { is_above: true, children: Some(children), ..found }]))
    };
    let shared = busy().process(20118, 20117, "/usr/bin/cat", "cat").held(35943, &[0]);
    let mut screen = Screen::new((60, 12), Options::default());
    screen.answering(crowded).receive(&analyses(&[shared.build()])).press("K");
    insta::assert_snapshot!(screen.text());
}

#[test]
fn enter_sends_the_chosen_signal_and_says_so() {
    for (place, (name, .., signal)) in Signal::MENU.into_iter().enumerate() {
        let mut screen = open(&format!("K {}", "Down ".repeat(place)));
        screen.effects.clear();
        screen.press("Enter");
        assert_eq!(screen.effects, [Effect::Signal(signal)]);
        assert_eq!(message(&screen), format!("{name} sent to 20117 bash"));
    }
}

#[test]
fn esc_lets_go_and_sends_nothing() {
    let mut screen = open("");
    let before = screen.text();
    assert_eq!(screen.press("K Down Esc").text(), before);
    assert_eq!(screen.effects, [Effect::Hold(vec![shell()]), Effect::LetGo]);
    screen.effects.clear();
    assert_eq!(screen.press("X Esc").text(), before);
    assert_eq!(screen.effects[1..], [Effect::LetGo]);
}

#[test]
fn the_dialog_keeps_its_process_while_rows_reorder_and_go() {
    let mut screen = open("K");
    let dialog = |screen: &Screen| {
        let text = screen.text();
        let inside = text.lines().filter(|line| line.contains('│')).map(str::to_owned);
        inside.collect::<Vec<_>>()
    };
    let before = dialog(&screen);
    let newer = busy().later(Duration::from_secs(2)).process(30000, 1, "/usr/bin/zsh", "zsh -i").tcp(
        40000,
        &[0, 1],
        TcpState::Established,
        "10.0.0.5:40000",
        "203.0.113.90:443",
    );
    let gone = newer.clone().adjust(|snapshot| {
        snapshot.processes.remove(&Pid(20117));
        snapshot.owners.retain(|owner| owner.pid != Pid(20117));
        snapshot.sockets.retain(|socket| socket.id.inode.0 != 35943);
    });
    let later = [2, 4, 6].map(|seconds| gone.clone().later(Duration::from_secs(seconds)).build());
    let mut series = vec![busy().build(), newer.build()];
    series.extend(later);
    screen.receive(&analyses(&series)[1..]);
    assert_eq!(dialog(&screen), before);
    screen.effects.clear();
    assert_eq!(message(screen.press("Enter")), "TERM sent to 20117 bash");
    assert_eq!(screen.effects, [Effect::Signal(Signal::Term)]);
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(14) + Duration::from_secs(seconds)
}

#[test]
fn one_that_ended_meanwhile_gets_nothing() {
    let mut screen = open("K");
    screen.take([Event::Ended(shell(), at(2469))]);
    insta::assert_snapshot!(screen.text());
    // Seen below the help, too.
    let mut helped = open("K ?");
    helped.take([Event::Ended(shell(), at(2469))]);
    assert_eq!(helped.press("Esc").text(), screen.text());
    screen.effects.clear();
    assert_eq!(message(screen.press("Enter")), "20117 ended by itself at 14:41:09 UTC. Nothing was sent.");
    assert_eq!(screen.effects, [Effect::LetGo]);
    // One that ended after a signal: what became of its sockets is looked at.
    let mut sent = open("K Enter");
    sent.effects.clear();
    sent.take([Event::Ended(shell(), at(0))]);
    assert_eq!(sent.effects, [Effect::Request(SourceId(0), Request::Refresh)]);
    // Another one's end is not its own.
    let mut other = open("K");
    other.take([Event::Ended(ProcessKey { pid: Pid(20117), start: 1 }, at(0))]);
    assert_eq!(other.text(), open("K").text());
}

#[test]
fn one_that_cannot_be_held_gets_nothing() {
    let cases = [
        (Standing::Replaced, "20117 ended by itself, and another process has its pid. Nothing was sent."),
        (Standing::Ended(None), "20117 ended by itself. Nothing was sent."),
        (Standing::Sockeye, "20117 is sockeye itself: q quits. Nothing was sent."),
        (Standing::Init, "20117 is init: with it ends all that runs here. Nothing was sent."),
        (
            Standing::NoPidfd("Function not implemented (os error 38)".into()),
            "the kernel has no pidfd (Function not implemented). Nothing was sent.",
        ),
    ];
    for (standing, told) in cases {
        let mut screen = of(busy(), "K", outside(&standing, &Delivery::Sent));
        let why = told.split(". Nothing").next().unwrap();
        assert!(screen.text().contains(why), "{}", screen.text());
        assert!(!screen.text().contains("TERM"), "{}", screen.text());
        screen.effects.clear();
        assert_eq!(message(screen.press("Enter")), told);
        assert_eq!(screen.effects, [Effect::LetGo]);
    }
}

#[test]
fn what_came_of_it_is_told() {
    let cases = [
        (Delivery::NotPermitted, "not permitted: 20117 belongs to www-data, run as root"),
        (
            Delivery::OthersRefused,
            "not permitted: 20117 is www-data's; the rights of sockeye's file are for looking",
        ),
        (
            Delivery::Not(Standing::Ended(Some(at(1)))),
            "20117 ended by itself at 14:00:01 UTC. Nothing was sent.",
        ),
        (Delivery::Failed("bad luck".into()), "20117: bad luck"),
    ];
    for (delivery, told) in cases {
        assert_eq!(message(&of(busy(), "K Enter", outside(&Standing::Held, &delivery))), told);
    }
}

#[test]
fn who_has_company_or_is_above_is_warned_of() {
    let above = |effect: &Effect| {
        let Effect::Hold(processes) = effect else { return None };
        let found = addressee(processes[0], Standing::Held);
        Some(Reply::Held(vec![Addressee { is_above: true, children: None, descriptors: None, ..found }]))
    };
    let shared = busy().process(20118, 20117, "/usr/bin/cat", "cat").held(35943, &[0]);
    insta::assert_snapshot!(of(shared.clone(), "K", above).text());
    let text = of(shared.process(20119, 20117, "/usr/bin/tee", "tee").held(35943, &[0]), "K", above).text();
    assert!(text.contains("2 more processes hold this socket, and keep it"), "{text}");
}

#[test]
fn without_a_process_there_is_no_dialog() {
    let mut screen = open("End K");
    assert_eq!(message(&screen), "no process is known to hold this socket");
    assert_eq!(message(screen.press("/ \"zzz\" Enter K")), "no socket is selected");
    assert_eq!(message(screen.press("X")), "no socket is selected");
    assert_eq!(screen.effects, []);
}

#[test]
fn tags_stay_with_their_rows_and_esc_drops_them_before_the_filter() {
    let mut screen = open("/ \"bash\" Enter T T");
    insta::assert_snapshot!("tagged", screen.text());
    assert!(message(&screen).starts_with("filter: bash  2 tagged "), "{}", message(&screen));
    screen.press("r >");
    screen.receive(&analyses(&[busy().build(), super::later()])[1..]);
    assert_eq!(screen.text().lines().filter(|line| line.get(2..3) == Some("*")).count(), 2);
    screen.press("Home T");
    assert!(message(&screen).contains("1 tagged"), "{}", message(&screen));
    screen.press("Esc");
    assert!(message(&screen).starts_with("filter: bash  "), "{}", message(&screen));
    assert!(!screen.text().contains("tagged"));
    assert!(message(screen.press("Esc")).starts_with("filter: (none)"));
    // The star is there without colour, too.
    let mut plain = Screen::new((80, 24), Options { theme: sockeye::app::Theme::Mono, ..Options::default() });
    plain.receive(&analyses(&[busy().build()])).press("T");
    assert!(plain.text().contains("!!*"), "{}", plain.text());
}

/// Two shells and the web server.
fn several(effect: &Effect) -> Option<Reply> {
    if let Effect::Hold(processes) = effect {
        let found = processes.iter().map(|process| {
            let ended = process.pid == Pid(20119);
            addressee(*process, if ended { Standing::Ended(None) } else { Standing::Held })
        });
        return Some(Reply::Held(found.collect()));
    }
    let Effect::Signal(signal) = effect else { return None };
    let told = [Delivery::Sent, Delivery::Not(Standing::Ended(None)), Delivery::NotPermitted];
    Some(Reply::Delivered(*signal, tagged().into_iter().zip(told).collect()))
}

fn tagged() -> [ProcessKey; 3] {
    [20117, 20119, 1204].map(|pid| ProcessKey { pid: Pid(pid), start: u64::from(pid) * 100 })
}

#[test]
fn several_tagged_processes_get_a_signal_only_after_they_were_listed() {
    let mut screen = of(busy(), "T T / \"nginx listen\" Enter T / C-u \"sshd\" Enter K", several);
    insta::assert_snapshot!("kill_list", screen.text());
    assert_eq!(screen.effects, [Effect::Hold(tagged().to_vec())]);
    screen.effects.clear();
    insta::assert_snapshot!("kill_several", screen.press("Enter").text());
    assert_eq!(screen.effects, []);
    screen.press("Down Enter");
    assert_eq!(screen.effects, [Effect::Signal(Signal::Kill)]);
    assert_eq!(
        message(&screen),
        "KILL sent to 20117 bash; 20119 ended by itself; not permitted: 1204 belongs to …"
    );
    assert!(!screen.text().contains("tagged"), "they were done with");
}

#[test]
fn tags_whose_rows_went_away_do_not_hit_the_selected_row() {
    let gone = |seconds| {
        let later = many(5).later(Duration::from_secs(seconds));
        later.adjust(|snapshot| snapshot.sockets.retain(|socket| socket.id.inode.0 != 5002)).build()
    };
    let series = analyses(&[many(5).build(), gone(2), gone(4), gone(6)]);
    let mut screen = Screen::new((80, 24), Options::default());
    screen.answering(all_well).receive(&series[..1]).press("Down Down T").receive(&series[1..]);
    for keys in ["K", "c R", "w E", "w T"] {
        assert!(
            message(screen.press(keys)).starts_with("the tagged rows are gone"),
            "{keys}: {}",
            screen.text()
        );
    }
    assert_eq!(screen.effects, []);
}

#[test]
fn read_only_has_no_keys_that_act() {
    let mut screen = Screen::new((160, 24), Options { read_only: true, ..Options::default() });
    screen.answering(|effect| panic!("{effect:?}")).receive(&analyses(&[busy().build()]));
    let before = screen.text();
    assert_eq!(screen.press("K X F9 Enter Esc").text(), before);
    let hints = before.lines().last().unwrap();
    assert!(!hints.contains("kill") && !hints.contains("close socket"), "{hints}");
    screen.resize(160, 200);
    for help in ["?", "?"] {
        let help = screen.press(help).text();
        for word in ["send a signal", "close the socket", "-- kill", "-- close", "do it"] {
            assert!(!help.contains(word), "{word}: {help}");
        }
        assert!(help.contains("tag for"), "{help}");
    }
}

/// A socket of two processes.
fn shared() -> Builder {
    many(1)
        .process(20117, 0, "/usr/bin/bash", "bash -i")
        .tcp(901, &[0, 1], TcpState::Established, "10.0.0.5:33894", "203.0.113.80:443")
        .process(20118, 20117, "/usr/bin/cat", "cat")
        .held(901, &[4])
}

#[test]
fn a_further_owner_is_not_tagged_in_place_of_its_sockets_line() {
    let screen = of(shared(), "Home + Down T", all_well);
    assert_eq!(message(&screen), "a further owner: its socket's own line can be tagged");
    assert!(!screen.text().contains("1 tagged"), "{}", screen.text());
    // Folded again, the line is the socket's.
    let mut screen = of(shared(), "Home + Down - T", all_well);
    assert!(message(&screen).contains("1 tagged"), "{}", screen.text());
    let text = screen.press("K").text();
    assert!(text.contains("Kill 20117 bash"), "{text}");
}

#[test]
fn a_socket_whose_selected_owner_is_folded_away_is_closed() {
    let screen = of(shared(), "Home + Down - X", all_well);
    assert!(screen.text().contains("Close this socket"), "{}", screen.text());
}

#[test]
fn the_line_of_a_process_is_no_socket_to_close() {
    // With two sockets it has a line of its own.
    let host = many(1)
        .process(20117, 0, "/usr/bin/bash", "bash -i")
        .tcp(901, &[0, 1], TcpState::Established, "10.0.0.5:33894", "203.0.113.80:443")
        .tcp(902, &[4], TcpState::Established, "10.0.0.5:33895", "203.0.113.81:443");
    let screen = of(host, "t Home X", all_well);
    assert!(message(&screen).starts_with("no socket is selected"), "{}", screen.text());
}

//! What each key does in each view: declared here beside the table of keys, so that none is without a line.

use std::collections::BTreeSet;
use std::time::Duration;

use crossterm::event::Event as Input;
use sockeye::app::keymap::{self, View};
use sockeye::app::{Action, Clip, Document, Effect};
use sockeye::model::{Request, Signal, SourceId};
use sockeye::run::Event;

use super::keys::{event, ready};
use crate::support::screen::Screen;

/// What becomes of a screen.
#[derive(Clone, Debug)]
enum Does {
    /// This is there, and was not before.
    Shows(&'static str),
    /// This is not there any more.
    Hides(&'static str),
    /// The first stands above the second, and did not before.
    Orders(&'static str, &'static str),
    /// This is asked to be done outside, and nothing else.
    Asks(Effect),
    /// No key that follows is taken.
    Quits,
}

use Does::{Asks, Hides, Orders, Quits, Shows};
use View::{
    Close, Columns, Copy, Coverage, Detail, Filter, Groups, Help, Kill, Menu, Mute, Pid, Sorts, States,
    Table, Write,
};

/// By the help of the key: what it does in any view.
const EVERYWHERE: &[(&str, Does)] = &[
    ("quit", Quits),
    ("suspend", Asks(Effect::Suspend)),
    ("draw the screen anew", Asks(Effect::Redraw)),
    ("help", Shows("┌ Help: ")),
];

const fn request(request: Request) -> Does {
    Asks(Effect::Request(SourceId(0), request))
}

const fn every(seconds: u64) -> Does {
    request(Request::SetInterval(Duration::from_secs(seconds)))
}

const fn copies(clip: Clip) -> Does {
    Asks(Effect::Copy(clip))
}

const fn writes(document: Document) -> Does {
    Asks(Effect::Write(document))
}

/// What it does in some.
#[rustfmt::skip] // one line a key
const IN_VIEWS: &[(&[View], &str, Does)] = &[
    (&[Table], "filter while typing", Shows("Tab complete")),
    (&[Table], "only one pid, on/off", Shows("only pid: 700")),
    (&[Table], "only one state: menu", Shows("┌ State ─")),
    (&[Table], "ESTABLISHED only, on/off", Shows("filter: not zzz state:established")),
    (&[Table], "listeners only, on/off", Shows("filter: not zzz state:listen")),
    (&[Table], "only one user: menu", Shows("┌ User ─")),
    (&[Table], "one namespace: menu", Shows("┌ Network namespace ─")),
    (&[Table], "saved views: menu", Shows("no saved views: [[view]] in the config file makes one")),
    (&[Table], "go to that pid", Shows("to pid 0: no row has it")),
    (&[Table], "unix, packet, netlink", Shows("  63 sockets  ")),
    (&[Table], "alerts only; low; all", Shows("filter: not zzz alert:high,medium")),
    (&[Table, Detail], "next alert", Shows("── 20117 bash ──")),
    (&[Table, Detail], "previous alert", Shows("── 20117 bash ──")),
    (&[Table, Detail], "mute this alert, on/off", Shows("no alert on this row")),
    (&[Table], "sort by: picker", Shows("┌ Sort by ─")),
    (&[Table], "sort by previous column", Shows("sort: cmdline")),
    (&[Table], "sort by next column", Shows("sort: pid")),
    (&[Table], "invert the order", Shows("sort: alerts, then age, inverted")),
    (&[Table], "columns: chooser", Shows("┌ Columns, from left to right ─")),
    (&[Table], "processes as a tree", Shows("├─fd 20 ")),
    (&[Table], "group by: menu", Shows("┌ Group by ─")),
    (&[Table], "unfold; further owners", Shows("nothing to unfold here")),
    (&[Table], "fold", Shows("nothing to fold here")),
    (&[Table], "fold or unfold all", Shows("further owners are shown: * hides them")),
    (&[Table], "detail, full, shut", Shows("Enter full screen")),
    (&[Table], "move rows, or detail", Shows("Up Down scroll, Tab rows")),
    (&[Table, Detail], "names (asks DNS) on/off", Shows("names on: name servers are asked about remote addresses")),
    (&[Table, Detail], "what was not seen, why", Shows("┌ What was seen ─")),
    (&[Table, Detail], "freeze / go on", Shows("FROZEN 00:00, 0 missed")),
    (&[Table, Detail], "slower", every(3)),
    (&[Table, Detail], "faster", every(1)),
    (&[Table, Detail], "snapshot now", request(Request::Refresh)),
    (&[Table, Detail], "mark: new since now", Shows("new since 14:00:00")),
    (&[Table], "only what is different", Shows("DIFFERENCES since 14:00:00")),
    (&[Table], "what closed lately", Shows("CLOSED LATELY")),
    (&[Table, Detail], "copy: menu", Shows("┌ Copy ─")),
    (&[Table, Detail], "write to a file: menu", Shows("┌ Write a new file here ─")),
    (&[Table, Detail], "send a signal: dialog", Shows("┌ Kill 700 proxy ─")),
    (&[Table, Detail], "close the socket: dialog", Shows("┌ Close this socket ─")),
    (&[Table], "tag for kill/copy/write", Shows("1 tagged")),
    (&[Table], "one step back", Shows("filter: (none)")),
    (&[Detail], "detail, full, shut", Hides("Enter shuts")),
    (&[Detail], "one step back", Shows("Enter full screen")),

    (&[Filter], "take it", Shows("sort: alerts, then age")),
    (&[Filter], "complete: next", Shows("nothing that is there begins so")),
    (&[Filter], "complete: previous", Shows("nothing that is there begins so")),
    (&[Filter], "earlier line", Shows("filter: one")),
    (&[Filter], "later line", Shows("filter: not zzz")),
    (&[Pid], "take it", Shows("filter: not zzz pid:700")),
    (&[Mute], "take it", Shows("not muted: a mute needs a reason")),
    (&[Filter, Pid, Mute], "one step back", Shows("filter: not zzz  ")),

    (&[States], "ESTABLISHED", Shows("filter: not zzz state:established")),
    (&[States], "LISTEN", Hides("┌ State ─")),
    (&[States], "SYN_SENT, SYN_RECV", Shows("filter: not zzz state:syn")),
    (&[States], "TIME_WAIT", Shows("filter: not zzz state:time_wait")),
    (&[States], "CLOSE_WAIT", Shows("filter: not zzz state:close_wait")),
    (&[States], "all states", Hides("state:listen")),
    (&[States], "take it", Shows("filter: not zzz state:syn")),
    (&[States], "one step back", Hides("┌ State ─")),
    (&[Sorts], "sort by previous column", Shows(" ^ cmdline ")),
    (&[Sorts], "sort by next column", Shows(" ^ pid ")),
    (&[Sorts], "invert the order", Shows(" v exe ")),
    (&[Sorts], "take it", Hides("┌ Sort by ─")),
    (&[Sorts], "one step back", Hides("┌ Sort by ─")),
    (&[Columns], "show it, on/off", Shows("[ ] user")),
    (&[Columns], "move it to the left", Orders("] user ", "] command ")),
    (&[Columns], "move it to the right", Orders("] fd ", "] user ")),
    (&[Columns], "all as usual", Orders("] user ", "] command ")),
    (&[Columns], "take it", Hides("┌ Columns, from left to right ─")),
    (&[Columns], "one step back", Hides("┌ Columns, from left to right ─")),
    (&[Menu], "take it", Shows("filter: not zzz user=root")),
    (&[Menu], "one step back", Hides("┌ User ─")),
    (&[Copy], "address of the peer", copies(Clip::Remote)),
    (&[Copy], "pid", copies(Clip::Pid)),
    (&[Copy], "line of the table", copies(Clip::Row)),
    (&[Copy], "evidence, all facts", copies(Clip::Evidence)),
    (&[Copy], "commands that check it", copies(Clip::Commands)),
    (&[Copy], "take it", copies(Clip::Pid)),
    (&[Copy], "one step back", Hides("┌ Copy ─")),
    (&[Write], "evidence as text", writes(Document::EvidenceText)),
    (&[Write], "evidence as JSON", writes(Document::EvidenceJson)),
    (&[Write], "table as text", writes(Document::TableText)),
    (&[Write], "table as JSON", writes(Document::TableJson)),
    (&[Write], "table as CSV", writes(Document::TableCsv)),
    (&[Write], "take it", writes(Document::EvidenceJson)),
    (&[Write], "one step back", Hides("┌ Write a new file here ─")),
    (&[Groups], "no groups", Hides("┌ Group by ─")),
    (&[Groups], "process name", Shows("PROCESS NAME")),
    (&[Groups], "remote host", Shows("REMOTE HOST")),
    (&[Groups], "user", Shows("USER                     ")),
    (&[Groups], "take it", Shows("PROCESS NAME")),
    (&[Groups], "one step back", Hides("┌ Group by ─")),

    (&[Kill], "do it", Asks(Effect::Signal(Signal::Kill))),
    (&[Close], "do it", Asks(Effect::Close)),
    (&[Kill, Close], "one step back", Asks(Effect::LetGo)),
    (&[Coverage], "one step back", Hides("┌ What was seen ─")),
    (&[Help], "one step back", Hides("┌ Help: ")),
    (&[Help], "help", Shows("┌ Help: all views ─")),
];

/// What a key is declared to do in a view.
fn declared(view: View, help: &str) -> Option<&'static Does> {
    let in_view = IN_VIEWS.iter().find(|(views, of, _)| views.contains(&view) && *of == help);
    let anywhere = || EVERYWHERE.iter().find(|(of, _)| *of == help).map(|(_, does)| does);
    in_view.map(|(_, _, does)| does).or_else(anywhere)
}

/// Moves are for `moving` and `motions`.
fn is_move(action: &Action) -> bool {
    matches!(action, Action::Move(_) | Action::Left | Action::Right)
}

/// The screen of the view after a key, and its text before.
fn pressed(view: View, key: keymap::Key) -> (Screen, String) {
    let mut screen = ready(view);
    if view == Filter {
        screen.press("Up"); // there is a later line, too
    }
    screen.effects.clear();
    let before = screen.text();
    screen.take([Event::Terminal(Input::Key(event(key)))]);
    (screen, before)
}

#[test]
fn each_key_does_what_it_is_declared_to_do() {
    let mut wrong = Vec::new();
    for view in View::ALL {
        for binding in keymap::bindings(view) {
            let is_typed = view == Filter && is_move(&binding.action);
            if is_move(&binding.action) && !is_typed {
                continue;
            }
            let Some(does) = declared(view, binding.help) else {
                wrong.push(format!("{view:?}: {} has no line", binding.help));
                continue;
            };
            let (mut screen, before) = pressed(view, binding.keys[0]);
            let after = screen.text();
            let is_so = match does {
                Shows(text) => after.contains(text) && !before.contains(text),
                Hides(text) => before.contains(text) && !after.contains(text),
                Orders(first, second) => {
                    let is_above = |text: &str| text.find(first).unwrap() < text.find(second).unwrap();
                    is_above(&after) && !is_above(&before)
                }
                Asks(effect) => screen.effects == [effect.clone()],
                Quits => {
                    screen.take([
                        Event::Terminal(Input::Key(event(binding.keys[0]))),
                        Event::Notice("on".into()),
                    ]);
                    before == after && screen.app.notice().is_none()
                }
            };
            if !is_so {
                wrong
                    .push(format!("{} in {view:?}: {does:?} {:?}\n{after}", binding.keys[0], screen.effects));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{} are wrong", wrong.join("\n"), wrong.len());
}

#[test]
fn nothing_is_declared_of_keys_that_there_are_not() {
    let bound: BTreeSet<(View, &str)> = View::ALL
        .into_iter()
        .flat_map(|view| keymap::bindings(view).map(move |binding| (view, binding.help)))
        .collect();
    for (views, help, _) in IN_VIEWS {
        for view in *views {
            assert!(bound.contains(&(*view, *help)), "{help} in {view:?}");
        }
    }
}

#[test]
fn twins_do_exactly_the_same() {
    for view in View::ALL {
        let has_twins = |binding: &&keymap::Binding| {
            binding.keys.len() > 1 && !matches!(binding.action, Action::Digit(_))
        };
        for binding in keymap::bindings(view).filter(has_twins) {
            let shown = |key| {
                let (screen, _) = pressed(view, key);
                (screen.text(), screen.styles(), screen.effects)
            };
            let first = shown(binding.keys[0]);
            for twin in &binding.keys[1..] {
                assert_eq!(shown(*twin), first, "{twin} and {} in {view:?}", binding.keys[0]);
            }
        }
    }
}

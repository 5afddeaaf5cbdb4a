//! The one table of keys: dispatch, help, hints and documentation come from it.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::{Action, Motion};
use super::{App, Clip, Document, Fold, Menu};
use crate::table::{By, Rows};

mod bound;
mod name;
mod typed;
mod view;

pub use bound::{Conflict, Keys, listed};
pub use name::named;
pub use typed::UnknownKey;
pub use view::{Group, View};

/// A key as a terminal sends it; Shift is part of the character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub code: KeyCode,
    pub control: bool,
}

const fn key(code: KeyCode) -> Key {
    Key { code, control: false }
}

const fn letter(character: char) -> Key {
    key(KeyCode::Char(character))
}

const fn control(character: char) -> Key {
    Key { code: KeyCode::Char(character), control: true }
}

impl Key {
    /// None with a modifier that no key here has.
    fn pressed(event: &KeyEvent) -> Option<Self> {
        if event.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META) {
            return None;
        }
        // Some terminals send Shift-Tab as Tab with a modifier; of characters Shift is a part.
        let is_back_tab = event.code == Tab && event.modifiers.contains(KeyModifiers::SHIFT);
        let code = if is_back_tab { BackTab } else { event.code };
        Some(Self { code, control: event.modifiers.contains(KeyModifiers::CONTROL) })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.control {
            return write!(f, "Ctrl-{}", self.code.to_string().to_uppercase());
        }
        if self.code == BackTab {
            f.write_str("S-Tab")
        } else if self.code == KeyCode::Char(' ') {
            f.write_str("Space")
        } else if self.code == Delete {
            f.write_str("Del")
        } else if self.code == PageUp {
            f.write_str("PgUp")
        } else if self.code == PageDown {
            f.write_str("PgDn")
        } else if let KeyCode::Char(character) = self.code {
            write!(f, "{character}")
        } else {
            write!(f, "{}", self.code)
        }
    }
}

/// What some keys do in some views.
#[derive(Debug)]
pub struct Binding {
    pub views: &'static [View],
    /// The first is the one that hints name; the others are its twins.
    pub keys: &'static [Key],
    pub action: Action,
    pub group: Group,
    /// At most [`LONGEST_HELP`] characters.
    pub help: &'static str,
    /// Its word in the hint line, and its rank there: where room is short the highest gives way first.
    pub hint: Option<(u8, &'static str)>,
}

/// What a line of help has room for, so that two columns fit on 80 cells.
pub const LONGEST_HELP: usize = 24;

impl Binding {
    /// The keys by their names, separated by blanks.
    pub fn names(&self) -> String {
        listed(self.keys)
    }
}

impl App {
    /// The bindings of a view that are in force, with their keys: none of deeds, and none in their dialogs, where it
    /// only reads.
    pub fn bindings(&self, view: View) -> impl Iterator<Item = (&'static Binding, &[Key])> {
        self.keys().bindings(view).filter(move |(binding, _)| self.is_in_force(view, &binding.action))
    }

    /// What a key does now.
    pub fn key(&self, event: &KeyEvent) -> Option<Action> {
        let view = self.view();
        self.keys().action(view, event).filter(|action| self.is_in_force(view, action))
    }

    /// Where single keys do things, what to say of one that does none.
    pub fn unbound(&self, event: &KeyEvent) -> Option<Action> {
        let key = Key::pressed(event).filter(|_| matches!(self.view(), View::Table | View::Detail))?;
        let is_typed =
            matches!(key.code, KeyCode::Char(_) | KeyCode::F(_) | KeyCode::Insert | KeyCode::Backspace);
        is_typed.then(|| Action::Unbound(key.to_string()))
    }

    fn is_in_force(&self, view: View, action: &Action) -> bool {
        !self.options.read_only || !(action.is_deed() || view.is_deed())
    }
}

/// The bindings of a view, in the order of hints and help.
pub fn bindings(view: View) -> impl Iterator<Item = &'static Binding> {
    BINDINGS.iter().filter(move |binding| binding.views.contains(&view))
}

/// What a key does in a view, unless the user has bound other keys.
pub fn action(view: View, event: &KeyEvent) -> Option<Action> {
    Keys::default().action(view, event)
}

/// The keys of the table as a table in Markdown.
pub fn markdown() -> String {
    let lines = Group::ALL.into_iter().flat_map(|group| {
        bindings(View::Table).filter(move |binding| binding.group == group).map(|binding| {
            let keys: Vec<_> = binding.names().split(' ').map(|key| format!("`{key}`")).collect();
            format!("| {} | {} |\n", keys.join(" "), binding.help)
        })
    });
    std::iter::once("| key | does |\n|---|---|\n".to_owned()).chain(lines).collect()
}

const EVERYWHERE: &[View] = &View::ALL;
const TABLE: &[View] = &[View::Table];
const SOCKETS: &[View] = &[View::Table, View::Detail];
const SORTS: &[View] = &[View::Table, View::Sorts];
const PROMPTS: &[View] = &[View::Filter, View::Pid, View::Mute];
const DIALOGS: &[View] = &[
    View::States,
    View::Sorts,
    View::Columns,
    View::Menu,
    View::Filter,
    View::Pid,
    View::Mute,
    View::Copy,
    View::Write,
    View::Groups,
];
const DEEDS: &[View] = &[View::Kill, View::Close];
const STATES: &[View] = &[View::States];
const COLUMNS: &[View] = &[View::Columns];
const COPY: &[View] = &[View::Copy];
const WRITE: &[View] = &[View::Write];
const GROUPS: &[View] = &[View::Groups];
const FILTER: &[View] = &[View::Filter];
const MOVING: &[View] = &[
    View::Table,
    View::Detail,
    View::States,
    View::Sorts,
    View::Columns,
    View::Menu,
    View::Copy,
    View::Write,
    View::Groups,
    View::Kill,
    View::Close,
    View::Coverage,
    View::Help,
];
const NO_PROMPT: &[View] = MOVING;

const fn bind(
    views: &'static [View],
    keys: &'static [Key],
    action: Action,
    group: Group,
    help: &'static str,
    hint: Option<(u8, &'static str)>,
) -> Binding {
    Binding { views, keys, action, group, help, hint }
}

#[rustfmt::skip]
const DIGITS: &[Key] = &[
    letter('0'), letter('1'), letter('2'), letter('3'), letter('4'),
    letter('5'), letter('6'), letter('7'), letter('8'), letter('9'),
];

const fn f(number: u8) -> Key {
    key(KeyCode::F(number))
}

use Group::{Act, Find, Leave, Look, Move, Time};
use KeyCode::{BackTab, Delete, Down, End, Enter, Esc, Home, Left, PageDown, PageUp, Right, Tab, Up};

#[rustfmt::skip] // one line a key
static BINDINGS: &[Binding] = &[
    bind(TABLE, &[letter('/'), f(4), f(3)], Action::OpenFilter, Find, "filter while typing", Some((1, "filter"))),
    bind(TABLE, &[letter('p')], Action::OpenPid, Find, "only one pid, on/off", Some((2, "pid"))),
    bind(TABLE, &[letter('s')], Action::OpenStates, Find, "only one state: menu", Some((3, "state"))),
    bind(TABLE, &[letter('e')], Action::State(Some("established")), Find, "ESTABLISHED only, on/off", Some((9, "estab"))),
    bind(TABLE, &[letter('l')], Action::State(Some("listen")), Find, "listeners only, on/off", Some((12, "listen"))),
    bind(TABLE, &[letter('u')], Action::OpenMenu(Menu::Users), Find, "only one user: menu", Some((18, "user"))),
    bind(TABLE, &[letter('N')], Action::OpenMenu(Menu::Namespaces), Find, "one namespace: menu", Some((19, "netns"))),
    bind(TABLE, &[letter('V')], Action::OpenMenu(Menu::Views), Find, "saved views: menu", None),
    bind(TABLE, DIGITS, Action::Digit('0'), Find, "go to that pid", None),
    bind(TABLE, &[letter('x')], Action::LocalFamilies, Find, "unix, packet, netlink", Some((11, "unix"))),
    bind(TABLE, &[letter('!')], Action::AlertsOnly, Find, "alerts only; low; all", Some((4, "alerts"))),
    bind(SOCKETS, &[letter('a')], Action::NextAlert, Find, "next alert", Some((10, "next alert"))),
    bind(SOCKETS, &[letter('A')], Action::PreviousAlert, Find, "previous alert", None),
    bind(SOCKETS, &[letter('i')], Action::Mute, Find, "mute this alert, on/off", Some((16, "mute"))),

    bind(STATES, &[letter('E'), letter('e')], Action::State(Some("established")), Find, "ESTABLISHED", None),
    bind(STATES, &[letter('L'), letter('l')], Action::State(Some("listen")), Find, "LISTEN", None),
    bind(STATES, &[letter('S'), letter('s')], Action::State(Some("syn")), Find, "SYN_SENT, SYN_RECV", None),
    bind(STATES, &[letter('T'), letter('t')], Action::State(Some("time_wait")), Find, "TIME_WAIT", None),
    bind(STATES, &[letter('C'), letter('c')], Action::State(Some("close_wait")), Find, "CLOSE_WAIT", None),
    bind(STATES, &[letter('A'), letter('a')], Action::State(None), Find, "all states", None),

    bind(TABLE, &[letter('o'), f(6)], Action::OpenSorts, Look, "sort by: picker", Some((5, "sort"))),
    bind(SORTS, &[letter('<')], Action::PreviousColumn, Look, "sort by previous column", None),
    bind(SORTS, &[letter('>')], Action::NextColumn, Look, "sort by next column", None),
    bind(SORTS, &[letter('I')], Action::InvertSort, Look, "invert the order", Some((3, "invert"))),
    bind(TABLE, &[letter('C'), f(2)], Action::OpenColumns, Look, "columns: chooser", Some((12, "columns"))),
    bind(COLUMNS, &[letter(' ')], Action::ToggleColumn, Look, "show it, on/off", Some((2, "on/off"))),
    bind(COLUMNS, &[letter('<'), key(Left)], Action::ColumnBack, Look, "move it to the left", Some((3, "left"))),
    bind(COLUMNS, &[letter('>'), key(Right)], Action::ColumnOn, Look, "move it to the right", Some((3, "right"))),
    bind(COLUMNS, &[letter('u')], Action::UsualColumns, Look, "all as usual", Some((4, "usual ones"))),
    bind(TABLE, &[letter('t'), f(5)], Action::Tree, Look, "processes as a tree", Some((8, "tree"))),
    bind(TABLE, &[letter('b')], Action::OpenGroups, Look, "group by: menu", Some((17, "groups"))),
    bind(TABLE, &[letter('+')], Action::Fold(Fold::Open), Look, "unfold; further owners", Some((21, "unfold"))),
    bind(TABLE, &[letter('-')], Action::Fold(Fold::Shut), Look, "fold", Some((22, "fold"))),
    bind(TABLE, &[letter('*')], Action::Fold(Fold::All), Look, "fold or unfold all", Some((23, "all"))),
    bind(GROUPS, &[letter('N'), letter('n')], Action::Group(None), Look, "no groups", None),
    bind(GROUPS, &[letter('P'), letter('p')], Action::Group(Some(By::Process)), Look, "process name", None),
    bind(GROUPS, &[letter('R'), letter('r')], Action::Group(Some(By::Remote)), Look, "remote host", None),
    bind(GROUPS, &[letter('U'), letter('u')], Action::Group(Some(By::User)), Look, "user", None),
    bind(SOCKETS, &[key(Enter)], Action::Enter, Look, "detail, full, shut", Some((6, "detail"))),
    bind(TABLE, &[key(Tab), key(BackTab)], Action::Focus, Look, "move rows, or detail", Some((24, "scroll detail"))),
    bind(DIALOGS, &[key(Enter)], Action::Enter, Find, "take it", Some((1, "take"))),
    bind(SOCKETS, &[letter('n')], Action::Names, Look, "names (asks DNS) on/off", Some((13, "names"))),
    bind(SOCKETS, &[letter('v')], Action::Coverage, Look, "what was not seen, why", Some((14, "coverage"))),

    bind(SOCKETS, &[letter(' '), letter('Z')], Action::Freeze, Time, "freeze / go on", Some((8, "freeze"))),
    bind(SOCKETS, &[letter('['), f(7)], Action::Slower, Time, "slower", None),
    bind(SOCKETS, &[letter(']'), f(8)], Action::Faster, Time, "faster", None),
    bind(SOCKETS, &[letter('r')], Action::Refresh, Time, "snapshot now", Some((15, "refresh"))),

    bind(SOCKETS, &[letter('m')], Action::Mark, Time, "mark: new since now", Some((18, "mark"))),
    bind(TABLE, &[letter('d')], Action::Rows(Rows::Differences), Time, "only what is different", Some((19, "differences"))),
    bind(TABLE, &[letter('H')], Action::Rows(Rows::History), Time, "what closed lately", Some((20, "history"))),

    bind(SOCKETS, &[letter('c')], Action::OpenCopy, Act, "copy: menu", Some((16, "copy"))),
    bind(SOCKETS, &[letter('w')], Action::OpenWrite, Act, "write to a file: menu", Some((17, "write"))),
    bind(SOCKETS, &[letter('K'), f(9), key(Delete)], Action::OpenKill, Act, "send a signal: dialog", Some((7, "kill"))),
    bind(SOCKETS, &[letter('X')], Action::OpenClose, Act, "close the socket: dialog", Some((19, "close socket"))),
    bind(TABLE, &[letter('T')], Action::Tag, Act, "tag for kill/copy/write", Some((18, "tag"))),
    bind(DEEDS, &[key(Enter)], Action::Enter, Act, "do it", Some((1, "do it"))),
    bind(COPY, &[letter('R'), letter('r')], Action::Copy(Clip::Remote), Act, "address of the peer", None),
    bind(COPY, &[letter('P'), letter('p')], Action::Copy(Clip::Pid), Act, "pid", None),
    bind(COPY, &[letter('L'), letter('l')], Action::Copy(Clip::Row), Act, "line of the table", None),
    bind(COPY, &[letter('E'), letter('e')], Action::Copy(Clip::Evidence), Act, "evidence, all facts", None),
    bind(COPY, &[letter('C'), letter('c')], Action::Copy(Clip::Commands), Act, "commands that check it", None),
    bind(WRITE, &[letter('E'), letter('e')], Action::Write(Document::EvidenceText), Act, "evidence as text", None),
    bind(WRITE, &[letter('D'), letter('d')], Action::Write(Document::EvidenceJson), Act, "evidence as JSON", None),
    bind(WRITE, &[letter('T'), letter('t')], Action::Write(Document::TableText), Act, "table as text", None),
    bind(WRITE, &[letter('O'), letter('o')], Action::Write(Document::TableJson), Act, "table as JSON", None),
    bind(WRITE, &[letter('C'), letter('c')], Action::Write(Document::TableCsv), Act, "table as CSV", None),

    bind(FILTER, &[key(Tab)], Action::Complete { forward: true }, Find, "complete: next", Some((2, "complete"))),
    bind(FILTER, &[key(BackTab)], Action::Complete { forward: false }, Find, "complete: previous", None),
    bind(FILTER, &[key(Up)], Action::Move(Motion::Up), Move, "earlier line", Some((3, "earlier"))),
    bind(FILTER, &[key(Down)], Action::Move(Motion::Down), Move, "later line", None),
    bind(MOVING, &[key(Up), letter('k')], Action::Move(Motion::Up), Move, "up", None),
    bind(MOVING, &[key(Down), letter('j')], Action::Move(Motion::Down), Move, "down", None),
    bind(MOVING, &[key(PageUp), control('b')], Action::Move(Motion::PageUp), Move, "a page up", None),
    bind(MOVING, &[key(PageDown), control('f')], Action::Move(Motion::PageDown), Move, "a page down", None),
    bind(MOVING, &[control('u')], Action::Move(Motion::HalfUp), Move, "half a page up", None),
    bind(MOVING, &[control('d')], Action::Move(Motion::HalfDown), Move, "half a page down", None),
    bind(MOVING, &[key(Home), letter('g')], Action::Move(Motion::First), Move, "to the first", None),
    bind(MOVING, &[key(End), letter('G')], Action::Move(Motion::Last), Move, "to the last", None),
    bind(TABLE, &[key(Left)], Action::Left, Move, "scroll cut cells back", None),
    bind(TABLE, &[key(Right)], Action::Right, Move, "scroll cut cells on", None),

    bind(EVERYWHERE, &[key(Esc)], Action::Back, Leave, "one step back", Some((1, "back"))),
    bind(NO_PROMPT, &[letter('q'), f(10), control('c')], Action::Quit, Leave, "quit", Some((8, "quit"))),
    bind(PROMPTS, &[control('c'), f(10)], Action::Quit, Leave, "quit", None),
    bind(EVERYWHERE, &[control('z')], Action::Suspend, Leave, "suspend", None),
    bind(EVERYWHERE, &[control('l')], Action::Redraw, Leave, "draw the screen anew", None),
    bind(NO_PROMPT, &[letter('?'), f(1), letter('h')], Action::Help, Leave, "help", Some((0, "help"))),
];

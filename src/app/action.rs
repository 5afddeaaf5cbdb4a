//! What the user wishes and what is to be done outside the state.

use tui_input::InputRequest;

use super::{Click, Clip, Document, Fold, Menu};
use crate::model::{
    Addressee, Delivery, Lookup, Mute, Pid, ProcessKey, Request, Signal, SocketId, SourceId, Unclosed,
};
use crate::table::{By, Chosen, Rows};

/// Where to move, in the table, a menu or a text; in a prompt up and down recall earlier lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    Up,
    Down,
    PageUp,
    PageDown,
    HalfUp,
    HalfDown,
    First,
    Last,
}

/// A wish of the user, free of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Quit,
    Suspend,
    Redraw,
    Move(Motion),
    /// Shows what is left of, or right of, the visible part of cells that are too narrow.
    Left,
    Right,
    /// Detail: closed, open, full screen; in a dialog: takes it.
    Enter,
    /// Moves the rows or the open detail.
    Focus,
    /// One step back; never quits.
    Back,
    /// A key of this name was pressed, which does nothing here.
    Unbound(String),
    OpenFilter,
    OpenPid,
    OpenStates,
    OpenMenu(Menu),
    /// One more digit of a pid to go to.
    Digit(char),
    OpenSorts,
    OpenColumns,
    /// In the list of columns: shows one or not; moves it; all as where nobody chose.
    ToggleColumn,
    ColumnBack,
    ColumnOn,
    UsualColumns,
    OpenCopy,
    OpenWrite,
    /// Lines of the two menus.
    Copy(Clip),
    Write(Document),
    /// Only sockets in this state; again, or none: in all states. The word is a filter term's.
    State(Option<&'static str>),
    /// Unix, packet and netlink sockets shown or hidden.
    LocalFamilies,
    /// Rows with an alert only: medium and high, then low too, then all rows.
    AlertsOnly,
    /// Asks why the row's alert is to be muted; undoes it.
    Mute,
    NextAlert,
    PreviousAlert,
    PreviousColumn,
    NextColumn,
    InvertSort,
    Freeze,
    /// Processes as a tree with their sockets, or rows as they are.
    Tree,
    OpenGroups,
    /// A line of its menu.
    Group(Option<By>),
    Fold(Fold),
    /// "New" means after this moment from now on.
    Mark,
    /// Only the differences since the mark, or what has closed lately; again: all sockets.
    Rows(Rows),
    Slower,
    Faster,
    Refresh,
    /// Names or numbers.
    Names,
    Coverage,
    /// Asks which signal to send to the process, or those that are tagged.
    OpenKill,
    /// Asks whether to close this one socket.
    OpenClose,
    /// Tags the row, or takes its tag away.
    Tag,
    Help,
    Click(Click),
    Wheel {
        down: bool,
    },
    /// Goes through what the word in the filter's prompt can go on as.
    Complete {
        forward: bool,
    },
    /// Changes the line of a prompt.
    Edit(InputRequest),
    Paste(String),
}

/// A deed outside the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Quit,
    Suspend,
    /// Draw every cell anew.
    Redraw,
    Request(SourceId, Request),
    /// Put this of the selected row into the terminal's clipboard.
    Copy(Clip),
    /// Write this into a new file.
    Write(Document),
    /// Names are wanted. One that gets lost is asked for again.
    Resolve(Vec<Lookup>),
    /// Rings the terminal's bell.
    Bell,
    /// Take hold of exactly these processes; [`Reply::Held`] answers.
    Hold(Vec<ProcessKey>),
    /// Send this to all that are held; [`Reply::Delivered`] answers.
    Signal(Signal),
    /// Find the one socket that may be closed, by way of one of its owners; [`Reply::Found`] answers.
    Find {
        id: SocketId,
        /// Index of the interface that it is bound to, where it is known.
        device: Option<u32>,
        owners: Vec<Pid>,
    },
    /// Close the one that was found; [`Reply::Closed`] answers.
    Close,
    /// Let go of what is held.
    LetGo,
    /// Judges by one more mute, and keeps it in the config file.
    Mute(Mute),
    /// Judges without it, and takes it out of the config file.
    Unmute(Mute),
    /// Keeps the choice of columns in the config file; none: takes it out.
    Columns(Option<Vec<Chosen>>),
}

impl Action {
    /// Whether it leads to a deed: nothing of the kind is bound where nothing may be done.
    pub fn is_deed(&self) -> bool {
        matches!(self, Self::OpenKill | Self::OpenClose)
    }
}

/// What the world outside answers to an effect, at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// For the message line.
    Notice(String),
    Held(Vec<Addressee>),
    Delivered(Signal, Vec<(ProcessKey, Delivery)>),
    Found(Result<(), Unclosed>),
    Closed(Result<(), Unclosed>),
}

//! What the user wishes and what is to be done outside the state.

use tui_input::InputRequest;

use super::{Clip, Document};
use crate::model::{
    Addressee, Delivery, Lookup, Mute, Pid, ProcessKey, Request, Signal, SocketId, SourceId, Unclosed,
};

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
    /// One step back; never quits.
    Back,
    OpenFilter,
    OpenPid,
    OpenStates,
    OpenSorts,
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

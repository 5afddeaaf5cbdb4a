//! Where keys go, and under which heading help shows them.

/// What is open and gets the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    Table,
    /// The detail of one socket on the full screen.
    Detail,
    Filter,
    Pid,
    /// The reason of a mute.
    Mute,
    States,
    Sorts,
    Columns,
    /// One of users, namespaces or saved views.
    Menu,
    Copy,
    Write,
    /// The menu of groups.
    Groups,
    Kill,
    Close,
    Coverage,
    Help,
}

impl View {
    pub const ALL: [Self; 16] = [
        Self::Table,
        Self::Detail,
        Self::Filter,
        Self::Pid,
        Self::Mute,
        Self::States,
        Self::Sorts,
        Self::Columns,
        Self::Menu,
        Self::Copy,
        Self::Write,
        Self::Groups,
        Self::Kill,
        Self::Close,
        Self::Coverage,
        Self::Help,
    ];

    /// What help calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Detail => "detail",
            Self::Filter => "filter",
            Self::Pid => "pid",
            Self::Mute => "mute",
            Self::States => "states",
            Self::Sorts => "sort",
            Self::Columns => "columns",
            Self::Menu => "menu",
            Self::Copy => "copy",
            Self::Write => "write",
            Self::Groups => "groups",
            Self::Kill => "kill",
            Self::Close => "close socket",
            Self::Coverage => "coverage",
            Self::Help => "help",
        }
    }

    /// Whether it is the dialog of a deed.
    pub fn is_deed(self) -> bool {
        matches!(self, Self::Kill | Self::Close)
    }

    /// Whether characters are text there.
    pub fn is_prompt(self) -> bool {
        matches!(self, Self::Filter | Self::Pid | Self::Mute)
    }

    /// Whether it is a list that one is chosen from; its letters are what the list shows.
    pub fn is_menu(self) -> bool {
        matches!(
            self,
            Self::States | Self::Sorts | Self::Columns | Self::Menu | Self::Copy | Self::Write | Self::Groups
        )
    }
}

/// Under which heading help shows a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Find,
    Look,
    Time,
    Act,
    Move,
    Leave,
}

impl Group {
    pub const ALL: [Self; 6] = [Self::Find, Self::Look, Self::Time, Self::Act, Self::Move, Self::Leave];

    pub fn title(self) -> &'static str {
        match self {
            Self::Find => "FIND",
            Self::Look => "LOOK",
            Self::Time => "TIME",
            Self::Act => "ACT",
            Self::Move => "MOVE",
            Self::Leave => "LEAVE",
        }
    }
}

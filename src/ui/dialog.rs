//! Frames over the table: menus, help, coverage.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};
use unicode_width::UnicodeWidthStr;

use super::line;
use super::theme::{REVERSED, Theme};
use super::{chooser, coverage, deed, help};
use crate::app::dialog::{STATES, sorts};
use crate::app::fold::GROUPS;
use crate::app::menu::Choice;
use crate::app::{Action, App, Clip, Document, Mode};
use crate::table::{By, Shape, describe};

/// An open dialog's lines, what its frame says, and which of its lines is chosen.
pub(super) struct Dialog {
    pub(super) title: String,
    pub(super) footer: String,
    pub(super) lines: Vec<Line<'static>>,
    pub(super) chosen: Option<usize>,
}

/// The dialog that is open, for a frame inside of so many cells.
pub(super) fn dialog(app: &App, width: usize, theme: Theme) -> Option<Dialog> {
    let called = |action| app.keys().called(&action);
    let closes = || format!("{} closes", called(Action::Back));
    match app.mode() {
        Mode::Normal | Mode::Filter { .. } | Mode::Pid { .. } | Mode::Mute { .. } => None,
        Mode::States { at } => Some(Dialog {
            title: "State".to_owned(),
            footer: "one letter chooses".to_owned(),
            lines: states(app, theme),
            chosen: Some(*at),
        }),
        Mode::Sorts { at } => Some(Dialog {
            title: "Sort by".to_owned(),
            footer: format!("Enter takes  {} inverts", called(Action::InvertSort)),
            lines: sort_lines(app, width),
            chosen: Some(*at),
        }),
        Mode::Columns(chooser) => Some(Dialog {
            title: "Columns, from left to right".to_owned(),
            footer: format!("Space on/off  < > move  Enter keeps  {} drops", called(Action::Back)),
            lines: chooser::lines(app, chooser, width, theme),
            chosen: Some(chooser.at),
        }),
        Mode::Menu { menu, choices, at } => Some(Dialog {
            title: menu.title().to_owned(),
            footer: format!("Enter takes  {} leaves", called(Action::Back)),
            lines: choices.iter().map(|choice| menu_line(choice, choices, width)).collect(),
            chosen: Some(*at),
        }),
        Mode::Groups { at } => Some(Dialog {
            title: "Group by".to_owned(),
            footer: "one letter chooses".to_owned(),
            lines: groups(app, theme),
            chosen: Some(*at),
        }),
        Mode::Copy { at, .. } => {
            let lines = clips(app, width.min(76), theme); // of a long line the start is enough
            Some(of_chosen(app, "Copy", lines, *at, width))
        }
        Mode::Write { at, .. } => {
            let is_of_tagged = !app.tags().is_empty();
            let line = |(letter, form, document): &(char, &str, Document)| {
                choice(*letter, &format!("{}, {form}", document.subject(is_of_tagged)), theme)
            };
            Some(of_chosen(
                app,
                "Write a new file here",
                Document::MENU.iter().map(line).collect(),
                *at,
                width,
            ))
        }
        Mode::Kill(kill) => Some(deed::kill(kill, app.keys(), width, theme)),
        Mode::Close(close) => Some(deed::close(close, app.keys(), width)),
        Mode::Coverage => Some(Dialog {
            title: "What was seen".to_owned(),
            footer: closes(),
            lines: coverage::lines(app, width, theme),
            chosen: None,
        }),
        Mode::Help { of, all } => {
            let view = of.view(app.pane());
            let title = if *all {
                "Help: all views".to_owned()
            } else {
                format!("Help: {} ({} again: all views)", view.name(), called(Action::Help))
            };
            let lines = help::lines(app, view, *all, width, theme);
            Some(Dialog { title, footer: closes(), lines, chosen: None })
        }
    }
}

fn states(app: &App, theme: Theme) -> Vec<Line<'static>> {
    let line = |(letter, name, state): (char, &str, Option<&str>)| {
        let on = match state {
            Some(state) => app.filter().has_term(&format!("state:{state}")),
            None => !app.filter().has_term("state:"),
        };
        choice(letter, &format!("{name:20} {}", if on { "*" } else { " " }), theme)
    };
    STATES.into_iter().map(line).collect()
}

/// Name, what goes with it, and whether it is on.
fn menu_line(choice: &Choice, all: &[Choice], width: usize) -> Line<'static> {
    let names = all.iter().map(|choice| choice.name.width()).max().unwrap_or_default().min(LONGEST_NAME);
    let name = line::cut(&choice.name, names);
    let pad = " ".repeat(names.saturating_sub(name.width()));
    let mark = if choice.is_on { "*" } else { " " };
    Line::from(line::cut(&format!(" {mark} {name}{pad}  {} ", choice.note), width))
}

/// Cells of a name in a menu.
const LONGEST_NAME: usize = 24;

fn groups(app: &App, theme: Theme) -> Vec<Line<'static>> {
    let line = |(letter, by): (char, Option<By>)| {
        let name = by.map_or("no groups", By::name);
        let is_now = match app.shape() {
            Shape::Groups(now) => by == Some(now),
            Shape::Flat | Shape::Tree => by.is_none(),
        };
        choice(letter, &format!("{name:20} {}", if is_now { "*" } else { " " }), theme)
    };
    GROUPS.into_iter().map(line).collect()
}

/// A line of a menu and the letter that takes it.
fn choice(letter: char, text: &str, theme: Theme) -> Line<'static> {
    Line::from(vec![Span::styled(format!(" {letter} "), theme.key()), Span::raw(format!(" {text} "))])
}

/// Tagged rows that are listed above a menu.
const MOST_TAGGED: usize = 6;

/// A menu of what is done to the chosen rows, below those that are tagged.
fn of_chosen(app: &App, title: &str, menu: Vec<Line<'static>>, at: usize, width: usize) -> Dialog {
    let mut lines = Vec::new();
    let mut title = title.to_owned();
    if !app.tags().is_empty() {
        let chosen = app.chosen_rows();
        let line = |row: &crate::table::Row<'_>| {
            let text = format!(" {}  {}", describe::who(row), describe::ends(row));
            Line::raw(line::cut(&text, width.min(76)))
        };
        lines.extend(chosen.iter().take(MOST_TAGGED).map(line));
        let more = chosen.len().saturating_sub(MOST_TAGGED);
        if more > 0 {
            lines.push(Line::raw(format!(" and {more} more")));
        }
        lines.push(Line::default());
        title = format!("{title}: {} tagged", chosen.len());
    }
    let chosen = Some(lines.len() + at);
    lines.extend(menu);
    Dialog { title, footer: "one letter chooses".to_owned(), lines, chosen }
}

/// What can be copied, each with its first line.
fn clips(app: &App, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let line = |(letter, name, clip): &(char, &str, Clip)| {
        let text = match clip {
            Clip::Evidence => "all facts, and how to check them".to_owned(),
            Clip::Remote | Clip::Pid | Clip::Row | Clip::Commands => {
                app.clip(*clip).unwrap_or("-".to_owned())
            }
        };
        let (first, more) = text.split_once('\n').unwrap_or((&text, ""));
        let more = if more.is_empty() { "" } else { " …" };
        choice(*letter, &line::cut(&format!("{name:9} {first}{more}"), width.saturating_sub(7)), theme)
    };
    Clip::MENU.iter().map(line).collect()
}

fn sort_lines(app: &App, width: usize) -> Vec<Line<'static>> {
    let now = app.sort();
    let line = |column: Option<&'static crate::table::Column>| {
        let arrow = match (column == now.column, now.descending) {
            (true, true) => "v",
            (true, false) => "^",
            (false, _) => " ",
        };
        let text = match column {
            Some(column) => format!(" {arrow} {:15} {} ", column.name, column.help),
            None => format!(" {arrow} alerts, then age"),
        };
        Line::from(line::cut(&text, width))
    };
    sorts().map(line).collect()
}

/// Where the dialog stands: in the middle, as large as its text and the screen allow.
pub(super) fn place(dialog: &Dialog, over: Rect) -> Rect {
    let widest = dialog.lines.iter().map(Line::width).max().unwrap_or_default();
    let title = dialog.title.width().max(dialog.footer.width()) + 4;
    let width = u16::try_from(widest.max(title) + 2).unwrap_or(u16::MAX).min(over.width);
    let height = u16::try_from(dialog.lines.len() + 2).unwrap_or(u16::MAX).min(over.height);
    Rect { x: over.x + (over.width - width) / 2, y: over.y + (over.height - height) / 2, width, height }
}

/// Cells of the lines of a dialog on a screen of this size.
pub(super) fn width(area: Rect) -> usize {
    area.width.saturating_sub(2).into()
}

/// Where its lines stand in its frame.
pub(super) fn inside(frame: Rect) -> Rect {
    Block::bordered().inner(frame)
}

/// The first visible line of so many rows: where one is chosen, it has others above and below.
pub(super) fn first(dialog: &Dialog, rows: usize, top: usize) -> usize {
    let Some(at) = dialog.chosen else { return top };
    at.saturating_sub(rows / 2).min(dialog.lines.len().saturating_sub(rows))
}

/// Draws the dialog; `top` is its first visible line where none is chosen.
pub(super) fn draw(frame: &mut Frame<'_>, dialog: &Dialog, area: Rect, top: usize) {
    let inside = inside(area);
    let rows = usize::from(inside.height);
    let top = first(dialog, rows, top);
    let hidden = dialog.lines.len().saturating_sub(rows + top);
    let footer = format!(" {} ", dialog.footer);
    let counts = [format!(" {hidden} more below {footer}"), format!(" {hidden} more {footer}")];
    let fits = |text: &String| hidden > 0 && text.width() <= inside.width.into();
    let footer = counts.into_iter().find(fits).unwrap_or(footer);
    let block = Block::bordered()
        .title(format!(" {} ", dialog.title))
        .title_bottom(Line::from(footer).right_aligned());
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    let buffer = frame.buffer_mut();
    for (y, text) in dialog.lines.iter().skip(top).take(rows).enumerate() {
        line::put(buffer, inside, y, text);
        if dialog.chosen == Some(top + y) {
            let bar = Rect { y: inside.y + u16::try_from(y).unwrap_or_default(), height: 1, ..inside };
            buffer.set_style(bar.intersection(inside), REVERSED);
        }
    }
}

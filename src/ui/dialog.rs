//! Frames over the table: menus, help, coverage.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};
use unicode_width::UnicodeWidthStr;

use super::line;
use super::theme::{REVERSED, Theme};
use super::{coverage, deed, help};
use crate::app::dialog::{STATES, sorts};
use crate::app::{App, Clip, Document, Mode};
use crate::table::describe;

/// An open dialog's lines, what its frame says, and which of its lines is chosen.
pub(super) struct Dialog {
    pub(super) title: String,
    pub(super) footer: &'static str,
    pub(super) lines: Vec<Line<'static>>,
    pub(super) chosen: Option<usize>,
}

/// The dialog that is open, for a frame inside of so many cells.
pub(super) fn dialog(app: &App, width: usize, theme: Theme) -> Option<Dialog> {
    match app.mode() {
        Mode::Normal | Mode::Filter { .. } | Mode::Pid { .. } | Mode::Mute { .. } => None,
        Mode::States { at } => Some(Dialog {
            title: "State".to_owned(),
            footer: "one letter chooses",
            lines: states(app, theme),
            chosen: Some(*at),
        }),
        Mode::Sorts { at } => Some(Dialog {
            title: "Sort by".to_owned(),
            footer: "Enter takes  I inverts",
            lines: sort_lines(app, width),
            chosen: Some(*at),
        }),
        Mode::Copy { at, .. } => {
            let lines = clips(app, width.min(76), theme); // of a long line the start is enough
            Some(of_chosen(app, "Copy", lines, *at, width))
        }
        Mode::Write { at, .. } => {
            let lines = Document::MENU.iter().map(|(letter, text, _)| choice(*letter, text, theme)).collect();
            Some(of_chosen(app, "Write a new file here", lines, *at, width))
        }
        Mode::Kill(kill) => Some(deed::kill(kill, width, theme)),
        Mode::Close(close) => Some(deed::close(close, width)),
        Mode::Coverage => Some(Dialog {
            title: "What was seen".to_owned(),
            footer: "Esc closes",
            lines: coverage::lines(app, width, theme),
            chosen: None,
        }),
        Mode::Help { of, all } => {
            let view = of.view(app.pane());
            let title = if *all {
                "Help: all views".to_owned()
            } else {
                format!("Help: {} (? again: all views)", view.name())
            };
            let lines = help::lines(app, view, *all, width, theme);
            Some(Dialog { title, footer: "Esc closes", lines, chosen: None })
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
        let chosen = app.chosen();
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
    Dialog { title, footer: "one letter chooses", lines, chosen }
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

/// Draws the dialog; `top` is its first visible line where none is chosen.
pub(super) fn draw(frame: &mut Frame<'_>, dialog: &Dialog, area: Rect, top: usize) {
    let rows = usize::from(area.height.saturating_sub(2));
    let top = match dialog.chosen {
        Some(at) => (at + 1).saturating_sub(rows),
        None => top,
    };
    let hidden = dialog.lines.len().saturating_sub(rows + top);
    let more = format!(" {hidden} more below ");
    let footer = match hidden {
        0 => format!(" {} ", dialog.footer),
        // Keys are in the hints, too.
        _ if more.width() + dialog.footer.width() + 4 > usize::from(area.width) => more,
        _ => format!("{more} {} ", dialog.footer),
    };
    let block = Block::bordered()
        .title(format!(" {} ", dialog.title))
        .title_bottom(Line::from(footer).right_aligned());
    let inside = block.inner(area);
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

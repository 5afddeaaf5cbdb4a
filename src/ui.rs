//! The screen: where each part stands, and its cells. Same state, same screen.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use crate::app::{App, Page, Pane};

mod chooser;
mod columns;
mod completion;
mod coverage;
mod deed;
mod detail;
mod dialog;
mod evidence;
mod facts;
mod header;
mod help;
mod hit;
mod labelled;
mod line;
mod outline;
mod prompt;
mod spark;
mod status;
mod strip;
mod table;
mod theme;

pub use hit::hit;
use theme::Theme;

/// A screen smaller than this shows only the most important columns and lines.
pub const LEAST: (u16, u16) = (60, 12);

/// Where each part of the screen stands; a part that has no room has no height.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    pub area: Rect,
    pub small: bool,
    pub status: Rect,
    pub coverage: Rect,
    pub strip: Rect,
    pub titles: Rect,
    pub rows: Rect,
    /// The selected row's facts, or its detail.
    pub pane: Rect,
    pub message: Rect,
    pub hints: Rect,
    pub dialog: Option<Rect>,
    page: Page,
}

impl Regions {
    /// What [`App::settle`] has to know of the screen.
    pub fn page(&self) -> Page {
        self.page
    }
}

/// Divides the screen.
pub fn regions(area: Rect, app: &App) -> Regions {
    let theme = Theme(app.theme());
    let small = area.width < LEAST.0 || area.height < LEAST.1;
    let mut rest = area;
    let mut regions = Regions { area, small, ..Regions::default() };
    regions.hints = bottom(&mut rest, u16::from(!small), 1);
    regions.message = bottom(&mut rest, 1, 1);
    regions.status = top(&mut rest, 1);
    if !small {
        regions.coverage = top(&mut rest, 1);
        regions.strip = top(&mut rest, u16::from(!app.totals().loud.is_empty()));
    }
    regions.pane = match app.pane() {
        Pane::Full => bottom(&mut rest, u16::MAX, 0),
        Pane::Open => {
            let half = rest.height * 9 / 16;
            bottom(&mut rest, half, 4)
        }
        Pane::Closed if small => bottom(&mut rest, 0, 0),
        Pane::Closed => bottom(&mut rest, facts::height(app), 4),
    };
    regions.titles = top(&mut rest, 1);
    regions.rows = rest;
    regions.page = Page { width: area.width, rows: rest.height.into(), ..Page::default() };
    let over = Rect { height: area.height.saturating_sub(regions.hints.height), ..area };
    if let Some(dialog) = dialog::dialog(app, dialog::width(area), theme) {
        let place = dialog::place(&dialog, over);
        regions.dialog = Some(place);
        regions.page.text = dialog::inside(place).height.into();
        regions.page.hidden = dialog.lines.len().saturating_sub(regions.page.text);
    } else if app.pane() != Pane::Closed {
        regions.page.text = regions.pane.height.saturating_sub(1).into();
        let lines = detail::text(app, regions.pane.width.into(), theme).len();
        regions.page.hidden = lines.saturating_sub(regions.page.text);
    }
    regions
}

/// Takes lines from the top.
fn top(rest: &mut Rect, lines: u16) -> Rect {
    let taken = Rect { height: lines.min(rest.height), ..*rest };
    rest.y += taken.height;
    rest.height -= taken.height;
    taken
}

/// Takes lines from the bottom, as long as so many are left.
fn bottom(rest: &mut Rect, lines: u16, left: u16) -> Rect {
    let height = lines.min(rest.height.saturating_sub(left));
    rest.height -= height;
    Rect { y: rest.y + rest.height, height, ..*rest }
}

/// Draws the whole screen.
pub fn draw(frame: &mut Frame<'_>, regions: &Regions, app: &App) {
    let theme = Theme(app.theme());
    let width = usize::from(regions.area.width);
    let buffer = frame.buffer_mut();
    line::put(buffer, regions.status, 0, &header::status(app, width, theme));
    line::put(buffer, regions.coverage, 0, &header::coverage(app, width, theme));
    line::put(buffer, regions.strip, 0, &strip::strip(app, width, theme));
    if app.pane() != Pane::Full {
        table::draw(buffer, regions, app, theme);
    }
    let lines = match app.pane() {
        Pane::Closed => facts::lines(app, width, theme),
        Pane::Open | Pane::Full => detail::pane(app, width, regions.pane.height.into(), theme),
    };
    let is_dialog = regions.dialog.is_some();
    let skipped = if app.pane() == Pane::Closed || is_dialog { 0 } else { app.text_top() };
    let (head, body) = lines.split_at(lines.len().min(1));
    for (y, line) in head.iter().chain(body.iter().skip(skipped)).enumerate() {
        line::put(buffer, regions.pane, y, line);
    }
    line::put(buffer, regions.message, 0, &status::message(app, regions, theme));
    line::put(buffer, regions.hints, 0, &status::hints(app, width, theme));
    if let (Some(dialog), Some(place)) =
        (dialog::dialog(app, dialog::width(regions.area), theme), regions.dialog)
    {
        dialog::draw(frame, &dialog, place, app.text_top());
    }
    if let Some(typed) = prompt::typed(app, regions.message.width.into()) {
        let x =
            u16::try_from(typed.cursor()).unwrap_or(u16::MAX).min(regions.message.width.saturating_sub(1));
        frame.set_cursor_position(Position::new(regions.message.x + x, regions.message.y));
    }
}

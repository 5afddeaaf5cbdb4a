//! What is under the mouse, by the layout that is drawn.

use ratatui::layout::{Position, Rect};

use super::theme::Theme;
use super::{columns, dialog, outline, regions};
use crate::app::App;
use crate::app::mouse::Target;
use crate::table::Shape;

/// What there is to click on at a cell of a screen of this size; where a dialog is open, only its lines.
pub fn hit(app: &App, area: Rect, x: u16, y: u16) -> Option<Target> {
    let regions = regions(area, app);
    let place = Position { x, y };
    if let Some(frame) = regions.dialog {
        let dialog = dialog::dialog(app, dialog::width(area), Theme(app.theme()))?;
        let inside = dialog::inside(frame);
        // Other lines can stand above the choices.
        let above = dialog.chosen?.checked_sub(app.mode().at()?)?;
        let line = dialog::first(&dialog, inside.height.into(), app.text_top())
            + usize::from(y.checked_sub(inside.y)?);
        let is_there = inside.contains(place) && line < dialog.lines.len();
        return line.checked_sub(above).map(Target::Line).filter(|_| is_there);
    }
    if regions.titles.contains(place) {
        if let Shape::Groups(by) = app.shape() {
            let x = usize::from(x.checked_sub(regions.titles.x)?);
            return outline::title_at(by, regions.titles.width.into(), x).map(Target::Title);
        }
        let fitted = columns::fit(&app.chosen(), area.width, regions.small, app.shape());
        let x = usize::from(x.checked_sub(regions.titles.x)?);
        let under = fitted.iter().rfind(|one| one.x <= x)?;
        return Some(Target::Title(under.column)).filter(|_| x < under.x + under.cells);
    }
    let line = usize::from(y.checked_sub(regions.rows.y)?);
    let row = app.cursor().top() + line;
    Some(Target::Row(row)).filter(|_| regions.rows.contains(place) && row < app.table().line_count())
}

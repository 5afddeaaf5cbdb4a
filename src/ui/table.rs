//! The table: titles, marks, rows.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::columns::{self, Fitted};
use super::outline::{self, Heading};
use super::theme::{FAINT, REVERSED, TITLE, Theme};
use super::{Regions, line};
use crate::app::{Action, App};
use crate::model::Level;
use crate::table::{Label, Row, Rows, Shape, Shown, Sort};

/// Draws titles and the lines in view; formats no others.
pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, app: &App, theme: Theme) {
    let fitted = columns::fit(&app.chosen(), regions.area.width, regions.small, app.shape());
    if let Shape::Groups(by) = app.shape() {
        outline::group_titles(buffer, regions.titles, by, app.sort());
    } else {
        // Alerts, then age: the age is the part that is a column.
        let default = if app.shown_rows() == Rows::History { "gone" } else { "age" };
        titles(buffer, regions.titles, &fitted, (app.sort(), default));
    }
    for (at, shown) in app.lines_in_view() {
        let Ok(y) = u16::try_from(at.saturating_sub(app.cursor().top())) else { break };
        if y >= regions.rows.height {
            break;
        }
        let area = Rect { y: regions.rows.y + y, height: 1, ..regions.rows };
        draw_line(buffer, area, &shown, &fitted, app, theme);
        if app.is_tagged(at) {
            tag(buffer, area, &fitted);
        }
        if at == app.cursor().at() {
            buffer.set_style(area, REVERSED);
        }
    }
    if app.table().is_empty() {
        let text = super::status::nothing(app);
        for (at, text) in line::wrap(&text, regions.rows.width.into()).into_iter().enumerate() {
            line::put(buffer, regions.rows, 1 + at, &Line::styled(text, FAINT).centered());
        }
    }
}

fn draw_line(buffer: &mut Buffer, area: Rect, shown: &Shown<'_>, fitted: &[Fitted], app: &App, theme: Theme) {
    let heading = match shown {
        Shown::Row(row, label) => return draw_row(buffer, area, (row, label.as_ref()), fitted, app, theme),
        Shown::Group { group, name } => return outline::group(buffer, area, group, name, theme),
        Shown::Owner(row, label) => {
            Heading { label, row: Some(row), level: None, text: String::new(), also: &["fd"] }
        }
        Shown::Process { row, label, below, level } => {
            let text = outline::sockets(*below);
            Heading { label, row: Some(row), level: *level, text, also: &[] }
        }
        Shown::NoProcess { label, below } => {
            let key = app.keys().called(&Action::Coverage);
            let text = format!("{}, {key} explains", outline::sockets(*below));
            Heading { label, row: None, level: None, text, also: &[] }
        }
    };
    heading.draw(buffer, area, fitted, theme);
}

fn titles(buffer: &mut Buffer, area: Rect, fitted: &[Fitted], (sort, default): (Sort, &str)) {
    buffer.set_style(area, TITLE);
    for one in fitted {
        let mut title = one.column.title.to_owned();
        if sort.column.map_or(one.column.name == default, |column| column == one.column) {
            let arrow = if sort.descending { 'v' } else { '^' };
            title = format!("{}{arrow}", line::prefix(&title, one.cells.saturating_sub(1)));
        }
        cell(buffer, area, one, &title, Style::new());
    }
}

fn draw_row(
    buffer: &mut Buffer,
    area: Rect,
    (row, label): (&Row<'_>, Option<&Label>),
    fitted: &[Fitted],
    app: &App,
    theme: Theme,
) {
    let style = theme.row(row);
    buffer.set_style(area, style);
    let first = row.alerts.first();
    for one in fitted {
        let value = (one.column.value)(row);
        let mut text = value.fit(one.cells).into_owned();
        if app.scrolled() > 0 && text.contains('…') {
            let whole = value.text();
            let most = line::cells(&whole).saturating_sub(one.cells);
            line::prefix(line::suffix(&whole, app.scrolled().min(most)), one.cells).clone_into(&mut text);
        }
        if let Some(label) = label.filter(|_| one.column.name == "command") {
            text = outline::label(label, one.cells);
        }
        // Without colour the row is bold, and its mark reverse too.
        let own = match first.filter(|_| one.column.name == "mark") {
            Some(alert) if alert.muted.is_some() => theme.muted(),
            Some(alert) if alert.level == Level::High => theme.alert(Level::High),
            Some(_) | None => style,
        };
        cell(buffer, area, one, &text, own);
    }
}

/// A star between the first two columns, where there is a blank else.
fn tag(buffer: &mut Buffer, area: Rect, fitted: &[Fitted]) {
    let first = fitted.first().map_or(0, |one| one.cells);
    let x = area.x.saturating_add(u16::try_from(first).unwrap_or(u16::MAX));
    if x < area.right() && area.height > 0 {
        buffer.set_stringn(x, area.y, "*", 1, TITLE);
    }
}

/// Writes one cell, cut to its width.
pub(super) fn cell(buffer: &mut Buffer, area: Rect, one: &Fitted, text: &str, style: Style) {
    let text = line::prefix(text, one.cells);
    let indent = if one.column.right { one.cells.saturating_sub(line::cells(text)) } else { 0 };
    let start = area.x.saturating_add(u16::try_from(one.x + indent).unwrap_or(u16::MAX));
    if start < area.right() && area.height > 0 {
        line::write(buffer, (start, area.y), text, area.right() - start, style);
    }
}

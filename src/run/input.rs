//! Terminal events to actions.

use std::time::Duration;

use crossterm::event::{Event, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;
use tui_input::backend::crossterm::to_input_request;

use crate::app::{Action, App, Click};
use crate::ui;

/// What the user wishes by this event; a resize is drawn without one.
pub fn action(event: &Event, app: &App) -> Option<Action> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            let view = app.view();
            let edit = || to_input_request(event).filter(|_| view.is_prompt()).map(Action::Edit);
            app.key(key).or_else(edit).or_else(|| app.unbound(key))
        }
        Event::Paste(text) => Some(Action::Paste(text.clone())),
        Event::Key(_) | Event::Mouse(_) | Event::Resize(..) | Event::FocusGained | Event::FocusLost => None,
    }
}

/// What the user wishes by the mouse, on a screen of this size.
pub fn mouse(event: MouseEvent, at: Duration, area: Rect, app: &App) -> Option<Action> {
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            let target = ui::hit(app, area, event.column, event.row)?;
            Some(Action::Click(Click { target, place: (event.column, event.row), at }))
        }
        MouseEventKind::ScrollDown => Some(Action::Wheel { down: true }),
        MouseEventKind::ScrollUp => Some(Action::Wheel { down: false }),
        MouseEventKind::Down(MouseButton::Right | MouseButton::Middle)
        | MouseEventKind::Up(_)
        | MouseEventKind::Drag(_)
        | MouseEventKind::Moved
        | MouseEventKind::ScrollLeft
        | MouseEventKind::ScrollRight => None,
    }
}

//! Terminal events to actions.

use crossterm::event::{Event, KeyEventKind};
use tui_input::backend::crossterm::to_input_request;

use crate::app::{Action, App};

/// What the user wishes by this event; a resize is drawn without one.
pub fn action(event: &Event, app: &App) -> Option<Action> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            let view = app.view();
            app.key(key).or_else(|| {
                let request = to_input_request(event).filter(|_| view.is_prompt())?;
                Some(Action::Edit(request))
            })
        }
        Event::Paste(text) => Some(Action::Paste(text.clone())),
        Event::Key(_) | Event::Mouse(_) | Event::Resize(..) | Event::FocusGained | Event::FocusLost => None,
    }
}

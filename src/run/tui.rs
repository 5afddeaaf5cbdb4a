//! The loop: wait for an event, take what else is there, settle, draw once.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;

use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::{Position, Rect};

use super::{Event, input};
use crate::app::{App, Effect, Reply};
use crate::ui;

/// Most events between two frames: a flood of them must not keep the screen from being drawn.
const DRAINED: usize = 256;

/// What is answered to what was done outside the state, where there is anything to say; or why it could not be.
pub type Done = Result<Option<Reply>, String>;

/// Does what is outside the state, with what is shown at hand.
pub type Perform<'a> = dyn FnMut(Effect, &App) -> Done + 'a;

/// Shows `app` until the user quits, [`Event::Terminate`] comes or nobody sends events any more.
pub fn run<B: Backend>(
    terminal: &mut Terminal<B>,
    app: &mut App,
    events: &Receiver<Event>,
    perform: &mut Perform<'_>,
) -> Result<(), B::Error> {
    let mut batch = VecDeque::new();
    loop {
        settle(terminal, app, perform)?;
        terminal.draw(|frame| ui::draw(frame, &ui::regions(frame.area(), app), app))?;
        let is_held_back = !batch.is_empty();
        if !is_held_back {
            let Ok(first) = events.recv() else {
                return Ok(());
            };
            batch.push_back(first);
        }
        batch.extend(events.try_iter().take(DRAINED - batch.len()));
        // To build a large table takes longer than a frame, so keys do not wait for it: data that came with them is
        // taken after their frame, and then before any key.
        let data = if is_held_back { VecDeque::new() } else { hold_back(&mut batch, app) };
        let screen = area(terminal)?;
        while let Some(event) = batch.pop_front() {
            let before = (app.view(), app.pane());
            let effect = take(app, event, screen);
            if (app.view(), app.pane()) != before {
                // The next key may move by pages of what has just opened.
                settle(terminal, app, perform)?;
            }
            match effect {
                None => {}
                Some(Effect::Quit) => return Ok(()),
                Some(effect) => {
                    let is_lost = matches!(effect, Effect::Suspend | Effect::Redraw);
                    let done = perform(effect, app);
                    let before = app.view();
                    report(app, done);
                    if app.view() != before {
                        settle(terminal, app, perform)?; // as above
                    }
                    if is_lost {
                        // Others may have written on the terminal. `clear` would ask it for its cursor, and
                        // the answer would go to who reads the keys.
                        terminal.resize(area(terminal)?)?;
                    }
                }
            }
        }
        batch = data;
    }
}

/// Takes the analyses out of a batch if there are keys in it as well, and something to show already.
fn hold_back(batch: &mut VecDeque<Event>, app: &App) -> VecDeque<Event> {
    if app.analysis().is_none()
        || !batch.iter().any(|event| matches!(event, Event::Terminal(_) | Event::Mouse(..)))
    {
        return VecDeque::new();
    }
    let (data, others) = batch.drain(..).partition(|event| matches!(event, Event::Analysis(..)));
    *batch = others;
    data
}

fn area<B: Backend>(terminal: &Terminal<B>) -> Result<Rect, B::Error> {
    Ok((Position::ORIGIN, terminal.size()?).into())
}

fn settle<B: Backend>(
    terminal: &Terminal<B>,
    app: &mut App,
    perform: &mut Perform<'_>,
) -> Result<(), B::Error> {
    let page = ui::regions(area(terminal)?, app).page();
    if let Some(effect) = app.settle(page) {
        let done = perform(effect, app);
        report(app, done);
    }
    Ok(())
}

/// Takes an event, of the mouse on a screen of this size.
fn take(app: &mut App, event: Event, screen: Rect) -> Option<Effect> {
    match event {
        Event::Terminal(event) => return app.apply(input::action(&event, app)?),
        Event::Mouse(mouse, at) => return app.apply(input::mouse(mouse, at, screen, app)?),
        Event::Analysis(source, analysis) => return app.receive(source, analysis),
        Event::Status(source, status) => app.set_status(source, status),
        Event::Names(names) => app.learn(names),
        Event::Notice(message) => app.notify(message),
        Event::Ended(process, at) => return app.ended(process, at),
        Event::Suspend => return Some(Effect::Suspend),
        Event::Resumed => return Some(Effect::Redraw),
        Event::Terminate => return Some(Effect::Quit),
    }
    None
}

fn report(app: &mut App, done: Done) {
    match done {
        Ok(None) => {}
        Ok(Some(reply)) => app.answer(reply),
        Err(why) => app.notify(why),
    }
}

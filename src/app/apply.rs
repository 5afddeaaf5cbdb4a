//! What each action does; what the world outside answers.

use super::{Action, App, Effect, Mode, Reply, lookup};
use crate::model::{Request, printable};

/// Cells by which cut cells move at once.
const SCROLL: usize = 8;

impl App {
    fn say_unbound(&mut self, key: &str) {
        let help = self.keys().called(&Action::Help);
        self.notify(format!("{} does nothing here: {help} lists the keys", printable(key.as_bytes())));
    }

    /// Does what the user wishes; what is outside the state comes back as an effect.
    pub fn apply(&mut self, action: Action) -> Option<Effect> {
        self.notice = None;
        if !matches!(action, Action::Click(_)) {
            self.clicked = None;
        }
        let jump = self.jump.take();
        let completion = self.completion.take();
        match action {
            Action::Quit => return Some(Effect::Quit),
            Action::Suspend => return Some(Effect::Suspend),
            Action::Redraw => return Some(Effect::Redraw),
            Action::Refresh => return Some(Effect::Request(self.source_id(), Request::Refresh)),
            Action::Slower => return self.change_interval(true),
            Action::Faster => return self.change_interval(false),
            Action::Move(motion) => self.step(motion),
            Action::Left => self.scrolled = self.scrolled.saturating_sub(SCROLL),
            Action::Right => self.scrolled = (self.scrolled + SCROLL).min(lookup::longest_cell(self)),
            Action::Enter => return self.enter(),
            Action::Mute => return self.mute(),
            Action::Back if jump.is_some() => {} // a step back from the digits
            Action::Back => match completion {
                Some(completion) => self.take_back(completion),
                None => return self.back(),
            },
            Action::Complete { forward } => self.complete(completion, forward),
            Action::Digit(digit) => self.jump(jump, digit),
            Action::OpenMenu(menu) => self.open_menu(menu),
            Action::OpenFilter => self.open_filter(),
            Action::OpenPid => self.open_pid(),
            Action::OpenStates => self.open_states(),
            Action::OpenSorts => self.open_sorts(),
            Action::OpenColumns => self.open_columns(),
            Action::ToggleColumn => self.toggle_column(),
            Action::ColumnBack => self.shift_column(false),
            Action::ColumnOn => self.shift_column(true),
            Action::UsualColumns => self.usual_columns(),
            Action::OpenCopy => self.open_copy(),
            Action::OpenWrite => self.open_write(),
            Action::Copy(clip) => return self.copy(clip),
            Action::Write(document) => return self.write(document),
            Action::State(state) => self.choose_state(state),
            Action::LocalFamilies => {
                self.local_families = !self.local_families;
                self.stale = true;
            }
            Action::AlertsOnly => self.alerts_only(),
            Action::NextAlert => self.go_to_alert(true),
            Action::PreviousAlert => self.go_to_alert(false),
            Action::PreviousColumn => self.step_column(false),
            Action::NextColumn => self.step_column(true),
            Action::InvertSort => self.invert_sort(),
            Action::Freeze => self.freeze(),
            Action::Tree => self.toggle_tree(),
            Action::OpenGroups => self.open_groups(),
            Action::Group(by) => self.group_by(by),
            Action::Fold(fold) => self.fold(fold),
            Action::Mark => self.set_mark(),
            Action::Rows(rows) => self.show_rows(rows),
            Action::Names => {
                self.options.names = !self.options.names;
                self.stale = true;
                if self.options.names {
                    self.notify("names on: name servers are asked about remote addresses".to_owned());
                }
            }
            Action::Focus => self.turn_focus(),
            Action::Coverage => self.open(Mode::Coverage),
            Action::OpenKill => return self.open_kill(),
            Action::OpenClose => return self.open_close(),
            Action::Tag => self.tag(),
            Action::Help => self.help(),
            Action::Click(click) => return self.click(click),
            Action::Wheel { down } => self.wheel(down),
            Action::Edit(request) => self.edit(|prompt| prompt.edit(request)),
            Action::Unbound(key) => self.say_unbound(&key),
            Action::Paste(text) => self.edit(|prompt| prompt.paste(&text)),
        }
        None
    }

    /// Takes what the world outside answers.
    pub fn answer(&mut self, reply: Reply) {
        match reply {
            Reply::Notice(message) => self.notify(message),
            Reply::Held(found) => self.held(&found),
            Reply::Delivered(signal, deliveries) => self.delivered(signal, &deliveries),
            Reply::Found(found) => self.found(found),
            Reply::Closed(closed) => self.closed(closed),
        }
    }
}

//! The chooser of columns.

use sockeye::app::{Effect, Options};
use sockeye::table::Chosen;

use super::{busy, later};
use crate::support::screen::{Screen, analyses};

fn open(size: (u16, u16), keys: &str) -> Screen {
    let mut screen = Screen::new(size, Options::default());
    screen.receive(&analyses(&[busy().build(), later()])).press(keys);
    screen
}

/// The line of titles.
fn titles(screen: &Screen) -> String {
    screen.text().lines().nth(3).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The names of what was to be kept.
fn kept(screen: &Screen) -> Vec<Option<String>> {
    let list = |columns: &Vec<Chosen>| columns.iter().map(Chosen::to_string).collect::<Vec<_>>().join(" ");
    let kept = |effect: &Effect| {
        if let Effect::Columns(columns) = effect { Some(columns.as_ref().map(list)) } else { None }
    };
    screen.effects.iter().filter_map(kept).collect()
}

const USUAL: &str = "PID COMMAND PROTO STATE LOCAL REMOTE AGE^";

#[test]
fn the_list_has_what_is_shown_and_what_is_shown_from_a_width_on() {
    insta::assert_snapshot!("chooser_80", open((80, 24), "C").text());
    insta::assert_snapshot!("chooser_120", open((120, 30), "F2 Down Down Space").text());
    insta::assert_snapshot!("chooser_80_end", open((80, 24), "C End").text());
}

#[test]
fn what_is_chosen_is_shown_and_kept() {
    let mut screen = open((80, 24), "");
    assert_eq!(titles(&screen), USUAL);
    // user on, though it is narrow; command off; age to the left of the state, and of what comes with greater widths between.
    screen.press("C Down Down Space Down Space");
    screen.press("Down Down Down Down Down Down Down < < < <");
    assert_eq!(titles(screen.press("Enter")), "PID USER PROTO AGE^ STATE LOCAL REMOTE");
    let list = "mark pid user fd@100 proto age state queues@160 local remote rtt@180 netns@140 unit@180 cwd@160 \
        cmdline@120";
    assert_eq!(kept(&screen), [Some(list.to_owned())]);
    // Another look finds it as it was left; nothing changed, nothing to keep.
    insta::assert_snapshot!("chooser_again", screen.press("C Down Down").text());
    screen.press("Enter");
    assert_eq!(kept(&screen).len(), 1);
}

#[test]
fn a_column_moves_past_those_that_are_hidden() {
    let screen = open((120, 30), "C Down Down Down Space Down < Enter");
    assert!(titles(&screen).starts_with("PID FD USER PROTO "), "{}", titles(&screen));
    let screen = open((120, 30), "C Down Down Down Space Up > Enter");
    assert!(titles(&screen).starts_with("PID FD USER PROTO "), "{}", titles(&screen));
}

#[test]
fn esc_drops_the_choice() {
    let mut screen = open((80, 24), "");
    let before = screen.text();
    assert_eq!(screen.press("C Down Space Down > u Space Esc").text(), before);
    assert_eq!(kept(&screen), []);
}

#[test]
fn on_and_off_again_is_as_before() {
    for (width, columns) in [(80, 20), (120, 20)] {
        let mut screen = open((width, 40), "C");
        let before = screen.text();
        for _ in 0..columns {
            screen.press("Space Space Down");
        }
        assert_eq!(screen.press("Home").text(), before, "{width}");
    }
}

#[test]
fn the_usual_columns_are_none_to_keep() {
    let mut screen = open((80, 24), "C Down Space Enter");
    assert_eq!(titles(&screen), "COMMAND PROTO STATE LOCAL REMOTE AGE^");
    screen.press("C u Enter");
    assert_eq!((titles(&screen), kept(&screen).pop().unwrap()), (USUAL.to_owned(), None));
}

#[test]
fn a_table_of_no_column_is_refused() {
    let few = Some(vec![Chosen::parse("pid").unwrap()]);
    let mut screen = Screen::new((80, 24), Options { columns: few, ..Options::default() });
    screen.receive(&analyses(&[busy().build()])).press("C Space Enter");
    assert!(screen.text().contains("\ncolumns as before: the table needs one\n"), "{}", screen.text());
    assert_eq!((titles(&screen), kept(&screen)), ("PID".to_owned(), vec![]));
}

#[test]
fn what_there_is_no_room_for_is_said() {
    let mut screen = open((80, 24), "C End");
    for _ in 0..6 {
        screen.press("Space Up");
    }
    let text = screen.press("End").text();
    let said: Vec<bool> =
        text.lines().filter(|line| line.contains("[x]")).map(|line| line.contains("no room")).collect();
    assert_eq!(said, [false, true, true, true, true, true], "the last gives way first\n{text}");
}

#[test]
fn columns_that_were_asked_for_are_shown_at_any_width_and_from_a_width_from_there() {
    let columns = ["user", "inode", "cwd@100"].map(|name| Chosen::parse(name).unwrap());
    let columns = || Some(columns.to_vec());
    for (width, shown) in [(99, "USER INODE"), (100, "USER INODE CWD")] {
        let mut screen = Screen::new((width, 24), Options { columns: columns(), ..Options::default() });
        screen.receive(&analyses(&[busy().build()]));
        assert_eq!(titles(&screen), shown);
    }
}

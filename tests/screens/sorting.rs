//! The sort picker: each of its lines sorts, both ways round.

use sockeye::app::Options;
use sockeye::app::dialog::sorts;
use sockeye::table::{Chosen, Column};

use super::terms::scene::scene;
use crate::support::screen::Screen;

/// Of the scene.
const ROWS: usize = 13;

/// Cells of the only column of the screen, from above.
fn cells(screen: &Screen) -> Vec<String> {
    let text = screen.text();
    let below = text.lines().skip_while(|line| !line.ends_with(['^', 'v'])).skip(1);
    below.take(ROWS).map(|line| line.trim().to_owned()).collect()
}

fn is_missing(cell: &str) -> bool {
    matches!(cell, "-" | "?" | "") || cell.starts_with("no owner")
}

#[test]
fn each_line_of_the_picker_sorts_by_its_column_and_inverted_the_other_way_round() {
    let scene = scene();
    let mut differing = 0;
    for (place, column) in sorts().enumerate() {
        let Some(column) = column else { continue };
        let columns = Some(vec![Chosen::always(Column::find(column.name).unwrap())]);
        let mut screen = Screen::new((160, 40), Options { columns, ..Options::default() });
        screen.receive(&scene).press("x o Home").press(&"Down ".repeat(place)).press("Enter");
        let text = screen.text();
        let message = text.lines().nth_back(1).unwrap();
        assert!(message.contains(&format!("sort: {}", column.name)), "{}: {message}", column.name);
        let once = cells(&screen);
        let inverted = cells(screen.press("I"));
        let there =
            |cells: &[String]| cells.iter().filter(|cell| !is_missing(cell)).cloned().collect::<Vec<_>>();
        // What is not known comes last both ways.
        for cells in [&once, &inverted] {
            assert!(cells.is_sorted_by_key(|cell| is_missing(cell)), "{}: {cells:?}", column.name);
        }
        let mut reversed = there(&inverted);
        reversed.reverse();
        assert_eq!(there(&once), reversed, "{}", column.name);
        // What can be read as a number is in its order, and not in that of letters.
        let numbers: Option<Vec<i64>> = there(&once).iter().map(|cell| cell.parse().ok()).collect();
        let mut numbers = numbers.unwrap_or_default();
        if column.largest_first {
            numbers.reverse();
        }
        assert!(numbers.is_sorted(), "{}: {once:?}", column.name);
        differing += usize::from(there(&once) != there(&inverted));
    }
    assert!(differing >= 40, "{differing}: most columns have more than one value here");
}

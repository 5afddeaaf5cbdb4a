//! Which columns a width has room for, and how wide each is.

use crate::table::{Chosen, Column, Shape};

/// Blanks between columns.
const GAP: usize = 1;

/// Columns of a screen too small for more.
const SMALL: [&str; 7] = ["mark", "pid", "command", "state", "was", "remote", "gone"];

/// To how many cells columns grow where there is room, in this order; at last each to its most.
const GROWING: [(&str, usize); 14] = [
    ("command", 16),
    ("remote", 21),
    ("user", 8),
    ("cmdline", 16),
    ("local", 21),
    ("command", 18),
    ("cmdline", 20),
    ("netns", 8),
    ("command", 24),
    ("cwd", 20),
    ("cmdline", 40),
    ("command", 32),
    ("remote", 47),
    ("local", 47),
];

/// Cells that a small screen may leave of its columns.
const SQUEEZED: [(&str, usize); 2] = [("command", 7), ("remote", 9)];

/// A column with the cells that it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fitted {
    pub(super) column: &'static Column,
    /// Cells of the terminal from which it is wanted.
    from: u16,
    /// Cells to its left.
    pub(super) x: usize,
    pub(super) cells: usize,
}

/// Chooses from `wanted`, in its order, what a terminal that is `width` wide has room for.
pub(super) fn fit(wanted: &[Chosen], width: u16, small: bool, shape: Shape) -> Vec<Fitted> {
    let cells = usize::from(width);
    let in_tree = shape == Shape::Tree;
    let shown = |chosen: &&Chosen| {
        let name = chosen.column.name;
        // The tree says the pid beside the name.
        !(in_tree && name == "pid") && if small { SMALL.contains(&name) } else { chosen.is_shown_at(width) }
    };
    let mut fitted: Vec<Fitted> = wanted
        .iter()
        .filter(shown)
        .map(|&Chosen { column, from }| {
            let least = column.width.least.into();
            let is_wide = in_tree && column.name == "command";
            Fitted { column, from, x: 0, cells: if is_wide { tree_cells(cells).max(least) } else { least } }
        })
        .collect();
    if small {
        for (name, cells_left) in SQUEEZED {
            let excess = used(&fitted).saturating_sub(cells);
            for one in fitted.iter_mut().filter(|one| one.column.name == name) {
                one.cells -= excess.min(one.cells.saturating_sub(cells_left));
            }
        }
    }
    while fitted.len() > 1 && used(&fitted) > cells {
        // What asks for the widest terminal matters least; of equals the last.
        let weakest = fitted.iter().enumerate().max_by_key(|(_, fitted)| fitted.from);
        let Some((at, _)) = weakest else { break };
        fitted.remove(at);
    }
    let mut spare = cells.saturating_sub(used(&fitted));
    let mut grow = |one: &mut Fitted, to: usize| {
        let wanted = to.min(one.column.width.most.into()).saturating_sub(one.cells);
        // Ports only, or whole addresses: a mix of both reads badly.
        let fits = one.column.name != "local" || wanted <= spare;
        let grown = if fits { wanted.min(spare) } else { 0 };
        one.cells += grown;
        spare -= grown;
    };
    for (name, to) in GROWING {
        fitted.iter_mut().filter(|one| one.column.name == name).for_each(|one| grow(one, to));
    }
    fitted.iter_mut().filter(|one| !one.column.right).for_each(|one| grow(one, usize::MAX));
    let mut x = 0;
    for one in &mut fitted {
        one.x = x;
        x += one.cells + GAP;
    }
    fitted
}

/// Cells of the tree: what the usual columns of a narrow screen leave.
fn tree_cells(width: usize) -> usize {
    width.saturating_sub(50).clamp(16, 36)
}

fn used(fitted: &[Fitted]) -> usize {
    fitted.iter().map(|one| one.cells).sum::<usize>() + GAP * fitted.len().saturating_sub(1)
}

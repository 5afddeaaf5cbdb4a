//! The selection stays on its socket, whatever happens around it.

use sockeye::app::Options;
use std::sync::Arc;
use std::time::Duration;

use sockeye::analyze::{Analysis, Analyzer};
use sockeye::model::{Inode, Snapshot, SourceId, TcpState};
use sockeye::run::Event;
use sockeye::table::LineKey;

use super::snapshot;
use crate::support::screen::Screen;

/// Numbers that look random and are the same each time (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }
}

/// A host some of whose sockets come and go; the chosen one is always there.
fn host(random: &mut Random, chosen: u64, nth: u64) -> Arc<Snapshot> {
    let states = [TcpState::Established, TcpState::CloseWait, TcpState::SynSent];
    let mut host = snapshot().process(1, 0, "/sbin/init", "init").later(Duration::from_secs(2 * nth));
    for process in 2..=12_u32 {
        let parent = if process > 6 { process - 5 } else { 1 };
        for socket in 0..6_u64 {
            host = host.process(process, parent, &format!("/usr/bin/p{}", process % 4), "p --serve");
            let inode = u64::from(process) * 100 + socket;
            if inode != chosen && random.below(3) == 0 {
                continue;
            }
            let remote = format!("192.0.2.{}:{}", inode % 7 + 1, 1000 + inode);
            let local = format!("10.0.0.5:{}", 20_000 + inode);
            host = host.tcp(inode, &[3], random.of(&states), &local, &remote);
            if random.below(8) == 0 {
                host = host.process(process + 50, process, "/usr/bin/child", "child").held(inode, &[7]);
            }
        }
    }
    host.build()
}

/// Whether the line that is selected is the socket's, or one that it is folded into.
fn is_on(screen: &Screen, chosen: u64) -> bool {
    let Some(LineKey::Row(key)) = screen.app.cursor().line() else { return false };
    let shown = screen.app.selected_line();
    let is_there = match shown.as_ref().and_then(|shown| shown.socket()) {
        Some(row) => row.socket.is_some_and(|socket| socket.id.inode == Inode(chosen)),
        // A heading; or a process whose only socket is another one.
        None => shown.is_some(),
    };
    key.socket.inode == Inode(chosen) && is_there
}

#[test]
fn the_selection_stays_through_a_thousand_random_changes() {
    // Sorts, shapes, folds of all, filters that the socket passes, and what opens and shuts; none of them moves.
    let keys = [
        "t",
        "t",
        "b p",
        "b r",
        "b u",
        "b n",
        "*",
        "*",
        ">",
        "<",
        "I",
        "o Home Enter",
        "m",
        "d d",
        "x",
        "n n",
        "/ \"tcp\" Enter",
        "/ C-u \"not zzz\" Enter",
        "/ \"zzz\" Esc",
        "Space Space",
        "v Esc",
        "? Esc",
    ];
    for seed in [1_u64, 77, 4_242] {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let chosen = (2 + random.below(11)) * 100 + random.below(6);
        let mut analyzer = Analyzer::default();
        let mut screen = Screen::new((80, 24), Options::default());
        let mut refresh = |screen: &mut Screen, random: &mut Random, nth| {
            let analysis: Arc<Analysis> = analyzer.analyze(host(random, chosen, nth));
            screen.take([Event::Analysis(SourceId(0), analysis)]);
        };
        refresh(&mut screen, &mut random, 0);
        while !is_on(&screen, chosen) {
            let before = screen.app.cursor().at();
            screen.press("Down");
            assert_ne!(screen.app.cursor().at(), before, "{chosen} is on no line");
        }
        let mut done = Vec::new();
        for nth in 1..=400 {
            if random.below(2) == 0 {
                refresh(&mut screen, &mut random, nth);
                done.push("refresh");
            } else {
                let pressed = random.of(&keys);
                screen.press(pressed);
                done.push(pressed);
            }
            assert!(is_on(&screen, chosen), "seed {seed}, {chosen} lost after {done:?}\n{}", screen.text());
        }
        // And when nothing is folded any more it is on a line of its own.
        screen.press("t t b n");
        assert_eq!(screen.app.cursor().key().map(|row| row.socket.inode), Some(Inode(chosen)));
    }
}

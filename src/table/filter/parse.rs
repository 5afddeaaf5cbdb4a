//! Text to a tree of terms; what is wrong with it, each with its place.

use std::ops::Range;

use super::lex::{Kind, Token, tokens};
use super::{FilterError, Node, term};

/// More brackets in each other than anybody needs; as many calls deep is matching.
const DEEPEST: usize = 32;

/// What can be understood, and what is wrong with the rest, in its order.
pub(super) fn parse(text: &str) -> (Option<Node>, Vec<FilterError>) {
    let mut parser = Parser { frames: Vec::new(), frame: Frame::default(), errors: Vec::new(), tests: 0 };
    let is_whole = tokens(text).iter().all(|token| parser.take(token));
    let node = parser.end(is_whole);
    let mut errors = parser.errors;
    errors.sort_by_key(|(place, _)| place.start);
    let characters = |bytes: Range<usize>| text.get(bytes).unwrap_or_default().chars().count();
    let errors = errors.into_iter().map(|(place, message)| FilterError {
        at: characters(0..place.start),
        length: characters(place),
        message,
    });
    (node, errors.collect())
}

struct Parser {
    /// Brackets around the one that is being read.
    frames: Vec<Frame>,
    frame: Frame,
    /// With the bytes that are wrong.
    errors: Vec<(Range<usize>, String)>,
    /// Terms so far.
    tests: usize,
}

/// What is between two brackets, or all.
#[derive(Default)]
struct Frame {
    /// Where its bracket is.
    open: Range<usize>,
    /// Something negates it as a whole.
    negated: bool,
    /// What came before an `or`, each all of the terms between.
    others: Vec<Vec<Node>>,
    terms: Vec<Node>,
    /// Something was said since the last `or`, be it wrong.
    said: bool,
    /// A word that waits for a term, and where it is.
    waiting: Option<(Range<usize>, String)>,
    /// Negations that wait, odd in number.
    not: bool,
}

impl Parser {
    /// False where the rest is not worth reading.
    fn take(&mut self, token: &Token<'_>) -> bool {
        let at = token.span.clone();
        match token.kind {
            Kind::Not => {
                let first = self.frame.waiting.take().filter(|(_, word)| !is_join(word));
                let (at, word) = first.unwrap_or((at, token.text.to_owned()));
                self.frame.waiting = Some((at, word));
                self.frame.not = !self.frame.not;
            }
            Kind::And | Kind::Or => {
                if !self.frame.said {
                    // One of two is wrong.
                    self.frame.waiting.take_if(|(_, word)| is_join(word));
                }
                self.end_waiting();
                if self.frame.said {
                    self.frame.waiting = Some((at, token.text.to_owned()));
                } else {
                    self.errors.push((at, format!("\"{}\" what?", token.text)));
                }
                if token.kind == Kind::Or && self.frame.said {
                    let before = std::mem::take(&mut self.frame.terms);
                    self.frame.others.push(before);
                    self.frame.said = false;
                }
            }
            Kind::Open if self.frames.len() == DEEPEST => {
                self.errors.push((at, "too many brackets in each other".to_owned()));
                self.frame.waiting = None;
                return false;
            }
            Kind::Open => {
                let frame = Frame { open: at, negated: self.negated(), ..Frame::default() };
                self.frames.push(std::mem::replace(&mut self.frame, frame));
            }
            Kind::Close => self.close(at),
            Kind::Word { closed } => {
                let negated = self.negated();
                self.frame.said = true;
                let read = if closed {
                    term::test(token.text, self.tests)
                } else {
                    Err(format!("{} has no closing quote", token.text))
                };
                match read {
                    Ok(node) => self.push(node, negated),
                    Err(message) => self.errors.push((at, message)),
                }
                self.tests += 1;
            }
        }
        true
    }

    fn close(&mut self, at: Range<usize>) {
        if self.frames.is_empty() {
            self.errors.push((at, "\")\" has no \"(\"".to_owned()));
            return;
        }
        if !self.frame.said && self.frame.others.is_empty() && self.frame.waiting.is_none() {
            self.errors.push((self.frame.open.start..at.end, "\"()\" what?".to_owned()));
        }
        self.leave();
    }

    /// Out of a bracket.
    fn leave(&mut self) {
        self.end_waiting();
        let Some(outer) = self.frames.pop() else { return };
        let inner = std::mem::replace(&mut self.frame, outer);
        self.frame.said = true;
        let negated = inner.negated;
        if let Some(node) = inner.node() {
            self.push(node, negated);
        }
    }

    /// All of it. A bracket that is still open ends where the text does; of a text that was not read to its end nobody
    /// knows whether it does.
    fn end(&mut self, is_whole: bool) -> Option<Node> {
        while !self.frames.is_empty() {
            if is_whole {
                self.errors.push((self.frame.open.clone(), "\"(\" has no \")\"".to_owned()));
            }
            self.leave();
        }
        self.end_waiting();
        std::mem::take(&mut self.frame).node()
    }

    /// What waited waits for nothing.
    fn end_waiting(&mut self) {
        self.frame.not = false;
        self.errors.extend(self.frame.waiting.take().map(|(at, word)| (at, format!("\"{word}\" what?"))));
    }

    fn negated(&mut self) -> bool {
        self.frame.waiting = None;
        std::mem::take(&mut self.frame.not)
    }

    fn push(&mut self, node: Node, negated: bool) {
        self.frame.terms.push(if negated { Node::Not(Box::new(node)) } else { node });
    }
}

fn is_join(word: &str) -> bool {
    matches!(word, "and" | "or")
}

impl Frame {
    /// None where nothing of it could be understood.
    fn node(self) -> Option<Node> {
        let all = self.others.into_iter().chain([self.terms]).filter(|terms| !terms.is_empty());
        let mut any: Vec<Node> = all
            .map(|mut terms| {
                terms.sort_by_key(Node::cost);
                if terms.len() == 1 { terms.remove(0) } else { Node::All(terms) }
            })
            .collect();
        any.sort_by_key(Node::cost);
        if any.len() < 2 { any.pop() } else { Some(Node::Any(any)) }
    }
}

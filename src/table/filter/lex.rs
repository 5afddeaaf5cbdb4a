//! Text to words, negations and brackets, each with its place.

use std::ops::Range;

/// A part of a filter's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    /// Bytes of the whole text.
    pub(super) span: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `not` or `!`.
    Not,
    And,
    Or,
    Open,
    Close,
    /// A run of characters between blanks and brackets, but for those that quotes hold together.
    Word {
        /// Every quote was closed.
        closed: bool,
    },
}

/// A bracket inside a word is part of it where its partner is; a `!` negates at the start of a word only.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut word: Option<Word> = None;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        if word.as_ref().is_some_and(|word| word.ends_before(character, text.get(word.start..at))) {
            tokens.extend(word.take().and_then(|word| word.token(text, at)));
        }
        let single = match (&word, character) {
            (None, '(') => Some(Kind::Open),
            (None, ')') => Some(Kind::Close),
            (None, '!') => Some(Kind::Not),
            (_, _) => None,
        };
        if let Some(kind) = single {
            let span = at..at + 1;
            tokens.push(Token { kind, text: text.get(span.clone()).unwrap_or_default(), span });
        } else if word.is_some() || !character.is_whitespace() {
            word.get_or_insert(Word { start: at, quote: None, brackets: 0 }).take(character, before);
        }
        before = character;
    }
    tokens.extend(word.and_then(|word| word.token(text, text.len())));
    tokens
}

/// A word that is being read.
struct Word {
    start: usize,
    /// The quote that is open.
    quote: Option<char>,
    /// Brackets that are open in it.
    brackets: usize,
}

impl Word {
    /// `so_far`: what of it was read.
    fn ends_before(&self, character: char, so_far: Option<&str>) -> bool {
        self.quote.is_none()
            && (character.is_whitespace()
                || (character == ')' && self.brackets == 0)
                || (character == '(' && so_far.is_some_and(|word| kind(word, true) != OTHER)))
    }

    fn take(&mut self, character: char, before: char) {
        match (self.quote, character) {
            (Some(open), _) if open == character => self.quote = None,
            (None, '"' | '\'') if opens_quote(before) => self.quote = Some(character),
            (None, '(') => self.brackets += 1,
            (None, ')') => self.brackets -= 1,
            (Some(_) | None, _) => {}
        }
    }

    fn token(self, text: &str, end: usize) -> Option<Token<'_>> {
        let span = self.start..end;
        let text = text.get(span.clone())?;
        Some(Token { kind: kind(text, self.quote.is_none()), text, span })
    }
}

const OTHER: Kind = Kind::Word { closed: true };

fn kind(word: &str, closed: bool) -> Kind {
    match word {
        "not" => Kind::Not,
        "and" => Kind::And,
        "or" => Kind::Or,
        _ => Kind::Word { closed },
    }
}

/// A quote inside a word is an apostrophe.
pub(super) fn opens_quote(before: char) -> bool {
    before.is_whitespace() || matches!(before, ':' | '=' | '<' | '>' | '~' | ',' | '!' | '(' | ')')
}

/// Without what is unfinished at its end and would swallow a further term; with brackets that lack it closed.
pub(super) fn finished(text: &str) -> String {
    let mut tokens = tokens(text);
    // Only the last word can have a quote that is open.
    let is_unfinished = |token: &Token<'_>| match token.kind {
        Kind::Not | Kind::And | Kind::Or | Kind::Open | Kind::Word { closed: false } => true,
        Kind::Close | Kind::Word { closed: true } => false,
    };
    while tokens.last().is_some_and(is_unfinished) {
        tokens.pop();
    }
    let mut open = 0_usize;
    let end = tokens.last().map_or(0, |token| token.span.end);
    let mut kept = text.get(..end).unwrap_or_default().to_owned();
    for token in &tokens {
        match token.kind {
            Kind::Open => open += 1,
            // One too many would close what is put around it.
            Kind::Close if open == 0 => kept.replace_range(token.span.clone(), " "),
            Kind::Close => open -= 1,
            Kind::Not | Kind::And | Kind::Or | Kind::Word { .. } => {}
        }
    }
    let kept = kept.trim_start();
    if open == 0 { kept.to_owned() } else { format!("{kept}{}", behind(kept, open)) }
}

/// In brackets, so that it holds together.
pub(super) fn bracketed(text: &str) -> String {
    format!("({text}{}", behind(text, 1))
}

/// Closing brackets; not beside a word that would take them for its own.
fn behind(text: &str, brackets: usize) -> String {
    let last = tokens(text).pop().filter(|token| matches!(token.kind, Kind::Word { .. }));
    let is_open = last.is_some_and(|word| word.text.contains('('));
    format!("{}{}", if is_open { " " } else { "" }, ")".repeat(brackets))
}

/// Terms of the outermost level, each with its negations; whole groups are one. None of them has a say alone where an
/// `or` is between them: then there are none.
pub(super) fn outermost(text: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let mut depth = 0_usize;
    let mut start = None;
    for token in tokens(text) {
        match token.kind {
            Kind::Or if depth == 0 => return Vec::new(),
            Kind::And | Kind::Close if depth == 0 => continue,
            Kind::Open => depth += 1,
            Kind::Close => depth -= 1,
            Kind::Not | Kind::And | Kind::Or | Kind::Word { .. } => {}
        }
        let from = *start.get_or_insert(token.span.start);
        if depth == 0 && token.kind != Kind::Not {
            terms.extend(text.get(from..token.span.end));
            start = None;
        }
    }
    terms
}

/// Whether an `or` is between terms of the outermost level.
pub(super) fn has_or(text: &str) -> bool {
    let mut depth = 0_usize;
    tokens(text).into_iter().any(|token| {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Not | Kind::And | Kind::Or | Kind::Word { .. } => {}
        }
        depth == 0 && token.kind == Kind::Or
    })
}

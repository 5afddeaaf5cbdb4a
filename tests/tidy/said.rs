//! What the screen can say is in a test of the screen.

use super::{File, all};

/// Folders and files whose texts are for the screen alone.
const SAY: [&str; 8] = [
    "src/app.rs",
    "src/app/",
    "src/ui.rs",
    "src/ui/",
    "src/table/filter/parse.rs",
    "src/table/filter/pattern.rs",
    "src/table/filter/quantity.rs",
    "src/table/filter/term.rs",
];

/// Shorter ones are words, which many tests have.
const LEAST: usize = 8;

/// Texts between quotation marks, with what is escaped in them; without line ends that are no part of them.
fn texts(code: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut text: Option<String> = None;
    let mut characters = code.chars().peekable();
    while let Some(character) = characters.next() {
        match (&mut text, character) {
            (None, '\'') if characters.peek() == Some(&'"') => drop(characters.next()),
            (None, '"') => text = Some(String::new()),
            (None, _) => {}
            (Some(_), '"') => texts.extend(text.take()),
            (Some(text), '\\') => match characters.next() {
                Some('\n') => while characters.next_if(|next| next.is_whitespace()).is_some() {},
                Some('n') => text.push('\n'),
                Some(escaped) => text.push(escaped),
                None => {}
            },
            (Some(text), _) => text.push(character),
        }
    }
    texts
}

/// The longest part of each sentence that is the same whatever it is said of.
fn sentences(file: &File) -> Vec<String> {
    let code: Vec<_> = file.text.lines().filter(|line| !line.trim_start().starts_with(['/', '#'])).collect();
    let fixed = |text: String| {
        let parts = text.split('{').enumerate();
        let parts =
            parts.map(
                |(nth, part)| {
                    if nth == 0 { part } else { part.split_once('}').map_or(part, |(_, rest)| rest) }
                },
            );
        parts
            .flat_map(|part| part.split('\n'))
            .map(str::trim)
            .max_by_key(|part| part.len())
            .map(str::to_owned)
    };
    let found = texts(&code.join("\n")).into_iter().filter_map(fixed);
    found.filter(|text| text.len() >= LEAST && text.contains(' ')).collect()
}

/// Those that no test has.
fn untested(files: &[File], tests: &str) -> Vec<String> {
    let is_for_screens = |file: &&File| SAY.iter().any(|say| file.name.starts_with(say));
    let of = |file: &File| {
        let missing = sentences(file).into_iter().filter(|text| !tests.contains(text.as_str()));
        missing.map(|text| format!("{}: {text}", file.name)).collect::<Vec<_>>()
    };
    files.iter().filter(is_for_screens).flat_map(of).collect()
}

/// The tests of screens as they are, and all that stands in them between quotation marks.
fn tests() -> String {
    let files: Vec<_> = all("tests/screens", &["rs", "snap"]);
    let whole = files.iter().map(|file| file.text.clone());
    let quoted = files.iter().flat_map(|file| texts(&file.text));
    whole.chain(quoted).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_sentence_of_the_screen_is_in_a_test_of_it() {
    assert_eq!(untested(&all("src", &["rs"]), &tests()), Vec::<String>::new());
}

#[test]
fn a_sentence_without_a_test_is_found() {
    let files = [
        File::of(
            "src/app/a.rs",
            "// \"no text here\"\nnotify(format!(\"{pid} is gone \\\n    for {why}\"));",
        ),
        File::of(
            "src/ui/b.rs",
            "#[expect(x, reason = \"not for people\")]\nput('\"', \"a \\\"new\\\" one\");",
        ),
        File::of("src/run.rs", "\"not for the screen\""),
    ];
    assert_eq!(untested(&files, ""), ["src/app/a.rs: is gone for", "src/ui/b.rs: a \"new\" one"]);
    assert_eq!(untested(&files, "7 is gone for good\na \"new\" one"), [""; 0]);
}

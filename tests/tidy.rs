//! The rules that the code keeps about itself: layers, purity, sizes, names. Each check is shown to fail, too.

use std::fs;
use std::path::Path;

mod paths;
mod said;

use paths::paths;

/// A file of the project.
struct File {
    /// From the project's root: `src/run/tui.rs`.
    name: String,
    text: String,
}

impl File {
    fn of(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), text: text.to_owned() }
    }

    /// Parts of the path below `src`, without the ending: `["run", "tui"]`.
    fn parts(&self) -> Vec<&str> {
        let inner = self.name.strip_prefix("src/").and_then(|name| name.strip_suffix(".rs"));
        inner.map(|inner| inner.split('/').collect()).unwrap_or_default()
    }

    /// The layer it belongs to; `lib.rs` only lists them.
    fn layer(&self) -> Option<&str> {
        self.parts().first().copied().filter(|layer| *layer != "lib")
    }

    /// The text without comments.
    fn code(&self) -> String {
        let lines = self.text.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.map(|line| line.split(" // ").next().unwrap()).collect::<Vec<_>>().join("\n")
    }
}

/// A row of the table "Layers" in `docs/architecture.md`.
struct Layer {
    name: String,
    may_import: Vec<String>,
    is_pure: bool,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files below a folder whose names end so.
fn all(folder: &str, endings: &[&str]) -> Vec<File> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let name = format!("{folder}/{}", entry.unwrap().file_name().into_string().unwrap());
        if root().join(&name).is_dir() {
            files.extend(all(&name, endings));
        } else if Path::new(&name).extension().is_some_and(|ending| endings.iter().any(|one| ending == *one))
        {
            files.push(File::of(&name, &fs::read_to_string(root().join(&name)).unwrap()));
        }
    }
    files
}

fn layers() -> Vec<Layer> {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let table = text.split("\n| layer |").nth(1).expect("a table that begins with: | layer |");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let rows: Vec<Vec<&str>> = rows.map(|row| row.split('|').map(str::trim).collect()).collect();
    let names: Vec<&str> = rows.iter().map(|row| row[1]).collect();
    let imports = |cell: &str| match cell.strip_prefix("all but ") {
        Some(but) => names.iter().filter(|name| **name != but).map(ToString::to_string).collect(),
        None => cell.split(", ").map(str::to_owned).collect(),
    };
    let layer = |row: &Vec<&str>| Layer {
        name: row[1].to_owned(),
        may_import: imports(row[2]),
        // Traits of `std::io` may be named in pure layers: no file comes from them.
        is_pure: row[3] == "yes" || row[3].ends_with("only"),
    };
    rows.iter().map(layer).collect()
}

/// Crates that belong to layers, as code names them. The others are for all: thiserror, unicode-width.
const OWNED: &[(&str, &[&str])] = &[
    ("clap", &["cli", "manual"]),
    ("clap_complete", &["manual"]),
    ("clap_mangen", &["manual"]),
    ("crossterm", &["app", "run"]),
    ("dns_lookup", &["resolve"]),
    ("procfs", &["collect"]),
    ("ratatui", &["ui", "run"]),
    ("regex", &["table"]),
    ("rustix", &["collect", "run"]),
    ("serde", &["config"]),
    ("serde_json", &["report"]),
    ("signal_hook", &["run"]),
    ("strsim", &["table"]),
    ("toml", &["config"]),
    ("toml_edit", &["config"]),
    ("tui_input", &["app", "run"]),
    ("uzers", &["resolve"]),
];

/// The same, by modules that a pure layer may name.
const IMPURE_CALLS: &[&str] = &["SystemTime::now", "io::stderr()", "io::stdin()", "io::stdout()"];

/// What a pure layer does not name: files, environment, processes, threads, connections, clock.
const IMPURE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
];

fn wrong_imports(files: &[File], layers: &[Layer]) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in files {
        let Some(name) = file.layer() else { continue };
        let Some(layer) = layers.iter().find(|layer| layer.name == name) else {
            wrong.push(format!("{}: no layer of the table", file.name));
            continue;
        };
        let code = file.code();
        for path in paths(&code, "crate").into_iter().chain(paths(&code, "sockeye")) {
            let Some(other) = path.split("::").nth(1) else { continue };
            if other != name && !layer.may_import.iter().any(|may| may == other) {
                wrong.push(format!("{}: {path}", file.name));
            }
        }
        // A path that climbs over the layer's root would hide what it names.
        if code.contains(&"super::".repeat(file.parts().len())) && name != "main" {
            wrong.push(format!("{}: super:: leaves the layer", file.name));
        }
    }
    wrong
}

fn wrong_crates(files: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in files {
        for (owned, by) in OWNED {
            if !file.layer().is_none_or(|layer| by.contains(&layer)) {
                wrong.extend(paths(&file.code(), owned).iter().map(|path| format!("{}: {path}", file.name)));
            }
        }
    }
    wrong
}

fn impure(files: &[File], layers: &[Layer]) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in files {
        if !layers.iter().any(|layer| Some(layer.name.as_str()) == file.layer() && layer.is_pure) {
            continue;
        }
        let code = file.code();
        let is_impure = |path: &String| {
            IMPURE.iter().any(|impure| path == impure || path.starts_with(&format!("{impure}::")))
        };
        wrong.extend(
            paths(&code, "std")
                .iter()
                .filter(|path| is_impure(path))
                .map(|path| format!("{}: {path}", file.name)),
        );
        let calls = IMPURE_CALLS.iter().filter(|call| code.contains(**call));
        wrong.extend(calls.map(|call| format!("{}: {call}", file.name)));
    }
    wrong
}

fn wrong_shapes(files: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for File { name, text } in files {
        let mut complain = |what: &str| wrong.push(format!("{name}: {what}"));
        let first = text.lines().next().unwrap_or_default();
        if !first.starts_with("//! ") {
            complain("its first line says not what it is for");
        }
        if text.lines().count() > 400 {
            complain("more than 400 lines");
        }
        if name.ends_with("/mod.rs") {
            complain("foo.rs and foo/, never mod.rs");
        }
        if ["TODO", "FIXME", "XXX"].iter().any(|mark| text.contains(&format!("// {mark}"))) {
            complain("an issue, or do it");
        }
    }
    wrong
}

#[test]
fn each_layer_imports_only_what_its_row_allows() {
    assert_eq!(wrong_imports(&all("src", &["rs"]), &layers()), Vec::<String>::new());
}

#[test]
fn imports_across_layers_are_found_however_they_are_written() {
    let files = [
        File::of("src/model/a.rs", "use crate::table::Row;"),
        File::of("src/model/b.rs", "use crate::{model::Pid, ui::{draw, hit}};"),
        File::of("src/model/c.rs", "fn f() { crate::run::run(); }"),
        File::of("src/model/d.rs", "use super::super::app;"),
        File::of(
            "src/model/e.rs",
            "// crate::run is told of here\nuse super::Pid; use crate::model::Fd; // crate::run",
        ),
        File::of("src/other.rs", ""),
        File::of("src/main.rs", "use sockeye::{cli::Cli, config::Config, run};\nuse sockeye::table::Row;"),
    ];
    assert_eq!(
        wrong_imports(&files, &layers()),
        [
            "src/model/a.rs: crate::table::Row",
            "src/model/b.rs: crate::ui::draw",
            "src/model/b.rs: crate::ui::hit",
            "src/model/c.rs: crate::run::run",
            "src/model/d.rs: super:: leaves the layer",
            "src/other.rs: no layer of the table",
            "src/main.rs: sockeye::table::Row",
        ]
    );
}

#[test]
fn each_crate_stays_in_the_layers_that_own_it() {
    assert_eq!(wrong_crates(&all("src", &["rs"])), Vec::<String>::new());
}

#[test]
fn a_crate_in_another_layer_is_found() {
    let files = [
        File::of("src/ui/a.rs", "use ratatui::Frame;\nuse rustix::process::getpid;"),
        File::of("src/model.rs", "use my_clap::X; impl clap::Y {}"),
    ];
    assert_eq!(wrong_crates(&files), ["src/ui/a.rs: rustix::process::getpid", "src/model.rs: clap::Y"]);
}

#[test]
fn pure_layers_touch_no_world() {
    assert_eq!(impure(&all("src", &["rs"]), &layers()), Vec::<String>::new());
}

#[test]
fn touching_the_world_in_a_pure_layer_is_found() {
    let files = [
        File::of("src/table/a.rs", "use std::{fs::File, io::{self, Write}, time::{Duration, Instant}};"),
        File::of("src/ui.rs", "fn f() { SystemTime::now(); std::env::var(\"X\"); }"),
        File::of("src/collect.rs", "use std::fs;"),
        File::of("src/report/a.rs", "use std::io::{self, Write}; fn f() { io::stdout(); }"),
        File::of("src/report/b.rs", "use std::net::{IpAddr, TcpStream};"),
    ];
    assert_eq!(
        impure(&files, &layers()),
        [
            "src/table/a.rs: std::fs::File",
            "src/table/a.rs: std::time::Instant",
            "src/ui.rs: std::env::var",
            "src/ui.rs: SystemTime::now",
            "src/report/a.rs: io::stdout()",
            "src/report/b.rs: std::net::TcpStream",
        ]
    );
}

#[test]
fn each_file_is_short_and_says_what_it_is_for() {
    let files: Vec<_> = all("src", &["rs"]).into_iter().chain(all("tests", &["rs"])).collect();
    assert_eq!(wrong_shapes(&files), Vec::<String>::new());
}

#[test]
fn a_file_out_of_shape_is_found() {
    let mark = ["// TO", "DO later"].concat();
    let files = [
        File::of("src/a.rs", "use std::fs;"),
        File::of("src/b.rs", &format!("//! Good.\n{}", "\n".repeat(400))),
        File::of("src/c/mod.rs", "//! Good.\n"),
        File::of("src/d.rs", &format!("//! Good.\n{mark}")),
    ];
    assert_eq!(
        wrong_shapes(&files),
        [
            "src/a.rs: its first line says not what it is for",
            "src/b.rs: more than 400 lines",
            "src/c/mod.rs: foo.rs and foo/, never mod.rs",
            "src/d.rs: an issue, or do it",
        ]
    );
}

#[test]
fn the_pictures_of_the_readme_are_there() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let pictures: Vec<_> =
        readme.split("](assets/").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
    assert!(!pictures.is_empty());
    for picture in pictures {
        assert!(root().join("assets").join(picture).is_file(), "{picture}");
    }
}

#[test]
fn the_readme_lists_the_keys_of_the_keymap() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let keys = sockeye::app::keymap::markdown();
    assert!(readme.contains(&keys), "README.md does not have this table:\n{keys}");
}

#[test]
fn the_readme_lists_the_terms_of_filters() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let terms = sockeye::table::filter::terms::markdown();
    assert!(readme.contains(&terms), "README.md does not have this table:\n{terms}");
}

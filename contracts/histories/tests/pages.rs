//! The tests that the pages name exist: a threat without a test that stops it is a hole.

use std::path::{Path, PathBuf};

fn contracts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The last cell of each row of a page's tables: files and tests in backticks, each test behind its file.
fn named(page: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(contracts().join(page)).unwrap();
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| ") && !line.ends_with("| test |"));
    rows.map(|row| {
        let cell = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        cell.split('`').skip(1).step_by(2).map(str::to_string).collect()
    })
    .collect()
}

/// The text of a file, or of all files of a folder.
fn source(path: &Path) -> String {
    if path.is_dir() {
        let files = std::fs::read_dir(path).unwrap();
        return files.map(|file| source(&file.unwrap().path())).collect();
    }
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn check(page: &str) -> usize {
    let rows = named(page);
    for row in &rows {
        let mut text = None;
        let mut tests = 0;
        for word in row {
            if word.contains('/') {
                text = Some(source(&contracts().join(word)));
                continue;
            }
            let text = text.as_ref().unwrap_or_else(|| panic!("{page}: {word} of no file"));
            let there = [format!("fn {word}("), format!("def {word}(")]
                .iter()
                .any(|head| text.contains(head));
            assert!(there, "{page}: there is no test {word} in {row:?}");
            tests += 1;
        }
        assert!(tests > 0, "{page}: a row without a test: {row:?}");
    }
    rows.len()
}

#[test]
fn every_known_failure_has_its_test() {
    assert_eq!(check("FAILURES.md"), 21);
}

#[test]
fn every_threat_has_a_test_that_stops_it() {
    assert!(check("THREATS.md") >= 30);
}

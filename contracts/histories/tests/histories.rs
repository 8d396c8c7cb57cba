//! Plays the behaviour scripts, if they are here, against the contracts with exact signatures.

use std::path::{Path, PathBuf};

use serde_json::Value;
use stellarsettle_histories::code::Code;
use stellarsettle_histories::player::play;

/// The folder of scripts: `STELLARSETTLE_CORPUS`, or `shared/corpus` beside the checkout.
fn scripts() -> Option<Vec<PathBuf>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let corpus = std::env::var_os("STELLARSETTLE_CORPUS").map_or(beside, PathBuf::from);
    let mut scripts: Vec<PathBuf> = std::fs::read_dir(corpus.join("histories"))
        .ok()?
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    scripts.sort();
    Some(scripts)
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn contracts_do_what_the_histories_say() {
    let Some(scripts) = scripts() else {
        eprintln!("SKIPPED: no behaviour scripts here; set STELLARSETTLE_CORPUS to the folder that holds histories/");
        return;
    };
    assert!(!scripts.is_empty(), "the folder of scripts is empty");
    let code = Code::from_environment();
    let mut differences = Vec::new();
    for script in &scripts {
        let name = script.file_name().unwrap().to_string_lossy().into_owned();
        for difference in play(&lines(script), &code) {
            differences.push(format!("{name} {difference}"));
        }
    }
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

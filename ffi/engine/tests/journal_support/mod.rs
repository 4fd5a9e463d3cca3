//! Exchanges with a journal, each in a directory of its own.

use hftz_engine::run::{Outcome, Run, Status};
use serde_json::{Value, json};
use std::path::PathBuf;

/// A directory of its own for each test, gone at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hftz-exchange-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_string()
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn run(config: &Value) -> Outcome {
    let mut run = Run::new(hftz_engine::plan(config.to_string().as_bytes()).unwrap());
    run.start().unwrap();
    while !run.page().finished() {
        std::thread::yield_now();
    }
    run.outcome().unwrap()
}

/// Orders of a generated flow, in the native protocol.
pub fn orders(folder: &Folder, name: &str, count: u64) -> String {
    let path = folder.file(name);
    let config = json!({"run": "feedgen", "orders": true, "count": count, "symbols": 4, "seed": 7, "to": path});
    assert_eq!(run(&config).status, Status::Done);
    path
}

pub fn exchange(input: &str, reports: &str, journal: Value) -> Outcome {
    run(&json!({"run": "match", "input": input, "reports": reports, "capacity": 10_000, "journal": journal}))
}

pub fn again(journal: &str, reports: &str) -> Outcome {
    run(&json!({"run": "journal", "journal": journal, "reports": reports}))
}

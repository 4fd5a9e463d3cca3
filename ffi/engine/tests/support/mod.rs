//! What the tests of whole runs share.

use hftz_engine::run::{Outcome, Run};
use serde_json::{Value, json};
use std::path::PathBuf;

/// A file that is gone when the test is over.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("hftz-replay-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Starts a replay of `input` with these further keys.
pub fn started(input: &str, more: Value) -> Run {
    let mut config = json!({"run": "replay", "input": input});
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut run = Run::new(hftz_engine::plan(config.to_string().as_bytes()).unwrap());
    run.start().unwrap();
    run
}

/// Runs a replay of `input` with these further keys to its end.
pub fn replay(input: &str, more: Value) -> Outcome {
    end(started(input, more))
}

pub fn end(mut run: Run) -> Outcome {
    while !run.page().finished() {
        std::thread::yield_now();
    }
    run.outcome().unwrap()
}

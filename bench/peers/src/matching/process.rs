//! A peer in a process of its own: another language, the same work, one run when it is told to.
//!
//! It reads lines: `load PATH` (a file of [`super::work::write`]), answered by `loaded`, and `run`, answered by what
//! [`Done::parse`] reads; it measures itself, over a fresh book, and ends when its input does.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use hftz_lab::matching::workload::Message;
use serde_json::Value;

use super::Peer;
use super::work::{Done, write};

pub struct Process {
    name: String,
    note: Option<String>,
    modifies: bool,
    child: Child,
    /// Closed first when it is to end.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    file: PathBuf,
}

impl Process {
    /// Starts what is described by `{name, note, modifies, command: [program, ...]}`.
    pub fn start(described: &Value) -> Result<Self, String> {
        let name = described["name"].as_str().ok_or("a peer without a name")?.to_owned();
        let words: Vec<&str> =
            described["command"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let [program, arguments @ ..] = words.as_slice() else { return Err(format!("{name}: no command")) };
        let started = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.map_err(|error| format!("{program} does not start: {error}"))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("{name}: no pipes"));
        };
        let file = std::env::temp_dir().join(format!("hftz-peers-{}-{}.bin", std::process::id(), child.id()));
        let note = described["note"].as_str().map(str::to_owned);
        let modifies = described["modifies"].as_bool().unwrap_or(true);
        Ok(Self { name, note, modifies, child, input: Some(input), output: BufReader::new(output), file })
    }

    /// Says a line, returns the line that comes back.
    fn ask(&mut self, line: &str) -> Result<String, String> {
        let gone = |name: &str| format!("{name} ended; what it wrote to stderr says why");
        let said = self.input.as_mut().map(|input| writeln!(input, "{line}").and_then(|()| input.flush()));
        if !matches!(said, Some(Ok(()))) {
            return Err(gone(&self.name));
        }
        let mut answer = String::new();
        match self.output.read_line(&mut answer) {
            Ok(read) if read > 0 => Ok(answer.trim().to_owned()),
            _ => Err(gone(&self.name)),
        }
    }
}

impl Peer for Process {
    fn name(&self) -> &str {
        &self.name
    }

    fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    fn takes(&self, message: &Message) -> bool {
        self.modifies || !matches!(message, Message::Modify { .. })
    }

    fn load(&mut self, messages: &[Message]) -> Result<(), String> {
        write(messages, &self.file).map_err(|error| format!("{}: {error}", self.file.display()))?;
        let asked = format!("load {}", self.file.display());
        let answer = self.ask(&asked);
        // Read by now, and whoever stops this program stops it at once.
        let _ = std::fs::remove_file(&self.file);
        match answer?.as_str() {
            "loaded" => Ok(()),
            other => Err(format!("{} says '{other}' instead of 'loaded'", self.name)),
        }
    }

    fn work(&mut self) -> Result<Done, String> {
        let answer = self.ask("run")?;
        Done::parse(&answer).ok_or_else(|| format!("{} says '{answer}', which is no result", self.name))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // End of input is its word to go.
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A peer in the shell that answers every run alike.
    fn shell(script: &str) -> Process {
        Process::start(&json!({ "name": "sh", "modifies": false, "command": ["sh", "-c", script] })).unwrap()
    }

    #[test]
    fn a_process_is_loaded_and_asked_again_and_again() {
        let mut peer = shell(
            r#"while read -r verb path; do case $verb in load) [ "$(wc -c < "$path")" -eq 24 ] && echo loaded;; run) echo '{"ns":5,"trades":1,"shares":2}';; esac; done"#,
        );
        peer.load(&[Message::Cancel { id: 1 }]).unwrap();
        assert!(!peer.file.exists(), "what was read is removed");
        assert_eq!(peer.work().unwrap(), peer.work().unwrap());
    }

    #[test]
    fn one_that_ends_or_talks_nonsense_is_named_with_the_reason() {
        assert!(shell("exit 1").work().unwrap_err().contains("sh ended"));
        assert!(shell("read x; echo hello").load(&[]).unwrap_err().contains("'hello' instead of 'loaded'"));
        assert!(shell("read x; echo hello").work().unwrap_err().contains("no result"));
        let missing = json!({ "name": "x", "command": ["/nonexistent/program"] });
        assert!(Process::start(&missing).err().unwrap().contains("does not start"));
    }
}

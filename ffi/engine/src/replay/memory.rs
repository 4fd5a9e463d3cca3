//! A replay whose input and output are the caller's memory: framed messages in, rows out, all within the call. This is how
//! a test drives the native books beside its own, message by message.

use super::config::ReplayConfig;
use super::feed::BinaryFeed;
use super::finish;
use super::machine::{Drain, Machine, Pause};
use crate::run::{Control, MemoryJob, Outcome, Transfer};
use hftz_source::{ByteSource, Halt, Read, SinkError, SourceError, Stream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes on their way into the loop.
#[derive(Default)]
struct Pipe {
    bytes: Vec<u8>,
    taken: u64,
    ended: bool,
}

#[derive(Clone, Default)]
struct MemorySource(Arc<Mutex<Pipe>>);

impl MemorySource {
    fn pipe(&self) -> MutexGuard<'_, Pipe> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ByteSource for MemorySource {
    /// Never waits: an empty pipe means that the caller has not given more yet.
    fn read(&mut self, buffer: &mut [u8], _: Halt<'_>) -> Result<Read, SourceError> {
        let mut pipe = self.pipe();
        let n = pipe.bytes.len().min(buffer.len());
        if n == 0 {
            return Ok(if pipe.ended { Read::End } else { Read::Stopped });
        }
        buffer[..n].copy_from_slice(&pipe.bytes[..n]);
        pipe.bytes.drain(..n);
        pipe.taken += n as u64;
        Ok(Read::Bytes(n))
    }

    fn is_ready(&mut self) -> bool {
        true
    }

    fn taken(&self) -> u64 {
        self.pipe().taken
    }

    fn size(&self) -> Option<u64> {
        None
    }
}

/// Rows stay where they are until the caller has room.
struct Keep;

impl Drain for Keep {
    fn drain(&mut self, _: &mut Vec<u8>, _: Halt<'_>) -> Result<(), SinkError> {
        Ok(())
    }
}

/// See [`MemoryJob`].
pub struct MemoryReplay {
    config: ReplayConfig,
    source: MemorySource,
    machine: Machine,
    ended: bool,
}

impl MemoryReplay {
    #[must_use]
    pub fn new(config: ReplayConfig) -> Self {
        let source = MemorySource::default();
        let stream = Stream::over(Box::new(source.clone()), "memory".into());
        let machine = Machine::new(&config, Box::new(BinaryFeed::new(stream)));
        Self { config, source, machine, ended: false }
    }
}

impl MemoryJob for MemoryReplay {
    fn feed(&mut self, input: &[u8], output: &mut [u8], control: Control<'_>) -> Result<Transfer, String> {
        let mut consumed = 0;
        // Rows that are still waiting go out first; only then is there more work.
        if self.machine.rows.len() <= output.len() && !self.ended {
            self.source.pipe().bytes.extend_from_slice(input);
            consumed = input.len();
            let pause = self.machine.advance(&mut Keep, control).map_err(|e| e.to_string())?;
            self.ended = pause == Pause::Ended;
        }
        let written = self.machine.rows.len().min(output.len());
        output[..written].copy_from_slice(&self.machine.rows[..written]);
        self.machine.rows.drain(..written);
        match &self.machine.report.fatal {
            Some(fault) if written == 0 => Err(fault.text.clone()),
            _ => Ok(Transfer { consumed, written }),
        }
    }

    fn finish(mut self: Box<Self>, control: Control<'_>) -> Outcome {
        self.source.pipe().ended = true;
        if !self.ended
            && let Err(error) = self.machine.advance(&mut Keep, control)
        {
            self.machine.report.sink = Some(error);
        }
        finish::outcome(self.machine, &self.config, control)
    }
}

/// What cannot be done in memory.
///
/// # Errors
/// One line that names the key.
pub fn check(config: &ReplayConfig) -> Result<(), String> {
    let wrong = [
        ("to", config.to.is_some()),
        ("verify", config.verify.is_some()),
        ("countOnly", config.count_only),
        ("durationNs", config.duration_ns.is_some()),
        ("format", config.format.is_some()),
    ];
    match wrong.iter().find(|(_, set)| *set) {
        Some((key, _)) => Err(format!("a replay in memory has no {key}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{PageBox, Status};
    use serde_json::json;

    fn add(reference: u64, price: u32) -> Vec<u8> {
        let mut message = vec![0, 36, b'A', 0, 1, 0, 0, 0, 0, 0, 0, 0, 9];
        message.extend(reference.to_be_bytes());
        message.push(b'B');
        message.extend(100u32.to_be_bytes());
        message.extend(b"ABC     ");
        message.extend(price.to_be_bytes());
        message
    }

    fn replay(config: serde_json::Value) -> Box<MemoryReplay> {
        Box::new(MemoryReplay::new(serde_json::from_value(config).unwrap()))
    }

    #[test]
    fn rows_come_out_as_far_as_there_is_room_and_the_rest_later() {
        let page = PageBox::new();
        let control = Control::new(&page);
        let mut job = replay(json!({"input": "memory", "output": "bbo"}));
        let input = [add(1, 1_000_000), add(2, 1_000_100)].concat();
        let mut text = Vec::new();
        let mut out = [0; 20];
        // One message is cut in two on the way in.
        for part in [&input[..50], &input[50..]] {
            let mut rest = part;
            loop {
                let moved = job.feed(rest, &mut out, control).unwrap();
                rest = &rest[moved.consumed..];
                text.extend_from_slice(&out[..moved.written]);
                if rest.is_empty() && moved.written < out.len() {
                    break;
                }
            }
        }
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.lines().skip(1).collect::<Vec<_>>(), ["9,ABC,100.0000,100,,", "9,ABC,100.0100,100,,"]);
        let outcome = (job as Box<dyn MemoryJob>).finish(control);
        assert_eq!((outcome.status, &outcome.result["liveOrders"]), (Status::Done, &json!(2)));
    }

    #[test]
    fn half_a_record_at_the_end_is_truncated() {
        let page = PageBox::new();
        let control = Control::new(&page);
        let mut job = replay(json!({"input": "memory"}));
        assert_eq!(job.feed(&add(1, 5)[..20], &mut [0; 64], control), Ok(Transfer { consumed: 20, written: 0 }));
        let outcome = (job as Box<dyn MemoryJob>).finish(control);
        assert_eq!(outcome.status, Status::Failed);
        assert!(outcome.error.unwrap().contains("ends inside a record"));
    }

    #[test]
    fn a_broken_rule_is_an_error_with_its_offset() {
        let page = PageBox::new();
        let control = Control::new(&page);
        let mut job = replay(json!({"input": "memory"}));
        let error = job.feed(&[0, 3, b'z', 0, 0], &mut [], control).unwrap_err();
        assert!(error.starts_with("offset 0: unknown message type"), "{error}");
        assert_eq!((job as Box<dyn MemoryJob>).finish(control).status, Status::Failed);
    }
}

//! An exchange whose input and output are the caller's memory: how a test drives the native engine beside its oracle.

use super::config::MatchConfig;
use super::decode::{Decoder, Next};
use super::desk::Desk;
use crate::run::{Control, MemoryJob, Outcome, Status, Transfer};
use hftz_model::{Command, CommandKind};

/// Commands decoded at once.
const BATCH: usize = 128;

/// See [`MemoryJob`].
pub struct MemoryMatch {
    desk: Desk,
    decoder: Decoder,
    batch: Box<[Command]>,
    /// Half an order that waits for its rest.
    pending: Vec<u8>,
    offset: u64,
    failed: Option<String>,
}

impl MemoryMatch {
    #[must_use]
    pub fn new(config: &MatchConfig, desk: Desk) -> Self {
        let batch = vec![Command::empty(CommandKind::Clock); BATCH].into_boxed_slice();
        let decoder = Decoder::new(config.format);
        Self { desk, decoder, batch, pending: Vec::new(), offset: 0, failed: None }
    }

    fn trade(&mut self) {
        let mut taken = 0;
        loop {
            let done = self.decoder.decode(&self.pending[taken..], self.offset, &mut self.batch);
            self.desk.apply_all(&self.batch[..done.filled]);
            taken += done.consumed;
            self.offset += done.consumed as u64;
            match done.next {
                Next::Full => {}
                Next::MoreInput => break,
                Next::Halted(halted) => {
                    self.failed = Some(halted.text);
                    break;
                }
            }
        }
        self.pending.drain(..taken);
    }
}

impl MemoryJob for MemoryMatch {
    fn feed(&mut self, input: &[u8], output: &mut [u8], _: Control<'_>) -> Result<Transfer, String> {
        let mut consumed = 0;
        // Reports that are still waiting go out first; only then is there more work.
        if self.desk.reports().len() <= output.len() && self.failed.is_none() {
            self.pending.extend_from_slice(input);
            consumed = input.len();
            self.trade();
        }
        let written = self.desk.reports().len().min(output.len());
        output[..written].copy_from_slice(&self.desk.reports()[..written]);
        self.desk.consume_reports(written);
        match &self.failed {
            Some(text) if written == 0 => Err(text.clone()),
            _ => Ok(Transfer { consumed, written }),
        }
    }

    fn finish(mut self: Box<Self>, control: Control<'_>) -> Outcome {
        if self.failed.is_none() {
            match self.decoder.finish(&self.pending, self.offset) {
                Ok(last) => self.desk.apply_all(last.as_slice()),
                Err(halted) => self.failed = Some(halted.text),
            }
        }
        let figures = self.desk.figures(control.tick());
        match self.failed {
            None => Outcome::done(figures),
            Some(text) => Outcome::failed(Status::Failed, text, figures),
        }
    }
}

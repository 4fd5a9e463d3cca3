//! An exchange whose input and output are the caller's memory: how a test drives the native engine beside its oracle.

use super::desk::Desk;
use crate::run::{Control, MemoryJob, Outcome, Status, Transfer};

/// See [`MemoryJob`].
pub struct MemoryMatch {
    desk: Desk,
    /// Half an order that waits for its rest.
    pending: Vec<u8>,
    offset: u64,
    failed: Option<String>,
}

impl MemoryMatch {
    #[must_use]
    pub fn new(desk: Desk) -> Self {
        Self { desk, pending: Vec::new(), offset: 0, failed: None }
    }
}

impl MemoryJob for MemoryMatch {
    fn feed(&mut self, input: &[u8], output: &mut [u8], _: Control<'_>) -> Result<Transfer, String> {
        let mut consumed = 0;
        // Reports that are still waiting go out first; only then is there more work.
        if self.desk.reports().len() <= output.len() && self.failed.is_none() {
            self.pending.extend_from_slice(input);
            consumed = input.len();
            let taken = match self.desk.take(&self.pending, self.offset) {
                Ok(taken) => taken,
                Err(halted) => {
                    self.failed = Some(halted.text);
                    halted.consumed
                }
            };
            self.pending.drain(..taken);
            self.offset += taken as u64;
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
            self.failed = self.desk.finish(&self.pending, self.offset).err().map(|halted| halted.text);
        }
        let figures = self.desk.figures(control);
        match self.failed {
            None => Outcome::done(figures),
            Some(text) => Outcome::failed(Status::Failed, text, figures),
        }
    }
}

//! The loop of a replay: fill, filter, apply, write; resumable, so that the same loop serves a thread and a memory run.

use super::config::{OnError, Output, OutputFormat, ReplayConfig};
use super::directory::Directory;
use super::feed::{Batch, Fault, Feed, Step};
use super::filter::Filter;
use super::output::{self, BboRows, Rows, TradeRows};
use super::report::Report;
use super::republish::Republisher;
use crate::run::{Control, Counter};
use hftz_book::replica::{Books, OnAnomaly};
use hftz_source::{Halt, SinkError};
use hftz_wire::itch::TypeCounts;

/// Rows are handed on in blocks of about this many bytes.
const BLOCK: usize = 64 * 1024;
/// Batches between two looks at the counters: a few milliseconds.
const SHOW_EVERY: u32 = 128;

/// Takes finished rows.
pub trait Drain {
    /// Empties `rows`, or leaves them for later.
    ///
    /// # Errors
    /// [`SinkError`]; the replay ends with it.
    fn drain(&mut self, rows: &mut Vec<u8>, halt: Halt<'_>) -> Result<(), SinkError>;
}

/// Everything a replay knows while it runs.
pub struct Machine {
    pub feed: Box<dyn Feed>,
    pub books: Option<Books>,
    pub directory: Directory,
    pub filter: Option<Filter>,
    pub counts: TypeCounts,
    pub report: Report,
    /// Exchange time of the first and last message, nanoseconds since midnight.
    pub span: Option<(u64, u64)>,
    pub rows: Vec<u8>,
    pub republisher: Option<Republisher>,
    /// A message later than the requested moment has been seen.
    pub moment_came: bool,
    batch: Batch,
    output: Output,
    format: OutputFormat,
    on_error: Option<OnError>,
    at: Option<u64>,
}

/// Whether [`Machine::advance`] can go on later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pause {
    /// The input has no more bytes for now, or the run was asked to stop.
    Stopped,
    /// Input, session or requested time span is over, or a fault ended it.
    Ended,
}

impl Machine {
    #[must_use]
    pub fn new(config: &ReplayConfig, feed: Box<dyn Feed>) -> Self {
        let keeps_books = config.output != Output::Messages || config.hash;
        let policy = match config.on_error {
            None | Some(OnError::Count) => OnAnomaly::Count,
            Some(OnError::Skip) => OnAnomaly::Skip,
            Some(OnError::Stop) => OnAnomaly::Stop,
        };
        let mut machine = Self {
            books: keeps_books.then(|| Books::with_policy(policy)),
            directory: Directory::new(),
            filter: Filter::new(&config.symbols),
            counts: TypeCounts::new(),
            report: Report::default(),
            span: None,
            rows: Vec::with_capacity(2 * BLOCK),
            republisher: None,
            moment_came: false,
            batch: Batch::new(),
            output: config.output,
            format: config.output_format,
            on_error: config.on_error,
            at: config.at,
            feed,
        };
        for (locate, name) in machine.feed.symbols() {
            machine.directory.set(locate, name);
            if let Some(filter) = &mut machine.filter {
                filter.notice(&machine.directory, locate);
            }
        }
        if let (OutputFormat::Csv, Some(header)) = (config.output_format, output::header(config.output)) {
            machine.rows.extend_from_slice(header.as_bytes());
            machine.rows.push(b'\n');
        }
        machine
    }

    /// Runs until the input or the run ends, or the input has nothing for now.
    ///
    /// # Errors
    /// When the rows cannot be written; everything else is in the report.
    pub fn advance(&mut self, drain: &mut dyn Drain, control: Control<'_>) -> Result<Pause, SinkError> {
        let (halt, over) = (|| control.stopped(), || control.over());
        let mut until_show = SHOW_EVERY;
        loop {
            let step = self.feed.fill(&mut self.batch, &over);
            let in_time = self.take_batch(control)?;
            if self.rows.len() >= BLOCK {
                drain.drain(&mut self.rows, &halt)?;
            }
            until_show -= 1;
            if until_show == 0 {
                until_show = SHOW_EVERY;
                self.show(control);
            }
            let pause = match step {
                _ if !in_time || self.report.fatal.is_some() => Some(Pause::Ended),
                Ok(Step::More) if control.over() => Some(Pause::Stopped),
                Ok(Step::More) => None,
                Ok(Step::Stopped) => Some(Pause::Stopped),
                Ok(Step::End) => Some(Pause::Ended),
                Err(fault) => self.pass_over(fault),
            };
            if let Some(pause) = pause {
                drain.drain(&mut self.rows, &halt)?;
                self.show(control);
                return Ok(pause);
            }
        }
    }

    fn pass_over(&mut self, fault: Fault) -> Option<Pause> {
        if !self.report.pass_over(fault, self.on_error) {
            return Some(Pause::Ended);
        }
        self.feed.skip();
        None
    }

    /// Learns from, filters and applies what the last fill brought. `false`: the requested moment has come.
    fn take_batch(&mut self, control: Control<'_>) -> Result<bool, SinkError> {
        if let Some(at) = self.at
            && let Some(later) = self.batch.messages().iter().position(|delta| delta.time_ns > at)
        {
            self.batch.filled = later;
            self.moment_came = true;
        }
        self.learn();
        if let Some(filter) = &self.filter {
            self.batch.retain(|delta| filter.wants(delta));
        }
        if let (Some(first), Some(last)) = (self.batch.messages().first(), self.batch.messages().last()) {
            let began = self.span.map_or(first.time_ns, |span| span.0);
            self.span = Some((began, last.time_ns));
            let applied = self.apply();
            // At a pace a batch may take minutes to leave.
            if self.republisher.as_ref().is_some_and(Republisher::has_pace) {
                self.show(control);
            }
            if let Some(republisher) = &mut self.republisher
                && !republisher.send(&self.batch.messages()[..applied], self.feed.as_ref(), control)?
            {
                self.report.stop(control);
            }
        }
        Ok(!self.moment_came)
    }

    /// New names, before the filter asks for them.
    fn learn(&mut self) {
        for delta in self.batch.messages() {
            if self.directory.wants(delta)
                && let Some(message) = self.feed.message(delta)
            {
                self.directory.learn(delta, message);
                if let Some(filter) = &mut self.filter {
                    filter.notice(&self.directory, delta.locate);
                }
            }
        }
    }

    /// How many of the batch took effect: all, but for `--on-error stop`.
    fn apply(&mut self) -> usize {
        let deltas = self.batch.messages();
        let applied = match &mut self.books {
            None => deltas.len(),
            Some(books) => {
                let rows = Rows { out: &mut self.rows, directory: &self.directory, format: self.format };
                match self.output {
                    Output::Bbo => books.apply_batch(deltas, &mut BboRows(rows)),
                    Output::Trades => books.apply_batch(deltas, &mut TradeRows(rows)),
                    Output::Summary | Output::Depth | Output::Messages => books.apply_batch(deltas, &mut ()),
                }
            }
        };
        let applied = &deltas[..applied];
        self.counts.add_batch(applied);
        if self.output == Output::Messages {
            for message in applied.iter().filter_map(|delta| self.feed.message(delta)) {
                output::messages::write(&mut self.rows, self.format, message);
            }
        }
        if let (Some(stopper), Some(books)) = (deltas.get(applied.len()), &self.books) {
            self.report.fatal = Some(super::report::anomaly(self.feed.as_ref(), books, stopper));
        }
        applied.len()
    }

    fn show(&self, control: Control<'_>) {
        control.show(Counter::Messages, self.counts.total());
        control.show(Counter::BytesIn, self.feed.taken());
        control.show(Counter::BytesTotal, self.feed.size().unwrap_or(0));
        control.show(Counter::Lost, self.feed.lost());
        if let Some((_, last)) = self.span {
            control.show(Counter::ClockNs, last);
        }
        if let Some(books) = &self.books {
            control.show(Counter::LiveOrders, books.live());
            control.show(Counter::Anomalies, books.anomalies().total());
        }
        control.tick();
    }
}

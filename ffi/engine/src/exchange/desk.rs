//! The loop between bytes of orders and bytes of reports.

use super::config::{MatchConfig, OrderFormat};
use super::log::Log;
use super::ndjson;
use super::terms::Terms;
use crate::publish::Publisher;
use crate::run::Control;
use hftz_book::matching::{Both, Engine, Sink};
use hftz_model::{Command, CommandKind, Event, Reason, ReportKind};
use hftz_source::SinkError;
use hftz_wire::lobster::split_line;
use hftz_wire::native::{self, Stop};
use serde_json::{Map, Value, json};

/// Commands decoded at once.
const BATCH: usize = 128;

/// An engine with its input format and its outputs, which grow until their owner takes them.
pub struct Desk {
    engine: Engine,
    log: Option<Log>,
    format: OrderFormat,
    /// Who listens to the engine.
    floor: Both<Reports, Option<Publisher>>,
    batch: Box<[Command]>,
    /// Commands applied, clocks not counted.
    commands: u64,
    lines: u64,
}

/// The input stopped being orders. Everything before was traded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Halted {
    /// Bytes of the input that were taken.
    pub consumed: usize,
    /// One line for a user, with the place.
    pub text: String,
}

impl Desk {
    /// # Errors
    /// When the symbol table is wrong or memory is short.
    pub fn new(config: &MatchConfig, terms: &Terms) -> Result<Self, String> {
        let (engine, names) = terms.engine()?;
        let reports = Reports {
            bytes: Vec::new(),
            format: config.format,
            wanted: config.reports != "none",
            mute: false,
            rejected: 0,
        };
        let publisher = config.feed_file().map(|_| Publisher::new(names));
        let floor = Both(reports, publisher);
        let batch = vec![Command::empty(CommandKind::Clock); BATCH].into_boxed_slice();
        Ok(Self { engine, log: None, format: config.format, floor, batch, commands: 0, lines: 0 })
    }

    /// Logs every command from here on.
    pub fn attach(&mut self, log: Log) {
        self.log = Some(log);
    }

    /// Whether reports are kept back for good: while what was reported before is replayed.
    pub fn mute(&mut self, mute: bool) {
        self.floor.0.mute = mute;
    }

    /// Applies a command that the log has already.
    pub fn repeat(&mut self, command: &Command) {
        self.engine.apply(command, &mut self.floor);
    }

    /// Trades every whole order of `input`, whose first byte is at `offset` of the whole stream; how many bytes it took.
    ///
    /// # Errors
    /// At the first byte or line that is no order.
    pub fn take(&mut self, input: &[u8], offset: u64) -> Result<usize, Halted> {
        match self.format {
            OrderFormat::Native => self.take_native(input, offset),
            OrderFormat::Ndjson => self.take_lines(input, offset),
        }
    }

    fn take_native(&mut self, input: &[u8], offset: u64) -> Result<usize, Halted> {
        let mut consumed = 0;
        loop {
            let done = native::decode_batch(&input[consumed..], offset + consumed as u64, &mut self.batch);
            match &mut self.log {
                None => {
                    for command in &self.batch[..done.filled] {
                        self.engine.apply(command, &mut self.floor);
                    }
                }
                Some(log) => {
                    let mut messages = &input[consumed..consumed + done.consumed];
                    for command in &self.batch[..done.filled] {
                        let (message, rest) = messages.split_at(native::bytes_of(command.kind));
                        messages = rest;
                        enter(&mut self.engine, log, &mut self.floor, command, message, &[]);
                    }
                }
            }
            let orders = self.batch[..done.filled].iter().filter(|command| command.kind != CommandKind::Clock);
            self.commands += orders.count() as u64;
            consumed += done.consumed;
            match done.stop {
                Stop::OutFull => {}
                Stop::MoreInput => return Ok(consumed),
                Stop::Error(error) => return Err(Halted { consumed, text: error.to_string() }),
            }
        }
    }

    fn take_lines(&mut self, input: &[u8], offset: u64) -> Result<usize, Halted> {
        let mut consumed = 0;
        while let Some((line, taken)) = split_line(&input[consumed..]) {
            self.trade_line(line, offset + consumed as u64).map_err(|text| Halted { consumed, text })?;
            consumed += taken;
        }
        if input.len() - consumed > ndjson::MAX_LINE {
            let text = format!("line {} (offset {}): longer than {} bytes", self.lines + 1, offset, ndjson::MAX_LINE);
            return Err(Halted { consumed, text });
        }
        Ok(consumed)
    }

    fn trade_line(&mut self, line: &[u8], offset: u64) -> Result<(), String> {
        self.lines += 1;
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let command = ndjson::parse(line).map_err(|e| format!("line {} (offset {offset}): {e}", self.lines))?;
        match &mut self.log {
            None => self.engine.apply(&command, &mut self.floor),
            Some(log) => {
                let mut bytes = [0; native::MAX_MESSAGE_BYTES];
                let length = native::write(&command, &mut bytes).unwrap_or(0);
                enter(&mut self.engine, log, &mut self.floor, &command, &bytes[..length], line);
            }
        }
        self.commands += u64::from(command.kind != CommandKind::Clock);
        Ok(())
    }

    /// Takes what is left when the input has ended: a last line without its end, or an error.
    ///
    /// # Errors
    /// When half an order is left.
    pub fn finish(&mut self, rest: &[u8], offset: u64) -> Result<(), Halted> {
        let done = match self.format {
            OrderFormat::Native => native::finish(rest, offset).map_or(Ok(()), |e| Err(e.to_string())),
            OrderFormat::Ndjson => self.trade_line(rest, offset),
        };
        done.map_err(|text| Halted { consumed: 0, text })
    }

    /// Ends the feed's day.
    pub fn close(&mut self) {
        if let Some(publisher) = &mut self.floor.1 {
            publisher.finish();
        }
    }

    /// To be called before reports or the feed leave: waits until what they rely on is on disk, if that was asked for.
    ///
    /// # Errors
    /// When it will never be: they must not leave.
    pub fn settle(&mut self) -> Result<(), SinkError> {
        self.log.as_mut().map_or(Ok(()), Log::settle)
    }

    /// Closes the log, if there is one; its figures.
    ///
    /// # Errors
    /// When something could not be brought to disk.
    pub fn close_log(&mut self) -> (Option<Value>, Result<(), SinkError>) {
        match self.log.take() {
            None => (None, Ok(())),
            Some(log) => {
                let (facts, done) = log.close(&self.engine);
                (Some(facts), done)
            }
        }
    }

    #[must_use]
    pub fn reports(&self) -> &[u8] {
        &self.floor.0.bytes
    }

    pub fn clear_reports(&mut self) {
        self.floor.0.bytes.clear();
    }

    /// Takes `count` bytes of the reports off the front.
    pub fn consume_reports(&mut self, count: usize) {
        self.floor.0.bytes.drain(..count);
    }

    /// Framed ITCH that nobody has taken yet.
    #[must_use]
    pub fn feed(&self) -> &[u8] {
        self.floor.1.as_ref().map_or(&[], Publisher::framed)
    }

    pub fn clear_feed(&mut self) {
        if let Some(publisher) = &mut self.floor.1 {
            publisher.consume(usize::MAX);
        }
    }

    #[must_use]
    pub const fn commands(&self) -> u64 {
        self.commands
    }

    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The result block.
    #[must_use]
    pub fn figures(&self, control: Control<'_>) -> Map<String, Value> {
        let elapsed_ns = control.tick().max(1);
        let per_second = u128::from(self.commands) * 1_000_000_000 / u128::from(elapsed_ns);
        let feed = self.floor.1.as_ref().map(Publisher::messages);
        let figures = json!({
            "orders": self.commands,
            "reports": self.engine.reports(),
            "trades": self.engine.trades(),
            "rejects": self.floor.0.rejected,
            "live": self.engine.live_orders(),
            "hash": format!("{:016x}", self.engine.state_hash()),
            "booksHash": format!("{:016x}", self.engine.books_hash()),
            "feedMessages": feed,
            "acknowledgement": self.log.as_ref().map_or("unlogged", Log::acknowledgement),
            "elapsedNs": elapsed_ns,
            "ordersPerSec": u64::try_from(per_second).unwrap_or(u64::MAX),
        });
        match figures {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}

/// Logs a command and applies it; refuses it when the log has no room, so that nothing is traded that a recovery would not find.
#[inline]
fn enter(
    engine: &mut Engine,
    log: &mut Log,
    floor: &mut Both<Reports, Option<Publisher>>,
    command: &Command,
    bytes: &[u8],
    message: &[u8],
) {
    if log.append(bytes, message).is_ok() {
        engine.apply(command, floor);
    } else if command.kind != CommandKind::Clock {
        floor.0.report(&refused(command));
    }
}

/// The report on a command that the engine never saw: sequence number 0, because the log has no place for it.
#[cold]
fn refused(command: &Command) -> Event {
    Event {
        tag: Event::TYPE,
        kind: ReportKind::Rejected,
        symbol: command.symbol,
        side: command.side,
        reason: Reason::Capacity,
        account: command.account,
        sequence: 0,
        order_id: command.order_id,
        price: command.price,
        quantity: command.quantity,
        open: 0,
        match_number: 0,
    }
}

/// Writes reports in the format of the orders.
struct Reports {
    bytes: Vec<u8>,
    format: OrderFormat,
    wanted: bool,
    mute: bool,
    rejected: u64,
}

impl Sink for Reports {
    #[inline]
    fn report(&mut self, event: &Event) {
        if self.mute {
            return;
        }
        self.rejected += u64::from(event.kind == ReportKind::Rejected);
        if self.wanted {
            match self.format {
                OrderFormat::Native => self.bytes.extend_from_slice(&native::write_report(event)),
                OrderFormat::Ndjson => ndjson::write(event, &mut self.bytes),
            }
        }
    }
}

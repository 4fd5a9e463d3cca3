//! The loop between bytes of orders and bytes of reports.

use super::config::{MatchConfig, OrderFormat};
use super::{ndjson, symbols};
use crate::publish::{Names, Publisher};
use crate::run::Control;
use hftz_book::matching::{Both, Engine, Settings, Sink};
use hftz_model::{Command, CommandKind, Event, ReportKind};
use hftz_wire::lobster::split_line;
use hftz_wire::native::{self, Stop};
use serde_json::{Map, Value, json};

/// Commands decoded at once.
const BATCH: usize = 128;

/// An engine with its input format and its outputs, which grow until their owner takes them.
pub struct Desk {
    engine: Engine,
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
    /// When the symbol table cannot be read or memory is short.
    pub fn new(config: &MatchConfig) -> Result<Self, String> {
        let listings = match &config.symbols {
            None => None,
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {path}: {e}"))?;
                Some(symbols::parse(&text).map_err(|e| format!("{path}: {e}"))?)
            }
        };
        let settings = Settings {
            capacity: config.capacity,
            self_trade: config.self_trade.into(),
            any_symbol: listings.is_none(),
            ..Settings::default()
        };
        let mut engine = Engine::new(&settings).map_err(|e| e.to_string())?;
        let mut names = Names::default();
        for listing in listings.iter().flatten() {
            engine.define_symbol(listing.locate, &listing.spec).map_err(|e| e.to_string())?;
            names.set(listing.locate, listing.name);
        }
        let reports =
            Reports { bytes: Vec::new(), format: config.format, wanted: config.reports != "none", rejected: 0 };
        let publisher = config.feed_file().map(|_| Publisher::new(names));
        let floor = Both(reports, publisher);
        let batch = vec![Command::empty(CommandKind::Clock); BATCH].into_boxed_slice();
        Ok(Self { engine, format: config.format, floor, batch, commands: 0, lines: 0 })
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
            for command in &self.batch[..done.filled] {
                self.engine.apply(command, &mut self.floor);
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
        self.engine.apply(&command, &mut self.floor);
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
            "acknowledgement": "unlogged",
            "elapsedNs": elapsed_ns,
            "ordersPerSec": u64::try_from(per_second).unwrap_or(u64::MAX),
        });
        match figures {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}

/// Writes reports in the format of the orders.
struct Reports {
    bytes: Vec<u8>,
    format: OrderFormat,
    wanted: bool,
    rejected: u64,
}

impl Sink for Reports {
    #[inline]
    fn report(&mut self, event: &Event) {
        self.rejected += u64::from(event.kind == ReportKind::Rejected);
        if self.wanted {
            match self.format {
                OrderFormat::Native => self.bytes.extend_from_slice(&native::write_report(event)),
                OrderFormat::Ndjson => ndjson::write(event, &mut self.bytes),
            }
        }
    }
}

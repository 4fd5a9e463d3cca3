//! The engine with everyone who listens to it: commands in, reports and the feed out, as bytes that wait to be taken.
//!
//! [`Desk::apply`] is the one place where a command reaches the engine, whatever thread, file or client it came from:
//! what must happen before the engine sees a command happens there.

use super::config::{MatchConfig, OrderFormat};
use super::lane::{ClientId, Inbound, Outbound};
use super::log::Log;
use super::market::Market;
use super::ndjson;
use super::terms::Terms;
use crate::publish::Publisher;
use hftz_book::matching::{Both, Engine, Sink};
use hftz_model::{Command, CommandKind, Event, Reason, ReportKind};
use hftz_source::SinkError;
use hftz_wire::native;
use serde_json::{Map, Value, json};

/// Reports for clients that fit before memory must grow. More wait only when a single command causes more.
const CLIENT_REPORTS: usize = 1 << 16;

/// An engine with its outputs, which grow until their owner takes them.
pub struct Desk {
    market: Market,
    log: Option<Log>,
    /// Who listens to the engine.
    floor: Both<Reports, Option<Publisher>>,
    /// Commands applied, clocks not counted.
    commands: u64,
}

impl Desk {
    /// # Errors
    /// When the symbol table is wrong or memory is short.
    pub fn new(config: &MatchConfig, terms: &Terms) -> Result<Self, String> {
        let (market, names) = Market::new(terms)?;
        let reports = Reports::new(config);
        let publisher = config.has_feed().then(|| Publisher::new(names));
        Ok(Self { market, log: None, floor: Both(reports, publisher), commands: 0 })
    }

    /// A desk in a saved state.
    ///
    /// # Errors
    /// When it is not one of a market of these terms.
    pub fn restored(config: &MatchConfig, terms: &Terms, state: &[u8]) -> Result<Self, String> {
        let market = Market::restored(terms, state)?;
        Ok(Self { market, log: None, floor: Both(Reports::new(config), None), commands: 0 })
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
        self.market.apply(command, &mut self.floor);
    }

    /// Trades one command. `message` brought it; only the log keeps it, so without one it may be empty.
    #[inline]
    pub fn apply(&mut self, inbound: &Inbound, message: &[u8]) {
        self.floor.0.cause = inbound.client;
        self.commands += u64::from(inbound.command.kind != CommandKind::Clock);
        if self.log.is_none() {
            self.market.apply(&inbound.command, &mut self.floor);
        } else {
            self.enter(&inbound.command, message);
        }
    }

    /// Logs a command and applies it; refuses it when the log has no room, so that nothing is traded that a recovery would
    /// not find.
    fn enter(&mut self, command: &Command, message: &[u8]) {
        let Some(log) = &mut self.log else { return };
        let logged = if native::read(message).as_ref() == Some(command) {
            log.append(message, &[])
        } else {
            let mut bytes = [0; native::MAX_MESSAGE_BYTES];
            let length = native::write(command, &mut bytes).unwrap_or(0);
            log.append(&bytes[..length], message)
        };
        if logged.is_ok() {
            self.market.apply(command, &mut self.floor);
        } else if command.kind != CommandKind::Clock {
            self.floor.0.report(&refused(command));
        }
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
                let (facts, done) = log.close(self.market.engine());
                (Some(facts), done)
            }
        }
    }

    /// Whether the log, if there is one, will take records of together so many bytes.
    pub fn has_room(&mut self, bytes: usize) -> bool {
        self.log.as_mut().is_none_or(|log| log.has_room(bytes))
    }

    /// Whether reports must wait for a log.
    #[must_use]
    pub const fn is_logged(&self) -> bool {
        self.log.is_some()
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

    /// Reports that clients wait for, the oldest first.
    #[must_use]
    pub fn client_reports(&self) -> &[Outbound] {
        &self.floor.0.events[self.floor.0.sent..]
    }

    /// The first `count` of them are on their way.
    pub fn consume_client_reports(&mut self, count: usize) {
        let reports = &mut self.floor.0;
        reports.sent += count;
        if reports.sent == reports.events.len() {
            reports.events.clear();
            reports.sent = 0;
        }
    }

    /// Shows the waiting reports from the one with this index on to somebody else; those that are taken, nobody waits for any more.
    pub fn sift_client_reports(&mut self, from: usize, mut take: impl FnMut(&Event) -> bool) {
        let reports = &mut self.floor.0;
        let first = reports.sent + from;
        let mut kept = first;
        for at in first..reports.events.len() {
            let outbound = reports.events[at];
            if !take(&outbound.event) {
                reports.events[kept] = outbound;
                kept += 1;
            }
        }
        reports.events.truncate(kept);
        self.consume_client_reports(0);
    }

    /// Reports as blocks of a packet, a length before each.
    #[must_use]
    pub fn framed_reports(&self) -> &[u8] {
        &self.floor.0.framed
    }

    pub fn clear_framed_reports(&mut self) {
        self.floor.0.framed.clear();
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
        self.market.engine()
    }

    /// The state that a snapshot holds.
    #[must_use]
    pub fn saved(&self) -> Vec<u8> {
        self.market.saved()
    }

    /// The engine's part of the result block.
    #[must_use]
    pub fn figures(&self, elapsed_ns: u64) -> Map<String, Value> {
        let elapsed_ns = elapsed_ns.max(1);
        let per_second = u128::from(self.commands) * 1_000_000_000 / u128::from(elapsed_ns);
        let feed = self.floor.1.as_ref().map(Publisher::messages);
        let figures = json!({
            "orders": self.commands,
            "reports": self.engine().reports(),
            "trades": self.engine().trades(),
            "rejects": self.floor.0.rejected,
            "live": self.engine().live_orders(),
            "hash": format!("{:016x}", self.engine().state_hash()),
            "booksHash": format!("{:016x}", self.engine().books_hash()),
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

/// Keeps reports in every form that somebody wants them in.
struct Reports {
    /// In the format of the orders, for the file or pipe.
    bytes: Vec<u8>,
    format: OrderFormat,
    written: bool,
    /// For clients: those from `sent` on have not left.
    events: Vec<Outbound>,
    sent: usize,
    served: bool,
    /// For the network.
    framed: Vec<u8>,
    published: bool,
    /// Whose command is being applied.
    cause: ClientId,
    rejected: u64,
    mute: bool,
    /// Whether sessions are brought back from reports that are mute otherwise.
    recalls: bool,
}

impl Reports {
    fn new(config: &MatchConfig) -> Self {
        let served = config.is_serving();
        Self {
            bytes: Vec::new(),
            format: config.format,
            written: config.reports != "none",
            events: Vec::with_capacity(if served { CLIENT_REPORTS } else { 0 }),
            sent: 0,
            served,
            framed: Vec::new(),
            published: config.publishes_reports(),
            cause: ClientId::NOBODY,
            rejected: 0,
            mute: false,
            recalls: config.serves_ouch(),
        }
    }
}

/// Length of a native report as a packet block has it before the report.
const BLOCK_LENGTH: [u8; 2] = (native::REPORT_BYTES as u16).to_be_bytes();

impl Sink for Reports {
    #[inline]
    fn report(&mut self, event: &Event) {
        if self.mute {
            if self.recalls {
                self.events.push(Outbound { event: *event, cause: self.cause });
            }
            return;
        }
        self.rejected += u64::from(event.kind == ReportKind::Rejected);
        if self.written {
            match self.format {
                OrderFormat::Native => self.bytes.extend_from_slice(&native::write_report(event)),
                OrderFormat::Ndjson => ndjson::write(event, &mut self.bytes),
            }
        }
        if self.served {
            self.events.push(Outbound { event: *event, cause: self.cause });
        }
        if self.published {
            self.framed.extend_from_slice(&BLOCK_LENGTH);
            self.framed.extend_from_slice(&native::write_report(event));
        }
    }
}

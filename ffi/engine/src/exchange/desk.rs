//! The engine with everyone who listens to it: commands in, reports and the feed out, as bytes that wait to be taken.
//!
//! [`Desk::apply`] is the one place where a command reaches the engine, whatever thread, file or client it came from:
//! what must happen before the engine sees a command happens there.

use super::config::MatchConfig;
use super::gate::{Extent, Gate};
use super::lane::{Inbound, Outbound};
use super::log::Log;
use super::market::{Market, Origin};
use super::reports::{Narrow, Reports};
use super::room;
use super::terms::Terms;
use crate::publish::Publisher;
use crate::run::Refusal;
use hftz_book::matching::{Both, Engine, Sink};
use hftz_model::{Command, CommandKind, Event, Reason, ReportKind};
use hftz_ring::around;
use hftz_source::SinkError;
use hftz_wire::native;
use serde_json::{Map, Value, json};

/// An engine with its outputs, which grow until their owner takes them.
pub struct Desk {
    market: Market,
    log: Option<Log>,
    /// Who listens to the engine.
    floor: Both<Reports, Option<Publisher>>,
    /// Holds outputs back until they are durable, if they are to be.
    gate: Option<Gate>,
    /// Bytes of the feed that have left.
    fed: u64,
    /// Commands applied, clocks not counted.
    commands: u64,
}

/// What somebody took from a desk to let it out.
#[derive(Default)]
pub struct Harvest {
    /// Reports for the file or pipe.
    pub reports: Vec<u8>,
    /// Reports as blocks of a packet.
    pub framed: Vec<u8>,
    /// Framed ITCH.
    pub feed: Vec<u8>,
}

impl Desk {
    /// # Errors
    /// As [`Market::new`].
    pub fn new(config: &MatchConfig, terms: &Terms) -> Result<Self, Refusal> {
        let (market, names) = Market::new(terms)?;
        let reports = Reports::new(config);
        let publisher = config.has_feed().then(|| Publisher::new(names));
        Ok(Self { market, log: None, floor: Both(reports, publisher), gate: None, fed: 0, commands: 0 })
    }

    /// The desk of an exchange that begins, and so may be told to begin smaller; one that comes back from a journal may not.
    ///
    /// # Errors
    /// As [`Self::new`], and where this machine lacks memory for so many orders.
    pub fn first(config: &MatchConfig, terms: &Terms) -> Result<Self, Refusal> {
        room::lacking(config.capacity).map_or_else(|| Self::new(config, terms), Err)
    }

    /// This one, which has seen no command, in a saved state; without a feed, which a state does not bring back.
    ///
    /// # Errors
    /// When it is not one of a market of these terms.
    pub fn restored(self, state: &[u8]) -> Result<Self, String> {
        let Both(reports, _) = self.floor;
        Ok(Self { market: self.market.restored(state)?, floor: Both(reports, None), ..self })
    }

    /// Logs every command from here on.
    pub fn attach(&mut self, log: Log) {
        self.gate = log.is_durable().then(Gate::default);
        self.log = Some(log);
        // What waits already is of records that were found on disk.
        self.mark(0, 0);
    }

    /// Whether no log keeps what is traded.
    #[must_use]
    pub const fn is_unlogged(&self) -> bool {
        self.log.is_none()
    }

    /// Whether reports are kept back for good: while what was reported before is replayed.
    pub fn mute(&mut self, mute: bool) {
        self.floor.0.mute = mute;
    }

    /// Applies a command that the log has already.
    pub fn repeat(&mut self, command: &Command, origin: Origin) {
        self.market.apply(command, origin, &mut self.floor);
    }

    /// Trades one command. `message` brought it; only the log keeps it, so without one it may be empty.
    #[inline]
    pub fn apply(&mut self, inbound: &Inbound, message: &[u8]) {
        self.floor.0.cause = inbound.client;
        self.commands += u64::from(inbound.command.kind != CommandKind::Clock);
        if self.log.is_none() {
            self.market.apply(&inbound.command, inbound.origin(), &mut self.floor);
        } else {
            self.enter(&inbound.command, inbound.origin(), message);
        }
    }

    /// Logs commands that came in these messages of the native protocol, one behind the other, and trades them; as [`Self::apply`] does
    /// one by one, and for nobody in particular.
    pub fn enter_all(&mut self, mut commands: &[Command], mut messages: &[u8]) {
        while let Some(log) = &mut self.log
            && !commands.is_empty()
        {
            let (count, bytes) = log.append_all(commands, messages);
            let (logged, rest) = commands.split_at(count);
            self.apply_all(logged);
            let Some((command, rest)) = rest.split_first() else { return };
            if command.kind != CommandKind::Clock {
                self.commands += 1;
                self.floor.0.report(&refused(command));
            }
            let end = messages.len().min(bytes + native::bytes_of(command.kind));
            (commands, messages) = (rest, &messages[end..]);
        }
    }

    /// Trades commands one after the other that the log has or none keeps, and for nobody in particular.
    pub fn apply_all(&mut self, commands: &[Command]) {
        let Self { market, floor: Both(reports, publisher), .. } = self;
        self.commands += commands.iter().filter(|command| command.kind != CommandKind::Clock).count() as u64;
        match (reports.narrow(), publisher) {
            (Narrow::Count(mut count), None) => market.apply_all(commands, &mut count),
            (Narrow::Native(mut native), None) => market.apply_all(commands, &mut native),
            _ => market.apply_all(commands, &mut self.floor),
        }
    }

    /// Logs a command and applies it; refuses it when the log has no room, so that nothing is traded that a recovery would
    /// not find.
    fn enter(&mut self, command: &Command, origin: Origin, message: &[u8]) {
        let Some(log) = &mut self.log else { return };
        let logged = if native::read(message).as_ref() == Some(command) {
            log.append(origin, message, &[])
        } else {
            let mut bytes = [0; native::MAX_MESSAGE_BYTES];
            let length = native::write(command, &mut bytes).unwrap_or(0);
            log.append(origin, &bytes[..length], message)
        };
        if logged.is_ok() {
            self.market.apply(command, origin, &mut self.floor);
        } else if command.kind != CommandKind::Clock {
            self.floor.0.report(&refused(command));
        }
    }

    /// Ends the day in order: the log notes it, and the feed says it. A feed whose end the log has no room for has none, so that its
    /// numbers stay those that a recovery gives.
    pub fn close(&mut self) {
        let engine = self.market.engine();
        if self.log.as_mut().is_none_or(|log| log.conclude(engine)) {
            self.end_feed();
        }
    }

    /// Ends the feed's day.
    pub fn end_feed(&mut self) {
        if let Some(publisher) = &mut self.floor.1 {
            publisher.finish();
        }
    }

    /// Notes that everything up to here waits for the last record of the log: so many commands, and so many bytes of messages that
    /// the caller has, from the start of the run.
    pub fn mark(&mut self, commands: u64, mail: u64) {
        let (Some(gate), Some(log)) = (&mut self.gate, &self.log) else { return };
        let reports = &self.floor.0;
        let feed = self.fed + self.floor.1.as_ref().map_or(0, |publisher| publisher.framed().len() as u64);
        let (reports, events, framed) = (reports.bytes.end(), reports.events.end(), reports.framed.end());
        gate.mark(log.last(), Extent { reports, events, framed, feed, mail, commands });
    }

    /// Lets out what has become durable, without waiting.
    ///
    /// # Errors
    /// When what is held back will never be durable.
    pub fn open(&mut self) -> Result<(), SinkError> {
        let (Some(gate), Some(log)) = (&mut self.gate, &self.log) else { return Ok(()) };
        gate.open(log.durable());
        if gate.waits_for().is_some() { log.check() } else { Ok(()) }
    }

    /// How much of each output may leave or has left; `None`: all of it.
    #[must_use]
    pub fn free(&self) -> Option<&Extent> {
        self.gate.as_ref().map(Gate::free)
    }

    /// Whether anything that was marked waits for the log.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        self.gate.as_ref().is_some_and(|gate| gate.waits_for().is_some())
    }

    /// Waits until something more may leave.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn wait(&mut self) -> Result<(), SinkError> {
        if let (Some(sequence), Some(log)) = (self.gate.as_ref().and_then(Gate::waits_for), &mut self.log) {
            log.wait(sequence)?;
        }
        self.open()
    }

    /// Waits until everything that was marked may leave.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn settle(&mut self) -> Result<(), SinkError> {
        while self.is_holding() {
            self.wait()?;
        }
        Ok(())
    }

    /// To be called when there is nothing to do: the log notes how far it is durable.
    pub fn rest(&mut self) {
        if let Some(log) = &mut self.log {
            log.tick();
        }
    }

    /// Closes the log, if there is one; its figures.
    ///
    /// # Errors
    /// When something could not be brought to disk.
    pub fn close_log(&mut self) -> (Option<Value>, Result<(), SinkError>) {
        match self.log.take() {
            None => (None, Ok(())),
            Some(log) => {
                let (facts, done) = log.close();
                (Some(facts), done)
            }
        }
    }

    /// Whether the log, if there is one, will take records of together so many bytes.
    pub fn has_room(&mut self, bytes: usize) -> bool {
        self.log.as_mut().is_none_or(|log| log.has_room(bytes))
    }

    /// Reports for the file or pipe that may leave.
    #[must_use]
    pub fn reports(&self) -> &[u8] {
        self.floor.0.bytes.waiting_until(self.free().map_or(u64::MAX, |free| free.reports))
    }

    /// Takes `count` bytes of the reports off the front.
    pub fn consume_reports(&mut self, count: usize) {
        self.floor.0.bytes.consume(count);
    }

    /// Reports that clients wait for, the oldest first, also those that may not leave yet.
    #[must_use]
    pub fn client_reports(&self) -> &[Outbound] {
        self.floor.0.events.waiting()
    }

    /// Those of them that may leave.
    #[must_use]
    pub fn free_client_reports(&self) -> &[Outbound] {
        self.floor.0.events.waiting_until(self.free().map_or(u64::MAX, |free| free.events))
    }

    /// The first `count` of them are on their way.
    pub fn consume_client_reports(&mut self, count: usize) {
        self.floor.0.events.consume(count);
    }

    /// Shows the waiting reports from the one with this index on to somebody else; those that are taken, nobody waits for any more.
    /// None of them was marked yet.
    pub fn sift_client_reports(&mut self, from: usize, mut take: impl FnMut(&Event) -> bool) {
        self.floor.0.events.sift(from, |outbound| !take(&outbound.event));
    }

    /// Reports as blocks of a packet that may leave, a length before each.
    #[must_use]
    pub fn framed_reports(&self) -> &[u8] {
        self.floor.0.framed.waiting_until(self.free().map_or(u64::MAX, |free| free.framed))
    }

    /// Takes `count` bytes of them off the front.
    pub fn consume_framed_reports(&mut self, count: usize) {
        self.floor.0.framed.consume(count);
    }

    /// Framed ITCH that may leave and that nobody has taken yet.
    #[must_use]
    pub fn feed(&self) -> &[u8] {
        let waiting = self.floor.1.as_ref().map_or(&[][..], Publisher::framed);
        let free = self.free().map_or(u64::MAX, |free| free.feed).saturating_sub(self.fed);
        &waiting[..usize::try_from(free).unwrap_or(usize::MAX).min(waiting.len())]
    }

    /// Takes `count` bytes of it off the front.
    pub fn consume_feed(&mut self, count: usize) {
        if let Some(publisher) = &mut self.floor.1 {
            publisher.consume(count);
            self.fed += count as u64;
        }
    }

    /// Bytes that wait to be taken.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.reports().len() + self.feed().len() + self.framed_reports().len()
    }

    /// Moves everything that waits into `harvest`, for another thread. Only without a log, which might hold some of it back.
    pub fn hand_over(&mut self, harvest: &mut Harvest) {
        for (to, from) in [
            (&mut harvest.reports, self.reports()),
            (&mut harvest.feed, self.feed()),
            (&mut harvest.framed, self.framed_reports()),
        ] {
            // SAFETY: a byte has no padding.
            unsafe { around::extend(to, from) };
        }
        self.consume_reports(self.reports().len());
        self.consume_feed(self.feed().len());
        self.consume_framed_reports(self.framed_reports().len());
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
            "isa": hftz_isa::name(self.engine().runs_on()),
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

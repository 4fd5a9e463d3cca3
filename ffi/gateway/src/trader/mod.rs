//! All OUCH sessions as one deterministic machine beside the engine.
//!
//! The loop of its owner: [`Traders::take`] an input, then for every command it gave [`Traders::begin`], the engine's `apply` and
//! [`Traders::report`] for every event. Commands of other protocols run through `begin` and `report` too, since their fills and
//! clocks concern OUCH orders.

mod report;
mod session;
mod terms;

use crate::dialect::{Answer, Ask};
use crate::input::Input;
use crate::refusal::Refusal;
use crate::symbols::Symbols;
use hftz_model::{AuctionKind, Command, CommandKind, Event, SelfTradeMode, TradingState};
use report::Cause;
use session::{Effect, Session};
use std::collections::BTreeMap;
use terms::Venue;

pub use terms::Terms;

/// Takes the messages for clients.
pub trait Outbox {
    /// The next sequenced message of a session.
    fn message(&mut self, session: u16, message: &[u8]);
}

/// Every session's orders.
pub struct Traders {
    symbols: Symbols,
    self_trade: SelfTradeMode,
    cancel_on_disconnect: bool,
    /// Ordered, since the end of the day goes to all of them.
    sessions: BTreeMap<u16, Session>,
    /// The auction each symbol is in, as its crosses are flagged.
    auctions: BTreeMap<u16, u8>,
    cause: Cause,
    mass_cancel_of: u16,
    time_ns: u64,
    scratch: Vec<u8>,
}

impl Traders {
    /// `self_trade` is the engine's default mode, which orders with fields that only the long form carries must repeat.
    #[must_use]
    pub fn new(symbols: Symbols, self_trade: SelfTradeMode, cancel_on_disconnect: bool) -> Self {
        Self {
            symbols,
            self_trade,
            cancel_on_disconnect,
            sessions: BTreeMap::new(),
            auctions: BTreeMap::new(),
            cause: Cause::default(),
            mass_cancel_of: 0,
            time_ns: 0,
            scratch: Vec::new(),
        }
    }

    /// Takes one input: appends the commands it asks for, and answers what needs no engine. A message that is no OUCH or of a
    /// session that never logged in does nothing: whoever owns the connection has refused it before.
    pub fn take(&mut self, input: &Input<'_>, commands: &mut Vec<Command>, outbox: &mut impl Outbox) {
        let (number, time_ns, scratch) = (input.session(), self.time_ns, &mut self.scratch);
        match *input {
            Input::Login { session, account, version, .. } => {
                self.sessions.entry(session).or_insert_with(|| {
                    let opened = Session::new(session, account, version);
                    send(version, time_ns, &Answer::SystemEvent(b'S'), number, scratch, outbox);
                    opened
                });
            }
            Input::Message { raw, .. } => {
                let Some(session) = self.sessions.get_mut(&number) else { return };
                let version = session.version;
                let Some(ask) = version.read(raw) else { return };
                let venue = Venue { symbols: &self.symbols, self_trade: self.self_trade, time_ns };
                let answer = |answer: &Answer<'_>| send(version, time_ns, answer, number, scratch, outbox);
                session.take(ask, &venue, Effect { commands, answer });
            }
            Input::Gone { .. } => {
                if let Some(session) = self.sessions.get_mut(&number).filter(|_| self.cancel_on_disconnect) {
                    session.leave(commands);
                }
            }
            Input::End => self.end_of_day(outbox),
        }
    }

    /// Notes the command that the engine is about to apply.
    #[inline]
    pub fn begin(&mut self, command: &Command) {
        self.cause = Cause::default();
        match command.kind {
            CommandKind::New | CommandKind::NewLong | CommandKind::Replace => self.cause.incoming = command.order_id,
            CommandKind::Clock => self.time_ns = self.time_ns.max(command.time_ns),
            CommandKind::State => self.state(command),
            CommandKind::MassCancel if command.scope & Command::BY_SESSION != 0 => {
                self.cause.own_mass_cancel = true;
                self.mass_cancel_of = command.session;
            }
            CommandKind::Cancel | CommandKind::MassCancel => {}
        }
    }

    #[cold]
    fn state(&mut self, command: &Command) {
        match TradingState::from_byte(command.state) {
            Some(TradingState::Auction) => {
                let flag = match AuctionKind::from_byte(command.auction) {
                    Some(AuctionKind::Opening) => b'O',
                    Some(AuctionKind::Closing) => b'C',
                    _ => b'H',
                };
                self.auctions.insert(command.symbol, flag);
            }
            Some(TradingState::Trading) => {
                self.cause.cross = Some(self.auctions.remove(&command.symbol).unwrap_or(b'H'));
            }
            _ => {}
        }
    }

    /// Tells the order's client what happened; `false` when it is none of these sessions.
    #[inline]
    pub fn report(&mut self, event: &Event, outbox: &mut impl Outbox) -> bool {
        let number = (event.order_id >> 48) as u16;
        if number == 0 {
            return false;
        }
        let Some(session) = self.sessions.get_mut(&number) else { return false };
        let own_mass_cancel = self.cause.own_mass_cancel && self.mass_cancel_of == number;
        let cause = Cause { own_mass_cancel, ..self.cause };
        let (version, time_ns, scratch) = (session.version, self.time_ns, &mut self.scratch);
        session.report(event, &cause, |answer| send(version, time_ns, answer, number, scratch, outbox));
        true
    }

    /// Answers a message that cannot be taken, since there is no room to log it, as if it had never come: nothing changes here, so the
    /// answer is outside the session's numbers too.
    pub fn turn_away(&mut self, input: &Input<'_>, outbox: &mut impl Outbox) {
        let Input::Message { session, raw } = *input else { return };
        let Some(version) = self.sessions.get(&session).map(|session| session.version) else { return };
        let (token, client_id) = match version.read(raw) {
            Some(Ask::Enter { terms, .. }) => (terms.token, terms.client_id),
            Some(Ask::Replace { change, .. }) => (change.token, change.client_id),
            _ => return,
        };
        let refused = Answer::Rejected { token, client_id, why: Refusal::Capacity };
        send(version, self.time_ns, &refused, session, &mut self.scratch, outbox);
    }

    /// Whether a session has logged in at some time.
    #[must_use]
    pub fn knows(&self, session: u16) -> bool {
        self.sessions.contains_key(&session)
    }

    /// Every session that has.
    pub fn sessions(&self) -> impl Iterator<Item = u16> + '_ {
        self.sessions.keys().copied()
    }

    /// The last message of every session.
    fn end_of_day(&mut self, outbox: &mut impl Outbox) {
        for (&number, session) in &self.sessions {
            let end = Answer::SystemEvent(b'E');
            send(session.version, self.time_ns, &end, number, &mut self.scratch, outbox);
        }
    }
}

fn send(
    version: crate::Version,
    time_ns: u64,
    answer: &Answer<'_>,
    session: u16,
    scratch: &mut Vec<u8>,
    outbox: &mut impl Outbox,
) {
    scratch.clear();
    version.write(time_ns, answer, scratch);
    if !scratch.is_empty() {
        outbox.message(session, scratch);
    }
}

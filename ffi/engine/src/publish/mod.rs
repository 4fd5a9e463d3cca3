//! What the matching engine does, as an ITCH 5.0 feed.
//!
//! A [`Publisher`] is a [`hftz_book::matching::Sink`]: each change of the shown book becomes one message with the engine's time and the references of
//! rule 16, appended to a buffer of framed bytes that its owner empties. It has no clock and asks nobody anything, so the
//! same commands give the same feed, live or replayed. The day around the orders is made from the commands too:
//!
//! - Symbols enter by their first `T` (or their first order). Those of one run of `T` commands form a directory spin: `R` for
//!   each, then `H`, then `Y`. System event `O` comes before the first, `S` after it.
//! - System event `Q` comes before the first symbol that trades, `M` before the first that closes. [`Publisher::finish`]
//!   says `M` if nothing did, then `E` and `C`.
//! - Orders with an account are attributed (`F`, see [`mpid`]); all others are `A`.
//! - An uncross is one `C`, not printable, for each displayed order and one `Q` for all of it.
//!
//! `P` never occurs: every order that trades is displayed, except market orders in an uncross, whose shares are in the `Q`.

mod names;
mod sink;

pub use names::{Names, mpid};

use hftz_model::TradingState;
use hftz_wire::itch::{
    Alpha, Header, MAX_MESSAGE_BYTES, Message, RegShoRestriction, StockDirectory, StockTradingAction, SystemEvent,
};

/// Writes the feed of one engine.
#[derive(Debug)]
pub struct Publisher {
    names: Names,
    /// Framed records from `sent` to `used`, then room.
    bytes: Vec<u8>,
    sent: usize,
    used: usize,
    messages: u64,
    by_type: [u64; 128],
    time_ns: u64,
    day: Day,
    /// Symbols whose directory entry is written or waits in `spin`, a bit each.
    introduced: Box<[u64; 1024]>,
    spin: Vec<(u16, TradingState)>,
}

/// How far the day has come, by the system events that were written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Day {
    /// Nothing yet.
    Night,
    /// Messages have begun (`O`), then system hours (`S`).
    System,
    /// Market hours (`Q`).
    Market,
    /// After market hours (`M`).
    After,
}

/// Room that is added when the buffer is full: when the longest record may not fit.
const ROOM: usize = 1 << 16;
/// The longest record.
const LONGEST: usize = MAX_MESSAGE_BYTES + 2;
const _: () = assert!(LONGEST <= ROOM);

impl Publisher {
    #[must_use]
    pub fn new(names: Names) -> Self {
        Self {
            names,
            bytes: vec![0; ROOM],
            sent: 0,
            used: 0,
            messages: 0,
            by_type: [0; 128],
            time_ns: 0,
            day: Day::Night,
            introduced: Box::new([0; 1024]),
            spin: Vec::new(),
        }
    }

    /// Framed records that nobody has taken yet.
    #[must_use]
    pub fn framed(&self) -> &[u8] {
        &self.bytes[self.sent..self.used]
    }

    /// The first `bytes` of [`Self::framed`] are on their way.
    pub fn consume(&mut self, bytes: usize) {
        self.sent = self.sent.saturating_add(bytes).min(self.used);
        if self.sent == self.used {
            (self.sent, self.used) = (0, 0);
        }
    }

    /// The buffer with all records in it and where they end, in exchange for an empty one: for handing them on without a copy.
    /// Only for an owner that never consumes a part.
    pub fn exchange(&mut self, empty: Vec<u8>) -> (Vec<u8>, usize) {
        debug_assert_eq!(self.sent, 0, "a part was consumed");
        let full = std::mem::replace(&mut self.bytes, empty);
        (full, std::mem::take(&mut self.used))
    }

    /// Asks for what messages of a symbol need.
    #[inline]
    pub fn fetch(&self, symbol: u16) {
        self.names.fetch(symbol);
    }

    /// Messages written so far.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.messages
    }

    /// Messages of one type written so far.
    #[must_use]
    pub fn messages_of(&self, kind: u8) -> u64 {
        self.by_type.get(usize::from(kind)).copied().unwrap_or(0)
    }

    /// Ends the day at engine time: `M` if market hours are not over, then `E` and `C`. What comes then begins another, with a
    /// directory of its own.
    pub fn finish(&mut self) {
        self.close_market();
        self.system_event(b'E');
        self.system_event(b'C');
        self.day = Day::Night;
        self.introduced.fill(0);
    }

    #[inline(always)]
    fn push<M: Message + Copy>(&mut self, message: &M) {
        match self.bytes.get_mut(self.used..).and_then(<[u8]>::first_chunk_mut::<LONGEST>) {
            Some(room) => self.used += message.write_framed(room).unwrap_or(0),
            // A copy: only a message that has to wait for room ever lies in memory as a value.
            None => self.push_slow(*message),
        }
        self.messages += 1;
        self.by_type[usize::from(M::KIND)] += 1;
    }

    #[cold]
    #[inline(never)]
    fn push_slow<M: Message>(&mut self, message: M) {
        self.bytes.copy_within(self.sent..self.used, 0);
        (self.sent, self.used) = (0, self.used - self.sent);
        self.bytes.resize(self.bytes.len().max(self.used + ROOM), 0);
        self.used += message.write_framed(&mut self.bytes[self.used..]).unwrap_or(0);
    }

    #[inline(always)]
    const fn header(&self, symbol: u16) -> Header {
        Header { stock_locate: symbol, tracking_number: 0, time_ns: self.time_ns }
    }

    fn system_event(&mut self, event_code: u8) {
        self.push(&SystemEvent { header: self.header(0), event_code });
    }

    /// Notes a symbol that has no directory entry yet; true when it was new.
    #[inline(always)]
    fn introduce(&mut self, symbol: u16, state: TradingState) -> bool {
        let new = self.introduced[usize::from(symbol) / 64] & (1 << (symbol % 64)) == 0;
        if new {
            self.introduce_first(symbol, state);
        }
        new
    }

    #[cold]
    #[inline(never)]
    fn introduce_first(&mut self, symbol: u16, state: TradingState) {
        self.introduced[usize::from(symbol) / 64] |= 1 << (symbol % 64);
        self.spin.push((symbol, state));
    }

    /// Writes the directory entries that wait.
    #[cold]
    fn flush_spin(&mut self) {
        self.begin();
        let spin = std::mem::take(&mut self.spin);
        for (symbol, _) in &spin {
            let entry = StockDirectory {
                header: self.header(*symbol),
                stock: self.names.of(*symbol),
                market_category: b'Q',
                financial_status_indicator: b'N',
                round_lot_size: 100,
                round_lots_only: b'N',
                issue_classification: b'C',
                issue_sub_type: Alpha(*b"Z "),
                authenticity: b'P',
                short_sale_threshold_indicator: b'N',
                ipo_flag: b' ',
                luld_reference_price_tier: b'1',
                etp_flag: b'N',
                etp_leverage_factor: 0,
                inverse_indicator: b'N',
            };
            self.push(&entry);
        }
        for (symbol, state) in &spin {
            self.trading_action(*symbol, *state);
        }
        for (symbol, _) in &spin {
            let (header, stock) = (self.header(*symbol), self.names.of(*symbol));
            self.push(&RegShoRestriction { header, stock, reg_sho_action: b'0' });
        }
        if self.day == Day::Night {
            self.day = Day::System;
            self.system_event(b'S');
        }
        if spin.iter().any(|(_, state)| *state == TradingState::Trading) {
            self.open_market();
        }
        self.spin = spin;
        self.spin.clear();
    }

    fn begin(&mut self) {
        if self.day == Day::Night {
            self.system_event(b'O');
        }
    }

    fn open_market(&mut self) {
        if self.day < Day::Market {
            self.day = Day::Market;
            self.system_event(b'Q');
        }
    }

    fn close_market(&mut self) {
        if !self.spin.is_empty() {
            self.flush_spin();
        }
        if self.day == Day::Night {
            self.begin();
            self.day = Day::System;
            self.system_event(b'S');
        }
        if self.day < Day::After {
            self.open_market();
            self.day = Day::After;
            self.system_event(b'M');
        }
    }

    /// `H`. A closed symbol has no state in ITCH: the system event says it.
    fn trading_action(&mut self, symbol: u16, state: TradingState) {
        if state != TradingState::Closed {
            let (header, stock) = (self.header(symbol), self.names.of(symbol));
            let reason = Alpha::BLANK;
            self.push(&StockTradingAction { header, stock, trading_state: state.byte(), reserved: b' ', reason });
        }
    }
}

#[cfg(test)]
mod tests;

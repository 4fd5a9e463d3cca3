//! The state of an engine as bytes, and an engine from such bytes: what a snapshot of the journal holds.
//!
//! It is logical, not the arenas: orders in their order of priority, symbols with what commands changed. So handles, free
//! lists and windows need no checks, and the layout of the memory may change without a new version. What is read is checked
//! field by field, then as a whole: the state hash at the end is computed again.
//!
//! Little-endian. Head: version u32, sequence, matches, time u64, everything blocked u8, number of blocked accounts u32 and
//! the accounts u16. Symbols: a u16 that is not 0, state, auction, blocked u8, last trade and reference price i64, then its
//! orders (a place that is not 0, see [`ORDER`]) and a 0. A u16 0 ends the symbols; the state hash u64 ends the bytes.

use hftz_model::{AuctionKind, OrderKind, SelfTradeMode, Side, TimeInForce, TradingState};

use super::extras::{ByAcceptance, ByExpiry, ByTrigger};
use super::index::Index;
use super::orders::{Order, Place};
use super::symbol::{Symbol, key_of};
use super::{Engine, treap};

const VERSION: u32 = 1;

/// Bytes of an order: place, side, kind, time in force, self-trade mode u8; account u16; id, reference u64; price i64;
/// open, shown, display, traded u32; trigger i64; minimum u32; expiry, accepted u64.
const ORDER: usize = 75;

/// Why bytes are not the state of an engine: where, and the rule they break.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RestoreError {
    /// Byte of the state behind what was read last.
    pub offset: usize,
    pub rule: &'static str,
}

impl core::fmt::Display for RestoreError {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(out, "engine state, before byte {}: {}", self.offset, self.rule)
    }
}

impl core::error::Error for RestoreError {}

impl<I: Index> Engine<I> {
    /// Hands the state to `out`, piece by piece; call it between commands. Nothing is allocated.
    pub fn save(&self, mut out: impl FnMut(&[u8])) {
        out(&VERSION.to_le_bytes());
        for number in [self.sequence, self.matches, self.time_ns] {
            out(&number.to_le_bytes());
        }
        out(&[u8::from(self.blocks.everything())]);
        out(&(self.blocks.accounts().count() as u32).to_le_bytes());
        for account in self.blocks.accounts() {
            out(&account.to_le_bytes());
        }
        for symbol in 1..=u16::MAX {
            self.save_symbol(symbol, &mut out);
        }
        out(&0u16.to_le_bytes());
        out(&self.state_hash().to_le_bytes());
    }

    fn save_symbol(&self, symbol: u16, out: &mut impl FnMut(&[u8])) {
        if self.is_idle(symbol) {
            return;
        }
        let about = &self.symbols[symbol as usize];
        out(&symbol.to_le_bytes());
        out(&[about.state.byte(), about.auction.byte(), u8::from(about.has(Symbol::BLOCKED))]);
        out(&about.last.to_le_bytes());
        out(&about.reference.to_le_bytes());
        for side in [Side::Buy, Side::Sell] {
            self.each_in_book(symbol, side, |handle| out(&self.saved_order(handle, b'B')));
        }
        let mut waiting = *self.waitings.get(about.waiting);
        for (place, letter) in [Place::MarketQueue, Place::Stops, Place::AuctionWait].into_iter().zip(*b"MSW") {
            let mut at = waiting.queue(place).map_or(0, |queue| queue.head);
            while at != 0 {
                out(&self.saved_order(at, letter));
                at = self.orders[at].next;
            }
        }
        out(&[0]);
    }

    fn saved_order(&self, handle: u32, place: u8) -> [u8; ORDER] {
        let (order, extras) = (&self.orders[handle], self.special(handle, place));
        let mut bytes = [0; ORDER];
        let mut at = 0;
        let mut put = |piece: &[u8]| {
            bytes[at..at + piece.len()].copy_from_slice(piece);
            at += piece.len();
        };
        put(&[place, order.side.byte(), order.kind.byte(), order.time_in_force.byte(), order.self_trade.byte()]);
        put(&order.account.to_le_bytes());
        put(&order.id.to_le_bytes());
        put(&order.reference.to_le_bytes());
        put(&order.price.to_le_bytes());
        for shares in [order.open, order.shown, order.display, order.traded] {
            put(&shares.to_le_bytes());
        }
        put(&extras.trigger.to_le_bytes());
        put(&extras.minimum.to_le_bytes());
        put(&extras.expiry.to_le_bytes());
        put(&extras.accepted.to_le_bytes());
        bytes
    }

    /// Brings an engine to a saved state. It was made with the settings and symbols of the one that was saved, and has had
    /// no command.
    ///
    /// # Errors
    /// [`RestoreError`]: the bytes are not such a state, or of an engine with other settings.
    pub fn restored(mut self, state: &[u8]) -> Result<Self, RestoreError> {
        let mut from = Reader { state, offset: 0 };
        if self.sequence != 0 || self.time_ns != 0 || self.watched && self.blocks.accounts().next().is_some() {
            return from.fail("the engine has had commands");
        }
        if u32::from_le_bytes(from.take()?) != VERSION {
            return from.fail("the version is 1");
        }
        [self.sequence, self.matches, self.time_ns] =
            [u64::from_le_bytes(from.take()?), u64::from_le_bytes(from.take()?), u64::from_le_bytes(from.take()?)];
        if self.sequence.max(self.matches) >= 1 << 63 {
            return from.fail("sequence and match numbers are below 2^63");
        }
        if from.flag()? {
            self.watched = true;
            self.blocks.set_everything(true);
        }
        for _ in 0..u32::from_le_bytes(from.take()?) {
            self.watched = true;
            self.blocks.set_account(u16::from_le_bytes(from.take()?), true);
        }
        for about in &mut self.symbols[1..] {
            (about.state, about.auction, about.reference) = (TradingState::Trading, AuctionKind::Other, 0);
        }
        loop {
            match u16::from_le_bytes(from.take()?) {
                0 => break,
                symbol => self.restore_symbol(symbol, &mut from)?,
            }
        }
        if u64::from_le_bytes(from.take()?) != self.state_hash() {
            return from.fail("the state hash is that of the state before it");
        }
        if from.offset == state.len() { Ok(self) } else { from.fail("nothing follows the state hash") }
    }

    fn restore_symbol(&mut self, symbol: u16, from: &mut Reader<'_>) -> Result<(), RestoreError> {
        let [state, auction] = from.take()?;
        let (Some(state), Some(auction)) = (TradingState::from_byte(state), AuctionKind::from_byte(auction)) else {
            return from.fail("trading state and auction are known");
        };
        let blocked = from.flag()?;
        let (last, reference) = (i64::from_le_bytes(from.take()?), i64::from_le_bytes(from.take()?));
        if last < 0 || reference < 0 {
            return from.fail("last trade and reference price are not negative");
        }
        let about = &mut self.symbols[symbol as usize];
        if !about.has(Symbol::KNOWN) {
            return from.fail("the symbol is one of the engine's");
        }
        (about.state, about.auction, about.last, about.reference) = (state, auction, last, reference);
        if blocked {
            self.watched = true;
            self.blocks.set_symbol(about, true);
        }
        loop {
            match from.take()? {
                [0] => return Ok(()),
                [place] => self.restore_order(symbol, place, from)?,
            }
        }
    }

    fn restore_order(&mut self, symbol: u16, place: u8, from: &mut Reader<'_>) -> Result<(), RestoreError> {
        let [side, kind, time_in_force, self_trade] = from.take()?;
        let (Some(side), Some(kind)) = (Side::from_byte(side), OrderKind::from_byte(kind)) else {
            return from.fail("side and kind of an order are known");
        };
        let (Some(time_in_force), Some(self_trade)) =
            (TimeInForce::from_byte(time_in_force), SelfTradeMode::from_byte(self_trade))
        else {
            return from.fail("time in force and self-trade mode of an order are known");
        };
        let order = Order {
            symbol,
            side,
            kind,
            time_in_force,
            self_trade,
            account: u16::from_le_bytes(from.take()?),
            id: u64::from_le_bytes(from.take()?),
            reference: u64::from_le_bytes(from.take()?),
            price: i64::from_le_bytes(from.take()?),
            open: u32::from_le_bytes(from.take()?),
            shown: u32::from_le_bytes(from.take()?),
            display: u32::from_le_bytes(from.take()?),
            traded: u32::from_le_bytes(from.take()?),
            ..Order::NONE
        };
        let special = Special {
            trigger: i64::from_le_bytes(from.take()?),
            minimum: u32::from_le_bytes(from.take()?),
            expiry: u64::from_le_bytes(from.take()?),
            accepted: u64::from_le_bytes(from.take()?),
        };
        let stop = matches!(kind, OrderKind::Stop | OrderKind::StopLimit);
        let instant = matches!(time_in_force, TimeInForce::Ioc | TimeInForce::Fok);
        let belongs = match place {
            b'B' => kind == OrderKind::Limit && !instant && order.price > 0 && (1..=order.open).contains(&order.shown),
            b'M' => kind == OrderKind::Market && !instant,
            b'S' => stop && special.trigger > 0 && !order.auction_only(),
            b'W' => !stop && order.auction_only() && (kind == OrderKind::Market || order.price > 0),
            _ => false,
        };
        if !belongs || order.open == 0 {
            return from.fail("an order is one that may be where it is");
        }
        if order.id == 0 || self.find(order.id) != 0 || order.reference.max(special.accepted) > self.sequence {
            return from.fail("an order has an id of its own and numbers of the past");
        }
        if self.orders.is_full() {
            return from.fail("the orders fit the engine's capacity");
        }
        let dated = time_in_force == TimeInForce::Gtd;
        let ranked = dated || place != b'B' || order.auction_only();
        let odd = (place != b'S' && (special.trigger, special.minimum) != (0, 0))
            || (!dated && special.expiry != 0)
            || (!ranked && special.accepted != 0);
        if odd {
            return from.fail("what an order has no use for is 0");
        }
        self.place_order(&order, place, &special)
            .map_or_else(|| from.fail("orders that are ranked have a rank of their own"), |()| Ok(()))
    }

    /// Puts an order where it was; `None` when another has its rank.
    fn place_order(&mut self, order: &Order, place: u8, special: &Special) -> Option<()> {
        let handle = self.orders.insert(order, &mut self.ids);
        let (at, side) = (handle as usize, order.side.index());
        self.extras.accepted[at] = special.accepted;
        self.extras.minimum[at] = special.minimum;
        self.extras.expiry[at] = special.expiry;
        self.extras.trigger[at] = -key_of(order.side.opposite(), special.trigger.max(0));
        self.list(order.symbol);
        match place {
            b'B' => {
                let symbol = &mut self.symbols[order.symbol as usize];
                self.ladders.append(symbol, &self.specs, &mut self.orders, handle);
            }
            b'M' => self.wait(handle, Place::MarketQueue),
            b'S' => self.wait(handle, Place::Stops),
            _ => self.wait(handle, Place::AuctionWait),
        }
        if order.time_in_force == TimeInForce::Gtd {
            let nodes = &mut ByExpiry(&mut self.extras);
            if treap::find(nodes, self.expiries, (special.expiry, special.accepted)) != 0 {
                return None;
            }
            treap::insert(nodes, &mut self.expiries, handle);
        }
        let waiting = &mut self.symbols[order.symbol as usize].waiting;
        if place == b'S' {
            let key = (self.extras.trigger[at], special.accepted);
            let (nodes, root) = (&mut ByTrigger(&mut self.extras), &mut self.waitings.ensure(waiting).triggers[side]);
            if treap::find(nodes, *root, key) != 0 {
                return None;
            }
            treap::insert(nodes, root, handle);
        }
        if place == b'M' || place == b'B' && order.auction_only() {
            let participants = self.waitings.ensure(waiting).participants;
            if treap::find(&ByAcceptance(&mut self.extras), participants, special.accepted) != 0 {
                return None;
            }
            self.take_part(handle);
        }
        Some(())
    }
}

/// What only some orders have; 0 where it means nothing.
pub(super) struct Special {
    /// Price that the last trade must reach.
    pub trigger: i64,
    pub minimum: u32,
    pub expiry: u64,
    pub accepted: u64,
}

struct Reader<'a> {
    state: &'a [u8],
    offset: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], RestoreError> {
        let Some(bytes) = self.state.get(self.offset..).and_then(|rest| rest.first_chunk()) else {
            return self.fail("it ends before its end");
        };
        self.offset += N;
        Ok(*bytes)
    }

    fn flag(&mut self) -> Result<bool, RestoreError> {
        match self.take()? {
            [byte @ 0..=1] => Ok(byte == 1),
            _ => self.fail("a switch is 0 or 1"),
        }
    }

    fn fail<T>(&self, rule: &'static str) -> Result<T, RestoreError> {
        Err(RestoreError { offset: self.offset, rule })
    }
}

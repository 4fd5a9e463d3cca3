//! A sink that keeps the reports and rebuilds the shown book from the publisher's calls alone, as a feed's reader would.

use hftz_book::matching::{Shown, Sink};
use hftz_book::store::StateHasher;
use hftz_model::{AuctionKind, Event, ReportKind, Side, TradingState};
use std::collections::BTreeMap;

/// The shown order book that a feed's reader has: every order at the tail of its level when it came.
#[derive(Default)]
pub struct Shadow {
    pub events: Vec<Event>,
    /// By symbol, side, price: references with shares, first to last.
    pub levels: BTreeMap<(u16, usize, i64), Vec<(u64, u32)>>,
    places: BTreeMap<u64, (u16, usize, i64)>,
    /// An uncross left an iceberg refilled in front of others, which a feed cannot say.
    pub order_unknown: bool,
    pub crosses: Vec<(u16, i64, u64)>,
    crossing: u64,
    fills: u64,
}

impl Shadow {
    fn shares(&mut self, reference: u64, change: impl Fn(u32) -> u32) {
        let place = self.places[&reference];
        let level = self.levels.get_mut(&place).unwrap();
        let at = level.iter().position(|order| order.0 == reference).unwrap();
        level[at].1 = change(level[at].1);
        if level[at].1 == 0 {
            level.remove(at);
            self.places.remove(&reference);
            if level.is_empty() {
                self.levels.remove(&place);
            }
        }
    }

    /// The number of `docs/state-hash.md`.
    pub fn hash(&self) -> u64 {
        let mut hasher = StateHasher::new();
        let mut locates: Vec<_> = self.levels.keys().map(|key| key.0).collect();
        locates.dedup();
        for locate in locates {
            for (index, side) in [Side::Buy, Side::Sell].into_iter().enumerate() {
                let mut levels: Vec<_> =
                    self.levels.range((locate, index, i64::MIN)..=(locate, index, i64::MAX)).collect();
                if side == Side::Buy {
                    levels.reverse();
                }
                if !levels.is_empty() {
                    hasher.side(locate, side);
                }
                for (&(_, _, price), orders) in levels {
                    orders.iter().for_each(|&(reference, shares)| hasher.order(reference, price, shares));
                }
            }
        }
        hasher.finish()
    }
}

impl Sink for Shadow {
    fn report(&mut self, event: &Event) {
        assert_eq!(event.sequence, self.events.last().map_or(1, |last| last.sequence + 1), "a gap in the sequence");
        if event.kind == ReportKind::Fill {
            self.fills += 1;
            assert_eq!(event.match_number, self.fills.div_ceil(2), "a gap in the match numbers");
        } else {
            assert_eq!(event.match_number, 0);
        }
        self.events.push(*event);
    }

    fn shown_added(&mut self, order: Shown) {
        assert!(order.shares > 0 && order.reference <= self.events.last().unwrap().sequence);
        let place = (order.symbol, order.side.index(), order.price);
        let level = self.levels.entry(place).or_default();
        self.order_unknown |= self.crossing > 0 && !level.is_empty();
        level.push((order.reference, order.shares));
        assert!(self.places.insert(order.reference, place).is_none(), "a reference used twice");
    }

    fn shown_executed(&mut self, _symbol: u16, reference: u64, shares: u32, match_number: u64) {
        assert_eq!(match_number, self.events.last().unwrap().match_number);
        self.shares(reference, |shown| shown.checked_sub(shares).unwrap());
    }

    fn shown_crossed(&mut self, symbol: u16, reference: u64, shares: u32, _price: i64, match_number: u64) {
        assert!(match_number > 0 && self.places[&reference].0 == symbol);
        self.crossing += u64::from(shares);
        self.shares(reference, |shown| shown.checked_sub(shares).unwrap());
    }

    fn shown_reduced(&mut self, _symbol: u16, reference: u64, shares: u32) {
        assert!(shares > 0);
        self.shares(reference, |shown| shown.checked_sub(shares).filter(|&left| left > 0).unwrap());
    }

    fn shown_removed(&mut self, symbol: u16, reference: u64) {
        assert_eq!(self.places[&reference].0, symbol);
        self.shares(reference, |_| 0);
    }

    fn shown_replaced(&mut self, original: u64, order: Shown) {
        assert_eq!(self.places[&original].1, order.side.index());
        self.shares(original, |_| 0);
        self.shown_added(order);
    }

    fn crossed(&mut self, symbol: u16, price: i64, shares: u64, match_number: u64, _auction: AuctionKind) {
        assert!(shares > 0 && match_number == self.fills / 2);
        self.crosses.push((symbol, price, shares));
        self.crossing = 0;
    }

    fn state_changed(&mut self, _symbol: u16, _from: TradingState, _to: TradingState) {
        self.crossing = 0;
    }
}

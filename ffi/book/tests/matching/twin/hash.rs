//! The two hashes, written from their documents.

use super::*;

/// FNV-1a as its authors define it.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |state, &byte| (state ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

impl Twin {
    /// The stream of `docs/state-hash.md`.
    pub fn books_hash(&self) -> u64 {
        let mut stream = Vec::new();
        for symbol in self.books.keys().copied() {
            for side in [Side::Buy, Side::Sell] {
                for (n, o) in self.side(symbol, side).iter().enumerate() {
                    if n == 0 {
                        stream.extend(symbol.to_le_bytes());
                        stream.push(side.byte());
                    }
                    stream.extend(o.reference.to_le_bytes());
                    stream.extend(o.price.to_le_bytes());
                    stream.extend(o.shown.to_le_bytes());
                }
            }
        }
        fnv(&stream)
    }

    /// The stream of `docs/engine-rules.md`.
    pub fn state_hash(&self) -> u64 {
        let mut stream = Vec::new();
        stream.extend(self.sequence.to_le_bytes());
        stream.extend(self.matches.to_le_bytes());
        stream.push(u8::from(self.blocked.contains(&(0, 0))));
        self.blocked.iter().filter(|key| key.0 == 2).for_each(|key| stream.extend(key.1.to_le_bytes()));
        let blocked = self.blocked.iter().filter(|key| key.0 == 1).map(|key| key.1);
        let symbols: BTreeSet<u16> = self.books.keys().chain(self.specs.keys()).copied().chain(blocked).collect();
        for symbol in symbols {
            let spec = self.specs.get(&symbol).copied().unwrap_or_default();
            let (state, auction, last, reference) =
                self.books.get(&symbol).map_or((spec.state, AuctionKind::Other, 0, spec.reference), |b| {
                    (b.state, b.auction, b.last, b.reference)
                });
            let blocked = self.blocked.contains(&(1, symbol));
            let ids = self.rule_13(Some(symbol));
            if state == TradingState::Trading && last == 0 && reference == 0 && !blocked && ids.is_empty() {
                continue;
            }
            stream.extend(symbol.to_le_bytes());
            stream.extend([state.byte(), auction.byte(), u8::from(blocked)]);
            stream.extend(last.to_le_bytes());
            stream.extend(reference.to_le_bytes());
            for id in ids {
                self.write_order(self.live.iter().find(|o| o.id == id).unwrap(), &mut stream);
            }
        }
        fnv(&stream)
    }

    pub(super) fn write_order(&self, o: &Order, stream: &mut Vec<u8>) {
        let place = match o.place {
            Place::Book => b'B',
            Place::Market => b'M',
            Place::Stop => b'S',
            Place::Wait => b'W',
        };
        let stop = o.place == Place::Stop;
        let dated = o.tif == TimeInForce::Gtd;
        let ranked = dated || at_auction(o) || o.place != Place::Book;
        stream.extend([place, o.side.byte(), o.kind.byte(), o.tif.byte(), o.mode.byte()]);
        stream.extend(o.account.to_le_bytes());
        stream.extend(o.id.to_le_bytes());
        stream.extend(o.reference.to_le_bytes());
        stream.extend(o.price.to_le_bytes());
        for shares in [o.open, o.shown, o.display, o.traded.min(u32::MAX.into()) as u32] {
            stream.extend(shares.to_le_bytes());
        }
        stream.extend(if stop { o.trigger } else { 0 }.to_le_bytes());
        stream.extend(if stop { o.minimum } else { 0 }.to_le_bytes());
        stream.extend(if dated { o.expiry } else { 0 }.to_le_bytes());
        stream.extend(if ranked { o.accepted } else { 0 }.to_le_bytes());
    }
}

//! One execution report: the form in which the matching engine answers.

use crate::{Reason, ReportKind, Side};

/// What happened to an order, in the 48 bytes of the native `E` message and in its order, so that on a little-endian
/// machine writing a report is one copy.
///
/// What price, quantity and open mean for each kind is the contract's table of the message out; `open` is what is left
/// of the order afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Event {
    /// Always [`Self::TYPE`].
    pub tag: u8,
    pub kind: ReportKind,
    pub symbol: u16,
    /// [`Side`] byte of the order; as sent in a rejection, 0 when there is no order.
    pub side: u8,
    pub reason: Reason,
    pub account: u16,
    /// Counts reports over all symbols from 1 without gaps.
    pub sequence: u64,
    pub order_id: u64,
    /// In the symbol's price unit.
    pub price: i64,
    /// Shares.
    pub quantity: u32,
    /// Shares left afterwards.
    pub open: u32,
    /// Counts trades over all symbols from 1 without gaps; the two fills of a trade share it. 0 for anything but a fill.
    pub match_number: u64,
}

const _: () = assert!(size_of::<Event>() == 48);

impl Event {
    /// The type byte of an execution report.
    pub const TYPE: u8 = b'E';

    /// The report as the six words of its 48 bytes, each little-endian: its form on the way to another thread.
    #[inline]
    #[must_use]
    pub const fn words(&self) -> [u64; 6] {
        let [symbol, account] = [self.symbol.to_le_bytes(), self.account.to_le_bytes()];
        let (kind, reason) = (self.kind.byte(), self.reason.byte());
        let head = [self.tag, kind, symbol[0], symbol[1], self.side, reason, account[0], account[1]];
        [
            u64::from_le_bytes(head),
            self.sequence,
            self.order_id,
            self.price.cast_unsigned(),
            self.quantity as u64 | (self.open as u64) << 32,
            self.match_number,
        ]
    }

    /// The side of the order; `None` when there is none or a rejected message carried another byte.
    #[inline]
    #[must_use]
    pub const fn side(&self) -> Option<Side> {
        Side::from_byte(self.side)
    }

    /// Whether the order it names is no longer live after this report. Reports of rejections say nothing about it.
    #[inline]
    #[must_use]
    pub const fn ends_order(&self) -> bool {
        self.open == 0 && matches!(self.kind, ReportKind::Fill | ReportKind::Cancelled | ReportKind::Expired)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_report_that_leaves_nothing_open_ends_an_order() {
        let fill = Event {
            tag: Event::TYPE,
            kind: ReportKind::Fill,
            symbol: 1,
            side: b'B',
            reason: Reason::None,
            account: 0,
            sequence: 1,
            order_id: 7,
            price: 100,
            quantity: 10,
            open: 0,
            match_number: 1,
        };
        assert!(fill.ends_order());
        assert!(!Event { open: 5, ..fill }.ends_order());
        assert!(!Event { kind: ReportKind::Rejected, ..fill }.ends_order());
        assert_eq!(fill.side(), Some(Side::Buy));
    }
}

//! One message for each change of the shown book.

use super::{Publisher, mpid};
use hftz_book::matching::{Shown, Sink};
use hftz_model::{AuctionKind, Event, TradingState};
use hftz_wire::itch::{
    AddOrder, AddOrderMpid, CrossTrade, OrderCancel, OrderDelete, OrderExecuted, OrderExecutedWithPrice, OrderReplace,
};

impl Sink for Publisher {
    #[inline]
    fn report(&mut self, _: &Event) {
        if !self.spin.is_empty() {
            self.flush_spin();
        }
    }

    /// Always inlined: an order that enters is put from the registers of the engine's hot path into the buffer.
    #[inline(always)]
    fn shown_added(&mut self, order: Shown) {
        if self.introduce(order.symbol, TradingState::Trading) {
            self.flush_spin();
        }
        let message = AddOrder {
            header: self.header(order.symbol),
            order_reference_number: order.reference,
            buy_sell_indicator: order.side.byte(),
            shares: order.shares,
            stock: self.names.of(order.symbol),
            price: price4(order.price),
        };
        if order.account == 0 {
            self.push(&message);
        } else {
            self.attributed(message, order.account);
        }
    }

    #[inline]
    fn shown_executed(&mut self, symbol: u16, reference: u64, shares: u32, match_number: u64) {
        self.push(&OrderExecuted {
            header: self.header(symbol),
            order_reference_number: reference,
            executed_shares: shares,
            match_number,
        });
    }

    fn shown_crossed(&mut self, symbol: u16, reference: u64, shares: u32, price: i64, match_number: u64) {
        self.push(&OrderExecutedWithPrice {
            header: self.header(symbol),
            order_reference_number: reference,
            executed_shares: shares,
            match_number,
            printable: b'N',
            execution_price: price4(price),
        });
    }

    #[inline]
    fn shown_reduced(&mut self, symbol: u16, reference: u64, shares: u32) {
        self.push(&OrderCancel {
            header: self.header(symbol),
            order_reference_number: reference,
            canceled_shares: shares,
        });
    }

    #[inline]
    fn shown_removed(&mut self, symbol: u16, reference: u64) {
        self.push(&OrderDelete { header: self.header(symbol), order_reference_number: reference });
    }

    #[inline]
    fn shown_replaced(&mut self, original: u64, order: Shown) {
        self.push(&OrderReplace {
            header: self.header(order.symbol),
            original_order_reference_number: original,
            new_order_reference_number: order.reference,
            shares: order.shares,
            price: price4(order.price),
        });
    }

    fn crossed(&mut self, symbol: u16, price: i64, shares: u64, match_number: u64, auction: AuctionKind) {
        self.push(&CrossTrade {
            header: self.header(symbol),
            shares,
            stock: self.names.of(symbol),
            cross_price: price4(price),
            match_number,
            cross_type: match auction {
                AuctionKind::Opening => b'O',
                AuctionKind::Closing => b'C',
                AuctionKind::Other => b'H',
            },
        });
    }

    fn state_changed(&mut self, symbol: u16, from: TradingState, to: TradingState) {
        if self.introduce(symbol, to) {
            return;
        }
        if !self.spin.is_empty() {
            self.flush_spin();
        }
        match to {
            TradingState::Trading => self.open_market(),
            TradingState::Closed if from != to => self.close_market(),
            _ => {}
        }
        self.trading_action(symbol, to);
    }

    fn time_moved(&mut self, time_ns: u64) {
        if !self.spin.is_empty() {
            self.flush_spin();
        }
        self.time_ns = time_ns;
    }
}

impl Publisher {
    /// `F`, one order of twenty: out of line, so that the others stay short.
    #[inline(never)]
    fn attributed(&mut self, message: AddOrder, account: u16) {
        let AddOrder { header, order_reference_number, buy_sell_indicator, shares, stock, price } = message;
        let attribution = mpid(account);
        self.push(&AddOrderMpid {
            header,
            order_reference_number,
            buy_sell_indicator,
            shares,
            stock,
            price,
            attribution,
        });
    }
}

/// A price as ITCH carries it. Engine prices of a symbol with another unit may not fit: they show as the highest.
#[inline(always)]
fn price4(price: i64) -> u32 {
    u32::try_from(price).unwrap_or(u32::MAX)
}

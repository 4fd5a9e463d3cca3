//! `orderbook-rs` on the work, in this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use hftz_lab::matching::workload::Message;
use hftz_model::Side as Ours;
use orderbook_rs::{Id, OrderBook, Side, TimeInForce, TradeResult};
use pricelevel::{OrderUpdate, Price, Quantity};

use super::Peer;
use super::work::{Done, Traded};

/// Its trades are told to a listener only while they are checked: what nobody listens to is not measured.
#[derive(Default)]
pub struct OrderBookRs {
    messages: Vec<Message>,
    checked: Option<Traded>,
}

impl Peer for OrderBookRs {
    fn name(&self) -> &str {
        "orderbook-rs"
    }

    fn note(&self) -> Option<&str> {
        Some("the whole workload; no listener while it is timed")
    }

    fn takes(&self, _: &Message) -> bool {
        true
    }

    fn load(&mut self, messages: &[Message]) -> Result<(), String> {
        (self.messages, self.checked) = (messages.to_vec(), None);
        Ok(())
    }

    fn work(&mut self) -> Result<Done, String> {
        let traded = *self.checked.get_or_insert_with(|| check(&self.messages));
        let book = OrderBook::<()>::new("HFTZ");
        let start = Instant::now();
        self.messages.iter().for_each(|message| apply(&book, message));
        Ok(Done { nanoseconds: start.elapsed().as_nanos() as f64, traded })
    }
}

/// What it trades.
fn check(messages: &[Message]) -> Traded {
    let (trades, shares) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (one, other) = (Arc::clone(&trades), Arc::clone(&shares));
    let listener = Arc::new(move |result: &TradeResult| {
        let list = result.match_result.trades().as_vec();
        one.fetch_add(list.len() as u64, Relaxed);
        other.fetch_add(list.iter().map(|trade| trade.quantity().as_u64()).sum(), Relaxed);
    });
    let book = OrderBook::<()>::with_trade_listener("HFTZ", listener);
    messages.iter().for_each(|message| apply(&book, message));
    Traded { trades: trades.load(Relaxed), shares: shares.load(Relaxed) }
}

/// Rejections are part of the work: cancels and modifies of orders that are gone.
fn apply(book: &OrderBook<()>, message: &Message) {
    match *message {
        Message::New { id, price, quantity, side, ioc } => {
            let side = if side == Ours::Buy { Side::Buy } else { Side::Sell };
            let force = if ioc { TimeInForce::Ioc } else { TimeInForce::Gtc };
            let _ = book.add_limit_order(
                Id::from_u64(id),
                u128::from(price.cast_unsigned()),
                u64::from(quantity),
                side,
                force,
                None,
            );
        }
        Message::Cancel { id } => {
            let _ = book.cancel_order(Id::from_u64(id));
        }
        Message::Modify { id, price, quantity, .. } => {
            let _ = book.update_order(OrderUpdate::UpdatePriceAndQuantity {
                order_id: Id::from_u64(id),
                new_price: Price::new(u128::from(price.cast_unsigned())),
                new_quantity: Quantity::new(u64::from(quantity)),
            });
        }
    }
}

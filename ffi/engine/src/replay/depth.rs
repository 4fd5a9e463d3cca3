//! The books at one moment, for the result block.

use super::directory::Directory;
use super::machine::Machine;
use hftz_book::replica::{Books, Queues};
use hftz_model::Side;
use serde_json::{Value, json};

/// `[{symbol, locate, state, bids: [{price, size, orders}], asks: [...]}]`, best level first, prices in 10^-4. Books without
/// orders are left out unless their symbol was asked for.
#[must_use]
pub fn to_json(machine: &Machine, books: &Books, depth: usize) -> Value {
    let shown = books.locates().filter(|&locate| match &machine.filter {
        Some(filter) => filter.wants_locate(locate),
        None => [Side::Buy, Side::Sell].iter().any(|&side| books.levels(locate, side).next().is_some()),
    });
    let queues = books.queues();
    shown.map(|locate| book_json(books, &queues, &machine.directory, locate, depth)).collect()
}

/// One book of [`to_json`].
#[must_use]
pub fn book_json(books: &Books, queues: &Queues, directory: &Directory, locate: u16, depth: usize) -> Value {
    json!({
        "symbol": directory.label(locate),
        "locate": locate,
        "state": books.trading_state(locate).map(|state| format!("{state:?}").to_lowercase()),
        "bids": side(books, queues, locate, Side::Buy, depth),
        "asks": side(books, queues, locate, Side::Sell, depth),
    })
}

fn side(books: &Books, queues: &Queues, locate: u16, side: Side, depth: usize) -> Value {
    books
        .levels(locate, side)
        .take(depth)
        .map(|level| {
            let orders = queues.level(locate, side, level.price).len();
            json!({"price": level.price, "size": level.size, "orders": orders})
        })
        .collect()
}

//! Orders of the open loop: a book that stays small and trades all the time.
//!
//! Of eight commands three enter a resting order, three cancel one, one offers and one takes what was offered. A report says by its order id
//! and kind which command it answers first, so nothing is kept per command but its place in the schedule.

use hftz_model::{Command, Event, ReportKind, Side};
use hftz_wire::native;

/// The session of these orders.
const SESSION: u64 = 7 << 48;
/// Commands after which the flow begins again.
const CYCLE: u64 = 8;

/// The command with this number, from 0.
pub fn command(number: u64) -> Command {
    let place = number % CYCLE;
    let price = 10_000 + ((number / CYCLE) % 64) as i64;
    let id = |number: u64| SESSION | (number + 1);
    match place {
        0 | 2 | 4 => Command::limit(1, Side::Buy, id(number), price - 200, 100),
        1 | 3 | 5 => Command::cancel(1, id(number - 1), 0),
        6 => Command::limit(1, Side::Sell, id(number), price, 50),
        _ => Command::limit(1, Side::Buy, id(number), price, 50),
    }
}

/// Appends a command as it goes into a datagram.
pub fn write(number: u64, to: &mut Vec<u8>) {
    let mut bytes = [0; native::MAX_MESSAGE_BYTES];
    if let Some(length) = native::write(&command(number), &mut bytes) {
        to.extend_from_slice(&bytes[..length]);
    }
}

/// The command whose first report this is.
pub fn answered(event: &Event) -> Option<u64> {
    let number = (event.order_id & ((1 << 48) - 1)).checked_sub(1)?;
    match event.kind {
        ReportKind::Accepted => Some(number),
        ReportKind::Cancelled => Some(number + 1),
        _ => None,
    }
}

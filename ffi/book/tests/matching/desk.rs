//! A desk for tests written by hand: commands in, reports out as short lines.
//!
//! `A7 10@100` accepted, `F7 10@100 left 0 trade 1` fill, `C7 10@100 left 0 why 14` cancelled, `U` replaced, `T` triggered,
//! `X` expired, `J7 10@100 why 2` rejected (`left 5` when it names a live order).

use crate::shadow::Shadow;
use hftz_book::matching::{Engine, Objection, Settings, SymbolSpec};
use hftz_model::{AuctionKind, Command, Event, ReportKind, Side, TradingState};

pub use hftz_model::Side::{Buy, Sell};

pub struct Desk {
    pub engine: Engine,
    pub shadow: Shadow,
}

impl Desk {
    pub fn new() -> Self {
        Self::with(Settings { capacity: 100, ..Settings::default() }, &[])
    }

    pub fn with(settings: Settings, symbols: &[(u16, SymbolSpec)]) -> Self {
        let mut engine = Engine::new(&settings).unwrap();
        symbols.iter().for_each(|(locate, spec)| engine.define_symbol(*locate, spec).unwrap());
        Self { engine, shadow: Shadow::default() }
    }

    /// Applies a command; the reports it caused.
    pub fn send(&mut self, command: Command) -> Vec<String> {
        let first = self.shadow.events.len();
        self.engine.apply(&command, &mut self.shadow);
        self.shadow.events[first..].iter().map(line).collect()
    }

    /// Applies a command that its owner has something against.
    pub fn send_against(&mut self, command: Command, objection: Objection) -> Vec<String> {
        let first = self.shadow.events.len();
        self.engine.apply_against(&command, objection, &mut self.shadow);
        self.shadow.events[first..].iter().map(line).collect()
    }

    /// Applies several commands; the reports of the last.
    pub fn send_all(&mut self, commands: impl IntoIterator<Item = Command>) -> Vec<String> {
        commands.into_iter().map(|command| self.send(command)).last().unwrap_or_default()
    }

    pub fn buy(&mut self, id: u64, price: i64, quantity: u32) -> Vec<String> {
        self.send(Command::limit(1, Buy, id, price, quantity))
    }

    pub fn sell(&mut self, id: u64, price: i64, quantity: u32) -> Vec<String> {
        self.send(Command::limit(1, Sell, id, price, quantity))
    }

    pub fn state(&mut self, state: TradingState) -> Vec<String> {
        self.send(Command::state(1, state, AuctionKind::Other, 0))
    }

    pub fn auction(&mut self, kind: AuctionKind) -> Vec<String> {
        self.send(Command::state(1, TradingState::Auction, kind, 0))
    }

    /// The shown book of symbol 1 as a feed's reader has it: `price: shares shares ...`, best first.
    pub fn shown(&self, side: Side) -> Vec<String> {
        let levels = self.shadow.levels.iter().filter(|(key, _)| key.0 == 1 && key.1 == side.index());
        let lines = levels.map(|(&(_, _, price), orders)| {
            let shares: Vec<_> = orders.iter().map(|order| order.1.to_string()).collect();
            format!("{price}: {}", shares.join(" "))
        });
        if side == Buy { lines.rev().collect() } else { lines.collect() }
    }

    /// The references of the shown orders at a price of symbol 1, first to last.
    pub fn references(&self, side: Side, price: i64) -> Vec<u64> {
        let level = self.shadow.levels.get(&(1, side.index(), price));
        level.map(|orders| orders.iter().map(|order| order.0).collect()).unwrap_or_default()
    }

    pub fn last_event(&self) -> Event {
        *self.shadow.events.last().unwrap()
    }
}

fn line(event: &Event) -> String {
    let Event { kind, order_id, quantity, price, open, match_number, .. } = *event;
    let mut line = format!("{}{order_id} {quantity}@{price}", kind.byte() as char);
    match kind {
        ReportKind::Fill => line += &format!(" left {open} trade {match_number}"),
        ReportKind::Cancelled => line += &format!(" left {open} why {}", event.reason.byte()),
        ReportKind::Rejected => {
            if open > 0 {
                line += &format!(" left {open}");
            }
            line += &format!(" why {}", event.reason.byte());
        }
        ReportKind::Accepted | ReportKind::Replaced | ReportKind::Triggered => assert_eq!(open, quantity),
        ReportKind::Expired => assert_eq!((open, event.reason.byte()), (0, 16)),
    }
    line
}

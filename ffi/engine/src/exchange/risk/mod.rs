//! Risk limits (reason 17) of each account: quantity and notional of one order, notional of all its live orders, messages in a
//! second.
//!
//! It stands beside the engine and not in it: a table of orders and totals by account is dear, and few exchanges ask for it. It
//! knows what it knows from commands, their reports and engine time alone, so that a replay refuses the same orders. A hash table,
//! of which nobody ever sees the order, keeps what each live order adds to its account's total: a fill says at which price it
//! traded and not which price the order had.

mod limits;
#[cfg(test)]
mod twin;

use hftz_book::matching::{Engine, LiveOrder, Sink};
use hftz_model::{Command, CommandKind, Event, OrderKind, ReportKind};
use limits::Table;
use std::collections::HashMap;

const SECOND_NS: u64 = 1_000_000_000;
const ACCOUNTS: usize = 1 << 16;
/// Bytes of one account's messages in a saved state.
const SAVED: usize = 14;

/// The limits and how far each account has come.
pub struct Risk {
    table: Table,
    accounts: Box<[Account]>,
    /// Live orders that have a price, by id.
    live: HashMap<u64, Live>,
    /// Whether the order of the command under way has a price.
    priced: bool,
}

#[derive(Clone, Copy, Default)]
struct Account {
    /// Notional of its live orders.
    open: u128,
    /// The second of engine time in which it sent its last message, and how many then.
    second: u64,
    messages: u32,
}

#[derive(Clone, Copy)]
struct Live {
    account: u16,
    open: u32,
    price: i64,
}

impl Live {
    fn notional(&self) -> u128 {
        notional(self.price, self.open)
    }
}

/// What an order would be if it were taken.
struct Wanted {
    account: u16,
    priced: bool,
    price: i64,
    open: u32,
    /// What it adds to its account's total already.
    before: u128,
}

impl Risk {
    /// # Errors
    /// The line of the table, the column and the rule.
    pub fn new(table: &str) -> Result<Self, String> {
        let accounts = vec![Account::default(); ACCOUNTS].into_boxed_slice();
        Ok(Self { table: Table::parse(table)?, accounts, live: HashMap::new(), priced: false })
    }

    /// Counts a message, and says whether its account's limits allow what it asks for. To be asked once for each command, before
    /// the engine has it.
    pub fn admits(&mut self, command: &Command, engine: &Engine) -> bool {
        let Some(wanted) = Self::wanted(command, engine) else { return true };
        self.priced = wanted.priced;
        let limits = self.table.of(wanted.account);
        let account = &mut self.accounts[usize::from(wanted.account)];
        let mut allowed = true;
        if limits.messages_per_second > 0 {
            let second = engine.time_ns() / SECOND_NS;
            if account.second != second {
                (account.second, account.messages) = (second, 0);
            }
            account.messages = account.messages.saturating_add(1);
            allowed = account.messages <= limits.messages_per_second;
        }
        let after = if wanted.priced { notional(wanted.price, wanted.open) } else { 0 };
        let within = |limit: u64, value: u128| limit == 0 || value <= u128::from(limit);
        // An order that leaves its account with no more than before is allowed whatever the account has.
        let open = account.open.saturating_sub(wanted.before) + after;
        allowed
            && within(limits.quantity.into(), wanted.open.into())
            && within(limits.notional, after)
            && (after <= wanted.before || within(limits.open_notional, open))
    }

    /// `None`: limits have nothing to do with it.
    fn wanted(command: &Command, engine: &Engine) -> Option<Wanted> {
        match command.kind {
            CommandKind::New | CommandKind::NewLong => {
                let kind = OrderKind::from_byte(command.order_kind)?;
                let (account, price, open) = (command.account, command.price, command.quantity);
                Some(Wanted { account, priced: has_price(kind), price, open, before: 0 })
            }
            CommandKind::Replace => {
                let order = engine.live_order(command.order_id).filter(|order| order.symbol == command.symbol)?;
                let traded = if command.flags & Command::TOTAL != 0 { order.traded } else { 0 };
                let priced = has_price(order.kind);
                let before = if priced { notional(order.price, order.open) } else { 0 };
                let open = command.quantity.saturating_sub(traded);
                Some(Wanted { account: order.account, priced, price: command.price, open, before })
            }
            _ => None,
        }
    }

    /// Appends how many messages each account has sent in its last second.
    pub fn save(&self, state: &mut Vec<u8>) {
        for (number, account) in self.accounts.iter().enumerate().filter(|(_, account)| account.messages > 0) {
            state.extend_from_slice(&(number as u16).to_le_bytes());
            state.extend_from_slice(&account.second.to_le_bytes());
            state.extend_from_slice(&account.messages.to_le_bytes());
        }
    }

    /// Takes up a saved state, and what the engine's live orders add to it.
    ///
    /// # Errors
    /// When it is no such state.
    pub fn restore(&mut self, state: &[u8], engine: &Engine) -> Result<(), String> {
        let (rows, rest) = state.as_chunks::<SAVED>();
        if !rest.is_empty() {
            return Err("the messages of accounts end early".into());
        }
        for &[a0, a1, s0, s1, s2, s3, s4, s5, s6, s7, m0, m1, m2, m3] in rows {
            let account = &mut self.accounts[usize::from(u16::from_le_bytes([a0, a1]))];
            account.second = u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]);
            account.messages = u32::from_le_bytes([m0, m1, m2, m3]);
        }
        engine.each_live_order(|order| {
            if has_price(order.kind) {
                self.enter(&order);
            }
        });
        Ok(())
    }

    fn enter(&mut self, order: &LiveOrder) {
        let live = Live { account: order.account, open: order.open, price: order.price };
        self.accounts[usize::from(live.account)].open += live.notional();
        self.live.insert(order.id, live);
    }
}

impl Sink for Risk {
    fn report(&mut self, event: &Event) {
        match event.kind {
            ReportKind::Rejected => {}
            ReportKind::Accepted if self.priced => {
                let live = Live { account: event.account, open: event.open, price: event.price };
                self.accounts[usize::from(live.account)].open += live.notional();
                self.live.insert(event.order_id, live);
            }
            kind => {
                let Some(live) = self.live.get_mut(&event.order_id) else { return };
                let before = live.notional();
                live.open = event.open;
                if kind == ReportKind::Replaced {
                    live.price = event.price;
                }
                let total = &mut self.accounts[usize::from(live.account)].open;
                *total = total.saturating_sub(before) + live.notional();
                if live.open == 0 {
                    self.live.remove(&event.order_id);
                }
            }
        }
    }
}

const fn has_price(kind: OrderKind) -> bool {
    matches!(kind, OrderKind::Limit | OrderKind::StopLimit)
}

/// Of a price that may be nonsense: the engine will refuse it by its own rules.
fn notional(price: i64, shares: u32) -> u128 {
    u128::from(price.max(0).unsigned_abs()) * u128::from(shares)
}

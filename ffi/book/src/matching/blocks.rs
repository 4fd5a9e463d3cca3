//! The kill switch: what is blocked until it is unblocked (rule 13). Each scope is a switch of its own.

use alloc::boxed::Box;

use super::memory;
use super::set_bits;
use super::settings::SetupError;
use super::symbol::Symbol;

pub struct Blocks {
    /// Whether any switch has ever been used, so that without one the check is a single load.
    used: bool,
    everything: bool,
    accounts: Box<[u64]>,
}

impl Blocks {
    pub fn new(capacity: u32) -> Result<Self, SetupError> {
        Ok(Self { used: false, everything: false, accounts: memory::zeroed((1 << 16) / 64, capacity)?.into() })
    }

    pub fn set_everything(&mut self, on: bool) {
        self.used = true;
        self.everything = on;
    }

    pub fn set_symbol(&mut self, symbol: &mut Symbol, on: bool) {
        self.used = true;
        symbol.flags = if on { symbol.flags | Symbol::BLOCKED } else { symbol.flags & !Symbol::BLOCKED };
    }

    pub fn set_account(&mut self, account: u16, on: bool) {
        self.used = true;
        let bit = 1 << (account % 64);
        let word = &mut self.accounts[usize::from(account) / 64];
        *word = if on { *word | bit } else { *word & !bit };
    }

    pub fn everything(&self) -> bool {
        self.everything
    }

    /// The blocked accounts, ascending.
    pub fn accounts(&self) -> impl Iterator<Item = u16> {
        set_bits(&self.accounts)
    }

    /// Whether an order of this symbol and account is blocked; no account means that only the other scopes count.
    #[inline]
    pub fn hold(&self, symbol: &Symbol, account: Option<u16>) -> bool {
        self.used
            && (self.everything || symbol.has(Symbol::BLOCKED) || account.is_some_and(|account| self.holds(account)))
    }

    fn holds(&self, account: u16) -> bool {
        self.accounts[usize::from(account) / 64] >> (account % 64) & 1 == 1
    }
}

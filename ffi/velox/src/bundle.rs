//! Up to 16 transactions that leave together, in place: no heap.

use crate::transaction::Transaction;
use hftz_ring::Plain;

/// Transactions in a full bundle. The Jito profile flushes at 5.
pub const BUNDLE_MAX: usize = 16;

/// Why a bundle was flushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// It reached its size.
    Full,
    /// Its window ended.
    Window,
    /// The stream ended.
    End,
}

/// A bundle: nine cache lines, the first of which tells all but the transactions.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Bundle {
    /// Counts bundles from 0.
    pub sequence: u64,
    /// When its first transaction arrived at the bundle stage, and when it was flushed, in ticks.
    pub opened: u64,
    pub flushed: u64,
    length: u32,
    cause: u32,
    reserved: [u64; 4],
    transactions: [Transaction; BUNDLE_MAX],
}

const _: () = assert!(size_of::<Bundle>() == 576);

// SAFETY: integers and `Plain` transactions only, 64 + 512 bytes without padding; any bits are a value.
unsafe impl Plain for Bundle {}

impl Bundle {
    pub(crate) const EMPTY: Self = Self {
        sequence: 0,
        opened: 0,
        flushed: 0,
        length: 0,
        cause: 0,
        reserved: [0; 4],
        transactions: [Transaction::EMPTY; BUNDLE_MAX],
    };

    /// The transactions, in the order of their arrival.
    #[inline]
    #[must_use]
    pub fn transactions(&self) -> &[Transaction] {
        // The length may come from another process; beyond the array it is not believed.
        &self.transactions[..self.len()]
    }

    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        (self.length as usize).min(BUNDLE_MAX)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    #[must_use]
    pub fn cause(&self) -> Cause {
        match self.cause {
            0 => Cause::Full,
            1 => Cause::Window,
            _ => Cause::End,
        }
    }

    #[inline]
    pub(crate) fn add(&mut self, transaction: Transaction) {
        if let Some(place) = self.transactions.get_mut(self.length as usize) {
            *place = transaction;
            self.length += 1;
        }
    }

    pub(crate) fn close(&mut self, cause: Cause, now: u64) {
        self.cause = cause as u32;
        self.flushed = now;
    }

    pub(crate) fn reopen(&mut self) {
        self.length = 0;
        self.sequence += 1;
    }
}

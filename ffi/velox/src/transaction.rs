//! What travels: 32 bytes, two to a cache line.

use hftz_model::Side;
use hftz_ring::Plain;
use std::fmt;

/// What a transaction does to the book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Adds its quantity at its price.
    Add,
    /// Takes up to its quantity from the best level of its side, down (up) to its price as the limit.
    Take,
}

/// One transaction: fixed layout, little endian, no padding, so that its bytes can be looked at as they lie. Side and action are
/// raw bytes, because bytes from elsewhere need not be valid; [`Transaction::check`] says whether they are.
///
/// | offset | bytes | field |
/// | --- | --- | --- |
/// | 0 | 8 | id |
/// | 8 | 8 | intended time, ticks |
/// | 16 | 8 | price, ticks of the book |
/// | 24 | 4 | quantity |
/// | 28 | 1 | side: `B` or `S` |
/// | 29 | 1 | action: 0 add, 1 take |
/// | 30 | 2 | 0 |
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Transaction {
    pub id: u64,
    /// When it was meant to be sent, on the clock of the run: every latency counts from here.
    pub intended: u64,
    pub price: i64,
    pub quantity: u32,
    side: u8,
    action: u8,
    reserved: u16,
}

const _: () = assert!(size_of::<Transaction>() == 32 && cfg!(target_endian = "little"));

// SAFETY: integers only, 8 + 8 + 8 + 4 + 1 + 1 + 2 = 32 bytes without padding; any bits are a value.
unsafe impl Plain for Transaction {}

/// What makes a transaction meaningless.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Invalid {
    Side(u8),
    Action(u8),
    Reserved(u16),
    ZeroQuantity,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Side(found) => write!(f, "byte 28: side is B (66) or S (83), not {found}"),
            Self::Action(found) => write!(f, "byte 29: action is 0 or 1, not {found}"),
            Self::Reserved(found) => write!(f, "byte 30: must be 0, not {found}"),
            Self::ZeroQuantity => f.write_str("byte 24: quantity must not be 0"),
        }
    }
}

impl std::error::Error for Invalid {}

/// Why bytes cannot be looked at as transactions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ViewError {
    /// The length is not a multiple of 32 bytes.
    Length(usize),
    /// The bytes do not begin at a multiple of 8.
    Alignment,
}

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(found) => write!(f, "{found} bytes are no whole number of 32-byte transactions"),
            Self::Alignment => f.write_str("transactions begin at a multiple of 8 bytes"),
        }
    }
}

impl std::error::Error for ViewError {}

impl Transaction {
    pub(crate) const EMPTY: Self = Self { id: 0, intended: 0, price: 0, quantity: 0, side: 0, action: 0, reserved: 0 };

    #[must_use]
    pub fn new(id: u64, intended: u64, action: Action, side: Side, price: i64, quantity: u32) -> Self {
        Self { id, intended, price, quantity, side: side.byte(), action: action as u8, reserved: 0 }
    }

    /// Side and action, if they mean something.
    ///
    /// # Errors
    /// [`Invalid`], which names the byte.
    #[inline]
    pub fn check(&self) -> Result<(Action, Side), Invalid> {
        let side = Side::from_byte(self.side).ok_or(Invalid::Side(self.side))?;
        let action = match self.action {
            0 => Action::Add,
            1 => Action::Take,
            other => return Err(Invalid::Action(other)),
        };
        if self.reserved != 0 {
            return Err(Invalid::Reserved(self.reserved));
        }
        if self.quantity == 0 { Err(Invalid::ZeroQuantity) } else { Ok((action, side)) }
    }

    /// The 32 bytes, not copied.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        // SAFETY: 32 bytes of integers without padding, borrowed as long as `self`.
        unsafe { &*std::ptr::from_ref(self).cast() }
    }

    /// Transactions in place, not copied.
    ///
    /// # Errors
    /// [`ViewError`] when the bytes are misaligned or end inside a transaction.
    pub fn view(bytes: &[u8]) -> Result<&[Self], ViewError> {
        // SAFETY: any bits are a transaction (it is `Plain`); `align_to` keeps to whole, aligned ones.
        let (before, transactions, _) = unsafe { bytes.align_to::<Self>() };
        if !bytes.len().is_multiple_of(size_of::<Self>()) {
            Err(ViewError::Length(bytes.len()))
        } else if before.is_empty() {
            Ok(transactions)
        } else {
            Err(ViewError::Alignment)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(align(8))]
    struct Aligned([u8; 96]);

    #[test]
    fn the_layout_is_the_documented_one() {
        let bytes = *Transaction::new(0x0102, 0x0304, Action::Take, Side::Sell, -2, 7).as_bytes();
        let mut expected = [0; 32];
        (expected[0], expected[1], expected[8], expected[9]) = (2, 1, 4, 3);
        expected[16..24].copy_from_slice(&(-2_i64).to_le_bytes());
        (expected[24], expected[28], expected[29]) = (7, b'S', 1);
        assert_eq!(bytes, expected);
    }

    #[test]
    fn bytes_become_transactions_and_bytes_again_without_a_copy() {
        let mut memory = Aligned([0; 96]);
        let sent = Transaction::new(9, 8, Action::Add, Side::Buy, 100, 3);
        memory.0[32..64].copy_from_slice(sent.as_bytes());
        let seen = Transaction::view(&memory.0).unwrap();
        assert_eq!((seen.len(), seen[1]), (3, sent));
        assert_eq!(seen[1].as_bytes().as_ptr(), memory.0[32..].as_ptr());
        assert_eq!(seen[1].check(), Ok((Action::Add, Side::Buy)));
    }

    #[test]
    fn bytes_that_are_no_transactions_are_refused_by_name() {
        let mut memory = Aligned([0; 96]);
        assert_eq!(Transaction::view(&memory.0[..40]), Err(ViewError::Length(40)));
        assert_eq!(Transaction::view(&memory.0[4..36]), Err(ViewError::Alignment));
        assert_eq!(Transaction::view(&[]).map(<[_]>::len), Ok(0));
        for (at, byte, fault) in [
            (28, 2, Invalid::Side(2)),
            (29, 9, Invalid::Action(9)),
            (31, 1, Invalid::Reserved(256)),
            (0, 0, Invalid::ZeroQuantity),
        ] {
            memory.0[..32].fill(0);
            memory.0[28] = b'B';
            memory.0[at] = byte;
            assert_eq!(Transaction::view(&memory.0[..32]).unwrap()[0].check(), Err(fault));
        }
    }
}

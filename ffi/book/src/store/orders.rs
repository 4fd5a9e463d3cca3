//! Live orders: 32 bytes each in an arena, linked first-in-first-out through their price level.
//!
//! Intrusive links by 4-byte handle instead of a queue per level: leaving the middle of a level is two stores, and a
//! level costs 16 bytes whether it holds one order or a thousand. Freed slots are reused last-freed-first, so that a
//! new order lands in a line that was just touched.
//!
//! Handle 0 is no order: its slot takes the writes of branch-free linking and is never read for meaning. Whether an
//! order has neighbours is a coin toss that a processor cannot predict; storing to a slot that does not matter is
//! cheaper than guessing.

use super::chunks::Chunks;
use super::prefetch::prefetch;

/// Names a slot of [`Orders`]. Only [`Orders::insert`] makes one that is not [`Handle::NONE`], so a handle always
/// points to initialised memory of the arena it came from, though perhaps to an order that is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Handle(u32);

impl Handle {
    pub const NONE: Self = Self(0);

    #[inline(always)]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// Where an order stands: price, symbol and side in one word, so that one comparison tells whether an order is still
/// what it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Spot(u64);

impl Spot {
    /// `side` is [`hftz_model::Side::index`].
    #[inline(always)]
    pub const fn new(locate: u16, side: usize, price: u32) -> Self {
        Self(price as u64 | (locate as u64) << 32 | (side as u64) << 48)
    }

    /// 10^-4.
    #[inline(always)]
    pub const fn price(self) -> u32 {
        self.0 as u32
    }

    #[inline(always)]
    pub const fn locate(self) -> u16 {
        (self.0 >> 32) as u16
    }

    /// [`hftz_model::Side::index`]: 0 or 1.
    #[inline(always)]
    pub const fn side(self) -> usize {
        (self.0 >> 48) as usize & 1
    }

    /// The same price and side of another symbol.
    #[inline(always)]
    pub const fn of(self, locate: u16) -> Self {
        Self(self.0 & !(0xffff << 32) | (locate as u64) << 32)
    }
}

/// One order.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
pub struct Order {
    pub reference: u64,
    pub spot: Spot,
    /// Open; never 0 while live.
    pub shares: u32,
    /// Neighbours in the level. In a free slot `next` is the next free one.
    pub next: Handle,
    pub prev: Handle,
}

const _: () = assert!(size_of::<Order>() == 32);

impl Order {
    const NONE: Self =
        Self { reference: 0, spot: Spot::new(0, 0, 0), shares: 0, next: Handle::NONE, prev: Handle::NONE };
}

/// One price: its orders in the sequence of their arrival and the sum of their shares. All zero when empty.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub struct Level {
    /// Fewer than 2^32 orders of fewer than 2^32 shares: cannot overflow.
    pub shares: u64,
    pub head: Handle,
    pub tail: Handle,
}

const _: () = assert!(size_of::<Level>() == 16);

impl Level {
    pub const EMPTY: Self = Self { shares: 0, head: Handle::NONE, tail: Handle::NONE };

    /// Every order has at least one share.
    #[inline(always)]
    pub const fn is_empty(&self) -> bool {
        self.shares == 0
    }
}

/// The arena.
pub struct Orders {
    slots: Chunks<Order, 16>,
    /// Slots ever handed out, the one of handle 0 included.
    used: u32,
    free: Handle,
}

impl Orders {
    pub fn new() -> Self {
        let mut orders = Self { slots: Chunks::new(), used: 0, free: Handle::NONE };
        orders.extend();
        orders
    }

    /// Where an order lies; it stays there.
    #[inline(always)]
    pub fn address(&self, handle: Handle) -> *mut Order {
        debug_assert!(handle.0 < self.used);
        // SAFETY: a handle is below `used`, which is at most the capacity.
        unsafe { self.slots.at(handle.0) }
    }

    #[inline(always)]
    pub fn get(&self, handle: Handle) -> &Order {
        // SAFETY: every slot below `used` has been written by `extend`; `&self` keeps writers away.
        unsafe { &*self.address(handle) }
    }

    #[inline(always)]
    pub fn get_mut(&mut self, handle: Handle) -> &mut Order {
        // SAFETY: as in `get`; `&mut self` makes this the only reference.
        unsafe { &mut *self.address(handle) }
    }

    #[inline(always)]
    pub fn prefetch(&self, handle: Handle) {
        prefetch(self.address(handle));
    }

    /// Takes a slot for an order, which is in no level yet.
    #[inline(always)]
    pub fn insert(&mut self, reference: u64, spot: Spot, shares: u32) -> Handle {
        let mut handle = self.free;
        if handle.is_none() {
            handle = self.extend();
        } else {
            self.free = self.get(handle).next;
        }
        // Field by field: a whole order would be put together on the stack first, and read back before it is there.
        let slot = self.get_mut(handle);
        slot.reference = reference;
        slot.spot = spot;
        slot.shares = shares;
        handle
    }

    /// A slot that was never used.
    #[inline(never)]
    fn extend(&mut self) -> Handle {
        if u64::from(self.used) == self.slots.capacity() {
            self.slots.grow();
        }
        let handle = Handle(self.used);
        self.used += 1;
        // SAFETY: the capacity has just been checked against `used`; the slot is fresh, so nothing refers to it.
        unsafe { self.slots.at(handle.0).write(Order::NONE) };
        handle
    }

    /// Gives a slot back; the order is out of its level.
    #[inline(always)]
    pub fn remove(&mut self, handle: Handle) {
        debug_assert!(!handle.is_none());
        let free = self.free;
        self.get_mut(handle).next = free;
        self.free = handle;
    }

    /// Puts an order of so many shares at the tail of a level.
    #[inline(always)]
    pub fn push(&mut self, level: &mut Level, handle: Handle, shares: u32) {
        let tail = level.tail;
        let order = self.get_mut(handle);
        order.prev = tail;
        order.next = Handle::NONE;
        level.shares += u64::from(shares);
        self.get_mut(tail).next = handle;
        // An empty level has no head either.
        level.head = Handle(level.head.0 | (handle.0 & 0u32.wrapping_sub(u32::from(tail.is_none()))));
        level.tail = handle;
    }

    /// Takes an order out of its level; its shares have been taken off already.
    #[inline(always)]
    pub fn unlink(&mut self, level: &mut Level, handle: Handle) {
        let &Order { prev, next, .. } = self.get(handle);
        self.get_mut(prev).next = next;
        self.get_mut(next).prev = prev;
        level.head = if prev.is_none() { next } else { level.head };
        level.tail = if next.is_none() { prev } else { level.tail };
    }

    /// The most orders that were ever live at once: a slot is added only when every other one is taken.
    #[inline]
    pub fn peak(&self) -> u32 {
        self.used - 1
    }

    pub fn bytes(&self) -> usize {
        self.slots.bytes()
    }
}

//! The benchmark's messages as they lie in memory, and as commands of the engine.

use hftz_model::{Command, Side, TimeInForce};

/// The one book of the benchmark.
pub const SYMBOL: u16 = 1;

#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct NewOrder {
    pub order_id: u64,
    pub sequence_number: u64,
    pub price_ticks: i64,
    pub quantity: u32,
    /// 0 buy, 1 sell.
    pub side: u8,
    pub ioc: u8,
    pub reserved: [u8; 2],
}

#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Cancel {
    pub order_id: u64,
    pub sequence_number: u64,
}

#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Modify {
    pub order_id: u64,
    pub sequence_number: u64,
    pub new_price_ticks: i64,
    pub new_quantity: u32,
    pub side: u8,
    pub reserved: [u8; 3],
}

/// One of them in a batch.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Tagged {
    /// 0 new, 1 cancel, 2 modify.
    pub kind: u8,
    pub reserved: [u8; 7],
    pub payload: Payload,
}

/// Integers all the way down: any bytes are a value of each, once they have been written.
#[derive(Clone, Copy)]
#[repr(C)]
pub union Payload {
    pub new_order: NewOrder,
    pub cancel: Cancel,
    pub modify: Modify,
}

const _: () = assert!(size_of::<NewOrder>() == 32 && size_of::<Cancel>() == 16 && size_of::<Modify>() == 32);
const _: () = assert!(size_of::<Tagged>() == 40);

/// The side's byte in a command; 0, which the engine rejects, for anything else.
#[inline]
pub const fn side_of(side: u8) -> u8 {
    match side {
        0 => Side::Buy.byte(),
        1 => Side::Sell.byte(),
        _ => 0,
    }
}

/// A message: what it asks of the engine, and how the engine's refusal is called.
pub trait Message {
    /// Type of the report that says the order is not there; 0 for a message that names none.
    const REJECT: u8;

    fn sequence(&self) -> u64;
    fn command(&self) -> Command;
}

impl Message for NewOrder {
    const REJECT: u8 = 0;

    #[inline]
    fn sequence(&self) -> u64 {
        self.sequence_number
    }

    #[inline]
    fn command(&self) -> Command {
        let order = Command::limit(SYMBOL, Side::Buy, self.order_id, self.price_ticks, self.quantity);
        let time_in_force = if self.ioc == 0 { TimeInForce::Day } else { TimeInForce::Ioc };
        Command { side: side_of(self.side), time_in_force: time_in_force.byte(), ..order }
    }
}

impl Message for Cancel {
    const REJECT: u8 = 4;

    #[inline]
    fn sequence(&self) -> u64 {
        self.sequence_number
    }

    #[inline]
    fn command(&self) -> Command {
        Command::cancel(SYMBOL, self.order_id, 0)
    }
}

impl Message for Modify {
    const REJECT: u8 = 5;

    #[inline]
    fn sequence(&self) -> u64 {
        self.sequence_number
    }

    #[inline]
    fn command(&self) -> Command {
        let replace = Command::replace(SYMBOL, self.order_id, self.new_price_ticks, self.new_quantity);
        replace.with_flags(Command::TO_TAIL)
    }
}

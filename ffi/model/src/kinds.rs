//! The small vocabularies of order entry: every closed set of `Command` and `Event` values, with its byte on the wire.
//!
//! A `Command` keeps these as raw bytes, because a value outside the table must reach the engine and come back as a
//! rejection (reason 18) with the fields as sent; the enums are what the engine and every writer of commands use.

/// Defines a `repr(u8)` enum with its byte and the way back from it.
macro_rules! byte_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $value:expr),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$variant_doc])* $variant = $value),+
        }

        impl $name {
            /// Every value, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Reads a wire byte; `None` for a byte outside the table.
            #[inline]
            #[must_use]
            pub const fn from_byte(byte: u8) -> Option<Self> {
                $(if byte == $value { return Some(Self::$variant); })+
                None
            }

            /// The wire byte.
            #[inline]
            #[must_use]
            pub const fn byte(self) -> u8 {
                self as u8
            }
        }
    };
}

byte_enum! {
    /// What a `Command` asks for; the type byte of the native protocol.
    CommandKind {
        /// `N`: a new order in 32 bytes, engine's default self-trade mode.
        New = b'N',
        /// `L`: a new order with every field.
        NewLong = b'L',
        /// `C`: cancel or reduce.
        Cancel = b'C',
        /// `U`: replace price, quantity and display.
        Replace = b'U',
        /// `K`: mass cancel and kill switch.
        MassCancel = b'K',
        /// `T`: trading state of a symbol.
        State = b'T',
        /// `Z`: engine time.
        Clock = b'Z',
    }
}

byte_enum! {
    /// How an order's price is meant. 4 (pegged) is reserved and malformed.
    OrderKind {
        Limit = 0,
        Market = 1,
        Stop = 2,
        StopLimit = 3,
    }
}

byte_enum! {
    /// How long an order lives and how it may trade. `N` carries the first four, `L` all of them.
    TimeInForce {
        Day = 0,
        /// What cannot trade at once is cancelled.
        Ioc = 1,
        /// All at once or nothing.
        Fok = 2,
        /// Rejected when it would trade on arrival.
        PostOnly = 3,
        /// Only in an opening auction.
        AtOpen = 4,
        /// Only in a closing auction.
        AtClose = 5,
        /// Until `expiry`, engine time.
        Gtd = 6,
    }
}

byte_enum! {
    /// What happens when both sides of a trade carry the same non-zero account; the incoming order decides.
    SelfTradeMode {
        Allow = 0,
        CancelIncoming = 1,
        CancelResting = 2,
        CancelBoth = 3,
        Decrement = 4,
    }
}

byte_enum! {
    /// The state of one symbol; the byte is ITCH's where ITCH has one.
    TradingState {
        Trading = b'T',
        /// Call auction: orders rest and do not trade.
        Auction = b'Q',
        Halted = b'H',
        Paused = b'P',
        Closed = b'C',
    }
}

byte_enum! {
    /// Which auction a `Q` state is, for at-open and at-close orders.
    AuctionKind {
        Other = 0,
        Opening = b'O',
        Closing = b'C',
    }
}

byte_enum! {
    /// What a `K` does beside cancelling.
    MassAction {
        /// Cancels only.
        Cancel = 0,
        /// Cancels, then rejects new orders and replaces of the scope (reason 19).
        Block = 1,
        /// Lifts a block, cancels nothing.
        Unblock = 2,
    }
}

byte_enum! {
    /// What an execution report says.
    ReportKind {
        Accepted = b'A',
        Fill = b'F',
        Cancelled = b'C',
        Replaced = b'U',
        /// A stop was elected.
        Triggered = b'T',
        Expired = b'X',
        Rejected = b'J',
    }
}

byte_enum! {
    /// Why an order was rejected, cancelled or expired.
    Reason {
        None = 0,
        UnknownOrder = 1,
        DuplicateId = 2,
        UnknownSymbol = 3,
        InvalidQuantity = 4,
        InvalidPrice = 5,
        /// A post-only order met a price at which it could trade.
        WouldTake = 6,
        /// Fill-or-kill could not fill completely.
        CannotFill = 7,
        IocRemainder = 8,
        MarketRemainder = 9,
        SelfTrade = 10,
        Halted = 11,
        OutsideBand = 12,
        Capacity = 13,
        Requested = 14,
        MassCancel = 15,
        Expired = 16,
        RiskLimit = 17,
        Malformed = 18,
        KillSwitch = 19,
        MinimumQuantity = 20,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_table_reads_back_and_no_other_does() {
        let known = (0..=255u8).filter_map(Reason::from_byte).collect::<Vec<_>>();
        assert_eq!(known, Reason::ALL);
        let states = (0..=255u8).filter(|&byte| TradingState::from_byte(byte).is_some()).count();
        assert_eq!(states, 5);
        for &kind in CommandKind::ALL {
            assert_eq!(CommandKind::from_byte(kind.byte()), Some(kind));
        }
    }

    #[test]
    fn reasons_carry_the_numbers_of_the_contract() {
        assert_eq!(Reason::Halted.byte(), 11);
        assert_eq!(Reason::MinimumQuantity.byte(), 20);
        assert_eq!(Reason::from_byte(21), None);
    }
}

//! Sinks made of sinks: two listeners, perhaps none, or one that is borrowed.

use hftz_model::{AuctionKind, Event, TradingState};

use super::sink::{Shown, Sink};

/// Two listeners; the first hears of everything first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Both<A, B>(pub A, pub B);

/// Implements [`Sink`] by passing every call on: `each!(self, listener, call)` says to whom.
macro_rules! pass_on {
    ($each:ident) => {
        pass_on! { $each:
            report(event: &Event);
            shown_added(order: Shown);
            shown_executed(symbol: u16, reference: u64, shares: u32, match_number: u64);
            shown_crossed(symbol: u16, reference: u64, shares: u32, price: i64, match_number: u64);
            shown_reduced(symbol: u16, reference: u64, shares: u32);
            shown_removed(symbol: u16, reference: u64);
            shown_replaced(original: u64, order: Shown);
            crossed(symbol: u16, price: i64, shares: u64, match_number: u64, auction: AuctionKind);
            state_changed(symbol: u16, from: TradingState, to: TradingState);
            time_moved(time_ns: u64);
        }
    };
    ($each:ident: $($method:ident($($argument:ident: $type:ty),+);)+) => {
        $(
            #[inline]
            fn $method(&mut self, $($argument: $type),+) {
                $each!(self, $method($($argument),+));
            }
        )+
    };
}

macro_rules! to_both {
    ($self:ident, $method:ident($($argument:ident),+)) => {
        $self.0.$method($($argument),+);
        $self.1.$method($($argument),+);
    };
}

macro_rules! to_some {
    ($self:ident, $method:ident($($argument:ident),+)) => {
        if let Some(listener) = $self {
            listener.$method($($argument),+);
        }
    };
}

macro_rules! to_borrowed {
    ($self:ident, $method:ident($($argument:ident),+)) => {
        (**$self).$method($($argument),+);
    };
}

impl<A: Sink, B: Sink> Sink for Both<A, B> {
    pass_on!(to_both);
}

impl<S: Sink> Sink for Option<S> {
    pass_on!(to_some);
}

impl<S: Sink> Sink for &mut S {
    pass_on!(to_borrowed);
}

//! Why an order is rejected, in this venue's words and in each version's code.

use hftz_model::Reason;

/// Every reason this venue gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    Halted,
    Quantity,
    Symbol,
    Display,
    Cross,
    Price,
    Band,
    Minimum,
    Side,
    MaxFloor,
    Pegging,
    Routing,
    ReplaceNotAllowed,
    CancelNotAllowed,
    Disabled,
    Risk,
    Capacity,
    Other,
}

impl Refusal {
    /// What an engine's rejection means to an OUCH client.
    #[must_use]
    pub const fn of(reason: Reason) -> Self {
        match reason {
            Reason::UnknownSymbol => Self::Symbol,
            Reason::InvalidQuantity => Self::Quantity,
            Reason::InvalidPrice => Self::Price,
            Reason::OutsideBand => Self::Band,
            Reason::Halted => Self::Halted,
            Reason::MinimumQuantity => Self::Minimum,
            Reason::RiskLimit => Self::Risk,
            Reason::KillSwitch => Self::Disabled,
            Reason::Capacity => Self::Capacity,
            _ => Self::Other,
        }
    }

    /// OUCH 4.2's letter. It has none for an impossible quantity or side: those are `O`, other.
    #[must_use]
    pub const fn letter(self) -> u8 {
        match self {
            Self::Halted => b'H',
            Self::Symbol => b'S',
            Self::Display => b'D',
            Self::Cross => b'R',
            Self::Price | Self::Band => b'X',
            Self::Minimum => b'N',
            Self::Disabled => b'a',
            Self::Risk | Self::Quantity => b'Z',
            _ => b'O',
        }
    }

    /// OUCH 5.0's number.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Display => 0x03,
            Self::MaxFloor => 0x04,
            Self::Band => 0x06,
            Self::Halted => 0x07,
            Self::Side => 0x09,
            Self::Capacity => 0x0a,
            Self::Disabled => 0x0c,
            Self::Minimum => 0x0d,
            Self::Other => 0x0f,
            Self::CancelNotAllowed => 0x10,
            Self::Pegging => 0x11,
            Self::Quantity => 0x13,
            Self::Cross => 0x14,
            Self::ReplaceNotAllowed => 0x15,
            Self::Routing => 0x16,
            Self::Symbol => 0x17,
            Self::Price => 0x1d,
            Self::Risk => 0x20,
        }
    }
}

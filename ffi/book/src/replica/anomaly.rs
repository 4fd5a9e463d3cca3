//! What a feed may say that does not fit the book: counted, never an error.

/// One way in which a message does not fit the book. In parentheses what [`OnAnomaly::Count`] makes of the message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Anomaly {
    /// E C X D U: no live order has this reference (nothing to do).
    UnknownReference,
    /// A F: the reference is live already (the older order leaves the book, the new one joins the tail of its level:
    /// a reference names one order, and the feed's last word counts).
    DuplicateReference,
    /// E C: more shares than are open (the order is filled and leaves; the trade is reported as the feed states it).
    OverExecution,
    /// X: more shares than are open (the order leaves).
    OverCancel,
    /// A F with zero shares (nothing is added); U to zero shares (the original leaves, nothing is added).
    ZeroShares,
    /// E C X D U: the message's locate is not the order's (the order counts: the message applies to its book).
    LocateMismatch,
    /// A F P: a side byte that is neither `B` nor `S` (nothing is added; the trade is reported without a side).
    BadSide,
    /// U: the new reference belongs to another live order (that order leaves the book, as for a duplicate add).
    NewReferenceLive,
    /// H: a state byte outside the table (the state stays).
    BadState,
}

impl Anomaly {
    /// Every kind, in the order of the counters.
    pub const ALL: [Self; 9] = [
        Self::UnknownReference,
        Self::DuplicateReference,
        Self::OverExecution,
        Self::OverCancel,
        Self::ZeroShares,
        Self::LocateMismatch,
        Self::BadSide,
        Self::NewReferenceLive,
        Self::BadState,
    ];

    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownReference => "unknown-reference",
            Self::DuplicateReference => "duplicate-reference",
            Self::OverExecution => "over-execution",
            Self::OverCancel => "over-cancel",
            Self::ZeroShares => "zero-shares",
            Self::LocateMismatch => "locate-mismatch",
            Self::BadSide => "bad-side",
            Self::NewReferenceLive => "new-reference-live",
            Self::BadState => "bad-state",
        }
    }
}

/// What an anomaly does to its message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnAnomaly {
    /// Counted, applied as far as it makes sense (see [`Anomaly`]).
    #[default]
    Count,
    /// Counted (the first one of the message); the message has no effect.
    Skip,
    /// As [`Self::Skip`], and `apply` returns before this message.
    Stop,
}

/// How often something happened and where first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    pub count: u64,
    /// Offset of the first message ([`hftz_model::Delta::offset`]); meaningless while `count` is 0.
    pub first_offset: u64,
}

impl Tally {
    /// Counts one more, at `offset`.
    pub fn add(&mut self, offset: u64) {
        if self.count == 0 {
            self.first_offset = offset;
        }
        self.count += 1;
    }
}

/// A tally for each kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Anomalies {
    tallies: [Tally; Anomaly::ALL.len()],
}

impl Anomalies {
    #[must_use]
    pub const fn get(&self, kind: Anomaly) -> Tally {
        self.tallies[kind as usize]
    }

    /// All kinds together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.tallies.iter().map(|tally| tally.count).sum()
    }

    /// Every kind with its tally, zero counts included.
    pub fn iter(&self) -> impl Iterator<Item = (Anomaly, Tally)> + '_ {
        Anomaly::ALL.into_iter().zip(self.tallies)
    }

    pub(crate) fn add(&mut self, kind: Anomaly, offset: u64) {
        self.tallies[kind as usize].add(offset);
    }
}

/// How often a book became locked (bid equals ask) or crossed (bid above ask). Normal before the open and in halts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Crossings {
    pub locked: Tally,
    pub crossed: Tally,
}

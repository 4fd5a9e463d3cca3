//! Who is measured, and on what. A peer names the queue of ours that it is compared with.

use super::lanes::{Item, Lane, Large, Middle, Ours, OursBatched, OursLinked, OursMpmc, Single, Small, Wait};
use super::measure::{alone, round_trip, throughput};

/// One measurement: capacity, count, and how to wait.
pub type Measure = fn(usize, u64, Wait) -> Result<f64, String>;

/// A queue, by what can be measured of it.
pub struct Contender {
    pub name: &'static str,
    /// The queue of ours that this one is a peer of; none for ours.
    pub against: Option<&'static str>,
    /// By item size, in the order of [`WORDS`].
    pub throughput: [Option<Measure>; 3],
    pub alone: Option<Measure>,
    pub round_trip: Option<Measure>,
}

/// Words of the items that are sent.
pub const WORDS: [usize; 3] = [1, 4, 8];

fn measured<L: Lane<T>, T: Item>() -> Option<Measure> {
    Some(throughput::<L, T>)
}

impl Contender {
    /// A queue of one producer and one consumer, measured with items of every size.
    #[must_use]
    pub fn spsc<L: Single<Small> + Lane<Middle> + Lane<Large>>() -> Self {
        Self { alone: Some(alone::<L>), round_trip: Some(round_trip::<L>), ..Self::bulk::<L>() }
    }

    /// One whose ends send and receive in bulk: only throughput.
    #[must_use]
    pub fn bulk<L: Lane<Small> + Lane<Middle> + Lane<Large>>() -> Self {
        Self {
            name: <L as Lane<Small>>::NAME,
            against: None,
            throughput: [measured::<L, Small>(), measured::<L, Middle>(), measured::<L, Large>()],
            alone: None,
            round_trip: None,
        }
    }

    /// A queue of many ends, measured with words.
    #[must_use]
    pub fn mpmc<L: Single<Small>>() -> Self {
        Self {
            name: L::NAME,
            against: None,
            throughput: [measured::<L, Small>(), None, None],
            alone: Some(alone::<L>),
            round_trip: Some(round_trip::<L>),
        }
    }

    /// A peer of this queue of ours.
    #[must_use]
    pub fn peer_of(self, ours: &'static str) -> Self {
        Self { against: Some(ours), ..self }
    }
}

/// The queues of hftz.
#[must_use]
pub fn ours() -> Vec<Contender> {
    vec![
        Contender::spsc::<Ours>(),
        Contender::bulk::<OursBatched>(),
        Contender::mpmc::<OursMpmc>(),
        Contender { round_trip: None, ..Contender::mpmc::<OursLinked>() },
    ]
}

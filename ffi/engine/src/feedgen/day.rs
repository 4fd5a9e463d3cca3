//! The shape of a generated day: how many messages which part of it takes, and when it happens.
//!
//! | model time | what | messages |
//! |---|---|---|
//! | 09:29:50 | `O`, directory spin (`R`, `H` in state `Q`, `Y` for each symbol), `S` | 2 + 3 a symbol |
//! | until 09:30 | the opening book, drawn from the model's equilibrium | 1 an order |
//! | 09:30:00 | `Q`, each symbol opens: `H`, opening cross | 1 + 1 a symbol + crosses |
//! | from 09:30 | the flow | the rest |
//! | at the end | `M`, `E`, `C` at the time of the last message | 3 |
//!
//! The day is as short as its messages need, so that a paced replay does not wait for an empty afternoon. Orders that rest at the end
//! stay in the book, as on the real feed.

use hftz_flow::{FlowSettings, Model};

use super::config::FeedgenConfig;

/// Model time of the directory spin, nanoseconds since midnight.
pub const SPIN_NS: u64 = OPEN_NS - 10_000_000_000;
/// When trading opens.
pub const OPEN_NS: u64 = 34_200_000_000_000;
/// When trading ends, for a run that nothing else ends.
pub const CLOSE_NS: u64 = 57_600_000_000_000;
/// `M`, `E`, `C`.
pub const CLOSING: u64 = 3;
/// Feed messages that one symbol makes in a second of model time, rounded up, when the model has a rate of its own.
const PER_SYMBOL: f64 = 160.0;
/// Feed messages of a command, rounded up: what a Hawkes flow gives is its commands.
const PER_COMMAND: f64 = 1.2;
/// Seconds of model time that are filled before the flow is sped up; the day has 23,400.
const FULL_DAY: f64 = 22_000.0;
/// Messages a second that a run without rate is planned for; more than any machine makes.
const FASTEST: u64 = 50_000_000;

/// How a run spends its messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Day {
    /// Messages of the whole day; `None` until 16:00.
    pub total: Option<u64>,
    /// Orders in the opening book.
    pub opening: u64,
    /// Whether some of them may cross, so that the opening trades.
    pub may_cross: bool,
    /// Model rates are multiplied by this, so that a long run still fits into one day.
    pub activity: u32,
}

impl Day {
    /// Plans a run whose model rests `resting` orders in equilibrium.
    ///
    /// # Errors
    /// When the count does not even hold the frame of a day.
    pub fn plan(config: &FeedgenConfig, resting: u64) -> Result<Self, String> {
        let symbols = u64::from(config.symbols);
        let frame = 6 + 4 * symbols;
        let seconds = config.duration_ns.map(|ns| ns as f64 / 1e9);
        // A schedule with bursts has done more by its end than its rate says.
        let work = |ns: u64| config.burst().map_or(ns, |burst| burst.work_by(ns)) as f64 / 1e9;
        let scheduled = config.rate.zip(config.duration_ns).map(|(rate, ns)| (rate * work(ns)) as u64);
        let total = match (config.count, scheduled) {
            (Some(count), Some(scheduled)) => Some(count.min(scheduled.max(frame))),
            (count, scheduled) => count.or(scheduled.map(|scheduled| scheduled.max(frame))),
        };
        let size = total.or(seconds.map(|seconds| (seconds * FASTEST as f64) as u64)).unwrap_or(u64::MAX);
        let Some(room) = size.checked_sub(frame) else {
            return Err(format!(
                "a day of {symbols} symbols has at least {frame} messages (directory, trading states, system events), not {size}"
            ));
        };
        // An uncross writes at most a few messages an order: with a twelfth of the day they never run over its end.
        let opening = resting.min(room / 12);
        let activity = match total.or(seconds.map(|_| size)) {
            None => 1,
            Some(size) => (size as f64 / messages_of_a_day(config)) as u64 + 1,
        };
        Ok(Self {
            total,
            opening,
            may_cross: room >= 10 * opening + symbols,
            activity: u32::try_from(activity).unwrap_or(u32::MAX),
        })
    }

    /// When the order `index` of the opening book comes.
    pub fn opening_ns(&self, index: u64) -> u64 {
        let window = OPEN_NS - SPIN_NS - 1;
        SPIN_NS + 1 + (u128::from(index) * u128::from(window) / u128::from(self.opening.max(1))) as u64
    }
}

/// Messages that the flow makes in [`FULL_DAY`] at its natural rate, about.
fn messages_of_a_day(config: &FeedgenConfig) -> f64 {
    let symbol = match config.model() {
        Model::Zero | Model::Poisson => PER_SYMBOL,
        Model::Hawkes(kernel) => kernel.rate() * PER_COMMAND,
    };
    let faster = config.burst().map_or(1.0, |burst| burst.mean());
    symbol * faster * FULL_DAY * f64::from(config.symbols)
}

/// The flow's settings for a run, its activity still to be planned.
pub fn flow_settings(config: &FeedgenConfig) -> FlowSettings {
    FlowSettings {
        model: config.model(),
        symbols: config.symbols,
        seed: config.seed,
        start_ns: OPEN_NS,
        activity: 1.0,
        burst: config.burst(),
        sizes: config.sizes(),
        extras: config.extras(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plan(config: serde_json::Value) -> Result<Day, String> {
        Day::plan(&serde_json::from_value(config).unwrap(), 1084)
    }

    #[test]
    fn a_long_day_holds_the_whole_opening_and_a_short_one_a_part() {
        let long = plan(json!({"count": 1_000_000})).unwrap();
        assert_eq!((long.total, long.opening, long.may_cross, long.activity), (Some(1_000_000), 1084, true, 1));
        let short = plan(json!({"count": 398})).unwrap();
        assert_eq!((short.opening, short.may_cross), (30, true));
        assert_eq!(plan(json!({"count": 38})).unwrap().opening, 0);
    }

    #[test]
    fn a_count_below_the_frame_of_a_day_is_refused_with_the_number_it_takes() {
        assert!(plan(json!({"count": 37})).unwrap_err().contains("at least 38 messages"));
        assert!(plan(json!({"count": 10, "symbols": 1})).is_ok());
    }

    #[test]
    fn rate_times_duration_is_a_count() {
        assert_eq!(plan(json!({"rate": 100_000, "durationNs": 2_500_000_000_u64})).unwrap().total, Some(250_000));
        let shorter = plan(json!({"rate": 1000, "durationNs": 1_000_000_000, "count": 500})).unwrap();
        assert_eq!(shorter.total, Some(500));
        let burst = json!({"factor": 10, "lengthNs": 1_000_000, "everyNs": 100_000_000});
        let bursts = plan(json!({"rate": 100_000, "durationNs": 1_000_000_000, "burst": burst})).unwrap();
        assert_eq!(bursts.total, Some(109_000));
    }

    #[test]
    fn more_messages_than_a_day_holds_speed_it_up() {
        assert_eq!(plan(json!({"count": 28_000_000})).unwrap().activity, 1);
        assert_eq!(plan(json!({"count": 100_000_000})).unwrap().activity, 4);
        assert_eq!(plan(json!({})).unwrap().activity, 1);
        let slow = json!({"count": 10_000_000, "model": "hawkes", "mu": 1, "alpha": 0});
        assert_eq!(plan(slow).unwrap().activity, 48);
        let slower = json!({"count": 1_000_000, "symbols": 1, "model": "hawkes", "mu": 1e-6, "alpha": 0});
        assert_eq!(plan(slower).unwrap().activity, 37_878_788);
        let bursts = json!({"count": 100_000_000, "burst": {"factor": 301, "lengthNs": 1, "everyNs": 100}});
        assert_eq!(plan(bursts).unwrap().activity, 1);
    }

    #[test]
    fn opening_orders_come_in_order_between_spin_and_open() {
        let day = plan(json!({"count": 1_000_000})).unwrap();
        let times: Vec<u64> = (0..day.opening).map(|index| day.opening_ns(index)).collect();
        assert!(times.is_sorted() && times[0] > SPIN_NS && times[times.len() - 1] < OPEN_NS);
    }
}

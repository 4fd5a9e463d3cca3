//! hftz on the work, in this process.

use std::hint::black_box;
use std::time::Instant;

use hftz_book::matching::{Engine, Settings, Sink};
use hftz_lab::matching::workload::Message;
use hftz_model::{Event, ReportKind};

use super::work::{Done, Traded};

/// Takes every report.
#[derive(Default)]
struct Sum {
    fills: u64,
    shares: u64,
    sum: u64,
}

impl Sink for Sum {
    #[inline]
    fn report(&mut self, event: &Event) {
        let fill = u64::from(event.kind == ReportKind::Fill);
        self.fills += fill;
        self.shares += fill * u64::from(event.quantity);
        self.sum = self.sum.wrapping_add(event.order_id ^ event.price.cast_unsigned());
    }
}

/// A fresh book for every run; its memory is taken before the clock starts.
pub fn work(messages: &[Message]) -> Result<Done, String> {
    let settings = Settings { capacity: 1 << 20, ..Settings::default() };
    let isa = hftz_isa::chosen().map_err(|error| error.to_string())?;
    let mut engine = Engine::new(&settings).map_err(|error| error.to_string())?.run_on(isa);
    let mut sum = Sum::default();
    let start = Instant::now();
    engine.apply_all(messages.iter().map(Message::command), &mut sum);
    let nanoseconds = start.elapsed().as_nanos() as f64;
    black_box(sum.sum);
    // Both sides of a trade are told.
    Ok(Done { nanoseconds, traded: Traded { trades: sum.fills / 2, shares: sum.shares / 2 } })
}

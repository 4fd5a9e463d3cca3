//! One thread that sends on an absolute schedule and reads reports in between: it never waits for either.

use super::flow;
use super::way::Way;
use hftz_clock::{Scale, ticks};
use hftz_hist::{Layout, OwnedHistogram};
use hftz_wire::native::{self, REPORT_BYTES};

/// What was asked of one step of the load.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Commands a second.
    pub rate: u64,
    /// Commands that are sent together; each has an intended time of its own, and they leave at that of the last.
    pub batch: u64,
    pub commands: u64,
    /// How long the last reports are waited for.
    pub patience_ns: u64,
}

/// What came of it.
pub struct Seen {
    /// From a command's intended time to its first report, nanoseconds; by slices of the intended time.
    pub response: Vec<OwnedHistogram>,
    /// From a batch's intended time to its sending.
    pub lateness: OwnedHistogram,
    /// From a command's intended time to the next look of the client's own loop at the clock: what the machine takes away in the same
    /// seconds, as an answer from an exchange without any latency would show it.
    pub floor: OwnedHistogram,
    pub answered: u64,
    /// Batches that the system did not take.
    pub refused: u64,
    pub elapsed_ns: u64,
}

/// Nanoseconds of a slice: what the machine takes away for some milliseconds is seen in some of them only.
pub const SLICE_NS: u64 = 100_000_000;

impl Seen {
    /// All of it.
    pub fn responses(&self) -> OwnedHistogram {
        let mut whole = OwnedHistogram::new(Layout::LATENCY);
        for slice in &self.response {
            // Of one layout.
            let _ = whole.merge(slice);
        }
        whole
    }
}

/// Runs one step; commands are numbered from `first`.
pub fn run(way: &mut impl Way, scale: Scale, load: Load, first: u64) -> Result<Seen, String> {
    let empty = || OwnedHistogram::new(Layout::LATENCY);
    // Of hours, before it overflows.
    let nanoseconds = |number: u64| number * 1_000_000_000 / load.rate;
    let slices = nanoseconds(load.commands) / SLICE_NS + 1;
    let response = (0..slices).map(|_| empty()).collect();
    let mut seen = Seen { response, lateness: empty(), floor: empty(), answered: 0, refused: 0, elapsed_ns: 0 };
    let Load { batch, commands, patience_ns, .. } = load;
    let start = ticks().wrapping_add(scale.ticks(1_000_000));
    let intended = |number: u64| scale.ticks(nanoseconds(number));
    // Commands given away, and the bytes of the last of them, of which those before `at` are on their way.
    let (mut sent, mut bytes, mut at) = (0, Vec::with_capacity(2048), 0);
    // Reports, and how much of one came without its end.
    let (mut buffer, mut held) = ([0; 4096], 0);
    // The command whose time comes next, sent or not.
    let (mut reached, mut last_news) = (0, ticks());
    while seen.answered < commands {
        let now = ticks();
        while reached < commands {
            let due = start.wrapping_add(intended(reached));
            if now < due {
                break;
            }
            seen.floor.record(scale.nanoseconds(now - due));
            reached += 1;
        }
        let due = start.wrapping_add(intended((sent + batch - 1).min(commands)));
        if at == bytes.len() && sent < commands && now >= due {
            bytes.clear();
            at = 0;
            let end = (sent + batch).min(commands);
            (sent..end).for_each(|number| flow::write(first + number, &mut bytes));
            sent = end;
            seen.lateness.record(scale.nanoseconds(now - due));
            last_news = now;
        }
        if at < bytes.len() {
            let given = way.send(&bytes[at..]);
            seen.refused += u64::from(given.is_none());
            at = given.map_or(bytes.len(), |count| at + count);
        }
        // After every batch, so that a client that catches up still reads.
        let count = way.receive(&mut buffer[held..])?;
        if count == 0 {
            if sent == commands && scale.nanoseconds(now.saturating_sub(last_news)) > patience_ns {
                break;
            }
            std::hint::spin_loop();
            continue;
        }
        let now = ticks();
        last_news = now;
        let came = held + count;
        for report in buffer[..came].chunks_exact(REPORT_BYTES) {
            let Ok(report) = report.try_into() else { continue };
            let event = native::read_report(report, 0).map_err(|error| error.to_string())?;
            let Some(number) = flow::answered(&event).and_then(|number| number.checked_sub(first)) else {
                continue;
            };
            seen.answered += 1;
            let due = start.wrapping_add(intended(number));
            let slice = (nanoseconds(number) / SLICE_NS) as usize;
            if let Some(slice) = seen.response.get_mut(slice) {
                slice.record(scale.nanoseconds(now.saturating_sub(due)));
            }
        }
        held = came % REPORT_BYTES;
        buffer.copy_within(came - held..came, 0);
    }
    seen.elapsed_ns = scale.nanoseconds(last_news.saturating_sub(start));
    Ok(seen)
}

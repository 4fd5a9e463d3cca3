//! One thread that sends on an absolute schedule and reads reports in between: it never waits for either.

use super::flow;
use hftz_clock::{Scale, ticks};
use hftz_hist::{Layout, OwnedHistogram};
use hftz_wire::native::{self, REPORT_BYTES};
use std::io::ErrorKind;
use std::net::UdpSocket;

/// What was asked of one step of the load.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Commands a second.
    pub rate: u64,
    /// Commands in a datagram; each has an intended time of its own, and the datagram leaves at that of its last.
    pub batch: u64,
    pub commands: u64,
    /// How long the last reports are waited for.
    pub patience_ns: u64,
}

/// What came of it.
pub struct Seen {
    /// From a command's intended time to its first report, nanoseconds.
    pub response: OwnedHistogram,
    /// From a datagram's intended time to its sending.
    pub lateness: OwnedHistogram,
    /// Between two looks at the clock of the client's own loop: what the machine takes away in the same seconds.
    pub gaps: OwnedHistogram,
    pub answered: u64,
    /// Datagrams that the system did not take.
    pub refused: u64,
    pub elapsed_ns: u64,
}

/// Runs one step; commands are numbered from `first`.
pub fn run(socket: &UdpSocket, scale: Scale, load: Load, first: u64) -> Result<Seen, String> {
    let empty = || OwnedHistogram::new(Layout::LATENCY);
    let mut seen = Seen { response: empty(), lateness: empty(), gaps: empty(), answered: 0, refused: 0, elapsed_ns: 0 };
    let Load { rate, batch, commands, patience_ns } = load;
    let start = ticks().wrapping_add(scale.ticks(1_000_000));
    let intended = |number: u64| scale.ticks((u128::from(number) * 1_000_000_000 / u128::from(rate)) as u64);
    let (mut sent, mut bytes) = (0, Vec::with_capacity(2048));
    let mut buffer = [0; 2048];
    let (mut last_look, mut last_news) = (ticks(), ticks());
    while seen.answered < commands {
        let now = ticks();
        seen.gaps.record(scale.nanoseconds(now.saturating_sub(last_look)));
        last_look = now;
        let due = start.wrapping_add(intended((sent + batch - 1).min(commands)));
        if sent < commands && now >= due {
            bytes.clear();
            let end = (sent + batch).min(commands);
            (sent..end).for_each(|number| flow::write(first + number, &mut bytes));
            sent = end;
            seen.lateness.record(scale.nanoseconds(now - due));
            seen.refused += u64::from(socket.send(&bytes).is_err());
            last_news = now;
        }
        // After every datagram, so that a client that catches up still reads.
        match socket.recv(&mut buffer) {
            Ok(count) => {
                let now = ticks();
                last_news = now;
                for report in buffer[..count].chunks_exact(REPORT_BYTES) {
                    let Ok(report) = report.try_into() else { continue };
                    let event = native::read_report(report, 0).map_err(|error| error.to_string())?;
                    let Some(number) = flow::answered(&event).and_then(|number| number.checked_sub(first)) else {
                        continue;
                    };
                    seen.answered += 1;
                    let due = start.wrapping_add(intended(number));
                    seen.response.record(scale.nanoseconds(now.saturating_sub(due)));
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if sent == commands && scale.nanoseconds(now.saturating_sub(last_news)) > patience_ns {
                    break;
                }
                std::hint::spin_loop();
            }
            // An answer to an earlier datagram, that nobody took it; the next may be fine.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
            Err(error) => return Err(format!("loopback: {error}")),
        }
    }
    seen.elapsed_ns = scale.nanoseconds(last_news.saturating_sub(start));
    Ok(seen)
}

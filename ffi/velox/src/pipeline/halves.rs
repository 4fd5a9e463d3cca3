//! The two halves of a pipeline in two processes: ingress in one, book, bundle and output in the other.
//!
//! A half that ends in order says what it counted, and the other checks it against its own count. A half that dies is missed
//! within milliseconds: the other ends, in order, and says what that cost.

use super::report::{Report, Snapshot};
use super::run::{PipelineError, Site, operate};
use super::segment::{Peer, Role, Segment, Sent};
use crate::config::Config;
use crate::stage::Meters;
use hftz_clock::Scale;
use std::sync::Arc;
use std::time::Duration;

/// How long the ingress half waits for what it has sent to come out.
const DRAIN: Duration = Duration::from_secs(60);

fn sent(meters: &Meters) -> Sent {
    Sent { generated: meters.generated.get(), pushed: meters.pushed.get(), dropped: meters.dropped.get() }
}

/// Runs the ingress half into the shared memory of that name, which the downstream half makes. Drops what finds no room there,
/// and waits at the end until the other half has taken all.
///
/// # Errors
/// [`PipelineError`] when it cannot start, or when the other half did not take everything.
pub fn run_ingress(
    config: &Config,
    scale: Scale,
    name: &str,
    stopped: impl Fn() -> bool,
    mut observe: impl FnMut(&Snapshot<'_>),
) -> Result<Report, PipelineError> {
    let segment = Segment::join(name, &stopped)?;
    let mut site = Site::new(config, scale)?;
    site.add_ingress(segment.producer(config.mean_rate())?);
    let stop = || stopped() || segment.peer() != Peer::Here;
    let watch = |seen: &Snapshot<'_>| {
        segment.tell(sent(seen.meters), 0);
        observe(seen);
    };
    let mut report = operate(site, None, None, stop, watch)?;
    segment.end(false);
    let peer = segment.farewell(DRAIN);
    let (pushed, out) = (report.pushed, segment.out());
    let left = pushed.saturating_sub(out);
    match peer {
        Peer::Ended if out == pushed => {
            report.half = Some(Role::Ingress);
            report.out = out;
            Ok(report)
        }
        Peer::Ended | Peer::Left => Err(PipelineError::Peer(format!(
            "the downstream half was stopped first: of {pushed} transactions that found room {out} came out, {left} were left"
        ))),
        Peer::Died => Err(PipelineError::Peer(format!(
            "the downstream half (process {}) died: of {pushed} transactions that found room {out} or more came out, up to {left} are lost",
            segment.peer_process()
        ))),
        Peer::Absent | Peer::Here => Err(PipelineError::Peer(format!(
            "the downstream half has not taken {left} transactions within {} s",
            DRAIN.as_secs()
        ))),
    }
}

/// Runs the other half in shared memory of that name, which it makes: waits for the ingress half, and goes on until that has
/// ended and everything has come out, or until `stopped` says so.
///
/// # Errors
/// [`PipelineError`] when it cannot start, or when the ingress half died.
pub fn run_downstream(
    config: &Config,
    scale: Scale,
    name: &str,
    stopped: impl Fn() -> bool,
    mut observe: impl FnMut(&Snapshot<'_>),
) -> Result<Report, PipelineError> {
    config.check().map_err(PipelineError::Config)?;
    let segment = Segment::create(name, config.rings[0])?;
    let (ring, rate) = segment.consumer(&stopped)?;
    let mut site = Site::new(config, scale)?;
    let region = site.region(false)?;
    let (recorder, end) = site.intervals()?;
    site.add_downstream(ring, &mut super::joints::Joiner::new(Arc::clone(&region)), recorder, true)?;
    let stop = || stopped() || segment.peer() == Peer::Died;
    let watch = |seen: &Snapshot<'_>| {
        segment.tell(Sent::default(), seen.meters.out.get());
        observe(seen);
    };
    let mut report = operate(site, Some(&region), Some(end), stop, watch)?;
    segment.tell(Sent::default(), report.out);
    segment.end(stopped() && segment.peer() == Peer::Here);
    let peer = segment.farewell(DRAIN);
    if peer == Peer::Died {
        return Err(PipelineError::Peer(format!(
            "the ingress half (process {}) died: the {} transactions that had found room came out",
            segment.peer_process(),
            report.out
        )));
    }
    let sent = segment.sent();
    report.half = Some(Role::Downstream);
    report.offered = rate;
    (report.generated, report.pushed, report.dropped) = (sent.generated, sent.pushed, sent.dropped);
    if stopped() {
        report.abandoned = sent.pushed.saturating_sub(report.booked);
    }
    Ok(report)
}

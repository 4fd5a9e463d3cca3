//! Who runs the two sides: a thread each, or one thread that takes turns.

use super::bell::Bell;
use super::decode::Halted;
use super::ingest::{Ingest, Took};
use super::lane::Inlet;
use super::trader::{Step, Trader};
use crate::run::Control;
use hftz_source::SinkError;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// How often an idle side looks again before it gives its processor away, and then before it sleeps.
const SPINS: u32 = 256;
const YIELDS: u32 = 64;

/// Why trading ended before the input did.
pub enum End {
    Input(Halted),
    Sink(SinkError),
    Interrupted,
}

/// One thread, which stays on `cpu`: each side works until it has nothing to do or must wait for the other.
pub fn run_fused(
    ingest: &mut dyn Ingest,
    mut ring: Inlet,
    trader: &mut Trader,
    control: Control<'_>,
    cpu: Option<usize>,
) -> Result<(), End> {
    pin(cpu);
    let halt = || control.stopped();
    let ended = loop {
        match ingest.step(&mut ring) {
            // Commands that are logged come a burst at a time, and one wait for the disk is to serve many.
            Ok(Took::Some) if ring.keeps_messages() => {}
            Ok(Took::Some | Took::RingFull) => {
                // One step takes what one step brought: whole blocks leave, the rest waits for more.
                loop {
                    match trader.step(control, &halt).map_err(End::Sink)? {
                        Step::Busy if ring.keeps_messages() => {}
                        Step::Held => trader.wait().map_err(End::Sink)?,
                        _ => break,
                    }
                }
            }
            Ok(Took::Dry) => {
                loop {
                    match trader.step(control, &halt).map_err(End::Sink)? {
                        Step::Busy => {}
                        Step::Held | Step::Waiting => trader.wait().map_err(End::Sink)?,
                        Step::Idle | Step::Ended => break,
                    }
                }
                match ingest.wait(control, &halt) {
                    Ok(Took::Ended) => break Ok(()),
                    Ok(_) => {}
                    Err(halted) => break Err(End::Input(halted)),
                }
            }
            Ok(Took::Ended) => break Ok(()),
            Err(halted) => break Err(End::Input(halted)),
        }
        if control.stopped() {
            break Ok(());
        }
    };
    drop(ring);
    loop {
        match trader.step(control, &halt).map_err(End::Sink)? {
            Step::Ended => break,
            Step::Held | Step::Waiting => trader.wait().map_err(End::Sink)?,
            Step::Busy | Step::Idle => {}
        }
        ingest.serve();
    }
    ended.and_then(|()| if control.stopped() { Err(End::Interrupted) } else { Ok(()) })
}

/// Two threads: ingest on one of its own, matching on the caller's. `cpus`: where each stays, ingest first.
pub fn run_apart(
    ingest: &mut dyn Ingest,
    mut ring: Inlet,
    trader: &mut Trader,
    control: Control<'_>,
    bell: &Bell,
    cpus: Option<[usize; 2]>,
) -> Result<(), End> {
    let over = AtomicBool::new(false);
    let halt = || control.stopped() || over.load(Relaxed);
    std::thread::scope(|scope| {
        let reader = || {
            pin(cpus.map(|[ingest, _]| ingest));
            let ended = take_in(ingest, &mut ring, control, bell, &halt);
            drop(ring);
            bell.ring();
            let mut idle = 0;
            while !over.load(Relaxed) {
                ingest.serve();
                pause(&mut idle);
            }
            ended
        };
        let thread = std::thread::Builder::new().name("hftz-ingest".into()).spawn_scoped(scope, reader);
        let thread = thread.map_err(|error| End::Input(Halted::new(format!("cannot start a thread: {error}"))))?;
        pin(cpus.map(|[_, matching]| matching));
        let traded = trade(trader, control, bell);
        over.store(true, Relaxed);
        let taken = thread.join().unwrap_or_else(|_| Err(Halted::new("the ingest thread fell")));
        traded.map_err(End::Sink)?;
        taken.map_err(End::Input)?;
        if control.stopped() { Err(End::Interrupted) } else { Ok(()) }
    })
}

fn take_in(
    ingest: &mut dyn Ingest,
    ring: &mut Inlet,
    control: Control<'_>,
    bell: &Bell,
    halt: &(dyn Fn() -> bool + Sync),
) -> Result<(), Halted> {
    let mut idle = 0;
    while !halt() {
        let took = match ingest.step(ring)? {
            Took::Dry => ingest.wait(control, halt)?,
            took => took,
        };
        match took {
            Took::Some => {
                bell.ring();
                idle = 0;
            }
            Took::Ended => break,
            Took::RingFull | Took::Dry => pause(&mut idle),
        }
    }
    Ok(())
}

fn trade(trader: &mut Trader, control: Control<'_>, bell: &Bell) -> Result<(), SinkError> {
    let halt = || control.stopped();
    let mut idle = 0;
    loop {
        match trader.step(control, &halt)? {
            Step::Busy => idle = 0,
            Step::Idle | Step::Waiting if idle < SPINS + YIELDS => pause(&mut idle),
            Step::Held | Step::Waiting => trader.wait()?,
            Step::Idle => bell.park(|| trader.has_work()),
            Step::Ended => return Ok(()),
        }
    }
}

/// Spins first; then lets others run, who may be the other side on the same processor.
fn pause(idle: &mut u32) {
    if *idle < SPINS {
        std::hint::spin_loop();
    } else {
        std::thread::yield_now();
    }
    *idle = idle.saturating_add(1);
}

/// How long one has waited for the other side.
#[derive(Default)]
pub struct Patience(u32);

impl Patience {
    /// Waits a little, the longer the more often: spins, lets others run, sleeps until `bell` rings unless there `is_work`.
    pub fn wait(&mut self, bell: &Bell, is_work: impl FnOnce() -> bool) {
        if self.0 < SPINS + YIELDS {
            pause(&mut self.0);
        } else {
            bell.park(is_work);
        }
    }
}

/// A processor that is not to be had leaves the thread where the system wants it.
fn pin(cpu: Option<usize>) {
    if let Some(cpu) = cpu {
        let _ = hftz_velox::host::pin(cpu);
    }
}

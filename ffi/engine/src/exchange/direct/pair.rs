//! Two threads: one reads, decodes and writes, the caller's matches.
//!
//! ```text
//!          bursts of commands
//!   clerk ───────────────────▶ matching thread
//!         ◀───────────────────
//!          the same, with what is to be written
//! ```
//!
//! A fixed number of bursts goes round, so that nothing is allocated, a slow reader of the reports slows the matching down, and
//! what one thread wrote goes around its cache to the other ([`hftz_ring::around`]). The matching thread never waits for a file.

use super::super::bell::Bell;
use super::super::decode::Halted;
use super::super::ingest::Took;
use super::super::outputs::{BLOCK, Outputs};
use super::super::reader::Reader;
use super::super::threads::{End, Patience};
use super::Matcher;
use super::burst::{Burst, ROOM};
use crate::run::Control;
use hftz_model::{Command, CommandKind};
use hftz_ring::around;
use hftz_ring::spsc::{Consumer, Producer, channel};
use hftz_source::{Halt, SinkError};

/// Bursts that go round: a millisecond of matching, far more than it takes to wake a thread that went to sleep. They need not fit a
/// cache, as they go around it.
const BURSTS: usize = 64;
/// A clerk that sleeps is woken when the matching thread has so many left: seldom, and in time.
const LOW: usize = BURSTS / 2;
/// Commands asked for while as many before them are matched.
const AHEAD: usize = 32;
/// Commands that may wait.
pub const COMMANDS: usize = BURSTS * ROOM;

pub fn run(reader: &mut Reader, matcher: &mut Matcher, outputs: &mut Outputs, control: Control<'_>) -> Result<(), End> {
    let no_ring = |error: hftz_ring::RingError| End::Input(Halted::new(error.to_string()));
    let (to, from_clerk) = channel(BURSTS).map_err(no_ring)?;
    let (to_clerk, from) = channel(BURSTS).map_err(no_ring)?;
    let (matching, clerking) = (Bell::default(), Bell::default());
    let halt = || control.stopped();
    std::thread::scope(|scope| {
        let (matching, clerking) = (&matching, &clerking);
        let work = || {
            let idle = (0..BURSTS).map(|_| Burst::new()).collect();
            let clerk = Clerk { reader, outputs, to, from, idle, matching, own: clerking };
            clerk.run(control, &halt)
        };
        let thread = std::thread::Builder::new().name("hftz-clerk".into()).spawn_scoped(scope, work);
        let thread = thread.map_err(|error| End::Input(Halted::new(format!("cannot start a thread: {error}"))))?;
        matcher.serve(from_clerk, to_clerk, control, matching, clerking);
        thread.join().unwrap_or_else(|_| Err(End::Input(Halted::new("the reading thread fell"))))
    })
}

impl Matcher {
    /// Matches bursts until there will be no more.
    fn serve(
        &mut self,
        mut from: Consumer<Burst>,
        mut to: Producer<Burst>,
        control: Control<'_>,
        own: &Bell,
        clerk: &Bell,
    ) {
        let mut patience = Patience::default();
        while !from.is_finished() {
            let Some(mut burst) = from.pop() else {
                patience.wait(own, || !from.is_empty() || from.is_closed());
                continue;
            };
            patience = Patience::default();
            self.apply(burst.commands());
            if burst.sweeps || self.desk.waiting() >= BLOCK {
                self.desk.hand_over(&mut burst.harvest);
            }
            let now_ns = self.vitals.now_ns();
            self.vitals.record(burst.arrival_ns, now_ns, burst.commands().len() as u64);
            let waiting = from.len();
            self.vitals.note_depth(waiting * ROOM);
            self.vitals.show_now_and_then(now_ns, control, &self.desk, waiting * ROOM);
            // There is room: the ring holds as many as there are.
            let _ = to.push(burst);
            if waiting <= LOW {
                clerk.ring();
            }
        }
        drop(to);
        clerk.ring();
    }

    fn apply(&mut self, commands: &[Command]) {
        let cut = |commands: &[Command]| commands.len().min(AHEAD);
        let (mut next, mut rest) = commands.split_at(cut(commands));
        around::fetch(next);
        while !next.is_empty() {
            let now = next;
            (next, rest) = rest.split_at(cut(rest));
            around::fetch(next);
            self.desk.apply_all(now);
        }
    }
}

/// The thread that reads and writes.
struct Clerk<'a> {
    reader: &'a mut Reader,
    outputs: &'a mut Outputs,
    to: Producer<Burst>,
    from: Consumer<Burst>,
    /// Bursts that nobody has anything in.
    idle: Vec<Burst>,
    matching: &'a Bell,
    own: &'a Bell,
}

impl Clerk<'_> {
    fn run(mut self, control: Control<'_>, halt: Halt<'_>) -> Result<(), End> {
        let read = self.read(control, halt);
        if !matches!(read, Err(End::Sink(_))) {
            self.gather(halt)?;
        }
        // Both rings end here, whatever happened: the matching thread goes home.
        drop(self.to);
        self.matching.ring();
        read
    }

    /// Reads until the input ends, and writes what comes back meanwhile.
    fn read(&mut self, control: Control<'_>, halt: Halt<'_>) -> Result<(), End> {
        let mut room = vec![Command::empty(CommandKind::Clock); ROOM].into_boxed_slice();
        while !halt() {
            let arrival_ns = self.reader.arrival_ns();
            let (count, took) = self.reader.take(&mut room);
            if count > 0 {
                self.send(&room[..count], arrival_ns, false, halt)?;
            }
            match took.map_err(End::Input)? {
                Took::Dry => {
                    if !self.reader.is_ready() {
                        self.gather(halt)?;
                    }
                    self.outputs.rest().map_err(End::Sink)?;
                    self.reader.wait(control, halt).map_err(End::Input)?;
                }
                Took::Ended => break,
                Took::Some | Took::RingFull => {}
            }
        }
        Ok(())
    }

    /// Has everything come back that is still being matched, and writes it.
    fn gather(&mut self, halt: Halt<'_>) -> Result<(), End> {
        self.send(&[], self.reader.arrival_ns(), true, halt)?;
        while self.idle.len() < BURSTS {
            self.collect((BURSTS - self.idle.len()).div_ceil(2), halt)?;
        }
        Ok(())
    }

    /// Hands commands to the matching thread; with `sweeps` everything that waits there comes back.
    fn send(&mut self, commands: &[Command], arrival_ns: u64, sweeps: bool, halt: Halt<'_>) -> Result<(), End> {
        let mut burst = self.idle_one(halt)?;
        burst.fill(commands, arrival_ns);
        burst.sweeps = sweeps;
        // There is room: the ring holds as many as there are.
        let _ = self.to.push(burst);
        self.matching.ring();
        Ok(())
    }

    /// A burst that nobody has anything in.
    fn idle_one(&mut self, halt: Halt<'_>) -> Result<Burst, End> {
        if self.idle.is_empty() {
            self.collect(BURSTS - LOW, halt)?;
        }
        self.idle.pop().ok_or(End::Sink(SinkError::Stopped))
    }

    /// Waits until `enough` bursts have come back, at most half of those that are away: then the matching thread has no more than
    /// `LOW` left and rings. Writes what they bring, in their order.
    fn collect(&mut self, enough: usize, halt: Halt<'_>) -> Result<(), End> {
        let Self { from, own, .. } = self;
        // Asleep at once: it takes long until so many are back, and who spins meanwhile is in somebody's way.
        while from.len() < enough && !from.is_closed() {
            own.park(|| from.len() >= enough || from.is_closed());
        }
        if from.is_finished() {
            return Err(End::Sink(SinkError::Stopped));
        }
        while let Some(mut burst) = self.from.pop() {
            self.outputs.write_harvest(&mut burst.harvest, halt).map_err(End::Sink)?;
            self.idle.push(burst);
        }
        Ok(())
    }
}

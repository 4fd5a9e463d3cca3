//! Two threads with a log: one reads and decodes, the caller's logs, matches and writes.
//!
//! ```text
//!          parcels of commands with their bytes
//!   clerk ─────────────────────────────────────▶ log, matching
//!         ◀─────────────────────────────────────
//!          the same, empty
//! ```
//!
//! Other than without a log ([`super::pair`]) the matching thread writes: what may leave is the log's to say, long after its burst came,
//! and while the disk is waited for the clerk goes on reading.

use super::super::bell::Bell;
use super::super::decode::Halted;
use super::super::desk::Desk;
use super::super::ingest::Took;
use super::super::outputs::Outputs;
use super::super::reader::Reader;
use super::super::threads::{End, Patience};
use super::Matcher;
use super::logged::{BURST, Supply, Taken, enter_line, follow};
use crate::run::Control;
use hftz_model::{Command, CommandKind};
use hftz_ring::around;
use hftz_ring::spsc::{Consumer, Producer, channel};
use hftz_source::Halt;
use std::sync::atomic::{AtomicBool, Ordering};

/// Parcels that go round: as many commands as without a log, and half a millisecond of them at least.
const PARCELS: usize = 128;
/// A clerk that sleeps is woken when the matching thread has so many left.
const LOW: usize = PARCELS / 2;
/// Commands that may wait.
pub const COMMANDS: usize = PARCELS * BURST;

/// Commands that came together, and the bytes that they were.
#[derive(Default)]
struct Parcel {
    commands: Vec<Command>,
    messages: Vec<u8>,
    /// Where the line of each ends in `messages`; nothing when they say how long they are.
    ends: Vec<usize>,
    arrival_ns: u64,
    /// Whether whoever sends them may be waiting for an answer.
    is_last: bool,
}

impl Parcel {
    fn clear(&mut self) {
        self.commands.clear();
        self.messages.clear();
        self.ends.clear();
        self.is_last = false;
    }

    fn add(&mut self, commands: &[Command], messages: &[u8]) {
        // SAFETY: a command has no padding, its tail is a field; nor has a byte.
        unsafe {
            around::extend(&mut self.commands, commands);
            around::extend(&mut self.messages, messages);
        }
    }

    fn enter(&self, desk: &mut Desk) {
        around::fetch(&self.commands);
        if self.ends.is_empty() {
            return desk.enter_all(&self.commands, &self.messages);
        }
        let mut start = 0;
        for (command, &end) in self.commands.iter().zip(&self.ends) {
            enter_line(desk, command, &self.messages[start..end], self.arrival_ns);
            start = end;
        }
    }
}

pub fn run(reader: &mut Reader, matcher: &mut Matcher, outputs: &mut Outputs, control: Control<'_>) -> Result<(), End> {
    let no_ring = |error: hftz_ring::RingError| End::Input(Halted::new(error.to_string()));
    let (to, from) = channel(PARCELS).map_err(no_ring)?;
    let (back, idle) = channel(PARCELS).map_err(no_ring)?;
    let (matching, clerking) = (Bell::default(), Bell::default());
    let over = AtomicBool::new(false);
    let halt = || control.stopped() || over.load(Ordering::Relaxed);
    std::thread::scope(|scope| {
        let (matching, clerking) = (&matching, &clerking);
        let work = || {
            let stock = (0..PARCELS).map(|_| Parcel::default()).collect();
            Clerk { reader, to, idle, stock, matching, own: clerking }.run(control, &halt)
        };
        let thread = std::thread::Builder::new().name("hftz-clerk".into()).spawn_scoped(scope, work);
        let thread = thread.map_err(|error| End::Input(Halted::new(format!("cannot start a thread: {error}"))))?;
        let mut handed =
            Handed { from, back, is_last: false, patience: Patience::default(), own: matching, clerk: clerking };
        let ended = follow(&mut handed, matcher, outputs, control);
        over.store(true, Ordering::Relaxed);
        // Whoever waits for a parcel learns by the end of its ring that there will be none.
        drop(handed);
        clerking.ring();
        let read = thread.join().unwrap_or_else(|_| Err(Halted::new("the reading thread fell")));
        ended.and(read.map_err(End::Input))
    })
}

/// The parcels of the other thread.
struct Handed<'a> {
    from: Consumer<Parcel>,
    back: Producer<Parcel>,
    /// Whether the last one that came was followed by nothing.
    is_last: bool,
    patience: Patience,
    own: &'a Bell,
    clerk: &'a Bell,
}

impl Supply for Handed<'_> {
    fn take(&mut self, desk: &mut Desk) -> Taken {
        let Some(mut parcel) = self.from.pop() else {
            let took = if self.from.is_finished() { Took::Ended } else { Took::Dry };
            return Taken { arrival_ns: 0, count: 0, took: Ok(took) };
        };
        self.patience = Patience::default();
        parcel.enter(desk);
        let (arrival_ns, count) = (parcel.arrival_ns, parcel.commands.len());
        self.is_last = parcel.is_last;
        parcel.clear();
        // There is room: the ring holds as many as there are.
        let _ = self.back.push(parcel);
        if self.from.len() <= LOW {
            self.clerk.ring();
        }
        Taken { arrival_ns, count, took: Ok(Took::Some) }
    }

    fn is_ready(&mut self) -> bool {
        !self.is_last || !self.from.is_empty()
    }

    fn waiting(&mut self) -> usize {
        self.from.len() * BURST
    }

    fn wait(&mut self, _: Control<'_>, _: Halt<'_>) -> Result<(), Halted> {
        let Self { from, patience, own, .. } = self;
        patience.wait(own, || !from.is_empty() || from.is_closed());
        Ok(())
    }
}

/// The thread that reads.
struct Clerk<'a> {
    reader: &'a mut Reader,
    to: Producer<Parcel>,
    idle: Consumer<Parcel>,
    /// Parcels that nobody has anything in.
    stock: Vec<Parcel>,
    matching: &'a Bell,
    own: &'a Bell,
}

impl Clerk<'_> {
    fn run(mut self, control: Control<'_>, halt: Halt<'_>) -> Result<(), Halted> {
        let read = self.read(control, halt);
        // The ring ends here, whatever happened: the matching thread comes to its end.
        drop(self.to);
        self.matching.ring();
        read
    }

    fn read(&mut self, control: Control<'_>, halt: Halt<'_>) -> Result<(), Halted> {
        let mut room = vec![Command::empty(CommandKind::Clock); BURST].into_boxed_slice();
        while !halt() {
            let Some(mut parcel) = self.empty_one() else { return Ok(()) };
            let took = self.fill(&mut parcel, &mut room);
            let is_dry = took == Ok(Took::Dry);
            parcel.is_last = is_dry && !self.reader.is_ready();
            if parcel.commands.is_empty() && !parcel.is_last {
                self.stock.push(parcel);
            } else {
                // There is room: the ring holds as many as there are.
                let _ = self.to.push(parcel);
                self.matching.ring();
            }
            match took? {
                Took::Dry => {
                    self.reader.wait(control, halt)?;
                }
                Took::Ended => break,
                Took::Some | Took::RingFull => {}
            }
        }
        Ok(())
    }

    /// Decodes what is there and fits.
    fn fill(&mut self, parcel: &mut Parcel, room: &mut [Command]) -> Result<Took, Halted> {
        parcel.arrival_ns = self.reader.arrival_ns();
        if !self.reader.is_text() {
            return self.reader.take_with(room, |commands, messages| parcel.add(commands, messages)).1;
        }
        loop {
            let (_, took) = self.reader.take_with(&mut room[..1], |commands, line| {
                parcel.add(commands, line);
                parcel.ends.extend((!commands.is_empty()).then_some(parcel.messages.len()));
            });
            if parcel.commands.len() >= BURST || took != Ok(Took::Some) {
                return took;
            }
        }
    }

    /// A parcel that nobody has anything in; `None` when the matching thread is gone.
    fn empty_one(&mut self) -> Option<Parcel> {
        let Self { idle, own, stock, .. } = self;
        if stock.is_empty() {
            while idle.len() < PARCELS - LOW && !idle.is_closed() {
                own.park(|| idle.len() >= PARCELS - LOW || idle.is_closed());
            }
            while let Some(parcel) = idle.pop() {
                stock.push(parcel);
            }
        }
        stock.pop()
    }
}

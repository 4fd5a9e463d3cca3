//! With a log: has it keep a burst, matches it, and writes what the log lets out.
//!
//! The log has the whole burst before the engine sees its first command: a recovery may find so many commands more than anybody
//! heard of, as it may in any case, and never one less. Only lines are taken one by one: each is kept as it came. Where bursts come
//! from is a [`Supply`]'s: decoded here in turns, or by a second thread ([`super::relay`]).

use super::super::decode::Halted;
use super::super::desk::Desk;
use super::super::ingest::Took;
use super::super::lane::{ClientId, Inbound};
use super::super::outputs::{Outputs, Urgency};
use super::super::reader::Reader;
use super::super::threads::End;
use super::super::unanswered::Unanswered;
use super::Matcher;
use crate::run::Control;
use hftz_model::{Command, CommandKind};
use hftz_source::{Halt, SinkError};

/// Commands decoded, logged and matched at once: they stay in the first-level cache, with their bytes and their records.
pub const BURST: usize = 128;
/// Commands whose reports may be held back for the log: more than it takes to keep the disk busy.
pub const MOST_HELD: u64 = 1 << 15;

/// What was taken at once.
pub struct Taken {
    pub arrival_ns: u64,
    /// Commands that the desk has entered.
    pub count: usize,
    pub took: Result<Took, Halted>,
}

/// Brings commands to the desk.
pub trait Supply {
    /// Has the desk enter what is here, at most a burst. Never waits.
    fn take(&mut self, desk: &mut Desk) -> Taken;

    /// Whether more is on its way without anybody's waiting for an answer.
    fn is_ready(&mut self) -> bool;

    /// Commands that wait to be taken.
    fn waiting(&mut self) -> usize;

    /// Waits until there may be something to take.
    ///
    /// # Errors
    /// When the input cannot be read.
    fn wait(&mut self, control: Control<'_>, halt: Halt<'_>) -> Result<(), Halted>;
}

/// Decodes in turns with everything else.
struct Own<'a> {
    reader: &'a mut Reader,
    room: Box<[Command]>,
}

/// One thread.
pub fn run(reader: &mut Reader, matcher: &mut Matcher, outputs: &mut Outputs, control: Control<'_>) -> Result<(), End> {
    let room = vec![Command::empty(CommandKind::Clock); BURST].into_boxed_slice();
    follow(&mut Own { reader, room }, matcher, outputs, control)
}

/// Logs, matches and writes what a supply brings until it ends.
pub fn follow(
    supply: &mut impl Supply,
    matcher: &mut Matcher,
    outputs: &mut Outputs,
    control: Control<'_>,
) -> Result<(), End> {
    let halt = || control.stopped();
    let mut line = Line { supply, matcher, outputs, unanswered: Unanswered::default() };
    let ended = line.run(control, &halt);
    if !matches!(ended, Err(End::Sink(_))) {
        line.settle(&halt).map_err(End::Sink)?;
    }
    ended
}

struct Line<'a, S> {
    supply: &'a mut S,
    matcher: &'a mut Matcher,
    outputs: &'a mut Outputs,
    unanswered: Unanswered,
}

impl<S: Supply> Line<'_, S> {
    fn run(&mut self, control: Control<'_>, halt: Halt<'_>) -> Result<(), End> {
        while !halt() {
            if self.matcher.taken - self.matcher.released() >= MOST_HELD {
                self.matcher.desk.wait().map_err(End::Sink)?;
            }
            let Taken { arrival_ns, count, took } = self.supply.take(&mut self.matcher.desk);
            if count > 0 {
                self.unanswered.arrive(arrival_ns, count as u64);
                self.matcher.taken += count as u64;
                self.matcher.desk.mark(self.matcher.taken, 0);
                self.matcher.desk.open().map_err(End::Sink)?;
                self.let_out(Urgency::Busy, halt).map_err(End::Sink)?;
                let waiting = self.supply.waiting();
                let Matcher { desk, vitals, .. } = &mut *self.matcher;
                vitals.note_depth(waiting);
                vitals.show_now_and_then(vitals.now_ns(), control, desk, waiting);
            }
            match took.map_err(End::Input)? {
                Took::Dry => {
                    // Who waits for an answer sends nothing before it.
                    if self.supply.is_ready() {
                        self.outputs.rest().map_err(End::Sink)?;
                    } else {
                        self.settle(halt).map_err(End::Sink)?;
                        self.matcher.desk.rest();
                    }
                    self.supply.wait(control, halt).map_err(End::Input)?;
                }
                Took::Ended => break,
                Took::Some | Took::RingFull => {}
            }
        }
        Ok(())
    }

    /// Writes what may leave.
    fn let_out(&mut self, urgency: Urgency, halt: Halt<'_>) -> Result<(), SinkError> {
        self.outputs.write(&mut self.matcher.desk, urgency, halt)?;
        let released = self.matcher.released();
        let now_ns = self.matcher.vitals.now_ns();
        self.unanswered.answer(released, now_ns, &mut self.matcher.vitals);
        Ok(())
    }

    /// Waits for the log until everything may leave, and writes it.
    fn settle(&mut self, halt: Halt<'_>) -> Result<(), SinkError> {
        self.matcher.desk.settle()?;
        self.let_out(Urgency::Idle, halt)
    }
}

/// Has the desk enter a command that came as a line.
pub fn enter_line(desk: &mut Desk, command: &Command, line: &[u8], arrival_ns: u64) {
    let inbound = Inbound { command: *command, arrival_ns, client: ClientId::NOBODY, message_bytes: 0 };
    desk.apply(&inbound, line.trim_ascii());
}

impl Supply for Own<'_> {
    fn take(&mut self, desk: &mut Desk) -> Taken {
        let Self { reader, room } = self;
        let arrival_ns = reader.arrival_ns();
        if !reader.is_text() {
            let (count, took) = reader.take_with(room, |commands, messages| desk.enter_all(commands, messages));
            return Taken { arrival_ns, count, took };
        }
        let mut taken = 0;
        loop {
            let (count, took) = reader.take_with(&mut room[..1], |commands, line| {
                commands.iter().for_each(|command| enter_line(desk, command, line, arrival_ns));
            });
            taken += count;
            if taken >= BURST || !matches!(took, Ok(Took::Some)) {
                return Taken { arrival_ns, count: taken, took };
            }
        }
    }

    fn is_ready(&mut self) -> bool {
        self.reader.is_ready()
    }

    fn waiting(&mut self) -> usize {
        0
    }

    fn wait(&mut self, control: Control<'_>, halt: Halt<'_>) -> Result<(), Halted> {
        self.reader.wait(control, halt).map(|_| ())
    }
}

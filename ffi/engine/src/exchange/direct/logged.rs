//! One thread with a log: decodes a burst, has the log keep it, matches it, and writes what the log lets out.
//!
//! The log has the whole burst before the engine sees its first command: a recovery may find so many commands more than anybody
//! heard of, as it may in any case, and never one less. Only lines are taken one by one: each is kept as it came.

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
const BURST: usize = 128;
/// Commands whose reports may be held back for the log: more than it takes to keep the disk busy.
pub const MOST_HELD: u64 = 1 << 15;

pub fn run(reader: &mut Reader, matcher: &mut Matcher, outputs: &mut Outputs, control: Control<'_>) -> Result<(), End> {
    let halt = || control.stopped();
    let mut line = Line { reader, matcher, outputs, unanswered: Unanswered::default() };
    let ended = line.run(control, &halt);
    if !matches!(ended, Err(End::Sink(_))) {
        line.settle(&halt).map_err(End::Sink)?;
    }
    ended
}

struct Line<'a> {
    reader: &'a mut Reader,
    matcher: &'a mut Matcher,
    outputs: &'a mut Outputs,
    unanswered: Unanswered,
}

impl Line<'_> {
    fn run(&mut self, control: Control<'_>, halt: Halt<'_>) -> Result<(), End> {
        let mut room = vec![Command::empty(CommandKind::Clock); BURST].into_boxed_slice();
        while !halt() {
            if self.matcher.taken - self.matcher.released() >= MOST_HELD {
                self.matcher.desk.wait().map_err(End::Sink)?;
            }
            let arrival_ns = self.reader.arrival_ns();
            let (count, took) = take(self.reader, &mut self.matcher.desk, &mut room);
            if count > 0 {
                self.unanswered.arrive(arrival_ns, count as u64);
                self.matcher.taken += count as u64;
                self.matcher.desk.mark(self.matcher.taken, 0);
                self.matcher.desk.open().map_err(End::Sink)?;
                self.let_out(Urgency::Busy, halt).map_err(End::Sink)?;
                let Matcher { desk, vitals, .. } = &mut *self.matcher;
                vitals.show_now_and_then(vitals.now_ns(), control, desk, 0);
            }
            match took.map_err(End::Input)? {
                Took::Dry => {
                    // Who waits for an answer sends nothing before it.
                    if self.reader.is_ready() {
                        self.outputs.rest().map_err(End::Sink)?;
                    } else {
                        self.settle(halt).map_err(End::Sink)?;
                        self.matcher.desk.rest();
                    }
                    self.reader.wait(control, halt).map_err(End::Input)?;
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

/// Has the desk enter what has been read, as much as there is room for; how many commands. Never waits.
fn take(reader: &mut Reader, desk: &mut Desk, room: &mut [Command]) -> (usize, Result<Took, Halted>) {
    if !reader.is_text() {
        return reader.take_with(room, |commands, messages| desk.enter_all(commands, messages));
    }
    let mut taken = 0;
    loop {
        let arrival_ns = reader.arrival_ns();
        let (count, took) = reader.take_with(&mut room[..1], |commands, line| {
            for command in commands {
                let inbound = Inbound { command: *command, arrival_ns, client: ClientId::NOBODY, message_bytes: 0 };
                desk.apply(&inbound, line.trim_ascii());
            }
        });
        taken += count;
        if taken >= BURST || !matches!(took, Ok(Took::Some)) {
            return (taken, took);
        }
    }
}

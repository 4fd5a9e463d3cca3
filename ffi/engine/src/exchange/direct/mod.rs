//! The shortest way for the orders of a file or pipe: in bursts, without a word beside each command.
//!
//! ```text
//! bytes --decode--> burst --[log]--> match --> reports, feed --> files, MoldUDP64
//! ```
//!
//! Nobody waits for the answer to one of them, so neither sender nor time goes along with a command, as it does through the ring of a
//! service ([`super::lane`]): a burst arrived at one time and is answered at one time. One thread does everything in turns
//! ([`alone`], with a log [`logged`]), or a second one decodes and writes while this one matches ([`pair`]); with a log the second one
//! only decodes ([`relay`]).

mod alone;
mod burst;
mod logged;
mod pair;
mod relay;

pub use logged::MOST_HELD;

use super::desk::Desk;
use super::outputs::{Outputs, Urgency};
use super::reader::Reader;
use super::threads::End;
use super::trader::Finished;
use super::vitals::Vitals;
use crate::run::Control;
use hftz_source::Halt;
use std::time::Instant;

/// The engine with the figures about it.
struct Matcher {
    desk: Desk,
    vitals: Vitals,
    /// Commands, if a log keeps them.
    taken: u64,
}

/// Takes the whole input, on two threads or one; what is left of the run, and whether the input was taken whole.
pub fn run(
    mut reader: Reader,
    desk: Desk,
    mut outputs: Outputs,
    two: bool,
    started: Instant,
    control: Control<'_>,
) -> (Finished, Result<(), End>) {
    let slots = match (two, desk.is_unlogged()) {
        (false, _) => 0,
        (true, true) => pair::COMMANDS,
        (true, false) => relay::COMMANDS,
    };
    let mut matcher = Matcher { desk, vitals: Vitals::new(started, slots), taken: 0 };
    let run = match (two, matcher.desk.is_unlogged()) {
        (false, true) => alone::run,
        (false, false) => logged::run,
        (true, true) => pair::run,
        (true, false) => relay::run,
    };
    let ended = run(&mut reader, &mut matcher, &mut outputs, control);
    let ended = ended.and_then(|()| if control.stopped() { Err(End::Interrupted) } else { Ok(()) });
    let halt = || control.stopped();
    (matcher.finish(outputs, !matches!(ended, Err(End::Sink(_))), control, &halt), ended)
}

impl Matcher {
    /// Commands whose reports may leave.
    fn released(&self) -> u64 {
        self.desk.free().map_or(self.taken, |free| free.commands)
    }

    /// Ends the day; the outputs, if they still take anything, have what belongs to it, and are still open.
    fn finish(mut self, mut outputs: Outputs, takes: bool, control: Control<'_>, halt: Halt<'_>) -> Finished {
        self.desk.close();
        self.desk.mark(self.taken, 0);
        let mut written = self.desk.settle();
        if takes {
            written = written.and_then(|()| outputs.write(&mut self.desk, Urgency::Idle, halt));
        }
        let mut figures = self.vitals.figures(control, &self.desk);
        let (journal, closed) = self.desk.close_log();
        figures.extend(journal.map(|journal| ("journal".to_owned(), journal)));
        Finished { figures, failed: written.and(closed).err(), mail: Vec::new(), outputs }
    }
}

//! One thread: decodes a burst, matches it, and writes reports when a block of them is together.

use super::super::ingest::Took;
use super::super::outputs::{Outputs, Urgency};
use super::super::reader::Reader;
use super::super::threads::End;
use super::Matcher;
use crate::run::Control;
use hftz_model::{Command, CommandKind};

/// Commands decoded at once: they stay in the first-level cache beside what the engine needs, and a look at the clock costs
/// nothing a command.
const BURST: usize = 128;

pub fn run(
    reader: &mut Reader,
    Matcher { desk, vitals, .. }: &mut Matcher,
    outputs: &mut Outputs,
    control: Control<'_>,
) -> Result<(), End> {
    let halt = || control.stopped();
    let mut room = vec![Command::empty(CommandKind::Clock); BURST].into_boxed_slice();
    while !halt() {
        let arrival_ns = reader.arrival_ns();
        let (count, took) = reader.take(&mut room);
        if count > 0 {
            desk.apply_all(&room[..count]);
            outputs.write(desk, Urgency::Busy, &halt).map_err(End::Sink)?;
            let now_ns = vitals.now_ns();
            vitals.record(arrival_ns, now_ns, count as u64);
            vitals.show_now_and_then(now_ns, control, desk, 0);
        }
        match took.map_err(End::Input)? {
            Took::Dry => {
                let urgency = if reader.is_ready() { Urgency::Busy } else { Urgency::Idle };
                outputs.write(desk, urgency, &halt).map_err(End::Sink)?;
                outputs.rest().map_err(End::Sink)?;
                reader.wait(control, &halt).map_err(End::Input)?;
            }
            Took::Ended => return Ok(()),
            Took::Some | Took::RingFull => {}
        }
    }
    Ok(())
}

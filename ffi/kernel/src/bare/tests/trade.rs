//! The matching engine of the command line, in the kernel.

use super::{Stop, Verdict};
use crate::cpu::smp::{begin, finish};
use crate::machine::machine;
use crate::{check, some, tests};
use hftz_kernel::trade::drill::{COUNT, KNOWN, SEED, run};

tests!("trade":
    a_generated_flow_is_answered_as_in_user_space,
    another_processor_answers_the_same,
    the_engine_gives_its_memory_back,
);

fn a_generated_flow_is_answered_as_in_user_space() -> Verdict {
    check!(some!(run(SEED, COUNT).ok()) == KNOWN);
    Ok(())
}

fn another_processor_answers_the_same() -> Verdict {
    if machine().cpus < 2 {
        return Err(Stop::Skip("one processor"));
    }
    check!(begin(1, |seed| run(seed, COUNT).map_or(0, |answer| answer.report_hash), SEED));
    let here = run(SEED, COUNT).map_or(0, |answer| answer.report_hash);
    check!(finish(1) == Some(KNOWN.report_hash) && here == KNOWN.report_hash);
    Ok(())
}

fn the_engine_gives_its_memory_back() -> Verdict {
    let before = crate::mem::heap::usage().blocks;
    check!(run(1, 100).is_ok());
    check!(crate::mem::heap::usage().blocks == before);
    Ok(())
}

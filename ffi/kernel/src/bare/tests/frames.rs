//! Physical frames.

use super::{Stop, Verdict};
use crate::cpu::percpu;
use crate::machine::machine;
use crate::mem::{layout, phys};
use crate::{check, some, tests};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};
use hftz_kernel::mem::pressure::Level;
use hftz_kernel::mem::{Frame, FrameError, PageSize};

tests!("mem/frames":
    a_thousand_frames_are_a_thousand_frames,
    a_frame_is_memory_of_its_own,
    a_double_free_is_refused,
    a_frame_nobody_owns_is_refused,
    the_frame_freed_last_is_served_first,
    a_run_of_2_mib_is_aligned,
    a_run_given_back_can_be_taken_again,
    a_coloured_frame_has_its_colour,
    memory_above_4_gib_is_memory,
    out_of_memory_is_none_and_passes,
    pressure_is_announced_before_memory_is_out,
);

/// Frees frames that the test owns.
fn give(frames: impl IntoIterator<Item = Frame>) -> Result<(), FrameError> {
    frames.into_iter().try_for_each(phys::free)
}

fn word(frame: Frame) -> *mut u64 {
    phys::pointer(frame.address()).cast()
}

fn a_thousand_frames_are_a_thousand_frames() -> Verdict {
    let mut frames: Vec<Frame> = Vec::with_capacity(1_000);
    let room = phys::available();
    frames.extend((0..1_000).map_while(|_| phys::alloc()));
    check!(frames.len() == 1_000);
    check!(phys::available() == room - 1_000);
    frames.sort_unstable();
    frames.dedup();
    check!(frames.len() == 1_000);
    check!(give(frames).is_ok());
    check!(phys::available() >= room);
    Ok(())
}

fn a_frame_is_memory_of_its_own() -> Verdict {
    let (one, two) = (some!(phys::alloc()), some!(phys::alloc()));
    // SAFETY: both frames are this test's.
    let kept = unsafe {
        word(one).write_volatile(0x1111_2222_3333_4444);
        word(two).write_volatile(0x5555_6666_7777_8888);
        word(one).read_volatile() == 0x1111_2222_3333_4444 && word(two).read_volatile() == 0x5555_6666_7777_8888
    };
    check!(give([one, two]).is_ok());
    check!(kept);
    Ok(())
}

fn a_double_free_is_refused() -> Verdict {
    let frame = some!(phys::alloc());
    check!(phys::free(frame) == Ok(()));
    check!(phys::free(frame) == Err(FrameError::NotOwned));
    Ok(())
}

fn a_frame_nobody_owns_is_refused() -> Verdict {
    let kernel = some!(Frame::at(layout::image().start - layout::KERNEL));
    check!(phys::free(kernel) == Err(FrameError::NotOwned));
    check!(phys::free(Frame(u32::MAX)) == Err(FrameError::Outside));
    Ok(())
}

fn the_frame_freed_last_is_served_first() -> Verdict {
    let frame = some!(phys::alloc());
    check!(phys::free(frame).is_ok());
    let again = some!(phys::alloc());
    check!(again == frame);
    check!(phys::free(again).is_ok());
    Ok(())
}

fn a_run_of_2_mib_is_aligned() -> Verdict {
    let count = PageSize::Large.frames();
    let run = some!(phys::frames().alloc_run(count, count));
    check!(run.address() % PageSize::Large.bytes() == 0);
    check!(phys::frames().free_run(run, count).is_ok());
    check!(phys::frames().free_run(run, count) == Err(FrameError::NotOwned));
    Ok(())
}

fn a_run_given_back_can_be_taken_again() -> Verdict {
    let run = some!(phys::frames().alloc_run(300, 1));
    check!(phys::frames().free_run(run, 300).is_ok());
    let again = some!(phys::frames().alloc_run(300, 1));
    check!(again == run);
    check!(phys::frames().free_run(again, 300).is_ok());
    Ok(())
}

fn a_coloured_frame_has_its_colour() -> Verdict {
    // Sixteen where the machine does not say: the policy is what is tested here, not the cache.
    let colours = machine().colours.max(16);
    for colour in 0..colours {
        let frame = some!(phys::frames().alloc_coloured(colour, colours));
        check!(phys::free(frame).is_ok());
        check!(frame.0 as usize % colours == colour);
    }
    Ok(())
}

fn memory_above_4_gib_is_memory() -> Verdict {
    let total = phys::frames().total();
    if machine().info.memory.top() <= layout::BOOT_MAPPED {
        return Err(Stop::Skip("no memory above 4 GiB"));
    }
    // The lowest aligned run that fits nothing below: as long as all free memory below 4 GiB.
    let below = (layout::BOOT_MAPPED / 4096) as usize;
    let last = some!(Frame::at(machine().info.memory.top() - 4096));
    check!(last.0 as usize >= below && total > 0);
    let at = word(last);
    // SAFETY: the last usable frame; the allocator serves from the bottom, so nobody holds it in a test of this size -
    // and its contents are put back.
    let kept = unsafe {
        let before = at.read_volatile();
        at.write_volatile(!before);
        let kept = at.read_volatile() == !before;
        at.write_volatile(before);
        kept
    };
    check!(kept);
    Ok(())
}

/// What [`take`] took.
struct Taken {
    runs: Vec<(Frame, usize)>,
    /// Single frames, linked through their own first words: there may be no memory left to note them in.
    singles: u64,
    count: usize,
}

/// Takes up to `count` frames, large runs first so that eight gigabytes go quickly and mostly untouched.
fn take(count: usize) -> Taken {
    let mut taken = Taken { runs: Vec::with_capacity(8_192), singles: u64::MAX, count: 0 };
    for size in [PageSize::Huge.frames(), PageSize::Large.frames()] {
        while size <= count - taken.count && taken.runs.len() < taken.runs.capacity() {
            let Some(frame) = phys::frames().alloc_run(size, size) else { break };
            taken.runs.push((frame, size));
            taken.count += size;
        }
    }
    while taken.count < count {
        let Some(frame) = phys::frames().alloc_run(1, 1) else { break };
        // SAFETY: the frame is ours.
        unsafe { word(frame).write_volatile(taken.singles) };
        taken.singles = frame.address();
        taken.count += 1;
    }
    taken
}

/// Gives it back; how much that was.
fn give_back(taken: Taken) -> usize {
    let mut given = taken
        .runs
        .iter()
        .filter(|(frame, size)| phys::frames().free_run(*frame, *size).is_ok())
        .map(|(_, size)| size)
        .sum();
    let mut next = taken.singles;
    while let Some(frame) = Frame::at(next).filter(|_| next != u64::MAX) {
        // SAFETY: written by `take`, and the frame is still ours.
        next = unsafe { word(frame).read_volatile() };
        given += usize::from(phys::frames().free_run(frame, 1).is_ok());
    }
    given
}

fn out_of_memory_is_none_and_passes() -> Verdict {
    percpu::with_frames(|list| phys::frames().drain(list, usize::MAX));
    // The note-taking itself needs memory first.
    drop(Vec::<(Frame, usize)>::with_capacity(8_192));
    let before = phys::available();
    let everything = take(usize::MAX);
    let taken = everything.count;
    let (none, run) = (phys::alloc(), phys::frames().alloc_run(1, 1));
    let given = give_back(everything);
    check!(none.is_none() && run.is_none());
    check!(taken == before && given == taken);
    check!(phys::available() == before);
    let frame = some!(phys::alloc());
    check!(phys::free(frame).is_ok());
    Ok(())
}

static HEARD: AtomicU64 = AtomicU64::new(0);

fn hear(level: Level) {
    HEARD.fetch_add(if level == Level::Low { 1 } else { 0x100 }, Ordering::Relaxed);
}

fn pressure_is_announced_before_memory_is_out() -> Verdict {
    HEARD.store(0, Ordering::Relaxed);
    check!(phys::on_pressure(hear));
    let total = phys::frames().total();
    let first = take(phys::frames().free() - total / 16 + 1);
    phys::relieve();
    phys::relieve();
    let low = HEARD.load(Ordering::Relaxed);
    let second = take(total / 16 - total / 64);
    phys::relieve();
    let critical = HEARD.load(Ordering::Relaxed);
    give_back(first);
    give_back(second);
    phys::relieve();
    phys::off_pressure(hear);
    check!(low == 1 && critical == 0x101);
    check!(phys::frames().level() == Level::Calm);
    Ok(())
}

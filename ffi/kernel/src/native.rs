//! The kernel's own allocators and tables, timed where they can be timed honestly: this source, compiled as it is for
//! the kernel, on the processor that runs this. Class N.
//!
//! A sample is a batch of operations between two readings of the time stamp counter, divided by their number: one
//! operation is shorter than the reading. The caller knows the counter's rate; nothing here asks a clock.

use crate::mem::heap::{Backing, Chunk};
use crate::mem::space::{Space, Tables};
use crate::mem::{Frame, FrameList, Frames, FreeMap, Heap, PageSize, Rights};
use crate::report::metric::{Class, Metric, Summary};
use crate::trade::drill::{Drill, SEED};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::hint::black_box;
use core::sync::atomic::AtomicU64;

const SAMPLES: usize = 2_001;
/// Operations in a sample; half of a frame list, so that a batch neither refills nor drains it.
const BATCH: usize = 16;

/// Takes samples and gives the finished metric away.
struct Meter<'s> {
    hz: u64,
    sink: &'s mut dyn FnMut(&Metric<'_>),
}

#[cfg(target_arch = "x86_64")]
fn stamp() -> u64 {
    // SAFETY: fences and a counter that every x86-64 processor has.
    unsafe {
        core::arch::x86_64::_mm_lfence();
        let now = core::arch::x86_64::_rdtsc();
        core::arch::x86_64::_mm_lfence();
        now
    }
}

impl Meter<'_> {
    /// `batch` does [`BATCH`] operations and `undo` what must follow them, untimed.
    fn measure(&mut self, name: &str, mut batch: impl FnMut(), mut undo: impl FnMut()) {
        let overhead = (0..100).map(|_| {
            let begin = stamp();
            stamp() - begin
        });
        let overhead = overhead.min().unwrap_or(0);
        let mut samples: Vec<u64> = (0..SAMPLES)
            .map(|_| {
                let begin = stamp();
                batch();
                let cycles = (stamp() - begin).saturating_sub(overhead);
                undo();
                let picoseconds = u128::from(cycles) * 1_000_000_000_000 / u128::from(self.hz.max(1)) / BATCH as u128;
                u64::try_from(picoseconds).unwrap_or(u64::MAX)
            })
            .collect();
        // The first tenth warms caches and predictors.
        if let Some(summary) = Summary::of(&mut samples[SAMPLES / 10..]) {
            (self.sink)(&Metric { name, class: Class::Native, summary });
        }
    }
}

/// Measures everything; `hz` is the rate of the time stamp counter.
pub fn measure(hz: u64, sink: &mut dyn FnMut(&Metric<'_>)) {
    let mut meter = Meter { hz, sink };
    frames(&mut meter);
    heap(&mut meter);
    space(&mut meter);
    engine(&mut meter);
}

fn frames(meter: &mut Meter<'_>) {
    const FRAMES: usize = 1 << 16;
    let (free, owned) = Frames::storage(FRAMES);
    let mut free = vec![0; free];
    let owned: Vec<AtomicU64> = (0..owned).map(|_| AtomicU64::new(0)).collect();
    let Some(frames) = Frames::new(&mut free, &owned, FRAMES) else { return };
    if frames.donate(0, FRAMES).is_err() {
        return;
    }
    let list = core::cell::RefCell::new(FrameList::new());
    let held = core::cell::RefCell::new([Frame(0); BATCH]);
    let take = || {
        let (list, held) = (&mut *list.borrow_mut(), &mut *held.borrow_mut());
        held.iter_mut().for_each(|slot| *slot = frames.alloc(list).unwrap_or(Frame(0)));
    };
    let give = || {
        let (list, held) = (&mut *list.borrow_mut(), &*held.borrow());
        held.iter().for_each(|frame| _ = black_box(frames.free_frame(list, *frame)));
    };
    meter.measure("frame/alloc", take, give);
    take();
    meter.measure("frame/free", give, take);
    give();
    let refill = || {
        for _ in 0..BATCH {
            let list = &mut *list.borrow_mut();
            frames.drain(list, usize::MAX);
            if let Some(frame) = frames.alloc(list) {
                _ = black_box(frames.free_frame(list, frame));
            }
        }
    };
    meter.measure("frame/drain-and-refill", refill, || {});
}

/// Memory that is always there.
struct Everything;

impl Backing for Everything {
    fn commit(&mut self, _: usize, _: usize) -> bool {
        true
    }
    fn release(&mut self, _: usize) {}
}

fn heap(meter: &mut Meter<'_>) {
    const CHUNKS: usize = 1_024;
    let mut table = vec![Chunk::EMPTY; CHUNKS];
    let mut storage = vec![0; FreeMap::storage(CHUNKS)];
    let Some(heap) = Heap::new(&mut table, &mut storage, Everything) else { return };
    let heap = core::cell::RefCell::new(heap);
    let held = core::cell::RefCell::new([0usize; BATCH]);
    for (size, alloc, free) in
        [(64, "heap/kmalloc-64", "heap/kfree-64"), (4_096, "heap/kmalloc-4096", "heap/kfree-4096")]
    {
        let take = || {
            let heap = &mut *heap.borrow_mut();
            held.borrow_mut().iter_mut().for_each(|slot| *slot = heap.alloc(black_box(size), 16).unwrap_or(0));
        };
        let give = || {
            let heap = &mut *heap.borrow_mut();
            held.borrow().iter().for_each(|block| _ = black_box(heap.free(*block, size, 16)));
        };
        meter.measure(alloc, take, give);
        take();
        meter.measure(free, give, take);
        give();
    }
}

/// Page tables in a vector, indexed by frame.
struct Vector(Vec<Box<[u64; 512]>>);

impl Tables for Vector {
    fn table(&mut self, frame: Frame) -> &mut [u64; 512] {
        &mut self.0[frame.0 as usize]
    }
    fn alloc(&mut self) -> Option<Frame> {
        self.0.push(Box::new([0; 512]));
        Some(Frame(self.0.len() as u32 - 1))
    }
    fn free(&mut self, _: Frame) {}
}

fn space(meter: &mut Meter<'_>) {
    const AT: u64 = 0xFFFF_D000_0000_0000;
    let tables = core::cell::RefCell::new(Vector(Vec::new()));
    let Some(root) = tables.borrow_mut().alloc() else { return };
    let space = Space { root };
    let pages = || (0..BATCH as u64).map(|page| AT + page * 4096);
    let map = || {
        let tables = &mut *tables.borrow_mut();
        pages().for_each(|at| _ = black_box(space.map(tables, at, 0x5000, PageSize::Small, Rights::DATA)));
    };
    let unmap = || {
        let tables = &mut *tables.borrow_mut();
        pages().for_each(|at| _ = black_box(space.unmap(tables, at, PageSize::Small)));
    };
    meter.measure("space/map", map, unmap);
    map();
    meter.measure("space/unmap", unmap, map);
    let translate = || {
        let tables = &mut *tables.borrow_mut();
        pages().for_each(|at| _ = black_box(space.translate(tables, black_box(at))));
    };
    meter.measure("space/translate", translate, || {});
}

fn engine(meter: &mut Meter<'_>) {
    let Ok(drill) = Drill::new(SEED) else { return };
    let drill = core::cell::RefCell::new(drill);
    let commands = core::cell::RefCell::new(Vec::with_capacity(BATCH));
    let draw = || {
        let drill = &mut *drill.borrow_mut();
        commands.borrow_mut().clear();
        commands.borrow_mut().extend((0..BATCH).map(|_| drill.draw()));
    };
    let apply = || {
        let drill = &mut *drill.borrow_mut();
        commands.borrow().iter().for_each(|command| drill.apply(command));
    };
    draw();
    meter.measure("trade/engine-command", apply, draw);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_measured_once_in_order() {
        let mut names = Vec::new();
        measure(1_000_000_000, &mut |metric| names.push(metric.name.to_string()));
        let mut distinct = names.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!((names.len(), distinct.len()), (11, 11));
    }
}

//! Physical memory: the frame manager over the machine's memory map, and reading it through the direct map.

use super::layout::{self, DIRECT};
use crate::cpu::percpu;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use hftz_kernel::boot::{BootInfo, Kind, Physical};
use hftz_kernel::mem::pressure::Level;
use hftz_kernel::mem::{Frame, FrameError, Frames};
use hftz_kernel::sync::{Late, Spin};

static FRAMES: Late<Frames<'static>> = Late::new();

/// The direct-map address of a physical one.
pub const fn pointer(physical: u64) -> *mut u8 {
    (DIRECT + physical) as *mut u8
}

/// Reading what firmware and loader left, anywhere below the boot tables' reach.
pub struct Direct;

impl Physical for Direct {
    fn bytes(&self, address: u64, len: usize) -> Option<&[u8]> {
        let end = address.checked_add(len as u64)?;
        // SAFETY: the boot tables map all of this; nothing writes there while boot information is read.
        (end <= layout::BOOT_MAPPED).then(|| unsafe { core::slice::from_raw_parts(pointer(address), len) })
    }
}

/// The bytes of a boot module.
pub fn module(start: u64, end: u64) -> &'static [u8] {
    // SAFETY: modules are reserved in the memory map before frames are handed out, mapped by the direct map, and nobody
    // writes them.
    unsafe { core::slice::from_raw_parts(pointer(start), (end - start) as usize) }
}

/// Why memory management could not start.
#[derive(Debug)]
pub enum StartError {
    MapFull,
    TooSmall,
}

/// Builds the manager over the usable memory below 4 GiB; [`donate_above`] adds the rest when it is mapped.
pub fn start(info: &mut BootInfo) -> Result<(), StartError> {
    let image = layout::image();
    let full = |_| StartError::MapFull;
    info.memory.reserve(0, layout::LOW).map_err(full)?;
    info.memory.reserve(image.start - layout::KERNEL, image.end - layout::KERNEL).map_err(full)?;
    for at in 0..info.modules().len() {
        let module = info.modules()[at];
        info.memory.reserve(module.start, module.end).map_err(full)?;
    }

    let frames = usize::try_from(info.memory.top() / 4096).unwrap_or(0);
    let (free_words, owned_words) = Frames::storage(frames);
    let bytes = ((free_words + owned_words) * 8) as u64;
    let room = info.memory.of(Kind::Usable).find(|r| r.len() >= bytes && r.start + bytes <= layout::BOOT_MAPPED);
    let storage = room.ok_or(StartError::TooSmall)?.start;
    info.memory.reserve(storage, storage + bytes).map_err(full)?;

    let base = pointer(storage).cast::<u64>();
    // SAFETY: usable memory that was reserved just now, aligned to a page, mapped; the two slices do not overlap. The
    // second is zeroed before it becomes atomics; the first is zeroed by its owner.
    let (free, owned) = unsafe {
        base.add(free_words).write_bytes(0, owned_words);
        let owned = core::slice::from_raw_parts(base.add(free_words).cast::<AtomicU64>(), owned_words);
        (core::slice::from_raw_parts_mut(base, free_words), owned)
    };
    let frames = Frames::new(free, owned, frames).ok_or(StartError::TooSmall)?;
    donate(&frames, info, 0, layout::BOOT_MAPPED);
    // SAFETY: start-up, one processor.
    unsafe { FRAMES.set(frames) };
    Ok(())
}

fn donate(frames: &Frames<'_>, info: &BootInfo, from: u64, to: u64) {
    for region in info.memory.of(Kind::Usable) {
        let (start, end) = (region.start.max(from), region.end.min(to));
        if start < end {
            // Regions are disjoint and inside the map, so no frame can be free already.
            let donated = frames.donate((start / 4096) as usize, ((end - start) / 4096) as usize);
            debug_assert!(donated.is_ok());
        }
    }
}

/// Adds the memory above 4 GiB, once the direct map reaches it.
pub fn donate_above(info: &BootInfo) {
    donate(frames(), info, layout::BOOT_MAPPED, u64::MAX);
}

/// The manager; only called after [`start`].
pub fn frames() -> &'static Frames<'static> {
    match FRAMES.get() {
        Some(frames) => frames,
        None => panic!("frames asked for before memory management started"),
    }
}

type Callback = fn(Level);
static CALLBACKS: [AtomicUsize; 8] = [const { AtomicUsize::new(0) }; 8];
static REGISTERING: Spin<()> = Spin::new(());
/// Set while callbacks run: what they free or allocate must not call them again.
static RELIEVING: Spin<()> = Spin::new(());

/// Asks to be called when memory runs low, after the allocation that found out. `false` when all places are taken.
pub fn on_pressure(callback: Callback) -> bool {
    let _guard = REGISTERING.lock();
    let place = CALLBACKS.iter().find(|slot| slot.load(Ordering::Relaxed) == 0);
    place.inspect(|slot| slot.store(callback as usize, Ordering::Release)).is_some()
}

/// Takes a registration back.
pub fn off_pressure(callback: Callback) {
    let _guard = REGISTERING.lock();
    for slot in CALLBACKS.iter().filter(|slot| slot.load(Ordering::Relaxed) == callback as usize) {
        slot.store(0, Ordering::Release);
    }
}

/// Looks at the watermarks and calls back whoever registered. Called where no lock is held.
#[cold]
#[inline(never)]
pub fn relieve() {
    let Some(_guard) = RELIEVING.try_lock() else { return };
    let Some(level) = frames().check_pressure() else { return };
    for slot in &CALLBACKS {
        let address = slot.load(Ordering::Acquire);
        if address != 0 {
            // SAFETY: only `on_pressure` stores here, and it stores a `Callback`.
            let callback = unsafe { core::mem::transmute::<usize, Callback>(address) };
            callback(level);
        }
    }
}

/// One frame with whatever was in it.
#[inline]
pub fn alloc() -> Option<Frame> {
    percpu::with_frames(|list| frames().alloc(list))
}

/// One frame, zeroed.
pub fn alloc_zeroed() -> Option<Frame> {
    let frame = alloc()?;
    // SAFETY: owned by us alone, and mapped by the direct map.
    unsafe { pointer(frame.address()).write_bytes(0, 4096) };
    Some(frame)
}

/// # Errors
/// [`FrameError`] when nobody owns the frame.
#[inline]
pub fn free(frame: Frame) -> Result<(), FrameError> {
    percpu::with_frames(|list| frames().free_frame(list, frame))
}

/// Free frames: the shared map's and this processor's.
pub fn available() -> usize {
    frames().free() + percpu::with_frames(|list| list.len())
}

//! One ring, two mappings of the same memory: at two addresses in one process, and in two processes.
#![cfg(all(not(loom), target_os = "linux"))]
#![allow(clippy::unwrap_used)]

use hftz_ring::{RingError, spsc};
use std::ffi::CString;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::Command;
use std::ptr::NonNull;

struct Mapping(NonNull<u8>, usize);

// SAFETY: a mapping is memory; what is done with it is up to the rings.
unsafe impl Send for Mapping {}

impl Mapping {
    fn new(file: i32, bytes: usize) -> Self {
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
        // SAFETY: a fresh mapping at an address of the kernel's choice touches no other memory.
        let place = unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, kind, file, 0) };
        assert_ne!(place, libc::MAP_FAILED);
        Self(NonNull::new(place.cast()).unwrap(), bytes)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: this is the mapping made in `new`, and nothing points into it any more.
        unsafe { libc::munmap(self.0.as_ptr().cast(), self.1) };
    }
}

fn memory_file(bytes: usize) -> OwnedFd {
    let name = CString::new("hftz-ring-test").unwrap();
    // SAFETY: the name is a C string; the returned descriptor is ours alone.
    let file = unsafe { OwnedFd::from_raw_fd(libc::memfd_create(name.as_ptr(), 0)) };
    // SAFETY: a plain system call on our own descriptor.
    assert_eq!(unsafe { libc::ftruncate(file.as_raw_fd(), bytes as i64) }, 0);
    file
}

type Item = [u64; 4];

fn producer(mapping: Mapping) -> Result<spsc::Producer<Item, Mapping>, RingError> {
    // SAFETY: the mapping lives as long as the end that keeps it, and only rings use it.
    unsafe { spsc::Producer::attach(mapping.0, mapping.1, mapping) }
}

fn consumer(mapping: Mapping) -> Result<spsc::Consumer<Item, Mapping>, RingError> {
    // SAFETY: as above.
    unsafe { spsc::Consumer::attach(mapping.0, mapping.1, mapping) }
}

#[test]
fn a_ring_works_at_two_addresses_at_once() {
    let bytes = spsc::bytes::<Item>(8).unwrap();
    let file = memory_file(bytes);
    let (here, there) = (Mapping::new(file.as_raw_fd(), bytes), Mapping::new(file.as_raw_fd(), bytes));
    assert_ne!(here.0, there.0);
    let again = || Mapping::new(file.as_raw_fd(), bytes);
    assert_eq!(producer(again()).err(), Some(RingError::NotARing));
    // SAFETY: the mapping is as long as said and nobody uses it yet.
    unsafe { spsc::format::<Item>(here.0, bytes, 8) }.unwrap();
    let (mut tx, mut rx) = (producer(here).unwrap(), consumer(there).unwrap());
    assert_eq!(producer(again()).err(), Some(RingError::Taken));
    for i in 0..100 {
        tx.push([i; 4]).unwrap();
        assert_eq!(tx.push_slice(&[[i + 1; 4]; 9]), 7);
        let mut out = [[0; 4]; 8];
        assert_eq!(rx.pop_slice(&mut out), 8);
        assert_eq!((out[0], out[7]), ([i; 4], [i + 1; 4]));
    }
    drop(tx);
    assert!(rx.is_finished());
}

#[test]
fn memory_that_holds_no_such_ring_is_refused_by_name() {
    #[repr(align(128))]
    struct Memory([u8; 4096]);
    let mut memory = Memory([0; 4096]);
    let start = NonNull::from(&mut memory.0).cast::<u8>();
    // SAFETY: the pointers and lengths describe (parts of) `memory`, which outlives the ends.
    unsafe {
        assert_eq!(spsc::format::<u64>(start, 4096, 6), Err(RingError::Capacity { asked: 6 }));
        assert_eq!(spsc::format::<u64>(start, 4096, 1024), Err(RingError::Memory { needed: 8576, given: 4096 }));
        assert_eq!(spsc::format::<u64>(start.add(8), 4088, 8), Err(RingError::Alignment { needed: 128 }));
        spsc::format::<u64>(start, 4096, 8).unwrap();
        let wrong = spsc::Producer::<u32, ()>::attach(start, 4096, ()).err();
        assert_eq!(wrong, Some(RingError::ItemSize { expected: 4, found: 8 }));
        let short = spsc::Producer::<u64, ()>::attach(start, 400, ()).err();
        assert_eq!(short, Some(RingError::Memory { needed: 448, given: 400 }));
    }
}

#[test]
fn a_peer_that_writes_nonsense_makes_a_ring_useless_and_nothing_worse() {
    #[repr(align(128))]
    struct Memory([u64; 128]);
    let mut memory = Memory([0; 128]);
    let start = NonNull::from(&mut memory.0).cast::<u8>();
    // SAFETY: the pointer and length describe `memory`; the two words written are the atomics of the positions, on this thread.
    unsafe {
        spsc::format::<u64>(start, 1024, 8).unwrap();
        let mut tx = spsc::Producer::<u64, ()>::attach(start, 1024, ()).unwrap();
        let mut rx = spsc::Consumer::<u64, ()>::attach(start, 1024, ()).unwrap();
        let (tail, head) = (start.add(128).cast::<u64>(), start.add(256).cast::<u64>());
        tail.write(u64::MAX / 2);
        assert_eq!((rx.pop(), rx.len(), rx.pop_slice(&mut [0; 16])), (None, 0, 0));
        assert_eq!(tx.push_slice(&[1; 16]), 8);
        head.write(u64::MAX / 2);
        assert_eq!((tx.free(), tx.push_slice(&[1; 16])), (0, 0));
    }
}

const FILE: &str = "HFTZ_RING_TEST_FD";

#[test]
fn two_processes_share_a_ring() {
    const ITEMS: u64 = 100_000;
    let bytes = spsc::bytes::<Item>(1024).unwrap();
    if let Ok(file) = std::env::var(FILE) {
        let mut tx = producer(Mapping::new(file.parse().unwrap(), bytes)).unwrap();
        let mut next = 0;
        while next < ITEMS {
            next += tx.push_from((next..ITEMS).map(|i| [i, i + 1, i + 2, i + 3])) as u64;
            std::thread::yield_now();
        }
        return;
    }
    let file = memory_file(bytes);
    let mapping = Mapping::new(file.as_raw_fd(), bytes);
    // SAFETY: the mapping is as long as said and nobody uses it yet.
    unsafe { spsc::format::<Item>(mapping.0, bytes, 1024) }.unwrap();
    let mut rx = consumer(mapping).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["two_processes_share_a_ring", "--exact"])
        .env(FILE, file.as_raw_fd().to_string())
        .spawn()
        .unwrap();
    let mut expected = 0;
    while !rx.is_finished() {
        rx.drain(64, |item| {
            assert_eq!(item, [expected, expected + 1, expected + 2, expected + 3]);
            expected += 1;
        });
        std::thread::yield_now();
    }
    assert_eq!(expected, ITEMS);
    assert!(child.wait().unwrap().success());
}

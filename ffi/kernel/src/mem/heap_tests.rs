use super::*;
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Chunks with memory under them; at most `room`.
#[derive(Clone)]
struct Ledger(Rc<RefCell<BTreeSet<usize>>>, usize);

impl Backing for Ledger {
    fn commit(&mut self, first: usize, count: usize) -> bool {
        let mut held = self.0.borrow_mut();
        if held.len() + count > self.1 {
            return false;
        }
        (first..first + count).for_each(|chunk| assert!(held.insert(chunk), "a chunk is committed once"));
        true
    }
    fn release(&mut self, chunk: usize) {
        assert!(self.0.borrow_mut().remove(&chunk), "a chunk is released once");
    }
}

fn with_heap<R>(chunks: usize, room: usize, act: impl FnOnce(&mut Heap<Ledger>, &Ledger) -> R) -> R {
    let mut table = vec![Chunk::EMPTY; chunks];
    let mut storage = vec![0; FreeMap::storage(chunks)];
    let ledger = Ledger(Rc::default(), room);
    let mut heap = Heap::new(&mut table, &mut storage, ledger.clone()).unwrap();
    act(&mut heap, &ledger)
}

#[test]
fn a_freed_slot_is_the_next_one_handed_out() {
    with_heap(4, 4, |heap, _| {
        let blocks: Vec<_> = (0..3).map(|_| heap.alloc(24, 8).unwrap()).collect();
        assert_eq!(blocks, [0, 32, 64]);
        heap.free(32, 24, 8).unwrap();
        assert_eq!(heap.alloc(30, 8), Some(32));
    });
}

#[test]
fn each_wrong_free_has_its_error() {
    with_heap(8, 8, |heap, _| {
        let small = heap.alloc(24, 8).unwrap();
        let large = heap.alloc(3 * CHUNK, 8).unwrap();
        assert_eq!(heap.free(small + 8, 24, 8), Err(HeapError::NotABlock));
        assert_eq!(heap.free(small, 100, 8), Err(HeapError::WrongSize));
        assert_eq!(heap.free(small + 32, 24, 8), Err(HeapError::DoubleFree));
        assert_eq!(heap.free(large + CHUNK, 3 * CHUNK, 8), Err(HeapError::NotABlock));
        assert_eq!(heap.free(large, CHUNK, 8), Err(HeapError::WrongSize));
        assert_eq!(heap.free(99 * CHUNK, 24, 8), Err(HeapError::NotABlock));
        assert_eq!(heap.free(large, 3 * CHUNK, 8), Ok(()));
        assert_eq!(heap.free(large, 3 * CHUNK, 8), Err(HeapError::DoubleFree));
    });
}

#[test]
fn running_out_of_memory_is_none_and_leaves_the_heap_whole() {
    with_heap(16, 2, |heap, _| {
        assert_eq!(heap.alloc(3 * CHUNK, 8), None);
        let one = heap.alloc(CHUNK, 8).unwrap();
        let two = heap.alloc(CHUNK, 8).unwrap();
        assert_eq!(heap.alloc(16, 8), None);
        heap.free(one, CHUNK, 8).unwrap();
        assert_eq!(heap.alloc(16, 8), Some(one));
        heap.free(two, CHUNK, 8).unwrap();
    });
}

#[test]
fn trimming_gives_back_every_empty_chunk() {
    with_heap(64, 64, |heap, ledger| {
        let blocks: Vec<_> = (0..40).map(|i| (heap.alloc(20_000 + i, 8).unwrap(), 20_000 + i)).collect();
        for (at, size) in &blocks {
            heap.free(*at, *size, 8).unwrap();
        }
        heap.trim();
        assert_eq!((ledger.0.borrow().len(), heap.usage()), (0, Usage::default()));
        assert!(heap.alloc(64, 8).is_some());
    });
}

#[test]
fn alignment_above_a_chunk_is_kept() {
    with_heap(64, 64, |heap, _| {
        heap.alloc(16, 8).unwrap();
        assert_eq!(heap.alloc(10, 4 * CHUNK).unwrap() % (4 * CHUNK), 0);
        assert_eq!(heap.alloc(CHUNK + 1, 2 * CHUNK).unwrap() % (2 * CHUNK), 0);
    });
}

proptest! {
    #[test]
    fn blocks_never_overlap_and_every_free_is_judged_rightly(
        steps in prop::collection::vec((0u8..4, 0usize..90_000, 0u32..14, any::<prop::sample::Index>()), 1..250)
    ) {
        with_heap(40, 30, |heap, ledger| {
            let mut live: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
            for (what, size, shift, pick) in steps {
                match what {
                    0 | 1 => {
                        let size = if what == 0 { size % 300 } else { size };
                        let align = 1 << shift;
                        if let Some(at) = heap.alloc(size, align) {
                            prop_assert_eq!(at % align, 0);
                            prop_assert!(at + size <= 40 * CHUNK);
                            let before = live.range(..=at).next_back();
                            prop_assert!(before.is_none_or(|(start, (len, _))| start + (*len).max(1) <= at));
                            let after = live.range(at..).next();
                            prop_assert!(after.is_none_or(|(start, _)| at + size.max(1) <= *start));
                            for chunk in at / CHUNK..(at + size.max(1)).div_ceil(CHUNK) {
                                prop_assert!(ledger.0.borrow().contains(&chunk), "memory is under every block");
                            }
                            live.insert(at, (size, align));
                        }
                    }
                    2 if !live.is_empty() => {
                        let at = *live.keys().nth(pick.index(live.len())).unwrap();
                        let (size, align) = live.remove(&at).unwrap();
                        prop_assert_eq!(heap.free(at, size, align), Ok(()));
                        prop_assert!(heap.free(at, size, align).is_err());
                    }
                    _ => { heap.trim(); }
                }
                prop_assert_eq!(heap.usage().blocks, live.len());
                prop_assert_eq!(heap.usage().committed, ledger.0.borrow().len());
            }
            Ok(())
        })?;
    }
}

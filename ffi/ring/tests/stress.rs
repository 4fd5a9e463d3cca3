//! Real threads, as fast as they go: what went in comes out, in order, once.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used)]

use hftz_ring::{Counter, Linked, Mpmc, SeqLock, spsc};
use std::thread::{scope, yield_now};

const ITEMS: u64 = 400_000;

#[test]
fn an_spsc_ring_passes_every_item_once_and_in_order() {
    for capacity in [2, 64, 4096] {
        let (mut tx, mut rx) = spsc::channel::<u64>(capacity).unwrap();
        scope(|threads| {
            threads.spawn(move || {
                let mut next = 0;
                while next < ITEMS {
                    // Single pushes and both kinds of batches, in turn.
                    let done = match next % 3 {
                        0 => u64::from(tx.push(next).is_ok()),
                        1 => tx.push_slice(&[next, next + 1, next + 2]) as u64,
                        _ => tx.push_from(next..next + 5) as u64,
                    };
                    next += done;
                    if done == 0 {
                        yield_now();
                    }
                }
            });
            let (mut expected, mut out) = (0, [0; 7]);
            while !rx.is_finished() {
                let before = expected;
                let mut check = |value| {
                    assert_eq!(value, expected);
                    expected += 1;
                };
                match before % 3 {
                    0 => rx.pop().into_iter().for_each(&mut check),
                    1 => drop(rx.drain(9, &mut check)),
                    _ => {
                        let taken = rx.pop_slice(&mut out);
                        out[..taken].iter().copied().for_each(&mut check);
                    }
                }
                if expected == before {
                    yield_now();
                }
            }
            assert!(expected >= ITEMS);
        });
    }
}

#[test]
fn a_burst_passes_every_word_once_and_in_order() {
    for (capacity, most) in [(2, 1), (64, 7), (4096, 128)] {
        let (tx, mut rx) = spsc::channel::<[u64; 6]>(capacity).unwrap();
        let mut tx = spsc::Burst::new(tx, most);
        scope(|threads| {
            threads.spawn(move || {
                for next in 0..ITEMS {
                    while tx.push([next, !next, next << 1, 3, next, next ^ 5]).is_err() {
                        yield_now();
                    }
                }
            });
            let mut next = 0;
            while !rx.is_finished() {
                let taken = rx.drain(100, |record| {
                    assert_eq!(record, [next, !next, next << 1, 3, next, next ^ 5]);
                    next += 1;
                });
                if taken == 0 {
                    yield_now();
                }
            }
            assert_eq!(next, ITEMS);
        });
    }
}

/// Two producers and two consumers: every item is seen once, and each consumer sees each producer's items in order.
fn fan(push: impl Fn(u64) -> bool + Sync, pop: impl Fn() -> Option<u64> + Sync) {
    const EACH: u64 = 100_000;
    let counters: [Counter; 2] = std::array::from_fn(|_| Counter::new());
    let seen = scope(|threads| {
        for producer in 0..2 {
            let push = &push;
            threads.spawn(move || {
                for i in 0..EACH {
                    while !push(producer << 32 | i) {
                        yield_now();
                    }
                }
            });
        }
        let consumers: Vec<_> = counters
            .iter()
            .map(|taken| {
                let (pop, counters) = (&pop, &counters);
                threads.spawn(move || {
                    let (mut last, mut sum) = ([None, None], 0_u64);
                    while counters.iter().map(Counter::get).sum::<u64>() < 2 * EACH {
                        let Some(value) = pop() else {
                            yield_now();
                            continue;
                        };
                        let (producer, i) = ((value >> 32) as usize, value & 0xFFFF_FFFF);
                        assert!(last[producer] < Some(i), "out of order");
                        last[producer] = Some(i);
                        sum += i;
                        taken.add(1);
                    }
                    sum
                })
            })
            .collect();
        consumers.into_iter().map(|c| c.join().unwrap()).sum::<u64>()
    });
    assert_eq!(seen, EACH * (EACH - 1));
    assert_eq!(pop(), None);
}

#[test]
fn an_mpmc_queue_passes_every_item_once() {
    let queue = Mpmc::new(64).unwrap();
    fan(|value| queue.push(value).is_ok(), || queue.pop());
}

#[test]
fn a_michael_scott_queue_passes_every_item_once() {
    let queue = Linked::new(64).unwrap();
    fan(|value| queue.push(value).is_ok(), || queue.pop());
}

#[test]
fn values_that_own_memory_survive_the_crossing() {
    let queue = Linked::new(16).unwrap();
    scope(|threads| {
        threads.spawn(|| {
            for i in 0..50_000_u64 {
                let mut value = Box::new(i);
                while let Err(full) = queue.push(value) {
                    value = full.0;
                    yield_now();
                }
            }
        });
        for i in 0..50_000_u64 {
            let value = loop {
                if let Some(value) = queue.pop() {
                    break value;
                }
                yield_now();
            };
            assert_eq!(*value, i);
        }
    });
}

#[test]
fn a_sequence_lock_never_shows_half_a_write() {
    let lock = SeqLock::new([0; 8]);
    scope(|threads| {
        threads.spawn(|| {
            for i in 1..=ITEMS {
                lock.write([i; 8]);
            }
        });
        let mut last = 0;
        while last < ITEMS {
            let value = lock.read();
            assert!(value.iter().all(|&word| word == value[0]) && value[0] >= last, "{value:?}");
            last = value[0];
        }
    });
}

//! Every queue against the obvious one: the same random operations on it and on a `VecDeque`.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used)]

use hftz_ring::{Linked, Mpmc, spsc};
use proptest::prelude::*;
use std::collections::VecDeque;

#[derive(Clone, Debug)]
enum Step {
    Push(u32),
    PushSlice(Vec<u32>),
    PushFrom(Vec<u32>),
    Pop,
    PopSlice(usize),
    Drain(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let batch = || proptest::collection::vec(any::<u32>(), 0..40);
    prop_oneof![
        3 => any::<u32>().prop_map(Step::Push),
        1 => batch().prop_map(Step::PushSlice),
        1 => batch().prop_map(Step::PushFrom),
        3 => Just(Step::Pop),
        1 => (0_usize..40).prop_map(Step::PopSlice),
        1 => (0_usize..40).prop_map(Step::Drain),
    ]
}

proptest! {
    #[test]
    fn an_spsc_ring_behaves_like_a_bounded_deque(bits in 1_u32..6, steps in proptest::collection::vec(step(), 1..300)) {
        let capacity = 1_usize << bits;
        let (mut tx, mut rx) = spsc::channel::<u32>(capacity).unwrap();
        let mut naive: VecDeque<u32> = VecDeque::new();
        for step in steps {
            let room = capacity - naive.len();
            match step {
                Step::Push(value) => {
                    let by_value = value & 1 == 0;
                    prop_assert_eq!(if by_value { tx.push(value).is_ok() } else { tx.push_ref(&value) }, room > 0);
                    if room > 0 {
                        naive.push_back(value);
                    }
                }
                Step::PushSlice(batch) => {
                    let taken = batch.len().min(room);
                    prop_assert_eq!(tx.push_slice(&batch), taken);
                    naive.extend(&batch[..taken]);
                }
                Step::PushFrom(batch) => {
                    let taken = batch.len().min(room);
                    let mut source = batch.iter().copied();
                    prop_assert_eq!(tx.push_from(source.by_ref()), taken);
                    prop_assert_eq!(source.len(), batch.len() - taken, "an item without room was taken");
                    naive.extend(&batch[..taken]);
                }
                Step::Pop => prop_assert_eq!(rx.pop(), naive.pop_front()),
                Step::PopSlice(limit) => {
                    let mut out = vec![0; limit];
                    let taken = rx.pop_slice(&mut out);
                    prop_assert_eq!(taken, limit.min(naive.len()));
                    prop_assert_eq!(&out[..taken], &naive.drain(..taken).collect::<Vec<_>>()[..]);
                }
                Step::Drain(limit) => {
                    let mut out = Vec::new();
                    let taken = rx.drain(limit, |value| out.push(value));
                    prop_assert_eq!(taken, limit.min(naive.len()));
                    prop_assert_eq!(out, naive.drain(..taken).collect::<Vec<_>>());
                }
            }
            prop_assert_eq!(rx.len(), naive.len());
            prop_assert_eq!(tx.free(), capacity - naive.len());
            prop_assert_eq!(rx.is_empty(), naive.is_empty());
        }
    }

    #[test]
    fn a_burst_hands_over_like_a_bounded_deque_that_shows_its_items_late(
        bits in 1_u32..6, most in 1_usize..9, steps in proptest::collection::vec((0_u8..8, any::<u64>()), 1..300),
    ) {
        let capacity = 1_usize << bits;
        let (tx, mut rx) = spsc::channel::<[u64; 3]>(capacity).unwrap();
        let mut tx = spsc::Burst::new(tx, most);
        let mut naive = VecDeque::new();
        for (step, value) in steps {
            let mut shown = false;
            match step {
                0..5 => {
                    let (room, record) = (naive.len() < capacity, [value, !value, 7]);
                    prop_assert_eq!(tx.push(record).is_ok(), room);
                    naive.extend(room.then_some(record));
                    shown = !room;
                }
                5 => {
                    tx.flush();
                    shown = true;
                }
                _ => {
                    let waits = !rx.is_empty();
                    prop_assert_eq!(rx.pop(), if waits { naive.pop_front() } else { None });
                }
            }
            let hidden = naive.len() - rx.len();
            prop_assert!(hidden <= if shown { 0 } else { most }, "{hidden} of bursts of {most} were kept");
        }
        drop(tx);
        let mut rest = Vec::new();
        rx.drain(capacity, |record| rest.push(record));
        prop_assert_eq!(rest, naive.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn the_shared_queues_behave_like_a_bounded_deque(bits in 1_u32..6, pushes in proptest::collection::vec(any::<bool>(), 1..400)) {
        let capacity = 1_usize << bits;
        let (slots, links) = (Mpmc::new(capacity).unwrap(), Linked::new(capacity).unwrap());
        let mut naive = VecDeque::new();
        for (i, push) in pushes.into_iter().enumerate() {
            if push {
                let room = naive.len() < capacity;
                prop_assert_eq!(slots.push(i).is_ok(), room);
                prop_assert_eq!(links.push(i).is_ok(), room);
                if room {
                    naive.push_back(i);
                }
            } else {
                let first = naive.pop_front();
                prop_assert_eq!(slots.pop(), first);
                prop_assert_eq!(links.pop(), first);
            }
        }
    }
}

#[test]
fn a_panic_while_draining_neither_loses_nor_doubles_the_rest() {
    let token = std::sync::Arc::new(());
    let (mut tx, mut rx) = spsc::channel(8).unwrap();
    for i in 0..5 {
        tx.push((i, token.clone())).unwrap();
    }
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        rx.drain(5, |(i, _)| assert!(i < 2, "stop here"));
    }));
    assert!(caught.is_err());
    assert_eq!(std::sync::Arc::strong_count(&token), 3, "three were given to the closure, two wait");
    assert_eq!(rx.pop().map(|(i, _)| i), Some(3));
    drop((tx, rx));
    assert_eq!(std::sync::Arc::strong_count(&token), 1);
}

#[test]
fn each_end_learns_that_the_other_has_left() {
    let (mut tx, mut rx) = spsc::channel::<u8>(4).unwrap();
    assert!(!rx.is_closed() && !tx.is_abandoned());
    tx.push(1).unwrap();
    drop(tx);
    assert!(rx.is_closed() && !rx.is_finished());
    assert_eq!(rx.pop(), Some(1));
    assert!(rx.is_finished());
    let (tx, rx) = spsc::channel::<u8>(4).unwrap();
    drop(rx);
    assert!(tx.is_abandoned());
}

//! Every interleaving of small programs on the price-level book: `RUSTFLAGS="--cfg loom" cargo test -p hftz-velox --release
//! --test loom`, in a target directory of its own.
#![cfg(loom)]
#![allow(clippy::unwrap_used)]

use hftz_velox::book::{Ladder, Reject};
use loom::sync::Arc;
use loom::thread;

fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

#[test]
fn two_additions_to_one_tick_both_count() {
    explore(|| {
        let ladder = Arc::new(Ladder::new(1));
        let other = Arc::clone(&ladder);
        let thread = thread::spawn(move || other.add(1, 2).unwrap());
        ladder.add(1, 3).unwrap();
        thread.join().unwrap();
        assert_eq!((ladder.highest(), ladder.lowest(), ladder.total()), (Some((1, 5)), Some((1, 5)), 5));
    });
}

#[test]
fn what_is_added_is_taken_or_rests() {
    explore(|| {
        let ladder = Arc::new(Ladder::new(1));
        ladder.add(0, 1).unwrap();
        let other = Arc::clone(&ladder);
        let thread = thread::spawn(move || other.take(0, 2));
        ladder.add(0, 2).unwrap();
        let taken = thread.join().unwrap().unwrap();
        assert!(taken == 1 || taken == 2);
        let left = 3 - u64::from(taken);
        assert_eq!((ladder.total(), ladder.highest()), (left, Some((0, left as u32))));
    });
}

#[test]
fn emptying_a_level_never_hides_an_addition_that_is_done() {
    explore(|| {
        let ladder = Arc::new(Ladder::new(1));
        ladder.add(0, 1).unwrap();
        let other = Arc::clone(&ladder);
        let thread = thread::spawn(move || other.take(0, 1).unwrap());
        ladder.add(1, 1).unwrap();
        assert_eq!(ladder.highest(), Some((1, 1)));
        thread.join().unwrap();
        assert_eq!(ladder.lowest(), Some((1, 1)));
    });
}

#[test]
fn two_takers_of_the_last_quantity_share_it() {
    explore(|| {
        let ladder = Arc::new(Ladder::new(2));
        ladder.add(2, 1).unwrap();
        let other = Arc::clone(&ladder);
        let thread = thread::spawn(move || other.take(2, 1));
        let mine = ladder.take(2, 1);
        let theirs = thread.join().unwrap();
        assert!(matches!((mine, theirs), (Ok(1), Err(Reject::Empty)) | (Err(Reject::Empty), Ok(1))));
        assert_eq!((ladder.highest(), ladder.total()), (None, 0));
    });
}

#[test]
fn a_reader_beside_writers_sees_only_what_was_there() {
    explore(|| {
        let ladder = Arc::new(Ladder::new(2));
        ladder.add(0, 1).unwrap();
        let other = Arc::clone(&ladder);
        let thread = thread::spawn(move || {
            other.add(3, 1).unwrap();
            other.take(3, 1).unwrap();
        });
        assert!(matches!(ladder.highest(), Some((0 | 3, 1))));
        thread.join().unwrap();
        assert_eq!(ladder.highest(), Some((0, 1)));
    });
}

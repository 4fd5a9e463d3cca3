//! The price-level book under many writers and readers at once.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used)]

use hftz_flow::Random;
use hftz_model::Side;
use hftz_velox::book::{Book, Reject};
use std::sync::atomic::{AtomicBool, Ordering};

const WRITERS: u64 = 4;
const STEPS: u64 = 100_000;
/// Few prices, so that writers meet.
const PRICES: i64 = 24;

/// What one writer added and took.
fn write(book: &Book, seed: u64) -> (u64, u64, u64) {
    let mut random = Random::new(seed);
    let (mut added, mut taken, mut contended) = (0, 0, 0);
    for _ in 0..STEPS {
        let bits = random.bits();
        let side = if bits & 1 == 0 { Side::Buy } else { Side::Sell };
        let quantity = 1 + (bits >> 8 & 0x3F) as u32;
        let price = 10_000 + (bits >> 16) as i64 % PRICES;
        let outcome = if bits & 2 == 0 {
            book.add(side, price, quantity).map(|_| added += u64::from(quantity))
        } else {
            let limit = if side == Side::Buy { 10_000 } else { 10_000 + PRICES };
            book.take(side, limit, quantity).map(|got| taken += u64::from(got))
        };
        match outcome {
            Ok(()) | Err(Reject::Empty) => {}
            Err(Reject::Contended) => contended += 1,
            Err(other) => panic!("{other}"),
        }
    }
    (added, taken, contended)
}

#[test]
fn levels_add_up_to_what_many_writers_added_less_what_they_took() {
    let (book, done) = (Book::around(10_000), AtomicBool::new(false));
    let (added, taken, reads) = std::thread::scope(|threads| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|seed| {
                threads.spawn({
                    let book = &book;
                    move || write(book, seed)
                })
            })
            .collect();
        let reader = threads.spawn(|| {
            let mut reads = 0_u64;
            loop {
                let last = done.load(Ordering::Relaxed);
                for quote in [book.best_bid(), book.best_ask()].into_iter().flatten() {
                    assert!((10_000..10_000 + PRICES).contains(&quote.price) && quote.quantity > 0);
                }
                assert!(book.spread().is_none_or(|spread| spread.abs() < PRICES));
                reads += 1;
                if last {
                    return reads;
                }
            }
        });
        let sums = writers.into_iter().map(|writer| writer.join().unwrap());
        let (added, taken, _) = sums.fold((0, 0, 0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
        done.store(true, Ordering::Relaxed);
        (added, taken, reader.join().unwrap())
    });
    assert_eq!(book.total(Side::Buy) + book.total(Side::Sell), added - taken);
    assert!(taken > 0 && reads > 0);
    // Nobody writes any more, so the best is what a look at every price finds.
    let prices = || 10_000..10_000 + PRICES;
    let holds = |side, price: &i64| book.quantity(side, *price).unwrap() > 0;
    assert_eq!(book.best_bid().map(|quote| quote.price), prices().rev().find(|price| holds(Side::Buy, price)));
    assert_eq!(book.best_ask().map(|quote| quote.price), prices().find(|price| holds(Side::Sell, price)));
}

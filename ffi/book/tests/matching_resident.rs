//! What a resting order costs in memory, everything included. Alone in its process: what is resident is the process's.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use hftz_book::matching::{Engine, Settings, Sink};
use hftz_model::{Command, Event, Side};

struct Nobody;

impl Sink for Nobody {
    fn report(&mut self, _: &Event) {}
}

/// Resident bytes of this process, in pages of 4 KiB.
fn resident() -> i64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<i64>().unwrap() * 4096
}

/// The engine reserves address space for all its columns and touches a page when the first order needs it: what counts
/// is what a full book has made resident, from five hundred orders a level to five.
#[test]
fn a_resting_order_costs_at_most_96_bytes_all_included() {
    const ORDERS: u32 = 1 << 20;
    // Kept, so that no engine gets pages that another has touched.
    let mut engines = Vec::new();
    for prices in [1_000, 10_000, 100_000] {
        let before = resident();
        let mut engine = Engine::new(&Settings { capacity: ORDERS, ..Settings::default() }).unwrap();
        for at in 0..ORDERS {
            let away = i64::from(at) * 7919 % prices;
            let (side, price) = if at & 1 == 0 { (Side::Buy, 500_000 - away) } else { (Side::Sell, 500_001 + away) };
            engine.apply(&Command::limit(1, side, u64::from(at) + 1, price, 100), &mut Nobody);
        }
        assert_eq!(engine.live_orders(), ORDERS);
        let each = (resident() - before) as f64 / f64::from(ORDERS);
        println!("{each:.1} bytes a resting order at {prices} prices a side, the table of symbols included");
        assert!(each <= 96.0, "{each:.1} bytes a resting order at {prices} prices a side");
        engines.push(engine);
    }
}

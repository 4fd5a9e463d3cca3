//! The public matching benchmark, hftz and each peer in turn over the same messages.
//!
//! Wall time of the loop over messages in memory, on a book that is fresh for every run; no report leaves the thread. A peer that
//! cannot do all of the workload gets the part that it can, and hftz the same part. Both must trade the same: otherwise they
//! did not do the same work, and the peer is left out with the difference.

mod orderbook;
mod ours;
mod process;
mod work;

use hftz_lab::Options;
use hftz_lab::matching::workload::{Message, ORDERS, Order, SCENARIOS, SEED, Scenario, generate};
use hftz_lab::paired::Pair;
use hftz_lab::rounds::Series;
use serde_json::Value;

use crate::found::Found;
use work::Done;

/// An engine of other people.
pub trait Peer {
    fn name(&self) -> &str;

    /// What a reader has to know of it.
    fn note(&self) -> Option<&str>;

    /// Whether it can do this.
    fn takes(&self, message: &Message) -> bool;

    /// The messages of the runs to come.
    fn load(&mut self, messages: &[Message]) -> Result<(), String>;

    /// One run.
    fn work(&mut self) -> Result<Done, String>;
}

/// Rounds before the clock counts: a virtual machine compiles while it runs.
const WARM_UP: u64 = 2;

/// Orders of the smallest workload.
const FEWEST: usize = 1 << 13;

/// A run that takes so many nanoseconds is long enough. The time of some peers grows with the square of their orders.
const ENOUGH: f64 = 3e8;

/// Options: `rounds`, `orders` at most, `seed`. `processes` describes the peers that are not in this program.
pub fn run(options: &Options<'_>, processes: &[Value]) -> Result<Found, String> {
    let rounds = options.number("rounds", 5).max(1);
    let orders = options.number("orders", ORDERS as u64) as usize;
    let seed = u32::try_from(options.number("seed", u64::from(SEED))).map_err(|_| "seed: 32 bits")?;
    let mut found = Found::default();
    let mut peers: Vec<Box<dyn Peer>> = vec![Box::new(orderbook::OrderBookRs::default())];
    for described in processes {
        match process::Process::start(described) {
            Ok(peer) => peers.push(Box::new(peer)),
            Err(why) => found.leave_out(described["name"].as_str().unwrap_or("a peer"), &why),
        }
    }
    for mut peer in peers {
        for scenario in &SCENARIOS {
            options.go_on()?;
            eprintln!("{}: {}", peer.name(), scenario.name);
            let part = fitting(peer.as_mut(), scenario, orders, seed);
            match part.and_then(|part| compare(peer.as_mut(), scenario, &part, rounds)) {
                Ok(row) => found.rows.push(row),
                Err(why) => {
                    found.leave_out(peer.name(), &format!("{}: {why}", scenario.name));
                    break;
                }
            }
        }
    }
    Ok(found)
}

/// What the peer can do of the smallest workload that takes it long enough, or of the largest. It is loaded then.
fn fitting(peer: &mut dyn Peer, scenario: &Scenario, most: usize, seed: u32) -> Result<Vec<Message>, String> {
    let mut orders = FEWEST.min(most);
    loop {
        let mut part = generate(scenario, orders, seed, Order::Published);
        part.retain(|message| peer.takes(message));
        peer.load(&part)?;
        if orders == most || peer.work()?.nanoseconds >= ENOUGH {
            return Ok(part);
        }
        orders = (orders * 2).min(most);
    }
}

/// Both on these messages, with which the peer is loaded.
fn compare(peer: &mut dyn Peer, scenario: &Scenario, part: &[Message], rounds: u64) -> Result<Value, String> {
    let (mut mine, mut theirs) = (Series::default(), Series::default());
    for round in 0..WARM_UP + rounds {
        let (ours, other) = (ours::work(part)?, peer.work()?);
        if ours.traded != other.traded {
            return Err(format!("it trades {:?}, hftz {:?}", other.traded, ours.traded));
        }
        if round >= WARM_UP {
            let rate = |done: Done| part.len() as f64 * 1e3 / done.nanoseconds;
            mine.0.push(rate(ours));
            theirs.0.push(rate(other));
        }
    }
    let what = format!("{}, {} messages", scenario.name, part.len());
    let pair = Pair {
        peer: peer.name(),
        against: "hftz",
        what: &what,
        unit: "M messages/s",
        more_is_better: true,
        ours: &mine,
        theirs: &theirs,
        note: peer.note(),
    };
    Ok(pair.row())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orderbook_rs_trades_what_hftz_trades_and_a_row_says_how_fast() {
        let options = Options::new([("orders".to_owned(), 2_000), ("rounds".to_owned(), 1)], &|| false);
        let Found { rows, left_out } = run(&options, &[]).unwrap();
        assert!(left_out.is_empty(), "{left_out:?}");
        assert_eq!(rows.len(), SCENARIOS.len());
        assert!(rows.iter().all(|row| row["times"]["median"].as_f64().is_some_and(|times| times > 0.0)));
    }

    /// A peer that takes so long for a message.
    struct Slow(f64, usize);

    impl Peer for Slow {
        fn name(&self) -> &'static str {
            "slow"
        }

        fn note(&self) -> Option<&str> {
            None
        }

        fn takes(&self, _: &Message) -> bool {
            true
        }

        fn load(&mut self, messages: &[Message]) -> Result<(), String> {
            self.1 = messages.len();
            Ok(())
        }

        fn work(&mut self) -> Result<Done, String> {
            Ok(Done { nanoseconds: self.0 * self.1 as f64, traded: work::Traded::default() })
        }
    }

    #[test]
    fn the_workload_grows_until_it_takes_a_peer_long_enough_and_no_further() {
        let messages = |each: f64, most: usize| {
            let mut peer = Slow(each, 0);
            let part = fitting(&mut peer, &SCENARIOS[0], most, SEED).unwrap();
            assert_eq!(part.len(), peer.1, "it is loaded with what it is compared on");
            part.len() as f64
        };
        assert!((1.0..2.5).contains(&(messages(10_000.0, 1 << 20) * 10_000.0 / ENOUGH)));
        assert_eq!(messages(1e9, 1 << 20), messages(1.0, FEWEST), "the smallest");
        let whole = generate(&SCENARIOS[0], 20_000, SEED, Order::Published);
        assert_eq!(messages(1.0, 20_000), whole.len() as f64, "the largest");
        assert!(messages(1e9, 300) < 1_000.0, "no more than was asked for");
    }

    #[test]
    fn a_peer_that_trades_something_else_or_is_not_there_is_left_out_with_the_reason() {
        let script = r#"while read -r verb path; do case $verb in load) echo loaded;; run) echo '{"ns":5,"trades":1,"shares":2}';; esac; done"#;
        let liar = serde_json::json!({ "name": "liar", "command": ["sh", "-c", script] });
        let absent = serde_json::json!({ "name": "absent", "command": ["/nonexistent/engine"] });
        let options = Options::new([("orders".to_owned(), 500), ("rounds".to_owned(), 1)], &|| false);
        let Found { left_out, .. } = run(&options, &[liar, absent]).unwrap();
        let why = |peer: &str| {
            let row = left_out.iter().find(|row| row["peer"] == peer).unwrap();
            row["why"].as_str().unwrap().to_owned()
        };
        assert!(why("liar").contains("it trades Traded { trades: 1, shares: 2 }"));
        assert!(why("absent").contains("does not start"));
    }
}

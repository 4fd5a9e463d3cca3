//! Both builds of the engine, command by command and in bursts: equal reports, equal shown books, equal state.

use crate::dice::RULED;
use crate::flow::flow;
use crate::shadow::Shadow;
use hftz_book::matching::{Engine, Here, Ids, Settings, Sink, Steps};
use hftz_isa::V3;
use hftz_model::{Command, Event};
use proptest::prelude::*;

/// How the commands of a flow come.
#[derive(Clone, Copy, Debug)]
enum Way {
    Alone,
    /// So many together.
    Bursts(usize),
}

type Outcome = (Vec<Event>, u64, u64, u64);

/// Reports, hash of what was shown, of the state, and of the books.
fn outcome(settings: &Settings, commands: &[Command], build: Option<V3>, way: Way) -> Outcome {
    let mut engine = Engine::new(settings).unwrap().run_on(build);
    engine.define_symbol(RULED.0, &RULED.1).unwrap();
    let mut shadow = Shadow::default();
    match way {
        Way::Alone => commands.iter().for_each(|command| engine.apply(command, &mut shadow)),
        Way::Bursts(size) => {
            commands.chunks(size).for_each(|burst| engine.apply_all(burst, &mut shadow));
        }
    }
    assert_eq!(engine.runs_on(), build);
    (std::mem::take(&mut shadow.events), shadow.hash(), engine.state_hash(), engine.books_hash())
}

proptest! {
    #[test]
    fn both_builds_say_the_same_alone_and_in_bursts(flow in flow(400), size in 1usize..80) {
        let plain = outcome(&flow.settings, &flow.commands, None, Way::Alone);
        for build in [None, V3::find()] {
            for way in [Way::Alone, Way::Bursts(size)] {
                let other = outcome(&flow.settings, &flow.commands, build, way);
                prop_assert_eq!(&other, &plain, "{:?}, {:?}", build, way);
            }
        }
    }
}

#[test]
fn the_sink_of_a_burst_is_told_of_each_command_before_its_reports() {
    struct Numbered(u64, Vec<(u64, u64)>);
    impl Sink for Numbered {
        fn report(&mut self, event: &Event) {
            self.1.push((self.0, event.order_id));
        }
    }
    struct Numbers(std::ops::RangeInclusive<u64>);
    impl Steps<Ids, Numbered> for Numbers {
        fn step(&mut self, engine: &mut Engine, sink: &mut Numbered, here: Here) -> bool {
            let Some(number) = self.0.next() else { return false };
            sink.0 = number;
            here.apply(engine, &Command::limit(1, hftz_model::Side::Buy, number + 100, 50, 1), sink);
            true
        }
    }
    for build in [None, V3::find()] {
        let mut engine = Engine::new(&Settings { capacity: 10, ..Settings::default() }).unwrap().run_on(build);
        let mut sink = Numbered(0, Vec::new());
        engine.apply_steps(Numbers(1..=3), &mut sink);
        assert_eq!(sink.1, [(1, 101), (2, 102), (3, 103)]);
    }
}

#[test]
fn steps_see_what_the_last_one_did_and_move_the_time() {
    #[derive(Default)]
    struct Prices(Vec<i64>);
    impl Sink for Prices {
        fn report(&mut self, event: &Event) {
            self.0.push(event.price);
        }
    }
    struct Ladder(i64);
    impl Steps<Ids, Prices> for Ladder {
        fn step(&mut self, engine: &mut Engine, sink: &mut Prices, here: Here) -> bool {
            let price = engine.best_bid(1).unwrap_or(100) + 1;
            engine.advance_to(price as u64, sink);
            here.apply(engine, &Command::limit(1, hftz_model::Side::Buy, price as u64, price, 1), sink);
            price < self.0
        }
    }
    for build in [None, V3::find()] {
        let mut engine = Engine::new(&Settings { capacity: 10, ..Settings::default() }).unwrap().run_on(build);
        let mut sink = Prices::default();
        engine.apply_steps(Ladder(104), &mut sink);
        assert_eq!(sink.0, [101, 102, 103, 104]);
        assert_eq!((engine.best_bid(1), engine.time_ns()), (Some(104), 104));
    }
}

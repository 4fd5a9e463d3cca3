//! A saved state: an engine restored from it answers like the one that was saved, and bad bytes are refused.

use crate::dice::{Dice, RULED};
use crate::flow::flow;
use hftz_book::matching::{Engine, RestoreError, Settings, Sink};
use hftz_model::Event;
use proptest::prelude::*;

#[derive(Default)]
struct Reports(Vec<Event>);

impl Sink for Reports {
    fn report(&mut self, event: &Event) {
        self.0.push(*event);
    }
}

fn engine(settings: &Settings) -> Engine {
    let mut engine = Engine::new(settings).unwrap();
    engine.define_symbol(RULED.0, &RULED.1).unwrap();
    engine
}

fn saved(engine: &Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.save(|piece| bytes.extend_from_slice(piece));
    bytes
}

fn restored(settings: &Settings, state: &[u8]) -> Result<Engine, RestoreError> {
    engine(settings).restored(state)
}

proptest! {
    #[test]
    fn a_restored_engine_goes_on_like_the_one_that_was_saved(flow in flow(160), part in 0.0..1.0) {
        let (before, after) = flow.commands.split_at((flow.commands.len() as f64 * part) as usize);
        let (mut one, mut reports) = (engine(&flow.settings), Reports::default());
        before.iter().for_each(|command| one.apply(command, &mut reports));
        let state = saved(&one);
        let mut other = restored(&flow.settings, &state).unwrap();
        prop_assert_eq!(saved(&other), state);
        prop_assert_eq!(other.live_orders(), one.live_orders());
        let mut both = [Reports::default(), Reports::default()];
        for command in after {
            one.apply(command, &mut both[0]);
            other.apply(command, &mut both[1]);
            prop_assert_eq!(&both[0].0, &both[1].0);
            prop_assert_eq!(one.books_hash(), other.books_hash());
        }
        prop_assert_eq!(one.state_hash(), other.state_hash());
        prop_assert_eq!(saved(&one), saved(&other));
    }

    #[test]
    fn a_changed_or_cut_state_is_refused_or_safe(flow in flow(80), seed in any::<u64>()) {
        let (mut one, mut reports) = (engine(&flow.settings), Reports::default());
        flow.commands.iter().for_each(|command| one.apply(command, &mut reports));
        let state = saved(&one);
        let mut dice = Dice(seed);
        let cut = dice.range(0, state.len() as u64 - 1) as usize;
        prop_assert!(restored(&flow.settings, &state[..cut]).is_err());
        let mut changed = state.clone();
        changed[cut] ^= 1 << dice.range(0, 7);
        // Only engine time is no part of the hash, and any time is a good one.
        if restored(&flow.settings, &changed).is_ok() {
            prop_assert!((20..28).contains(&cut), "a changed byte {} was taken", cut);
        }
    }
}

//! Every message type there and back, views against the tables, dispatch against the plain walk.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use hftz_wire::itch::view::{self, View};
use hftz_wire::itch::{self, Handler, Message, Records, Stop, TypeCounts, dispatch};
use proptest::prelude::*;
use support::{any_feed, any_message, framed, naive_decode};

/// Decodes a view into its plain struct and writes it again, framed.
fn there_and_back(view: View<'_>) -> Vec<u8> {
    fn write(message: &impl Message) -> Vec<u8> {
        let mut room = [0xaa; 64];
        let used = message.write_framed(&mut room).unwrap();
        room[..used].to_vec()
    }
    macro_rules! by_type {
        ($($name:ident)*) => { match view { $(View::$name(view) => write(&itch::$name::from(view)),)* } };
    }
    by_type!(SystemEvent StockDirectory StockTradingAction RegShoRestriction MarketParticipantPosition
        MwcbDeclineLevel MwcbStatus IpoQuotingPeriod LuldAuctionCollar OperationalHalt AddOrder AddOrderMpid
        OrderExecuted OrderExecutedWithPrice OrderCancel OrderDelete OrderReplace NonCrossTrade CrossTrade
        BrokenTrade NetOrderImbalance RetailPriceImprovement DirectListingPriceDiscovery)
}

/// Counts calls by type and remembers the adds.
#[derive(Default)]
struct Seen {
    adds: Vec<(u64, u64, u32)>,
    replaces: usize,
    levels: u64,
}

impl Handler for Seen {
    fn add_order(&mut self, offset: u64, message: view::AddOrder<'_>) {
        self.adds.push((offset, message.order_reference_number(), message.price()));
    }

    fn order_replace(&mut self, _: u64, _: view::OrderReplace<'_>) {
        self.replaces += 1;
    }

    fn mwcb_decline_level(&mut self, _: u64, message: view::MwcbDeclineLevel<'_>) {
        self.levels = self.levels.wrapping_add(message.level_3());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_message_survives_decoding_and_encoding(message in any_message()) {
        let view = View::of(&message).unwrap();
        prop_assert_eq!(there_and_back(view), framed(view.bytes()));
        prop_assert_eq!(view.bytes(), &message[..view.bytes().len()]);
        prop_assert_eq!(Some(view.name()), itch::name_of(message[0]));
    }
}

proptest! {
    #[test]
    fn dispatch_sees_what_the_walk_sees(mut feed in any_feed(0..80), damage in prop::option::of((any::<prop::sample::Index>(), any::<u8>()))) {
        if let (Some((place, byte)), false) = (damage, feed.is_empty()) {
            let place = place.index(feed.len());
            feed[place] = byte;
        }
        let truth = naive_decode(&feed);
        let mut seen = Seen::default();
        let done = dispatch(&feed, 0, &mut seen);
        prop_assert_eq!((done.consumed, done.messages, done.trailing), (truth.consumed, truth.deltas.len() as u64, truth.trailing));
        prop_assert_eq!(done.stop, truth.error.map_or(Stop::MoreInput, Stop::Error));
        let adds: Vec<_> = truth.deltas.iter().filter(|d| d.kind == b'A').map(|d| (d.offset, d.reference, d.price)).collect();
        prop_assert_eq!(seen.adds, adds);
        prop_assert_eq!(seen.replaces, truth.deltas.iter().filter(|d| d.kind == b'U').count());
        let walked = Records::new(&feed, 0).filter_map(Result::ok).map(|(offset, message)| (offset, message[0]));
        prop_assert!(walked.eq(truth.deltas.iter().map(|d| (d.offset, d.kind))));
    }
}

#[test]
fn counters_add_up() {
    let mut counts = TypeCounts::new();
    counts.add(b'A');
    counts.add(b'A');
    counts.add(b'S');
    assert_eq!((counts.of(b'A'), counts.of(b'S'), counts.of(b'D'), counts.total()), (2, 1, 0, 3));
}

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

/// Remembers what it is called for: the offset, and the bytes of the view.
#[derive(Default)]
struct Seen(Vec<(u64, Vec<u8>)>);

macro_rules! remember {
    ($($method:ident $View:ident)*) => {
        impl Handler for Seen {
            $(fn $method(&mut self, offset: u64, message: view::$View<'_>) {
                assert_eq!(message.bytes()[0], view::$View::KIND);
                self.0.push((offset, message.bytes().to_vec()));
            })*
        }
    };
}
remember!(system_event SystemEvent stock_directory StockDirectory stock_trading_action StockTradingAction
    reg_sho_restriction RegShoRestriction market_participant_position MarketParticipantPosition
    mwcb_decline_level MwcbDeclineLevel mwcb_status MwcbStatus ipo_quoting_period IpoQuotingPeriod
    luld_auction_collar LuldAuctionCollar operational_halt OperationalHalt add_order AddOrder
    add_order_mpid AddOrderMpid order_executed OrderExecuted order_executed_with_price OrderExecutedWithPrice
    order_cancel OrderCancel order_delete OrderDelete order_replace OrderReplace non_cross_trade NonCrossTrade
    cross_trade CrossTrade broken_trade BrokenTrade net_order_imbalance NetOrderImbalance
    retail_price_improvement RetailPriceImprovement direct_listing_price_discovery DirectListingPriceDiscovery);

/// A run of records as on a day: nearly all of four types, a few of others, of those now and then one with trailing bytes.
fn day_feed() -> impl Strategy<Value = Vec<u8>> {
    let usual =
        (prop::sample::select(b"ADUE".to_vec()), prop::collection::vec(any::<u8>(), 40)).prop_map(|(kind, bytes)| {
            let mut message = bytes[..usize::from(itch::length_of(kind).unwrap())].to_vec();
            message[0] = kind;
            message
        });
    let one = prop_oneof![15 => usual, 1 => any_message()];
    prop::collection::vec(one, 0..200).prop_map(|all| all.iter().flat_map(|message| framed(message)).collect())
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
    fn dispatch_sees_what_the_walk_sees(
        mut feed in prop_oneof![any_feed(0..80), day_feed()],
        damage in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
    ) {
        if let (Some((place, byte)), false) = (damage, feed.is_empty()) {
            let place = place.index(feed.len());
            feed[place] = byte;
        }
        let truth = naive_decode(&feed);
        let mut seen = Seen::default();
        let done = dispatch(&feed, 0, &mut seen);
        prop_assert_eq!((done.consumed, done.messages, done.trailing), (truth.consumed, truth.deltas.len() as u64, truth.trailing));
        prop_assert_eq!(done.stop, truth.error.map_or(Stop::MoreInput, Stop::Error));
        let walked: Vec<_> = Records::new(&feed, 0).filter_map(Result::ok).collect();
        let kinds = walked.iter().map(|(offset, message)| (*offset, message[0]));
        prop_assert!(kinds.eq(truth.deltas.iter().map(|d| (d.offset, d.kind))));
        let views = walked.iter().map(|(offset, message)| (*offset, View::of(message).unwrap().bytes().to_vec()));
        prop_assert!(views.eq(seen.0));
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

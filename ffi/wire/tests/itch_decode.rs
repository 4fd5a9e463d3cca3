//! The batch decoders against a decoder that is slow and obviously right, on valid and on damaged input.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use hftz_model::Delta;
use hftz_wire::itch::{Decoder, Stop, TypeCounts, count_batch, length_of};
use proptest::prelude::*;
use support::{Decoded, any_feed, any_message, framed, naive_decode};

/// Feeds `input` in slices that end at `cuts` and batches of `batch`, the way a source does: what a call leaves is in
/// front of the next slice.
fn decode_in_pieces(decoder: Decoder, input: &[u8], cuts: &[usize], batch: usize) -> Decoded {
    let mut done = Decoded::default();
    let mut out = vec![Delta { reserved: 7, ..Delta::default() }; batch];
    for &end in cuts.iter().chain([&input.len()]) {
        let end = end.clamp(done.consumed, input.len());
        loop {
            // A copy of its own for every slice, so that a sanitizer sees a read beyond its end.
            let slice = input[done.consumed..end].to_vec();
            let progress = decoder.decode_batch(&slice, done.consumed as u64, &mut out);
            done.deltas.extend_from_slice(&out[..progress.filled]);
            done.consumed += progress.consumed;
            done.trailing += progress.trailing;
            match progress.stop {
                Stop::MoreInput => break,
                Stop::OutFull => assert_eq!(progress.filled, batch),
                Stop::Error(error) => {
                    done.error = Some(error);
                    return done;
                }
            }
        }
    }
    done
}

fn assert_all_agree(input: &[u8], mut cuts: Vec<usize>, batch: usize) {
    let truth = naive_decode(input);
    cuts.sort_unstable();
    for decoder in [Decoder::new(), Decoder::portable()] {
        assert_eq!(decode_in_pieces(decoder, input, &cuts, batch), truth, "{}", decoder.name());
    }
    let mut counts = TypeCounts::new();
    let counted = count_batch(input, 0, &mut counts);
    assert_eq!((counted.consumed, counted.trailing), (truth.consumed, truth.trailing));
    assert_eq!(counted.messages, truth.deltas.len() as u64);
    assert_eq!(counted.stop, truth.error.map_or(Stop::MoreInput, Stop::Error));
    let mut tally = TypeCounts::new();
    tally.add_batch(&truth.deltas);
    for kind in 0..=255 {
        assert_eq!(counts.of(kind), tally.of(kind));
    }
    assert_eq!(counts.total(), counted.messages);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_way_to_decode_says_the_same(
        feed in any_feed(0..120), cuts in prop::collection::vec(0usize..4000, 0..6), batch in 1usize..70,
    ) {
        assert_all_agree(&feed, cuts, batch);
    }

    #[test]
    fn every_way_to_decode_says_the_same_of_damaged_input(
        mut feed in any_feed(1..60),
        damage in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![Just(0), any::<u8>()]), 1..4),
        cuts in prop::collection::vec(0usize..2000, 0..4),
        batch in 1usize..70,
    ) {
        for (place, byte) in damage {
            let place = place.index(feed.len());
            feed[place] = byte;
        }
        assert_all_agree(&feed, cuts, batch);
    }

    #[test]
    fn random_bytes_decode_to_the_same_error_everywhere(
        bytes in prop::collection::vec(prop_oneof![4 => Just(0u8), 1 => any::<u8>()], 0..300), batch in 1usize..8,
    ) {
        assert_all_agree(&bytes, vec![], batch);
    }
}

/// A message whose last bytes look like a system event of their own: who begins to walk there comes to the next record all the same.
fn deceitful_message() -> impl Strategy<Value = Vec<u8>> {
    any_message().prop_map(|mut message| {
        message.truncate(usize::from(length_of(message[0]).unwrap()));
        if let Some(place) = message.len().checked_sub(14).filter(|&place| place > 0) {
            message[place..place + 3].copy_from_slice(&[0, 12, b'S']);
        }
        message
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn long_input_is_counted_as_it_is_decoded(
        records in prop::collection::vec(prop_oneof![999 => deceitful_message(), 1 => any_message()], 300..900),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut feed: Vec<u8> = records.iter().flat_map(|message| framed(message)).collect();
        for (place, byte) in damage {
            let place = place.index(feed.len());
            feed[place] = byte;
        }
        assert_all_agree(&feed, vec![], 64);
    }
}

#[test]
fn a_record_of_65535_bytes_of_no_known_type_is_an_error_not_a_message() {
    let mut input = vec![0xff; 2 + 65_535 + 200];
    input[2] = b'z';
    assert_all_agree(&input, vec![], 4);
    let error = naive_decode(&input).error.unwrap();
    assert_eq!(error.record_bytes(), Some(65_537));
}

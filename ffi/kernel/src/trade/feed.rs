//! A file of framed ITCH, whole in memory, into order books and their state hash: what `hftz replay --hash` does with
//! it.

use hftz_book::replica::Books;
use hftz_model::Delta;
use hftz_wire::itch::{self, Decoder, ErrorKind, Stop};

/// Deltas decoded before they are applied: what stays in the first-level cache between the two.
const BATCH: usize = 128;

/// What a file left behind.
pub struct Replayed {
    pub messages: u64,
    pub books: Books,
    /// The record at which the file ceased to make sense; everything before it was applied.
    pub error: Option<itch::Error>,
}

/// Applies every message; `seen` is told after each batch how many bytes are done.
pub fn replay(bytes: &[u8], mut seen: impl FnMut(usize)) -> Replayed {
    let decoder = Decoder::new();
    let mut books = Books::new();
    let mut batch = [Delta::default(); BATCH];
    let (mut at, mut messages) = (0, 0);
    let error = loop {
        let progress = decoder.decode_batch(&bytes[at..], at as u64, &mut batch);
        messages += books.apply_batch(&batch[..progress.filled], &mut ()) as u64;
        at += progress.consumed;
        seen(at);
        match progress.stop {
            Stop::OutFull => {}
            Stop::MoreInput => break itch::finish(&bytes[at..], at as u64).err(),
            // A zero length as the last record of a file ends its session.
            Stop::Error(error) if error.kind == ErrorKind::ZeroLength && at + 2 == bytes.len() => break None,
            Stop::Error(error) => break Some(error),
        }
    };
    Replayed { messages, books, error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hftz_wire::itch::{Message, OrderDelete, SystemEvent};

    fn record(message: &impl Message) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        let written = message.write_framed(&mut bytes).unwrap();
        bytes.truncate(written);
        bytes
    }

    #[test]
    fn every_message_is_counted_and_an_impossible_one_is_an_anomaly() {
        let event = record(&SystemEvent::default());
        let delete = record(&OrderDelete::default());
        let bytes = [event, delete].concat();
        let mut last = 0;
        let done = replay(&bytes, |at| last = at);
        assert_eq!((done.messages, done.error, last), (2, None, bytes.len()));
        assert_eq!(done.books.anomalies().total(), 1);
    }

    #[test]
    fn a_zero_length_ends_a_file_but_not_its_middle() {
        let event = record(&SystemEvent::default());
        let ended = [event.clone(), vec![0, 0]].concat();
        assert_eq!(replay(&ended, |_| {}).error, None);
        let broken = [event.clone(), vec![0, 0], event.clone()].concat();
        assert_eq!(replay(&broken, |_| {}).error.unwrap().offset, event.len() as u64);
    }

    #[test]
    fn a_cut_file_names_the_offset_of_its_last_record() {
        let event = record(&SystemEvent::default());
        let done = replay(&[event.clone(), event[..5].to_vec()].concat(), |_| {});
        assert_eq!((done.messages, done.error.unwrap().offset), (1, event.len() as u64));
    }
}

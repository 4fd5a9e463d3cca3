//! Queues of other people, behind the lab's face.

use crossbeam_queue::{ArrayQueue, SegQueue};
use hftz_lab::ring::{BATCH, Item, Lane, Single, Source, Wait, batch};
use hftz_lab::{one_by_one, shared_lane};
use rtrb::chunks::ChunkError;

/// One item at a time.
pub struct Rtrb;

impl<T: Item> Lane<T> for Rtrb {
    const NAME: &'static str = "rtrb";
    type In = rtrb::Producer<T>;
    type Out = rtrb::Consumer<T>;

    fn open(capacity: usize) -> Result<(Self::In, Self::Out), String> {
        Ok(rtrb::RingBuffer::new(capacity))
    }

    one_by_one!(T);
}

impl<T: Item> Single<T> for Rtrb {
    #[inline]
    fn push(tx: &mut Self::In, item: &T) -> bool {
        tx.push(*item).is_ok()
    }

    #[inline]
    fn pop(rx: &mut Self::Out) -> Option<T> {
        rx.pop().ok()
    }
}

/// In chunks of up to [`BATCH`].
pub struct RtrbChunks;

impl<T: Item> Lane<T> for RtrbChunks {
    const NAME: &'static str = "rtrb, chunks of 32";
    type In = rtrb::Producer<T>;
    type Out = rtrb::Consumer<T>;

    fn open(capacity: usize) -> Result<(Self::In, Self::Out), String> {
        Ok(rtrb::RingBuffer::new(capacity))
    }

    fn produce(tx: &mut Self::In, source: &Source<T>, count: u64, wait: Wait) {
        wait.until(count, |sent| tx.push_partial_slice(batch(source, sent, count)).0.len() as u64);
    }

    fn consume(rx: &mut Self::Out, count: u64, wait: Wait) -> u64 {
        let mut sum = 0_u64;
        wait.until(count, |_| {
            // Whoever asks for a chunk first does not look at the other end unless the cached position is not enough.
            let waiting = rx.read_chunk(BATCH).map_or_else(|ChunkError::TooFewSlots(few)| few, |_| BATCH);
            let Ok(chunk) = rx.read_chunk(waiting) else { return 0 };
            let (one, two) = chunk.as_slices();
            one.iter().chain(two).for_each(|item| sum = sum.wrapping_add(item.sum()));
            chunk.commit_all();
            waiting as u64
        });
        sum
    }
}

shared_lane!(CrossbeamArray, "crossbeam ArrayQueue", ArrayQueue, |n| ArrayQueue::new(n), |q, v| q.push(*v).is_ok());

shared_lane!(CrossbeamSeg, "crossbeam SegQueue", SegQueue, |_n| SegQueue::new(), |q, v| {
    q.push(*v);
    true
});

/// The bounded channel, with the calls that do not block.
pub struct CrossbeamChannel;

impl<T: Item> Lane<T> for CrossbeamChannel {
    const NAME: &'static str = "crossbeam channel";
    type In = crossbeam_channel::Sender<T>;
    type Out = crossbeam_channel::Receiver<T>;

    fn open(capacity: usize) -> Result<(Self::In, Self::Out), String> {
        Ok(crossbeam_channel::bounded(capacity))
    }

    one_by_one!(T);
}

impl<T: Item> Single<T> for CrossbeamChannel {
    #[inline]
    fn push(tx: &mut Self::In, item: &T) -> bool {
        tx.try_send(*item).is_ok()
    }

    #[inline]
    fn pop(rx: &mut Self::Out) -> Option<T> {
        rx.try_recv().ok()
    }
}

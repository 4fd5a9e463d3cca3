//! The rings beside rtrb, crossbeam and a C++ ring of the cached-index kind.

#[cfg(cpp_ring)]
mod cpp;
mod queues;

use hftz_lab::Options;
use hftz_lab::ring::{self, Contender, Lane, Ours, OursBatched, OursLinked, OursMpmc, Small};

use crate::found::Found;

/// The name that a queue of ours has among the contenders.
const fn name<L: Lane<Small>>() -> &'static str {
    L::NAME
}

pub fn run(options: &Options<'_>) -> Result<Found, String> {
    let [alone, batched, mpmc, linked] =
        [name::<Ours>(), name::<OursBatched>(), name::<OursMpmc>(), name::<OursLinked>()];
    let mut all = ring::ours();
    all.push(Contender::spsc::<queues::Rtrb>().peer_of(alone));
    // Its loops are in C++ too, so only throughput can be compared.
    #[cfg(cpp_ring)]
    all.push(Contender::bulk::<cpp::Cpp>().peer_of(alone));
    all.push(Contender::bulk::<queues::RtrbChunks>().peer_of(batched));
    all.push(Contender::mpmc::<queues::CrossbeamArray>().peer_of(mpmc));
    all.push(Contender::mpmc::<queues::CrossbeamChannel>().peer_of(mpmc));
    all.push(Contender { round_trip: None, ..Contender::mpmc::<queues::CrossbeamSeg>() }.peer_of(linked));
    let (_, rows) = ring::compare(options, &all)?;
    let mut found = Found { rows, left_out: Vec::new() };
    if !cfg!(cpp_ring) {
        found.leave_out("C++ cached-index ring", "no C++ compiler when the peers were built: apt-get install g++");
    }
    Ok(found)
}

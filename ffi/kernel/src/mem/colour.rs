//! Page colouring: two pages whose frame numbers are equal modulo the number of colours fall into the same sets of the
//! cache, so a hot structure spread over all colours does not evict itself, and two structures on disjoint colours
//! cannot evict each other.

use super::entry::PAGE_SIZE;

/// Colours of a cache with `sets` sets of `line`-byte lines: the pages that one way holds. At least 1; rounded down to
/// a power of two, which set counts are not when a cache is sliced.
#[must_use]
pub const fn colours(sets: u64, line: u64) -> usize {
    let pages = sets.saturating_mul(line) / PAGE_SIZE;
    if pages < 2 { 1 } else { 1 << pages.ilog2() }
}

/// Deals colours in turn, so that consecutive pages of a structure never share one until all are used.
#[derive(Clone, Copy, Debug)]
pub struct Dealer {
    next: usize,
    colours: usize,
}

impl Dealer {
    #[must_use]
    pub const fn new(colours: usize) -> Self {
        Self { next: 0, colours: if colours == 0 { 1 } else { colours } }
    }

    #[must_use]
    pub const fn colours(&self) -> usize {
        self.colours
    }

    pub fn deal(&mut self) -> usize {
        let colour = self.next;
        self.next = (colour + 1) % self.colours;
        colour
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_megabyte_of_sixteen_ways_has_sixteen_colours() {
        assert_eq!(colours(1024, 64), 16);
    }

    #[test]
    fn a_cache_whose_way_is_one_page_has_one_colour() {
        assert_eq!((colours(64, 64), colours(0, 0), colours(u64::MAX, 64)), (1, 1, 1 << 51));
    }

    #[test]
    fn the_dealer_goes_round() {
        let mut dealer = Dealer::new(4);
        assert_eq!([(); 6].map(|()| dealer.deal()), [0, 1, 2, 3, 0, 1]);
    }
}

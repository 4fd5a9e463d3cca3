//! The physical memory map: sorted, disjoint regions, whatever order and overlap the firmware reported.
//!
//! Firmware maps may overlap and be unsorted (E820 allows both). The rule is that the most restrictive kind wins;
//! usable regions are then shrunk to whole pages. A sweep over boundary points is quadratic in the number of entries,
//! but there are at most [`CAPACITY`], it runs once, and it is obviously right - which an in-place merge is not.

pub const PAGE: u64 = 4096;
/// Regions a map can hold. QEMU reports 7 to 9, real firmware a few dozen.
pub const CAPACITY: usize = 64;

/// What a range may be used for, the least restrictive first: of two kinds that overlap the greater one wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    Usable,
    AcpiReclaimable,
    AcpiNvs,
    Reserved,
    Bad,
}

impl Kind {
    /// The E820 type number, which PVH and Multiboot2 both use. Unknown numbers are reserved memory.
    #[must_use]
    pub const fn from_e820(number: u32) -> Self {
        match number {
            1 => Self::Usable,
            3 => Self::AcpiReclaimable,
            4 => Self::AcpiNvs,
            5 => Self::Bad,
            _ => Self::Reserved,
        }
    }
}

/// Bytes `start..end` of physical memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Region {
    pub start: u64,
    pub end: u64,
    pub kind: Kind,
}

impl Region {
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.end - self.start
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.start >= self.end
    }
}

/// More regions than [`CAPACITY`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MapFull;

/// A map under construction or in use; after [`MemoryMap::normalise`] it is sorted and disjoint.
#[derive(Clone, Debug)]
pub struct MemoryMap {
    regions: [Region; CAPACITY],
    count: usize,
}

const NOTHING: Region = Region { start: 0, end: 0, kind: Kind::Reserved };

impl Default for MemoryMap {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryMap {
    #[must_use]
    pub const fn new() -> Self {
        Self { regions: [NOTHING; CAPACITY], count: 0 }
    }

    /// Adds a range as the firmware reports it. An empty range is ignored, one that wraps is cut at the top of the
    /// address space.
    ///
    /// # Errors
    /// [`MapFull`] when the map holds [`CAPACITY`] regions.
    pub fn add(&mut self, start: u64, length: u64, kind: Kind) -> Result<(), MapFull> {
        let region = Region { start, end: start.saturating_add(length), kind };
        if region.is_empty() {
            return Ok(());
        }
        let slot = self.regions.get_mut(self.count).ok_or(MapFull)?;
        *slot = region;
        self.count += 1;
        Ok(())
    }

    #[must_use]
    pub fn regions(&self) -> &[Region] {
        &self.regions[..self.count]
    }

    /// Regions of one kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = Region> + '_ {
        self.regions().iter().copied().filter(move |region| region.kind == kind)
    }

    /// Bytes of usable memory.
    #[must_use]
    pub fn usable(&self) -> u64 {
        self.of(Kind::Usable).map(|region| region.len()).sum()
    }

    /// One past the highest usable byte.
    #[must_use]
    pub fn top(&self) -> u64 {
        self.of(Kind::Usable).map(|region| region.end).max().unwrap_or(0)
    }

    /// Sorts, resolves overlaps in favour of the more restrictive kind, joins neighbours of one kind, and shrinks
    /// usable regions to pages.
    ///
    /// # Errors
    /// [`MapFull`] when resolving the overlaps needs more than [`CAPACITY`] regions; the map is then unchanged.
    pub fn normalise(&mut self) -> Result<(), MapFull> {
        let mut points = [0u64; CAPACITY * 2];
        for (pair, region) in points.chunks_exact_mut(2).zip(self.regions()) {
            pair.copy_from_slice(&[region.start, region.end]);
        }
        let points = &mut points[..self.count * 2];
        points.sort_unstable();

        let mut out = Self::new();
        for pair in points.windows(2) {
            let (start, end) = (pair[0], pair[1]);
            let worst = self.regions().iter().filter(|r| r.start <= start && end <= r.end).map(|r| r.kind).max();
            let Some(kind) = worst.filter(|_| start < end) else { continue };
            match out.count.checked_sub(1).map(|last| &mut out.regions[last]) {
                Some(last) if last.end == start && last.kind == kind => last.end = end,
                _ => out.add(start, end - start, kind)?,
            }
        }
        let mut kept = 0;
        for at in 0..out.count {
            let mut region = out.regions[at];
            if region.kind == Kind::Usable {
                region.start = region.start.checked_next_multiple_of(PAGE).unwrap_or(region.end);
                region.end -= region.end % PAGE;
            }
            if !region.is_empty() {
                out.regions[kept] = region;
                kept += 1;
            }
        }
        out.count = kept;
        *self = out;
        Ok(())
    }

    /// Takes `start..end`, rounded out to pages, away from usable memory (the kernel's image, a boot module).
    ///
    /// # Errors
    /// [`MapFull`] as for [`MemoryMap::normalise`], which this does again.
    pub fn reserve(&mut self, start: u64, end: u64) -> Result<(), MapFull> {
        let first = start - start % PAGE;
        let past = end.checked_next_multiple_of(PAGE).unwrap_or(u64::MAX);
        self.add(first, past.saturating_sub(first), Kind::Reserved)?;
        self.normalise()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pc_map_comes_out_sorted_with_the_hole_kept() {
        let mut map = MemoryMap::new();
        map.add(0x10_0000, 0xFEE_0000, Kind::Usable).unwrap();
        map.add(0, 0x9_FC00, Kind::Usable).unwrap();
        map.add(0x9_FC00, 0x400, Kind::Reserved).unwrap();
        map.normalise().unwrap();
        let got: Vec<_> = map.regions().iter().map(|r| (r.start, r.end, r.kind)).collect();
        assert_eq!(got[0], (0, 0x9_F000, Kind::Usable));
        assert_eq!(got[1], (0x9_FC00, 0xA_0000, Kind::Reserved));
        assert_eq!(got[2], (0x10_0000, 0xFFE_0000, Kind::Usable));
    }

    #[test]
    fn a_range_that_wraps_is_cut_at_the_top() {
        let mut map = MemoryMap::new();
        map.add(u64::MAX - 10, 100, Kind::Reserved).unwrap();
        assert_eq!(map.regions()[0].end, u64::MAX);
    }

    #[test]
    fn a_full_map_says_so() {
        let mut map = MemoryMap::new();
        for at in 0..CAPACITY as u64 {
            map.add(at * 2 * PAGE, PAGE, Kind::Usable).unwrap();
        }
        assert_eq!(map.add(0, PAGE, Kind::Usable), Err(MapFull));
        assert_eq!(map.reserve(0, PAGE), Err(MapFull));
    }

    proptest! {
        #[test]
        fn every_page_has_the_kind_a_naive_table_gives_it(
            ranges in prop::collection::vec((0u64..64, 1u64..20, 1u32..6), 1..12)
        ) {
            let mut map = MemoryMap::new();
            let mut naive = [None; 96];
            for (start, len, e820) in ranges {
                let kind = Kind::from_e820(e820);
                map.add(start * PAGE, len * PAGE, kind).unwrap();
                for page in start..start + len {
                    naive[page as usize] = naive[page as usize].max(Some(kind));
                }
            }
            map.normalise().unwrap();
            for pair in map.regions().windows(2) {
                prop_assert!(pair[0].end <= pair[1].start);
                prop_assert!(pair[0].end < pair[1].start || pair[0].kind != pair[1].kind);
            }
            for (page, kind) in naive.iter().enumerate() {
                let at = page as u64 * PAGE;
                let found = map.regions().iter().find(|r| r.start <= at && at < r.end).map(|r| r.kind);
                prop_assert_eq!(found, *kind);
            }
        }

        #[test]
        fn usable_regions_are_whole_pages_inside_what_was_reported(start in 0u64..20_000, len in 1u64..40_000) {
            let mut map = MemoryMap::new();
            map.add(start, len, Kind::Usable).unwrap();
            map.normalise().unwrap();
            for region in map.regions() {
                prop_assert!(region.start % PAGE == 0 && region.end % PAGE == 0);
                prop_assert!(start <= region.start && region.end <= start + len);
            }
        }
    }
}

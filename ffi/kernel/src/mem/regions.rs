//! What the page-fault handler may do about an address: ranges of virtual memory that are filled on demand, and guards
//! that never are. A small sorted array: the handler searches it with interrupts off and must not allocate.

use super::entry::Rights;

pub const CAPACITY: usize = 64;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// A zeroed page appears at the first touch.
    Demand(Rights),
    /// A touch is a fault with a name: something ran off its end.
    Guard(&'static str),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Region {
    pub start: u64,
    pub end: u64,
    pub policy: Policy,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RegionError {
    Full,
    Overlaps,
    Empty,
    Unknown,
}

#[derive(Debug)]
pub struct Regions {
    regions: [Region; CAPACITY],
    count: usize,
}

impl Default for Regions {
    fn default() -> Self {
        Self::new()
    }
}

impl Regions {
    #[must_use]
    pub const fn new() -> Self {
        Self { regions: [Region { start: 0, end: 0, policy: Policy::Guard("") }; CAPACITY], count: 0 }
    }

    #[must_use]
    pub fn all(&self) -> &[Region] {
        &self.regions[..self.count]
    }

    /// # Errors
    /// [`RegionError`]; the table is then unchanged.
    pub fn add(&mut self, region: Region) -> Result<(), RegionError> {
        if region.start >= region.end {
            return Err(RegionError::Empty);
        }
        if self.count == CAPACITY {
            return Err(RegionError::Full);
        }
        let at = self.all().partition_point(|other| other.end <= region.start);
        if self.all().get(at).is_some_and(|next| next.start < region.end) {
            return Err(RegionError::Overlaps);
        }
        self.regions.copy_within(at..self.count, at + 1);
        self.regions[at] = region;
        self.count += 1;
        Ok(())
    }

    /// Removes the region that starts here.
    ///
    /// # Errors
    /// [`RegionError::Unknown`].
    pub fn remove(&mut self, start: u64) -> Result<Region, RegionError> {
        let at = self.all().iter().position(|region| region.start == start).ok_or(RegionError::Unknown)?;
        let region = self.regions[at];
        self.regions.copy_within(at + 1..self.count, at);
        self.count -= 1;
        Ok(region)
    }

    #[must_use]
    pub fn find(&self, address: u64) -> Option<Policy> {
        let at = self.all().partition_point(|region| region.end <= address);
        self.all().get(at).filter(|region| region.start <= address).map(|region| region.policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn guard(start: u64, end: u64) -> Region {
        Region { start, end, policy: Policy::Guard("test") }
    }

    #[test]
    fn a_full_table_says_so() {
        let mut regions = Regions::new();
        for at in 0..CAPACITY as u64 {
            regions.add(guard(at, at + 1)).unwrap();
        }
        assert_eq!(regions.add(guard(1_000, 1_001)), Err(RegionError::Full));
        assert_eq!(regions.add(guard(5, 5)), Err(RegionError::Empty));
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_byte_table(steps in prop::collection::vec((any::<bool>(), 0u64..100, 0u64..20), 1..60)) {
            let mut regions = Regions::new();
            let mut naive = [None; 128];
            for (add, start, len) in steps {
                if add {
                    let range = start as usize..(start + len) as usize;
                    let clear = len > 0 && naive[range.clone()].iter().all(Option::is_none);
                    prop_assert_eq!(regions.add(guard(start, start + len)).is_ok(), clear);
                    if clear { naive[range].fill(Some(start)); }
                } else {
                    let known = naive.contains(&Some(start));
                    prop_assert_eq!(regions.remove(start).is_ok(), known);
                    naive.iter_mut().filter(|owner| **owner == Some(start)).for_each(|owner| *owner = None);
                }
                for (at, owner) in naive.iter().enumerate() {
                    prop_assert_eq!(regions.find(at as u64).is_some(), owner.is_some());
                }
            }
        }
    }
}

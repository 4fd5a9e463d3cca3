use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Tables in a vector; `room` frames can be allocated.
struct Fake {
    tables: BTreeMap<u32, Box<[u64; 512]>>,
    next: u32,
    room: usize,
}

impl Tables for Fake {
    fn table(&mut self, frame: Frame) -> &mut [u64; 512] {
        self.tables.get_mut(&frame.0).expect("a table that was allocated")
    }
    fn alloc(&mut self) -> Option<Frame> {
        (self.tables.len() < self.room).then(|| {
            self.next += 1;
            self.tables.insert(self.next, Box::new([0; 512]));
            Frame(self.next)
        })
    }
    fn free(&mut self, frame: Frame) {
        assert!(self.tables.remove(&frame.0).is_some(), "a table is freed once");
    }
}

fn fresh(room: usize) -> (Fake, Space) {
    let mut fake = Fake { tables: BTreeMap::new(), next: 0, room };
    let root = fake.alloc().unwrap();
    (fake, Space { root })
}

const AT: u64 = 0xFFFF_D000_0000_0000;

#[test]
fn a_mapped_page_translates_with_its_offset() {
    let (mut t, space) = fresh(10);
    space.map(&mut t, AT, 0x5000, PageSize::Small, Rights::DATA).unwrap();
    let mapping = space.translate(&mut t, AT + 0x123).unwrap();
    assert_eq!((mapping.physical, mapping.size, mapping.rights), (0x5123, PageSize::Small, Rights::DATA));
    assert_eq!(space.translate(&mut t, AT + 0x1000), None);
}

#[test]
fn a_second_mapping_of_a_page_is_refused() {
    let (mut t, space) = fresh(10);
    space.map(&mut t, AT, 0x5000, PageSize::Small, Rights::READ).unwrap();
    assert_eq!(space.map(&mut t, AT, 0x6000, PageSize::Small, Rights::READ), Err(MapError::AlreadyMapped));
    assert_eq!(space.map(&mut t, AT, 0, PageSize::Large, Rights::READ), Err(MapError::AlreadyMapped));
}

#[test]
fn each_wrong_address_has_its_error() {
    let (mut t, space) = fresh(10);
    assert_eq!(space.map(&mut t, 1 << 47, 0, PageSize::Small, Rights::READ), Err(MapError::NotCanonical));
    assert_eq!(space.map(&mut t, AT + 1, 0, PageSize::Small, Rights::READ), Err(MapError::Misaligned));
    assert_eq!(space.map(&mut t, AT, 0x1000, PageSize::Large, Rights::READ), Err(MapError::Misaligned));
    assert_eq!(space.unmap(&mut t, AT, PageSize::Small), Err(MapError::NotMapped));
    assert_eq!(space.translate(&mut t, 1 << 47), None);
}

#[test]
fn a_small_page_inside_a_large_one_needs_a_split() {
    let (mut t, space) = fresh(10);
    space.map(&mut t, AT, 2 << 20, PageSize::Large, Rights::DATA).unwrap();
    assert_eq!(space.unmap(&mut t, AT, PageSize::Small), Err(MapError::LargerPage));
    assert_eq!(space.map(&mut t, AT, 0, PageSize::Small, Rights::READ), Err(MapError::LargerPage));
    assert_eq!(space.split(&mut t, AT), Ok(PageSize::Small));
    let before: Vec<_> = (0..512).map(|page| space.translate(&mut t, AT + page * 4096).unwrap().physical).collect();
    assert_eq!(before, (0..512).map(|page| (2 << 20) + page * 4096).collect::<Vec<_>>());
    assert_eq!(space.unmap(&mut t, AT + 0x3000, PageSize::Small), Ok((2 << 20) + 0x3000));
}

#[test]
fn running_out_of_tables_is_an_error_and_not_a_mapping() {
    let (mut t, space) = fresh(3);
    assert_eq!(space.map(&mut t, AT, 0, PageSize::Small, Rights::READ), Err(MapError::OutOfMemory));
    assert_eq!(space.translate(&mut t, AT), None);
}

#[test]
fn a_space_beside_shares_the_upper_half_and_gives_its_tables_back() {
    let (mut t, kernel) = fresh(40);
    kernel.anchor(&mut t, AT).unwrap();
    let user = Space::beside(&mut t, kernel).unwrap();
    kernel.map(&mut t, AT, 0x5000, PageSize::Small, Rights::DATA).unwrap();
    assert_eq!(user.translate(&mut t, AT).unwrap().physical, 0x5000);
    let before = t.tables.len();
    user.map(&mut t, 0x40_0000, 0x7000, PageSize::Small, Rights::USER_CODE).unwrap();
    assert_eq!(kernel.translate(&mut t, 0x40_0000), None);
    user.destroy(&mut t);
    assert_eq!(t.tables.len(), before - 1);
    assert_eq!(kernel.translate(&mut t, AT).unwrap().physical, 0x5000);
}

#[test]
fn a_walk_counts_and_visits_every_leaf() {
    let (mut t, space) = fresh(20);
    space.map(&mut t, AT, 0x5000, PageSize::Small, Rights::READ).unwrap();
    space.map(&mut t, AT + (2 << 20), 0, PageSize::Large, Rights::READ).unwrap();
    space.map(&mut t, AT + (1 << 30), 0, PageSize::Huge, Rights::READ).unwrap();
    let mut seen = vec![];
    let census = space.walk(&mut t, 0..512, |at, _, size| seen.push((at, size)));
    assert_eq!(census, Census { tables: 4, small: 1, large: 1, huge: 1 });
    let expected = [(AT, PageSize::Small), (AT + (2 << 20), PageSize::Large), (AT + (1 << 30), PageSize::Huge)];
    assert_eq!(seen, expected);
}

proptest! {
    #[test]
    fn it_agrees_with_a_map_of_pages(steps in prop::collection::vec((0u8..4, 0u64..24, 1u64..1_000), 1..80)) {
        let (mut t, space) = fresh(1_000);
        // Pages two to a large page apart, so that tables are shared by some and not by others.
        let at = |page: u64| AT + page / 2 * (2 << 20) + page % 2 * 4096;
        let mut naive = BTreeMap::new();
        for (what, page, frame) in steps {
            let (virt, phys) = (at(page), frame * 4096);
            match what {
                0 | 1 => {
                    let got = space.map(&mut t, virt, phys, PageSize::Small, Rights::DATA);
                    prop_assert_eq!(got.is_ok(), !naive.contains_key(&virt));
                    naive.entry(virt).or_insert((phys, Rights::DATA));
                }
                2 => prop_assert_eq!(space.unmap(&mut t, virt, PageSize::Small).ok(), naive.remove(&virt).map(|(p, _)| p)),
                _ => {
                    let got = space.protect(&mut t, virt, PageSize::Small, Rights::CODE);
                    prop_assert_eq!(got.is_ok(), naive.contains_key(&virt));
                    naive.entry(virt).and_modify(|(_, rights)| *rights = Rights::CODE);
                }
            }
            for page in 0..24 {
                let got = space.translate(&mut t, at(page)).map(|m| (m.physical, m.rights));
                prop_assert_eq!(got, naive.get(&at(page)).copied());
            }
        }
    }
}

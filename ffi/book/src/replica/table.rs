//! From stock locate to the two ladders of a symbol.

use alloc::boxed::Box;

use hftz_model::Side;

use crate::store::ladder::Ladder;

const PAGES: usize = 256;
const ENTRIES: usize = 256;

/// Bids and asks.
#[repr(C)]
pub struct Pair(pub [Ladder; 2]);

/// Pages of 256 symbols, made when a locate of theirs first appears: exchanges number symbols from 1 without gaps, so
/// a day touches 30 to 50 pages, and a locate of 65,535 costs one page, not 256. Pages stay where they are.
pub struct Table {
    pages: [*mut Pair; PAGES],
}

impl Table {
    pub fn new() -> Self {
        Self { pages: [core::ptr::null_mut(); PAGES] }
    }

    #[inline(always)]
    fn address(&self, locate: u16) -> *mut Pair {
        let [page, entry] = locate.to_be_bytes();
        let page = self.pages[usize::from(page)];
        if page.is_null() { page } else { page.wrapping_add(usize::from(entry)) }
    }

    #[inline(always)]
    pub fn get(&self, locate: u16) -> Option<&[Ladder; 2]> {
        // SAFETY: null or an entry of a page, which is initialised; `&self` keeps writers away.
        unsafe { self.address(locate).as_ref() }.map(|pair| &pair.0)
    }

    /// The ladders of a locate, made if need be. The address stays good as long as the table.
    #[inline(always)]
    pub fn enter(&mut self, locate: u16) -> *mut Pair {
        let [page, entry] = locate.to_be_bytes();
        let page = self.pages[usize::from(page)];
        if page.is_null() { self.extend(locate) } else { page.wrapping_add(usize::from(entry)) }
    }

    #[cold]
    #[inline(never)]
    fn extend(&mut self, locate: u16) -> *mut Pair {
        let [page, entry] = locate.to_be_bytes();
        let pairs: Box<[Pair]> = (0..ENTRIES).map(|_| Pair([Side::Buy, Side::Sell].map(Ladder::new))).collect();
        let pairs = Box::into_raw(pairs).cast::<Pair>();
        self.pages[usize::from(page)] = pairs;
        pairs.wrapping_add(usize::from(entry))
    }

    /// Every symbol of every page, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &[Ladder; 2])> + '_ {
        (0..=u16::MAX).filter_map(|locate| Some((locate, self.get(locate)?)))
    }

    pub fn bytes(&self) -> usize {
        self.pages.iter().filter(|page| !page.is_null()).count() * size_of::<[Pair; ENTRIES]>()
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        for page in self.pages.into_iter().filter(|page| !page.is_null()) {
            // SAFETY: made from a box of as many pairs in `extend`, given back once.
            drop(unsafe { Box::from_raw(core::ptr::slice_from_raw_parts_mut(page, ENTRIES)) });
        }
    }
}

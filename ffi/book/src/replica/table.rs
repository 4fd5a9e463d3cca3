//! From stock locate to the two ladders of a symbol.

use alloc::boxed::Box;
use alloc::vec::Vec;

use hftz_model::Side;

use crate::store::ladder::Ladder;
use crate::store::prefetch;

const PAGE: usize = 256;

/// Bids and asks.
pub type Pair = [Ladder; 2];

/// Pages of 256 symbols, made when a locate of theirs first appears: exchanges number symbols from 1 without gaps, so
/// a day touches 30 to 50 pages, and a locate of 65,535 costs one page, not 256.
pub struct Table {
    pages: [Option<Box<[Pair; PAGE]>>; PAGE],
}

impl Table {
    pub fn new() -> Self {
        Self { pages: [const { None }; PAGE] }
    }

    #[inline(always)]
    pub fn get(&self, locate: u16) -> Option<&Pair> {
        let [page, entry] = locate.to_be_bytes();
        Some(&self.pages[usize::from(page)].as_ref()?[usize::from(entry)])
    }

    #[inline(always)]
    pub fn get_mut(&mut self, locate: u16) -> Option<&mut Pair> {
        let [page, entry] = locate.to_be_bytes();
        Some(&mut self.pages[usize::from(page)].as_mut()?[usize::from(entry)])
    }

    /// The ladders of a locate, made if need be.
    #[inline(always)]
    pub fn enter(&mut self, locate: u16) -> &mut Pair {
        let [page, entry] = locate.to_be_bytes();
        &mut self.pages[usize::from(page)].get_or_insert_with(empty_page)[usize::from(entry)]
    }

    #[inline(always)]
    pub fn prefetch(&self, locate: u16) {
        if let Some([bids, asks]) = self.get(locate) {
            prefetch(bids);
            prefetch(asks);
        }
    }

    /// Every symbol of every page, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &Pair)> + '_ {
        let pages = self.pages.iter().enumerate().filter_map(|(at, page)| Some((at, page.as_ref()?)));
        pages
            .flat_map(|(at, page)| page.iter().enumerate().map(move |(entry, pair)| ((at * PAGE + entry) as u16, pair)))
    }

    pub fn bytes(&self) -> usize {
        self.pages.iter().flatten().count() * size_of::<[Pair; PAGE]>()
    }
}

#[cold]
#[inline(never)]
fn empty_page() -> Box<[Pair; PAGE]> {
    let pairs: Vec<Pair> =
        (0..PAGE).map(|_| [Side::Buy, Side::Sell].map(|side| Ladder::new(side.index() as u8))).collect();
    match pairs.into_boxed_slice().try_into() {
        Ok(page) => page,
        Err(_) => unreachable!("a page has as many entries as were collected"),
    }
}

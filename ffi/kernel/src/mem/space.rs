//! Address spaces: map, unmap, translate, protect and split over a four-level tree of tables, wherever those tables
//! are.
//!
//! The tree is reached only through [`Tables`], so the same code walks the tables that boot code left behind (the
//! kernel adopts them by reading CR3), the tables of a new process, and a vector in a test. Flushing the TLB is the
//! caller's business: it alone knows which processors may have cached what.

use super::entry::{Entry, PageSize, Rights, address_of, index, is_canonical};
use super::frames::Frame;

/// Access to page tables by frame.
pub trait Tables {
    fn table(&mut self, frame: Frame) -> &mut [u64; 512];
    /// A zeroed frame for a new table.
    fn alloc(&mut self) -> Option<Frame>;
    fn free(&mut self, frame: Frame);
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MapError {
    Misaligned,
    NotCanonical,
    AlreadyMapped,
    NotMapped,
    /// A larger page covers the address; split it first.
    LargerPage,
    OutOfMemory,
}

/// A mapping as the tables hold it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mapping {
    /// Physical address of the exact byte asked for.
    pub physical: u64,
    pub size: PageSize,
    pub rights: Rights,
}

/// What a walk over a whole tree counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Census {
    pub tables: usize,
    pub small: usize,
    pub large: usize,
    pub huge: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Space {
    pub root: Frame,
}

impl Space {
    /// A space with an empty lower half that shares the upper half of `kernel`.
    ///
    /// # Errors
    /// [`MapError::OutOfMemory`].
    pub fn beside(tables: &mut impl Tables, kernel: Self) -> Result<Self, MapError> {
        let root = tables.alloc().ok_or(MapError::OutOfMemory)?;
        let mut upper = [0; 256];
        upper.copy_from_slice(&tables.table(kernel.root)[256..]);
        tables.table(root)[256..].copy_from_slice(&upper);
        Ok(Self { root })
    }

    /// Makes sure the root has a table below `address`, so that spaces made later share what is mapped there
    /// afterwards.
    ///
    /// # Errors
    /// [`MapError::OutOfMemory`].
    pub fn anchor(self, tables: &mut impl Tables, address: u64) -> Result<(), MapError> {
        self.descend(tables, self.root, index(address, 4), 4, false).map(|_| ())
    }

    /// The table that `slot` of `frame` points to, made when absent.
    fn descend(
        self,
        tables: &mut impl Tables,
        frame: Frame,
        slot: usize,
        level: u32,
        user: bool,
    ) -> Result<Frame, MapError> {
        let entry = Entry(tables.table(frame)[slot]);
        if entry.is_leaf(level) {
            return Err(MapError::LargerPage);
        }
        if entry.is_present() {
            if user && entry.0 & Entry::USER == 0 {
                tables.table(frame)[slot] |= Entry::USER;
            }
            return Frame::at(entry.address()).ok_or(MapError::NotMapped);
        }
        let next = tables.alloc().ok_or(MapError::OutOfMemory)?;
        tables.table(frame)[slot] = Entry::table(next.address(), user).0;
        Ok(next)
    }

    /// Maps one page.
    ///
    /// # Errors
    /// [`MapError`]; on every error nothing that was mapped has changed.
    pub fn map(
        self,
        tables: &mut impl Tables,
        virt: u64,
        phys: u64,
        size: PageSize,
        rights: Rights,
    ) -> Result<(), MapError> {
        if !is_canonical(virt) {
            return Err(MapError::NotCanonical);
        }
        if !virt.is_multiple_of(size.bytes()) || !phys.is_multiple_of(size.bytes()) {
            return Err(MapError::Misaligned);
        }
        let mut frame = self.root;
        for level in (size.level() + 1..=4).rev() {
            frame = self.descend(tables, frame, index(virt, level), level, rights.user)?;
        }
        let slot = &mut tables.table(frame)[index(virt, size.level())];
        if Entry(*slot).is_present() {
            return Err(MapError::AlreadyMapped);
        }
        *slot = Entry::leaf(phys, size, rights).0;
        Ok(())
    }

    /// Finds the leaf that maps `virt`: its table, slot, entry and size.
    fn leaf(self, tables: &mut impl Tables, virt: u64) -> Result<(Frame, usize, Entry, PageSize), MapError> {
        if !is_canonical(virt) {
            return Err(MapError::NotCanonical);
        }
        let mut frame = self.root;
        for level in (1..=4).rev() {
            let slot = index(virt, level);
            let entry = Entry(tables.table(frame)[slot]);
            if entry.is_leaf(level) {
                let size = PageSize::of_level(level).ok_or(MapError::NotMapped)?;
                return Ok((frame, slot, entry, size));
            }
            if !entry.is_present() {
                break;
            }
            frame = Frame::at(entry.address()).ok_or(MapError::NotMapped)?;
        }
        Err(MapError::NotMapped)
    }

    pub fn translate(self, tables: &mut impl Tables, virt: u64) -> Option<Mapping> {
        let (_, _, entry, size) = self.leaf(tables, virt).ok()?;
        let inside = size.bytes() - 1;
        Some(Mapping { physical: entry.address() & !inside | virt & inside, size, rights: entry.rights() })
    }

    /// Removes one page of exactly this size and gives its physical address. Tables left empty stay, ready for the next
    /// mapping.
    ///
    /// # Errors
    /// [`MapError::LargerPage`] when a larger page covers it, [`MapError::NotMapped`] when none does or smaller ones
    /// do.
    pub fn unmap(self, tables: &mut impl Tables, virt: u64, size: PageSize) -> Result<u64, MapError> {
        let (frame, slot, entry) = self.exact(tables, virt, size)?;
        tables.table(frame)[slot] = 0;
        Ok(entry.address() & !(size.bytes() - 1))
    }

    /// Changes the rights of one page of exactly this size.
    ///
    /// # Errors
    /// As [`Space::unmap`].
    pub fn protect(self, tables: &mut impl Tables, virt: u64, size: PageSize, rights: Rights) -> Result<(), MapError> {
        let (frame, slot, entry) = self.exact(tables, virt, size)?;
        tables.table(frame)[slot] = Entry::leaf(entry.address(), size, rights).0;
        Ok(())
    }

    fn exact(self, tables: &mut impl Tables, virt: u64, size: PageSize) -> Result<(Frame, usize, Entry), MapError> {
        if !virt.is_multiple_of(size.bytes()) {
            return Err(MapError::Misaligned);
        }
        let (frame, slot, entry, found) = self.leaf(tables, virt)?;
        match found.cmp(&size) {
            core::cmp::Ordering::Equal => Ok((frame, slot, entry)),
            core::cmp::Ordering::Greater => Err(MapError::LargerPage),
            core::cmp::Ordering::Less => Err(MapError::NotMapped),
        }
    }

    /// Replaces the large page that covers `virt` by 512 of the next smaller size that map the same memory with the
    /// same rights.
    ///
    /// # Errors
    /// [`MapError::NotMapped`] where nothing or a small page is mapped, [`MapError::OutOfMemory`] for the new table.
    pub fn split(self, tables: &mut impl Tables, virt: u64) -> Result<PageSize, MapError> {
        let (frame, slot, entry, size) = self.leaf(tables, virt)?;
        let smaller = PageSize::of_level(size.level() - 1).ok_or(MapError::NotMapped)?;
        let table = tables.alloc().ok_or(MapError::OutOfMemory)?;
        let base = entry.address() & !(size.bytes() - 1);
        for (at, slot) in tables.table(table).iter_mut().enumerate() {
            *slot = Entry::leaf(base + at as u64 * smaller.bytes(), smaller, entry.rights()).0;
        }
        tables.table(frame)[slot] = Entry::table(table.address(), entry.rights().user).0;
        Ok(smaller)
    }

    /// Walks root slots `from..to` and counts; `visit` sees every leaf with its virtual address.
    pub fn walk(
        self,
        tables: &mut impl Tables,
        slots: core::ops::Range<usize>,
        mut visit: impl FnMut(u64, Entry, PageSize),
    ) -> Census {
        let mut census = Census { tables: 1, ..Census::default() };
        for slot in slots {
            let entry = Entry(tables.table(self.root)[slot]);
            if entry.is_present() {
                walk_below(tables, entry, 3, [slot, 0, 0, 0], &mut census, &mut visit);
            }
        }
        census
    }

    /// Gives back every table of the lower half and the root. Mapped memory is the owner's to free first.
    pub fn destroy(self, tables: &mut impl Tables) {
        for slot in 0..256 {
            let entry = Entry(tables.table(self.root)[slot]);
            if entry.is_present() {
                free_below(tables, entry, 3);
            }
        }
        tables.free(self.root);
    }
}

fn walk_below(
    tables: &mut impl Tables,
    entry: Entry,
    level: u32,
    mut path: [usize; 4],
    census: &mut Census,
    visit: &mut impl FnMut(u64, Entry, PageSize),
) {
    let Some(frame) = Frame::at(entry.address()) else { return };
    census.tables += 1;
    for slot in 0..512 {
        path[4 - level as usize] = slot;
        let entry = Entry(tables.table(frame)[slot]);
        if !entry.is_present() {
            continue;
        }
        match PageSize::of_level(level).filter(|_| entry.is_leaf(level)) {
            Some(size) => {
                match size {
                    PageSize::Small => census.small += 1,
                    PageSize::Large => census.large += 1,
                    PageSize::Huge => census.huge += 1,
                }
                visit(address_of(path), entry, size);
            }
            None if level > 1 => walk_below(tables, entry, level - 1, path, census, visit),
            None => {}
        }
    }
}

fn free_below(tables: &mut impl Tables, entry: Entry, level: u32) {
    let Some(frame) = Frame::at(entry.address()) else { return };
    if level > 1 {
        for slot in 0..512 {
            let entry = Entry(tables.table(frame)[slot]);
            if entry.is_present() && !entry.is_leaf(level) {
                free_below(tables, entry, level - 1);
            }
        }
    }
    tables.free(frame);
}

#[cfg(test)]
#[path = "space_tests.rs"]
mod tests;

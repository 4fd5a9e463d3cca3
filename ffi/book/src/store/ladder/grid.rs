//! How far apart the prices of a window are.

/// The distance between neighbouring prices, in units of 10^-4.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Grid {
    /// 1: quotes below a dollar.
    Fine,
    /// 100.
    Cent,
}

impl Grid {
    /// Coarse enough for a price.
    pub const fn of(price: u32) -> Self {
        if price.is_multiple_of(100) { Self::Cent } else { Self::Fine }
    }

    pub const fn step(self) -> u32 {
        match self {
            Self::Fine => 1,
            Self::Cent => 100,
        }
    }

    /// The largest tick of a price.
    pub const fn last(self) -> u32 {
        u32::MAX / self.step()
    }

    /// How prices become ticks of this grid.
    pub const fn scale(self) -> Scale {
        match self {
            Self::Fine => Scale { factor: 1, twos: 0 },
            // Times 25 this is 1, modulo 2^32.
            Self::Cent => Scale { factor: 0xc28f_5c29, twos: 2 },
        }
    }
}

/// Division by the step of a grid.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C, packed(2))]
pub struct Scale {
    /// Inverse of the step's odd part.
    factor: u32,
    /// How often the step has the factor 2.
    twos: u16,
}

impl Scale {
    pub const fn grid(self) -> Grid {
        if self.twos == 0 { Grid::Fine } else { Grid::Cent }
    }

    /// A price over the step if that leaves nothing, else a number above [`Grid::last`]: what is divisible by 25 comes out
    /// divided when multiplied by its inverse, what is divisible by 4 as well stays small when rotated, and as the map is
    /// one to one, nothing else does (Granlund and Montgomery 1994, section 9).
    #[inline(always)]
    pub const fn tick(self, price: u32) -> u32 {
        price.wrapping_mul(self.factor).rotate_right(self.twos as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_prices_on_the_grid_are_quotients_and_others_are_beyond_the_last() {
        for grid in [Grid::Fine, Grid::Cent] {
            let near = |price: u32| (price.saturating_sub(500)..price).chain(price..=price.saturating_add(500));
            for price in [0, 100, 1_999_900, 1 << 31, u32::MAX].into_iter().flat_map(near) {
                let tick = grid.scale().tick(price);
                if price.is_multiple_of(grid.step()) {
                    assert_eq!(tick, price / grid.step());
                } else {
                    assert!(tick > grid.last(), "{price}");
                }
            }
        }
    }
}

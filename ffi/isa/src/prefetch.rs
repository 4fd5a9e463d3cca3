//! Hints to the processor that a cache line will be wanted. Any address is fine, also one that does not exist: a hint
//! cannot fault.

/// Asks for the line at `address`, which is wanted soon.
#[inline(always)]
pub fn prefetch<T>(address: *const T) {
    hint::<T, true>(address);
}

/// Asks for the line at `address`, which is wanted later, into the second-level cache: that one waits for several times as many
/// lines at once as the first.
#[inline(always)]
pub fn prefetch_later<T>(address: *const T) {
    hint::<T, false>(address);
}

#[inline(always)]
fn hint<T, const SOON: bool>(address: *const T) {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse"))]
    {
        use core::arch::x86_64::{_MM_HINT_T0, _MM_HINT_T1, _mm_prefetch};
        // SAFETY: a prefetch never faults and changes nothing but the cache.
        unsafe {
            if SOON {
                _mm_prefetch::<_MM_HINT_T0>(address.cast());
            } else {
                _mm_prefetch::<_MM_HINT_T1>(address.cast());
            }
        }
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse")))]
    let _ = address;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_address_may_be_asked_for_and_nothing_changes() {
        let value = 7_u64;
        for address in [&raw const value, core::ptr::null(), core::ptr::without_provenance(usize::MAX)] {
            prefetch(address);
            prefetch_later(address);
        }
        assert_eq!(value, 7);
    }
}

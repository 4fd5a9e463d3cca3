//! kmalloc, kfree and the collections that stand on them.

use super::Verdict;
use crate::cpu::catch::{Trap, catch};
use crate::mem::{heap, phys};
use crate::{check, tests};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

tests!("mem/heap":
    blocks_are_aligned_as_asked,
    a_freed_block_is_used_again,
    collections_work,
    the_heap_grows_by_what_is_asked,
    trimming_gives_frames_back,
    a_double_free_is_a_panic,
    a_free_of_another_size_is_a_panic,
    a_free_inside_a_block_is_a_panic,
    a_free_of_a_stack_address_is_a_panic,
    asking_for_too_much_is_an_error,
    allocation_failure_is_a_panic_with_its_place,
    a_block_grows_in_place_within_its_class,
    random_blocks_keep_their_contents,
);

fn blocks_are_aligned_as_asked() -> Verdict {
    for shift in 0..=16 {
        let align = 1usize << shift;
        for size in [1, 24, 100, 5_000, 70_000] {
            let block = heap::kmalloc(size, align);
            let aligned = !block.is_null() && (block as usize).is_multiple_of(align);
            heap::kfree(block, size, align);
            check!(aligned);
        }
    }
    Ok(())
}

fn a_freed_block_is_used_again() -> Verdict {
    let one = heap::kmalloc(48, 8);
    heap::kfree(one, 48, 8);
    let two = heap::kmalloc(48, 8);
    heap::kfree(two, 48, 8);
    check!(one == two);
    Ok(())
}

fn collections_work() -> Verdict {
    let mut map = BTreeMap::new();
    let mut text = String::new();
    for number in 0..2_000u32 {
        map.insert(number.wrapping_mul(2_654_435_761), number);
    }
    for (key, number) in &map {
        check!(number.wrapping_mul(2_654_435_761) == *key);
    }
    check!(write!(text, "{:.3} {:?}", 1.5f64, [1, 2]).is_ok());
    check!(text == "1.500 [1, 2]" && map.len() == 2_000);
    Ok(())
}

fn the_heap_grows_by_what_is_asked() -> Verdict {
    let before = heap::usage().committed;
    let bytes = (phys::available() * 4096 / 4).min(128 << 20);
    let mut big: Vec<u64> = Vec::new();
    check!(big.try_reserve_exact(bytes / 8).is_ok());
    big.resize(bytes / 8 / 512, 7);
    check!(heap::usage().committed >= before + bytes / (64 << 10) - 1);
    drop(big);
    heap::trim();
    Ok(())
}

fn trimming_gives_frames_back() -> Verdict {
    heap::trim();
    let before = phys::available();
    let blocks: Vec<Vec<u8>> = (0..64).map(|_| Vec::with_capacity(40_000)).collect();
    check!(phys::available() + 64 * 16 <= before);
    drop(blocks);
    heap::trim();
    check!(phys::available() + 16 >= before);
    Ok(())
}

fn panics(act: impl FnOnce()) -> bool {
    matches!(catch(act), Err(Trap::Panic { .. }))
}

fn a_double_free_is_a_panic() -> Verdict {
    let block = heap::kmalloc(64, 8);
    heap::kfree(block, 64, 8);
    check!(panics(|| heap::kfree(block, 64, 8)));
    Ok(())
}

fn a_free_of_another_size_is_a_panic() -> Verdict {
    let block = heap::kmalloc(64, 8);
    let refused = panics(|| heap::kfree(block, 640, 8));
    heap::kfree(block, 64, 8);
    check!(refused);
    Ok(())
}

fn a_free_inside_a_block_is_a_panic() -> Verdict {
    let block = heap::kmalloc(64, 8);
    let refused = panics(|| heap::kfree(block.wrapping_add(8), 64, 8));
    heap::kfree(block, 64, 8);
    check!(refused);
    Ok(())
}

fn a_free_of_a_stack_address_is_a_panic() -> Verdict {
    let mut local = 0u64;
    check!(panics(|| heap::kfree((&raw mut local).cast(), 8, 8)));
    Ok(())
}

fn asking_for_too_much_is_an_error() -> Verdict {
    let bytes = phys::frames().total() * 4096;
    let mut block: Vec<u8> = Vec::new();
    check!(block.try_reserve_exact(bytes).is_err());
    check!(block.try_reserve_exact(usize::MAX / 2).is_err());
    check!(block.try_reserve_exact(1_000).is_ok());
    Ok(())
}

fn allocation_failure_is_a_panic_with_its_place() -> Verdict {
    let bytes = phys::frames().total() * 4096;
    check!(panics(|| drop(core::hint::black_box(Vec::<u8>::with_capacity(bytes)))));
    Ok(())
}

fn a_block_grows_in_place_within_its_class() -> Verdict {
    let mut block: Vec<u8> = Vec::with_capacity(70_000);
    let before = block.as_ptr();
    block.reserve_exact(100_000);
    check!(block.as_ptr() == before);
    Ok(())
}

fn random_blocks_keep_their_contents() -> Verdict {
    let mut live: Vec<(u8, Vec<u8>)> = Vec::new();
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    for round in 0..1_000u32 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if live.len() < 64 && state & 1 == 0 {
            let size = (state >> 8 & 0xFFF) as usize;
            live.push((round as u8, alloc::vec![round as u8; size]));
        } else if !live.is_empty() {
            let (mark, block) = live.swap_remove((state >> 20) as usize % live.len());
            check!(block.iter().all(|byte| *byte == mark));
        }
    }
    Ok(())
}

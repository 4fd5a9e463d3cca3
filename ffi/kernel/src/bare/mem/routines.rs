//! memcpy and its kin, which compiled code calls and no C library is here to supply. String instructions, because a
//! loop in Rust may be compiled into a call to the very function it implements.

use core::arch::asm;

/// # Safety
/// As C's memcpy.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the caller's promise; whole words first, then the rest.
    unsafe {
        asm!(
            "rep movsq", "mov rcx, {rest}", "rep movsb",
            rest = in(reg) count & 7,
            inout("rcx") count >> 3 => _, inout("rdi") to => _, inout("rsi") from => _,
            options(nostack, preserves_flags)
        );
    }
    to
}

/// # Safety
/// As C's memmove.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    if (to as usize).wrapping_sub(from as usize) >= count {
        // SAFETY: the destination does not begin inside the source, so copying upwards reads every byte before it is
        // overwritten.
        return unsafe { memcpy(to, from, count) };
    }
    // SAFETY: the caller's promise; downwards, because the destination begins inside the source. `count` is not 0 here.
    unsafe {
        asm!(
            "std", "rep movsb", "cld",
            inout("rcx") count => _, inout("rdi") to.add(count - 1) => _, inout("rsi") from.add(count - 1) => _,
            options(nostack)
        );
    }
    to
}

/// # Safety
/// As C's memset.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, count: usize) -> *mut u8 {
    let pattern = u64::from(byte as u8) * 0x0101_0101_0101_0101;
    // SAFETY: the caller's promise; whole words first, then the rest.
    unsafe {
        asm!(
            "rep stosq", "mov rcx, {rest}", "rep stosb",
            rest = in(reg) count & 7,
            inout("rcx") count >> 3 => _, inout("rdi") to => _, in("rax") pattern,
            options(nostack, preserves_flags)
        );
    }
    to
}

/// # Safety
/// As C's memcmp.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, count: usize) -> i32 {
    let difference: i32;
    // SAFETY: the caller's promise. With count 0 the flags stay equal, set by the first instruction.
    unsafe {
        asm!(
            "xor eax, eax", "repe cmpsb", "je 2f",
            "movzx eax, byte ptr [rdi - 1]", "movzx ecx, byte ptr [rsi - 1]", "sub eax, ecx",
            "2:",
            inout("rcx") count => _, inout("rdi") a => _, inout("rsi") b => _, out("eax") difference,
            options(nostack, readonly)
        );
    }
    difference
}

/// # Safety
/// As BSD's bcmp.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, count: usize) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { memcmp(a, b, count) }
}

/// # Safety
/// As C's strlen; the precompiled core's `CStr` refers to it.
#[unsafe(no_mangle)]
unsafe extern "C" fn strlen(text: *const u8) -> usize {
    let mut length = 0;
    // SAFETY: the caller's promise that a NUL comes.
    while unsafe { text.add(length).read_volatile() } != 0 {
        length += 1;
    }
    length
}

/// The precompiled core names these; nothing here unwinds, so they are never reached.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() -> ! {
    panic!("unwinding in the kernel")
}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    panic!("unwinding in the kernel")
}

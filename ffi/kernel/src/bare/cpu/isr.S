// Interrupt entry. Every vector runs on an interrupt stack (IST) of its own choosing, for two reasons: a kernel stack
// overflow must be reported from somewhere else, and precompiled library code may use the 128 bytes below %rsp, which a
// frame pushed on the same stack would overwrite (tests/redzone.rs shows both).
//
// Fast vectors - timer, wake-up, TLB shoot-down, serial - are written here in full: no Rust, hence no SSE registers to
// save. All others save everything, SSE included, and call trap(&mut Frame).

.set LAPIC_EOI, 0xFFFFE000000000B0

.section .text.fast, "ax"

// IRQ 0, 100 times a second, through the 8259.
.global isr_timer
    .balign 16
isr_timer:
    pushq %rax
    pushq %rdx
    rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    movq %rax, last_tick(%rip)
    lock incq ticks(%rip)
    movb $0x20, %al
    outb %al, $0x20
    popq %rdx
    popq %rax
    iretq

// IRQ 4: a byte arrived. The shell reads it; this only ends its hlt.
.global isr_serial
    .balign 16
isr_serial:
    pushq %rax
    movb $0x20, %al
    outb %al, $0x20
    popq %rax
    iretq

// Inter-processor wake-up: counts itself and ends a hlt.
.global isr_wake
    .balign 16
isr_wake:
    lock incq wakes(%rip)
    pushq %rax
    movabsq $LAPIC_EOI, %rax
    movl $0, (%rax)
    popq %rax
    iretq

// TLB shoot-down: forget `shoot_pages` pages from `shoot_start`, or everything when there are many, and say so.
.global isr_shoot
    .balign 16
isr_shoot:
    pushq %rax
    pushq %rcx
    movq shoot_start(%rip), %rax
    movq shoot_pages(%rip), %rcx
    cmpq $64, %rcx
    ja 2f
1:  invlpg (%rax)
    addq $4096, %rax
    decq %rcx
    jnz 1b
    jmp 3f
2:  movq %cr3, %rax
    movq %rax, %cr3
3:  lock decq shoot_pending(%rip)
    movabsq $LAPIC_EOI, %rax
    movl $0, (%rax)
    popq %rcx
    popq %rax
    iretq

.global isr_spurious
    .balign 16
isr_spurious:
    iretq
.global isr_fast_end
isr_fast_end:

.section .text.isr, "ax"

// One stub a vector, 16 bytes each: a zero where the processor pushes no error code, then the vector.
.global isr_stubs
    .balign 16
isr_stubs:
.set vector, 0
.rept 256
    .balign 16
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
    pushq $0
    .endif
    pushq $vector
    jmp isr_common
    .set vector, vector + 1
.endr

isr_common:
    pushq %rax
    pushq %rbx
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %rbp
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    cld
    movq %rsp, %rdi

    // %gs must be the kernel's: from ring 3 it never is; NMI, #DF and #MC may also strike between SYSCALL and its
    // swapgs, in ring 0 with the user's, so those look at the register. %rbx remembers: 1 from ring 3, 2 swapped in ring 0.
    xorl %ebx, %ebx
    testb $3, 144(%rdi)
    jz 1f
    swapgs
    movl $1, %ebx
    jmp 2f
1:  movq 120(%rdi), %rax
    cmpb $2, %al
    je 3f
    cmpb $8, %al
    je 3f
    cmpb $18, %al
    jne 2f
3:  movl $0xC0000101, %ecx
    rdmsr
    testl %edx, %edx
    js 2f
    swapgs
    movl $2, %ebx

2:  movq %rsp, %r12
    subq $272, %rsp
    andq $-16, %rsp
    movaps %xmm0, (%rsp)
    movaps %xmm1, 16(%rsp)
    movaps %xmm2, 32(%rsp)
    movaps %xmm3, 48(%rsp)
    movaps %xmm4, 64(%rsp)
    movaps %xmm5, 80(%rsp)
    movaps %xmm6, 96(%rsp)
    movaps %xmm7, 112(%rsp)
    movaps %xmm8, 128(%rsp)
    movaps %xmm9, 144(%rsp)
    movaps %xmm10, 160(%rsp)
    movaps %xmm11, 176(%rsp)
    movaps %xmm12, 192(%rsp)
    movaps %xmm13, 208(%rsp)
    movaps %xmm14, 224(%rsp)
    movaps %xmm15, 240(%rsp)
    stmxcsr 256(%rsp)
    call trap
    ldmxcsr 256(%rsp)
    movaps (%rsp), %xmm0
    movaps 16(%rsp), %xmm1
    movaps 32(%rsp), %xmm2
    movaps 48(%rsp), %xmm3
    movaps 64(%rsp), %xmm4
    movaps 80(%rsp), %xmm5
    movaps 96(%rsp), %xmm6
    movaps 112(%rsp), %xmm7
    movaps 128(%rsp), %xmm8
    movaps 144(%rsp), %xmm9
    movaps 160(%rsp), %xmm10
    movaps 176(%rsp), %xmm11
    movaps 192(%rsp), %xmm12
    movaps 208(%rsp), %xmm13
    movaps 224(%rsp), %xmm14
    movaps 240(%rsp), %xmm15
    movq %r12, %rsp

    // Back to ring 3 needs the user's %gs - unless trap() sent us to the kernel instead, which ends a user program.
    cmpl $2, %ebx
    je 4f
    testb $3, 144(%rsp)
    jz 5f
4:  swapgs
5:  popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rbp
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rbx
    popq %rax
    addq $16, %rsp
    iretq

// Ring 3: the way in, the way back through SYSCALL, and the way out for good.
//
// user_enter(rip, rsp, &mut kernel_stack) -> u64 saves the kernel's registers and its stack pointer and enters ring 3 by
// SYSRET; it returns when user_leave is reached, with what is then in %rax.

.set GS_KERNEL_STACK, 8
.set GS_USER_STACK, 16

.section .text.user, "ax"
.global user_enter
user_enter:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushfq
    movq %rsp, (%rdx)
    cli
    movq %rdi, %rcx                     // SYSRET: rip from rcx, rflags from r11
    movl $0x202, %r11d
    movq %rsi, %rsp
    xorl %eax, %eax                     // the kernel's values are not the user's to read
    xorl %ebx, %ebx
    xorl %edx, %edx
    xorl %esi, %esi
    xorl %edi, %edi
    xorl %ebp, %ebp
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    xorl %r12d, %r12d
    xorl %r13d, %r13d
    xorl %r14d, %r14d
    xorl %r15d, %r15d
    swapgs
    sysretq

// From a SYSCALL that ends the program (%rdi = the kernel stack pointer saved above, %rsi = the value) ...
.global user_exit
user_exit:
    movq %rdi, %rsp
    movq %rsi, %rax
// ... or, by the frame a fault returns through, straight here.
.global user_leave
user_leave:
    popfq
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret

// SYSCALL: number in rax, arguments in rdi, rsi, rdx; result in rax. Interrupts stay off (IA32_FMASK). The return
// address is below the top of the lower half, whose last page is never mapped, so SYSRET cannot see a non-canonical one.
.global syscall_entry
syscall_entry:
    swapgs
    movq %rsp, %gs:GS_USER_STACK
    movq %gs:GS_KERNEL_STACK, %rsp
    pushq %gs:GS_USER_STACK
    pushq %rcx
    pushq %r11
    pushq %r11                          // keeps the stack aligned for the call
    movq %rdx, %rcx
    movq %rsi, %rdx
    movq %rdi, %rsi
    movq %rax, %rdi
    call syscall
    xorl %edi, %edi
    xorl %esi, %esi
    xorl %edx, %edx
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    popq %r11
    popq %r11
    popq %rcx
    popq %rsp
    swapgs
    sysretq

// catch_call(function, argument, &mut stack) -> u64: calls function(argument) and returns 0; or returns a second time,
// with 1, when a trap or a panic lands at catch_land with %rsp = *stack. What was called is abandoned as it stands.

.section .text.catch, "ax"
.global catch_call
catch_call:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushfq
    movq %rsp, (%rdx)
    movq %rdi, %rax
    movq %rsi, %rdi
    call *%rax
    xorl %eax, %eax
.global catch_land
catch_land:
    popfq
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret

// catch_throw(stack): lands from a panic.
.global catch_throw
catch_throw:
    movq %rdi, %rsp
    movl $1, %eax
    jmp catch_land

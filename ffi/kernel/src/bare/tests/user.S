// Programs for ring 3. Position-independent, each between two labels; a page of code at 0x400000, one of data at
// 0x600000 with the stack growing down from its end. System calls: 0 exit(rdi), 1 ticks, 2 rdi + rsi.

.section .rodata.user, "a"

.global user_programs
user_programs:

.macro program name
.global user_\name
user_\name:
.endm

.macro exit
    xorl %eax, %eax
    syscall
.endm

program exit_42
    movl $42, %edi
    exit

program add
    movl $2, %eax
    movl $1000, %edi
    movl $337, %esi
    syscall
    movq %rax, %rdi
    exit

program unknown_call
    movl $999, %eax
    syscall
    movq %rax, %rdi
    exit

// The OR of every register at entry, but for rcx and r11, which SYSRET loads, and rsp.
program registers
    movq %rax, %rdi
    orq %rbx, %rdi
    orq %rdx, %rdi
    orq %rsi, %rdi
    orq %rbp, %rdi
    orq %r8, %rdi
    orq %r9, %rdi
    orq %r10, %rdi
    orq %r12, %rdi
    orq %r13, %rdi
    orq %r14, %rdi
    orq %r15, %rdi
    exit

program preserved
    movq $0x1234, %rbx
    movq $0x5678, %r15
    movl $1, %eax
    syscall
    xorl %edi, %edi
    cmpq $0x1234, %rbx
    jne 1f
    cmpq $0x5678, %r15
    jne 1f
    movl $7, %edi
1:  exit

// Adds its first data word to itself and says it.
program private
    movq (0x600000), %rdi
    addq %rdi, (0x600000)
    movq (0x600000), %rdi
    exit

program read_kernel
    movq $0xFFFFFFFF80100000, %rax
    movq (%rax), %rdi
    exit

program write_code
    movl $0, user_programs(%rip)
    exit

program run_stack
    leaq -64(%rsp), %rax
    jmp *%rax

program halt
    hlt

program port
    movw $0xF4, %dx
    movb $0x10, %al
    outb %al, %dx

program interrupt
    int $0x20

program load_cr3
    movq %cr3, %rax

program null
    movq 0, %rax

// Counts in a register until two ticks have passed, and checks that the count was never disturbed.
program spin
    movl $1, %eax
    syscall
    leaq 2(%rax), %rbx
    xorl %r12d, %r12d
    xorl %r13d, %r13d
1:  movl $2000, %ecx
2:  incq %r12
    incq %r13
    decl %ecx
    jnz 2b
    movl $1, %eax
    syscall
    cmpq %rbx, %rax
    jb 1b
    xorl %edi, %edi
    cmpq %r12, %r13
    jne 3f
    movl $9, %edi
3:  exit

.global user_programs_end
user_programs_end:

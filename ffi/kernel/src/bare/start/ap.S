// Where a second processor wakes up: real mode, at the page named in the start-up interrupt. Copied to physical 0x8000
// and run there, so every address is spelled relative to it. Goes straight from real mode to long mode with the kernel's
// tables - which map this page onto itself while processors start - and jumps to the kernel.

.set AT, 0x8000

.section .rodata.ap, "a"
.code16
.global ap_begin
ap_begin:
    cli
    cld
    xorw %ax, %ax
    movw %ax, %ds
    lgdtl (ap_gdt_pointer - ap_begin + AT)
    movl $0x620, %eax                   // PAE | OSFXSR | OSXMMEXCPT
    movl %eax, %cr4
    movl (ap_root - ap_begin + AT), %eax
    movl %eax, %cr3
    movl $0xC0000080, %ecx              // EFER: LME | NXE
    rdmsr
    orl $0x900, %eax
    wrmsr
    movl $0x80010033, %eax
    movl %eax, %cr0
    ljmpl $8, $(ap_long - ap_begin + AT)

.code64
ap_long:
    movw $0x10, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movq (ap_stack - ap_begin + AT), %rsp
    movq (ap_argument - ap_begin + AT), %rdi
    movq (ap_entry - ap_begin + AT), %rax
    xorl %ebp, %ebp
    call *%rax
    ud2

    .balign 8
ap_gdt:                                 // "accessed" already set: the page is read-only, and setting it would be a write
    .quad 0, 0x00209B0000000000, 0x0000930000000000
ap_gdt_pointer:
    .short 23
    .long ap_gdt - ap_begin + AT
    .balign 8
.global ap_root
ap_root:     .quad 0
.global ap_stack
ap_stack:    .quad 0
.global ap_argument
ap_argument: .quad 0
.global ap_entry
ap_entry:    .quad 0
.global ap_end
ap_end:

// Entry from either boot protocol: 32-bit protected mode, paging off, %ebx the protocol's information. Builds page
// tables that map the low 4 GiB twice - identity (for the jump) and the direct map at 0xFFFF888000000000 - and the first
// 16 MiB at the kernel's base, enables long mode and calls kmain(protocol, information) in the higher half.
//
// PVH: https://xenbits.xen.org/docs/unstable/misc/pvh.html · Multiboot2 Specification 2.0, sections 3.1 and 3.2

.set KBASE, 0xFFFFFFFF80000000
.set PVH, 1
.set MULTIBOOT2, 2

.section .note.pvh, "a", @note
    .balign 4
    .long 4, 8, 18                      // name size, value size, XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .quad pvh_start - KBASE

.section .multiboot2, "a"
    .balign 8
multiboot2_header:
    .long 0xE85250D6, 0, multiboot2_end - multiboot2_header
    .long -(0xE85250D6 + (multiboot2_end - multiboot2_header))
    .balign 8
    .short 3, 0                         // entry address, in physical memory
    .long 12
    .long mb2_start - KBASE
    .balign 8
    .short 6, 0                         // modules start on pages
    .long 8
    .balign 8
    .short 0, 0
    .long 8
multiboot2_end:

.section .boot.text, "ax"
.code32
.global pvh_start
pvh_start:
    movl $PVH, %esi
    jmp start32

.global mb2_start
mb2_start:
    movl $MULTIBOOT2, %esi

start32:
    cli
    cld
    movl %ebx, %edi                     // kmain's second argument; %esi becomes the first
    movl $(stack_top - KBASE), %esp

    // 4 GiB in 2 MiB pages: PRESENT | WRITE | LARGE. 1 GiB pages would be one table, but not every processor has them.
    movl $(boot_pd - KBASE), %ecx
    movl $0x83, %eax
    xorl %edx, %edx
1:  movl %eax, (%ecx,%edx,8)
    addl $0x200000, %eax
    incl %edx
    cmpl $2048, %edx
    jne 1b

    // The kernel's window has a directory of its own: its pages get rights of their own later.
    movl $(boot_pd_kernel - KBASE), %ecx
    movl $0x83, %eax
    xorl %edx, %edx
1:  movl %eax, (%ecx,%edx,8)
    addl $0x200000, %eax
    incl %edx
    cmpl $8, %edx
    jne 1b

    movl $(boot_pdpt - KBASE), %ecx
    movl $(boot_pd - KBASE + 3), %eax
    xorl %edx, %edx
1:  movl %eax, (%ecx,%edx,8)
    addl $0x1000, %eax
    incl %edx
    cmpl $4, %edx
    jne 1b
    movl $(boot_pd_kernel - KBASE + 3), (boot_pdpt_kernel - KBASE + 510 * 8)

    movl $(boot_pdpt - KBASE + 3), (boot_pml4 - KBASE)
    movl $(boot_pdpt - KBASE + 3), (boot_pml4 - KBASE + 273 * 8)
    movl $(boot_pdpt_kernel - KBASE + 3), (boot_pml4 - KBASE + 511 * 8)

    movl $(boot_pml4 - KBASE), %eax
    movl %eax, %cr3
    movl $0x620, %eax                   // PAE | OSFXSR | OSXMMEXCPT: compiled code uses SSE2
    movl %eax, %cr4
    movl $0xC0000080, %ecx              // EFER: LME | NXE
    rdmsr
    orl $0x900, %eax
    wrmsr
    movl $0x80010033, %eax              // PG | WP | NE | ET | MP | PE; EM and TS clear
    movl %eax, %cr0
    lgdt (boot_gdt_pointer - KBASE)
    ljmp $8, $(start64 - KBASE)

.code64
start64:
    movabsq $1f, %rax
    jmp *%rax
1:  movabsq $boot_gdt_pointer_high, %rax
    lgdt (%rax)
    movw $0x10, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    xorl %eax, %eax
    movw %ax, %fs
    movw %ax, %gs
    movq $stack_top, %rsp
    xchgl %edi, %esi                    // kmain(protocol, information)
    xorl %ebp, %ebp
    call kmain
    ud2                                 // kmain does not return

    .balign 8
boot_gdt:
    .quad 0, 0x00209A0000000000, 0x0000920000000000
boot_gdt_pointer:
    .short 23
    .long boot_gdt - KBASE
    .balign 8
boot_gdt_pointer_high:
    .short 23
    .quad boot_gdt

.section .bss.tables, "aw", @nobits
    .balign 4096
.global boot_pml4
boot_pml4:        .skip 4096
boot_pdpt:        .skip 4096
boot_pdpt_kernel: .skip 4096
boot_pd_kernel:   .skip 4096
boot_pd:          .skip 4096 * 4

//! What a trap leaves on the stack, and how it is told to a person.

use core::fmt;

/// Registers as the common entry path pushes them, the last pushed first.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    pub r15: u64,
    pub r14: u64,
    pub r13: u64,
    pub r12: u64,
    pub r11: u64,
    pub r10: u64,
    pub r9: u64,
    pub r8: u64,
    pub rbp: u64,
    pub rdi: u64,
    pub rsi: u64,
    pub rdx: u64,
    pub rcx: u64,
    pub rbx: u64,
    pub rax: u64,
    pub vector: u64,
    pub error: u64,
    pub rip: u64,
    pub cs: u64,
    pub rflags: u64,
    pub rsp: u64,
    pub ss: u64,
}

impl Frame {
    #[must_use]
    pub const fn from_user(&self) -> bool {
        self.cs & 3 == 3
    }
}

/// The exception's name with its mnemonic; interrupts have none.
#[must_use]
pub const fn name(vector: u8) -> &'static str {
    match vector {
        0 => "#DE divide error",
        1 => "#DB debug",
        2 => "NMI",
        3 => "#BP breakpoint",
        4 => "#OF overflow",
        5 => "#BR bound range",
        6 => "#UD invalid opcode",
        7 => "#NM device not available",
        8 => "#DF double fault",
        10 => "#TS invalid TSS",
        11 => "#NP segment not present",
        12 => "#SS stack fault",
        13 => "#GP general protection",
        14 => "#PF page fault",
        16 => "#MF x87 error",
        17 => "#AC alignment check",
        18 => "#MC machine check",
        19 => "#XM SIMD error",
        20 => "#VE virtualization",
        21 => "#CP control protection",
        28 => "#HV hypervisor injection",
        29 => "#VC VMM communication",
        30 => "#SX security",
        9 | 15 | 22..=27 | 31 => "reserved exception",
        _ => "unknown interrupt",
    }
}

/// The exceptions that push an error code.
#[must_use]
pub const fn has_error_code(vector: u8) -> bool {
    matches!(vector, 8 | 10..=14 | 17 | 21 | 29 | 30)
}

/// A page fault's error code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageFault(pub u64);

impl PageFault {
    #[must_use]
    pub const fn is_present(self) -> bool {
        self.0 & 1 != 0
    }
    #[must_use]
    pub const fn is_write(self) -> bool {
        self.0 & 2 != 0
    }
    #[must_use]
    pub const fn is_user(self) -> bool {
        self.0 & 4 != 0
    }
    #[must_use]
    pub const fn is_fetch(self) -> bool {
        self.0 & 16 != 0
    }
}

impl fmt::Display for PageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let act = match (self.is_fetch(), self.is_write()) {
            (true, _) => "execute",
            (_, true) => "write",
            _ => "read",
        };
        let why = if self.is_present() { "not allowed by its rights" } else { "not mapped" };
        let who = if self.is_user() { "user" } else { "kernel" };
        write!(f, "{who} {act}, {why}")
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  rip {:016x}  cs  {:04x}  rflags {:08x}", self.rip, self.cs, self.rflags)?;
        writeln!(f, "  rsp {:016x}  ss  {:04x}  error  {:08x}", self.rsp, self.ss, self.error)?;
        writeln!(f, "  rax {:016x}  rbx {:016x}  rcx {:016x}  rdx {:016x}", self.rax, self.rbx, self.rcx, self.rdx)?;
        writeln!(f, "  rsi {:016x}  rdi {:016x}  rbp {:016x}  r8  {:016x}", self.rsi, self.rdi, self.rbp, self.r8)?;
        writeln!(f, "  r9  {:016x}  r10 {:016x}  r11 {:016x}  r12 {:016x}", self.r9, self.r10, self.r11, self.r12)?;
        writeln!(f, "  r13 {:016x}  r14 {:016x}  r15 {:016x}", self.r13, self.r14, self.r15)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_22_words() {
        assert_eq!(size_of::<Frame>(), 176);
    }

    #[test]
    fn a_page_fault_reads_as_a_sentence() {
        assert_eq!(PageFault(0).to_string(), "kernel read, not mapped");
        assert_eq!(PageFault(7).to_string(), "user write, not allowed by its rights");
        assert_eq!(PageFault(0x15).to_string(), "user execute, not allowed by its rights");
    }

    #[test]
    fn a_dump_names_every_register_once() {
        let text = Frame { r15: 0xABCD, ..Frame::default() }.to_string();
        for register in [
            "rip", "rsp", "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8 ", "r9 ", "r10", "r11", "r12", "r13",
            "r14", "r15",
        ] {
            assert_eq!(
                text.matches(&format!("  {register} ")).count().max(text.matches(&format!("  {register}")).count()),
                1,
                "{register}"
            );
        }
        assert!(text.contains("000000000000abcd"));
    }
}

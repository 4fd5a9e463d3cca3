//! Which processors this process may use, staying on one of them, and waking in time.

use std::io;
use std::mem::MaybeUninit;

/// Processors that the calling thread may run on, in order. Empty when the system does not say.
#[must_use]
pub fn allowed_cpus() -> Vec<usize> {
    let mut set = MaybeUninit::<libc::cpu_set_t>::zeroed();
    // SAFETY: the set is a plain bit array, valid when zeroed, and as long as said.
    let (result, set) =
        unsafe { (libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), set.as_mut_ptr()), set.assume_init()) };
    if result != 0 {
        return Vec::new();
    }
    // SAFETY: `CPU_ISSET` reads the bit of a processor number below the size of the set.
    (0..libc::CPU_SETSIZE as usize).filter(|&cpu| unsafe { libc::CPU_ISSET(cpu, &set) }).collect()
}

/// Keeps the calling thread on one processor.
///
/// # Errors
/// Of the system: there is no such processor, or it is not allowed.
pub fn pin(cpu: usize) -> io::Result<()> {
    if cpu >= libc::CPU_SETSIZE as usize {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    let mut set = MaybeUninit::<libc::cpu_set_t>::zeroed();
    // SAFETY: the set is a plain bit array, valid when zeroed and as long as said; `cpu` is below its size.
    let result = unsafe {
        libc::CPU_SET(cpu, set.assume_init_mut());
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), set.as_ptr())
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Puts the calling thread before all ordinary ones (nice -20), where that is allowed. Not real time: Linux takes a twentieth of each
/// second from a real-time thread that never sleeps, in one piece, which is worse than what it keeps off.
///
/// # Errors
/// Of the system: it takes `CAP_SYS_NICE`.
pub fn raise_priority() -> io::Result<()> {
    // SAFETY: a plain system call; 0 is the calling thread.
    if unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, -20) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Whether the kernel shares processors out by session first, and this session has no more than the others: then a priority counts
/// only among the programs of this session.
#[must_use]
pub fn is_one_session_of_many() -> bool {
    let told = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    told("/proc/sys/kernel/sched_autogroup_enabled").trim() == "1" && !told("/proc/self/autogroup").contains("nice -")
}

/// Lets the calling thread's sleeps end when they are due: Linux else adds up to 50 us to save wake-ups.
pub fn sharpen_timers() {
    // SAFETY: a plain system call about this thread. Where it is refused sleeps end later, which the latencies show.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1_u64, 0, 0, 0) };
}

/// Lets the calling thread run only when no other wants its processor: work that is not urgent must not delay what is.
pub fn give_way() {
    const LEAST: libc::c_int = 19;
    // SAFETY: a system call without memory; 0 is the calling thread. A thread may always ask for less, and if the system
    // refuses nothing is lost but some time.
    let _ = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, LEAST) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_raised_where_that_is_allowed_and_others_are_not() {
        // SAFETY: a plain system call; 0 is the calling thread.
        let nice = || unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
        let before = nice();
        let raised = std::thread::spawn(move || (raise_priority().map_err(|error| error.kind()), nice()));
        match raised.join().unwrap() {
            (Ok(()), now) => assert_eq!(now, -20),
            (Err(kind), now) => assert_eq!((kind, now), (io::ErrorKind::PermissionDenied, before)),
        }
        assert_eq!(nice(), before);
    }

    #[test]
    fn a_pinned_thread_may_use_its_processor_only() {
        std::thread::spawn(|| {
            let cpus = allowed_cpus();
            let last = *cpus.last().unwrap();
            pin(last).unwrap();
            assert_eq!(allowed_cpus(), [last]);
            assert!(pin(100_000).is_err());
        })
        .join()
        .unwrap();
    }
}

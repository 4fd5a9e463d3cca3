//! The open runs, by number. A number is never given twice, so a closed run's number stays an error.

use crate::guard::{Code, Fault};
use hftz_engine::run::{Plan, Run};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
struct Table {
    last: u32,
    open: HashMap<u32, Arc<Mutex<Run>>>,
}

static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(Mutex::default);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic inside a call was caught by the guard; the table and the runs keep their invariants.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn open(plan: Plan) -> Result<u32, Fault> {
    let mut table = lock(&TABLE);
    let number =
        table.last.checked_add(1).ok_or_else(|| Fault::new(Code::Refused, "this process has opened 2^32 runs"))?;
    table.last = number;
    table.open.insert(number, Arc::new(Mutex::new(Run::new(plan))));
    Ok(number)
}

/// Lends one run to `work`; other runs stay free meanwhile.
pub fn with<T>(number: u32, work: impl FnOnce(&mut Run) -> Result<T, Fault>) -> Result<T, Fault> {
    let run = lock(&TABLE).open.get(&number).cloned().ok_or_else(|| missing(number))?;
    let mut run = lock(&run);
    work(&mut run)
}

pub fn close(number: u32) -> Result<(), Fault> {
    // Dropped outside the table's lock: it may wait for the run's thread.
    let run = lock(&TABLE).open.remove(&number).ok_or_else(|| missing(number))?;
    drop(run);
    Ok(())
}

fn missing(number: u32) -> Fault {
    Fault::new(Code::Run, format!("no open run has the number {number}"))
}

//! The matching side: takes commands out of the ring, matches, hands reports on.
//!
//! A step is a plain function that knows no thread: the same step runs on a thread of its own or between the steps of
//! ingest, which is why one thread and two give the same reports.

use super::bell::Bell;
use super::desk::Desk;
use super::direct::MOST_HELD;
use super::lane::{INBOUND_SLOTS, Outbound, Outlet, Progress};
use super::ouch::Brokers;
use super::outputs::{Outputs, Urgency};
use super::unanswered::Unanswered;
use super::vitals::Vitals;
use crate::run::Control;
use hftz_ring::spsc::Producer;
use hftz_source::{Halt, SinkError};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Instant;

/// Commands of one step: long enough that a look at the clock costs nothing a command, short enough that a report that is
/// ready does not wait long for its neighbours.
const STEP: usize = 128;
/// What a step did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Something; there may be more at once.
    Busy,
    /// Nothing was there to do.
    Idle,
    /// Nothing was there to do but to wait for the log.
    Waiting,
    /// So much waits for the log that it must come first.
    Held,
    /// There will never be more.
    Ended,
}

/// The way to the clients' side.
pub struct Clients {
    pub ring: Producer<Outbound>,
    /// OUCH clients' sessions and the ring of their messages, if there are any.
    pub brokers: Option<(Brokers, Producer<u8>)>,
    pub bell: Arc<Bell>,
    pub progress: Progress,
}

/// The matching side of one exchange.
pub struct Trader {
    pub desk: Desk,
    outputs: Outputs,
    commands: Outlet,
    clients: Option<Clients>,
    /// Commands taken out of the ring.
    taken: u64,
    /// Bytes of messages for OUCH clients that were handed on.
    posted: u64,
    unanswered: Unanswered,
    vitals: Vitals,
}

impl Trader {
    #[must_use]
    pub fn new(desk: Desk, outputs: Outputs, commands: Outlet, clients: Option<Clients>, started: Instant) -> Self {
        Self {
            desk,
            outputs,
            commands,
            clients,
            taken: 0,
            posted: 0,
            unanswered: Unanswered::default(),
            vitals: Vitals::new(started, INBOUND_SLOTS),
        }
    }

    /// Hands on what waits, then matches what has come.
    ///
    /// # Errors
    /// Of the output that failed.
    pub fn step(&mut self, control: Control<'_>, halt: Halt<'_>) -> Result<Step, SinkError> {
        self.desk.open()?;
        if !self.hand_on() {
            return Ok(Step::Idle);
        }
        if self.taken - self.released() >= MOST_HELD {
            return Ok(Step::Held);
        }
        let waiting = self.commands.len();
        self.vitals.note_depth(waiting);
        let taken = self.take();
        if taken > 0 {
            self.mark();
            // The log may have been faster than the step.
            self.desk.open()?;
        }
        let urgency = if taken == 0 { Urgency::Idle } else { Urgency::Busy };
        self.outputs.write(&mut self.desk, urgency, halt)?;
        self.hand_on();
        let now_ns = self.vitals.now_ns();
        self.unanswered.answer(self.released(), now_ns, &mut self.vitals);
        self.vitals.show_now_and_then(now_ns, control, &self.desk, waiting);
        if taken > 0 {
            return Ok(Step::Busy);
        }
        if self.desk.is_holding() {
            return Ok(Step::Waiting);
        }
        self.desk.rest();
        Ok(if self.commands.is_finished() { Step::Ended } else { Step::Idle })
    }

    /// Applies the commands of one step; how many.
    fn take(&mut self) -> usize {
        let Self { desk, commands, clients, unanswered, .. } = self;
        let mut brokers = clients.as_mut().and_then(|clients| clients.brokers.as_mut());
        let taken = commands.drain(STEP, |inbound, message| {
            match &mut brokers {
                None => desk.apply(inbound, message),
                Some((brokers, _)) => brokers.hear(desk, inbound, message),
            }
            unanswered.arrive(inbound.arrival_ns, 1);
        });
        self.taken += taken as u64;
        taken
    }

    /// Has what was done so far wait for the log.
    fn mark(&mut self) {
        let brokers = self.clients.as_ref().and_then(|clients| clients.brokers.as_ref());
        let mail = brokers.map_or(0, |(brokers, _)| brokers.mail.waiting().len() as u64);
        self.desk.mark(self.taken, self.posted + mail);
    }

    /// Commands whose reports may leave.
    fn released(&self) -> u64 {
        self.desk.free().map_or(self.taken, |free| free.commands)
    }

    /// Waits until the log lets out more.
    ///
    /// # Errors
    /// When it never will.
    pub fn wait(&mut self) -> Result<(), SinkError> {
        self.desk.wait()
    }

    /// Whether a step would find something to do.
    #[must_use]
    pub fn has_work(&mut self) -> bool {
        self.commands.is_ready()
    }

    /// Moves reports that may leave into the clients' ring; `false` while some wait for room.
    fn hand_on(&mut self) -> bool {
        let released = self.released();
        let Some(clients) = &mut self.clients else { return true };
        let sent = clients.ring.push_slice(self.desk.free_client_reports());
        self.desk.consume_client_reports(sent);
        let mut all = self.desk.free_client_reports().is_empty();
        let mut posted = 0;
        if let Some((brokers, ring)) = &mut clients.brokers {
            let waiting = brokers.mail.waiting();
            let free = self.desk.free().map_or(u64::MAX, |free| free.mail).saturating_sub(self.posted);
            let free = usize::try_from(free).unwrap_or(usize::MAX).min(waiting.len());
            posted = ring.push_slice(&waiting[..free]);
            brokers.mail.consume(posted);
            self.posted += posted as u64;
            all &= posted == free;
        }
        let is_news = sent + posted > 0 || clients.progress.matched() != released;
        if all {
            clients.progress.set(released);
        }
        if is_news {
            clients.bell.ring();
        }
        all
    }

    /// Ends the day; the outputs have what belongs to it, and are still open.
    pub fn finish(mut self, control: Control<'_>, halt: Halt<'_>) -> Finished {
        let mut brokers = self.clients.take().and_then(|clients| clients.brokers);
        if let Some((brokers, _)) = &mut brokers {
            brokers.end_of_day(&mut self.desk);
        }
        self.desk.close();
        self.desk.mark(self.taken, u64::MAX);
        let settled = self.desk.settle();
        let mail = brokers.filter(|_| settled.is_ok()).map_or_else(Vec::new, |(it, _)| it.mail.waiting().to_vec());
        let flushed = settled.and_then(|()| self.outputs.write(&mut self.desk, Urgency::Idle, halt));
        let mut figures = self.vitals.figures(control, &self.desk);
        let (journal, closed) = self.desk.close_log();
        if let Some(journal) = journal {
            figures.insert("journal".into(), journal);
        }
        Finished { figures, failed: flushed.and(closed).err(), mail, outputs: self.outputs }
    }
}

/// What is left of a matching side that has ended.
pub struct Finished {
    /// What there is to say about the run.
    pub figures: Map<String, Value>,
    /// The output that failed.
    pub failed: Option<SinkError>,
    /// The last messages for OUCH clients.
    pub mail: Vec<u8>,
    pub outputs: Outputs,
}

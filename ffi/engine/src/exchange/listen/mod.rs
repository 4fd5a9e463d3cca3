//! Clients over TCP, UDP, Unix sockets and shared memory: the ingest side of an exchange that serves.
//!
//! One thread, one poller. It never waits for a client: who has sent half a message is left alone until there is more, who
//! breaks a rule or does not read its reports is cut off. Clients take turns, a read or a ring's worth each, so that a flood
//! from one delays the others by one turn.
//!
//! Reports go to the owner of the order's session ([`registry`]); rejections go to who sent the command.

mod address;
mod answers;
mod client;
mod datagrams;
mod doors;
mod figures;
mod license;
mod registry;
mod rings;
mod turns;

pub use address::Address;
pub use doors::refused;

use super::bell::{Bell, NAP};
use super::decode::Halted;
use super::ingest::Took;
use super::lane::{ClientId, Inlet, Outbound, Progress};
use super::ouch::FIRST_SESSION;
use crate::run::Refusal;
use client::Line;
use doors::{Door, Knock};
use figures::Figures;
use hftz_model::{Command, CommandKind};
use hftz_net::{Interest, Poller, Ready, Waker};
use hftz_ring::spsc::Consumer;
use hftz_velox::host::allowed_cpus;
use hftz_wire::native::REPORT_BYTES;
use registry::Registry;
use serde_json::{Map, Value};
use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::net::SocketAddrV4;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Commands decoded at once.
const BATCH: usize = 128;
/// Bytes of one read, and room for any datagram.
const READ_BYTES: usize = 1 << 16;
/// Reports of all clients that may wait together, bytes.
const MOST_QUEUED_TOGETHER: usize = 256 << 20;
/// Steps between two looks at the poller while there is other work.
const STEPS_A_POLL: u32 = 32;
/// Looks without work before the thread sleeps: to wake a sleeper costs more than the next message of a busy client takes.
const EAGER: u32 = 64;
/// How long it looks on before all that while clients of shared memory are here: a look costs no system call then, and to let others
/// run can take longer than any of it.
const LULL: Duration = Duration::from_millis(1);
/// Clients of shared memory at once: each is looked at, step by step.
const MOST_RINGS: usize = 64;
/// Clients let in by one look at a door.
const KNOCKS: usize = 64;
/// Whole reports in a datagram that no network splits.
const DATAGRAM_BYTES: usize = 1392 / REPORT_BYTES * REPORT_BYTES;
/// How long the end waits for clients that read slowly.
const FAREWELL: Duration = Duration::from_secs(1);
/// Poller tokens: doors by index, then the neighbour and the waker; clients have bit 32 set.
const NEIGHBOUR: u64 = 1 << 30;
const WAKER: u64 = 1 << 31;
const CLIENT: u64 = 1 << 32;

/// Everything between the sockets and the two rings.
pub struct Service {
    doors: Vec<Door>,
    poller: Poller,
    waker: Waker,
    bell: Arc<Bell>,
    reports: Consumer<Outbound>,
    progress: Progress,
    clients: Registry,
    peers: HashMap<SocketAddrV4, ClientId>,
    peer_order: VecDeque<(SocketAddrV4, ClientId)>,
    /// Clients and doors of datagrams with something to decode, in the order of their turns.
    turns: VecDeque<Turn>,
    /// Which doors stand in it.
    queued_doors: Box<[bool]>,
    /// Clients with new reports.
    addressed: Vec<ClientId>,
    /// Clients of shared memory.
    rings: Vec<ClientId>,
    /// Whether they have a processor of their own to send from.
    spins_at_rings: bool,
    /// When the last one of them was found silent.
    silent_since: Instant,
    /// Clients that send no more and wait for their last reports.
    leaving: Vec<ClientId>,
    buffer: Box<[u8]>,
    batch: Box<[Command]>,
    ready: Vec<Ready>,
    scratch: Vec<Outbound>,
    spare: Option<File>,
    is_neighbour_ready: bool,
    queued: usize,
    pushed: u64,
    steps: u32,
    /// Looks since there was something to do.
    idle: u32,
    started: Instant,
    figures: Figures,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    Client(ClientId),
    Door(usize),
}

/// Why a client is cut off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cut {
    /// It sent what is no message.
    Malformed,
    /// It does not read its reports.
    Slow,
    /// It used another client's session.
    Foreign,
    /// It has left.
    Left,
}

impl Service {
    /// `neighbour` is a descriptor of somebody else's on this thread, who wants to know when it is readable.
    ///
    /// # Errors
    /// The first place that is not to be had.
    pub fn open(
        addresses: &[Address],
        reports: Consumer<Outbound>,
        progress: Progress,
        started: Instant,
        neighbour: Option<BorrowedFd<'_>>,
    ) -> Result<Self, Refusal> {
        let system = |error: std::io::Error| Refusal::new(format!("cannot wait for clients: {error}"));
        let doors = addresses.iter().map(Door::open).collect::<Result<Vec<_>, _>>()?;
        let (poller, waker) = (Poller::new().map_err(system)?, Waker::new().map_err(system)?);
        let read = Interest { read: true, write: false };
        poller.add(waker.as_fd(), WAKER, read).map_err(system)?;
        if let Some(neighbour) = neighbour {
            poller.add(neighbour, NEIGHBOUR, read).map_err(system)?;
        }
        for (index, door) in doors.iter().enumerate() {
            poller.add(door.descriptor(), index as u64, read).map_err(system)?;
        }
        Ok(Self {
            queued_doors: vec![false; doors.len()].into_boxed_slice(),
            doors,
            poller,
            bell: Arc::new(Bell::of_poller(waker.clone())),
            waker,
            reports,
            progress,
            // With a neighbour the upper half of the sessions is its own.
            clients: Registry::new(if neighbour.is_some() { FIRST_SESSION } else { u16::MAX }),
            is_neighbour_ready: false,
            peers: HashMap::new(),
            peer_order: VecDeque::new(),
            turns: VecDeque::new(),
            addressed: Vec::new(),
            rings: Vec::new(),
            silent_since: started,
            spins_at_rings: allowed_cpus().len() > 1,
            leaving: Vec::new(),
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
            batch: vec![Command::empty(CommandKind::Clock); BATCH].into_boxed_slice(),
            ready: Vec::new(),
            scratch: Vec::with_capacity(BATCH),
            spare: File::open("/dev/null").ok(),
            queued: 0,
            pushed: 0,
            steps: 0,
            idle: 0,
            started,
            figures: Figures::default(),
        })
    }

    /// Rung when reports are in the ring.
    pub fn bell(&self) -> Arc<Bell> {
        Arc::clone(&self.bell)
    }

    /// Sends the last reports and says goodbye; the matching side has ended.
    pub fn finish(&mut self) {
        let begun = Instant::now();
        self.sleep_at_rings();
        loop {
            self.serve();
            self.look_at_rings();
            if self.queued == 0 || begun.elapsed() >= FAREWELL || self.poll(NAP).is_err() {
                break;
            }
        }
        for id in self.clients.ids() {
            self.remove(id);
        }
    }

    #[must_use]
    pub fn figures(&self) -> Map<String, Value> {
        self.figures.to_json()
    }

    fn poll(&mut self, patience: Duration) -> std::io::Result<usize> {
        let mut ready = std::mem::take(&mut self.ready);
        let count = self.poller.wait(patience, |one| ready.push(one));
        for one in ready.drain(..) {
            self.heed(one);
        }
        self.ready = ready;
        count
    }

    fn heed(&mut self, ready: Ready) {
        if ready.token & CLIENT != 0 {
            let id = ClientId(ready.token as u32);
            let Some(client) = self.clients.get_mut(id) else { return };
            if let Line::Shared(line) = &mut client.line {
                line.hear();
            }
            if ready.write {
                self.flush(id);
            } else if ready.gone && client.leaves_after.is_some() {
                self.cut(id, Cut::Left);
            } else if !client.is_queued && client.leaves_after.is_none() {
                client.is_queued = true;
                self.turns.push_back(Turn::Client(id));
            }
        } else if ready.token == WAKER {
            self.waker.reset();
        } else if ready.token == NEIGHBOUR {
            self.is_neighbour_ready = true;
        } else if let Some(door) = usize::try_from(ready.token).ok().filter(|&door| door < self.doors.len()) {
            if !self.doors[door].is_udp() {
                self.admit(door);
            } else if !std::mem::replace(&mut self.queued_doors[door], true) {
                self.turns.push_back(Turn::Door(door));
            }
        }
    }

    fn admit(&mut self, door: usize) {
        for _ in 0..KNOCKS {
            match self.doors[door].accept(&mut self.spare) {
                Knock::Nobody => return,
                Knock::TurnedAway => self.figures.turned_away += 1,
                Knock::Came(Line::Shared(_)) if self.rings.len() >= MOST_RINGS => self.figures.turned_away += 1,
                Knock::Came(line) => match self.clients.admit(line) {
                    None => self.figures.turned_away += 1,
                    Some(id) => {
                        self.figures.came += 1;
                        self.figures.most = self.figures.most.max(self.clients.live());
                        if let Some(client) = self.clients.get_mut(id) {
                            client.is_operator = self.doors[door].is_operators();
                            if matches!(client.line, Line::Shared(_)) {
                                self.rings.push(id);
                            }
                        }
                        self.watch(id, Interest { read: true, write: false }, true);
                    }
                },
            }
        }
    }

    /// Tells the poller what to wait for at a connection.
    fn watch(&mut self, id: ClientId, interest: Interest, is_new: bool) {
        let Some(client) = self.clients.get_mut(id) else { return };
        let Some(descriptor) = client.descriptor() else { return };
        let token = CLIENT | u64::from(id.0);
        let done = if is_new {
            self.poller.add(descriptor, token, interest)
        } else {
            self.poller.change(descriptor, token, interest)
        };
        client.is_waiting = interest.write;
        if done.is_err() {
            self.cut(id, Cut::Left);
        }
    }

    fn cut(&mut self, id: ClientId, why: Cut) {
        if self.remove(id) {
            self.figures.count(why);
        }
    }

    fn remove(&mut self, id: ClientId) -> bool {
        let Some(client) = self.clients.remove(id) else { return false };
        self.queued -= client.queued();
        if let Line::Peer(address, _) = client.line
            && self.peers.get(&address) == Some(&id)
        {
            self.peers.remove(&address);
        }
        client.hang_up();
        true
    }
}

impl Service {
    /// Hands out reports, then takes one turn.
    ///
    /// # Errors
    /// What the system answers.
    pub fn step(&mut self, ring: &mut Inlet) -> Result<Took, Halted> {
        self.serve();
        self.look_at_rings();
        self.steps = self.steps.wrapping_add(1);
        if self.turns.is_empty() && self.rings.is_empty() || self.steps.is_multiple_of(STEPS_A_POLL) {
            self.poll(Duration::ZERO).map_err(|error| Halted::new(format!("cannot wait for clients: {error}")))?;
        }
        if ring.free() < 2 {
            return Ok(Took::RingFull);
        }
        let turn = self.turns.pop_front();
        if turn.is_some() {
            self.idle = 0;
        }
        match turn {
            None => Ok(Took::Dry),
            Some(Turn::Client(id)) => {
                self.turn(id, ring);
                Ok(Took::Some)
            }
            Some(Turn::Door(door)) => {
                self.receive(door);
                Ok(Took::Some)
            }
        }
    }

    /// Waits for clients, reports or the neighbour, unless `is_quiet` says that there is something to do.
    ///
    /// # Errors
    /// What the system answers.
    pub fn doze(&mut self, is_quiet: impl FnOnce() -> bool) -> Result<(), Halted> {
        let wait = |error| Halted::new(format!("cannot wait for clients: {error}"));
        if self.expects_at_rings() {
            std::hint::spin_loop();
            return Ok(());
        }
        if self.idle < EAGER {
            self.idle += 1;
            std::thread::yield_now();
            return self.poll(Duration::ZERO).map(drop).map_err(wait);
        }
        let bell = Arc::clone(&self.bell);
        self.sleep_at_rings();
        bell.begin();
        let is_quiet = self.reports.is_empty() && !self.is_a_ring_ready() && is_quiet();
        let polled = self.poll(if is_quiet { NAP } else { Duration::ZERO });
        bell.end();
        self.wake_at_rings();
        polled.map(drop).map_err(wait)
    }

    /// Whether the neighbour's descriptor was ready since the last call.
    pub fn take_neighbour(&mut self) -> bool {
        std::mem::take(&mut self.is_neighbour_ready)
    }

    /// Counts what the neighbour put into the ring: commands are counted together.
    pub fn count_pushed(&mut self, count: u64) {
        if count > 0 {
            self.idle = 0;
        }
        self.pushed += count;
    }

    pub fn clients(&self) -> usize {
        self.clients.live()
    }

    pub const fn bytes_in(&self) -> u64 {
        self.figures.bytes_in
    }

    /// Hands out reports while no more input is taken.
    pub fn serve(&mut self) {
        // Read before the ring is emptied: the reports of what it counts are in there or have left.
        let matched = self.progress.matched();
        let mut reports = std::mem::take(&mut self.scratch);
        loop {
            reports.clear();
            self.reports.drain(BATCH, |outbound| reports.push(outbound));
            if reports.is_empty() {
                break;
            }
            for outbound in &reports {
                self.route(outbound);
            }
        }
        self.scratch = reports;
        let mut addressed = std::mem::take(&mut self.addressed);
        for id in addressed.drain(..) {
            self.flush(id);
        }
        self.addressed = addressed;
        if !self.leaving.is_empty() {
            self.release(matched);
        }
    }
}

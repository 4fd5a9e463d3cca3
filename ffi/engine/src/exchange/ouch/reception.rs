//! OUCH on the ingest side: sockets, logins, heartbeats and the tapes.
//!
//! Nothing waits for a client: reads and writes take what is there, and what a client has not read stays on its session's tape. A read is
//! taken only when the inputs of the one before are in the ring, so a flood holds up its sender alone.

use super::super::decode::Halted;
use super::super::ingest::{Took, time_of_day};
use super::super::lane::Inlet;
use super::super::listen::refused;
use super::super::vitals::nanoseconds;
use super::inputs::Inputs;
use super::lines::Lines;
use super::mail::Mail;
use super::sessions::{Servers, Sessions};
use crate::run::Refusal;
use hftz_gateway::{ClientId, Cut, Input, Server, Traders};
use hftz_net::{Interest, Poller, Ready};
use hftz_ring::spsc::Consumer;
use hftz_wire::soup::kind;
use serde_json::{Map, Value, json};
use std::collections::VecDeque;
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// Bytes of one read.
const READ_BYTES: usize = 1 << 14;
/// Bytes taken out of the ring of messages at once.
const MAIL_BYTES: usize = 1 << 14;
/// Steps without a look at most.
const STEPS_A_LOOK: u32 = 1024;
/// Between two looks at heartbeats.
const TICK_NS: u64 = 50_000_000;
/// How long the end waits for clients that read slowly.
const FAREWELL: Duration = Duration::from_secs(1);
const NAP: Duration = Duration::from_millis(20);
const READ: Interest = Interest { read: true, write: false };

/// Everything between the sockets of OUCH clients and the rings.
pub struct Reception {
    doors: Vec<TcpListener>,
    servers: Servers,
    lines: Lines,
    poller: Poller,
    /// Messages of the sessions, from the matching side.
    ring: Consumer<u8>,
    mail: Mail,
    inputs: Inputs,
    /// The highest session number that was given.
    last: u16,
    started: Instant,
    ticked_ns: u64,
    /// Steps since the last look.
    looked: u32,
    ready: VecDeque<Ready>,
    buffer: Box<[u8]>,
    bytes_in: u64,
    pushed: u64,
}

impl Reception {
    /// The sockets' side of the sessions, and the side that belongs beside the engine.
    ///
    /// # Errors
    /// The first place that is not to be had.
    pub fn open(sessions: Sessions, ring: Consumer<u8>, started: Instant) -> Result<(Self, Traders), Refusal> {
        let Sessions { addresses, traders, servers, last } = sessions;
        let system = |error: std::io::Error| Refusal::new(format!("cannot wait for clients: {error}"));
        let poller = Poller::new().map_err(system)?;
        let mut doors = Vec::new();
        for (index, address) in addresses.iter().enumerate() {
            let listener = TcpListener::bind(address.at).and_then(|it| it.set_nonblocking(true).map(|()| it));
            let listener = listener.map_err(|error| refused(&format!("ouch+tcp://{}", address.at), &error))?;
            poller.add(listener.as_fd(), index as u64, READ).map_err(system)?;
            doors.push(listener);
        }
        let mut inputs = Inputs::default();
        // Whoever was there before is not any more.
        traders.sessions().for_each(|session| inputs.push(&Input::Gone { session }));
        let reception = Self {
            lines: Lines::new(doors.len() as u64),
            doors,
            servers,
            poller,
            ring,
            mail: Mail::default(),
            inputs,
            last,
            started,
            ticked_ns: 0,
            looked: 0,
            ready: VecDeque::new(),
            buffer: vec![0; READ_BYTES.max(MAIL_BYTES)].into_boxed_slice(),
            bytes_in: 0,
            pushed: 0,
        };
        Ok((reception, traders))
    }

    /// Readable when [`Self::look`] would find something.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.poller.as_fd()
    }

    /// Looks at the sockets, and at heartbeats when it is time.
    ///
    /// # Errors
    /// What the system answers.
    pub fn look(&mut self, patience: Duration) -> Result<(), Halted> {
        if self.ready.is_empty() {
            let ready = &mut self.ready;
            let waited = self.poller.wait(patience, |one| ready.push_back(one));
            waited.map_err(|error| Halted::new(format!("cannot wait for clients: {error}")))?;
        }
        self.looked = 0;
        let now_ns = nanoseconds(self.started);
        if now_ns - self.ticked_ns >= TICK_NS {
            self.ticked_ns = now_ns;
            let inputs = &mut self.inputs;
            self.servers.0.iter_mut().for_each(|server| server.tick(now_ns, |input| inputs.push(&input)));
            self.flush();
        }
        Ok(())
    }

    /// Whether a look is due though no socket has asked for one: the heartbeats'.
    pub fn is_due(&mut self) -> bool {
        self.looked += 1;
        self.looked > STEPS_A_LOOK
    }

    /// Whether there is something to take without another look.
    pub fn is_busy(&mut self) -> bool {
        !self.ready.is_empty() || !self.inputs.is_empty() || !self.ring.is_empty()
    }

    /// Puts into the ring what was read, then takes the turn of one socket.
    pub fn step(&mut self, ring: &mut Inlet) -> Took {
        if self.inputs.is_empty() {
            match self.ready.pop_front() {
                Some(ready) => self.heed(ready),
                None => return Took::Dry,
            }
        }
        self.hand_over(ring)
    }

    fn hand_over(&mut self, ring: &mut Inlet) -> Took {
        if self.inputs.is_empty() {
            return Took::Some;
        }
        let (clock, arrival_ns) = (time_of_day(), nanoseconds(self.started));
        let put = self.inputs.hand_over(|input| ring.push_input(clock, arrival_ns, input));
        self.pushed += put;
        if put > 0 { Took::Some } else { Took::RingFull }
    }

    /// Inputs put into the ring so far, since the last call.
    pub fn take_pushed(&mut self) -> u64 {
        std::mem::take(&mut self.pushed)
    }

    fn heed(&mut self, ready: Ready) {
        let now_ns = nanoseconds(self.started);
        if let Some(door) = usize::try_from(ready.token).ok().filter(|&door| door < self.doors.len()) {
            let server = &mut self.servers.0[door];
            return self.lines.admit(door, &self.doors[door], &self.poller, |client| server.connect(client, now_ns));
        }
        let client = ready.token;
        let Some(door) = self.lines.door(client) else { return };
        if ready.read || ready.gone {
            let (inputs, last) = (&mut self.inputs, &mut self.last);
            match self.lines.read(client, &mut self.buffer) {
                Ok(0) => {}
                Ok(count) => {
                    self.bytes_in += count as u64;
                    let number = || {
                        *last = last.checked_add(1)?;
                        Some(*last)
                    };
                    let bytes = &self.buffer[..count];
                    self.servers.0[door].receive(client, bytes, now_ns, number, |input| inputs.push(&input));
                }
                Err(_) => return self.hang_up(client, door),
            }
        }
        self.flush();
        if ready.write {
            self.send(client, door, now_ns);
        }
    }

    fn hang_up(&mut self, client: ClientId, door: usize) {
        let inputs = &mut self.inputs;
        self.servers.0[door].closed(client, |input| inputs.push(&input));
        self.lines.close(client);
    }

    /// Brings messages to the tapes and from there to who reads.
    pub fn serve(&mut self) {
        let mut came = false;
        loop {
            let count = self.ring.pop_slice(&mut self.buffer[..MAIL_BYTES]);
            if count == 0 {
                break;
            }
            came = true;
            self.mail.extend(&self.buffer[..count]);
            self.deliver();
        }
        if came {
            self.flush();
        }
    }

    fn deliver(&mut self) {
        let servers = &mut self.servers;
        self.mail.deliver(|session, kind, message| match kind {
            kind::SEQUENCED => hftz_gateway::Outbox::message(servers, session, message),
            _ => servers.0.iter_mut().for_each(|server| server.notify(session, message)),
        });
    }

    fn flush(&mut self) {
        let now_ns = nanoseconds(self.started);
        for door in 0..self.servers.0.len() {
            for client in self.servers.0[door].stirred() {
                self.send(client, door, now_ns);
            }
        }
    }

    fn send(&mut self, client: ClientId, door: usize, now_ns: u64) {
        let server = &mut self.servers.0[door];
        loop {
            let output = server.output(client);
            if output.is_empty() {
                break;
            }
            let length = output.len();
            match self.lines.write(client, output, &self.poller) {
                Ok(written) => {
                    server.sent(client, written, now_ns);
                    if written < length {
                        return;
                    }
                }
                Err(_) => return self.hang_up(client, door),
            }
        }
        if server.is_finished(client) {
            self.hang_up(client, door);
        }
    }

    /// Tells the last messages and says goodbye; the matching side has ended.
    pub fn finish(&mut self, last: &[u8]) {
        self.serve();
        self.mail.extend(last);
        self.deliver();
        self.servers.0.iter_mut().for_each(Server::end);
        self.flush();
        let begun = Instant::now();
        while self.lines.count() > 0 && begun.elapsed() < FAREWELL && self.look(NAP).is_ok() {
            while let Some(ready) = self.ready.pop_front() {
                self.heed(ready);
            }
            self.inputs.forget();
        }
    }

    pub fn clients(&self) -> usize {
        self.lines.count()
    }

    pub const fn bytes_in(&self) -> u64 {
        self.bytes_in
    }

    /// Adds what there is to say about OUCH clients to what there is about the others.
    pub fn add_figures(&self, to: &mut Map<String, Value>) {
        let cut = |of: fn(&Cut) -> u64| self.servers.0.iter().map(|server| of(&server.cut())).sum::<u64>();
        let (malformed, silent) = (cut(|cut| cut.malformed), cut(|cut| cut.silent));
        for (key, count) in
            [("came", self.lines.came), ("turnedAway", self.lines.turned_away), ("cutMalformed", malformed)]
        {
            let others = to.get(key).and_then(Value::as_u64).unwrap_or(0);
            to.insert(key.into(), json!(others + count));
        }
        let others = to.get("most").and_then(Value::as_u64).unwrap_or(0);
        to.insert("most".into(), json!(others.max(self.lines.most as u64)));
        to.insert("cutSilent".into(), json!(silent));
        to.insert("sessions".into(), json!(self.servers.sessions()));
        to.insert("ouchBytesIn".into(), json!(self.bytes_in));
    }
}

//! An exchange for OUCH clients.
//!
//! ```text
//! sockets <-> Lines <-> gateway::Server -- Input --> gateway::Traders -- Command --> Desk (log, engine, feed)
//!                                    <-- messages --                  <-- Event --
//! ```
//!
//! One thread: a session's answer depends on which of its orders are alive, so a message is taken when everything about the one before
//! is known, and the log keeps each message as received beside the commands it gave. Nothing waits for a client: reads and writes take
//! what is there, what a client has not read stays on its session's tape.

mod address;
mod lines;
mod sessions;

pub use address::OuchAddress;
pub use sessions::Sessions;

use super::decode::Halted;
use super::desk::Desk;
use super::lane::{ClientId as Cause, Inbound};
use super::outputs::{Outputs, Urgency};
use super::threads::End;
use crate::run::{Control, Counter, Refusal};
use hftz_gateway::{ClientId, Input, Outbox, Server, Traders};
use hftz_model::Command;
use hftz_net::{Interest, Poller, Ready};
use hftz_source::Halt;
use lines::Lines;
use serde_json::{Value, json};
use sessions::Servers;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Bytes of one read.
const READ_BYTES: usize = 1 << 14;
/// The longest wait: how soon a stop is seen.
const NAP: Duration = Duration::from_millis(20);
/// Between two looks at heartbeats.
const TICK_NS: u64 = 50_000_000;
/// How long the end waits for clients that read slowly.
const FAREWELL: Duration = Duration::from_secs(1);
const DAY_NS: u128 = 86_400_000_000_000;
const READ: Interest = Interest { read: true, write: false };

/// Everything between the sockets and the engine.
pub struct Ouch {
    doors: Vec<TcpListener>,
    servers: Servers,
    lines: Lines,
    poller: Poller,
    core: Core,
    sessions: u16,
    started: Instant,
    ticked_ns: u64,
    ready: Vec<Ready>,
    buffer: Box<[u8]>,
    bytes_in: u64,
}

/// The side behind the border of determinism.
struct Core {
    traders: Traders,
    desk: Desk,
    /// Inputs of one read, in the form in which the log keeps them.
    inputs: Vec<Vec<u8>>,
    commands: Vec<Command>,
    arrival_ns: u64,
}

impl Core {
    /// Applies a command, and tells everybody whom its reports concern.
    fn apply(&mut self, command: Command, message: &[u8], outbox: &mut impl Outbox) {
        self.traders.begin(&command);
        let inbound = Inbound { command, arrival_ns: self.arrival_ns, client: Cause::NOBODY, message_bytes: 0 };
        self.desk.apply(&inbound, message);
        let reports = self.desk.client_reports();
        let count = reports.len();
        for outbound in reports {
            self.traders.report(&outbound.event, outbox);
        }
        self.desk.consume_client_reports(count);
    }

    /// Takes what a read brought. Each input is logged beside the first command it gives; one that gives none rides on a clock that
    /// moves nothing.
    fn take(&mut self, outbox: &mut impl Outbox) {
        if self.inputs.is_empty() {
            return;
        }
        let clock = Command::clock(time_of_day_ns());
        self.apply(clock, &[], outbox);
        for bytes in std::mem::take(&mut self.inputs) {
            let Ok(input) = Input::decode(&bytes) else { continue };
            let mut commands = std::mem::take(&mut self.commands);
            self.traders.take(&input, &mut commands, outbox);
            if commands.is_empty() {
                commands.push(clock);
            }
            let mut message = &bytes[..];
            for command in commands.drain(..) {
                self.apply(command, message, outbox);
                message = &[];
            }
            self.commands = commands;
        }
    }
}

/// Nanoseconds since midnight, UTC.
fn time_of_day_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_nanos() % DAY_NS) as u64
}

impl Ouch {
    /// # Errors
    /// The first place that is not to be had.
    pub fn open(sessions: Sessions, desk: Desk) -> Result<Self, Refusal> {
        let Sessions { addresses, traders, servers, last } = sessions;
        let system = |error: std::io::Error| Refusal::new(format!("cannot wait for clients: {error}"));
        let poller = Poller::new().map_err(system)?;
        let mut doors = Vec::new();
        for (index, address) in addresses.iter().enumerate() {
            let listener = TcpListener::bind(address.at).and_then(|it| it.set_nonblocking(true).map(|()| it));
            let listener = listener
                .map_err(|error| Refusal::new(format!("cannot listen on ouch+tcp://{}: {error}", address.at)))?;
            poller.add(listener.as_fd(), index as u64, READ).map_err(system)?;
            doors.push(listener);
        }
        // Whoever was there before is not any more.
        let inputs = (1..=last).map(|session| kept(&Input::Gone { session })).collect();
        let core = Core { traders, desk, inputs, commands: Vec::new(), arrival_ns: 0 };
        Ok(Self {
            lines: Lines::new(doors.len() as u64),
            doors,
            servers,
            poller,
            core,
            sessions: last,
            started: Instant::now(),
            ticked_ns: 0,
            ready: Vec::new(),
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
            bytes_in: 0,
        })
    }

    /// Serves until the run is stopped, then says goodbye.
    ///
    /// # Errors
    /// Of the output that failed, or of the system.
    pub fn serve(&mut self, outputs: &mut Outputs, control: Control<'_>, halt: Halt<'_>) -> Result<(), End> {
        while !control.stopped() {
            self.turn(NAP)?;
            self.hand_on(outputs, halt)?;
            self.show(control);
        }
        self.core.traders.end_of_day(&mut self.servers);
        self.servers.0.iter_mut().for_each(Server::end);
        self.hand_on(outputs, &|| false)?;
        let begun = Instant::now();
        while self.lines.count() > 0 && begun.elapsed() < FAREWELL {
            self.turn(NAP)?;
            self.flush();
        }
        Ok(())
    }

    fn now_ns(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Waits for something and takes it in.
    fn turn(&mut self, patience: Duration) -> Result<(), End> {
        let mut ready = std::mem::take(&mut self.ready);
        let waited = self.poller.wait(patience, |one| ready.push(one));
        waited.map_err(|error| End::Input(Halted { text: format!("cannot wait for clients: {error}") }))?;
        let now_ns = self.now_ns();
        self.core.arrival_ns = now_ns;
        for one in ready.drain(..) {
            match usize::try_from(one.token).ok().filter(|&door| door < self.doors.len()) {
                Some(door) => {
                    let server = &mut self.servers.0[door];
                    self.lines.admit(door, &self.doors[door], &self.poller, |client| server.connect(client, now_ns));
                }
                None => self.heed(one, now_ns),
            }
        }
        self.ready = ready;
        if now_ns - self.ticked_ns >= TICK_NS {
            self.ticked_ns = now_ns;
            let inputs = &mut self.core.inputs;
            self.servers.0.iter_mut().for_each(|server| server.tick(now_ns, |input| inputs.push(kept(&input))));
        }
        self.core.take(&mut self.servers);
        Ok(())
    }

    fn heed(&mut self, ready: Ready, now_ns: u64) {
        let client = ready.token;
        let Some(door) = self.lines.door(client) else { return };
        if ready.read || ready.gone {
            let (inputs, sessions) = (&mut self.core.inputs, &mut self.sessions);
            match self.lines.read(client, &mut self.buffer) {
                Ok(0) => {}
                Ok(count) => {
                    self.bytes_in += count as u64;
                    let number = || {
                        *sessions = sessions.checked_add(1)?;
                        Some(*sessions)
                    };
                    let bytes = &self.buffer[..count];
                    self.servers.0[door].receive(client, bytes, now_ns, number, |input| inputs.push(kept(&input)));
                }
                Err(_) => self.hang_up(client, door),
            }
            // One read, one batch: what another client sends is taken after it.
            self.core.take(&mut self.servers);
        }
        if ready.write {
            self.send(client, door, now_ns);
        }
    }

    fn hang_up(&mut self, client: ClientId, door: usize) {
        let inputs = &mut self.core.inputs;
        self.servers.0[door].closed(client, |input| inputs.push(kept(&input)));
        self.lines.close(client);
    }

    /// Lets out what the log allows, to files and to clients.
    fn hand_on(&mut self, outputs: &mut Outputs, halt: Halt<'_>) -> Result<(), End> {
        self.core.desk.settle().map_err(End::Sink)?;
        outputs.write(&mut self.core.desk, Urgency::Idle, halt).map_err(End::Sink)?;
        self.flush();
        Ok(())
    }

    fn flush(&mut self) {
        let now_ns = self.now_ns();
        for door in 0..self.servers.0.len() {
            for client in self.servers.0[door].stirred() {
                self.send(client, door, now_ns);
            }
        }
        // Whoever could not be written to has left: its orders go with it.
        self.core.take(&mut self.servers);
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

    fn show(&self, control: Control<'_>) {
        control.show(Counter::Messages, self.core.desk.commands());
        control.show(Counter::Trades, self.core.desk.engine().trades());
        control.show(Counter::LiveOrders, u64::from(self.core.desk.engine().live_orders()));
        control.show(Counter::BytesIn, self.bytes_in);
        control.show(Counter::Clients, self.lines.count() as u64);
        control.tick();
    }

    /// The desk, and what there is to say about the clients.
    #[must_use]
    pub fn finish(self) -> (Desk, Value) {
        let (came, turned_away) = (self.lines.came, self.lines.turned_away);
        (
            self.core.desk,
            json!({"came": came, "turnedAway": turned_away, "sessions": self.sessions, "bytesIn": self.bytes_in}),
        )
    }
}

fn kept(input: &Input<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    input.encode(&mut bytes);
    bytes
}
